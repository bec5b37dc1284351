"""Measure the loudness of a stream."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from ._checks import checked_number
from ._host.bridge import page_services
from ._host.browser import settle
from .errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Level(NamedTuple):
    """Loudness over one interval; 1 is full scale."""

    peak: float
    rms: float


async def levels(js_stream: Any, interval: float) -> AsyncIterator[Level]:
    """See `MediaStream.levels`. All channels are mixed down to one."""
    seconds = checked_number("interval", interval, 0.005)
    if seconds is None:
        raise TypeError("interval must be a number of seconds, not None")
    if not js_stream.getAudioTracks().length:
        raise NotFoundError("levels: the stream has no sound. Open it with audio=True.")
    meter = (await page_services()).meter(js_stream, seconds)
    try:
        await settle(meter, "begin", doing="levels")
        while any(track.readyState == "live" for track in js_stream.getAudioTracks()):
            await asyncio.sleep(seconds)
            level = await settle(meter, "read", doing="levels")
            yield Level(float(level.peak), float(level.rms))
    finally:
        # Nothing is awaited here, so that a loop that ends with `break` closes the meter, too.
        meter.close()
