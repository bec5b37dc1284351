"""Handlers: registered, unregistered, failing, asynchronous."""

import asyncio

import pytest

from mediarecorder import Event, MediaRecorder


async def take(recorder):
    await recorder.start()
    return await recorder.stop()


@pytest.mark.core
async def test_calling_a_subscription_unregisters(recorder):
    heard = []
    subscription = recorder.on("stop", heard.append)
    await take(recorder)
    subscription()
    subscription()
    await take(recorder)
    assert len(heard) == 1


async def test_leaving_a_with_block_unregisters(recorder):
    heard = []
    with recorder.on("stop", heard.append):
        await take(recorder)
    await take(recorder)
    assert len(heard) == 1


async def test_on_as_a_decorator_returns_the_function(recorder):
    heard = []

    @recorder.on("stop")
    def stopped(event):
        heard.append(event)

    await take(recorder)
    stopped(None)
    assert len(heard) == 2


@pytest.mark.core
async def test_handler_attributes_of_mdn_work(recorder):
    heard = []
    recorder.onstop = heard.append
    assert recorder.onstop == heard.append
    await take(recorder)
    recorder.onstop = lambda event: heard.append("second")
    await take(recorder)
    recorder.onstop = None
    assert recorder.onstop is None
    await take(recorder)
    assert [heard[0].type, *heard[1:]] == ["stop", "second"]


@pytest.mark.core
async def test_event_has_its_properties(recorder):
    events = []
    recorder.on("dataavailable", events.append)
    recording = await take(recorder)
    [event] = events
    assert isinstance(event, Event)
    assert event.type == "dataavailable"
    assert event.data.size == recording.size
    assert event.data is event.data
    assert event.error is None
    assert event.js.type == "dataavailable"
    assert event.timecode is None or event.timecode >= 0
    assert repr(event) == "<Event 'dataavailable'>"


async def test_handlers_are_called_in_the_order_of_registration(recorder):
    order = []
    for name in "abc":
        recorder.on("stop", lambda event, name=name: order.append(name))
    await take(recorder)
    assert order == ["a", "b", "c"]


async def test_handler_unregistered_by_another_is_not_called(recorder):
    heard = []
    recorder.on("stop", lambda event: second())
    second = recorder.on("stop", heard.append)
    await take(recorder)
    assert heard == []


@pytest.mark.core
async def test_handler_errors_go_to_the_loop_and_do_no_harm(recorder, loop_errors):
    heard = []

    @recorder.on("dataavailable")
    def fail(event):
        raise KeyError("mine")

    recorder.on("dataavailable", heard.append)
    recording = await take(recorder)
    assert recording.size > 0
    assert len(heard) == 1
    assert [type(context["exception"]) for context in loop_errors] == [KeyError]


@pytest.mark.core
async def test_coroutine_function_runs_as_a_task_in_event_order(recorder):
    order = []
    may_end, done = asyncio.Event(), asyncio.Event()

    @recorder.on("dataavailable")
    async def data(event):
        order.append("data")

    @recorder.on("stop")
    async def stopped(event):
        order.append("stop")
        await may_end.wait()
        done.set()

    await take(recorder)
    may_end.set()  # the take has not waited for it
    await done.wait()
    assert order == ["data", "stop"]


async def test_failing_coroutine_is_reported_once(recorder, loop_errors):
    failed = asyncio.Event()

    @recorder.on("stop")
    async def fail(event):
        failed.set()
        raise KeyError("mine")

    await take(recorder)
    await failed.wait()
    await asyncio.sleep(0)
    assert [type(context["exception"]) for context in loop_errors] == [KeyError]


@pytest.mark.parametrize(
    ("type", "error"), [("stopped", ValueError), ("", ValueError), (5, TypeError), (None, TypeError)]
)
def test_unknown_events_are_rejected(recorder, type, error):
    with pytest.raises(error):
        recorder.on(type, print)
    with pytest.raises(TypeError, match="callable"):
        recorder.on("stop", "print")


async def test_error_about_an_unknown_event_lists_all_events(microphone):
    with pytest.raises(ValueError, match="ended, mute, unmute"):
        microphone.tracks[0].on("stop", print)
    with pytest.raises(ValueError, match="addtrack"):
        microphone.on("ended", print)


@pytest.mark.lane("chromium", "chromium-pyodide-0.27")
async def test_ended_fires_once_and_unregisters(microphone):
    """(A script's own events do not reach the listeners of a track in Firefox.)"""
    import js

    heard = []
    [track] = microphone.tracks
    track.on("ended", lambda event: heard.append(event.type))
    track.js.dispatchEvent(js.Event.new("ended"))
    track.js.dispatchEvent(js.Event.new("ended"))
    assert heard == ["ended"]


async def test_take_can_be_stopped_in_its_own_handler(microphone):
    recorder = MediaRecorder(microphone)
    recorder.on("start", lambda event: recorder.stop())
    recorder.start()
    assert (await recorder.finished) is recorder.recording


async def test_next_take_can_be_started_in_the_stop_handler(recorder):
    takes = []

    @recorder.on("stop")
    def again(event):
        takes.append(recorder.recording)
        if len(takes) < 3:
            recorder.start()
            recorder.stop()

    recorder.start()
    await recorder.stop()
    while len(takes) < 3:
        await recorder.finished
    assert len(set(map(id, takes))) == 3


@pytest.mark.parametrize("error", [asyncio.CancelledError, SystemExit, KeyboardInterrupt, GeneratorExit])
async def test_no_exception_of_a_handler_harms_the_take(recorder, loop_errors, error):
    def fail(event):
        raise error

    for type in ("start", "dataavailable", "stop"):
        recorder.on(type, fail)
    assert (await take(recorder)).size > 0
    assert [builtin for builtin in loop_errors if not isinstance(builtin["exception"], error)] == []
    assert len(loop_errors) == 3


async def test_failed_outcome_returned_by_a_handler_is_not_reported(both):
    from mediarecorder import RecordingError

    recorder = MediaRecorder(both)
    recorder.on("pause", lambda event: recorder.finished)
    await recorder.start()
    await recorder.pause()
    both.remove_track(both.audio_tracks[0])
    with pytest.raises(RecordingError):
        await recorder.finished


async def test_request_made_by_a_handler_waits_for_the_next_chunk(recorder):
    requests, sizes = [], []

    @recorder.on("dataavailable")
    def heard(event):
        sizes.append(event.data.size)
        if len(sizes) == 1:
            requests.append(recorder.request_data())

    await recorder.start()
    await recorder.request_data()
    chunk = await requests[0]
    assert chunk.size == sizes[1]
    assert len(sizes) == 2


async def test_handler_registered_between_takes_gets_the_first_takes_data(recorder):
    await recorder.start()
    first = recorder.stop()
    recorder.start()
    sizes = []
    recorder.on("dataavailable", lambda event: sizes.append(event.data.size))
    recording = await first
    assert sizes[0] == recording.size
    await recorder.stop()


def test_unknown_handler_attributes_are_rejected(recorder, microphone):
    with pytest.raises(AttributeError, match="dataavailable"):
        recorder.onfoo = print
    with pytest.raises(AttributeError, match="ended"):
        microphone.tracks[0].onstop = print


async def test_unregistering_clears_the_handler_attribute(microphone):
    [track] = microphone.tracks
    track.onended = print
    assert track.onended is print
    track.stop()
    assert track.onended is None
