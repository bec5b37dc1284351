"""`convert("mp4")` of a WebM consists of an index and of the recording's own bytes."""

import struct

import pytest
from support.ask_judge import foreign, packets, probe
from support.rows import in_soak
from test_composed import as_it_is, in_bytes, kept_in_a_file
from test_stored_takes_play import Player

from mediarecorder import record

pytestmark = pytest.mark.media_work

VP9 = "video/webm;codecs=vp9,opus"
records_vp9 = pytest.mark.lane("chromium")  # Firefox records VP8


async def media_of(mp4):
    """The content of the last box, which is that of the media."""
    data, at, found = await mp4.bytes(), 0, []
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found.append(kind)
        at += size
    assert found == [b"ftyp", b"moov", b"mdat"]
    return data[at - size + 8 :]


async def kinds(recording):
    """The packets, whatever the order of the tracks: a recorder numbers them by their first packet."""
    return sorted(await packets(recording), key=lambda track: track["kind"])


@records_vp9
async def test_media_are_a_piece_of_the_recording(recorded):
    recording = await recorded("both", mime_type=VP9, timeslice=0.2)
    told = []
    mp4 = await recording.convert("mp4", on_progress=told.append)
    assert await media_of(mp4) in await recording.bytes()
    assert await kinds(mp4) == await kinds(recording)
    assert (await probe(mp4))["errors"] == []
    assert told[0] < told[-1] == 1
    assert mp4.mime_type.startswith("video/mp4")


@pytest.mark.quirk("firefox-gets-lost-in-slices")
@pytest.mark.page_only("a worker has no player")
@pytest.mark.firefox_too
@pytest.mark.parametrize("count", [6, *in_soak(50)])
@pytest.mark.parametrize("place", [as_it_is, *in_soak(kept_in_a_file, in_bytes)])
async def test_player_seeks_in_it_to_random_times(stage, place, count):
    recording = await place(await foreign("vp9.webm"))
    mp4 = await recording.convert("mp4")
    assert await media_of(mp4) in await recording.bytes()
    player = await Player(mp4, stage).ready()
    await player.assert_seeks_anywhere(mp4.duration, count)


@records_vp9
async def test_mp4_of_a_stored_take_outlives_the_take(store, both):
    recording = await record(0.5, stream=both, mime_type=VP9, store=store)
    mp4 = await recording.convert("mp4")
    expected = await kinds(recording)
    await store.delete(recording.id)
    assert await kinds(mp4) == expected
