"""`trim()` and `concat()`: a part of a recording, and several joined."""

import asyncio
import itertools

import pytest
from support.ask_judge import colours, last_packet, packets, probe
from support.rows import in_soak
from support.tones import column, flat, frequency, tones

from mediarecorder import MediaError, NotSupportedError, RangeError, Recording, record

pytestmark = pytest.mark.media_work


async def codecs(recording):
    return sorted(stream["codec"] for stream in (await probe(recording))["streams"])


async def count_of(kind, recording):
    return sum(stream["count"] for stream in await packets(recording) if stream["kind"] == kind)


async def widest_gap(recording):
    """The longest time that one picture is visible, in seconds."""
    times = [frame.timestamp async for frame in recording.frames(width=16)]
    return max(after - before for before, after in itertools.pairwise([0, *times, await recording.measure()]))


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        *(("both", 0.5, 1.0), ("sound", 0.7, None), ("picture", 0, 0.8)),
        *in_soak(("both", 0, 0.8), ("both", 0.7, None), ("sound", 0, 0.8), ("sound", 0.5, 1.0)),
        *in_soak(("picture", 0.5, 1.0), ("picture", 0.7, None)),
    ],
)
async def test_part_has_the_requested_length_and_keeps_its_codec(recorded, kind, start, end):
    recording = await recorded(kind, 1.5, timeslice=0.2)
    part = await recording.trim(start, end)
    found = await probe(part)
    wanted = (end if end is not None else await recording.measure()) - start
    apart = 0 if kind == "sound" else await widest_gap(recording)
    assert found["duration"] == pytest.approx(wanted, abs=max(0.12, apart))
    assert part.duration == pytest.approx(found["duration"], abs=0.06)
    assert found["errors"] == []
    assert await codecs(part) == await codecs(recording)
    assert part.started_at == recording.started_at + start


@pytest.mark.lane("chromium")
async def test_part_shows_the_pictures_of_its_time(recorded):
    recording = await recorded("both", 3, timeslice=0.2)
    whole = await colours(recording)
    turn = next(change["at"] for change in whole if change["at"] > 0.8)
    start, end = turn - 0.7, min(turn + 0.7, await recording.measure())
    part = await colours(await recording.trim(start, end))
    assert part[0]["name"] == [change for change in whole if change["at"] <= start][-1]["name"]
    assert part[1]["at"] == pytest.approx(turn - start, abs=0.11)


async def test_raw_sound_is_cut_to_the_sample():
    wav = await tones(440, 1000, seconds=1.0).to_recording("wav")
    whole, part = await wav.samples(), await (await wav.trim(0.25, 0.75)).samples()
    assert part.frames == 24000
    assert flat(part)[:1000].tolist() == flat(whole)[24000 : 24000 + 1000].tolist()
    assert flat(part)[-1000:].tolist() == flat(whole)[72000 - 1000 : 72000].tolist()


async def test_inexact_trim_copies_packets_from_the_previous_key_frame(recorded):
    recording = await recorded("both", 1.5, timeslice=0.2)
    part = await recording.trim(0.5, 1.0, exact=False)
    found = await probe(part)
    assert found["errors"] == []
    assert await codecs(part) == await codecs(recording)
    # The only key frame is the first.
    assert found["duration"] == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(
    ("start", "end"), [(-1, 1), (0, -1), (1, 1), (1, 0.5), (5, 6), (5, None), (0.2, 60), (float("nan"), 1)]
)
async def test_part_outside_the_recording_is_rejected(recorded, start, end):
    recording = await recorded("sound")
    with pytest.raises(ValueError, match=r"start|end|within") as caught:
        await recording.trim(start, end)
    if start == start:
        assert isinstance(caught.value, RangeError)
        assert isinstance(caught.value, MediaError)


async def test_part_may_end_at_the_recorders_duration(recorded):
    """Its clock and the file's differ by an encoder's delay."""
    recording = await recorded("sound")
    assert (await recording.trim(0.1, recording.duration)).size


@pytest.mark.parametrize(("start", "end", "said"), [("0", 1, "start"), (0, "1", "end"), (None, 1, "start")])
async def test_invalid_times_are_rejected(recorded, start, end, said):
    with pytest.raises(TypeError, match=said):
        await (await recorded("sound")).trim(start, end)


@pytest.mark.firefox_too
@pytest.mark.parametrize("kind", ["sound", "both"])
async def test_takes_of_one_kind_are_joined_losslessly(recorded, kind, engine):
    parts = [await recorded(kind, seconds, timeslice=0.2) for seconds in (1.2, 0.5, 0.8)]
    joined = await Recording.concat(parts)
    found = await probe(joined)
    assert found["errors"] == []
    lengths = [(await probe(await part.seekable()))["duration"] for part in parts]
    assert found["duration"] == pytest.approx(sum(lengths), abs=0.15 if kind == "sound" else 0.3)
    assert found["decoded_duration"] == pytest.approx(found["duration"], abs=last_packet(found))
    if engine == "firefox" and kind == "sound":
        # Firefox's Ogg ends within a packet. The library encodes the sound at the joins again, so that no
        # sound after the end of a part is left over.
        exact = sum([(await part.samples()).duration for part in parts])
        assert (await joined.samples()).duration == pytest.approx(exact, abs=1e-4)
        return
    for kind in {"audio", "video"} & {stream["kind"] for stream in found["streams"]}:
        counts = [
            stream["count"]
            for part in [joined, *parts]
            for stream in await packets(part)
            if stream["kind"] == kind
        ]
        assert counts[0] == sum(counts[1:]), "every packet of every part"
    assert await joined.seekable() is joined


async def test_many_recordings_can_be_joined():
    one = await tones(440, seconds=0.1).to_recording("webm")
    found = await probe(await Recording.concat([one] * 20))
    assert found["errors"] == []
    assert found["duration"] == pytest.approx(20 * 0.12, abs=0.4)


@pytest.mark.core
async def test_joined_recordings_keep_their_order():
    low, high = [await tones(hertz, seconds=0.5).to_recording("wav") for hertz in (400, 1500)]
    samples = await (await Recording.concat([low, high])).samples()
    values = column(samples)
    assert samples.duration == 1.0
    assert frequency(values[:24000], 48000) == pytest.approx(400, abs=2)
    assert frequency(values[24000:], 48000) == pytest.approx(1500, abs=2)


async def test_different_codecs_and_rates_are_encoded():
    first = await tones(400, seconds=0.5).to_recording("webm")
    second = await tones(1500, 1500, seconds=0.5, rate=44100).to_recording("wav")
    joined = await Recording.concat([first, second])
    found = await probe(joined)
    assert found["errors"] == []
    assert [stream["codec"] for stream in found["streams"]] == ["opus"]
    samples = await joined.samples()
    half = samples.frames // 2
    values = column(samples)
    assert frequency(values[: half - 2000], samples.sample_rate) == pytest.approx(400, abs=5)
    assert frequency(values[half + 2000 :], samples.sample_rate) == pytest.approx(1500, abs=10)


@pytest.mark.lane("chromium")
async def test_different_picture_codecs_are_encoded(recorded):
    parts = [
        await recorded("both", 1, mime_type=mime_type)
        for mime_type in ("video/webm;codecs=vp8,opus", "video/mp4")
    ]
    joined = await Recording.concat(parts)
    found = await probe(joined)
    assert found["errors"] == []
    assert sorted(stream["codec"] for stream in found["streams"]) == ["opus", "vp8"]
    lengths = [await part.measure() for part in parts]
    assert found["duration"] == pytest.approx(sum(lengths), abs=0.3)


async def test_single_recording_can_be_joined(recorded):
    recording = await recorded("both", timeslice=0.2)
    joined = await Recording.concat([recording])
    [before, after] = [await packets(file) for file in (recording, joined)]
    assert sorted(map(str, after)) == sorted(map(str, before))


@pytest.mark.page_only("a worker has no canvas with a stream")
async def test_mixtures_are_refused_and_leave_the_recordings_unchanged(recorded, drawing):
    both, sound, picture = [await recorded(kind) for kind in ("both", "sound", "picture")]
    other = await record(0.6, stream=drawing(160, 120))
    before = [await one.bytes() for one in (both, sound, picture, other)]
    for parts, text in (
        ([both, sound], "recording 2 has none"),
        ([picture, both], "recording 1 has none"),
        ([picture, other], "differ in size: 320 x 240, 160 x 120"),
    ):
        with pytest.raises(NotSupportedError, match=text):
            await Recording.concat(parts)
    assert [await one.bytes() for one in (both, sound, picture, other)] == before


@pytest.mark.parametrize(("parts", "error"), [([], ValueError), (["x"], TypeError), ([None], TypeError)])
async def test_invalid_arguments_of_concat_are_rejected(parts, error):
    with pytest.raises(error, match="concat joins"):
        await Recording.concat(parts)


async def test_joining_works_again_after_cancelling(recorded):
    recording = await recorded("both", timeslice=0.2)
    task = asyncio.ensure_future(Recording.concat([recording] * 50))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await Recording.concat([recording] * 2)).size
