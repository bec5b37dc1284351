"""The recorded time of a take, and whether the page's thread is busy."""

from __future__ import annotations

from typing import Any

from .._host.browser import is_nullish, js, js_object, now, realm

INTERVAL = 0.02
"""Seconds between readings of the clock."""
BUSY = 0.05
"""The thread counts as busy after this many seconds without a reading. By then less than a packet of sound is
waiting."""


def comes_from_the_start(js_track: Any) -> bool:
    """Whether a track delivers data as soon as recording starts, as sound, devices and screens do.

    Pictures from a canvas or a connection may arrive at any time.
    """
    settings = js_track.getSettings()
    source = (getattr(settings, name, None) for name in ("groupId", "displaySurface"))
    return js_track.kind == "audio" or not all(map(is_nullish, source))


class RecordedTime:
    """Seconds recorded so far, computed from the time stamps of the browser's own events.

    Time counts from the call of `start()`, but is 0 until the ``start`` event, which shows when the data
    begins. Chromium fires ``start`` when the first encoded data exists, so ``pause`` can come before it
    (quirk: chromium-fires-start-with-the-first-data). On a stream that delivers nothing, ``start`` never
    comes; the take then has a duration only if data arrived at its end.
    """

    def __init__(self, called: float) -> None:
        self._since: float | None = called
        self._began: float | None = None
        self._spans: list[tuple[float, float]] = []

    def start(self, began: float) -> None:
        """The recorded data begins at `began`, which may lie in the past."""
        self._began = began

    def pause(self, at: float) -> None:
        if self._since is not None:
            self._spans.append((self._since, at))
            self._since = None

    def resume(self, at: float) -> None:
        if self._since is None:
            self._since = at

    @property
    def begun(self) -> bool:
        """Whether it is known when the data begins."""
        return self._began is not None

    def stop(self, at: float) -> None:
        """End the take."""
        self.pause(at)

    def so_far(self, at: float) -> float:
        began = self._began
        if began is None:
            return 0.0
        spans = [*self._spans, *([] if self._since is None else [(self._since, at)])]
        return sum(max(0.0, end - max(begin, began)) for begin, end in spans)


class Turns:
    """Detects a busy page thread, in which the data that recorders have encoded waits as tasks.

    It records when the page's thread last started another task.

    A timer does this without Python: `Object.assign` reads the clock through a getter. In a worker, no data
    has to wait, so there is no timer.
    """

    def __init__(self) -> None:
        self._timer = None
        if realm() == "worker":
            return
        clock = {"get": js.performance.now.bind(js.performance), "enumerable": True}
        source = js.Object.defineProperty(js.Object.new(), "last", js_object(clock))
        self._seen = js.Object.assign(js.Object.new(), source)
        self._first = js.Object.new()
        js.setTimeout(js.Object.assign.bind(None, self._first, source), 0)
        self._timer = js.setInterval(js.Object.assign.bind(None, self._seen, source), INTERVAL * 1000)

    @property
    def first(self) -> float:
        """The time of the first task since this object was created, on the clock of events; 0.0 before it."""
        return getattr(self._first, "last", 0.0) / 1000

    @property
    def busy(self) -> bool:
        """Whether the thread has started no task for `BUSY` seconds."""
        return self._timer is not None and now() - self._seen.last / 1000 > BUSY

    def close(self) -> None:
        if self._timer is not None:
            js.clearInterval(self._timer)
