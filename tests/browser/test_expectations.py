"""What each engine does today that the library works around. The day one of these fails, a browser has
changed, and the code named in the test may be simpler."""

import asyncio

import pytest

from mediarecorder import MediaRecorder


async def native_events(recorder, end):
    """The browser's own events from `end()` until shortly after `stop`."""
    from pyodide.ffi import create_proxy

    seen, stopped = [], asyncio.Event()

    def heard(event):
        seen.append((event.type, event.data.size if event.type == "dataavailable" else None))
        if event.type == "stop":
            stopped.set()

    proxy = create_proxy(heard)
    for type in ("start", "pause", "resume", "dataavailable", "error", "stop"):
        recorder.addEventListener(type, proxy)
    result = end()
    try:
        await asyncio.wait_for(stopped.wait(), 3)
    except TimeoutError:
        seen.append(("nothing", None))
    for type in ("start", "pause", "resume", "dataavailable", "error", "stop"):
        recorder.removeEventListener(type, proxy)
    proxy.destroy()
    return seen, result


def native_recorder(stream):
    import js

    return js.MediaRecorder.new(stream.js)


async def test_stop_on_an_inactive_recorder_is_silent_in_the_browser(microphone):
    """MediaRecorder.stop checks by itself."""
    recorder = native_recorder(microphone)
    assert recorder.stop() is None


async def test_a_timeslice_of_zero_is_not_refused_by_the_browser(microphone):
    """MediaRecorder.start refuses it: it would be a flood of chunks."""
    recorder = native_recorder(microphone)
    recorder.start(0)
    recorder.stop()


@pytest.mark.lane("chromium")
async def test_chromium_records_nothing_from_ended_tracks_without_an_error(microphone):
    """MediaRecorder.start refuses it, as the specification says."""
    microphone.stop()
    recorder = native_recorder(microphone)
    seen, _ = await native_events(recorder, recorder.start)
    assert [type for type, _ in seen] == ["start", "dataavailable", "stop"]


@pytest.mark.lane("chromium")
async def test_chromium_fires_no_start_for_a_silent_stream(silence):
    """Take: `start` settles at the latest with the take."""
    recorder = native_recorder(silence)

    async def stop():
        await asyncio.sleep(0.5)
        stopped_at.append(js.performance.now())
        recorder.stop()

    import js

    started_at, stopped_at = [], []
    recorder.onstart = lambda event: started_at.append(event.timeStamp)
    await native_events(recorder, lambda: (recorder.start(), asyncio.ensure_future(stop())))
    assert not started_at or started_at[0] >= stopped_at[0]
    recorder.onstart = None


@pytest.mark.lane("chromium")
async def test_chromium_remembers_its_type_after_stop(microphone):
    recorder = MediaRecorder(microphone)
    await recorder.start()
    await recorder.stop()
    assert recorder.js.mimeType


@pytest.mark.lane("firefox")
async def test_firefox_forgets_its_type_after_stop(microphone):
    """Take._assemble takes it from the data."""
    recorder = MediaRecorder(microphone)
    await recorder.start()
    await recorder.stop()
    assert not recorder.js.mimeType


@pytest.mark.lane("firefox")
def test_firefox_has_no_image_capture():
    """take_photo goes by way of a video element and a canvas."""
    import js

    assert not hasattr(js, "ImageCapture")


@pytest.mark.lane("firefox")
async def test_firefox_without_an_audio_output_leaves_an_audio_context_standing():
    """mix() of several sounds raises NotReadableError, rather than record silence."""
    import js

    context = js.AudioContext.new()
    state = context.state
    context.close()
    assert state in ("suspended", "running"), "a machine with a sound card says running"


async def test_a_stop_and_start_on_one_browser_recorder_mixes_two_takes_events(both, engine):
    """Each take has a browser recorder of its own."""
    recorder = native_recorder(both)
    recorder.start()
    await asyncio.sleep(0.2)
    seen, _ = await native_events(recorder, lambda: (recorder.stop(), recorder.start()))
    types = [type for type, _ in seen]
    if engine == "firefox":
        assert types.index("start") < types.index("stop")
    else:
        assert "start" not in types
    recorder.stop()
