"""The recorded time of a take."""

from __future__ import annotations

from typing import Any

from .._host.browser import is_nullish


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

    def so_far(self, now: float) -> float:
        began = self._began
        if began is None:
            return 0.0
        spans = [*self._spans, *([] if self._since is None else [(self._since, now)])]
        return sum(max(0.0, end - max(begin, began)) for begin, end in spans)
