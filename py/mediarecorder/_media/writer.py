"""Files from numbers: pictures and sound are passed to the encoder as they come.

Owner: a `FileWriter` owns the engine's writer (static/library/media/writer.js), which owns the encoders and
the file. `finish` makes the file; without it, `cancel` must be called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sized
from numbers import Real
from typing import TYPE_CHECKING, Any

from .._checks import checked_int
from .._host.browser import create_proxy, js_object, settle, to_js
from ..errors import EncodingError, InvalidStateError
from ..event_target import call_handler
from ..formats import FORMATS, MADE, checked_name
from ..frames import WIDEST, Frame
from .arrays import contiguous
from .engine import encoding_options, load, with_encoders
from .samples import HIGHEST_RATE, MOST_CHANNELS, Samples

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
    from typing import Self

WRITTEN = (*MADE, "mkv")
"""Formats of a `FileWriter`."""
WITH_PICTURES = tuple(name for name in WRITTEN if FORMATS[name]["video"])
FORMAT_OF = {
    ending: name
    for name in WITH_PICTURES
    for endings in FORMATS[name]["types"].values()
    for ending in endings
}
"""Formats by the extensions of their files."""
HIGHEST_FRAME_RATE = 1000
"""Frames per second: Matroska counts milliseconds."""
PIECE = 1.0
"""Seconds of sound to pass to the encoder at a time."""
REPORT = 0.05
"""Seconds between two reports of the progress."""


class FileWriter:
    """One file that grows with each picture and each block of sound."""

    def __init__(
        self,
        format: str,
        *,
        frame_rate: Any = None,
        sample_rate: int | None = None,
        channels: int = 1,
        audio: str | None = None,
        bits_per_second: int | None = None,
    ) -> None:
        self.format = checked_name("format", format, WRITTEN)
        frame_rate = checked_frame_rate(frame_rate)
        self.frame_rate = frame_rate if self.format in WITH_PICTURES else None
        self.sample_rate = checked_int("sample_rate", sample_rate, 1, HIGHEST_RATE)
        if self.frame_rate is None and self.sample_rate is None:
            raise ValueError(f"{self._without_pictures()}: pass sample_rate, the frames of sound per second")
        self.channels = checked_int("channels", channels, 1, MOST_CHANNELS) or 1
        self._options = encoding_options(self.format, bits_per_second, audio)
        self._writer: Any = None
        self._opening = asyncio.Lock()
        self._size: tuple[int, int] | None = None
        self.frames = self.samples = 0
        """How many were written."""
        self.closed = False

    async def frame(self, array: Any) -> None:
        """Add a picture, and wait until the encoder can take another one."""
        self._check("frame")
        if self.frame_rate is None:
            raise InvalidStateError(f"frame: {self._without_pictures()}")
        data, kind, layout, width, height = pixels(array)
        self._size = checked_size(self._size, (width, height), self.frames)
        writer = await self.open("frame", width, height)
        proxy = create_proxy(data)
        try:
            await settle(writer, "frame", proxy, kind, layout, width, height, doing="frame")
        finally:
            proxy.destroy()
        self.frames += 1

    async def block(self, samples: Any) -> None:
        """Add sound, and wait until the encoder can take more."""
        self._check("block")
        if self.sample_rate is None:
            raise InvalidStateError("block: this file has no sound, because sample_rate is None")
        block = checked_block("file", samples, self.sample_rate, self.channels)
        writer = await self.open("block")
        for piece in cut(block):
            await settle(writer, "block", to_js(memoryview(piece._data)), doing="block")
        self.samples += block.frames

    def _without_pictures(self) -> str:
        if self.format in WITH_PICTURES:
            return "this file has no pictures, because frame_rate is None"
        return f"{self.format} holds only sound"

    def _check(self, doing: str) -> None:
        if self.closed:
            raise InvalidStateError(f"{doing}: this writer is closed")

    async def open(self, doing: str, *size: int) -> Any:
        """Begin the file, unless it has begun. If it has pictures, `size` is their width and height."""
        async with self._opening:
            if self._writer is None:
                wishes = {"channels": self.channels, **self._options}
                if self.frame_rate is not None:
                    wishes["frameRate"] = self.frame_rate
                if self.sample_rate is not None:
                    wishes["sampleRate"] = self.sample_rate
                writer = (await load()).fileWriter(self.format, js_object(wishes))
                try:
                    await with_encoders(doing, writer, "open", *size)
                except BaseException:
                    writer.cancel()
                    raise
                self._writer = writer
        self._check(doing)
        return self._writer

    async def finish(self) -> Any:
        """The engine's result, a whole file."""
        self._check("close")
        self.closed = True
        if not self.frames and not self.samples:
            self._cancel()
            raise EncodingError("close: nothing was written, neither a frame nor a block of sound")
        try:
            return await settle(self._writer, "finish", doing="close")
        except BaseException:
            self._cancel()
            raise

    def cancel(self) -> None:
        """Give the file up, unless it is finished."""
        if not self.closed:
            self.closed = True
            self._cancel()

    def _cancel(self) -> None:
        if self._writer is not None:
            self._writer.cancel()


def checked_frame_rate(value: Any) -> float | None:
    """Frames per second as a float, or None if it is None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"frame_rate must be a number of frames per second, not {value!r}")
    if not 1 / HIGHEST_FRAME_RATE <= value <= HIGHEST_FRAME_RATE:  # type: ignore[operator]
        raise ValueError(
            f"frame_rate must be from 0.001 to {HIGHEST_FRAME_RATE} frames per second, not {value!r}"
        )
    return float(value)


def checked_size(first: tuple[int, int] | None, size: tuple[int, int], number: int) -> tuple[int, int]:
    """The size of a frame, if it is that of the first one."""
    if first is not None and first != size:
        raise ValueError(
            f"frame {number} is {size[0]} x {size[1]}, but the first one is {first[0]} x {first[1]}: "
            "all frames have the same size"
        )
    return size


def pixels(array: Any) -> tuple[memoryview, str, str, int, int]:
    """The numbers of a picture in one dimension, their type, their layout, and width and height."""
    if isinstance(array, Samples):
        raise TypeError("frame: a frame is a picture, not sound")
    view = contiguous("a frame", array)
    kind = view.format.lstrip("@=<")
    if kind == "e":
        return pixels(array.astype("f"))
    if kind not in ("B", "f", "d"):
        said = getattr(array, "dtype", repr(view.format))
        raise TypeError(f"the pixels of a frame must be bytes (uint8) or floats from 0 to 1, not {said}")
    shape = tuple(view.shape or ())
    layout = {2: "gray"}.get(len(shape)) or {3: "rgb", 4: "rgba"}.get(shape[2] if len(shape) == 3 else 0)
    if layout is None:
        raise ValueError(
            "the shape of a frame must be (height, width), (height, width, 3) or (height, width, 4), "
            f"not {shape}"
        )
    height, width = shape[:2]
    if not (0 < width <= WIDEST and 0 < height <= WIDEST):
        raise ValueError(f"a frame has from 1 to {WIDEST} pixels each way, but the shape is {shape}")
    return view.cast("B"), kind, array.format if isinstance(array, Frame) else layout, width, height


def checked_block(what: str, samples: Any, sample_rate: int, channels: int) -> Samples:
    """A block of sound for a file or a stream."""
    block = samples if isinstance(samples, Samples) else Samples(samples, sample_rate)
    if block.sample_rate != sample_rate:
        raise ValueError(f"the block has {block.sample_rate} Hz, but the {what} has {sample_rate} Hz")
    if block.channels != channels:
        raise ValueError(
            f"the block has {block.channels} channels, but the {what} has {channels}: "
            f"make it with channels={block.channels}"
        )
    return block


def cut(samples: Samples) -> Iterable[Samples]:
    """The samples in pieces of at most `PIECE` seconds."""
    step = max(1, round(PIECE * samples.sample_rate))
    if samples.frames <= step:
        yield samples
        return
    raw, frame = memoryview(samples._data), 4 * samples.channels
    for start in range(0, samples.frames, step):
        piece = bytearray(raw[start * frame : (start + step) * frame])
        yield type(samples)._of(piece, samples.channels, samples.sample_rate)


class Sound:
    """Sound to write beside pictures, a second at a time: samples, or the blocks of a recording."""

    def __init__(self, writer: FileWriter, blocks: AsyncIterator[Samples], first: Samples) -> None:
        self._writer = writer
        self._blocks = blocks
        self._next: Samples | None = first
        writer.sample_rate, writer.channels = first.sample_rate, first.channels

    @classmethod
    async def of(cls, sound: Any, writer: FileWriter) -> Self:
        """Sound from `Samples`, or from a recording, for a writer that is not open yet."""
        if isinstance(sound, Samples):
            blocks = each(cut(sound))
        elif hasattr(sound, "sample_blocks"):
            blocks = sound.sample_blocks(PIECE)
        else:
            raise TypeError(f"sound must be AudioSamples or a Recording, not {sound!r}")
        try:
            return cls(writer, blocks, await anext(blocks))
        except StopAsyncIteration:
            raise EncodingError("the recording has sound, but none of it can be decoded") from None

    async def write(self, until: float) -> None:
        """Write the blocks that begin by a time, in seconds."""
        while self._next and self._writer.samples <= until * self._next.sample_rate:
            await self._writer.block(self._next)
            self._next = await anext(self._blocks, None)

    async def close(self) -> None:
        await close(self._blocks)


async def write_frames(
    writer: FileWriter,
    frames: Iterable[Any] | AsyncIterable[Any],
    sound: Sound | None,
    on_progress: Callable[[float], Any] | None,
) -> None:
    """Write all pictures, and the sound beside them."""
    total = len(frames) if isinstance(frames, Sized) else 0
    loop = asyncio.get_running_loop()
    reported = -REPORT
    pictures = each(frames)
    try:
        async for frame in pictures:
            if sound:
                await sound.write(writer.frames / (writer.frame_rate or 1))
            await writer.frame(frame)
            if on_progress and total and loop.time() - reported >= REPORT:
                reported = loop.time()
                call_handler(on_progress, min(writer.frames / total, 1.0))
        if not writer.frames:
            raise ValueError("from_frames needs at least one frame, but there are none")
        if sound:
            await sound.write(float("inf"))
    finally:
        await close(pictures)
        if sound:
            await sound.close()


def checked_arrays(what: str, arrays: Any) -> None:
    """Raise `TypeError` if it is not an iterable, sync or async."""
    if not any(hasattr(arrays, name) for name in ("__aiter__", "__iter__", "__getitem__")):
        raise TypeError(f"{what} must be an iterable of arrays, sync or async, not {arrays!r}")


def each(several: Any) -> AsyncIterator[Any]:
    """An async iterator of any iterable. Call `close` at the end."""
    if hasattr(several, "__aiter__"):
        iterator: AsyncIterator[Any] = aiter(several)
        return iterator
    return _from_sync(iter(several))


async def _from_sync(iterator: Iterator[Any]) -> AsyncIterator[Any]:
    try:
        for one in iterator:
            yield one
    finally:
        if isinstance(iterator, Generator):
            iterator.close()


async def close(iterator: Any) -> None:
    """End an iterator that may not have come to its end."""
    # The event loop of the browser does not finish async generators that are left early.
    if hasattr(iterator, "aclose"):
        await iterator.aclose()
