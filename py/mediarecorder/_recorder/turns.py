"""Detect a busy page thread, in which the data that recorders have encoded waits as tasks."""

from __future__ import annotations

from .._host.browser import js, js_object, now, realm

INTERVAL = 0.02
"""Seconds between readings of the clock."""
BUSY = 0.05
"""The thread counts as busy after this many seconds without a reading. By then less than a packet of sound is
waiting."""


class Turns:
    """Records when the page's thread last started another task.

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
