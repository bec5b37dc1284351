"""How much a take has recorded."""

from __future__ import annotations

from math import inf
from typing import Any

from .._host.browser import is_nullish


def comes_from_the_start(js_track: Any) -> bool:
    """Whether a track gives something as soon as it is recorded: a sound, a device, a screen.

    Pictures of a canvas or a connection come when they come.
    """
    settings = js_track.getSettings()
    source = (getattr(settings, name, None) for name in ("groupId", "displaySurface"))
    return js_track.kind == "audio" or not all(map(is_nullish, source))


class RecordedTime:
    """Seconds recorded so far, fed with the time stamps of the browser's own events.

    Time runs from the call of `start()`. It is told once ``start`` was fired, which says since when there is
    something: Chromium fires it when the first encoded data exists, so ``pause`` can come before it. On a
    stream that gives nothing it never comes; the take has a length then if data came at its end.
    """

    def __init__(self, called: float) -> None:
        self._since: float | None = called
        self._began: float | None = None
        self._spans: list[tuple[float, float]] = []

    def start(self, began: float) -> None:
        """What is recorded begins at `began`, which may lie before now."""
        self._began = began

    def pause(self, at: float) -> None:
        if self._since is not None:
            self._spans.append((self._since, at))
            self._since = None

    def resume(self, at: float) -> None:
        if self._since is None:
            self._since = at

    def stop(self, at: float, *, anything: bool) -> None:
        """The end. `anything` says that data came."""
        if self._began is None and anything:
            self._began = -inf
        self.pause(at)

    def so_far(self, now: float) -> float:
        began = self._began
        if began is None:
            return 0.0
        spans = [*self._spans, *([] if self._since is None else [(self._since, now)])]
        return sum(max(0.0, end - max(begin, began)) for begin, end in spans)
