"""`seekable()`: the same packets, with the length and an index."""

import asyncio
import math

import pytest
from support.ask_judge import index, last_packet, packets, probe
from support.rows import in_soak, of_types, supported

from mediarecorder import RangeError, Recording

pytestmark = pytest.mark.media_work


@pytest.mark.firefox_too
@pytest.mark.parametrize(
    ("kind", "timeslice"),
    [
        *(("both", 0.2), ("sound", 0.2), ("picture", None)),
        *in_soak(("both", None), ("sound", None), ("picture", 0.2)),
    ],
)
async def test_seekable_file_has_its_length_and_an_index(recorded, kind, timeslice):
    recording = await recorded(kind, timeslice=timeslice)
    before = await recording.bytes()
    seekable = await recording.seekable()
    found = await probe(seekable)
    last = last_packet(found)
    assert found["duration"] == pytest.approx(found["decoded_duration"], abs=last)
    # (On a busy machine, Firefox's sound begins late, and other programs count from there.)
    assert found["duration"] == pytest.approx(seekable.duration, abs=last + 0.07)
    assert found["errors"] == []
    entered = "audio" if kind == "sound" else "video"
    [start] = [stream["start"] for stream in found["streams"] if stream["kind"] == entered]
    assert (await index(seekable))[0] <= start + 0.01, "the index begins at the first packet"
    assert await packets(seekable) == await packets(recording)
    assert await recording.bytes() == before


@pytest.mark.parametrize(
    ("kind", "ahead", "kept"),
    [
        pytest.param("both", 0.9, 0, id="sound"),
        pytest.param("both", 3, 3, id="sound that ended early"),
        pytest.param("picture", 0.9, 0.9, id="picture"),
    ],
)
async def test_result_ends_with_its_sound_or_the_recorders_clock(recorded, kind, ahead, kept):
    """The recorder's clock begins with the call, the file with its first packet.

    `trim` accepts a time within the longer of the two lengths.
    """
    recording = await recorded(kind, timeslice=0.2)
    before = await recording.measure()
    clock = before + ahead
    known = Recording(recording.blob, recording.mime_type, duration=clock)
    for made, expected in (
        (await known.seekable(), before + kept),
        (await known.convert("mp4"), before + kept),
        (await Recording.concat([known, known]), 2 * (before + kept)),
        (await known.trim(0.2), before + kept - 0.2),
        (await known.trim(0.2, clock), before + kept - 0.2),
        (await known.trim(before + 0.2), ahead - 0.2),
        (await known.trim(before + 0.2, before + 0.5), 0.3),
    ):
        assert await made.measure() == pytest.approx(expected, abs=0.15)
        assert (await probe(made))["errors"] == []
    with pytest.raises(RangeError, match=f"is {clock:.3f} s long"):
        await known.trim(clock)


@pytest.mark.time_limit(300)
@of_types
async def test_every_recorded_type_becomes_seekable(recorded, types):
    for mime_type in supported(types):
        recording = await recorded(
            "both" if mime_type.startswith("video") else "sound", 0.6, mime_type=mime_type, timeslice=0.1
        )
        seekable = await recording.seekable()
        found = await probe(seekable)
        last = last_packet(found)
        assert found["duration"] == pytest.approx(found["decoded_duration"], abs=last), mime_type
        assert found["errors"] == [], mime_type
        assert await index(seekable), mime_type
        theirs, ours = await packets(recording), await packets(seekable)
        assert sorted(map(str, ours)) == sorted(map(str, theirs)), mime_type


async def test_seekable_file_is_returned_unchanged(recorded, engine):
    recording = await recorded("both" if engine == "chromium" else "sound")
    assert await recording.seekable() is recording
    seekable = await (await recorded("both", timeslice=0.2)).seekable()
    assert await seekable.seekable() is seekable


@pytest.mark.page_only("a worker has no player")
async def test_player_seeks_to_any_second(recorded, stage):
    import js
    from pyodide.ffi.wrappers import add_event_listener, remove_event_listener

    seekable = await (await recorded("both", 3, timeslice=0.2)).seekable()
    player = js.document.createElement("video")
    player.muted = True
    happened = asyncio.Queue()

    def heard(event):
        happened.put_nowait(event.type)

    for type in ("loadeddata", "seeked", "error"):
        add_event_listener(player, type, heard)
    player.src = seekable.url
    stage.append(player)
    assert await happened.get() == "loadeddata"
    assert math.isfinite(player.duration)
    assert player.duration == pytest.approx(seekable.duration, abs=0.1)
    for second in (2.5, 0.5, 1.5, 0, 2):
        player.currentTime = second
        assert await happened.get() == "seeked"
        assert player.currentTime == pytest.approx(second, abs=0.05)
        assert player.readyState >= 2, "there is a picture"
    for type in ("loadeddata", "seeked", "error"):
        remove_event_listener(player, type, heard)
    seekable.close()


@pytest.mark.core
@pytest.mark.policy
async def test_progress_grows_to_one(recorded):
    told = []
    recording = await recorded("both", timeslice=0.2)
    await recording.seekable(on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


async def test_seekable_keeps_facts_about_the_take(recorded):
    recording = await recorded("both", timeslice=0.2)
    seekable = await recording.seekable()
    assert seekable.started_at == recording.started_at
    assert seekable.extension == recording.extension
    assert [chunk.size for chunk in seekable.chunks] == [seekable.size]
