"""A stream that delivers nothing: an error says so, and a store keeps no empty take."""

import asyncio
import json

import pytest
from support import ask_judge
from support.eventually import until
from support.rows import thorough
from support.workers import PythonWorker

from mediarecorder import MediaRecorder, Recording, RecordingError, RecordingStore, record
from mediarecorder.capture import EMPTY, require_content

pytestmark = pytest.mark.page_only("a worker has no canvas with a stream; the page lends it one")

ENDS = {
    "duration": lambda: {"duration": 1},
    "max_size": lambda: {"max_size": 100},
    "stop_when": lambda: {"stop_when": asyncio.sleep(0.5)},
}
of_ends = pytest.mark.parametrize("end", ENDS)
stored = pytest.mark.parametrize("is_stored", [False, True], ids=["in memory", "in a store"])


async def is_empty(store):
    return await store.recordings() == [] and (await store.usage()).used == 0


@pytest.fixture
async def late(canvas):
    async with canvas.late_stream(2.5) as stream:
        yield stream


@stored
@of_ends
async def test_empty_take_raises_and_leaves_nothing_behind(canvas, store, short_waits, end, is_stored):
    with pytest.raises(RecordingError, match=r"^Nothing was recorded.*canvas") as caught:
        await record(**ENDS[end](), stream=canvas.stream(), store=store if is_stored else None)
    assert caught.value.recording is None
    assert await is_empty(store)


async def test_empty_take_that_fails_leaves_nothing_behind(canvas, microphone, store):
    stream = canvas.stream()
    asyncio.get_running_loop().call_later(0.3, stream.add_track, microphone.tracks[0])
    with pytest.raises(RecordingError, match="ended with an error") as caught:
        await record(60, stream=stream, store=store)
    assert caught.value.recording is None
    assert caught.value.__cause__.name == "InvalidModificationError"
    assert await is_empty(store)


async def test_empty_take_whose_stop_when_fails_leaves_nothing_behind(canvas, store, short_waits):
    async def fail():
        await asyncio.sleep(0.3)
        raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        await record(stop_when=fail(), stream=canvas.stream(), store=store)
    assert caught.value.recording is None
    assert await is_empty(store)


async def test_empty_take_that_is_cancelled_leaves_nothing_behind(canvas, store):
    task = asyncio.create_task(record(60, stream=canvas.stream(), store=store))

    async def is_listed():
        return await store.recordings()

    await until(is_listed)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: is_empty(store))


async def test_cancelled_take_with_data_stays_in_its_store(microphone, store):
    came = asyncio.Event()
    task = asyncio.create_task(
        record(
            60, stream=microphone, store=store, timeslice=0.1, on_progress=lambda _, size: size and came.set()
        )
    )
    await came.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async def is_finished():
        return [stored.state for stored in await store.recordings()] == ["finished"]

    await until(is_finished)
    [stored] = await store.recordings()
    assert (await ask_judge.probe(await stored.open()))["decoded_duration"] > 0


async def test_error_stays_if_the_empty_take_cannot_be_deleted(canvas, store, short_waits, monkeypatch):
    """The store is closed before the take is deleted."""
    closing = await RecordingStore.open(store.name)
    deleting = closing.delete

    async def delete(id):
        closing.close()
        await deleting(id)

    monkeypatch.setattr(closing, "delete", delete)
    with pytest.raises(RecordingError, match=r"^Nothing was recorded"):
        await record(1, stream=canvas.stream(), store=closing)
    assert len(await store.recordings()) == 1


async def test_recorder_keeps_even_an_empty_take(canvas, store):
    """It does what it is told."""
    recorder = MediaRecorder(canvas.stream(), store=store)
    recorder.start()
    await asyncio.sleep(0.3)
    recording = await recorder.stop()
    assert recording.size < EMPTY
    assert [stored.id for stored in await store.recordings()] == [recording.id]


@stored
async def test_record_waits_2_5_s_for_the_first_picture(late, store, is_stored):
    recording = await record(1, stream=late, store=store if is_stored else None)
    assert recording.duration >= 1
    assert (await ask_judge.probe(recording))["decoded_duration"] >= 0.8
    assert [stored.id for stored in await store.recordings()] == ([recording.id] if is_stored else [])


@pytest.mark.parametrize("kind", ["both", *thorough("microphone", "camera")])
async def test_data_that_can_be_played_is_never_deleted(request, store, kind, microphone, camera, both):
    """Shorter and shorter beginnings of a take, as if it had ended there."""
    stream = {"microphone": microphone, "camera": camera, "both": both}[kind]
    recorder = MediaRecorder(stream)
    await recorder.start(0.1)
    await asyncio.sleep(0.5)
    whole = await recorder.stop()
    kept = []
    for size in range(32, EMPTY + 64, 64):
        part = Recording(whole.blob.slice(0, size, whole.mime_type), whole.mime_type, duration=0.1)
        added = await store.add(part)
        try:
            await require_content(added, store)
            kept.append(added.id)
        except RecordingError:
            assert not await plays(part), size
    assert kept
    assert {stored.id for stored in await store.recordings()} == set(kept)


async def plays(recording):
    """Whether FFmpeg decodes a sound or a picture in it. (It decodes a picture that is cut off with an error;
    browsers do not play it.)"""
    try:
        found = await ask_judge.probe(recording)
    except ValueError:
        return False
    return found["decoded_duration"] > 0 and not found["errors"]


# In a worker

CONNECTED = """
import asyncio, json
import mediarecorder
from mediarecorder import RecordingError, RecordingStore, capture, record
from mediarecorder._recorder import take

await mediarecorder.connect("{channel}")
store = await RecordingStore.open("in-a-worker")
"""
EMPTY_IN_A_WORKER = """
usual = capture.FIRST_DATA, take.STOP_TIMEOUT_TICKS
capture.FIRST_DATA, take.STOP_TIMEOUT_TICKS = 0.5, 4
said = []
for end in ({"duration": 1}, {"max_size": 100}, {"stop_when": asyncio.sleep(0.5)}):
    try:
        await record(**end, audio=False, video=True, store=store)
    except RecordingError as error:
        said.append([str(error), error.recording is None])
capture.FIRST_DATA, take.STOP_TIMEOUT_TICKS = usual
left = [len(await store.recordings()), (await store.usage()).used]
store.close()
json.dumps([said, left])
"""
LATE_IN_A_WORKER = """
recording = await record(1, audio=False, video=True, store=store)
listed = [stored.id for stored in await store.recordings()] == [recording.id]
data = (await recording.bytes()).hex()
await store.clear()
store.close()
json.dumps([recording.duration, listed, data])
"""


@pytest.fixture(scope="module")
def worker():
    worker = PythonWorker()
    yield worker
    worker.terminate()


@pytest.fixture
def lend(canvas):
    """From now on the page's camera is the canvas."""
    import js

    js.Function.new(
        "canvas",
        "navigator.mediaDevices.getUserMedia = () => Promise.resolve(canvas.captureStream())",
    )(canvas.element)
    yield
    js.Reflect.deleteProperty(js.navigator.mediaDevices, "getUserMedia")


@pytest.mark.thorough
@pytest.mark.time_limit(60)
async def test_worker_leaves_no_empty_take_behind(worker, lend, open_channel):
    said, left = json.loads(await worker.run(CONNECTED.format(channel=open_channel()) + EMPTY_IN_A_WORKER))
    assert len(said) == len(ENDS)
    for text, has_no_recording in said:
        assert text.startswith("Nothing was recorded")
        assert has_no_recording
    assert left == [0, 0]


@pytest.mark.thorough
@pytest.mark.time_limit(60)
async def test_worker_waits_for_the_first_picture(worker, lend, canvas, open_channel):
    drawing = asyncio.ensure_future(canvas.draw_after(2.5))
    await worker.run(CONNECTED.format(channel=open_channel()))
    duration, is_listed, data = json.loads(await worker.run(LATE_IN_A_WORKER))
    drawing.cancel()
    assert duration >= 1
    assert is_listed
    assert (await ask_judge.probe(bytes.fromhex(data)))["decoded_duration"] >= 0.8
