"""RecordingStore: data is on disk as soon as it arrives, and can be recovered."""

import asyncio
import secrets

import pytest

from mediarecorder import (
    InvalidStateError,
    MediaRecorder,
    NotFoundError,
    QuotaExceededError,
    Recording,
    RecordingError,
    RecordingStore,
    record,
)
from mediarecorder._host.browser import create_proxy, js, js_object
from mediarecorder._recorder import sinks, take


async def listed(store, state):
    """The recordings, as soon as one has this state. (A dead owner's lock is released a moment later.)"""
    while True:
        recordings = await store.recordings()
        if state in [stored.state for stored in recordings]:
            return recordings


async def chunks_of(recorder, count):
    """Record until this many chunks with data have arrived: Firefox's first ones may have none."""
    came = asyncio.Queue()
    with recorder.on("dataavailable", lambda event: event.data.size and came.put_nowait(event.data)):
        return [await came.get() for _ in range(count)]


async def complete_take(recorder):
    """A take, and all the data that the browser delivered."""
    delivered = []
    recorder.on("dataavailable", lambda event: delivered.append(event.data))
    await recorder.start(0.1)
    await chunks_of(recorder, 3)
    recording = await recorder.stop()
    assert await chunks_in(recording) == b"".join([await chunk.bytes() for chunk in delivered])
    return recording, delivered


async def chunks_in(recording):
    """The browser's data, from a file that also has its length and an index."""
    return b"".join([await chunk.bytes() for chunk in recording.chunks])


@pytest.mark.core
@pytest.mark.policy
async def test_take_on_disk_equals_the_browsers_data(store, both):
    recorder = MediaRecorder(both, store=store)
    recording, delivered = await complete_take(recorder)
    assert recorder.recording is recording
    [stored] = await store.recordings()
    assert stored.id == recording.id
    assert stored.state == "finished"
    assert stored.size == recording.size > sum(chunk.size for chunk in delivered)
    assert stored.mime_type == recording.mime_type
    assert stored.duration == pytest.approx(recording.duration, abs=0.001)
    assert stored.started_at == recording.started_at
    assert [chunk.size for chunk in recording.chunks] == [chunk.size for chunk in delivered if chunk.size]


async def test_take_can_be_opened_by_another_store_of_that_name(store):
    recording = await record(0.3, store=store)
    async with await RecordingStore.open(store.name) as other:
        again = await other.open_recording(recording.id)
        assert await again.bytes() == await recording.bytes()
        assert (again.mime_type, again.started_at) == (recording.mime_type, recording.started_at)
        assert again.duration == pytest.approx(recording.duration, abs=0.001)


async def test_take_under_way_is_listed_as_recording_and_cannot_be_touched(store, both):
    recorder = MediaRecorder(both, store=store)
    await recorder.start(0.1)
    await chunks_of(recorder, 2)
    await store.flush()
    async with await RecordingStore.open(store.name) as other:
        for either in (store, other):
            [stored] = await either.recordings()
            assert stored.state == "recording"
            assert stored.size > 0
            for verb in (either.open_recording, either.recover, either.delete):
                with pytest.raises(InvalidStateError):
                    await verb(stored.id)
            await either.clear()
    assert (await recorder.stop()).size > stored.size


@pytest.mark.quirk("chromium-refuses-files-written-since")
async def test_store_can_be_listed_at_any_moment_of_a_take(store, both):
    recorder = MediaRecorder(both, store=store)
    await recorder.start(0.01)
    seen = []
    async with await RecordingStore.open(store.name) as other:
        while len(seen) < 100:
            seen += [stored for either in (store, other) for stored in await either.recordings()]
    recording = await recorder.stop()
    assert {stored.state for stored in seen} == {"recording"}
    assert seen[0].size <= seen[-1].size <= recording.size


async def test_closed_store_leaves_its_take_recoverable(store, both):
    dying = await RecordingStore.open(store.name)
    recorder = MediaRecorder(both, store=dying)
    await recorder.start(0.1)
    await chunks_of(recorder, 5)
    delivered = recorder.size
    await dying.flush()
    dying.close()
    with pytest.raises(RecordingError):
        await recorder.finished
    [stored] = await listed(store, "interrupted")
    assert stored.size >= delivered
    with pytest.raises(InvalidStateError, match="recover"):
        await store.open_recording(stored.id)
    progress = []
    recording = await store.recover(stored.id, on_progress=progress.append)
    assert progress[-1] == 1
    assert recording.duration > 0.1
    assert recording is not None
    assert (await recording.seekable()) is recording
    [stored] = await store.recordings()
    assert (stored.state, stored.size) == ("finished", recording.size)
    again = await store.open_recording(stored.id)
    assert await again.bytes() == await recording.bytes()


async def test_recovering_on_a_full_disk_returns_the_unrepaired_recording(store, recorded, monkeypatch):
    recording = await store.add(await recorded("both", timeslice=0.2))

    async def fail(*_, **__):
        raise QuotaExceededError("there is no room for a temporary file")

    monkeypatch.setattr(Recording, "seekable", fail)
    recovered = await store.recover(recording.id)
    assert await recovered.bytes() == await recording.bytes()
    await store.delete(recording.id)


@pytest.fixture
async def silent_take(store, both, monkeypatch):
    """A recorder whose take has all its data and waits for a disk that no longer answers."""
    monkeypatch.setattr(sinks, "DISK_TIMEOUT", 0.2)
    recorder = MediaRecorder(both, store=store)
    await recorder.start(0.1)
    with monkeypatch.context() as silence:
        silence.setattr(store._disk, "post", lambda message: None)
        recorder.stop()
        while recorder._take.phase != take.SAVING:
            await asyncio.sleep(0)
        yield recorder


async def test_unresponsive_disk_ends_the_take(silent_take):
    with pytest.raises(RecordingError, match="recover"):
        await silent_take.finished
    assert silent_take.state == "inactive"


async def test_no_dataavailable_while_the_store_flushes(silent_take):
    import js

    heard = []
    silent_take.on("dataavailable", heard.append)
    silent_take.js.dispatchEvent(js.Event.new("dataavailable"))
    with pytest.raises(RecordingError):
        await silent_take.finished
    assert heard == []


async def test_without_a_timeslice_chunks_come_every_second(store, both):
    recorder = MediaRecorder(both, store=store)
    recorder.start()
    await chunks_of(recorder, 1)
    assert recorder.state == "recording"
    await recorder.stop()


async def test_mp4_is_refused_before_a_device_is_opened(store, both):
    for wanted in ("video/mp4", ["audio/mp4", "video/mp4;codecs=avc1.42E01E"]):
        with pytest.raises(ValueError, match="end"):
            MediaRecorder(both, mime_type=wanted, store=store)
        with pytest.raises(ValueError, match="end"):
            await record(1, mime_type=wanted, store=store)
    assert MediaRecorder(both, mime_type=["video/mp4", "video/webm"], store=store).mime_type == "video/webm"
    assert "webm" in MediaRecorder(both, store=store).mime_type


async def test_limit_ends_the_take_and_keeps_written_data(both):
    async with await RecordingStore.open(f"test-{secrets.token_hex(4)}", limit=100_000) as store:
        low = []
        store.on("low_space", low.append)
        recorder = MediaRecorder(both, store=store, video_bits_per_second=2_000_000)
        recorder.start(0.05)
        with pytest.raises(RecordingError) as failed:
            await recorder.finished
        assert isinstance(failed.value.__cause__, QuotaExceededError)
        assert recorder.state == "inactive"
        recording = failed.value.recording
        assert 0 < recording.size <= 100_000
        [event] = low
        assert (event.type, event.limit) == ("low_space", 100_000)
        assert 0 < event.used <= 100_000
        usage = await store.usage()
        assert usage.used <= usage.limit == 100_000
        [stored] = await store.recordings()
        assert (stored.state, stored.size) == ("finished", recording.size)
        assert (await recording.bytes()) == await (await store.open_recording(stored.id)).bytes()
        await store.clear()
        assert await store.recordings() == []


async def test_titles_usage_and_unknown_ids_are_reported(store):
    recording = await record(0.3, store=store)
    await store.rename(recording.id, "Interview <b>1</b> 🎤")
    [stored] = await store.recordings()
    assert stored.title == "Interview <b>1</b> 🎤"
    usage = await store.usage()
    assert recording.size < usage.used < usage.limit
    assert isinstance(await store.persist(), bool)
    await store.delete(recording.id)
    assert await store.recordings() == []
    for verb in (store.open_recording, store.recover, store.delete):
        with pytest.raises(NotFoundError, match=recording.id):
            await verb(recording.id)
    with pytest.raises(NotFoundError):
        await store.rename("../other", "x")


@pytest.mark.parametrize("arguments", [{"name": 1}, {"limit": "1"}])
async def test_invalid_arguments_are_rejected(arguments):
    with pytest.raises(TypeError):
        await RecordingStore.open(**arguments)


async def test_invalid_values_are_rejected(both):
    for arguments in ({"name": ""}, {"name": "x" * 100}, {"limit": 0}, {"limit": 1.5}):
        with pytest.raises(ValueError, match=r"name|limit"):
            await RecordingStore.open(**arguments)
    with pytest.raises(TypeError, match="RecordingStore"):
        MediaRecorder(both, store="recordings")


async def test_stored_recording_supports_every_method(store):
    recording = await record(0.4, video=True, store=store)
    assert (await recording.seekable()).duration > 0.1
    assert (await recording.samples()).frames > 0
    assert isinstance(recording, Recording)
    parts = [part async for part in recording.iter_bytes(1000)]
    assert b"".join(parts) == await recording.bytes()


def large_chunk(size):
    """The event that the browser would fire after recording this much."""
    data = js.Uint8Array.new(size)
    data.fill(7)
    blob = js.Blob.new(js.Array.of(data), js_object({"type": "video/webm"}))
    return js.BlobEvent.new("dataavailable", js_object({"data": blob}))


@pytest.mark.page_only("the events of a mirrored recorder come from the page")
async def test_slow_disk_is_reported_once_and_loses_nothing(store, both):
    told = []
    store.on("backlog", told.append)
    recorder = MediaRecorder(both, store=store)
    await recorder.start(60)
    for _ in range(4):
        recorder.js.dispatchEvent(large_chunk(8 << 20))
    assert [event.type for event in told] == ["backlog"]
    assert told[0].waiting > 16 << 20
    recording = await recorder.stop()
    assert recording.size > 32 << 20
    assert store.waiting == 0
    head = (await recording.blob.slice(0, 32 << 20).arrayBuffer()).to_bytes()
    assert head == b"\7" * (32 << 20)


@pytest.mark.page_only("a worker needs no other worker")
class TestWithoutAWorker:
    """As under a strict Content-Security-Policy. There are no synchronous handles then either."""

    @pytest.fixture(autouse=True)
    def no_worker(self):
        worker, js.globalThis.Worker = js.Worker, None
        yield
        js.globalThis.Worker = worker

    async def test_take_is_on_disk(self, store, both):
        recording, _ = await complete_take(MediaRecorder(both, store=store))
        async with await RecordingStore.open(store.name) as other:
            assert await (await other.open_recording(recording.id)).bytes() == await recording.bytes()

    async def test_interrupted_take_is_recovered(self, store, both):
        dying = await RecordingStore.open(store.name)
        recorder = MediaRecorder(both, store=dying)
        await recorder.start(0.1)
        await chunks_of(recorder, 5)
        await dying.flush()
        dying.close()
        [stored] = await listed(store, "interrupted")
        before = (await store.usage()).used
        recording = await store.recover(stored.id)
        assert (await store.usage()).used - before < 20_000, "the take was not written again"
        assert recording.duration > 0.1
        assert (await recording.seekable()) is recording
        assert (await store.open_recording(stored.id)).size == recording.size

    async def test_slow_lock_does_not_count_as_a_recording_in_use(self, store, recorded):
        recording = await recorded("sound")
        locks, request = js.navigator.locks, js.navigator.locks.request

        async def late(*arguments):
            del locks.request  # the next one is the browser's own again
            await asyncio.sleep(1.2)  # more than a reader needs; a busy browser has taken this long
            return await request.call(locks, *arguments)

        proxy = locks.request = create_proxy(late)
        added = await store.add(recording)
        assert added.size == recording.size
        proxy.destroy()

    @pytest.mark.thorough
    async def test_limit_is_respected(self, both):
        name = f"test-{secrets.token_hex(4)}"
        async with await RecordingStore.open(name, limit=60_000) as store:
            with pytest.raises(RecordingError) as failed:
                await record(60, stream=both, store=store, timeslice=0.05)
            assert isinstance(failed.value.__cause__, QuotaExceededError)
            assert 0 < failed.value.recording.size <= 60_000
            await store.clear()
