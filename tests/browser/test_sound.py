"""Levels and mixes."""

import asyncio

import pytest
from support.ask_judge import probe, tone
from support.loopback import connected

from mediarecorder import Level, MediaStream, NotFoundError, media_devices, mix, record

pytestmark = pytest.mark.media_work


@pytest.fixture
def oscillator():
    """Makes streams with one tone each, at 0.4 of full scale: `oscillator(440)`."""
    import js

    context = js.AudioContext.new()

    def stream_of(frequency):
        source = context.createOscillator()
        source.frequency.value = frequency
        destination = context.createMediaStreamDestination()
        gain = context.createGain()
        gain.gain.value = 0.4
        source.connect(gain)
        gain.connect(destination)
        source.start()
        return MediaStream(destination.stream)

    yield stream_of
    context.close()


@pytest.mark.lane("chromium", "chromium-pyodide-0.27")
async def test_levels_measure_a_tone(oscillator):
    with oscillator(1000) as stream:
        async for level in stream.levels(0.02):
            assert isinstance(level, Level)
            assert 0 <= level.rms <= level.peak <= 1
            if level.rms > 0.25:
                break
    assert level.peak == pytest.approx(0.4, abs=0.05)
    assert level.rms == pytest.approx(0.4 * 0.707, abs=0.04)


@pytest.mark.lane("chromium")
async def test_sound_of_a_connection_has_levels_and_is_mixed(oscillator):
    """Chromium delivers none of it until an element plays it
    (quirk: chromium-silences-connections-nobody-plays)."""
    async with connected(oscillator(1000)) as (remote, _):
        async for level in remote.levels(0.02):
            if level.rms > 0.2:
                break
        (silence := oscillator(3000)).tracks[0].enabled = False
        mixed = await mix(remote, silence)
        [channel, *_] = await tone(await record(1, stream=mixed))
        assert channel["frequency"] == pytest.approx(1000, abs=20)
        mixed.stop()


@pytest.mark.every_engine
async def test_levels_end_with_the_stream(microphone):
    count = 0
    async for _ in microphone.levels(0.01):
        count += 1
        if count == 3:
            microphone.stop()
    assert count == 3


@pytest.mark.every_engine
async def test_levels_without_sound_raise(camera):
    with pytest.raises(NotFoundError, match="no sound"):
        async for _ in camera.levels():
            pass


@pytest.mark.every_engine
@pytest.mark.parametrize(
    ("interval", "error"), [(0, ValueError), (-1, ValueError), ("1", TypeError), (None, TypeError)]
)
async def test_invalid_level_intervals_are_rejected(microphone, interval, error):
    with pytest.raises(error, match="interval"):
        async for _ in microphone.levels(interval):
            pass


async def test_mix_has_one_picture_and_one_sound(camera, microphone):
    mixed = await mix(camera, microphone)
    assert sorted(track.kind for track in mixed.tracks) == ["audio", "video"]
    found = await probe(await record(0.6, stream=mixed))
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
    mixed.stop()
    assert not camera.active
    assert not microphone.active


@pytest.mark.lane("chromium")
async def test_mix_has_all_sounds(oscillator):
    """Two tones together have 1.4 times the level of one."""
    low, high = oscillator(400), oscillator(3000)
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
    assert both[0]["rms"] > only_low["rms"] * 1.2
    mixed.stop()


@pytest.mark.lane("chromium")
async def test_mix_ends_when_its_picture_ends(camera, microphone):
    import js

    mixed = await mix(camera, microphone)
    [picture] = camera.video_tracks
    recording = asyncio.ensure_future(record(60, stream=mixed))
    await asyncio.sleep(0.3)
    picture.js.stop()
    picture.js.dispatchEvent(js.Event.new("ended"))  # as "Stop sharing" does
    assert (await recording).duration < 30
    assert not microphone.active


async def test_mix_without_live_tracks_is_rejected(microphone):
    with pytest.raises(TypeError, match="at least one"):
        await mix()
    with pytest.raises(TypeError, match="MediaStream"):
        await mix("stream")
    microphone.stop()
    with pytest.raises(NotFoundError, match="no live track"):
        await mix(microphone)


@pytest.mark.lane("chromium")
async def test_screen_is_recorded_with_the_microphone():
    recording = await record(0.8, screen={"prefer_current_tab": True})
    found = await probe(recording)
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}


@pytest.mark.lane("chromium")
async def test_screen_is_recorded_alone():
    with await media_devices.get_display_media() as stream:
        assert [track.kind for track in stream.tracks] == ["video"]
        assert (await record(0.6, stream=stream)).mime_type.startswith("video/")
