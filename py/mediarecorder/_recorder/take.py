"""One take, from `start()` to its end: the state machine.

    RUNNING ──── stop(), tracks ended, or the browser ended it ────▶ ENDING
    RUNNING ──── stop() in a page that was busy ───────────────────▶ HANDING_OVER
    HANDING_OVER ── pending data arrived, or the browser ended it ─▶ ENDING
    ENDING ───── `stop` came, and no more data can come ───────────▶ OVER
    ENDING ───── `stop` came, the last chunk empty or missing ─────▶ LOOKING_AGAIN
    ENDING ───── nothing more comes (STOP_TIMEOUT_TICKS) ──────────▶ OVER
    LOOKING_AGAIN ── nothing more comes (LAST_LOOK) ───────────────▶ OVER

(A take that goes to disk is SAVING before it is OVER, until all data is written.)

Why it is more than "wait for `stop`":

- In Chromium, encoded data waits as tasks of the page's thread, and the browser's `stop()` drops those. So
  if Python (or a script) kept the thread busy, `stop()` pauses the browser's recorder at the call, and stops
  it when `pause` fires: by then the recorder has delivered all pending data.
  (quirk: chromium-drops-queued-data-at-stop)
- Chromium also drops pictures that its encoder still holds. To drain a take, the library requests data until
  none comes. The take goes on until its first picture, without which the file would be only a header.
  (quirk: chromium-drops-late-pictures-at-stop)
- WebKit drops the data of up to a second if it is stopped while it is paused. So `stop()` resumes it first.
  (quirk: webkit-drops-data-at-stop-while-paused)
- Firefox can deliver data *after* `stop`; the chunk before `stop` is then empty. So the take checks once
  more, and `stop` reaches the user's handlers when all data has arrived. A browser that made the last chunk
  and the event `stop` before its method `stop()` returned (Chromium) has no more data, so the take is over.
  (quirk: firefox-data-after-stop)
- When the device disappears, Chromium leaves an audio recorder in ``recording`` without any event. So the
  take watches its tracks, and stops the recorder itself when all have ended.
  (quirk: chromium-goes-on-without-its-device)
- An event that never comes must not make a call hang. A slow timer runs during the take, and after its end
  the wait for events has a limit.

However a take ends, `_finish` settles everything that is still waiting, once, and destroys the take's
proxies. The chunks are in a sink (sinks.py): the browser gathers them without calling Python, which is told
about each chunk only if Python code listens.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from math import inf
from typing import TYPE_CHECKING, Any

from .._host.browser import create_proxy, is_nullish, js, now, realm, translated
from .._host.features import is_chromium, is_webkit
from ..errors import AbortError, InvalidStateError, MediaError, PageUnavailableError
from ..events import Chunk, Event
from ..failures import PageLostError, RecordingError
from ..markers import Marker
from ..outcome import Outcome, spawn
from .recorded_time import RecordedTime, Turns, comes_from_the_start
from .sinks import AsWav, InMemory, InStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from ..recording import Recording
    from ..store import RecordingStore
    from .steady import Steady

RUNNING, HANDING_OVER, ENDING = "running", "handing over", "ending"
LOOKING_AGAIN, SAVING, OVER = "looking again", "saving", "over"

BEGINS_WITHIN = 5.0
"""Seconds for which `async with` waits for `start` in Firefox."""
SHORTEST = 0.02
"""The minimum number of seconds between requests for data."""
TICK = 0.25
"""Seconds between checks of the tracks and of the browser's state."""
HAND_OVER_TICKS = 4
"""After this many ticks without an event (1 s), `stop()` no longer waits for data that a busy page held back.
It waits for the first picture as long as for the last (STOP_TIMEOUT_TICKS)."""
DRAINED, DRAINED_WHEN_LATE = 3, 8
"""Ticks without data after which an encoder has delivered everything; the second applies once an
encoder has been late."""
DRAIN_TIMEOUT = 30.0
"""Seconds that the encoder gets to deliver everything."""
NEAR = 0.15
"""Seconds by which the last picture may precede the recorder's clock if the encoder is not late."""
SOON = 0.05
"""Seconds until the next request if the last picture is that near."""
AFTER_DATA_TICKS = 2
"""After this many ticks without an event, an ending take that has its last data no longer waits for
`stop`."""
STOP_TIMEOUT_TICKS = 20
"""After this many ticks without any event (5 s), an ending take stops waiting. An encoder that lags behind on
a busy machine is slow, and the data that it still holds is worth the wait."""
LAST_LOOK = 0.02
"""Seconds between checks for data after `stop`. Firefox delivered such data in 45 of 3,000 takes, at most
0.6 ms late."""
LAST_LOOKS = 2
"""After an empty last chunk, this many checks in a row must find nothing new."""
LAST_LOOKS_FOR_ALL = 25
"""The same, if the browser still owes chunks: one for the end, and one for each pending request."""

TOGETHER = 1.5
"""Milliseconds between the time stamps of two events fired together; Firefox rounds them to one."""

log = logging.getLogger("mediarecorder")

_living: set[Take] = set()
"""Running takes. They must outlive a recorder without references."""


class Take:
    """One run of one browser recorder.

    Parameters
    ----------
    js_recorder
        An inactive recorder of the browser, used for this take only.
    notify
        Called with this take and each `Event`.
    store
        The store for its chunks; without one they stay in memory.
    steady
        The replacement for the user's stream in the browser's recorder, if there is one; closed with the
        take.
    wav
        Whether the recording becomes a WAV.
    upload
        Where a take in a store is uploaded to, as arguments of `Upload`.
    """

    def __init__(
        self,
        js_recorder: Any,
        notify: Callable[[Take, Event], None],
        store: RecordingStore | None = None,
        steady: Steady | None = None,
        wav: bool = False,
        upload: dict[str, Any] | None = None,
    ) -> None:
        self.js = js_recorder
        self.phase = RUNNING
        self._time = RecordedTime(now())
        self.finished: Outcome[Recording] = Outcome()
        self.recording: Recording | None = None
        self._markers: list[Marker] = []
        self._notify = notify
        self._tracks = list((steady.js_source if steady else js_recorder.stream).getTracks())
        self._steady = steady
        self._chunks: InMemory | InStore
        if store is None:
            self._chunks = AsWav(js_recorder) if wav else InMemory()
        else:
            self._chunks = InStore(store, lambda: self.duration, self._store_failed, wav, upload)
        self._followers: list[deque[Chunk]] = []
        self._expected: dict[str, deque[Outcome[None]]] = {
            "start": deque(),
            "pause": deque(),
            "resume": deque(),
        }
        self._requests: deque[Outcome[Chunk]] = deque()
        self._news: Outcome[None] | None = None
        self._error: Exception | None = None
        self._stop_event: Any = None
        self._quiet = 0
        self._looked_at = 0
        self._awaited = ""
        self._draining = False
        self._called_stop = self._resumed_to_stop = False
        self._data_proxy: Any = None

    # The verbs. Each acts at once and returns an outcome that its event will settle.

    def start(self, timeslice: float | None) -> Outcome[None]:
        self._started_at = time.time()
        self._sliced = timeslice is not None
        self._timeslice = max(SHORTEST, timeslice or 0)
        self._in_chromium, self._in_page = is_chromium(), realm() == "page"
        self._asked = None if timeslice is None or self._in_chromium else 0.0
        self._gather = self._chunks.listener
        self.js.addEventListener("dataavailable", self._gather)
        self._proxy = create_proxy(self._heard)
        for type in ("start", "pause", "resume", "error", "stop"):
            self.js.addEventListener(type, self._proxy)
        for track in self._tracks:
            track.addEventListener("ended", self._proxy)
        self._timer = None
        self._turns = Turns()
        try:
            with translated("start"):
                # Chromium treats a timeslice beyond 31 bits as 0, which floods the page with chunks.
                # (quirk: chromium-takes-long-timeslices-for-0)
                self.js.start(*(() if timeslice is None else (min(timeslice * 1000, 2**31 - 1),)))
        except BaseException:
            self._release()
            raise
        self._chunks.begin(self._started_at, str(self.js.mimeType))
        self._tick_every(TICK)
        _living.add(self)
        return self._expect("start")

    def pause(self) -> Outcome[None]:
        if self.js.state == "paused":
            return Outcome._of(None)
        with translated("pause"):
            self.js.pause()
        return self._expect("pause")

    def resume(self) -> Outcome[None]:
        if self.js.state == "recording":
            return Outcome._of(None)
        with translated("resume"):
            self.js.resume()
        return self._expect("resume")

    def mark(self, text: str) -> Marker:
        marker = Marker(self.duration, text)
        self._markers.append(marker)
        self._chunks.mark(self._markers)
        return marker

    def request_data(self) -> Outcome[Chunk]:
        self.listen_to_data()
        with translated("request_data"):
            self.js.requestData()
        request: Outcome[Chunk] = Outcome()
        self._requests.append(request)
        return request

    def stop(self, *, drain: bool = False) -> Outcome[Recording]:
        self._chunks.is_ending = True
        # (quirk: chromium-drops-late-pictures-at-stop)
        drain = drain and self._in_chromium and any(track.kind == "video" for track in self._tracks)
        if self._asked:
            self._tick_every(TICK)
        self._draining = drain
        self._awaited = self._handed_over_at() if drain or self._turns.busy else ""
        self._patience = STOP_TIMEOUT_TICKS if self._awaited == "start" else HAND_OVER_TICKS
        if self._awaited or self._draining:
            self.phase, self._quiet, self._ended_at = HANDING_OVER, 0, now()
        if not self._awaited:
            self._handed_over() if self._draining else self._stop_now()
        return self.finished

    # `async with`.

    async def wait_for_start(self, started: Outcome[None]) -> None:
        """Wait for `start` in Firefox, where a body that keeps the page busy would delay the recorder.

        (quirk: firefox-records-from-the-next-task)
        """
        if not self._in_page or self._in_chromium:
            return
        try:
            await asyncio.wait_for(started, BEGINS_WITHIN)
        except (TimeoutError, MediaError):
            pass  # a stream that delivers nothing yet; the end of the block raises the take's error
        except BaseException:
            if self.state != "inactive":
                self.stop()
            raise

    async def end_block(self, error: BaseException | None) -> None:
        """End the take, and wait for its end. The body's own error takes precedence."""
        if self.state != "inactive":
            self.stop()
        try:
            await self.finished
        except Exception:
            if error is None:
                raise

    def _handed_over(self) -> None:
        if self.phase != HANDING_OVER:
            return  # the browser has ended it in the meantime
        if not self._draining:
            self._stop_now()
        elif self.js.state == "recording":  # it had to continue until the first picture
            self._awaited = "own pause"
            self.js.pause()
        else:
            self._awaited, self._quiet, self._patience = "data", 0, int(DRAIN_TIMEOUT / TICK)
            spawn(self._drain())

    async def _drain(self) -> None:
        """Request data until none comes for a while: nothing reveals how much the encoder still holds.

        A take without a timeslice reads its data. It can end as soon as the last picture is near the
        recorder's clock, and the file gets back its length and cues, which Chromium omits after a request.
        """
        quiet, enough = 0, DRAINED
        whole = None if self._sliced or not isinstance(self._chunks, InMemory) else self._chunks
        try:
            if whole:
                await whole.begin_index(str(self.js.mimeType))
            while self.phase == HANDING_OVER and quiet <= enough and now() - self._ended_at < DRAIN_TIMEOUT:
                size = (await self.request_data()).size
                if size and quiet:
                    enough = DRAINED_WHEN_LATE
                quiet = 0 if size else quiet + 1
                near = whole is not None and self.duration - await whole.indexed() < NEAR
                if near and quiet:
                    break
                await asyncio.sleep(SOON if near else TICK)
        except Exception as error:  # the module cannot be loaded, or the take has ended
            log.info("The take does not wait for data that the encoder still holds. %s", error)
        if self.phase == HANDING_OVER and self.js.state != "inactive":
            self._stop_now()

    def _stop_now(self) -> None:
        with translated("stop"):
            if not self._in_chromium and self.js.state == "paused" and is_webkit():
                # (quirk: webkit-drops-data-at-stop-while-paused)
                self._resumed_to_stop = True
                self.js.resume()
            self.js.stop()
        self._called_stop = True
        self._looked_at = self._chunks.count
        self._end()

    def _handed_over_at(self) -> str:
        """The event after which all pending data has been delivered. Recording continues only if no picture
        has arrived yet: Chromium discards the sound before the first one
        (quirk: chromium-drops-all-beside-an-empty-track)."""
        if self.js.state == "paused":
            return "pause" if self._expected["pause"] else ""
        if self._expected["start"] and any(track.kind == "video" for track in self._tracks):
            return "start"
        with translated("stop"):
            self.js.pause()
        return "own pause"

    def _expect(self, type: str) -> Outcome[None]:
        outcome: Outcome[None] = Outcome()
        self._expected[type].append(outcome)
        return outcome

    # The state so far.

    @property
    def state(self) -> Literal["inactive", "recording", "paused"]:
        """The browser's state, but ``"inactive"`` from `stop()` on, even while pending data is delivered."""
        return "inactive" if self.phase == HANDING_OVER else self.js.state

    @property
    def duration(self) -> float:
        return self._time.so_far(now() if self.phase == RUNNING else self._ended_at)

    @property
    def size(self) -> int:
        return self._chunks.size

    def listen_to_data(self) -> None:
        """Tell Python about each chunk from now on, until the end of the take."""
        if self._data_proxy is None and self.phase not in (SAVING, OVER):
            self._data_proxy = create_proxy(self._data)
            self.js.addEventListener("dataavailable", self._data_proxy)

    def follow(self) -> deque[Chunk]:
        """A queue that receives chunks as they arrive, until `unfollow`. It starts with the chunks in
        memory."""
        self.listen_to_data()
        follower = deque(self._chunks.earlier())
        self._followers.append(follower)
        return follower

    def unfollow(self, follower: deque[Chunk]) -> None:
        # (Not with `remove`, which would remove another queue that is equal.)
        self._followers = [other for other in self._followers if other is not follower]

    def news(self) -> Outcome[None]:
        """An outcome that settles at the next chunk or at the end of the take."""
        if self._news is None:
            self._news = Outcome()
        return self._news

    def _tell_news(self) -> None:
        news, self._news = self._news, None
        if news:
            news._resolve(None)

    # The browser's events.

    def _heard(self, js_event: Any = None) -> None:
        """Handle all events of recorder and tracks except data, and the timer, which has no event."""
        if self.phase == OVER:  # but not released yet
            return
        if js_event is None:
            self._tick()
            return
        self._quiet = 0
        type, at = js_event.type, js_event.timeStamp / 1000
        if type == "ended":
            self._watch_tracks()
        elif type == "stop":
            self._stop_event, self._stopped_at = js_event, at
            self._end()
            if self._rest_has_come():
                self._finish()
            else:
                self.phase = LOOKING_AGAIN
                self._looked_at = self._chunks.count
                self._tick_every(LAST_LOOK)
        elif type == "error":
            event = Event(type, js_event)
            self._error = self._error or event.error
            self._end()
            self._notify(self, event)
            if self.js.state != "inactive":  # the browser should stop after an error, but did not
                self.js.stop()
        elif type == "pause" and self._awaited == "own pause" and not self._expected["pause"]:
            self._handed_over()  # this pause is internal
        elif type == "resume" and self._resumed_to_stop and not self._expected["resume"]:
            pass  # so is this resumption
        else:
            getattr(self._time, type)(self._began(js_event, at) if type == "start" else at)
            # Take it before the handlers run: a verb that a handler calls waits for the next event.
            waiting = self._expected[type]
            outcome = waiting.popleft() if waiting and not self._error else None
            self._notify(self, Event(type, js_event))
            if outcome:
                outcome._resolve(None)
            if type == self._awaited and not waiting:
                self._handed_over()

    def _began(self, js_event: Any, at: float) -> float:
        """When the recorded data begins, on the clock of events; `start` itself may be late.

        Chromium (whose events have a `timecode`) records from the call on, and fires `start` with the first
        encoded data, which is later in a busy page. But a picture without sound begins with its first frame.
        Firefox records from the next task of the page's thread on. static/library/bridge/session.js does the
        same for workers.
        (quirks: chromium-fires-start-with-the-first-data, firefox-records-from-the-next-task)
        """
        told: Any = getattr(js_event, "began", None)
        if not is_nullish(told):
            return float(told) / 1000
        if not js.Reflect.has(js.BlobEvent.prototype, "timecode"):
            return self._turns.first
        return 0.0 if any(map(comes_from_the_start, self._tracks)) else at

    def _data(self, js_event: Any) -> None:
        """Handle a chunk. (There can be hundreds per second, so this creates objects only for waiters.)"""
        self._quiet = 0
        request = self._requests.popleft() if self._requests and not self._error else None
        event = Event("dataavailable", js_event)
        self._notify(self, event)
        if (self._followers or request) and (chunk := event.data):
            for follower in self._followers:
                follower.append(chunk)
            if request:
                request._resolve(chunk)
        if self._news is not None:
            self._tell_news()

    def _rest_has_come(self) -> bool:
        """Whether the browser has delivered all chunks that it owes since the end began, and no more data can
        come: the last one holds data and was fired together with `stop`, or is empty and was made, like
        `stop`, before the browser's method returned. (A chunk fired earlier may belong to a timeslice that
        ended before `stop()`.)"""
        if self._chunks.count < self._count_at_end + self._owed:
            return False
        size, at = self._chunks.last
        stopped_at: float = 1000 * self._stopped_at
        if size == 0:  # (in a worker, the call only posts a message)
            in_the_call = max(at, stopped_at) < 1000 * self._ended_at
            return in_the_call and self._called_stop and self._in_page
        return stopped_at - at <= TOGETHER

    def _tick(self) -> None:
        """Check for changes that the browser does not report."""
        count = self._chunks.count
        if self.phase == RUNNING:
            self._watch_tracks()
            if self.js.state == "inactive":
                self._end()
            elif self._asked and self.js.state == "recording" and now() - self._asked >= self._timeslice:
                self._ask()
            self._looked_at = count
            self._chunks.follow()
            self._chunks.join()
            return
        if count != self._looked_at:  # Python is not told about chunks, so it counts them
            self._looked_at, self._quiet = count, 0
            return
        self._quiet += 1
        if self.phase == HANDING_OVER:
            if self.js.state == "inactive":
                self._end()
            elif self._quiet >= self._patience:
                self._stop_now()
        elif self.phase == LOOKING_AGAIN:
            complete = count >= self._count_at_end + self._owed
            if self._quiet >= (LAST_LOOKS if complete else LAST_LOOKS_FOR_ALL):
                self._finish()
        elif self._quiet >= (AFTER_DATA_TICKS if count > self._count_at_end else STOP_TIMEOUT_TICKS):
            log.warning("The browser fired no `stop`; the take is closed with %d chunks.", count)
            self._finish()

    def _watch_tracks(self) -> None:
        if self.phase != RUNNING or self.js.state == "inactive":
            return
        ended = [track.readyState == "ended" for track in self._tracks]
        if all(ended):
            log.info("All tracks have ended; the recorder is stopped.")
            self.stop()
        elif any(ended) and self._asked == 0:
            self._tick_every(min(TICK, self._timeslice))
            self._ask()

    def _ask(self) -> None:
        """Request a chunk: after one track has ended, Firefox delivers none by itself."""
        self._asked = now()
        self.js.requestData()

    # The end.

    def _end(self) -> None:
        """The browser has stopped, or is about to: from now on the wait for events has a limit."""
        if self.phase in (RUNNING, HANDING_OVER):
            if self.phase == RUNNING:
                self._ended_at = now()
            self.phase = ENDING
            self._quiet = 0
            if self._asked:
                self._tick_every(TICK)
            # If the browser ended the take, the timer may notice that only after the data.
            self._count_at_end = self._looked_at
            self._owed = len(self._requests) + 1

    def _finish(self) -> None:
        """Save the take: all its data has arrived."""
        self.phase = SAVING
        if self._steady is not None:
            self._steady.close()
        # Chromium's data ends at the call, although a busy page fires `stop` later.
        # (quirk: chromium-drops-queued-data-at-stop)
        at_call = self._awaited or (self._called_stop and self._in_chromium)
        at = self._stopped_at if self._stop_event and not at_call else self._ended_at
        if not self._time.begun and self.size:
            self._time.start(-inf)
        self._time.stop(at)
        self._chunks.finish(str(self.js.mimeType), self.duration, self._started_at, self._conclude)
        # The release takes long, so those who await the take resume first.
        self._release() if self.phase == SAVING else asyncio.get_event_loop().call_soon(self._release)

    def _conclude(self, recording: Recording | None, error: Exception | None) -> None:
        self.phase = OVER
        _living.discard(self)
        if recording:
            recording._markers = self._markers
        self.recording = recording
        self._error = self._error or error
        failure = self._failure()
        self._notify(self, Event("stop", self._stop_event))
        for outcomes in self._expected.values():
            for outcome in outcomes:
                outcome._reject(failure) if failure else outcome._resolve(None)
        for request in self._requests:
            request._reject(
                failure or AbortError("request_data: the take ended before another chunk arrived")
            )
        self._tell_news()
        if failure:
            self.finished._reject(failure)
        elif recording:
            self.finished._resolve(recording)
        self._notify = lambda take, event: None  # breaks a reference cycle

    def _store_failed(self, error: Exception) -> None:
        """The store can no longer write: end the take and keep the written data."""
        if self._error is None:
            self._error = error
            self._notify(self, Event("error", error=error))
        if self.js.state != "inactive":
            self.js.stop()
        self._end()

    def _failure(self) -> RecordingError | None:
        if self._error is None:
            return None
        kind = PageLostError if isinstance(self._error, PageUnavailableError) else RecordingError
        failure = kind(
            f"The take ended with an error; .recording holds what was recorded until then. {self._error}",
            self.recording,
        )
        failure.__cause__ = self._error
        return failure

    def _tick_every(self, seconds: float) -> None:
        js.clearInterval(self._timer)
        self._timer = js.setInterval(self._proxy, seconds * 1000)

    def _release(self) -> None:
        """Remove all listeners and timers of this take from the browser."""
        js.clearInterval(self._timer)
        self._turns.close()
        remove = self.js.removeEventListener
        remove("dataavailable", self._gather)
        for type in ("start", "pause", "resume", "error", "stop"):
            remove(type, self._proxy)
        if self._data_proxy is not None:
            remove("dataavailable", self._data_proxy)
            self._data_proxy.destroy()
        for track in self._tracks:
            track.removeEventListener("ended", self._proxy)
        self._proxy.destroy()
        self._chunks.release()


def refuse_inactive(doing: str, take: Take | None) -> InvalidStateError:
    """The error of a verb on an inactive recorder."""
    if take is None:
        hint = "It was never started."
    elif take.phase != OVER:
        hint = "The take is ending; await recorder.finished, and recorder.recording holds it."
    else:
        hint = "The last take is over; recorder.recording holds it."
    return InvalidStateError(f"{doing}: the recorder is inactive. {hint}")
