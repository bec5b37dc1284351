"""MP3: exactly as long as its input, and on time."""

from array import array

import pytest
from support.ask_judge import packets, probe
from support.rows import in_soak
from support.tones import column, noise

pytestmark = pytest.mark.media_work


async def as_the_browser_plays_it(recording, rate):
    """The first channel, decoded by the browser's own reader of files."""
    from js import OfflineAudioContext

    buffer = await OfflineAudioContext.new(1, 1, rate).decodeAudioData(await recording.blob.arrayBuffer())
    return array("f", buffer.getChannelData(0).to_bytes())


def lateness(heard, given):
    """The delay in frames, by cross-correlation."""
    middle = range(len(given) // 2, len(given) // 2 + 300)
    return max(range(-1200, 1201), key=lambda late: sum(heard[at + late] * given[at] for at in middle))


@pytest.mark.parametrize(
    ("rate", "channels"),
    [
        *((44100, 2), (22050, 1), (8000, 2)),  # MPEG-1, MPEG-2, MPEG-2.5
        *in_soak(*((rate, channels) for rate in (11025, 16000, 48000) for channels in (1, 2))),
        *in_soak((44100, 1), (22050, 2), (8000, 1)),
    ],
)
async def test_mp3_is_on_time_and_exactly_as_long_as_its_input(rate, channels):
    samples = noise(rate, channels)
    mp3 = await samples.to_recording("mp3")
    heard = await as_the_browser_plays_it(mp3, rate)
    assert (len(heard), lateness(heard, column(samples))) == (samples.frames, 0)
    assert mp3.duration == pytest.approx(samples.duration)
    found = await probe(mp3)
    assert found["errors"] == []
    assert found["decoded_duration"] == pytest.approx(samples.duration, abs=1e-5)


@pytest.mark.parametrize("rate", [44100, 8000, *in_soak(48000)])
async def test_samples_of_an_mp3_are_on_time_and_complete(rate):
    given = noise(rate, 1)
    samples = await (await given.to_recording("mp3")).samples()
    assert (samples.frames, lateness(column(samples), column(given))) == (given.frames, 0)


async def test_tags_do_not_change_the_sound():
    mp3 = await noise(44100, 2).to_recording("mp3")
    named = await mp3.with_tags(title="Named")
    assert await packets(named) == await packets(mp3)
    heard = [await as_the_browser_plays_it(recording, 44100) for recording in (mp3, named)]
    assert heard[0] == heard[1]
