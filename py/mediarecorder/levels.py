"""How loud a stream is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from .arguments import checked_number
from .browser import js, translated
from .errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .streams import MediaStream


class Level(NamedTuple):
    """Loudness over one interval; 1 is full scale."""

    peak: float
    rms: float


async def levels(stream: MediaStream, interval: float) -> AsyncIterator[Level]:
    """See `MediaStream.levels`. All channels are mixed down to one."""
    seconds = checked_number("interval", interval, 0.005)
    if seconds is None:
        raise TypeError("interval is a number of seconds, not None")
    if not stream.audio_tracks:
        raise NotFoundError("levels: the stream has no sound. Open it with audio=True.")
    with translated("levels"):
        context = js.AudioContext.new()
    try:
        with translated("levels"):
            analyser = context.createAnalyser()
            analyser.fftSize = _window(seconds * context.sampleRate)
            source = context.createMediaStreamSource(stream.js)
            source.connect(analyser)
        samples = js.Float32Array.new(analyser.fftSize)
        while any(track.ready_state == "live" for track in stream.audio_tracks):
            await asyncio.sleep(seconds)
            analyser.getFloatTimeDomainData(samples)
            # The browser's own functions walk over the samples: no copy and no loop in Python.
            highest = js.Reflect.apply(js.Math.max, None, samples)
            lowest = js.Reflect.apply(js.Math.min, None, samples)
            root_of_sum = js.Reflect.apply(js.Math.hypot, None, samples)
            peak = float(min(1.0, max(highest, -lowest)))
            yield Level(peak, min(peak, root_of_sum / analyser.fftSize**0.5))
    finally:
        # Nothing is awaited here, so that a loop that is left with `break` closes it too.
        context.close()


def _window(samples: float) -> int:
    """The window an analyser offers that covers at least so many samples."""
    size = 256
    while size < samples and size < 32768:
        size *= 2
    return size
