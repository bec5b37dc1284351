"""A GIF of a part of a take (static/demo/gif.js, gifenc)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from js import URL, document
from pyodide.ffi import to_js
from pyscript import js_import

from demo import kept
from mediarecorder import EncodingError
from mediarecorder.media_file import MediaFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.card import Card

LONGEST = 15.0
"""Seconds."""
WIDEST = 480
"""Pixels."""
RATE = 10
"""Pictures a second."""
CUT = "It has the first 15 seconds."


async def made(card: Card, start: float, end: float | None, told: Callable[[float], None]) -> MediaFile:
    """The part of the take as a GIF, or its first 15 seconds."""
    await kept.load_engine()
    (module,) = await js_import(URL.new("static/demo/gif.js", document.baseURI).href)
    until = min(card.seconds if end is None else end, start + LONGEST)
    width = min(WIDEST, int(card.player.videoWidth) or WIDEST)
    gif: Any = None
    wanted = start
    try:
        async for frame in card.recording.frames(width=width, format="rgba", start=start, end=until):
            if frame.timestamp < wanted - 0.01:
                continue
            wanted = max(wanted, frame.timestamp - 0.5 / RATE) + 1 / RATE
            gif = gif or module.gif(frame.width, frame.height)
            await gif.add(to_js(memoryview(frame).cast("B")), frame.timestamp - start)
            told((frame.timestamp - start) / (until - start))
        if gif is None:
            raise EncodingError("gif: this part of the take has no picture")
        return MediaFile(await gif.finish(until - start), "image/gif")
    finally:
        if gif is not None:
            gif.close()
