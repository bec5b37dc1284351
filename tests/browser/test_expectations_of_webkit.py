"""What WebKitGTK cannot do, or does differently. When one of these fails, WebKit has changed, and the code
that docs/maintaining.md names may become simpler."""

import asyncio

import pytest
from support.ask_judge import packets, probe

from mediarecorder import (
    MediaRecorder,
    NotSupportedError,
    Recording,
    RecordingError,
    RecordingStore,
    blocking,
    diagnose,
    record,
)
from mediarecorder._host.features import is_webkit

pytestmark = pytest.mark.lane("webkit")

HEADER = 1024
"""Bytes. A file below this size has no sound."""

RECORD = """(async (stream, milliseconds, end) => {
  const recorder = new MediaRecorder(stream), chunks = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const begun = new Promise((resolve) => (recorder.onstart = resolve));
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  await begun;
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  for (const verb of end) {
    if (verb !== "end") recorder[verb]();
    else for (const track of stream.getTracks()) track.stop();
  }
  await stopped;
  return new Blob(chunks);
})"""
"""A plain recorder: the `end` is a list of its methods, or "end" to stop the tracks."""


async def recorded_natively(stream, milliseconds, *end):
    from pyodide.code import run_js
    from pyodide.ffi import to_js

    return await run_js(RECORD)(stream.js, milliseconds, to_js(end))


def test_browser_is_recognised_by_its_types():
    assert is_webkit()
    types = MediaRecorder.supported_types()
    assert "audio/mp4;codecs=mp4a.40.2" in types
    assert all("/mp4" in mime_type for mime_type in types)


@pytest.mark.quirk("webkit-has-no-jspi")
async def test_blocking_calls_say_that_jspi_is_missing():
    for call in (lambda: blocking.record(1), lambda: blocking.run(asyncio.sleep(0))):
        with pytest.raises(NotSupportedError, match="this browser has no JSPI"):
            call()
    table = await diagnose()
    assert table["JSPI"] == "no"
    assert "AppleWebKit" in table["browser"]


@pytest.mark.quirk("webkit-has-no-opfs")
async def test_store_says_that_opfs_is_missing():
    with pytest.raises(NotSupportedError, match="no file system for pages"):
        await RecordingStore.open()


def test_shared_memory_is_missing_even_with_isolation():
    import js

    assert js.crossOriginIsolated
    assert not hasattr(js, "SharedArrayBuffer")


@pytest.mark.quirk("webkit-records-no-picture")
async def test_types_with_a_picture_are_claimed_and_not_recorded(both, short_waits):
    assert MediaRecorder.is_type_supported("video/mp4")
    assert (await recorded_natively(both, 500, "stop")).size == 0
    with pytest.raises(RecordingError, match="WebKitGTK says that it supports") as caught:
        await record(0.1, stream=both)
    assert caught.value.recording is None


@pytest.mark.quirk("webkit-records-nothing-at-first")
async def test_take_that_is_stopped_at_once_is_empty(microphone):
    assert (await recorded_natively(microphone, 0, "stop")).size == 0
    with pytest.raises(RecordingError, match=r"0\.2 s"):
        await record(0.02, stream=microphone)


@pytest.mark.quirk("webkit-drops-data-at-stop-while-paused")
async def test_pause_before_stop_drops_the_sound(microphone):
    """`Take` therefore resumes the recorder first. (Even then, one take of five loses its end.)"""
    assert (await recorded_natively(microphone, 600, "pause", "stop")).size < HEADER
    heard = []
    for _ in range(8):
        recorder = MediaRecorder(microphone)
        recorder.on("resume", heard.append)
        await recorder.start()
        await asyncio.sleep(0.6)
        await recorder.pause()
        if (recording := await recorder.stop()).size > HEADER:
            break
    assert await recording.measure() > 0.3
    assert heard == []


async def test_end_of_all_tracks_drops_the_sound(microphone):
    """The browser itself stops the recorder, as after a loss of the microphone. No code can prevent that."""
    assert (await recorded_natively(microphone, 600, "end")).size < HEADER


async def test_sound_becomes_seekable_with_its_duration(microphone):
    """WebKit repeats the header of a fragment without its data (tools/patches/2-isobmff-times)."""
    repeated = []
    for _ in range(8):
        recorder = MediaRecorder(microphone)
        await recorder.start()
        await asyncio.sleep(0.6)
        await recorder.request_data()
        await asyncio.sleep(0.6)
        recording = await recorder.stop()
        seekable = await recording.seekable()
        found = await probe(seekable)
        assert found["errors"] == []
        measured = await recording.measure()
        assert found["duration"] == pytest.approx(measured, abs=0.03)
        assert found["decoded_duration"] == pytest.approx(measured, abs=0.03)
        assert await Recording(seekable.blob, seekable.mime_type).measure() == pytest.approx(
            measured, abs=0.03
        )
        repeated.append(await packets(recording) != await packets(seekable))
        if repeated[-1] and measured > 0.9:
            break
    assert repeated[-1]
