"""The waveform in a take's row (static/demo/timeline.js, wavesurfer.js)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from js import URL, Float32Array, document
from pyodide.ffi import JsException, create_proxy, to_js
from pyscript import js_import

from mediarecorder import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mediarecorder import Recording

STROKES = 240


class Timeline:
    """The waveform in a row. `await Timeline.of(…)` creates it; `close()` removes it."""

    def __init__(self, js_timeline: Any, dragged: Any) -> None:
        self._js = js_timeline
        self._dragged = dragged

    @classmethod
    async def of(
        cls,
        recording: Recording,
        container: Any,
        player: Any,
        seconds: float,
        dragged: Callable[[float, float], None],
        marks: Iterable[float] = (),
    ) -> Timeline:
        """Draw it; `dragged` receives the start and the end of each part that is selected by dragging."""
        try:
            strokes = [max(-low, high) for low, high in await recording.waveform(STROKES)]
        except NotFoundError:  # pictures without sound
            strokes = [0.0] * STROKES
        (module,) = await js_import(URL.new("static/demo/timeline.js", document.baseURI).href)
        proxy = create_proxy(dragged)
        numbers = Float32Array.new(to_js(strokes))
        return cls(module.timeline(container, player, numbers, seconds, proxy, to_js(list(marks))), proxy)

    def select(self, start: float, end: float) -> None:
        self._js.select(start, end)

    def unselect(self) -> None:
        self._js.unselect()

    async def play(self, start: float, end: float) -> None:
        """Play this part only."""
        with suppress(JsException):  # it was paused at once
            await self._js.play(start, end)

    def close(self) -> None:
        self._js.close()
        self._dragged.destroy()
