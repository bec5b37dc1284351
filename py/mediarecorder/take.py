"""One take, from `start()` to its end: the state machine.

    RUNNING ──── stop(), tracks ended, or the browser ended it ────▶ ENDING
    ENDING ───── `stop` came, after a last chunk with data ────────▶ OVER
    ENDING ───── `stop` came, the last chunk empty or not there ───▶ LOOKING_AGAIN
    ENDING ───── nothing more comes (SILENCE) ─────────────────────▶ OVER
    LOOKING_AGAIN ── nothing more comes (LAST_LOOK) ───────────────▶ OVER

Why it is more than "wait for `stop`":

- Firefox can deliver data *after* `stop`; the chunk before `stop` is empty then. So the take looks once
  more, and `stop` reaches the user's handlers when everything is there.
- Chromium leaves a recorder with sound in ``recording``, without any event, when the device goes. So the
  take watches its tracks, and stops the recorder itself when all have ended.
- An event that never comes must hang nobody. While the take lives a slow tick runs, and after its end
  there is a limit to the silence.

Whichever way a take ends, `_finish` settles everything that anyone still waits for, once, and destroys
the one proxy of the take. Chunks are gathered by the browser itself; Python is called for each only when
somebody in Python listens.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from .browser import JsException, create_proxy, js, native_getter, now, translated
from .chunk import Chunk
from .clock import RecordedTime
from .errors import AbortError, InvalidStateError, PageLostError, PageUnavailableError, RecordingError
from .events import Event
from .outcome import Outcome
from .recording import Recording

if TYPE_CHECKING:
    from collections.abc import Callable

RUNNING, ENDING, LOOKING_AGAIN, OVER = "running", "ending", "looking again", "over"

TICK = 0.25
"""Seconds between two looks at the tracks and at the browser's state."""
SILENCE_AFTER_DATA = 2
"""Ticks without an event after which an ending take that has its last data needs no `stop` any more."""
SILENCE = 20
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
    """

    def __init__(self, js_recorder: Any, notify: Callable[[Take, Event], None]) -> None:
        self.js = js_recorder
        self.phase = RUNNING
        self._time = RecordedTime(now())
        self.finished: Outcome[Recording] = Outcome()
        self.recording: Recording | None = None
        self._notify = notify
        self._tracks = list(js_recorder.stream.getTracks())
        self._events = js.Array.new()
        self._summed = self._size = 0
        self._expected: dict[str, deque[Outcome[None]]] = {
            "start": deque(),
            "pause": deque(),
            "resume": deque(),
        }
        self._requests: deque[Outcome[Chunk]] = deque()
        self._news: Outcome[None] = Outcome()
        self._error: Exception | None = None
        self._stop_event: Any = None
        self._quiet = 0
        self._looked_at = 0
        self._listening_to_data = False

    # The verbs. Each acts at once and returns what its event will settle.

    def start(self, timeslice: float | None) -> Outcome[None]:
        self._started_at = time.time()
        # Only the browser's own functions: a chunk costs no call into Python.
        self._gather = self._events.push.bind(self._events)
        self.js.addEventListener("dataavailable", self._gather)
        self._callback = self._heard
        self._proxy = create_proxy(self._callback)
        for type in ("start", "pause", "resume", "error", "stop"):
            self.js.addEventListener(type, self._proxy)
        for track in self._tracks:
            track.addEventListener("ended", self._proxy)
        self._timer = None
        try:
            with translated("start"):
                # Beyond 31 bits Chromium takes it for 0, which is a flood of chunks.
                self.js.start(*(() if timeslice is None else (min(timeslice * 1000, 2**31 - 1),)))
        except BaseException:
            self._release()
            raise
        self._tick_every(TICK)
        _living.add(self)
        return self._expect("start")

    def pause(self) -> Outcome[None]:
        if self.js.state == "paused":
            return Outcome.of(None)
        with translated("pause"):
            self.js.pause()
        return self._expect("pause")

    def resume(self) -> Outcome[None]:
        if self.js.state == "recording":
            return Outcome.of(None)
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

    def stop(self) -> Outcome[Recording]:
        with translated("stop"):
            self.js.stop()
        self._looked_at = self.chunk_count
        self._end()
        return self.finished

    def _expect(self, type: str) -> Outcome[None]:
        outcome: Outcome[None] = Outcome()
        self._expected[type].append(outcome)
        return outcome

    # What there is so far.

    @property
    def active(self) -> bool:
        """True while the browser's recorder is not inactive."""
        return bool(self.js.state != "inactive")

    @property
    def duration(self) -> float:
        return self._time.so_far(now() if self.phase == RUNNING else self._ended_at)

    @property
    def chunk_count(self) -> int:
        return int(self._events.length)

    def chunk(self, index: int) -> Chunk:
        return Chunk(self._events[index].data)

    @property
    def size(self) -> int:
        count = self.chunk_count
        while self._summed < count:
            self._size += self._events[self._summed].data.size
            self._summed += 1
        return self._size

    def listen_to_data(self) -> None:
        """From now on Python hears of each chunk too, as long as the take lasts."""
        if not self._listening_to_data and self.phase != OVER:
            self._listening_to_data = True
            self.js.addEventListener("dataavailable", self._proxy)

    def news(self) -> Outcome[None]:
        """Settles at the next chunk or at the end of the take."""
        self.listen_to_data()
        return self._news

    # What the browser says.

    def _heard(self, js_event: Any = None) -> None:
        """The one callback: all events of recorder and tracks, and without an event the tick."""
        if js_event is None:
            self._tick()
            return
        self._quiet = 0
        type, at = js_event.type, js_event.timeStamp / 1000
        if type == "ended":
            self._watch_tracks()
        elif type == "stop":
            self._stop_event = js_event
            self._end()
            if self._rest_has_come():
                self._finish()
            else:
                self.phase = LOOKING_AGAIN
                self._looked_at = self.chunk_count
                self._tick_every(LAST_LOOK)
        elif type == "error":
            event = Event(type, js_event)
            self._error = self._error or event.error
            self._end()
            self._notify(self, event)
            if self.active:  # the browser owes a `stop` and does not seem to know
                self.js.stop()
        elif type == "dataavailable":
            self._data(Event(type, js_event))
        else:
            getattr(self._time, type)(at)
            # Taken first: a verb called by a handler waits for the next event.
            waiting = self._expected[type]
            outcome = waiting.popleft() if waiting and not self._error else None
            self._notify(self, Event(type, js_event))
            if outcome:
                outcome.resolve(None)

    def _data(self, event: Event) -> None:
        request = self._requests.popleft() if self._requests and not self._error else None
        self._notify(self, event)
        if request and event.data is not None:
            request.resolve(event.data)
        news, self._news = self._news, Outcome()
        news.resolve(None)

    def _rest_has_come(self) -> bool:
        """Since the end began as many chunks came as the browser owed, and the last one holds data and
        was fired together with `stop`: it is no slice that was still on its way."""
        count = self.chunk_count
        if count < self._count_at_end + self._owed:
            return False
        last = self._events[count - 1]
        return bool(last.data.size > 0 and self._stop_event.timeStamp - last.timeStamp <= TOGETHER)

    def _tick(self) -> None:
        """Look for what the browser does not say."""
        count = self.chunk_count
        if self.phase == RUNNING:
            self._watch_tracks()
            if not self.active:
                self._end()
            self._looked_at = count
            return
        if count != self._looked_at:  # chunks are not heard of, they are counted
            self._looked_at, self._quiet = count, 0
            return
        self._quiet += 1
        if self.phase == LOOKING_AGAIN:
            if self._quiet >= (LAST_LOOKS if count > self._count_at_end else LAST_LOOKS_FOR_ALL):
                self._finish()
        elif self._quiet >= (SILENCE_AFTER_DATA if count > self._count_at_end else SILENCE):
            log.warning("The browser fired no `stop`; the take is closed with %d chunks.", count)
            self._finish()

    def _watch_tracks(self) -> None:
        if (
            self.phase == RUNNING
            and self.active
            and all(track.readyState == "ended" for track in self._tracks)
        ):
            log.info("All tracks have ended; the recorder is stopped.")
            self.stop()

    # The end.

    def _end(self) -> None:
        """The browser has stopped, or is about to: from now on silence has a limit."""
        if self.phase == RUNNING:
            self.phase = ENDING
            self._ended_at = now()
            self._quiet = 0
            # Of an end that the browser brought about, the tick may hear after its data.
            self._count_at_end = self._looked_at
            self._owed = len(self._requests) + 1
            self._tick_every(TICK)

    def _finish(self) -> None:
        self.phase = OVER
        self._release()
        _living.discard(self)
        try:
            self.recording = self._assemble()
        except Exception as error:  # whatever it is, nobody may wait for ever
            self._error = self._error or error
        failure = self._failure()
        self._notify(self, Event("stop", self._stop_event))
        for outcomes in self._expected.values():
            for outcome in outcomes:
                outcome.reject(failure) if failure else outcome.resolve(None)
        for request in self._requests:
            request.reject(failure or AbortError("request_data: the take ended before another chunk came"))
        self._news.resolve(None)
        if failure:
            self.finished.reject(failure)
        elif self.recording:
            self.finished.resolve(self.recording)

    def _assemble(self) -> Recording:
        chunks = self._blobs()
        # Firefox's recorder has forgotten its type by now, and its empty chunks may have none.
        types = (str(self._events[index].data.type) for index in range(self.chunk_count))
        mime_type = next(filter(None, types), "") or str(self.js.mimeType)
        blob = js.Blob.new(chunks, js.Object.fromEntries([["type", mime_type]]))
        at = self._stop_event.timeStamp / 1000 if self._stop_event else self._ended_at
        self._time.stop(at, anything=blob.size > 0)
        return Recording(
            blob, mime_type, duration=self.duration, started_at=self._started_at, js_chunks=chunks
        )

    def _blobs(self) -> Any:
        try:
            return self._events.map(native_getter("BlobEvent", "data"))
        except JsException:  # an event that some script made and dispatched is no real BlobEvent
            return js.Array.of(*(event.data for event in self._events))

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
        self.js.removeEventListener("dataavailable", self._gather)
        for type in ("start", "pause", "resume", "error", "stop", "dataavailable"):
            self.js.removeEventListener(type, self._proxy)
        for track in self._tracks:
            track.removeEventListener("ended", self._proxy)
        self._proxy.destroy()


def refuse_inactive(doing: str, take: Take | None) -> InvalidStateError:
    """What a verb says on an inactive recorder."""
    if take is None:
        hint = "It was never started."
    elif take.phase != OVER:
        hint = "The take is ending; await recorder.finished, and recorder.recording holds it."
    else:
        hint = "The last take is over; recorder.recording holds it."
    return InvalidStateError(f"{doing}: the recorder is inactive. {hint}")
