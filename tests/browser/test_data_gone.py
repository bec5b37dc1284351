"""The data of a recording is gone: one error class and one text for every way of reading."""

import asyncio

import pytest
from support.ask_judge import probe
from support.eventually import until

from mediarecorder import (
    AbortError,
    InvalidStateError,
    MediaRecorder,
    NotFoundError,
    NotReadableError,
    Recording,
    RecordingError,
    RecordingStore,
    media_devices,
    record,
)
from mediarecorder._host.browser import js
from mediarecorder.errors import DATA_GONE


async def delete(store, recording):
    await store.delete(recording.id)


async def clear(store, recording):
    await store.clear()


async def remove_by_script(store, recording):
    root = await js.navigator.storage.getDirectory()
    await root.removeEntry(f"mediarecorder-store-{store.name}", recursive=True)


async def first_of(iterator):
    async for _ in iterator:
        return


READ = {
    "bytes": lambda one: one.bytes(),
    "iter_bytes": lambda one: first_of(one.iter_bytes(1000)),
    "chunks": lambda one: one.chunks[0].bytes(),
    "write_to": lambda one: one.write_to("/tmp/gone.webm"),
    "save": lambda one: one.save(),
    "measure": lambda one: one.measure(),
    "seekable": lambda one: one.seekable(),
    "convert": lambda one: one.convert("wav"),
    "trim": lambda one: one.trim(0, 0.1),
    "concat": lambda one: Recording.concat([one, one]),
    "tags": lambda one: one.tags(),
    "with_tags": lambda one: one.with_tags(title="x"),
    "samples": lambda one: one.samples(),
    "sample_blocks": lambda one: first_of(one.sample_blocks(0.1)),
    "waveform": lambda one: one.waveform(),
    "thumbnail": lambda one: one.thumbnail(),
    "frames": lambda one: first_of(one.frames()),
}


@pytest.mark.core
@pytest.mark.parametrize("end", [delete, clear, remove_by_script])
async def test_every_read_of_missing_data_raises_the_same_error(store, both, end):
    recording = await record(0.5, stream=both, store=store)
    await end(store, recording)
    for name, read in READ.items():
        with pytest.raises(NotReadableError) as failed:
            await read(recording)
        assert DATA_GONE in str(failed.value), name
        assert "device" not in str(failed.value), name
    async with await RecordingStore.open(f"{store.name}-2") as other:
        with pytest.raises(NotReadableError, match="data is gone"):
            await other.add(recording)
        await other.clear()


async def test_reading_a_removed_file_raises_the_same_error(microphone):
    noise = js.Uint8Array.new(40 << 20)
    whole = await record(0.3, stream=microphone)
    padded = Recording(js.Blob.new([whole.blob, noise]), whole.mime_type, duration=whole.duration)
    root = await js.navigator.storage.getDirectory()
    handle = await root.getFileHandle("temporary", create=True)
    writable = await handle.createWritable()
    await writable.write(padded.blob)
    await writable.close()
    file = Recording(await handle.getFile(), whole.mime_type)
    await root.removeEntry("temporary")
    with pytest.raises(NotReadableError, match="data is gone"):
        await file.bytes()
    with pytest.raises(NotReadableError, match="data is gone"):
        await file.samples()


@pytest.mark.core
async def test_unknown_id_error_mentions_recordings_not_devices(store):
    for verb in (store.open_recording, store.recover, store.delete, lambda id: store.rename(id, "x")):
        with pytest.raises(NotFoundError, match="no recording") as failed:
            await verb("0123")
        assert "device" not in str(failed.value)


@pytest.mark.core
@pytest.mark.policy
async def test_store_whose_files_were_removed_works_again_by_itself(store, both):
    await record(0.3, stream=both, store=store)
    await remove_by_script(store, None)
    assert await store.recordings() == []
    assert (await store.usage()).used == 0
    recording = await record(0.3, stream=both, store=store)
    added = await store.add(recording)
    assert {one.id for one in await store.recordings()} == {recording.id, added.id}
    assert await added.bytes() == await recording.bytes()


@pytest.mark.core
async def test_closed_store_error_says_how_to_reopen_it(store):
    closed = await RecordingStore.open(store.name)
    closed.close()
    for call in (closed.recordings, closed.usage, closed.clear, lambda: closed.delete("x")):
        with pytest.raises(InvalidStateError, match=r"Reopen the store.*RecordingStore\.open\('test-"):
            await call()
    with pytest.raises(InvalidStateError, match="Reopen the store"):
        await record(0.2, store=closed)


@pytest.mark.core
async def test_listed_recording_can_be_opened(store, both):
    recording = await record(0.3, stream=both, store=store)
    [stored] = await store.recordings()
    opened = await stored.open()
    assert opened.id == recording.id
    assert await opened.bytes() == await recording.bytes()
    await store.delete(recording.id)
    with pytest.raises(NotFoundError, match="no recording"):
        await stored.open()


# During a take

HANGS = 20
"""Seconds after which a call counts as hanging."""


async def with_data(recorder):
    """The chunks of a take that has just begun, once one has data."""
    delivered = []
    recorder.on("dataavailable", lambda event: delivered.append(event.data))
    await recorder.start(0.1)
    await until(lambda: any(chunk.size for chunk in delivered))
    return delivered


async def clear_all(store, id):
    await store.clear()


async def delete_the_take(store, id):
    with pytest.raises(InvalidStateError, match="in use by a take"):
        await store.delete(id)


@pytest.mark.core
@pytest.mark.parametrize("whose", ["own", "another"])
@pytest.mark.parametrize("remove", [clear_all, delete_the_take])
async def test_clear_and_delete_spare_a_running_take(store, microphone, whose, remove):
    before = await record(0.3, stream=microphone, store=store)
    recorder = MediaRecorder(microphone, store=store)
    delivered = await with_data(recorder)
    async with await RecordingStore.open(store.name) as other:
        handle = store if whose == "own" else other
        [id] = [stored.id for stored in await handle.recordings() if stored.state == "recording"]
        await asyncio.wait_for(remove(handle, id), HANGS)
        recording = await asyncio.wait_for(recorder.stop(), HANGS)
        kept = {stored.id: stored.state for stored in await handle.recordings()}
    assert kept.pop(before.id, None) == (None if remove is clear_all else "finished")
    assert kept == {recording.id: "finished"} == {id: "finished"}
    data = b"".join([await chunk.bytes() for chunk in recording.chunks])
    assert data == b"".join([await chunk.bytes() for chunk in delivered])
    assert (await probe(recording))["errors"] == []
    assert microphone.active, "the stream still belongs to the caller"


@pytest.mark.core
@pytest.mark.parametrize("whose", ["own", "another"])
@pytest.mark.parametrize("remove", [clear, delete])
async def test_recording_removed_during_another_take_raises_that_error(store, microphone, whose, remove):
    before = await record(0.3, stream=microphone, store=store)
    recorder = MediaRecorder(microphone, store=store)
    await with_data(recorder)
    async with await RecordingStore.open(store.name) as other:
        await asyncio.wait_for(remove(store if whose == "own" else other, before), HANGS)
    for read in (READ["bytes"], READ["samples"], READ["seekable"], store.add):
        with pytest.raises(NotReadableError) as failed:
            await asyncio.wait_for(read(before), HANGS)
        assert DATA_GONE in str(failed.value)
    recording = await asyncio.wait_for(recorder.stop(), HANGS)
    assert [stored.id for stored in await store.recordings()] == [recording.id]
    await asyncio.wait_for(remove(store, recording), HANGS)
    with pytest.raises(NotReadableError, match="data is gone"):
        await recording.bytes()
    assert (await store.usage()).used == 0


@pytest.mark.core
async def test_closing_the_store_ends_record_and_releases_the_devices(store, monkeypatch):
    opened = []
    get_user_media = media_devices.get_user_media

    async def remember(**request):
        opened.append(await get_user_media(**request))
        return opened[-1]

    monkeypatch.setitem(media_devices.__dict__, "get_user_media", remember)
    closing = await RecordingStore.open(store.name)
    task = asyncio.create_task(record(60, store=closing, timeslice=0.1))

    async def is_on_disk():
        return any(stored.size for stored in await store.recordings())

    await until(is_on_disk)
    closing.close()
    with pytest.raises(RecordingError, match="The store was closed") as failed:
        await asyncio.wait_for(task, HANGS)
    assert isinstance(failed.value.__cause__, AbortError)
    assert [track.ready_state for track in opened[0].tracks] == ["ended"]
    with pytest.raises(InvalidStateError, match="Reopen the store"):
        await record(0.3, store=closing)

    async def is_interrupted():  # its lock is released a moment later
        return [stored.state for stored in await store.recordings()] == ["interrupted"]

    await until(is_interrupted)
    [cut] = await store.recordings()
    assert (await store.recover(cut.id)).size > 0
