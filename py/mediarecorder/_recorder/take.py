"""One take, from `start()` to its end: the state machine.

    RUNNING ──── stop(), tracks ended, or the browser ended it ────▶ ENDING
    RUNNING ──── stop() in a page that was busy ───────────────────▶ HANDING_OVER
    HANDING_OVER ── what waited has come, or the browser ended it ─▶ ENDING
    ENDING ───── `stop` came, after a last chunk with data ────────▶ OVER
    ENDING ───── `stop` came, the last chunk empty or not there ───▶ LOOKING_AGAIN
    ENDING ───── nothing more comes (STOP_TIMEOUT_TICKS) ──────────▶ OVER
    LOOKING_AGAIN ── nothing more comes (LAST_LOOK) ───────────────▶ OVER

(Where the take goes to disk, it is SAVING before it is OVER, until all is written.)

Why it is more than "wait for `stop`":

- In Chromium encoded data waits as tasks of the page's thread, and the browser's `stop()` drops those. So
  after Python (or a script) kept the thread busy, `stop()` pauses the browser's recorder at the call, and
  stops it when `pause` is fired: by then all that had waited has been handed over.
- It drops what its encoder of pictures still holds, too: a take to be drained is asked for data until there
  is none, and goes on until its first picture, without which the file has nothing but a head.
- Firefox can deliver data *after* `stop`; the chunk before `stop` is empty then. So the take looks once
  more, and `stop` reaches the user's handlers when everything is there.
- Chromium leaves a recorder with sound in ``recording``, without any event, when the device goes. So the
  take watches its tracks, and stops the recorder itself when all have ended.
- An event that never comes must hang nobody. While the take lives a slow tick runs, and after its end
  there is a limit to the silence.

Whichever way a take ends, `_finish` settles everything that anyone still waits for, once, and destroys
the take's proxies. Chunks are kept elsewhere (sinks.py), in the browser without a call into Python,
which hears of each only when somebody in Python listens.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from .._host.browser import create_proxy, is_nullish, js, now, translated
from ..chunk import Chunk
from ..errors import AbortError, InvalidStateError, PageUnavailableError
from ..events import Event
from ..failures import PageLostError, RecordingError
from ..outcome import Outcome
from .recorded_time import RecordedTime, comes_from_the_start
from .sinks import InMemory, InStore
from .turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from ..recording import Recording
    from ..store import RecordingStore
    from .steady import Steady

RUNNING, HANDING_OVER, ENDING = "running", "handing over", "ending"
LOOKING_AGAIN, SAVING, OVER = "looking again", "saving", "over"

TICK = 0.25
"""Seconds between two looks at the tracks and at the browser's state."""
HAND_OVER_TICKS = 4
"""Ticks without an event after which `stop()` waits no longer for what a busy page held back: 1 s. A take to
be drained waits for its first picture as long as for the last (STOP_TIMEOUT_TICKS)."""
DRAINED, DRAINED_WHEN_LATE = 3, 8
"""Ticks without data after which an encoder has delivered everything; the second, once it was late."""
DRAIN_TIMEOUT = 30.0
"""Seconds that it gets for that."""
AFTER_DATA_TICKS = 2
"""Ticks without an event after which an ending take that has its last data needs no `stop` any more."""
STOP_TIMEOUT_TICKS = 20
"""Ticks without any event at all after which an ending take is given up: 5 s. An encoder that lags behind
on a busy machine takes its time, and what it still holds is worth waiting for."""
LAST_LOOK = 0.02
"""Seconds between two looks for data after `stop`. Firefox took at most 0.6 ms in 45 takes of 3,000."""
LAST_LOOKS = 2
"""So many looks in a row must find nothing new after an empty last chunk."""
LAST_LOOKS_FOR_ALL = 25
"""The same when no chunk at all came between the end and `stop`: every browser owes one."""

TOGETHER = 1.5
"""Milliseconds between the time stamps of two events fired in one go; Firefox rounds them to one."""

log = logging.getLogger("mediarecorder")

_living: set[Take] = set()
"""Takes under way. They must outlive a recorder that nobody holds any more."""


class Take:
    """One run of one browser recorder.

    Parameters
    ----------
    js_recorder
        An inactive recorder of the browser, used for this take only.
    notify
        Called with this take and each `Event` it hears of.
    store
        Where its chunks go; without one they stay in memory.
    steady
        What the browser's recorder has in place of the user's stream, if it does; closed with the take.
    """

    def __init__(
        self,
        js_recorder: Any,
        notify: Callable[[Take, Event], None],
        store: RecordingStore | None = None,
        steady: Steady | None = None,
    ) -> None:
        self.js = js_recorder
        self.phase = RUNNING
        self._time = RecordedTime(now())
        self.finished: Outcome[Recording] = Outcome()
        self.recording: Recording | None = None
        self._notify = notify
        self._tracks = list((steady.js_source if steady else js_recorder.stream).getTracks())
        self._steady = steady
        self._chunks: InMemory | InStore
        if store is None:
            self._chunks = InMemory()
        else:
            self._chunks = InStore(store, lambda: self.duration, self._store_failed)
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
        self._data_proxy: Any = None

    # The verbs. Each acts at once and returns what its event will settle.

    def start(self, timeslice: float | None) -> Outcome[None]:
        self._started_at = time.time()
        self._sliced = timeslice is not None
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
                # Beyond 31 bits Chromium takes it for 0, which is a flood of chunks.
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

    def request_data(self) -> Outcome[Chunk]:
        self.listen_to_data()
        with translated("request_data"):
            self.js.requestData()
        request: Outcome[Chunk] = Outcome()
        self._requests.append(request)
        return request

    def stop(self, *, drain: bool = False) -> Outcome[Recording]:
        self._draining = drain and self._sliced
        nothing_yet = drain and self._expected["start"]
        self._patience = STOP_TIMEOUT_TICKS if nothing_yet else HAND_OVER_TICKS
        late = self._draining or self._turns.busy or nothing_yet
        self._awaited = self._handed_over_at() if late else ""
        if self._awaited or self._draining:
            self.phase, self._quiet, self._ended_at = HANDING_OVER, 0, now()
        if not self._awaited:
            self._handed_over() if self._draining else self._stop_now()
        return self.finished

    def _handed_over(self) -> None:
        if self.phase != HANDING_OVER:
            return  # the browser has ended it meanwhile
        if not self._draining:
            self._stop_now()
        elif self.js.state == "recording":  # it had to go on until the first picture
            self._awaited = "own pause"
            self.js.pause()
        else:
            self._awaited, self._quiet, self._enough = "data", 0, DRAINED
            self._drained = self._chunks.size
            self.js.requestData()

    def _drain(self) -> None:
        """Ask for data until for a while there is none: nothing tells how much the encoder still holds."""
        size, late = self._chunks.size, self._quiet > 0
        if size > self._drained:
            self._quiet, self._enough = 0, DRAINED_WHEN_LATE if late else self._enough
        self._drained = size
        self._quiet += 1
        if self._quiet > self._enough or now() - self._ended_at > DRAIN_TIMEOUT:
            self._stop_now()
        else:
            self.js.requestData()

    def _stop_now(self) -> None:
        with translated("stop"):
            self.js.stop()
        self._looked_at = self._chunks.count
        self._end()

    def _handed_over_at(self) -> str:
        """The event by which all will have been handed over. It goes on recording only where no picture has
        come yet: Chromium makes nothing of the sound before the first one."""
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

    # What there is so far.

    @property
    def state(self) -> Literal["inactive", "recording", "paused"]:
        """The browser's, but ``"inactive"`` from `stop()` on, even while that hands over what waited."""
        return "inactive" if self.phase == HANDING_OVER else self.js.state

    @property
    def duration(self) -> float:
        return self._time.so_far(now() if self.phase == RUNNING else self._ended_at)

    @property
    def size(self) -> int:
        return self._chunks.size

    def listen_to_data(self) -> None:
        """From now on Python hears of each chunk too, as long as the take lasts."""
        if self._data_proxy is None and self.phase not in (SAVING, OVER):
            self._data_proxy = create_proxy(self._data)
            self.js.addEventListener("dataavailable", self._data_proxy)

    def follow(self) -> deque[Chunk]:
        """Chunks are put in here as they come, until `unfollow`; at first it has those that are in memory."""
        self.listen_to_data()
        follower = deque(self._chunks.earlier())
        self._followers.append(follower)
        return follower

    def unfollow(self, follower: deque[Chunk]) -> None:
        # (Not by `remove`, which would take another that is equal.)
        self._followers = [other for other in self._followers if other is not follower]

    def news(self) -> Outcome[None]:
        """Settles at the next chunk or at the end of the take."""
        if self._news is None:
            self._news = Outcome()
        return self._news

    def _tell_news(self) -> None:
        news, self._news = self._news, None
        if news:
            news._resolve(None)

    # What the browser says.

    def _heard(self, js_event: Any = None) -> None:
        """All events of recorder and tracks but those with data, and without an event the tick."""
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
            if self.js.state != "inactive":  # the browser owes a `stop` and does not seem to know
                self.js.stop()
        elif type == "pause" and self._awaited == "own pause" and not self._expected["pause"]:
            self._handed_over()  # of this pause nobody else knows
        else:
            getattr(self._time, type)(self._began(js_event, at) if type == "start" else at)
            # Taken first: a verb called by a handler waits for the next event.
            waiting = self._expected[type]
            outcome = waiting.popleft() if waiting and not self._error else None
            self._notify(self, Event(type, js_event))
            if outcome:
                outcome._resolve(None)
            if type == self._awaited and not waiting:
                self._handed_over()

    def _began(self, js_event: Any, at: float) -> float:
        """When that begins which is recorded, on the clock of events; `start` itself may be late.

        Chromium (whose events have a `timecode`) records from the call on, and fires `start` with the first
        encoded data: later while the page is busy. But a picture alone begins with its first frame.
        Firefox records from when the page's thread next turns to another task.
        static/library/bridge/session.js says the same to workers.
        """
        told: Any = getattr(js_event, "began", None)
        if not is_nullish(told):
            return float(told) / 1000
        if not js.Reflect.has(js.BlobEvent.prototype, "timecode"):
            return self._turns.first
        return 0.0 if any(map(comes_from_the_start, self._tracks)) else at

    def _data(self, js_event: Any) -> None:
        """A chunk came. (There can be hundreds in a second: nothing is made here that nobody waits for.)"""
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
        """Since the end began as many chunks came as the browser owed, and the last one holds data and
        was fired together with `stop`: it is no slice that was still on its way."""
        if self._chunks.count < self._count_at_end + self._owed:
            return False
        size, at = self._chunks.last
        return size > 0 and 1000 * self._stopped_at - at <= TOGETHER

    def _tick(self) -> None:
        """Look for what the browser does not say."""
        count = self._chunks.count
        if self.phase == RUNNING:
            self._watch_tracks()
            if self.js.state == "inactive":
                self._end()
            self._looked_at = count
            return
        if self.phase == HANDING_OVER and self._awaited == "data" and self.js.state != "inactive":
            self._drain()
            return
        if count != self._looked_at:  # chunks are not heard of, they are counted
            self._looked_at, self._quiet = count, 0
            return
        self._quiet += 1
        if self.phase == HANDING_OVER:
            if self.js.state == "inactive":
                self._end()
            elif self._quiet >= self._patience:
                self._stop_now()
        elif self.phase == LOOKING_AGAIN:
            if self._quiet >= (LAST_LOOKS if count > self._count_at_end else LAST_LOOKS_FOR_ALL):
                self._finish()
        elif self._quiet >= (AFTER_DATA_TICKS if count > self._count_at_end else STOP_TIMEOUT_TICKS):
            log.warning("The browser fired no `stop`; the take is closed with %d chunks.", count)
            self._finish()

    def _watch_tracks(self) -> None:
        if (
            self.phase == RUNNING
            and self.js.state != "inactive"
            and all(track.readyState == "ended" for track in self._tracks)
        ):
            log.info("All tracks have ended; the recorder is stopped.")
            self.stop()

    # The end.

    def _end(self) -> None:
        """The browser has stopped, or is about to: from now on silence has a limit."""
        if self.phase in (RUNNING, HANDING_OVER):
            if self.phase == RUNNING:
                self._ended_at = now()
            self.phase = ENDING
            self._quiet = 0
            # Of an end that the browser brought about, the tick may hear after its data.
            self._count_at_end = self._looked_at
            self._owed = len(self._requests) + 1

    def _finish(self) -> None:
        """All data has come; what is left is to keep it."""
        self.phase = SAVING
        self._release()
        at = self._stopped_at if self._stop_event and not self._awaited else self._ended_at
        self._time.stop(at, anything=self._chunks.anything)
        self._chunks.finish(str(self.js.mimeType), self.duration, self._started_at, self._conclude)

    def _conclude(self, recording: Recording | None, error: Exception | None) -> None:
        self.phase = OVER
        _living.discard(self)
        self.recording = recording
        self._error = self._error or error
        failure = self._failure()
        self._notify(self, Event("stop", self._stop_event))
        for outcomes in self._expected.values():
            for outcome in outcomes:
                outcome._reject(failure) if failure else outcome._resolve(None)
        for request in self._requests:
            request._reject(failure or AbortError("request_data: the take ended before another chunk came"))
        self._tell_news()
        if failure:
            self.finished._reject(failure)
        elif recording:
            self.finished._resolve(recording)
        self._notify = _nobody  # the recorder holds this take: both would wait for a collection

    def _store_failed(self, error: Exception) -> None:
        """The store takes no more: the take ends, and what is written is kept."""
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
            f"The take ended with an error; what was recorded until then is in .recording. {self._error}",
            self.recording,
        )
        failure.__cause__ = self._error
        return failure

    def _tick_every(self, seconds: float) -> None:
        js.clearInterval(self._timer)
        self._timer = js.setInterval(self._proxy, seconds * 1000)

    def _release(self) -> None:
        """Nothing of the browser's knows this take any more."""
        js.clearInterval(self._timer)
        self._turns.close()
        self.js.removeEventListener("dataavailable", self._gather)
        for type in ("start", "pause", "resume", "error", "stop"):
            self.js.removeEventListener(type, self._proxy)
        if self._data_proxy is not None:
            self.js.removeEventListener("dataavailable", self._data_proxy)
            self._data_proxy.destroy()
        for track in self._tracks:
            track.removeEventListener("ended", self._proxy)
        self._proxy.destroy()
        self._chunks.release()
        if self._steady is not None:
            self._steady.close()


def _nobody(take: Take, event: Event) -> None:
    """Nothing happens any more that could be told."""


def refuse_inactive(doing: str, take: Take | None) -> InvalidStateError:
    """What a verb says on an inactive recorder."""
    if take is None:
        hint = "It was never started."
    elif take.phase != OVER:
        hint = "The take is ending; await recorder.finished, and recorder.recording holds it."
    else:
        hint = "The last take is over; recorder.recording holds it."
    return InvalidStateError(f"{doing}: the recorder is inactive. {hint}")
