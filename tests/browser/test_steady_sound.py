"""A sound that delivers nothing delays neither the picture, nor `start`, nor the end."""

import pytest
from support.ask_judge import pictures, probe, tone
from support.eventually import until
from support.loopback import connected
from support.rows import in_soak
from test_steady import LATE, assert_whole, recorded_so_far

from mediarecorder import MediaRecorder, MediaStream, RecordingError, record

pytestmark = [pytest.mark.media_work, pytest.mark.page_only("a worker has no AudioContext")]

in_chromium = pytest.mark.lane("chromium")


@pytest.fixture
def context():
    import js

    context = js.AudioContext.new()
    yield context
    if context.state != "closed":
        context.close()


def with_picture(context, camera):
    return MediaStream([*camera.tracks, *MediaStream(context.createMediaStreamDestination().stream).tracks])


@in_chromium
@pytest.mark.parametrize("state", ["suspended", *in_soak("running", "closed")])
async def test_silent_audio_context_loses_no_picture(context, camera, state):
    stream = with_picture(context, camera)
    if state != "running":
        await (context.suspend() if state == "suspended" else context.close())
    recorder = MediaRecorder(stream)
    blob, seconds = await recorded_so_far(recorder, 1.5)
    found = await probe(blob)
    assert found["decoded_duration"] >= seconds - 0.25 - LATE
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
    recording = await recorder.stop()
    assert_whole(await probe(recording), recording)
    assert len(await pictures(recording)) > 5


@in_chromium
async def test_sound_that_falls_silent_delays_nothing(context, camera):
    destination, oscillator = context.createMediaStreamDestination(), context.createOscillator()
    oscillator.frequency.value = 1000
    oscillator.connect(destination)
    oscillator.start()
    recorder = MediaRecorder(MediaStream([*camera.tracks, *MediaStream(destination.stream).tracks]))
    chunks = []
    recorder.on("dataavailable", lambda event: chunks.append(recorder.duration))
    await recorder.start(0.25)
    await until(lambda: recorder.duration >= 1)
    oscillator.disconnect()
    silent = recorder.duration
    await until(lambda: chunks and chunks[-1] > silent + 1)
    recording = await recorder.stop()
    assert_whole(await probe(recording), recording)
    [channel, *_] = await tone(recording)
    assert channel["frequency"] == pytest.approx(1000, abs=5)


@pytest.mark.thorough
@in_chromium
async def test_sound_of_a_connection_is_recorded(microphone, camera):
    """(Chromium delivers none of it until an element plays it.)"""
    async with connected(microphone) as (remote, sender):
        recorder = MediaRecorder(MediaStream([*camera.tracks, *remote.tracks]))
        await recorder.start(0.25)
        await until(lambda: recorder.duration >= 2)
        await sender.replaceTrack(None)
        size, seconds = recorder.size, recorder.duration + 1
        await until(lambda: recorder.duration >= seconds and recorder.size > size)
        recording = await recorder.stop()
        assert_whole(await probe(recording), recording)
        assert (await tone(recording))[0]["frequency"] == pytest.approx(1000, abs=20)
        alone = await record(1, stream=remote)
        assert alone.size > 0


@in_chromium
async def test_log_warns_if_the_browsers_audio_does_not_run(context, camera, caplog, short_waits):
    import js
    from pyodide.code import run_js

    original = js.AudioContext
    js.AudioContext = run_js("(class extends AudioContext { get state() { return 'suspended' } })")
    try:
        with pytest.raises(RecordingError):
            await record(0.5, stream=with_picture(context, camera), timeslice=0.25)
    finally:
        js.AudioContext = original
    assert "does not run before a click" in caplog.text
