"""Levels and mixes."""

import asyncio

import pytest
from judge import probe, tone
from mediarecorder import Level, MediaStream, NotFoundError, media_devices, mix, record


@pytest.fixture
def oscillator():
    """Makes streams of one tone each: `oscillator(440)`."""
    import js

    context = js.AudioContext.new()

    def stream_of(frequency):
        source = context.createOscillator()
        source.frequency.value = frequency
        destination = context.createMediaStreamDestination()
        source.connect(destination)
        source.start()
        return MediaStream(destination.stream)

    yield stream_of
    context.close()


@pytest.mark.lane("chromium", "chromium-pyodide-0.27")
async def test_levels_of_a_tone(oscillator):
    with oscillator(1000) as stream:
        loudest = Level(0.0, 0.0)
        async for level in stream.levels(0.02):
            assert 0 <= level.rms <= level.peak <= 1
            loudest = max(loudest, level)
            if level.peak > 0.9:
                break
    assert loudest.peak == pytest.approx(1, abs=0.1)
    assert loudest.rms == pytest.approx(0.707, abs=0.1)


async def test_levels_end_with_the_stream(microphone):
    count = 0
    async for _ in microphone.levels(0.01):
        count += 1
        if count == 3:
            microphone.stop()
    assert count == 3


async def test_levels_of_a_stream_without_sound(camera):
    with pytest.raises(NotFoundError, match="no sound"):
        async for _ in camera.levels():
            pass


@pytest.mark.parametrize(("interval", "error"), [(0, ValueError), (-1, ValueError), ("1", TypeError), (None, TypeError)])
async def test_levels_at_an_interval_of_no_use(microphone, interval, error):
    with pytest.raises(error, match="interval"):
        async for _ in microphone.levels(interval):
            pass


async def test_a_mix_has_one_picture_and_one_sound(camera, microphone):
    mixed = await mix(camera, microphone)
    assert sorted(track.kind for track in mixed.tracks) == ["audio", "video"]
    found = await probe(await record(0.6, stream=mixed))
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
    mixed.stop()
    assert not camera.active
    assert not microphone.active


@pytest.mark.lane("chromium")
async def test_a_mix_has_all_sounds(oscillator):
    """Half of the sum is each of the two: neither tone alone explains the level."""
    low, high = oscillator(400), oscillator(3000)
    for stream in (low, high):
        for track in stream.tracks:
            track.content_hint = "music"
    mixed = await mix(low, high)
    [sound] = mixed.tracks
    assert sound.kind == "audio"
    both = await tone(await record(1, stream=mixed))
    low.tracks[0].enabled = False
    [only_high, *_] = await tone(await record(1, stream=mixed))
    assert only_high["frequency"] == pytest.approx(3000, abs=40)
    low.tracks[0].enabled, high.tracks[0].enabled = True, False
    [only_low, *_] = await tone(await record(1, stream=mixed))
    assert only_low["frequency"] == pytest.approx(400, abs=20)
    assert both[0]["rms"] > only_low["rms"] * 1.1
    mixed.stop()


async def test_a_mix_ends_when_its_picture_ends(camera, microphone):
    import js

    mixed = await mix(camera, microphone)
    [picture] = camera.video_tracks
    recording = asyncio.ensure_future(record(60, stream=mixed))
    await asyncio.sleep(0.3)
    picture.js.stop()
    picture.js.dispatchEvent(js.Event.new("ended"))  # what "Stop sharing" does
    assert (await recording).duration < 30
    assert not microphone.active


async def test_a_mix_of_nothing(microphone):
    with pytest.raises(TypeError, match="at least one"):
        await mix()
    with pytest.raises(TypeError, match="MediaStream"):
        await mix("stream")
    microphone.stop()
    with pytest.raises(NotFoundError, match="no live track"):
        await mix(microphone)


@pytest.mark.lane("chromium")
async def test_the_screen_with_the_microphone():
    recording = await record(0.8, screen={"prefer_current_tab": True})
    found = await probe(recording)
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}


@pytest.mark.lane("chromium")
async def test_the_screen_alone():
    with await media_devices.get_display_media() as stream:
        assert [track.kind for track in stream.tracks] == ["video"]
        assert (await record(0.6, stream=stream)).mime_type.startswith("video/")
