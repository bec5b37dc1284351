"""`AudioSamples.play` and `Recording.play`: sound from Python into the loudspeaker."""

import asyncio
import gc
from array import array

import pytest
from support.eventually import until, until_proxies_are_destroyed
from support.rows import in_soak, thorough
from support.tones import column, frequency, tones

from mediarecorder import (
    AudioSamples,
    EncodingError,
    MediaStream,
    NotFoundError,
    NotReadableError,
    Playback,
    Recording,
    blocking,
)

in_page = pytest.mark.page_only("the players are in the page")
sounding = pytest.mark.lane("chromium", "firefox-audible")
everywhere = pytest.mark.lane("chromium", "chromium-worker", "firefox-audible")


def beep(seconds=0.5, **options):
    return tones(440, seconds=seconds, **options)


def now():
    return asyncio.get_running_loop().time()


@pytest.mark.core
@pytest.mark.policy
@pytest.mark.lane("chromium", "chromium-worker", "firefox-audible", "chromium-pyodide-0.27", "chromium-csp")
@pytest.mark.parametrize("kind", ["samples", *thorough("recording")])
async def test_playback_is_over_when_the_sound_was_heard(kind):
    source = beep() if kind == "samples" else await beep().to_recording("webm")
    begun = now()
    playback = source.play()
    assert isinstance(playback, Playback)
    assert playback.position == 0
    await until(lambda: playback.position > 0)
    assert not playback.done()
    assert playback.position <= source.duration
    assert await playback is None
    assert now() - begun >= 0.5
    assert playback.position == pytest.approx(0.5, abs=0.02)
    assert await playback is None, "it can be awaited again"


@in_page
@sounding
async def test_samples_are_heard_as_they_are(page_probe):
    playback = tones(440, 1100, seconds=2).play()
    await until(lambda: page_probe.players.length and playback.position > 0)
    player = page_probe.players[0]
    capture = getattr(player, "captureStream", None) or player.mozCaptureStream
    heard = await anext(MediaStream(capture()).blocks(0.5, channels=2))
    playback.stop()
    for channel, pitch in enumerate((440, 1100)):
        assert frequency(column(heard, channel), heard.sample_rate) == pytest.approx(pitch, abs=3)


@pytest.mark.core
@everywhere
async def test_stop_ends_the_sound_at_once():
    playback = beep(20).play()
    await until(lambda: playback.position > 0.1)
    playback.stop()
    assert playback.done()
    heard = playback.position
    assert await playback is None
    assert playback.position == heard < 20
    playback.stop()


@everywhere
async def test_playback_that_is_stopped_before_it_began_is_silent():
    playback = beep(20).play()
    playback.stop()
    await playback
    assert playback.position == 0


@everywhere
async def test_cancelling_the_wait_stops_the_sound():
    playback = beep(20).play()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(playback, 0.2)
    assert playback.done()


@sounding
async def test_several_sounds_play_at_once():
    begun = now()
    several = [beep(1).play() for _ in range(3)]
    await asyncio.gather(*several)
    assert [one.position for one in several] == [pytest.approx(1, abs=0.02)] * 3
    assert now() - begun >= 1


@sounding
@pytest.mark.parametrize(
    ("rate", "channels"), [(16_000, 1), *thorough((8000, 6), (96_000, 2)), *in_soak((4000, 1), (192_000, 8))]
)
async def test_rates_and_channels_are_played(rate, channels):
    playback = tones(*[440] * channels, seconds=0.3, rate=rate).play()
    await playback
    assert playback.position == pytest.approx(0.3, abs=0.02)


@sounding
async def test_single_frame_is_played():
    await AudioSamples(array("f", [0.5]), 48_000).play()


async def silent_picture(recorded):
    return await recorded("picture")


async def empty(recorded):
    return Recording.from_bytes(b"", "audio/webm")


async def text(recorded):
    return Recording.from_bytes(b"no sound at all", "audio/webm")


async def not_finite(recorded):
    return AudioSamples(array("f", [0.0, float("nan")]), 48_000)


async def closed(recorded):
    # (Over 32 MB, so it is in a temporary file.)
    recording = await AudioSamples._of(bytearray(66 << 20), 1, 48_000).to_recording("wav")
    recording.close()
    return recording


BAD = [
    (empty, EncodingError, "0 bytes"),
    (silent_picture, NotFoundError, "no sound"),
    (text, EncodingError, "not a media file"),
    (not_finite, EncodingError, "NaN"),
    *thorough((closed, NotReadableError, "gone")),
]


@everywhere
@pytest.mark.parametrize(("made", "error", "says"), BAD)
async def test_error_says_what_cannot_be_played(made, error, says, recorded, loop_errors):
    source = await made(recorded)
    playback = source.play()
    with pytest.raises(error, match=says):
        await playback
    assert playback.done()
    assert not loop_errors


@pytest.mark.lane("chromium")
async def test_error_of_a_playback_without_await_is_reported(loop_errors):
    (await empty(None)).play()
    await until(lambda: loop_errors)
    assert isinstance(loop_errors[0]["exception"], EncodingError)


@pytest.mark.lane("firefox")
@pytest.mark.quirk("firefox-plays-nothing-without-a-loudspeaker")
async def test_error_says_that_there_is_no_loudspeaker():
    with pytest.raises(NotReadableError, match="audio output"):
        await beep().play()


@in_page
@sounding
@pytest.mark.parametrize(
    "times", [1, pytest.param(50, marks=[pytest.mark.soak, pytest.mark.time_limit(300)])]
)
async def test_playback_leaves_nothing_however_it_ends(page_probe, times):
    await beep(0.05).play()  # loads the engine
    await asyncio.sleep(0.05)
    gc.collect()
    page_probe.begin()
    addresses = page_probe.blobs.size
    for _ in range(times):
        await beep(0.05).play()
        stopped = beep(20).play()
        await until(lambda playback=stopped: playback.position > 0)
        stopped.stop()
        beep(20).play().stop()
        with pytest.raises(EncodingError):
            await (await text(None)).play()
    await until_proxies_are_destroyed(page_probe)
    assert page_probe.blobs.size == addresses
    players = list(page_probe.players)
    assert len(players) >= 2 * times
    assert all(player.paused and not player.src for player in players)


@pytest.mark.lane("chromium")
async def test_plain_python_waits_for_the_end():
    playback = beep().play()
    assert blocking.run(playback) is None
    assert playback.position == pytest.approx(0.5, abs=0.02)
