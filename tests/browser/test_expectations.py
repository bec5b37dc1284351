"""Behaviour of each engine that the library works around. When one of these fails, a browser has changed, and
the code named in the test may become simpler."""

import asyncio

import pytest

from mediarecorder import MediaRecorder

pytestmark = pytest.mark.page_only("these tests concern the browser itself, without a bridge")


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
        await asyncio.wait_for(stopped.wait(), 30)
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
    """MediaRecorder.stop therefore checks itself."""
    recorder = native_recorder(microphone)
    assert recorder.stop() is None


async def test_timeslice_of_zero_is_not_refused_by_the_browser(microphone):
    """MediaRecorder.start refuses it, because it would cause a flood of chunks."""
    recorder = native_recorder(microphone)
    recorder.start(0)
    recorder.stop()


@pytest.mark.lane("chromium")
async def test_chromium_records_nothing_from_ended_tracks_or_refuses(microphone):
    """MediaRecorder.start refuses it, as the specification says. Chromium does so in a fresh page only."""
    from pyodide.ffi import JsException

    microphone.stop()
    recorder = native_recorder(microphone)
    try:
        outcome = [type for type, _ in (await native_events(recorder, recorder.start))[0]]
    except JsException as error:
        outcome = error.name
    assert outcome in ("NotSupportedError", ["start", "dataavailable", "stop"])


@pytest.mark.lane("chromium")
async def test_chromium_fires_no_start_for_a_silent_stream(silence):
    """In Take, `start` settles with the take at the latest."""
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
    """A finished recording therefore takes its type from the data."""
    recorder = MediaRecorder(microphone)
    await recorder.start()
    await recorder.stop()
    assert not recorder.js.mimeType


@pytest.mark.lane("firefox")
def test_firefox_has_no_image_capture():
    """take_photo therefore uses a video element and a canvas."""
    import js

    assert not hasattr(js, "ImageCapture")


@pytest.mark.lane("firefox")
async def test_firefox_does_not_run_audio_contexts_without_an_output():
    """mix() of several sounds therefore raises NotReadableError, rather than record silence."""
    import js

    context = js.AudioContext.new()
    state = context.state
    context.close()
    assert state in ("suspended", "running"), "on a machine with a sound card it is running"


async def test_reusing_a_browser_recorder_interleaves_events(both, engine):
    """Each take therefore has its own browser recorder."""
    recorder, started = native_recorder(both), asyncio.Event()
    recorder.onstart = lambda event: started.set()
    recorder.start()
    await started.wait()
    recorder.onstart = None
    seen, _ = await native_events(recorder, lambda: (recorder.stop(), recorder.start()))
    types = [type for type, _ in seen]
    assert ("start" in types[: types.index("stop")]) == (engine == "firefox")
    recorder.stop()


@pytest.mark.lane("chromium")
async def test_chromium_mp4_declares_vp9_level_0(recorded):
    """static/library/media/input.js states an existing level, because no decoder accepts this one."""
    data = await (await recorded("both", mime_type="video/mp4;codecs=vp9,opus")).bytes()
    place = data.index(b"vpcC")
    version, profile, level = data[place + 4], data[place + 8], data[place + 9]
    assert (version, profile, level) == (1, 0, 0)


async def test_only_firefox_writes_a_byte_of_its_h264_parameters_twice(engine):
    """static/library/media/formats.js tests for this, and then avoids H.264."""
    import js
    from pyodide.ffi import create_proxy, to_js

    records = []

    def keep(chunk, metadata):
        if hasattr(metadata, "decoderConfig"):
            description = metadata.decoderConfig.description
            records.append(js.Uint8Array.new(getattr(description, "buffer", description)).to_bytes())

    proxies = create_proxy(keep), create_proxy(print)
    handlers = js.Object.fromEntries(to_js([["output", proxies[0]], ["error", proxies[1]]]))
    encoder = js.VideoEncoder.new(handlers)
    settings = {"codec": "avc1.42001f", "width": 64, "height": 64, "avc": {"format": "avc"}}
    encoder.configure(to_js(settings, dict_converter=js.Object.fromEntries))
    image = js.OffscreenCanvas.new(64, 64)
    image.getContext("2d")
    frame = js.VideoFrame.new(image, js.Object.fromEntries(to_js([["timestamp", 0]])))
    encoder.encode(frame)
    frame.close()
    await encoder.flush()
    encoder.close()
    for proxy in proxies:
        proxy.destroy()
    [record] = records
    # The profile is the second byte of the record, and of the parameter set that begins at byte 8.
    assert (record[9] == record[1]) == (engine == "chromium")
