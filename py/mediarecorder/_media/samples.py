"""Sound as numbers: the arrays, and how they are read from files and passed to the encoder."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .._checks import checked_int
from .._host.browser import create_proxy, js_object, to_js
from ..errors import EncodingError
from ..event_target import call_handler
from ..formats import checked_format
from .arrays import MediaArray, contiguous, copied
from .engine import encoding_options, pieces, reading, run_in_engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

S = TypeVar("S", bound="Samples")

HIGHEST_RATE = 768_000
"""Hertz."""
MOST_CHANNELS = 32
PIECE = 5.0
"""Seconds of sound that are fetched at a time."""
FORESEEN = 256 << 20
"""Allocate at most this many bytes at once for a sound."""
PCM = {"B": (128, 128), "h": (0, 2**15), "i": (0, 2**31), "l": (0, 2**31)}
"""Integer formats of sound: the value of silence, and the distance to full scale."""


class Samples(MediaArray):
    """The array behind `AudioSamples`, without the method that makes a recording."""

    FORMAT = "f"
    timestamp = 0.0
    lost = 0

    def __init__(self, data: Any, sample_rate: int) -> None:
        view = contiguous("data", data)
        shape = tuple(view.shape or ())
        if len(shape) == 1:
            shape = (*shape, 1)
        if len(shape) != 2:
            raise ValueError(f"the shape of sound must be (frames, channels) or (frames,), not {shape}")
        if shape[1] > MOST_CHANNELS:
            raise ValueError(
                f"sound has at most {MOST_CHANNELS} channels, but the shape is {shape}: frames are rows. "
                f"Transpose it?"
            )
        if 0 in shape:
            raise ValueError(f"an array of shape {shape} has no samples")
        super().__init__(as_floats(view), shape)
        rate = checked_int("sample_rate", sample_rate, 1, HIGHEST_RATE)
        if rate is None:
            raise TypeError("sample_rate is missing: pass the number of frames per second")
        self._sample_rate = rate

    @classmethod
    def _of(cls, data: bytearray, channels: int, sample_rate: int) -> Self:
        """Samples that own this memory."""
        samples = cls.__new__(cls)
        MediaArray.__init__(samples, data, (len(data) // (4 * channels), channels))
        samples._sample_rate = sample_rate
        return samples

    @property
    def sample_rate(self) -> int:
        """Frames per second, in hertz."""
        return self._sample_rate

    @property
    def frames(self) -> int:
        """The number of samples in each channel."""
        return self._shape[0]

    @property
    def channels(self) -> int:
        """The number of channels: 1 is mono, 2 is left and right."""
        return self._shape[1]

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frames / self._sample_rate

    def _repr_html_(self) -> str:
        """The waveforms of up to 8 channels, with a time axis."""
        from .._html.text import figure
        from ..waveform import LANES, samples_svg

        numbers = memoryview(self._data).cast("B").cast("f")
        lanes = f" ({LANES} shown)" if self.channels > LANES else ""
        facts = [
            f"{self.duration:.6g} s",
            f"{self._sample_rate} Hz",
            f"{self.channels} channel{'s' if self.channels > 1 else ''}{lanes}",
        ]
        return figure(samples_svg(numbers, self.channels, self._sample_rate), facts)

    def __repr__(self) -> str:
        return (
            f"<AudioSamples {self.frames} frames, {self.channels} channels, {self._sample_rate} Hz, "
            f"{self.duration:.2f} s>"
        )


def as_floats(view: memoryview) -> bytearray:
    """The numbers in C-contiguous memory as 32-bit floats."""
    kind = view.format.lstrip("@=<")
    if kind == "f":
        return bytearray(view.cast("B"))
    plain: Any = view.cast("B")
    numbers = plain.cast(kind) if kind and kind in "dBhil" else ()
    if kind == "d":
        return _packed(view, numbers, lambda value: value)
    if kind not in PCM or (kind == "l" and view.itemsize != 4):
        raise TypeError(
            "samples must be floats, unsigned bytes, or signed integers of 16 or 32 bits, "
            f"not {view.format!r}"
        )
    silence, full = PCM[kind]
    return _packed(view, numbers, lambda value: (value - silence) / full)


def _packed(view: memoryview, numbers: Any, scale: Callable[[Any], Any]) -> bytearray:
    import sys

    if numpy := sys.modules.get("numpy"):
        values = numpy.frombuffer(view, dtype=numbers.format).astype("d")
        return bytearray(scale(values).astype("f").tobytes())
    return bytearray(array("f", map(scale, numbers)).tobytes())


async def sample_blocks(
    kind: type[S], blob: Any, seconds: float, sample_rate: int | None, channels: int | None
) -> AsyncIterator[S]:
    """The sound of a file in blocks of `seconds`; the last one may be shorter."""
    async with reading(
        "sample_blocks", "soundReader", blob, _wanted(sample_rate, channels), seconds
    ) as reader:
        async for piece in pieces("sample_blocks", reader):
            yield kind._of(copied(piece), reader.channels, reader.sampleRate)


async def all_samples(
    kind: type[S],
    blob: Any,
    sample_rate: int | None,
    channels: int | None,
    on_progress: Callable[[float], Any] | None,
) -> S:
    """The sound of a file in one array, copied once."""
    async with reading("samples", "soundReader", blob, _wanted(sample_rate, channels), PIECE) as reader:
        frame = 4 * reader.channels
        # The duration in the file is not exact, and in a broken file it can be anything.
        data, filled = bytearray(min(reader.length * frame, FORESEEN)), 0
        async for piece in pieces("samples", reader):
            end = filled + piece.byteLength
            if end > len(data):
                data.extend(bytes(max(end - len(data), len(data) // 2 if len(data) >= FORESEEN else 0)))
            piece.assign_to(memoryview(data)[filled:end])
            filled = end
            if on_progress:
                call_handler(on_progress, min(1.0, filled / len(data)))
        del data[filled:]
        if not filled:
            raise EncodingError("samples: this recording has sound, but none of it can be decoded")
        if on_progress:
            call_handler(on_progress, 1.0)
        return kind._of(data, reader.channels, reader.sampleRate)


def _wanted(sample_rate: int | None, channels: int | None) -> Any:
    wanted = {
        "sampleRate": checked_int("sample_rate", sample_rate, 1, HIGHEST_RATE),
        "channels": checked_int("channels", channels, 1, MOST_CHANNELS),
    }
    return js_object({name: value for name, value in wanted.items() if value is not None})


async def encoded(
    samples: Samples,
    format: str,
    audio: str | None,
    bits_per_second: int | None,
    sample_format: str | None,
    on_progress: Callable[[float], Any] | None,
) -> Any:
    """A file with the samples, made by the engine."""
    format = checked_format(format)
    options = encoding_options(format, bits_per_second, audio, sample_format)
    raw = memoryview(samples._data)
    frame = 4 * samples.channels

    def read(start: int, end: int) -> Any:
        return to_js(raw[start * frame : end * frame])

    facts = {"sampleRate": samples._sample_rate, "channels": samples.channels, "length": samples.frames}
    proxy = create_proxy(read)
    try:
        return await run_in_engine(
            "to_recording",
            "encodeSamples",
            format,
            js_object(facts),
            proxy,
            on_progress=on_progress,
            options=options,
        )
    finally:
        proxy.destroy()
