"""recover() adds the length and an index to the data of an interrupted take, and does not write it again."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from support.ask_judge import index, last_packet, packets, probe
from support.eventually import until
from support.rows import in_soak

from mediarecorder import MediaError, Recording, RecordingStore
from mediarecorder._host.browser import js, to_js
from mediarecorder._host.modules import module_address
from mediarecorder._recorder.sinks import InStore

pytestmark = pytest.mark.media_work

ADDED = 20_000
"""More bytes than a length and an index of a short take need."""


def blob(data):
    return js.Blob.new(js.Array.of(to_js(data)), type="video/webm")


async def interrupted(store, recording, *, count=10, without=0):
    """The id of a take that was cut off, and its data: that of the recording, without its last bytes, in this
    many chunks."""
    data = await recording.bytes()
    data = data[: len(data) - without]
    dying = await RecordingStore.open(store.name)
    taken = InStore(dying, lambda: recording.duration, lambda error: None)
    taken.begin(recording.started_at, recording.mime_type)
    size = -(-len(data) // count)
    for at in range(0, len(data), size):
        part = data[at : at + size]
        dying._append(taken._id, blob(part), len(part), recording.duration)
    await dying.flush()
    dying.close()
    taken.release()
    await until_interrupted(store, taken._id)
    return taken._id, data


async def until_interrupted(store, id):
    """Wait until the closed store has released its take."""

    async def is_interrupted():
        return (id, "interrupted") in [(stored.id, stored.state) for stored in await store.recordings()]

    await until(is_interrupted)


async def chunks_in(recording):
    return b"".join([await chunk.bytes() for chunk in recording.chunks])


async def files_of(store, id):
    root = await js.navigator.storage.getDirectory()
    folder = await root.getDirectoryHandle(f"mediarecorder-store-{store.name}")
    return sorted(await js.Array.fromAsync((await folder.getDirectoryHandle(id)).keys()))


async def assert_is_whole(recording, original):
    """The same packets, with the length and an index."""
    found = await probe(recording)
    assert found["errors"] == []
    assert found["duration"] == pytest.approx(found["decoded_duration"], abs=last_packet(found))
    assert recording.duration == pytest.approx(found["duration"], abs=0.001)
    entries = await index(recording)
    assert entries
    assert entries[0] < 0.2
    assert await packets(recording) == await packets(original)
    assert (await recording.seekable()) is recording


@pytest.mark.core
async def test_recovered_take_gets_its_length_and_index_in_place(store, recorded):
    recording = await recorded("both", timeslice=0.2)
    id, data = await interrupted(store, recording)
    before, told = (await store.usage()).used, []
    recovered = await store.recover(id, on_progress=told.append)
    assert 0 < (await store.usage()).used - before < ADDED
    assert told == sorted(told)
    assert told[-1] == 1
    await assert_is_whole(recovered, recording)
    assert await chunks_in(recovered) == data
    async with await RecordingStore.open(store.name) as other:
        [stored] = await other.recordings()
        assert (stored.state, stored.size) == ("finished", recovered.size)
        assert stored.duration == pytest.approx(recovered.duration, abs=0.001)
        assert await (await stored.open()).bytes() == await recovered.bytes()
        assert (await other.recover(id)).size == recovered.size
    assert await files_of(store, id) == ["journal-000000000"]
    await store.rename(id, "Interview")
    await store.delete(id)
    assert await store.recordings() == []


@pytest.mark.quirk("firefox-gets-lost-in-slices")
@pytest.mark.page_only("a worker has no player")
@pytest.mark.firefox_too
async def test_players_seek_in_a_recovered_take(store, recorded, stage):
    id, _ = await interrupted(store, await recorded("both", timeslice=0.2))
    recovered = await store.recover(id)
    player = js.document.createElement("video")
    player.muted, player.preload, player.src = True, "auto", recovered.url
    stage.append(player)
    await until(lambda: player.readyState >= 1 or player.error)
    assert player.duration == pytest.approx(recovered.duration, abs=0.1)
    for time in (0.9, 0.2, 0.6):
        player.currentTime = time
        await until(lambda: not player.seeking and player.readyState >= 2)
        assert player.currentTime == pytest.approx(time, abs=0.05)
    seekable = player.seekable
    assert seekable.end(seekable.length - 1) == pytest.approx(player.duration, abs=0.1)
    recovered.close()


@pytest.mark.firefox_in_soak
@pytest.mark.parametrize("count", [8, *in_soak(1, 1100)])
async def test_incomplete_last_frame_is_left_out(store, recorded, count):
    recording = await recorded("both", timeslice=0.2)
    id, data = await interrupted(store, recording, count=count, without=3)
    recovered = await store.recover(id)
    found = await probe(recovered)
    assert found["errors"] == []
    assert await index(recovered)
    lost = [
        before["count"] - after["count"]
        for before, after in zip(await packets(recording), await packets(recovered), strict=True)
    ]
    assert sorted(lost) == [0, 1]
    assert await chunks_in(recovered) == data
    again = await store.open_recording(id)
    assert again.size == recovered.size
    assert await (await store.add(again)).bytes() == await recovered.bytes()


def blocks(data):
    """Of each block: its track, its time in milliseconds, the time of its cluster, and the position of its
    time within that."""
    found, at, start = [], 0, 0
    while at < len(data):
        width = 9 - data[at].bit_length()
        id = data[at : at + width]
        at += width
        length = 9 - data[at].bit_length()
        size = int.from_bytes(data[at : at + length]) & ((1 << 7 * length) - 1)
        at += length
        if id == b"\xe7":
            start = int.from_bytes(data[at : at + size])
        elif id == b"\xa3":
            relative = int.from_bytes(data[at + 1 : at + 3], signed=True)
            found.append((data[at], start + relative, start, at + 1))
        # The content of segments and clusters
        at += 0 if id in (b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75") else size
    return found


@pytest.mark.firefox_in_soak
async def test_repeated_times_are_set_apart(store, recorded):
    """(Chromium's player cannot seek to such a picture.)"""
    recording = await recorded("both", timeslice=0.2)
    data, before = bytearray(await recording.bytes()), {}
    for track, time, start, place in blocks(data):
        if track in before:
            data[place : place + 2] = (before[track] - start).to_bytes(2, signed=True)
            break
        before[track] = time
    repeated = Recording(blob(bytes(data)), recording.mime_type, duration=recording.duration)
    assert not is_ascending(bytes(data))
    id, _ = await interrupted(store, repeated)
    recovered = await store.recover(id)
    assert is_ascending(await recovered.bytes())
    assert await chunks_in(recovered) == data
    found = await probe(recovered)
    assert found["errors"] == []


def is_ascending(data):
    """Whether each block of a track has a later time than the one before it."""
    last = {}
    for track, time, *_ in blocks(data):
        if time <= last.get(track, -1):
            return False
        last[track] = time
    return True


async def test_store_at_its_limit_recovers_its_takes(store, recorded):
    recording = await recorded("both", timeslice=0.2)
    id, _ = await interrupted(store, recording)
    async with await RecordingStore.open(store.name, limit=1) as full:
        await assert_is_whole(await full.recover(id), recording)


async def test_cancelled_recovery_lets_go_of_the_take(store, recorded):
    id, data = await interrupted(store, await recorded("both", timeslice=0.2))
    recovery = asyncio.ensure_future(store.recover(id))
    await asyncio.sleep(0)
    recovery.cancel()
    with pytest.raises(asyncio.CancelledError):
        await recovery
    assert await chunks_in(await store.recover(id)) == data


@pytest.fixture
def watched(watched_store):
    """`async with watched(store):` another store of that name, whose worker a test can stop."""

    @asynccontextmanager
    async def watched(store):
        address = module_address("store")
        watched_store.install(address)
        try:
            opened = await RecordingStore.open(store.name)
        finally:
            watched_store.uninstall()
            js.URL.revokeObjectURL(address)
        yield opened
        opened.close()

    return watched


async def fail_to_recover(store, id):
    # (Pyodide reports a task that fails before anything awaits it: so the task itself handles the error.)
    with suppress(MediaError):
        await store.recover(id)


@pytest.mark.page_only("the store's worker is Python's own there")
@pytest.mark.firefox_in_soak
@pytest.mark.parametrize("every", [4])
async def test_recovery_that_is_cut_off_anywhere_loses_nothing(
    store, recorded, watched, watched_store, every
):
    """The worker stops in the middle of a call."""
    recording = await recorded("both", timeslice=0.2)
    id, data = await interrupted(store, recording)
    async with watched(store) as whole:
        await watched_store.since()
        await whole.recover(id)
        calls = list((await watched_store.since()).calls)
    await store.delete(id)
    assert calls.count("write") > 4
    states = []
    id = None
    for number in range(0, len(calls), every):
        if id is None:
            id, _ = await interrupted(store, recording)
        async with watched(store) as dying:
            await watched_store.since(number)
            stopped = watched_store.stopped()
            recovery = asyncio.ensure_future(fail_to_recover(dying, id))
            assert await stopped == calls[number]
            await recovery
        where = f"in call {number}, {calls[number]}"
        [stored] = await store.recordings()
        states.append(stored.state)
        found = await store._disk.call("verify", id, "check")
        await store._disk.call("leave", "check")
        chunks = (await found.chunks.arrayBuffer()).to_bytes()
        assert data in chunks, where
        if stored.state == "finished":
            await assert_is_whole(await stored.open(), recording)
            await store.delete(id)
            id = None
    assert states[0] == "interrupted"
    assert set(states) <= {"interrupted", "finished"}
