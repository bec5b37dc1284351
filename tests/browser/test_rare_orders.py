"""Orders of events that browsers produce once in a hundred takes, provoked on real recorders."""

import asyncio

import pytest
from support.eventually import until

from mediarecorder import AbortError, MediaRecorder, RecordingError
from mediarecorder._recorder import sinks


async def bytes_of(log):
    import js

    blob = js.Blob.new(log.blobs)
    return (await blob.arrayBuffer()).to_bytes()


@pytest.fixture
def events(both, event_faults):
    recorder = MediaRecorder(both)
    log = []
    for type in ("dataavailable", "stop"):
        recorder.on(type, lambda event: log.append((event.type, event.data.size if event.data else None)))
    return recorder, log


@pytest.mark.quirk("firefox-data-after-stop")
@pytest.mark.parametrize("rule", ["data after stop", "stop before data"])
@pytest.mark.parametrize("timeslice", [None, 0.02])
async def test_data_after_stop_belongs_to_the_recording(events, event_faults, rule, timeslice):
    recorder, log = events
    await recorder.start(timeslice)
    while recorder.duration < 0.2 or (timeslice and recorder.size == 0):
        await recorder.request_data()
    event_faults.rule = rule
    recording = await recorder.stop()
    assert await recording.bytes() == await bytes_of(event_faults.logs[0])
    assert recording.size > 0
    assert log[-1] == ("stop", None), "handlers get stop last, when all data exists"
    assert sum(size for type, size in log if type == "dataavailable") == recording.size


@pytest.mark.quirk("firefox-data-after-stop")
@pytest.mark.lane("chromium")
@pytest.mark.page_only("in a worker, stop() only posts a message")
async def test_take_ends_with_stop_if_the_browser_made_an_empty_last_chunk_in_the_call(silence, own_listener):
    recorder, ended = MediaRecorder(silence), []
    recorder.start(0.05)
    own_listener(recorder.js, "stop", lambda event: ended.append(outcome.done()))
    outcome = recorder.stop()
    recording = await outcome
    assert recording.chunks[-1].size == 0
    assert ended == [True], "no timer was needed"


@pytest.fixture
def own_listener():
    """``own_listener(target, type, function)`` registers a listener behind the library's, for this test."""
    from pyodide.ffi import create_proxy

    added = []

    def own_listener(target, type, function):
        proxy = create_proxy(function)
        target.addEventListener(type, proxy)
        added.append((target, type, proxy))

    yield own_listener
    for target, type, proxy in added:
        target.removeEventListener(type, proxy)
        proxy.destroy()


async def test_chunks_yields_data_after_stop(events, event_faults):
    recorder, _ = events
    sizes = []
    async for chunk in recorder.chunks(0.05):
        sizes.append(chunk.size)
        if len(sizes) == 3:
            event_faults.rule = "data after stop"
            recorder.stop()
    assert sum(sizes) == recorder.recording.size


async def test_take_ends_without_a_stop_event(events, event_faults):
    recorder, log = events
    await recorder.start()
    event_faults.rule = "no stop"
    recording = await asyncio.wait_for(recorder.stop(), 20)
    assert await recording.bytes() == await bytes_of(event_faults.logs[0])
    assert [type for type, _ in log] == ["dataavailable", "stop"], "handlers still get the end"


async def test_take_with_ended_tracks_ends_without_a_stop_event(events, event_faults):
    recorder, _ = events
    await recorder.start()
    event_faults.rule = "no stop"
    recorder.stream.stop()
    recording = await asyncio.wait_for(recorder.finished, 20)
    assert recording.size > 0


@pytest.mark.thorough
@pytest.mark.firefox_in_soak
async def test_take_ends_without_any_event_after_stop(events, event_faults):
    recorder, _ = events
    await recorder.start(0.05)
    while recorder.size == 0:
        await recorder.request_data()
    event_faults.rule = "nothing after stop()"
    before, seconds = recorder.size, recorder.duration
    recording = await asyncio.wait_for(recorder.stop(), 30)
    assert recording.size == before, "earlier data is kept"
    assert recording.duration == pytest.approx(seconds, abs=2), "the silence is not counted"


@pytest.mark.lane("chromium")
async def test_requests_without_a_chunk_raise_abort_error(events, event_faults):
    recorder, _ = events
    await recorder.start()
    event_faults.rule = "stop without data"
    request = recorder.request_data()
    recording = await recorder.stop()
    assert recording.size == 0
    with pytest.raises(AbortError):
        await request


async def test_take_ends_after_an_error_without_stop(events, event_faults):
    recorder, _ = events
    await recorder.start()
    finished = recorder.finished
    event_faults.fail(recorder.js)
    with pytest.raises(RecordingError) as caught:
        await asyncio.wait_for(finished, 20)
    assert caught.value.recording.size > 0
    assert recorder.state == "inactive", "the browser is not left recording"


async def test_take_ends_when_the_browser_stays_silent_after_device_loss(events, event_faults):
    recorder, _ = events
    await recorder.start()
    event_faults.rule = "nothing after the end of the tracks"
    recorder.stream.stop()
    assert (await asyncio.wait_for(recorder.finished, 20)).size > 0


async def test_events_dispatched_by_a_script_do_no_harm(events):
    import js

    recorder, _ = events
    await recorder.start()
    event = js.Event.new("dataavailable")
    event.data = js.Blob.new(js.Array.of("x"))
    recorder.js.dispatchEvent(event)
    recording = await recorder.stop()
    assert recording.size > 1


@pytest.mark.page_only("a worker has no BlobEvent")
@pytest.mark.parametrize("real", [True, False])
async def test_chunks_that_are_joined_during_the_take_keep_their_order(recorder, real):
    import js

    def fire(numbers):
        for number in numbers:
            data = js.Blob.new(js.Array.of(f"{number},"))
            event = js.BlobEvent.new("dataavailable", data=data) if real else js.Event.new("dataavailable")
            if not real:
                event.data = data
            recorder.js.dispatchEvent(event)

    await recorder.start()
    sink = recorder._take._chunks
    fire(range(2 * sinks.JOINED + 5))
    await until(lambda: sink._joined.length == 2)
    fire(range(2 * sinks.JOINED + 5, 2 * sinks.JOINED + 10))
    recording = await recorder.stop()
    expected = "".join(f"{number}," for number in range(2 * sinks.JOINED + 10)).encode()
    assert (await recording.bytes()).startswith(expected)
    assert recording.size == sum(chunk.size for chunk in recording.chunks) > len(expected)
    assert len(recording.chunks) > 2 * sinks.JOINED + 10


@pytest.mark.thorough
@pytest.mark.lane("chromium")
async def test_takes_work_with_the_slow_timers_of_hidden_pages(events, event_faults):
    recorder, _ = events
    event_faults.hidden = True
    await recorder.start(0.05)
    while recorder.duration < 0.2:
        await recorder.request_data()
    event_faults.rule = "data after stop"
    recording = await asyncio.wait_for(recorder.stop(), 30)
    assert await recording.bytes() == await bytes_of(event_faults.logs[0])
    event_faults.rule = "no stop"
    await recorder.start()
    recorder.stream.stop()
    await asyncio.wait_for(recorder.finished, 30)


async def test_second_of_two_last_chunks_may_come_long_after_stop(events, event_faults):
    recorder, _ = events
    await recorder.start()
    while recorder.duration < 0.2:
        await recorder.request_data()
    event_faults.rule = "second last chunk long after stop"
    request = recorder.request_data()
    recording = await recorder.stop()
    assert await recording.bytes() == await bytes_of(event_faults.logs[0])
    assert (await request).size <= recording.size


async def test_only_chunk_may_come_long_after_stop(events, event_faults):
    recorder, _ = events
    await recorder.start()
    event_faults.rule = "data long after stop"
    recording = await recorder.stop()
    assert await recording.bytes() == await bytes_of(event_faults.logs[0])
    assert recording.size > 0


async def test_duration_does_not_grow_while_a_take_ends(events, event_faults):
    recorder, _ = events
    await recorder.start()
    event_faults.rule = "no stop"
    outcome = recorder.stop()
    stopped = recorder.duration
    await asyncio.sleep(0.3)
    assert recorder.duration == stopped
    assert (await outcome).duration == stopped


async def test_requests_raise_the_error_even_if_data_still_arrives(events, event_faults):
    recorder, _ = events
    await recorder.start()
    request, finished = recorder.request_data(), recorder.finished
    event_faults.fail(recorder.js)
    with pytest.raises(RecordingError) as of_request:
        await request
    with pytest.raises(RecordingError) as of_take:
        await finished
    assert of_request.value is of_take.value
