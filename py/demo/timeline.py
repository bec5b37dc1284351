"""The waveform in a take's card (static/demo/timeline.js, wavesurfer.js)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from js import URL, Float32Array, document
from pyodide.ffi import create_proxy, to_js
from pyscript import js_import

from mediarecorder import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mediarecorder import Recording

STROKES = 240


class Timeline:
    """The waveform in a card. `await Timeline.of(…)` creates it; `close()` removes it."""

    def __init__(self, js_timeline: Any) -> None:
        self._js = js_timeline
        self._changed: Any = None

    @classmethod
    async def of(cls, recording: Recording, container: Any, player: Any, seconds: float) -> Timeline:
        try:
            strokes = [max(-low, high) for low, high in await recording.waveform(STROKES)]
        except NotFoundError:  # pictures without sound
            strokes = [0.0] * STROKES
        (module,) = await js_import(URL.new("static/demo/timeline.js", document.baseURI).href)
        return cls(module.timeline(container, player, Float32Array.new(to_js(strokes)), seconds))

    def select(self, start: float, end: float, changed: Callable[[float, float], None]) -> None:
        """Show a stretch that can be dragged; `changed` receives its new start and end."""
        self.unselect()
        self._changed = create_proxy(changed)
        self._js.select(start, end, self._changed)

    def move(self, start: float, end: float) -> None:
        self._js.move(start, end)

    def unselect(self) -> None:
        self._js.unselect()
        if self._changed:
            self._changed.destroy()
            self._changed = None

    def close(self) -> None:
        self.unselect()
        self._js.close()
