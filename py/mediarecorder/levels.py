"""Measure the loudness of a stream."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from ._checks import checked_number
from ._host.browser import js, page, realm, settle, translated
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
    meter = Meter(js_stream, seconds) if realm() == "page" else await _meter_of_the_page(js_stream, seconds)
    try:
        while any(track.readyState == "live" for track in js_stream.getAudioTracks()):
            await asyncio.sleep(seconds)
            yield await meter.read()
    finally:
        # Nothing is awaited here, so that a loop that is left with `break` closes it too.
        meter.close()


class Meter:
    """Reads how loud a stream is."""

    def __init__(self, js_stream: Any, seconds: float) -> None:
        with translated("levels"):
            self._context = js.AudioContext.new()
        try:
            with translated("levels"):
                self._analyser = self._context.createAnalyser()
                self._analyser.fftSize = _window(seconds * self._context.sampleRate)
                self._source = self._context.createMediaStreamSource(js_stream)
                self._source.connect(self._analyser)
        except BaseException:
            self.close()
            raise
        self._samples = js.Float32Array.new(self._analyser.fftSize)

    async def read(self) -> Level:
        self._analyser.getFloatTimeDomainData(self._samples)
        # The browser's own functions walk over the samples: no copy and no loop in Python.
        highest = js.Reflect.apply(js.Math.max, None, self._samples)
        lowest = js.Reflect.apply(js.Math.min, None, self._samples)
        root_of_sum = js.Reflect.apply(js.Math.hypot, None, self._samples)
        peak = float(min(1.0, max(highest, -lowest)))
        return Level(peak, min(peak, root_of_sum / self._analyser.fftSize**0.5))

    def close(self) -> None:
        self._context.close()


class RemoteMeter:
    """The same, where the page does it for a worker."""

    def __init__(self, js_meter: Any) -> None:
        self._js_meter = js_meter

    async def read(self) -> Level:
        level = await settle(self._js_meter, "read", doing="levels")
        return Level(float(level.peak), float(level.rms))

    def close(self) -> None:
        self._js_meter.close()


async def _meter_of_the_page(js_stream: Any, seconds: float) -> RemoteMeter:
    return RemoteMeter(await settle(page().services, "meter", js_stream, seconds, doing="levels"))


def _window(samples: float) -> int:
    """The window an analyser offers that covers at least so many samples."""
    size = 256
    while size < samples and size < 32768:
        size *= 2
    return size
