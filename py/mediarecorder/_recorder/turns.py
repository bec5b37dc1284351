"""Whether the page's thread was busy: what recorders encoded meanwhile waits there as tasks."""

from __future__ import annotations

from .._host.browser import js, js_object, now, realm

INTERVAL = 0.02
"""Seconds between two notes of the time."""
BUSY = 0.05
"""Seconds without one after which the thread counts as busy. What waits by then is less than a packet of
sound."""


class Turns:
    """Notes when the page's thread last turned to another task.

    A timer does it without Python: `Object.assign` reads the clock by a getter. In a worker nothing waits.
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
        """When it turned for the first time since this was made, on the clock of events; 0.0 before."""
        return getattr(self._first, "last", 0.0) / 1000

    @property
    def busy(self) -> bool:
        """Whether it has not turned for `BUSY` seconds."""
        return self._timer is not None and now() - self._seen.last / 1000 > BUSY

    def close(self) -> None:
        if self._timer is not None:
            js.clearInterval(self._timer)
