"""A canvas to record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mediarecorder import MediaStream


class Canvas:
    """A canvas of 160 x 120, with nothing drawn on it."""

    def __init__(self) -> None:
        import js

        self.element = js.document.createElement("canvas")
        self.element.width, self.element.height = 160, 120
        self.context = self.element.getContext("2d")

    def draw(self, colour: str) -> None:
        self.context.fillStyle = colour
        self.context.fillRect(0, 0, self.element.width, self.element.height)

    def stream(self, *rate: float) -> MediaStream:
        return MediaStream(self.element.captureStream(*rate))

    @asynccontextmanager
    async def late_stream(self, seconds: float) -> AsyncIterator[MediaStream]:
        """A stream whose first picture comes after this many seconds."""
        drawing = asyncio.ensure_future(self.draw_after(seconds))
        with self.stream() as stream:
            yield stream
        drawing.cancel()

    async def draw_after(self, seconds: float) -> None:
        """After this many seconds, draw ten pictures a second until the task ends."""
        await asyncio.sleep(seconds)
        while True:
            for colour in ("red", "blue"):
                self.draw(colour)
                await asyncio.sleep(0.1)
