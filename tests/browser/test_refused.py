"""Refusals of the browser: denied permission, missing devices, plain http, a lost device."""

import asyncio

import pytest

from mediarecorder import (
    InsecureContextError,
    MediaRecorder,
    NotAllowedError,
    NotFoundError,
    NotSupportedError,
    RecordingStore,
    diagnose,
    media_devices,
    record,
    take_photo,
)
from mediarecorder._host.features import insecure_context


@pytest.mark.lane("chromium-denied", "firefox-denied")
async def test_refused_device_error_says_how_to_allow_it():
    for request in ({"audio": True}, {"video": True}):
        with pytest.raises(NotAllowedError, match="Allow access") as caught:
            await media_devices.get_user_media(**request)
        assert isinstance(caught.value, PermissionError)
        assert caught.value.name == "NotAllowedError"
    with pytest.raises(NotAllowedError):
        await record(1)
    with pytest.raises(NotAllowedError):
        await take_photo()


@pytest.mark.lane("chromium-no-camera")
async def test_missing_camera_raises_not_found_error():
    with pytest.raises(NotFoundError, match="Connect one"):
        await media_devices.get_user_media(video=True)
    with pytest.raises(NotFoundError):
        await record(1, video=True)
    assert (await record(0.3)).size > 0, "there is a microphone"


@pytest.mark.lane("firefox-no-devices")
async def test_missing_devices_raise_not_found_error():
    for request in ({"audio": True}, {"video": True}):
        with pytest.raises(NotFoundError):
            await media_devices.get_user_media(**request)


@pytest.mark.lane("chromium-insecure")
async def test_plain_http_error_says_so():
    for call in (media_devices.get_user_media(audio=True), media_devices.enumerate_devices(), record(1)):
        with pytest.raises(InsecureContextError, match="https"):
            await call
    with pytest.raises(InsecureContextError):
        _ = media_devices.supported_constraints
    with pytest.raises(InsecureContextError, match=r"https.*localhost"):
        await RecordingStore.open()
    table = await diagnose()
    assert table["secure context"] == "no"
    assert table["devices"] == "InsecureContextError"
    assert str(table).count("Browsers allow camera and microphone") == 1, "each piece of advice once"


@pytest.mark.lane("chromium", "firefox")
@pytest.mark.parametrize(
    ("origin", "is_suggested"),
    [
        ("http://example.org", True),
        ("http://example.org:8000", True),
        ("http://localhost.example.org", True),
        ("https://example.org", False),
        ("http://localhost", False),
        ("http://localhost:8000", False),
        ("http://app.localhost:8000", False),
        ("http://127.0.0.1:8888", False),
        ("http://[::1]:8888", False),
    ],
)
def test_localhost_is_suggested_only_to_other_hosts(origin, is_suggested):
    """A page from this machine is insecure only in a frame of an insecure page."""
    error = insecure_context("files", origin)
    assert ("or as http://localhost" in str(error)) == is_suggested
    assert ("in a frame" in str(error)) != is_suggested


@pytest.mark.page_only("the test removes the browser's function in the page")
async def test_missing_file_system_error_does_not_suggest_localhost():
    import js

    prototype = js.StorageManager.prototype
    own = js.Object.getOwnPropertyDescriptor(prototype, "getDirectory")
    js.Reflect.deleteProperty(prototype, "getDirectory")
    try:
        with pytest.raises(NotSupportedError, match="no file system") as caught:
            await RecordingStore.open()
    finally:
        js.Object.defineProperty(prototype, "getDirectory", own)
    assert "localhost" not in str(caught.value)


@pytest.mark.lane("chromium-permissions")
@pytest.mark.parametrize(
    "request_",
    [{"audio": True}, {"video": True}, {"audio": True, "video": True}],
    ids=["sound", "picture", "both"],
)
async def test_lost_device_ends_the_take_and_keeps_its_recording(request_, lose_devices):
    with await media_devices.get_user_media(**request_) as stream:
        ended = []
        for track in stream.tracks:
            track.on("ended", lambda event: ended.append(event.type))
        recorder = MediaRecorder(stream)
        await recorder.start()
        finished = recorder.finished
        await lose_devices()
        recording = await asyncio.wait_for(finished, 20)
    assert recording.size > 0
    assert recorder.state == "inactive"
    assert len(ended) == len(request_)


@pytest.mark.lane("chromium-permissions")
async def test_record_returns_the_recording_so_far_when_the_device_is_lost(lose_devices):
    task = asyncio.ensure_future(record(60, on_progress=lambda seconds, size: size and going.set()))
    going = asyncio.Event()
    await going.wait()
    await lose_devices()
    assert 0 < (await asyncio.wait_for(task, 30)).duration < 50
