"""FLAC, by the library's own encoder: exactly the same samples, with every verb."""

import random
from array import array

import pytest
from support.ask_judge import foreign, packets, played, probe, readers
from support.tones import flat, noise

from mediarecorder import AudioSamples, Recording

pytestmark = [pytest.mark.media_work, pytest.mark.firefox_in_soak]


def depth(recording_bytes):
    """Bits per sample (RFC 9639, 8.2)."""
    return ((recording_bytes[20] & 1) << 4) + (recording_bytes[21] >> 4) + 1


@pytest.mark.parametrize(
    ("rate", "channels"),
    [
        (44100, 2),
        *(pytest.param(*sound, marks=pytest.mark.soak) for sound in ((8000, 1), (48000, 1), (96000, 6))),
    ],
)
async def test_samples_survive_24_bit_flac_unchanged(rate, channels):
    given = noise(rate, channels)
    flac = await given.to_recording("flac")
    assert depth(await flac.bytes()) == 24
    samples = await flac.samples()
    assert samples.shape == given.shape
    assert max(abs(a - b) for a, b in zip(flat(samples), flat(given), strict=True)) <= 1.01 / 2**23
    again = await (await samples.to_recording("flac")).samples()
    assert flat(again).tolist() == flat(samples).tolist()
    sound = (await played(flac))["sound"]
    assert (sound["start"], sound["frames"], sound["exact_frames"]) == (0, given.frames, given.frames)
    for reader, said in (await readers(flac)).items():
        assert said["warnings"] == [], reader
        assert said["duration"] == pytest.approx(given.duration, abs=0.001), reader
        assert said.get("frames", given.frames) == given.frames, reader


async def test_flac_of_a_recording_equals_its_wav(recorded):
    """16 bits: the output of a lossy codec needs no more, and the file is half as large."""
    recording = await recorded("both", timeslice=0.2)
    flac = await recording.convert("flac")
    assert depth(await flac.bytes()) == 16
    numbers = [flat(await made.samples()).tolist() for made in (flac, await recording.convert("wav"))]
    assert numbers[0] == numbers[1]
    assert await packets(await flac.convert("flac")) == await packets(flac), "FLAC is copied"


@pytest.mark.parametrize("wanted", [16, 24])
async def test_part_has_exactly_the_requested_samples(wanted):
    given = noise(44100, 2, 2.5)
    whole = await given.to_recording("wav" if wanted == 16 else "flac")
    whole = await whole.convert("flac")
    values = flat(await whole.samples())
    dice = random.Random(wanted)
    for start in (0, 0.3, dice.uniform(0, 2), dice.uniform(0, 2)):
        first, last = round(start * 44100), round((start + 0.4321) * 44100)
        part = await whole.trim(first / 44100, last / 44100)
        assert part.mime_type == "audio/flac"
        assert depth(await part.bytes()) == wanted
        assert flat(await part.samples()).tolist() == values[2 * first : 2 * last].tolist(), start
        found = await probe(part)
        assert found["errors"] == []
    joined = await Recording.concat([await whole.trim(0, 1), await whole.trim(1, 2.5)])
    assert flat(await joined.samples()).tolist() == values.tolist()


async def test_codec_stays_flac_in_other_containers():
    """Such a file is cut exactly, too."""
    given = noise(48000, 1)
    mp4 = await given.to_recording("mp4", audio="flac")
    for recording in (mp4, await foreign("flac.flac")):
        part = await recording.trim(0.1234, 0.6)
        [stream] = (await probe(part))["streams"]
        assert stream["codec"] == "flac"
        assert part.duration == pytest.approx(0.4766, abs=1e-4)


@pytest.mark.parametrize("frames", [3, 400])
async def test_short_flac_is_clipped_and_read(frames):
    loud = AudioSamples(array("f", [2, -3, 0.5, 0] * 100)[:frames], 8000)
    flac = await loud.to_recording("flac")
    assert flat(await flac.samples()).tolist() == pytest.approx(([1, -1, 0.5, 0] * 100)[:frames], abs=1e-6)
    assert (await probe(flac))["errors"] == []
