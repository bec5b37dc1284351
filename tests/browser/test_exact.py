"""Exact results: the requested frames, at their place, in every format."""

import math
import random

import pytest
from support.ask_judge import played
from support.rows import in_soak
from support.tones import column, flat, frequency, noise, rms, tones

from mediarecorder import Recording
from mediarecorder.formats import MADE

pytestmark = pytest.mark.media_work


@pytest.mark.parametrize("format", MADE)
async def test_five_seconds_have_an_exact_length(format):
    made = await tones(440, seconds=5).to_recording(format)
    assert made.duration == pytest.approx(5, abs=1e-4)
    assert (await made.samples()).frames == 240_000
    sound = (await played(made))["sound"]
    assert sound["start"] == pytest.approx(0, abs=1e-4)
    assert sound["end"] == pytest.approx(5, abs=0.001)


@pytest.mark.parametrize("format", MADE)
async def test_part_has_exactly_the_requested_frames(format):
    part = await (await tones(440, seconds=5).to_recording(format)).trim(1.2, 3.7)
    assert part.duration == pytest.approx(2.5, abs=1e-4)
    assert (await part.samples()).frames == 120_000
    assert (await played(part))["sound"]["end"] == pytest.approx(2.5, abs=0.001)


@pytest.mark.parametrize("format", MADE)
async def test_parts_of_a_steady_tone_are_joined_without_a_step(format):
    whole = await tones(500, seconds=4).to_recording(format)
    joined = await Recording.concat([await whole.trim(0, 2), await whole.trim(2, 4)])
    samples = await joined.samples()
    assert samples.frames == 192_000
    values = column(samples)
    given = column(tones(500, seconds=4))
    # (LAME reduces the level by 5 % each time.)
    level = rms(values[48_000:72_000]) / rms(given[48_000:72_000])
    assert 0.84 < level < 1.01
    # Encoders do not preserve each value; a step or silence would differ by half the level or more.
    assert max(abs(values[at] - level * given[at]) for at in range(95_000, 97_000)) < 0.1
    for start in range(95_040, 96_960, 96):
        assert rms(values[start : start + 96]) == pytest.approx(
            level * rms(given[start : start + 96]), rel=0.1
        )


@pytest.mark.parametrize("rate", [48000, 11025, *in_soak(8000, 16000, 22050, 44100, 96000)])
async def test_valid_wav_can_be_cut_anywhere(rate):
    """At 0.3, 0.6, 1.2 or 2.3 s, a file of 48 kHz was reported as broken."""
    whole = noise(rate, 1, 2.5)
    wav = await whole.to_recording("wav")
    values = flat(await wav.samples())
    dice = random.Random(rate)
    starts = [0.3, 0.6, 1.2, 2.3, *(dice.uniform(0, 2.3) for _ in range(25))]
    for start in starts:
        end = start + dice.uniform(0.05, 0.19)
        samples = await (await wav.trim(start, end)).samples()
        assert abs(samples.frames - (end - start) * rate) <= 0.5 + 1e-6, (start, end)
        first = math.ceil(start * rate - 0.5)
        assert flat(samples).tolist() == values[first : first + samples.frames].tolist(), (start, end)


@pytest.mark.parametrize("rate", [44100, 8000, *in_soak(16000, 48000)])
async def test_valid_mp3_can_be_cut_anywhere(rate):
    mp3 = await tones(440, seconds=3, rate=rate).to_recording("mp3")
    dice = random.Random(rate)
    for start in [0.3, 1.2, 2.3, *(dice.uniform(0, 2.7) for _ in range(7))]:
        part = await mp3.trim(start, start + 0.25)
        samples = await part.samples()
        assert samples.frames == round(0.25 * rate), start
        assert frequency(column(samples), rate) == pytest.approx(440, rel=0.01), start


# The centre channel of 5.1 contains the voices


@pytest.fixture
def centre():
    """5.1: 300 Hz on the left, 400 on the right, 1000 in the centre."""
    return tones(300, 400, 1000, 0, 0, 0, seconds=1, level=0.3)


@pytest.mark.parametrize("format", ["mp3", "ogg", "webm", "mp4"])
async def test_stereo_formats_have_the_centre_on_both_sides(centre, format, engine):
    samples = await (await centre.to_recording(format)).samples(channels=2)
    for channel, own in enumerate((300, 400)):
        values = column(samples, channel)
        assert amplitude(values, 1000) == pytest.approx(0.3 * 0.707, rel=0.1)
        assert amplitude(values, own) == pytest.approx(0.3, rel=0.1)


async def test_six_channels_become_two_by_the_standard_down_mix(centre):
    samples = await (await centre.to_recording("wav")).samples(channels=2)
    given = [column(centre, channel) for channel in range(3)]
    for side in (0, 1):
        mixed = column(samples, side)
        wanted = [given[side][at] + 0.5**0.5 * given[2][at] for at in range(samples.frames)]
        assert max(abs(a - b) for a, b in zip(mixed, wanted, strict=True)) < 1e-3


def amplitude(values, hertz, rate=48_000):
    """The level of one frequency, in the middle of a sound (a Fourier coefficient over whole periods)."""
    import cmath

    middle = values[12_000:36_000]
    turn = -2j * cmath.pi * hertz / rate
    return 2 * abs(sum(value * cmath.exp(turn * at) for at, value in enumerate(middle))) / len(middle)
