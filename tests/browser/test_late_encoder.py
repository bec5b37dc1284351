"""Late encoders: Chromium's `stop()` drops the pictures that they still hold."""

import asyncio

import pytest
from support import ask_judge

from mediarecorder import MediaRecorder, MediaStream, media_devices, record

pytestmark = pytest.mark.lane("chromium", "chromium-worker")
in_the_page = pytest.mark.lane("chromium")  # a worker has no canvas with a stream
TOGETHER = 0.3
"""Seconds by which the ends of sound and picture may differ."""


@pytest.fixture
async def noise():
    """``noise(width, height)``: pictures that are hard to encode, with the sound of the microphone."""
    import js
    from pyodide.ffi import create_proxy

    undo = []

    async def noise(width, height):
        canvas = js.document.createElement("canvas")
        canvas.width, canvas.height = width, height
        context = canvas.getContext("2d")
        image = context.createImageData(width, height)
        for start in range(0, image.data.length, 65536):
            js.crypto.getRandomValues(image.data.subarray(start, start + 65536))
        numbers = iter(range(1 << 30))

        def draw():
            shift = 37 * next(numbers) % width
            context.putImageData(image, shift, 0)
            context.putImageData(image, shift - width, 0)

        draw()
        proxy = create_proxy(draw)
        timer = js.setInterval(proxy, 40)
        microphone = await media_devices.get_user_media(audio=True)
        stream = MediaStream([*MediaStream(canvas.captureStream(25)).tracks, *microphone.tracks])
        undo.append(lambda: (js.clearInterval(timer), proxy.destroy(), stream.stop()))
        return stream

    yield noise
    for each in undo:
        each()


async def ends(recording):
    played = await ask_judge.played(recording)
    return played["sound"]["end"], played["pictures"][-1]["time"]


@pytest.mark.quirk("chromium-drops-late-pictures-at-stop")
@in_the_page
@pytest.mark.time_limit(90)
async def test_late_encoder_delivers_everything(noise):
    """(This fails with a plain `recorder.stop()`.)"""
    recorder = MediaRecorder(await noise(640, 480), mime_type="video/webm;codecs=vp9")
    await recorder.start(0.1)
    await asyncio.sleep(1)
    outcome, duration = recorder.stop(drain=True), recorder.duration
    assert recorder.state == "inactive"
    sound, picture = await ends(await outcome)
    assert picture == pytest.approx(sound, abs=TOGETHER)
    assert recorder.duration == pytest.approx(duration, abs=0.05), "the wait does not count"


@in_the_page
@pytest.mark.time_limit(90)
async def test_take_without_a_timeslice_is_drained_and_keeps_its_length(noise):
    """(Chromium writes neither length nor index after the requests for data.)"""
    recorder = MediaRecorder(await noise(640, 480), mime_type="video/webm;codecs=vp9")
    await recorder.start()
    await asyncio.sleep(1)
    recording = await recorder.stop(drain=True)
    sound, picture = await ends(recording)
    assert picture == pytest.approx(sound, abs=TOGETHER)
    found = await ask_judge.probe(recording)
    assert found["errors"] == []
    assert found["duration"] == pytest.approx(found["decoded_duration"], abs=0.25)
    assert [chunk.size for chunk in recording.chunks] == [recording.size]


async def test_record_without_a_timeslice_keeps_length_and_index(both):
    recording = await record(0.7, stream=both)
    found = await ask_judge.probe(recording)
    assert found["errors"] == []
    assert found["duration"] == pytest.approx(found["decoded_duration"], abs=0.25)
    assert await ask_judge.index(recording)
    assert await recording.seekable() is recording


@in_the_page
async def test_transparent_pictures_have_an_index():
    """(Chromium writes each into a BlockGroup; a key picture is one whose group has no ReferenceBlock.)"""
    import js

    canvas = js.document.createElement("canvas")
    context = canvas.getContext("2d")
    stream = MediaStream(canvas.captureStream(25))
    recorder = MediaRecorder(stream, mime_type="video/webm;codecs=vp9")
    outcome = recorder.start()
    for step in range(40):
        context.clearRect(0, 0, 300, 150)
        context.fillRect(step, 0, 150, 150)
        await asyncio.sleep(0.03)
    await outcome
    recording = await recorder.stop(drain=True)
    stream.stop()
    data = await recording.bytes()
    assert b"\x75\xa1" in data, "transparency, in a BlockAdditions element"
    assert await ask_judge.index(recording) == [0.0]


async def test_record_uses_vp9_where_the_default_codec_is_late(camera, both):
    for stream in (camera, both):
        recording = await record(0.3, stream=stream)
        assert recording.mime_type.startswith("video/webm;codecs=vp9")
        assert [t["kind"] for t in (await ask_judge.probe(recording))["streams"]].count("video") == 1


async def test_record_keeps_the_sound_default_and_the_callers_type(microphone, camera):
    assert "vp9" not in (await record(0.3, stream=microphone)).mime_type
    chosen = await record(0.3, stream=camera, mime_type="video/webm;codecs=vp8")
    assert "vp8" in chosen.mime_type


@pytest.mark.parametrize("paused", [False, True])
async def test_draining_hides_its_pause_and_settles_pending_verbs(both, paused):
    recorder = MediaRecorder(both)
    await recorder.start(0.1)
    await asyncio.sleep(0.3)
    if paused:
        await recorder.pause()
    log = []
    for type in ("pause", "resume", "stop"):
        recorder.on(type, lambda event: log.append(event.type))
    requested = recorder.request_data()
    recording = await recorder.stop(drain=True)
    assert log == ["stop"]
    assert (await requested).size >= 0
    assert recording.size == sum(chunk.size for chunk in recording.chunks)
    # Each tick asks for data. This took 30 s when empty chunks counted as data for a listener.
    assert [chunk.size for chunk in recording.chunks].count(0) < 20


async def test_draining_ends_when_the_tracks_end(both):
    recorder = MediaRecorder(both)
    await recorder.start(0.1)
    await asyncio.sleep(0.3)
    outcome = recorder.stop(drain=True)
    both.stop()
    assert (await outcome).size > 0


@pytest.mark.soak
@in_the_page
@pytest.mark.time_limit(300)
@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
async def test_picture_of_noise_ends_with_its_sound(noise, size):
    recording = await record(5, stream=await noise(*size), timeslice=0.5)
    sound, picture = await ends(recording)
    assert picture == pytest.approx(sound, abs=TOGETHER)
