"""The waveform that runs while sound is heard: a bar for each level, the newest at the right."""

from __future__ import annotations

from collections import deque
from typing import Any

from js import devicePixelRatio, getComputedStyle

STEP, BAR = 4, 2.5
"""Pixels from bar to bar, and of a bar."""
LOWEST = 2
"""The height of a bar in silence, in pixels."""
MARKED = "marked"


class Wave:
    """Draws into a canvas, in the canvas's own colour."""

    def __init__(self, canvas: Any) -> None:
        self._canvas = canvas
        self._context = canvas.getContext("2d")
        self._bars: deque[tuple[float, str]] = deque(maxlen=1000)
        self._marked = False
        canvas.width = 0  # without what another wave has drawn
        self._fit()

    def add(self, peak: float) -> None:
        """The next bar; `peak` is from 0 to 1."""
        bar = (min(1.0, peak) ** 0.6, MARKED if self._marked else getComputedStyle(self._canvas).color)
        self._marked = False
        self._bars.append(bar)
        if not self._fit():
            self._scroll()
            self._draw(bar, 0)

    def mark(self) -> None:
        """Draw the next bar as a marker."""
        self._marked = True

    def _fit(self) -> bool:
        """Follow the canvas's size on the page. Returns whether all was drawn again."""
        ratio = devicePixelRatio
        # (It has no size while it is hidden.)
        size = (
            max(1, round(self._canvas.clientWidth * ratio)),
            max(1, round(self._canvas.clientHeight * ratio)),
        )
        if size == (self._canvas.width, self._canvas.height):
            return False
        self._canvas.width, self._canvas.height = size  # this empties it
        self._ratio = ratio
        for place, bar in enumerate(reversed(self._bars)):
            if place * STEP * ratio > size[0]:
                break
            self._draw(bar, place)
        return True

    def _scroll(self) -> None:
        context = self._context
        context.globalCompositeOperation = "copy"
        context.drawImage(self._canvas, -round(STEP * self._ratio), 0)
        context.globalCompositeOperation = "source-over"

    def _draw(self, bar: tuple[float, str], place: int) -> None:
        part, colour = bar
        width, height = self._canvas.width, self._canvas.height
        marked = colour == MARKED
        long = height if marked else max(LOWEST * self._ratio, part * (height - 4 * self._ratio))
        left = width - (place + 1) * round(STEP * self._ratio)
        self._context.fillStyle = getComputedStyle(self._canvas).outlineColor if marked else colour
        self._context.fillRect(left, (height - long) / 2, BAR * self._ratio, long)
