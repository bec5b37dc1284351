"""RecordingStore.add(): puts a finished recording into the store, completely or not at all."""

import asyncio
import math
import secrets

import pytest
from support.ask_judge import probe

from mediarecorder import (
    AbortError,
    EncodingError,
    InvalidStateError,
    NotReadableError,
    QuotaExceededError,
    Recording,
    RecordingStore,
    record,
)
from mediarecorder._host.browser import create_proxy, js

MEGABYTE = 1 << 20
LARGE = 96 * MEGABYTE


async def on_disk(store):
    """The folders of the store, listed or not."""
    root = await js.navigator.storage.getDirectory()
    folder = await root.getDirectoryHandle(f"mediarecorder-store-{store.name}")
    return [name for name in await js.Array.fromAsync(folder.keys()) if name != "index"]


def of_size(size):
    """A recording of this many bytes, with at most a megabyte in memory."""
    data = js.Uint8Array.new(min(size, MEGABYTE))
    data.fill(7)
    part = js.Blob.new(js.Array.of(data))
    parts = js.Array.of(*[part] * (size // MEGABYTE), part.slice(0, size % MEGABYTE))
    return Recording(js.Blob.new(parts), "video/webm", duration=2.5, started_at=1_000_000.25)


async def being_added(store, recording):
    """The task that adds it, once part of it is on disk."""
    begun = asyncio.Event()
    task = asyncio.ensure_future(store.add(recording, on_progress=lambda fraction: begun.set()))
    await begun.wait()
    if not task.done():
        return task
    await store.delete((await task).id)  # the page was blocked until all of it was added
    return await being_added(store, recording)


@pytest.fixture
async def small_store():
    """A store with a limit of 100,000 bytes."""
    async with await RecordingStore.open(f"test-{secrets.token_hex(4)}", limit=100_000) as store:
        yield store
        await store.clear()


@pytest.mark.core
@pytest.mark.policy
async def test_added_copy_is_like_a_recorded_take(store, recorded):
    recording = await recorded("both")
    added = await store.add(recording, title="Interview 🎤")
    assert added is not recording
    assert recording.id is None
    assert added.duration == recording.duration
    async with await RecordingStore.open(store.name) as other:
        [stored] = await other.recordings()
        assert (stored.id, stored.title, stored.state) == (added.id, "Interview 🎤", "finished")
        assert (stored.size, stored.mime_type) == (recording.size, recording.mime_type)
        again = await other.open_recording(added.id)
        for copy in (added, again):
            assert await copy.bytes() == await recording.bytes()
            assert (copy.mime_type, copy.started_at) == (recording.mime_type, recording.started_at)
            assert copy.duration == pytest.approx(recording.duration, abs=0.001)
    assert (await store.recover(added.id)).duration > 0


async def test_added_part_does_not_depend_on_the_whole(store):
    whole = await record(0.8, store=store)
    part = await whole.trim(0.2, 0.6)
    added = await store.add(part)
    part.close()
    await store.delete(whole.id)
    again = await store.open_recording(added.id)
    assert again.started_at == pytest.approx(whole.started_at + 0.2, abs=0.001)
    assert again.duration == pytest.approx(part.duration, abs=0.001)
    assert (await again.samples()).duration == pytest.approx(0.4, abs=0.12)


@pytest.mark.thorough
async def test_takes_of_a_store_are_joined_there_and_deleted(store, both):
    takes = [await record(seconds, stream=both, store=store) for seconds in (0.7, 1.1)]
    sum_of_both = sum([await one.measure() for one in takes])
    joined = await Recording.concat(takes)
    added = await store.add(joined)
    joined.close()
    for one in takes:
        await store.delete(one.id)
    async with await RecordingStore.open(store.name) as other:
        [stored] = await other.recordings()
        again = await other.open_recording(stored.id)
    assert again.size == added.size
    found = await probe(again)
    assert found["errors"] == []
    for length in (stored.duration, await again.measure(), found["duration"], found["decoded_duration"]):
        assert length == pytest.approx(sum_of_both, abs=0.3)


async def test_duration_of_an_added_file_is_measured(store, recorded):
    recording = await recorded("sound")
    file = Recording.from_bytes(await recording.bytes(), "audio/webm")
    assert math.isnan(file.duration)
    added = await store.add(file)
    assert added.duration == pytest.approx(await recording.measure(), abs=0.001)
    [stored] = await store.recordings()
    assert stored.duration == pytest.approx(added.duration, abs=0.001)
    assert (stored.mime_type, stored.started_at) == ("audio/webm", file.started_at)


async def test_adding_a_non_media_file_raises(store):
    with pytest.raises(EncodingError):
        await store.add(Recording.from_bytes(b"no media", "video/webm"))
    assert await on_disk(store) == []


@pytest.mark.parametrize("recording", [None, "recording.webm", b"bytes"])
async def test_only_recordings_are_added(store, recording):
    with pytest.raises(TypeError, match="Recording"):
        await store.add(recording)
    assert await on_disk(store) == []


@pytest.mark.parametrize("arguments", [{"title": 1}, {"title": None}, {"on_progress": 1}])
async def test_invalid_arguments_are_rejected(store, arguments):
    with pytest.raises(TypeError, match=r"title|on_progress"):
        await store.add(of_size(10), **arguments)
    assert await on_disk(store) == []


async def test_closed_store_rejects_additions(store):
    closed = await RecordingStore.open(store.name)
    closed.close()
    with pytest.raises(InvalidStateError, match=r"add: .*closed"):
        await closed.add(of_size(10))
    assert await on_disk(store) == []


async def test_progress_ends_at_1(store):
    told = []
    added = await store.add(of_size(LARGE), on_progress=told.append)
    assert added.size == LARGE
    assert len(told) >= 2
    assert told == sorted(told)
    assert 0 < told[0] < 0.1
    assert told[-2] < told[-1] == 1
    assert (await added.blob.slice(LARGE - 5).arrayBuffer()).to_bytes() == b"\7" * 5


async def test_addition_is_listed_only_when_complete(store):
    task = await being_added(store, of_size(LARGE))
    async with await RecordingStore.open(store.name) as other:
        while not task.done():
            for either in (store, other):
                for found in await either.recordings():
                    there = (await other.open_recording(found.id)).blob
                    assert (await there.slice(LARGE - 5).arrayBuffer()).to_bytes() == b"\7" * 5
        added = await task
        assert [(one.id, one.size) for one in await other.recordings()] == [(added.id, LARGE)]


async def test_cancelled_add_leaves_nothing_behind(store):
    task = await being_added(store, of_size(LARGE))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await on_disk(store) == []


async def test_add_cancelled_after_the_last_write_leaves_nothing_behind(store, monkeypatch):
    written = asyncio.Event()
    call = store._disk.call

    async def call_and_wait(verb, *arguments):
        answer = await call(verb, *arguments)
        if verb == "add":
            written.set()
            await asyncio.sleep(60)
        return answer

    monkeypatch.setattr(store._disk, "call", call_and_wait)
    task = asyncio.ensure_future(store.add(of_size(10)))
    await written.wait()
    assert len(await store.recordings()) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await on_disk(store) == []


async def test_interrupted_add_leaves_nothing_behind(store):
    for _ in range(5):
        dying = await RecordingStore.open(store.name)
        task = await being_added(dying, of_size(LARGE))
        dying.close()
        with pytest.raises(AbortError):
            await task
        if not (whole := await store.recordings()):
            break
        assert [one.size for one in whole] == [LARGE], "the disk finished before the page was told"
        await store.clear()
    assert await store.recordings() == []
    while await on_disk(store):  # the lock of a dead owner is released a moment later
        assert await store.recordings() == []


async def test_addition_that_does_not_fit_leaves_nothing_behind(small_store):
    low = []
    small_store.on("low_space", low.append)
    with pytest.raises(QuotaExceededError, match="limit"):
        await small_store.add(of_size(100_000))
    assert [(event.used, event.limit) for event in low] == [(0, 100_000)]
    assert await on_disk(small_store) == []
    assert (await small_store.usage()).used == 0
    assert (await small_store.add(of_size(50_000))).size == 50_000


async def test_additions_count_as_used_space(small_store):
    low = []
    small_store.on("low_space", low.append)
    await small_store.add(of_size(80_000), title="a title takes room")
    assert low == []
    await small_store.add(of_size(15_000))
    usage = await small_store.usage()
    assert 95_000 < usage.used < 96_000
    assert [(event.used, event.limit) for event in low] == [(usage.used, 100_000)]


async def test_deleting_frees_space(small_store):
    first = await small_store.add(of_size(80_000))
    with pytest.raises(QuotaExceededError):
        await small_store.add(of_size(80_000))
    await small_store.delete(first.id)
    await small_store.add(of_size(80_000))


async def test_several_additions_run_at_once(store):
    several = [of_size(size) for size in (10, 9 * MEGABYTE, 0, 5 * MEGABYTE + 1)]
    added = await asyncio.gather(*map(store.add, several))
    assert [one.size for one in added] == [one.size for one in several]
    assert {one.id for one in await store.recordings()} == {one.id for one in added}
    assert all(one.state == "finished" for one in await store.recordings())


async def test_concurrent_additions_keep_those_that_fit(small_store):
    await small_store.add(of_size(20_000))
    async with await RecordingStore.open(small_store.name, limit=small_store.limit) as other:
        answers = await asyncio.gather(
            *(other.add(of_size(30_000)) for _ in range(4)), return_exceptions=True
        )
    there = [one for one in answers if isinstance(one, Recording)]
    assert [type(one) for one in answers if one not in there] == [QuotaExceededError] * 2
    assert len(await small_store.recordings()) == len(await on_disk(small_store)) == 3
    assert (await small_store.usage()).used <= 100_000


async def test_take_goes_on_during_an_addition(store, both):
    adding = asyncio.ensure_future(store.add(of_size(LARGE)))
    taken = await record(0.5, stream=both, store=store, timeslice=0.05)
    added = await adding
    assert {one.id: one.size for one in await store.recordings()} == {
        added.id: added.size,
        taken.id: taken.size,
    }


async def test_failed_add_of_missing_data_leaves_nothing_behind(store):
    async with await RecordingStore.open(f"test-{secrets.token_hex(4)}") as elsewhere:
        gone = await record(0.3, store=elsewhere)
        await elsewhere.delete(gone.id)
    with pytest.raises(NotReadableError, match="gone"):
        await store.add(gone)
    assert await on_disk(store) == []


async def test_adding_a_stored_take_copies_it(store):
    first = await record(0.3, store=store)
    second = await store.add(first)
    assert second.id != first.id
    data = await first.bytes()
    await store.delete(first.id)
    assert await second.bytes() == data


@pytest.mark.page_only("a worker needs no other worker")
class TestWithoutAWorker:
    """As under a strict Content-Security-Policy: the same in the page itself."""

    @pytest.fixture
    async def lone_store(self, store):
        worker, js.globalThis.Worker = js.Worker, None
        try:
            alone = await RecordingStore.open(store.name)
        finally:
            js.globalThis.Worker = worker
        yield alone
        alone.close()

    async def test_copy_is_stored(self, lone_store, store, recorded):
        recording = await recorded("both")
        added = await lone_store.add(recording, title="Interview")
        assert await (await store.open_recording(added.id)).bytes() == await recording.bytes()
        assert [one.title for one in await store.recordings()] == ["Interview"]

    async def test_cancelled_add_leaves_nothing_behind(self, lone_store):
        task = await being_added(lone_store, of_size(LARGE))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await on_disk(lone_store) == []

    async def test_addition_exists_only_with_its_journal(self, lone_store, store):
        create, reached, go_on = (
            js.FileSystemFileHandle.prototype.createWritable,
            asyncio.Event(),
            asyncio.Event(),
        )

        async def create_late(handle):
            if handle.name != "media":
                reached.set()
                await go_on.wait()
            return await create.call(handle)

        proxy = create_proxy(create_late)
        js.FileSystemFileHandle.prototype.createWritable = proxy.captureThis()
        try:
            task = asyncio.ensure_future(lone_store.add(of_size(10)))
            await reached.wait()
            assert await store.recordings() == []
            go_on.set()
            added = await task
        finally:
            js.FileSystemFileHandle.prototype.createWritable = create
            proxy.destroy()
        assert [one.id for one in await store.recordings()] == [added.id]

    async def test_closing_the_store_during_an_addition_leaves_nothing_behind(self, lone_store, store):
        task = await being_added(lone_store, of_size(LARGE))
        lone_store.close()
        with pytest.raises(AbortError):
            await task
        while await on_disk(store):
            assert await store.recordings() == []

    async def test_failed_add_of_missing_data_leaves_nothing_behind(self, lone_store, store):
        gone = await record(0.3, store=store)
        await store.delete(gone.id)
        with pytest.raises(NotReadableError, match="gone"):
            await lone_store.add(gone)
        assert await on_disk(store) == []
