"""How much a take has recorded."""

from __future__ import annotations


class RecordedTime:
    """Seconds recorded so far, fed with the time stamps of the browser's own events.

    Chromium fires ``start`` late, when the first encoded data exists, and then ``pause`` can come
    before it; where it never comes, time counts from the call of `start()`.
    """

    def __init__(self, called: float) -> None:
        self._called = called
        self._started = self._paused = False
        self._since: float | None = None
        self._sum = 0.0

    def start(self, at: float) -> None:
        self._started = True
        if not self._paused:
            self._since = at

    def pause(self, at: float) -> None:
        self._paused = True
        self._close(at)

    def resume(self, at: float) -> None:
        self._paused = False
        if self._started:
            self._since = at

    def stop(self, at: float, *, anything: bool) -> None:
        """The end. `anything` says that data came, so that a take without ``start`` has a length too."""
        if not self._started and anything and not self._paused:
            self._since = self._called
        self._close(at)

    def so_far(self, now: float) -> float:
        return self._sum + (max(0.0, now - self._since) if self._since is not None else 0.0)

    def _close(self, at: float) -> None:
        self._sum = self.so_far(at)
        self._since = None
