"""Takes in a store are uploaded while they are recorded, and after a crash or a reload."""

import asyncio
import json

import pytest
from support.eventually import until, until_proxies_are_destroyed

from mediarecorder import (
    AbortError,
    InvalidStateError,
    MediaRecorder,
    Recording,
    RecordingStore,
    UploadError,
    record,
    upload,
)
from mediarecorder._host.browser import js, js_object

pytestmark = pytest.mark.firefox_in_soak


@pytest.fixture
async def interrupted(bench, store, both):
    """``await interrupted()``: a take whose store was closed, and that was uploaded in part."""

    async def interrupted(**options):
        dying = await RecordingStore.open(store.name)
        recorder = MediaRecorder(both, store=dying, upload={"endpoint": bench.endpoint, **options})
        await recorder.start(0.1)
        [running] = dying._uploads.values()
        await until(lambda: running.sent)
        dying.close()
        with pytest.raises(UploadError, match=r"store\.upload"):
            await running
        with pytest.raises(Exception, match="closed"):
            await recorder.finished
        while [take.state for take in await store.recordings()] != ["interrupted"]:
            await asyncio.sleep(0.02)
        [take] = await store.recordings()
        return take

    return interrupted


@pytest.mark.core
@pytest.mark.firefox_too
@pytest.mark.policy
async def test_take_is_on_the_server_when_uploaded_resolves(bench, store, both):
    recording = await record(1.5, stream=both, store=store, timeslice=0.1, upload=bench.endpoint)
    assert recording.uploaded.endpoint == bench.endpoint
    url = await recording.uploaded
    assert await bench.has(url, await recording.bytes())
    assert recording.uploaded.sent == recording.size
    assert len(await bench.requests("PATCH")) > 3, "it was sent while it was recorded"
    assert await store.uploads() == []


async def test_recorder_uploads_each_of_its_takes(bench, store, microphone):
    recorder = MediaRecorder(
        microphone, store=store, upload={"endpoint": bench.endpoint, "metadata": {"a": "b"}}
    )
    for _ in range(2):
        await recorder.start(0.1)
        await until(lambda: recorder.duration > 0.5)
        recording = await recorder.stop()
        url = await recording.uploaded
        assert await bench.has(url, await recording.bytes())
        metadata = (await bench.call("file", url=url))["metadata"]
        assert metadata["a"] == "b"
        assert metadata["filename"].endswith(recording.extension)
        assert metadata["filetype"] == recording.mime_type


@pytest.mark.thorough
async def test_uploaded_take_plays_and_becomes_seekable(bench, store, both):
    recording = await record(1, stream=both, store=store, timeslice=0.1, upload=bench.endpoint)
    again = await store.recover(recording.id)
    assert await again.bytes() == await recording.bytes(), "it stays the file on the server"
    seekable = await recording.seekable()
    assert await seekable.measure() == pytest.approx(recording.duration, abs=0.5)
    assert [chunk.size for chunk in recording.chunks]


async def test_store_lists_the_upload_while_it_runs(bench, store, microphone):
    recorder = MediaRecorder(microphone, store=store, upload=bench.endpoint)
    await recorder.start(0.1)
    await until(lambda: store._uploads and next(iter(store._uploads.values())).sent)
    [listed] = await store.uploads()
    [take] = await store.recordings()
    assert (listed.id, listed.endpoint) == (take.id, bench.endpoint)
    assert listed.url.startswith(bench.endpoint)
    assert store.upload(take.id).url == listed.url, "it is the one that runs"
    with pytest.raises(InvalidStateError):
        store.upload(take.id, bench.receiver)
    recording = await recorder.stop()
    assert (
        await store.open_recording(recording.id)
    ).uploaded is recording.uploaded or recording.uploaded.done()
    await recording.uploaded


@pytest.mark.core
@pytest.mark.firefox_too
@pytest.mark.console_errors
async def test_dead_network_only_delays_the_upload(bench, store, both):
    await bench.call("set", dead=True)
    recorder = MediaRecorder(both, store=store, upload=bench.endpoint)
    await recorder.start(0.1)
    await until(lambda: recorder.duration > 1.5)
    recording = await recorder.stop()
    running = recording.uploaded
    assert not running.done()
    await until(lambda: isinstance(running.error, UploadError))
    assert running.sent == 0
    await bench.call("set")
    assert await bench.has(await running, await recording.bytes())


@pytest.mark.console_errors
@pytest.mark.parametrize("cut", [0, 5_000])
async def test_cuts_while_recording_lose_nothing(bench, store, both, cut):
    await bench.call("fault", methods=["PATCH"], times=3, cut=cut)
    await bench.call("fault", methods=["HEAD"], times=1, cut_answer=0)
    recording = await record(1.5, stream=both, store=store, timeslice=0.1, upload=bench.endpoint)
    assert await bench.has(await recording.uploaded, await recording.bytes())


@pytest.mark.console_errors
async def test_last_request_may_be_cut_after_the_length_was_told(bench, store, both):
    recorder = MediaRecorder(both, store=store, upload={"endpoint": bench.endpoint, "chunk_size": 10_000_000})
    await recorder.start(0.1)
    await until(lambda: recorder.duration > 1)
    # All goes out in one request, which tells the length.
    await bench.call("fault", methods=["PATCH"], cut=2_000)
    recording = await recorder.stop()
    assert await bench.has(await recording.uploaded, await recording.bytes())
    assert [one[2] for one in await bench.requests("PATCH")] == [0, 204]


@pytest.mark.console_errors
async def test_forgotten_live_upload_begins_anew(bench, store, both):
    recorder = MediaRecorder(both, store=store, upload=bench.endpoint)
    await recorder.start(0.1)
    await until(lambda: store._uploads and next(iter(store._uploads.values())).sent)
    [running] = store._uploads.values()
    first = running.url
    await bench.call("forget", url=first)
    await until(lambda: running.url not in (first, None))
    recording = await recorder.stop()
    url = await recording.uploaded
    assert url != first
    assert await bench.has(url, await recording.bytes())


@pytest.mark.console_errors
@pytest.mark.thorough
async def test_refused_upload_leaves_the_take_alone(bench, store, both):
    await bench.call("fault", methods=["POST"], status=403, times=9)
    recording = await record(1, stream=both, store=store, timeslice=0.1, upload=bench.endpoint)
    with pytest.raises(UploadError, match="403"):
        await recording.uploaded
    assert [take.state for take in await store.recordings()] == ["finished"]
    [listed] = await store.uploads()
    assert (listed.id, listed.url) == (recording.id, "")
    await bench.call("begin")
    assert await bench.has(await store.upload(listed.id), await recording.bytes())


@pytest.mark.core
@pytest.mark.firefox_too
async def test_interrupted_take_goes_on_where_the_server_is(bench, store, interrupted):
    take = await interrupted()
    [listed] = await store.uploads()
    assert listed.id == take.id
    before = (await bench.call("file", url=listed.url))["size"]
    assert before
    running = store.upload(take.id)
    assert await running == listed.url
    recording = await store.open_recording(take.id)
    assert await bench.has(listed.url, await recording.bytes())
    assert recording.size >= before
    assert len(await bench.requests("POST")) == 1
    assert await store.uploads() == []


async def test_interrupted_take_that_was_recovered_goes_on(bench, store, interrupted):
    take = await interrupted()
    recording = await store.recover(take.id)
    assert await bench.has(await store.upload(take.id), await recording.bytes())
    assert len(await bench.requests("POST")) == 1


async def test_stored_recording_is_uploaded_and_remembered(bench, store, both):
    recording = await record(1, stream=both, store=store)
    with pytest.raises(UploadError, match="endpoint"):
        await store.upload(recording.id)
    await bench.call("set", rate=3_000)
    first = await RecordingStore.open(store.name)
    running = first.upload(recording.id, bench.endpoint, chunk_size=2_000)
    assert (await first.open_recording(recording.id)).uploaded is running
    await until(lambda: running.sent)
    running.pause()
    with pytest.raises(UploadError, match="in use by"):
        await store.upload(recording.id)
    [listed] = await store.uploads()
    assert listed.url == running.url
    first.close()
    with pytest.raises(UploadError, match=r"store\.upload"):
        await running
    await bench.call("set")
    url = await store.upload(recording.id)
    assert url == listed.url
    assert await bench.has(url, await recording.bytes())
    assert len(await bench.requests("POST")) == 1
    # Another time costs one question.
    assert await store.upload(recording.id, bench.endpoint) == url
    assert len(await bench.requests("POST")) == 1


async def test_another_endpoint_begins_anew(bench, store, interrupted):
    take = await interrupted()
    [listed] = await store.uploads()
    url = await store.upload(take.id, f"{bench.endpoint}/")
    assert url != listed.url
    assert await bench.has(url, await (await store.open_recording(take.id)).bytes())


async def test_headers_are_not_stored(bench, store, interrupted):
    await interrupted(headers={"Authorization": "Bearer secret-1"})
    root = await js.navigator.storage.getDirectory()
    folder = await root.getDirectoryHandle(f"mediarecorder-store-{store.name}")
    [listed] = await store.uploads()
    take = await folder.getDirectoryHandle(listed.id)
    text = await (await (await take.getFileHandle("upload")).getFile()).text()
    assert bench.endpoint in text
    assert "secret" not in text


@pytest.mark.console_errors  # a request may begin without the data
async def test_deleting_a_take_ends_its_upload(bench, store, both):
    recording = await record(1, stream=both, store=store)
    await bench.call("set", rate=3_000)
    running = store.upload(recording.id, bench.endpoint, chunk_size=2_000)
    await until(lambda: running.sent)
    await store.delete(recording.id)
    with pytest.raises(UploadError, match="deleted"):
        await running
    assert await store.uploads() == []
    with pytest.raises(UploadError, match="no recording"):
        await store.upload(recording.id, bench.endpoint)


@pytest.mark.console_errors
@pytest.mark.thorough
async def test_take_deleted_in_another_tab_ends_its_upload(bench, store, both):
    recording = await record(1, stream=both, store=store)
    await bench.call("set", rate=3_000)
    running = store.upload(recording.id, bench.endpoint, chunk_size=2_000)
    await until(lambda: running.sent)
    async with await RecordingStore.open(store.name) as other:
        await other.delete(recording.id)
    with pytest.raises(UploadError, match=r"gone|no recording"):
        await running


@pytest.mark.thorough
async def test_clear_ends_uploads(bench, store, both):
    recording = await record(1, stream=both, store=store)
    await bench.call("set", rate=3_000)
    running = store.upload(recording.id, bench.endpoint, chunk_size=2_000)
    await until(lambda: running.sent)
    await store.clear()
    with pytest.raises(UploadError, match="deleted"):
        await running


async def test_aborted_upload_is_forgotten(bench, store, interrupted):
    take = await interrupted()
    running = store.upload(take.id)
    running.abort()
    with pytest.raises(AbortError):
        await running
    await until(lambda: _is_empty(store))
    with pytest.raises(UploadError, match="endpoint"):
        await store.upload(take.id)


async def _is_empty(store):
    return await store.uploads() == []


async def test_aborted_upload_can_begin_again_at_once(bench, store, both):
    recording = await record(1, stream=both, store=store)
    await bench.call("set", rate=3_000)
    running = store.upload(recording.id, bench.endpoint, chunk_size=2_000)
    await until(lambda: running.sent)
    await bench.call("set")
    running.abort()
    url = await store.upload(recording.id, bench.endpoint)
    assert url != running.url
    assert await bench.has(url, await recording.bytes())
    assert await store.uploads() == []
    assert await store.upload(recording.id) == url, "the store remembers it"


async def test_endpoint_may_be_written_in_another_way(bench, store, both):
    recording = await record(0.5, stream=both, store=store)
    running = store.upload(recording.id, bench.endpoint)
    assert store.upload(recording.id, bench.endpoint.replace("http://", "HTTP://")) is running
    await running


async def test_notes_about_an_upload_keep_each_other(store, microphone):
    recording = await record(0.3, stream=microphone, store=store)
    call = store._disk.call
    await call("noteUpload", recording.id, {"endpoint": "https://example.org/", "url": ""})
    await asyncio.gather(*(call("noteUpload", recording.id, {f"note{n}": n}) for n in range(20)))
    assert len(json.loads(await call("claim", recording.id))) == 22


@pytest.mark.parametrize("text", ["{", "null", "[]", '{"endpoint": 1, "url": 2}'])
async def test_foreign_note_about_an_upload_does_not_hide_the_recording(store, microphone, text):
    recording = await record(0.3, stream=microphone, store=store)
    root = await js.navigator.storage.getDirectory()
    folder = await root.getDirectoryHandle(f"mediarecorder-store-{store.name}")
    take = await folder.getDirectoryHandle(recording.id)
    writable = await (await take.getFileHandle("upload", js_object({"create": True}))).createWritable()
    await writable.write(text)
    await writable.close()
    assert await store.uploads() == []
    assert [stored.state for stored in await store.recordings()] == ["finished"]
    assert await (await store.open_recording(recording.id)).bytes()
    with pytest.raises(UploadError, match="endpoint"):
        await store.upload(recording.id)


async def test_changed_recording_is_an_upload_error(bench, store, both):
    recording = await record(1, stream=both, store=store)
    await bench.call("set", rate=3_000)
    running = store.upload(recording.id, bench.endpoint, chunk_size=2_000)
    await until(lambda: running.sent)
    running.pause()
    # What a recovery does that writes the recording again.
    about = {"startedAt": 0.0, "mimeType": "video/webm", "size": 3, "milliseconds": 1}
    other = Recording.from_bytes(b"abc", "video/webm")
    content = {"media": other.blob, "about": about, "title": "", "markers": ""}
    await store._disk.call("replace", recording.id, content)
    running.resume()
    with pytest.raises(UploadError):
        await running
    await bench.call("set")
    with pytest.raises(UploadError, match="changed"):
        await store.upload(recording.id)
    assert await bench.has(await store.upload(recording.id, bench.endpoint), b"abc")


@pytest.mark.thorough
async def test_server_with_another_file_is_an_upload_error(bench, store, both):
    recording = await record(1, stream=both, store=store)
    longer = Recording.from_bytes(bytes(recording.size + 1), "video/webm")
    url = await longer.upload(bench.endpoint)
    await store._disk.call("noteUpload", recording.id, {"endpoint": bench.endpoint, "url": url})
    with pytest.raises(UploadError, match="another state"):
        await store.upload(recording.id)


async def test_store_with_the_address_of_another_origin_sends_nothing(bench, store, both):
    recording = await record(1, stream=both, store=store)
    known = {"endpoint": bench.endpoint, "url": f"{bench.elsewhere}/files/1"}
    await store._disk.call("noteUpload", recording.id, known)
    with pytest.raises(UploadError, match="another origin"):
        await store.upload(recording.id)
    await store._disk.call("noteUpload", recording.id, {"endpoint": "ftp://example.org", "url": ""})
    with pytest.raises(UploadError, match="absolute"):
        await store.upload(recording.id)
    assert await bench.call("elsewhere") == []


async def test_nothing_is_sent_without_being_asked(bench, store, interrupted):
    await interrupted()
    before = len((await bench.call("log"))["tus"])
    async with await RecordingStore.open(store.name) as other:
        [take] = await other.recordings()
        await other.recover(take.id)
        await other.uploads()
    assert len((await bench.call("log"))["tus"]) == before


async def test_invalid_uploads_are_rejected_before_a_device_opens(bench, store, microphone):
    for options, error in (
        ({"upload": bench.endpoint}, ValueError),
        ({"upload": "files/", "store": store}, UploadError),
        ({"upload": 1, "store": store}, TypeError),
        ({"upload": {"headers": {}}, "store": store}, TypeError),
        ({"upload": {"endpoint": bench.endpoint, "colour": "red"}, "store": store}, TypeError),
        ({"upload": {"endpoint": bench.endpoint, "headers": {"a": 1}}, "store": store}, TypeError),
        ({"upload": {"endpoint": bench.endpoint, "chunk_size": 0}, "store": store}, ValueError),
    ):
        with pytest.raises(error):
            await record(1, **options)
        with pytest.raises(error):
            MediaRecorder(microphone, **options)
    with pytest.raises(ValueError, match="WAV"):
        MediaRecorder(microphone, mime_type="audio/wav", store=store, upload=bench.endpoint)


async def test_uploaded_takes_leave_no_proxies(bench, store, microphone, page_probe):
    own = page_probe.proxies()
    recording = await record(0.5, stream=microphone, store=store, upload=bench.endpoint)
    await recording.uploaded
    await until_proxies_are_destroyed(page_probe, but=own)
    assert not store._uploads
    assert upload
