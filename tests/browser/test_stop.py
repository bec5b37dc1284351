"""`stop()`, point by point as in MDN, "MediaRecorder: stop() method"."""

import asyncio
import gc
import weakref

import pytest

from mediarecorder import InvalidStateError, MediaRecorder, MediaStream

pytestmark = [pytest.mark.core, pytest.mark.every_engine]


async def wait_for_event(recorder, type):
    happened = asyncio.get_running_loop().create_future()
    subscription = recorder.on(type, lambda event: happened.done() or happened.set_result(event))
    try:
        return await happened
    finally:
        subscription()


def log_events(recorder):
    log = []
    for type in recorder.EVENTS:
        recorder.on(type, lambda event: log.append(event.type))
    return log


# 1. Inactive: InvalidStateError from the call itself.


def test_stop_on_a_recorder_never_started_raises_from_the_call(recorder):
    with pytest.raises(InvalidStateError, match="never started"):
        recorder.stop()
    assert recorder.state == "inactive"


async def test_second_stop_raises_while_the_first_still_ends(delivering_recorder):
    first = delivering_recorder.stop()
    with pytest.raises(InvalidStateError, match="ending"):
        delivering_recorder.stop()
    assert (await first).size > 0


async def test_stop_after_the_take_ended_names_the_recording(recording_recorder):
    recording_recorder.stream.stop()
    await recording_recorder.finished
    with pytest.raises(InvalidStateError, match=r"recorder\.recording holds it"):
        recording_recorder.stop()


# 2. State inactive when the call returns.


async def test_state_is_inactive_when_stop_returns(recording_recorder):
    outcome = recording_recorder.stop()
    assert recording_recorder.state == "inactive"
    await outcome


@pytest.mark.page_only("a worker has no button to click")
async def test_bare_stop_works_in_a_synchronous_click_handler(delivering_recorder):
    import js

    button = js.document.createElement("button")
    states = []

    def clicked(event):
        delivering_recorder.stop()
        states.append(delivering_recorder.state)

    button.onclick = clicked
    button.click()
    assert states == ["inactive"]
    assert (await delivering_recorder.finished).size > 0


async def test_bare_stop_of_a_take_that_fails_leaves_no_warning(microphone):
    recorder = MediaRecorder(microphone)
    await recorder.start()
    microphone.remove_track(microphone.tracks[0])
    if recorder.state != "inactive":
        recorder.stop()
    await wait_for_event(recorder, "stop")
    del recorder
    gc.collect()  # any "never retrieved" or "never awaited" would fail this test now


# 3. dataavailable with the rest, then stop.


async def test_handlers_see_dataavailable_and_then_stop(recording_recorder):
    log = log_events(recording_recorder)
    await recording_recorder.stop()
    assert log[-2:] == ["dataavailable", "stop"]
    assert log.count("stop") == 1


async def test_recording_exists_when_the_stop_handler_runs(recording_recorder):
    seen = []
    recording_recorder.on("stop", lambda event: seen.append(recording_recorder.recording))
    recording = await recording_recorder.stop()
    assert seen == [recording]


async def test_last_dataavailable_brings_the_rest(delivering_recorder):
    sizes = []
    delivering_recorder.on("dataavailable", lambda event: sizes.append(event.data.size))
    recording = await delivering_recorder.stop()
    assert sum(sizes) == recording.size > 0


# 4. Every byte; awaited repeatedly, by several tasks; cancelling one waiter cancels nothing else.


async def test_awaitable_returns_one_recording_to_all_waiters(recording_recorder):
    outcome = recording_recorder.stop()
    first, second = await asyncio.gather(outcome, outcome)
    assert first is second is await outcome is recording_recorder.recording


async def test_cancelling_one_waiter_affects_neither_take_nor_others(recording_recorder):
    outcome = recording_recorder.finished

    async def wait():
        return await outcome

    short_waits, patient = asyncio.ensure_future(wait()), asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    short_waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await short_waits
    assert recording_recorder.state == "recording"
    recording = await recording_recorder.stop()
    assert await patient is recording


async def test_stop_can_be_awaited_with_a_timeout(delivering_recorder):
    recording = await asyncio.wait_for(delivering_recorder.stop(), 20)
    assert recording.size > 0


async def test_stop_works_while_paused(delivering_recorder):
    await delivering_recorder.pause()
    recording = await delivering_recorder.stop()
    assert recording.size > 0


async def test_stop_works_before_the_browsers_start_event(recorder):
    started = recorder.start()
    recording = await recorder.stop()
    await started
    assert recorder.recording is recording


async def test_pending_requests_are_settled_by_stop(recording_recorder):
    requests = [recording_recorder.request_data() for _ in range(3)]
    pause = recording_recorder.pause()
    resume = recording_recorder.resume()
    recording = await recording_recorder.stop()
    chunks = [await request for request in requests]
    assert [chunk.size for chunk in chunks] == [chunk.size for chunk in recording.chunks[:3]]
    assert await pause is None
    assert await resume is None


# 5. Takes that end by themselves are in test_end_of_take.py.
# 6. Nothing hangs: there, and in test_rare_orders.py.


@pytest.mark.two_engines_only("it records nothing if it is stopped at once")
async def test_awaitable_alone_keeps_the_ending_take_alive(microphone):
    recorder = MediaRecorder(microphone)
    await recorder.start()
    gone = weakref.ref(recorder)
    outcome = recorder.stop()
    del recorder
    gc.collect()
    recording = await outcome
    assert recording.size > 0
    gc.collect()
    assert gone() is None


@pytest.mark.two_engines_only("it records nothing if it is stopped at once")
async def test_finished_alone_keeps_a_running_take_alive(microphone):
    recorder = MediaRecorder(microphone)
    await recorder.start()
    finished = recorder.finished
    del recorder
    gc.collect()
    microphone.stop()
    assert (await finished).size > 0


# 7. A fresh take.


async def test_stop_and_start_work_without_waiting(recorder):
    recorder.start()
    first = recorder.stop()
    recorder.start()
    assert recorder.state == "recording"
    one = await first
    assert recorder.recording is one
    two = await recorder.stop()
    assert two is recorder.recording is not one


async def test_each_take_has_its_own_browser_recorder(recorder):
    recorder.start()
    first = recorder.js
    await recorder.stop()
    recorder.start()
    assert recorder.js != first


async def test_handlers_apply_to_the_next_take_without_duplicates(recorder):
    log = log_events(recorder)
    for _ in range(2):
        await recorder.start()
        await recorder.stop()
    assert log.count("start") == log.count("stop") == 2


async def test_finished_stays_bound_to_its_take(recorder):
    recorder.start()
    finished = recorder.finished
    one = await recorder.stop()
    recorder.start()
    two = await recorder.stop()
    assert await finished is one
    assert await recorder.finished is two


def test_finished_without_any_take_raises(recorder):
    with pytest.raises(InvalidStateError, match="no take"):
        _ = recorder.finished


@pytest.mark.two_engines_only("it records nothing if it is stopped at once")
async def test_browsers_own_stream_is_accepted(microphone):
    recorder = MediaRecorder(microphone.js)
    assert isinstance(recorder.stream, MediaStream)
    await recorder.start()
    assert (await recorder.stop()).size > 0
