"""The recorder's state machine, tested with random sequences of everything that can happen to a recorder.

Hypothesis draws a sequence of steps. `Driver` performs them one after the other, each by one of its methods,
and a model of the specification predicts the results. The model relies on event_faults.js, whose listeners
receive the browser's events before all others. A failing sequence is shrunk and printed, and fails again.
"""

import asyncio
import gc
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.eventually import until_proxies_are_destroyed

from mediarecorder import (
    AbortError,
    InvalidModificationError,
    InvalidStateError,
    MediaRecorder,
    MediaStream,
    NotSupportedError,
    RecordingError,
    media_devices,
)

TIME_LIMIT = 120
"""Seconds that a sequence may take; anything that has not settled by then counts as hanging."""
LATER = 20
"""A take is checked again after this many takes: nothing may have arrived after its end."""

which = st.integers(0, 7)
"""Selects one of the existing objects, whatever their number."""


def step(name, *arguments):
    return st.tuples(st.just(name), *arguments)


def some(steps, at_most):
    return st.lists(steps, max_size=at_most)


def one(step):
    return step.map(lambda drawn: [drawn])


def joined(*lists):
    return st.tuples(*lists).map(lambda drawn: [each for steps in drawn for each in steps])


START = step("start", st.sampled_from([None, 0.01, 0.02, 0.05]))
VERB = st.one_of(
    START,
    step("pause"),
    step("resume"),
    step("request_data"),
    step("stop"),
)
LOSS = st.one_of(
    step("track_is_stopped", which),
    step("device_is_lost", which),
    step("device_is_lost_silently", which),
    step("all_tracks_are_stopped"),
    step("track_is_removed", which),
    step("track_is_added", which),
    *[step("recorder_fails")] * 3,
)
STEP = st.one_of(
    VERB,
    LOSS,
    step("time_passes", st.sampled_from([0, 0.005, 0.02, 0.08])),
    step("data_comes"),
    step("answers_come"),
    step("fetch_finished"),
    step("listen_to_data"),
    step("a_task_waits", which),
    step("a_task_is_cancelled", which),
    step("garbage_is_collected"),
    step("page_is_busy"),
)
# Steps drawn one by one seldom yield a take with data, and even more seldom another after it.
TAKE = joined(
    one(START),
    some(step("data_comes"), 1),
    some(STEP, 3),
    st.one_of(one(step("stop")), one(step("stop")), joined(some(VERB, 2), one(LOSS), some(VERB, 2))),
)
sequences = given(
    kinds=st.sampled_from(["audio", "video", "audio video"]),
    stored=st.booleans(),
    steps=st.one_of(TAKE, joined(TAKE, TAKE), joined(some(STEP, 1), TAKE, TAKE, some(STEP, 1))),
    # These are rare, because each costs a second or two.
    hidden_at=st.sampled_from([None] * 60 + [0, 1, 2, 3]),
)


class TakeModel:
    """The expected result of one take, from the calls on it and the browser's events."""

    def __init__(self, engine, recorder, log):
        self.engine, self.js, self.log = engine, recorder.js, log
        self.finished = recorder.finished
        self.tracks = list(self.js.stream.getTracks())
        self.state = "recording"
        self.changed = False
        """Whether a track was added or removed during the take, or the recorder was made to fail."""
        self.only_ended_ones_stayed = False
        """Whether the last live track was removed after others of the take had ended: Chromium then ends it
        without an error, Firefox with one."""
        self.stopped = False
        """Whether `stop()` ended it."""
        self.awaitables = {"start": [], "pause": [], "resume": []}
        """For each event, the awaitables that each wait for one, in order."""
        self.requests = []
        """The awaitables of `request_data()`, each with the number of its expected chunk."""

    @property
    def over(self):
        return self.finished.done()

    @property
    def events(self):
        return list(self.log.events)

    @property
    def blobs(self):
        return list(self.log.blobs)

    @property
    def has_lost_its_tracks(self):
        return all(track.readyState == "ended" for track in self.tracks)

    @property
    def goes_on(self):
        """Whether data must arrive. (Chromium delays the pictures until there is sound, even if the
        sound's track ended before.)"""
        live = all(track.readyState == "live" for track in self.tracks)
        return self.state == "recording" and live and not self.changed

    @property
    def must_fail(self):
        """Whether the browser must fire an error. (Chromium compares the tracks when the next data arrives;
        Firefox ignores a track that has ended.)"""
        tracks = list(self.js.stream.getTracks())
        different = [track for track in tracks if track not in self.tracks]
        different += [track for track in self.tracks if track not in tracks]
        return self.state == "recording" and any(track.readyState == "live" for track in different)

    def expect_chunk(self, outcome):
        due = self.log.blobs.length
        if self.requests:
            due = max(due, self.requests[-1][1] + 1)
        self.requests.append((outcome, due))

    @property
    def browsers_state(self):
        """The state of its recorder. (If a busy page stops it, it first delivers the waiting data.)"""
        return "inactive" if self.stopped and not self.over else self.js.state

    def check(self):
        """Checks during the take."""
        state = self.browsers_state
        if self.state != "inactive":
            none_live = all(track.readyState == "ended" for track in self.js.stream.getTracks())
            ended = any(track.readyState == "ended" for track in self.tracks)
            self.only_ended_ones_stayed |= none_live and ended
        if self.state != "inactive" and state == "inactive":
            assert self.changed or self.has_lost_its_tracks, "the take ended without a reason"
            self.state = "inactive"
        assert state == self.state
        events = self.events
        if self.over or "error" in events:
            return
        for type, outcomes in self.awaitables.items():
            fired = events.count(type)
            for number, outcome in enumerate(outcomes):
                assert outcome.done() == (number < fired), f"{type} {number}, of which {fired} were fired"
        for outcome, due in self.requests:
            assert outcome.done() == (due < self.log.blobs.length), f"the request for chunk {due}"

    async def check_end(self, stored):
        """Checks after the take: everything has settled, and every byte exists."""
        import js

        recording, failure = await result_of(self.finished)
        events, blobs = self.events, self.blobs
        if "error" in events:
            assert self.changed, "the take failed without a reason"
            assert isinstance(failure, RecordingError)
            assert isinstance(failure.__cause__, InvalidModificationError)
            recording = failure.recording
        elif failure:
            raise failure
        else:
            unsaid = self.engine == "chromium" and self.only_ended_ones_stayed
            assert self.stopped or self.has_lost_its_tracks or unsaid
        for outcomes in self.awaitables.values():
            for outcome in outcomes:
                assert outcome.done()
                assert await result_of(outcome) in [(None, None), (None, failure)]
        before_the_error = events[: events.index("error")] if failure else events
        in_time = before_the_error.count("dataavailable")
        for outcome, due in self.requests:
            assert outcome.done()
            chunk, error = await result_of(outcome)
            if due < in_time:
                assert chunk.js == blobs[due]
            elif failure:
                assert error is failure
            else:
                assert isinstance(error, AbortError)
        expected = (await js.Blob.new(self.log.blobs).arrayBuffer()).to_bytes()
        data = await recording.bytes()
        assert recording.size == len(data)
        if stored:  # the file has its length and an index as well
            assert recording.size >= len(expected)
            data = b"".join([await chunk.bytes() for chunk in recording.chunks])
        assert data == expected, events
        sizes = [blob.size for blob in blobs if blob.size or not stored]
        assert [chunk.size for chunk in recording.chunks] == sizes
        return recording


class Driver:
    """A recorder, and the steps performed on it."""

    def __init__(self, engine, event_faults, page_probe, source, store, kinds):
        self.engine, self.event_faults, self.page_probe, self.store = engine, event_faults, page_probe, store
        self.spare = [track for track in source.tracks if track.kind in kinds]
        self.stream = MediaStream([track.clone() for track in self.spare])
        self.all_tracks = self.stream.tracks
        page_probe.begin()
        self.recorder = MediaRecorder(self.stream, store=store)
        self.lost = []
        """Tracks that report that they have ended, although the browser disagrees."""
        self.takes = []
        self.given = []
        """All awaitables that the library returned."""
        self.tasks = []
        """Tasks that wait for them, each with its awaitable and whether it was cancelled in time."""
        self.ends, self.errors, self.heard = [], [], []
        self.recorder.on("stop", lambda event: self.ends.append(self.recorder.recording))
        self.recorder.on("error", lambda event: self.errors.append(event.error))

    @property
    def take(self):
        return self.takes[-1] if self.takes else None

    @property
    def inactive(self):
        return self.take is None or self.take.state == "inactive"

    def give(self, outcome):
        self.given.append(outcome)
        return outcome

    def refused(self, verb):
        with pytest.raises(InvalidStateError):
            verb()

    # The verbs

    def start(self, timeslice):
        if not self.inactive:
            self.refused(self.recorder.start)
            return
        if not self.can_be_recorded:
            with pytest.raises(NotSupportedError):
                self.recorder.start(timeslice)
            return
        started = self.give(self.recorder.start(timeslice))
        logs = list(self.event_faults.logs)
        [log] = [each for each in logs if each.recorder == self.recorder.js]
        self.takes.append(TakeModel(self.engine, self.recorder, log))
        self.take.awaitables["start"].append(started)
        assert self.recorder.state == "recording"

    @property
    def can_be_recorded(self):
        tracks = self.stream.tracks
        if all(track.ready_state == "ended" for track in tracks):
            return False
        kinds = [track.kind for track in tracks if track.ready_state == "live"]
        return len(kinds) == len(set(kinds))

    def pause(self):
        self.switch("pause", "paused")

    def resume(self):
        self.switch("resume", "recording")

    def switch(self, name, state):
        verb = getattr(self.recorder, name)
        if self.inactive:
            self.refused(verb)
            return
        there_already = self.take.state == state
        outcome = self.give(verb())
        assert outcome.done() == there_already
        if not there_already:
            self.take.awaitables[name].append(outcome)
        self.take.state = state

    def request_data(self):
        if self.inactive:
            self.refused(self.recorder.request_data)
            return None
        take = self.take
        request = self.recorder.request_data()
        take.expect_chunk(request)
        return self.give(request)

    def stop(self):
        if self.inactive:
            before = self.recorder.recording
            self.refused(self.recorder.stop)
            assert self.recorder.recording is before
            return
        outcome = self.give(self.recorder.stop())
        assert self.recorder.state == "inactive"
        self.take.state = "inactive"
        self.take.stopped = True
        assert self.recorder.finished is outcome is self.take.finished

    def fetch_finished(self):
        if self.take is None:
            self.refused(lambda: self.recorder.finished)
        else:
            assert self.give(self.recorder.finished) is self.take.finished

    # Waiters and listeners

    def a_task_waits(self, number):
        if self.given:
            outcome = self.given[-1 - number % len(self.given)]
            self.tasks.append([asyncio.ensure_future(result_of(outcome)), outcome, False])

    def a_task_is_cancelled(self, number):
        if self.tasks:
            task = self.tasks[number % len(self.tasks)]
            task[2] = task[0].cancel() or task[2]

    def listen_to_data(self):
        since = [take.log.blobs.length for take in self.takes]
        heard = []
        self.recorder.on("dataavailable", lambda event: heard.append((event.js.target, event.data.js)))
        self.heard.append((since, heard))

    # The browser and its devices

    async def time_passes(self, seconds):
        await asyncio.sleep(seconds)

    async def answers_come(self):
        """Wait for every event that the browser must fire during a take."""
        if self.take and self.take.goes_on:
            for outcome in [*self.take.awaitables["start"], self.request_data()]:
                if outcome is not None:
                    await result_of(outcome)

    async def data_comes(self):
        """Wait until there is data, or the take has no reason to go on."""
        while not self.inactive and self.take.goes_on and not self.recorder.size:
            await result_of(self.request_data())
            self.check()
            await asyncio.sleep(0.01)

    def track_is_stopped(self, number):
        if tracks := self.stream.tracks:
            tracks[number % len(tracks)].stop()

    def all_tracks_are_stopped(self):
        self.stream.stop()

    def device_is_lost(self, number):
        """As in Chromium: the track ends and reports it, and a recorder of sound goes on silently."""
        import js

        if track := self.lose_track(number):
            track.dispatchEvent(js.Event.new("ended"))

    def device_is_lost_silently(self, number):
        self.lose_track(number)

    def lose_track(self, number):
        import js

        tracks = [track for track in self.stream.tracks if track.ready_state == "live"]
        if not tracks:
            return None
        track = tracks[number % len(tracks)].js
        js.Object.defineProperty(track, "readyState", js.Object.fromEntries([["value", "ended"]]))
        self.lost.append(track)
        return track

    def track_is_removed(self, number):
        if tracks := self.stream.tracks:
            self.stream.remove_track(tracks[number % len(tracks)])
            self.tracks_were_changed()

    def track_is_added(self, number):
        track = self.spare[number % len(self.spare)].clone()
        self.all_tracks.append(track)
        self.stream.add_track(track)
        self.tracks_were_changed()

    def recorder_fails(self):
        """During a take; browsers deliver requested data before they report changed tracks."""
        import js

        if not self.inactive:
            error = js.DOMException.new("made to fail by a test", "InvalidModificationError")
            options = js.Object.fromEntries([["error", error]])
            self.take.changed = True
            self.take.js.dispatchEvent(js.ErrorEvent.new("error", options))
            assert self.recorder.state == "inactive", "the browser is not left recording"

    def tracks_were_changed(self):
        if not self.inactive:
            self.take.changed = True

    def garbage_is_collected(self):
        gc.collect()

    def page_is_busy(self):
        self.event_faults.keep_busy(80)

    # Invariants

    def check(self):
        recorder, take = self.recorder, self.take
        assert recorder.state == (take.browsers_state if take else recorder.js.state)
        for each in self.takes:
            each.check()
        if take is None:
            assert recorder.state == "inactive"
            assert recorder.size == recorder.duration == 0
        else:
            assert recorder.js == take.js
            assert recorder.size == sum(blob.size for blob in take.blobs)
        assert recorder.recording is (self.ends[-1] if self.ends else None)
        assert len(self.ends) == sum(each.over for each in self.takes)

    async def end(self):
        """The last take ends, by itself if it must, and nothing is left over."""
        take = self.take
        if not (self.inactive or take.has_lost_its_tracks or take.must_fail):
            self.stop()
        recordings = []
        for each in self.takes:
            await result_of(each.finished)
            recordings.append(await each.check_end(self.store is not None))
            each.check()
        self.check()
        assert {id(recording) for recording in recordings} == {id(recording) for recording in self.ends}
        assert [type(error) for error in self.errors] == [InvalidModificationError] * sum(
            take.events.count("error") for take in self.takes
        )
        for outcome in self.given:
            assert outcome.done()
        for task, outcome, cancelled in self.tasks:
            await asyncio.wait([task])
            assert task.cancelled() == cancelled
            assert cancelled or task.result() == await result_of(outcome)
        for since, heard in self.heard:
            for number, take in enumerate(self.takes):
                of_the_take = [blob for target, blob in heard if target == take.js]
                assert of_the_take == take.blobs[since[number] if number < len(since) else 0 :]
        if self.store:
            await self.check_store(recordings)
        self.stream.stop()

    async def check_store(self, recordings):
        found = {stored.id: (stored.state, stored.size) for stored in await self.store.recordings()}
        assert found == {recording.id: ("finished", recording.size) for recording in recordings}

    async def check_proxies(self):
        self.tasks.clear()
        await until_proxies_are_destroyed(self.page_probe)

    def clean_up(self):
        for task, *_ in self.tasks:
            task.cancel()
        for track in self.all_tracks:
            track.stop()


async def result_of(awaitable):
    """Its result and None, or None and its error."""
    try:
        return await awaitable, None
    except Exception as error:
        return None, error


class Deadline:
    """A time limit. (asyncio's timers keep their proxies until their time, even if they are cancelled.)"""

    def __init__(self):
        from pyodide.ffi import create_proxy

        self.proxy = create_proxy(self.is_over)

    def is_over(self):
        self.task.cancel()

    async def wait_for(self, coroutine):
        import js

        self.task = asyncio.ensure_future(coroutine)
        timer = js.setTimeout(self.proxy, TIME_LIMIT * 1000)
        try:
            return await self.task
        except asyncio.CancelledError as error:
            raise AssertionError(f"hangs in {self.doing}") from error
        finally:
            js.clearTimeout(timer)


@pytest.fixture
def deadline():
    deadline = Deadline()
    yield deadline
    deadline.proxy.destroy()


@pytest.fixture
async def source():
    """A microphone and a camera; each sequence gets clones of them."""
    with await media_devices.get_user_media(audio=True, video={"width": 160, "height": 120}) as stream:
        yield stream


class Afterwards:
    """Finished takes, to be checked again later."""

    def __init__(self):
        self.takes = deque()

    def add(self, takes):
        for take in takes:
            self.takes.append((take, take.events))
        while len(self.takes) > LATER:
            self.check()

    def check(self):
        take, events = self.takes.popleft()
        assert take.events == events, "an event arrived after the end of the take"


@pytest.fixture
async def afterwards():
    afterwards = Afterwards()
    yield afterwards
    await asyncio.sleep(0.5)
    while afterwards.takes:
        afterwards.check()


@pytest.fixture
def under_fire(engine, event_faults, page_probe, source, store, deadline, afterwards):
    """``await under_fire(kinds, stored, steps)`` puts a new recorder through a sequence of steps."""

    async def sequence(kinds, stored, steps, hidden_at):
        event_faults.clear()
        gc.collect()
        page_probe.begin()  # not those of earlier tests, whose timers may not have fired yet
        driver = Driver(engine, event_faults, page_probe, source, store if stored else None, kinds)
        try:
            for number, (name, *arguments) in enumerate(steps):
                deadline.doing = f"step {number}, {name}"
                if number == hidden_at:
                    event_faults.hidden = True
                waiting = getattr(driver, name)(*arguments)
                if asyncio.iscoroutine(waiting):
                    await waiting
                driver.check()
            deadline.doing = "the end"
            await driver.end()
            await driver.check_proxies()
            afterwards.add(driver.takes)
        finally:
            driver.clean_up()
            if stored:
                await store.clear()

    return lambda *drawn: deadline.wait_for(sequence(*drawn))


@pytest.mark.page_only("a worker has mirrors of recorders and tracks, which report changes a moment later")
@pytest.mark.firefox_in_soak
@pytest.mark.thorough
@pytest.mark.time_limit(900)
@settings(max_examples=100)
@sequences
async def test_100_sequences_follow_the_model(under_fire, kinds, stored, steps, hidden_at):
    await under_fire(kinds, stored, steps, hidden_at)


@pytest.mark.lane("chromium", "firefox")
@pytest.mark.time_limit(900)
@settings(max_examples=30)
@sequences
async def test_30_sequences_follow_the_model(under_fire, kinds, stored, steps, hidden_at):
    await under_fire(kinds, stored, steps, hidden_at)


@pytest.mark.soak
@pytest.mark.page_only("a worker has mirrors of recorders and tracks, which report changes a moment later")
@pytest.mark.time_limit(3600)
@settings(max_examples=2000)
@sequences
async def test_2000_sequences_follow_the_model(under_fire, kinds, stored, steps, hidden_at):
    await under_fire(kinds, stored, steps, hidden_at)
