"""Streams that Python feeds: `MediaStream.from_blocks` and `from_frames` (static/library/live/feed.js)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ._checks import checked_int
from ._host.bridge import page_services
from ._host.browser import js, js_object, page, realm, require_browser, settle, to_js, translated
from ._media.samples import HIGHEST_RATE
from ._media.writer import (
    checked_arrays,
    checked_block,
    checked_frame_rate,
    checked_size,
    close,
    cut,
    each,
    pixels,
)
from .errors import AbortError, InvalidStateError, MediaError
from .outcome import Outcome, spawn

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable

MOST_CHANNELS = 8
"""Channels of a stream's sound in Chromium."""
EVERY_RATE = range(8000, 96001)
"""Sample rates that the AudioContexts of all browsers have, in hertz."""

LATE = 0.1
"""Seconds that a picture may be late without delaying those after it."""

_reading: list[Any] = []
"""The iterators that streams are reading now."""


class Feeding:
    """Passes what an iterable yields to the page's feed of one stream, until one of them ends.

    It owns the feed, and with it the stream's track; it closes the iterable.
    """

    doing: str
    service: str
    """The name of the page's service that makes the feed."""

    def __init__(self, what: str, arrays: Iterable[Any] | AsyncIterable[Any], *facts: Any) -> None:
        require_browser()
        checked_arrays(what, arrays)
        several: Any = arrays
        iterator: Any = aiter(several) if hasattr(several, "__aiter__") else iter(several)
        if any(one is iterator for one in _reading):
            raise InvalidStateError(f"{self.doing}: another stream is reading the same iterator")
        self._facts = facts
        self._running = self._ending = False
        with translated(self.doing):
            if realm() == "worker":
                self._feed = getattr(page().services, self.service)(*facts)
                self.js_stream = self._feed.stream
            else:
                # The stream must exist now, and is fed once the page's module is loaded.
                self._feed = None
                self.js_stream, self._target = self._made()
        _reading.append(iterator)
        self.begun: Outcome[None] = Outcome()
        """Settles when the stream delivers what it is fed with, or cannot."""
        self._task = spawn(self._run(iterator))

    def _made(self) -> tuple[Any, tuple[Any, ...]]:
        """The browser's stream, and the further arguments of the service, in the page."""
        raise NotImplementedError

    async def _send(self, array: Any) -> bool:
        """Pass on one array, and wait until there is room for more. False after the end of the stream."""
        raise NotImplementedError

    async def _run(self, iterator: Any) -> None:
        arrays, self._running = each(iterator), True
        try:
            if self._ending:
                raise asyncio.CancelledError
            if self._feed is None:
                self._feed = getattr(await page_services(), self.service)(*self._facts, *self._target)
            await settle(self._feed, "begin", doing=self.doing)
            spawn(self._watch())
            self.begun._resolve(None)
            await self._pass_on(arrays)
        except asyncio.CancelledError:
            self.begun._reject(AbortError(f"{self.doing}: the stream was stopped"))
        except BaseException as error:
            self._fail(error)
        finally:
            self._ending = True
            self._release()
            try:
                await close(arrays)
            except BaseException as error:
                self._fail(error)
            _reading[:] = [one for one in _reading if one is not iterator]

    async def _pass_on(self, arrays: AsyncIterator[Any]) -> None:
        async for array in arrays:
            if not await self._send(array):
                return
        await self._rest()

    async def _rest(self) -> None:
        """Wait until everything was played or shown."""
        await settle(self._feed, "put", doing=self.doing)

    async def _watch(self) -> None:
        """End the iterable, too, if the track was stopped or the page has gone."""
        with suppress(MediaError):
            await settle(self._feed, "gone", doing=self.doing)
        self.stop()

    def _fail(self, error: BaseException) -> None:
        self.begun._reject_aloud(error, f"{self.doing}: an error has ended the stream")

    def _release(self) -> None:
        if self._feed is not None:
            self._feed.close()
        else:  # the page's module could not be loaded
            for track in self.js_stream.getTracks():
                track.stop()

    def stop(self) -> None:
        """End the stream, and close the iterable."""
        if not self._ending:
            self._ending = True
            if self._running:  # cancelling it earlier would leave out its clean-up
                self._task.cancel()


class SoundFeeding(Feeding):
    """See `MediaStream.from_blocks`.

    Parameters
    ----------
    latency
        If the loudspeaker is to play the sound, too: the seconds that Python may be ahead of it.
    """

    doing, service = "from_blocks", "soundFeed"

    def __init__(
        self,
        blocks: Iterable[Any] | AsyncIterable[Any],
        sample_rate: int,
        channels: int,
        *,
        latency: float = 0,
    ) -> None:
        rate = checked_int("sample_rate", sample_rate, 1, HIGHEST_RATE)
        count = checked_int("channels", channels, 1, MOST_CHANNELS)
        if rate is None or count is None:
            missing = "sample_rate" if rate is None else "channels"
            raise TypeError(f"{missing} must be a whole number, not None")
        self._rate, self._channels = rate, count
        super().__init__("blocks", blocks, rate, count, latency)

    def _made(self) -> tuple[Any, tuple[Any, ...]]:
        options = {"sampleRate": self._rate} if self._rate in EVERY_RATE else {}
        node = js.AudioContext.new(js_object(options)).createMediaStreamDestination()
        node.channelCount = self._channels
        return node.stream, (node,)

    async def _send(self, array: Any) -> bool:
        for piece in cut(checked_block("stream", array, self._rate, self._channels)):
            data = to_js(memoryview(piece._data))
            if not await settle(self._feed, "put", data, doing=self.doing):
                return False
        return True

    def _release(self) -> None:
        if self._feed is None:
            self._target[0].context.close().catch(js.Object)
        super()._release()


class PictureFeeding(Feeding):
    """See `MediaStream.from_frames`."""

    doing, service = "from_frames", "pictureFeed"

    def __init__(self, frames: Iterable[Any] | AsyncIterable[Any], frame_rate: float) -> None:
        rate = checked_frame_rate(frame_rate)
        if rate is None:
            raise TypeError("frame_rate must be a number of frames per second, not None")
        self._period = 1 / rate
        self._size: tuple[int, int] | None = None
        self._shown = 0
        self._due = 0.0
        super().__init__("frames", frames)

    def _made(self) -> tuple[Any, tuple[Any, ...]]:
        canvas = js.document.createElement("canvas")
        canvas.getContext("2d", js_object({"alpha": False}))  # a canvas without a context has no stream
        stream = canvas.captureStream(0)
        return stream, (stream,)

    async def _send(self, array: Any) -> bool:
        data, kind, layout, width, height = pixels(array)
        self._size = checked_size(self._size, (width, height), self._shown)
        await self._rest()
        now = asyncio.get_running_loop().time()
        self._due = (self._due if now - self._due < LATE else now) + self._period
        self._shown += 1
        return bool(
            await settle(self._feed, "put", to_js(data), kind, layout, width, height, doing=self.doing)
        )

    async def _rest(self) -> None:
        await asyncio.sleep(self._due - asyncio.get_running_loop().time())
