"""`media_devices`, streams and tracks."""

import importlib
import sys

import pytest

from mediarecorder import (
    MediaStream,
    MediaStreamTrack,
    OverconstrainedError,
    media_devices,
)
from mediarecorder._host.browser import create_proxy, js, js_object


@pytest.mark.every_engine
@pytest.mark.core
async def test_get_user_media_opens_the_requested_devices(both):
    assert {track.kind for track in both.tracks} == {"audio", "video"}
    assert both.active


@pytest.fixture
def unplugged():
    """From now on, a camera ends before the page gets its stream."""
    js.eval(
        "navigator.mediaDevices.getUserMedia = async (constraints) => {"
        " const stream = await MediaDevices.prototype.getUserMedia.call(navigator.mediaDevices, constraints);"
        " for (const track of stream.getTracks()) track.stop();"
        " return stream; }"
    )
    yield
    js.Reflect.deleteProperty(js.navigator.mediaDevices, "getUserMedia")


@pytest.mark.page_only("a worker cannot change its page's functions")
async def test_camera_that_has_ended_at_once_is_no_error(unplugged):
    stream = await media_devices.get_user_media(video=True)
    assert [track.ready_state for track in stream.tracks] == ["ended"]


@pytest.mark.core
async def test_nested_constraints_accept_both_spellings():
    request = {"width": {"ideal": 320}, "frameRate": {"ideal": 15}, "resize_mode": "none"}
    with await media_devices.get_user_media(video=request) as stream:
        [track] = stream.video_tracks
        constraints = track.constraints
        # Chromium returns {"ideal": 15} as 15.
        assert constraints["frame_rate"] in (15, {"ideal": 15})
        assert constraints["width"] in (320, {"ideal": 320})


@pytest.mark.every_engine
@pytest.mark.core
async def test_overconstrained_error_names_the_constraint():
    with pytest.raises(OverconstrainedError, match="width") as caught:
        await media_devices.get_user_media(video={"width": {"exact": 99999}})
    assert caught.value.constraint == "width"
    assert caught.value.name == "OverconstrainedError"


async def test_unknown_device_id_is_overconstrained():
    with pytest.raises(OverconstrainedError):
        await media_devices.get_user_media(audio={"device_id": {"exact": "no such device"}})


@pytest.mark.parametrize(
    "request_", [{}, {"audio": False}, {"audio": "yes"}, {"video": 5}, {"video": {5: 5}}]
)
async def test_invalid_requests_are_rejected(request_):
    with pytest.raises(TypeError):
        await media_devices.get_user_media(**request_)


@pytest.fixture
def fresh_library():
    """The library as it is after its first import; without this test's other modules."""
    used = {name: sys.modules.pop(name) for name in list(sys.modules) if of_the_library(name)}
    yield importlib.import_module("mediarecorder")
    for name in list(filter(of_the_library, sys.modules)):
        del sys.modules[name]
    sys.modules.update(used)


def of_the_library(name):
    return name.partition(".")[0] == "mediarecorder"


@pytest.mark.page_only("the bridge copies the request before the browser reads it")
async def test_request_imports_nothing_until_the_browser_asks(fresh_library):
    """A click is valid for a moment only: the browser must be asked before anything is compiled."""
    devices, _ = fresh_library.media_devices, fresh_library.MediaRecorder
    loaded, seen = set(sys.modules), []
    # The browser reads this constraint in its call.
    getter = create_proxy(lambda *_: seen.append(set(sys.modules) - loaded))
    constraint = js.Object.defineProperty(
        js.Object.new(), "ideal", js_object({"get": getter, "enumerable": True})
    )

    class Asking:
        def __await__(self):
            steps = devices.get_user_media(audio={"device_id": constraint}).__await__()
            waits_for = next(steps)
            assert seen, "the browser is asked before the call waits for anything"
            yield waits_for
            return (yield from steps)

    with await Asking():
        pass
    getter.destroy()
    assert seen[0] == set()
    assert "mediarecorder.streams" in sys.modules


@pytest.mark.every_engine
@pytest.mark.core
async def test_enumerated_devices_can_be_opened():
    # Firefox reveals device names only to pages that have opened a device.
    (await media_devices.get_user_media(audio=True, video=True)).stop()
    for info in await media_devices.enumerate_devices():
        assert info.kind in ("audioinput", "videoinput", "audiooutput")
        if info.kind == "audiooutput":
            continue
        with await info.open() as stream:
            [track] = stream.tracks
            assert track.settings["device_id"] == info.device_id
            assert track.kind == info.kind.removesuffix("input")
            assert track.label == info.label


def test_supported_constraints_are_snake_case_names():
    supported = media_devices.supported_constraints
    assert {"device_id", "width", "frame_rate", "echo_cancellation"} <= supported
    assert all(isinstance(name, str) and name.islower() for name in supported)


@pytest.mark.every_engine
async def test_permission_reports_its_state():
    for name in ("camera", "microphone"):
        assert await media_devices.permission(name) in ("granted", "denied", "prompt")
    with pytest.raises(ValueError, match="camera"):
        await media_devices.permission("fridge")


async def test_devicechange_reaches_its_handlers():
    import js

    heard = []
    subscription = media_devices.on("devicechange", heard.append)
    media_devices.js.dispatchEvent(js.Event.new("devicechange"))
    subscription()
    media_devices.js.dispatchEvent(js.Event.new("devicechange"))
    assert [event.type for event in heard] == ["devicechange"]


@pytest.mark.page_only("a worker has no canvas with a stream")
@pytest.mark.core
async def test_stream_wraps_a_javascript_stream():
    import js

    canvas = js.document.createElement("canvas")
    canvas.getContext("2d")
    js_stream = canvas.captureStream()
    stream = MediaStream(js_stream)
    assert stream.js == js_stream
    assert [track.kind for track in stream.tracks] == ["video"]
    assert MediaStreamTrack(js_stream.getVideoTracks()[0]) == stream.tracks[0]
    stream.stop()


@pytest.mark.page_only("a worker has no element to show it in")
async def test_stream_displays_itself_live(camera, stage):
    import asyncio

    stage.innerHTML = camera._repr_html_()
    player = stage.querySelector("video")
    while not player.srcObject or type(player.srcObject).__name__ == "JsNull":
        await asyncio.sleep(0.02)
    assert player.srcObject == camera.js
    assert player.muted
    assert camera.tracks[0].label in stage.textContent


@pytest.mark.page_only("a worker has no element to show it in")
async def test_stream_of_sound_displays_device_names(microphone, stage):
    stage.innerHTML = microphone._repr_html_()
    assert stage.querySelector("video, audio") is None or microphone.tracks[0].label in stage.textContent


@pytest.mark.parametrize("what", [None, "stream", 5, {}])
def test_wrapping_other_objects_is_rejected(what):
    with pytest.raises(TypeError, match="MediaStream"):
        MediaStream(what)
    with pytest.raises(TypeError, match="MediaStreamTrack"):
        MediaStreamTrack(what)


async def test_track_is_the_same_object_each_time(both):
    assert both.tracks[0] is both.get_tracks()[0]
    assert both.audio_tracks[0] is both.get_track_by_id(both.audio_tracks[0].id)
    assert both.get_track_by_id("no such id") is None


async def test_tracks_can_be_removed_and_added(both):
    [sound] = both.audio_tracks
    both.remove_track(sound)
    assert both.get_audio_tracks() == []
    assert sound.ready_state == "live"
    both.add_track(sound)
    assert both.audio_tracks[0] is sound
    fresh = MediaStream([sound])
    assert fresh.tracks == [sound]
    assert fresh.id != both.id


async def test_clone_is_stopped_on_its_own(both):
    clone = both.clone()
    clone.stop()
    assert not clone.active
    assert both.active
    track = both.tracks[0].clone()
    track.stop()
    assert both.tracks[0].ready_state == "live"


async def test_with_and_async_with_release_the_device():
    with await media_devices.get_user_media(audio=True) as stream:
        assert stream.active
    assert not stream.active
    async with await media_devices.get_user_media(audio=True) as stream:
        assert stream.active
    assert not stream.active
    stream.stop()


@pytest.mark.core
async def test_track_has_its_properties(camera):
    [track] = camera.video_tracks
    assert track.settings["width"] == 320
    assert isinstance(track.capabilities, dict)
    assert track.ready_state == "live"
    assert not track.muted
    assert track.label in repr(track)
    track.enabled = False
    assert not track.enabled
    track.enabled = True
    track.content_hint = "motion"
    assert track.content_hint in ("motion", "")
    with pytest.raises(TypeError):
        track.content_hint = 5


async def test_apply_constraints_changes_the_settings(camera, engine):
    [track] = camera.video_tracks
    await track.apply_constraints({"width": {"ideal": 160}, "height": {"ideal": 120}})
    assert track.constraints["width"] in (160, {"ideal": 160})
    if engine == "chromium":  # Firefox's fake camera accepts any width
        with pytest.raises(OverconstrainedError):
            await track.apply_constraints({"width": {"exact": 99999}})
    with pytest.raises(TypeError):
        await track.apply_constraints("wide")
    assert track.ready_state == "live"


async def test_specification_methods_exist_too(camera):
    [track] = camera.tracks
    assert track.get_settings() == track.settings
    assert track.get_capabilities() == track.capabilities
    assert track.get_constraints() == track.constraints
    assert media_devices.get_supported_constraints() == media_devices.supported_constraints


async def test_synchronous_browser_errors_are_translated(camera):
    import js

    from mediarecorder import MediaError

    [track] = camera.tracks
    track.js.applyConstraints = js.DOMException  # throws: it is a class
    with pytest.raises((MediaError, TypeError)):
        await track.apply_constraints({})
    with pytest.raises(TypeError):
        MediaStream([js.EventTarget.new()])
