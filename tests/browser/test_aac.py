"""AAC in MP4, from the library's own encoder: exactly as long as its input, and on time."""

import pytest
from support.ask_judge import foreign, packets, played, probe, readers, tone
from support.tones import column, noise, rms, tones
from test_mp3 import as_the_browser_plays_it, lateness

from mediarecorder import NotSupportedError, Recording

pytestmark = [pytest.mark.media_work, pytest.mark.firefox_in_soak]


async def test_mp4_has_aac_when_requested(recorded):
    recording = await recorded("both", timeslice=0.2)
    mp4 = await recording.convert("mp4", audio="AAC")
    found = await probe(mp4)
    assert {stream["codec"] for stream in found["streams"]} >= {"aac"}
    assert len(found["streams"]) == 2
    assert found["errors"] == []
    assert "mp4a.40.2" in mp4.mime_type
    assert mp4.extension == "mp4"
    for channel in await tone(mp4):
        assert channel["frequency"] == pytest.approx(1000, abs=5)
    again = await mp4.convert("mp4", audio="aac")
    assert await packets(again) == await packets(mp4), "AAC is copied"


@pytest.mark.parametrize(
    ("rate", "channels"),
    [
        (44100, 2),
        *(pytest.param(*sound, marks=pytest.mark.soak) for sound in ((48000, 1), (8000, 1), (96000, 2))),
    ],
)
async def test_sound_alone_is_on_time_and_as_long_as_its_input(rate, channels):
    import js

    given = noise(rate, channels)
    m4a = await given.to_recording("mp4", audio="aac")
    assert m4a.extension == "m4a"
    assert m4a.duration == pytest.approx(given.duration, abs=1e-6)
    samples = await m4a.samples()
    assert (samples.frames, lateness(column(samples), column(given))) == (given.frames, 0)
    if hasattr(js, "OfflineAudioContext"):  # no worker has one
        assert lateness(await as_the_browser_plays_it(m4a, rate), column(given)) == 0
    sound = (await played(m4a))["sound"]
    assert sound["start"] == 0
    assert sound["frames"] == pytest.approx(given.frames, abs=1), "its edit list ends at whole ticks"
    for reader, said in (await readers(m4a)).items():
        assert said["warnings"] == [], reader
        if reader != "mutagen":  # it reports how long the packets last
            assert said["duration"] == pytest.approx(given.duration, abs=0.002), reader


async def test_unsupported_rates_and_channels_are_converted():
    """11.3 kHz becomes 48 kHz, and eight channels two."""
    made = await tones(440, seconds=0.5, rate=11_300).to_recording("mp4", audio="aac")
    assert (await made.samples()).sample_rate == 48_000
    eight = await tones(*[440] * 8, seconds=0.5, level=0.1).to_recording("mp4", audio="aac")
    assert (await eight.samples()).channels == 2
    six = await (
        await tones(300, 400, 1000, 0, 500, 600, seconds=0.5).to_recording("mp4", audio="aac")
    ).samples()
    levels = [rms(column(six, channel)) for channel in range(6)]
    assert [level > 0.2 for level in levels] == [True, True, True, False, True, True]


async def test_parts_and_joins_of_aac_stay_aac():
    m4a = await tones(440, seconds=3).to_recording("mp4", audio="aac")
    part = await m4a.trim(0.5123, 2.4)
    assert (await part.samples()).frames == round(1.8877 * 48_000)
    assert (await played(part))["sound"]["end"] == pytest.approx(1.8877, abs=0.001)
    joined = await Recording.concat([part, m4a])
    assert joined.duration == pytest.approx(4.8877, abs=0.001)
    for made in (part, joined):
        [stream] = (await probe(made))["streams"]
        assert stream["codec"] == "aac"


async def test_raw_aac_stream_is_never_encoded_again():
    """It cannot describe the samples that the encoder adds at the start, so sound would be 21 ms late."""
    await tones(440, seconds=0.2).to_recording("mp4", audio="aac")
    raw = await foreign("aac.aac")
    with pytest.raises(NotSupportedError, match="cannot encode AAC for aac"):
        await raw.trim(0.4, 2)
    assert (await raw.trim(0.4, 2, exact=False)).extension == "aac"


async def test_bit_rate_applies_to_the_sound_without_a_picture():
    given = noise(48000, 2, seconds=3)
    sizes = [
        (await given.to_recording("mp4", audio="aac", bits_per_second=rate)).size * 8 / 3
        for rate in (64_000, 192_000)
    ]
    assert sizes == [pytest.approx(64_000, rel=0.25), pytest.approx(192_000, rel=0.25)]


@pytest.mark.parametrize(
    ("format", "audio", "error", "text"),
    [
        ("webm", "aac", ValueError, "unknown webm audio 'aac'; choose one of opus, vorbis"),
        ("mp4", "wma", ValueError, "opus, aac, mp3, flac"),
        ("mp4", 5, TypeError, "mp4 audio must be a string"),
    ],
)
async def test_codec_that_the_format_cannot_contain_is_rejected(format, audio, error, text):
    with pytest.raises(error, match=text):
        await tones(440, seconds=0.1).to_recording(format, audio=audio)
