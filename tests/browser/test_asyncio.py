"""The library's awaitables with asyncio's own functions; copies and pickles of its errors."""

import asyncio
import copy
import gc
import pickle
import warnings

import pytest
from support.eventually import until

from mediarecorder import MediaError, MediaRecorder, Recording, RecordingError, errors, media_devices, record
from mediarecorder.outcome import Outcome


async def in_a_group(awaitable):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(awaitable)
    return task.result()


async def gathered(awaitable):
    first, second = await asyncio.gather(awaitable, asyncio.create_task(awaitable))
    assert first is second
    return first


WAYS = {
    "create_task": asyncio.create_task,
    "TaskGroup": in_a_group,
    "wait_for": lambda awaitable: asyncio.wait_for(awaitable, 20),
    "gather": gathered,
    "shield": asyncio.shield,
    "ensure_future": asyncio.ensure_future,
    "await": lambda awaitable: awaitable,
}


@pytest.mark.core
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
async def test_every_verb_can_be_a_task(microphone, way):
    recorder = MediaRecorder(microphone)
    assert await way(recorder.start()) is None
    finished = way(recorder.finished)
    assert await way(recorder.pause()) is None
    assert await way(recorder.resume()) is None
    requested = await way(recorder.request_data())
    stopping = recorder.stop()
    assert recorder.state == "inactive"
    recording = await way(stopping)
    assert recording is await finished is await stopping is recorder.recording
    assert next(iter(recording.chunks)).size == requested.size
    assert (await recording.bytes()).startswith(await requested.bytes())


async def test_calls_can_be_tasks(microphone):
    recording = await asyncio.create_task(record(0.2, stream=microphone))
    assert recording.size == len(await asyncio.create_task(recording.bytes()))
    assert await asyncio.create_task(media_devices.permission("microphone"))


async def test_tasks_of_one_outcome_are_cancelled_separately():
    outcome = Outcome()
    tasks = [asyncio.create_task(outcome) for _ in range(3)]
    waiting = asyncio.ensure_future(asyncio.shield(outcome))
    await asyncio.sleep(0)
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    assert not tasks[1].done()
    outcome._resolve("there")
    assert await asyncio.gather(*tasks[1:], waiting, outcome) == ["there"] * 4
    assert not outcome._steps
    assert "Outcome" in repr(tasks[0])


async def test_failed_outcome_raises_in_each_of_its_tasks():
    outcome = Outcome()
    waiting = asyncio.gather(*[asyncio.create_task(outcome) for _ in range(2)], return_exceptions=True)
    await asyncio.sleep(0)
    outcome._reject(ValueError("so"))
    assert [str(error) for error in await waiting] == ["so", "so"]


async def test_cancelled_task_group_does_not_cancel_an_outcome():
    outcome = Outcome()
    tasks = []

    async def group_that_fails():
        async with asyncio.TaskGroup() as group:
            tasks.append(group.create_task(outcome))
            await asyncio.sleep(0)
            raise ValueError

    with pytest.raises(ExceptionGroup):
        await group_that_fails()
    assert tasks[0].cancelled()
    outcome._resolve(1)
    assert await outcome == 1


async def test_outcome_that_is_never_awaited_gives_no_warning(loop_errors):
    async def fail():
        raise ValueError("so")

    def collected():
        gc.collect()
        return loop_errors

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        Outcome()
        Outcome()._reject(ValueError("so"))
        asyncio.iscoroutine(Outcome._of(1))
        running = Outcome._running(fail())
        await until(running.done)
        del running
        # A plain coroutine and a plain future give one each.
        fail()
        asyncio.get_running_loop().create_future().set_exception(ValueError("a future"))
        await until(collected)
    assert [str(warning.message).split("'")[-2:] for warning in said] == [
        [f"{fail.__qualname__}", " was never awaited"]
    ]
    assert [str(error["exception"]) for error in loop_errors] == ["a future"]


CLASSES = [
    thing
    for thing in vars(errors).values()
    if isinstance(thing, type) and issubclass(thing, MediaError) and thing is not errors.HoldingError
]


def state(error):
    return type(error), error.name, str(error), error.args, error.__dict__


@pytest.mark.core
@pytest.mark.parametrize("kind", CLASSES)
async def test_errors_can_be_pickled_and_copied(kind):
    error = kind("what happened")
    if kind is errors.OverconstrainedError:
        error = kind("what happened", "width")
    if kind is errors.UnknownError:
        error = kind("what happened", "DataError")
    error.add_note("a note")
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert state(pickle.loads(pickle.dumps(error, protocol))) == state(error)
    assert state(copy.copy(error)) == state(copy.deepcopy(error)) == state(error)
    assert copy.copy(error) is not error


@pytest.mark.core
async def test_pickled_error_leaves_its_recording_behind():
    recording = Recording.from_bytes(b"abc", "audio/webm")
    error = RecordingError("the take failed", recording)
    [copied] = copy.deepcopy([error])
    assert copied is not error
    assert copied.recording is copy.copy(error).recording is recording
    revived = pickle.loads(pickle.dumps(error))
    assert (str(revived), revived.recording) == ("the take failed", None)
    assert copy.deepcopy(recording) is copy.copy(recording) is recording
    with pytest.raises(TypeError, match=r"pickle the result of `await bytes\(\)`"):
        pickle.dumps(recording)
