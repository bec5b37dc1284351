"""Sound as numbers."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from ._checks import checked_whole
from ._host.browser import create_proxy, js_object, to_js
from ._media.arrays import MediaArray, contiguous
from ._media.engine import encoding_options, perform, pieces, reading
from .errors import EncodingError
from .events import call_handler
from .formats import checked_format

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from .recording import Recording

HIGHEST_RATE = 768_000
"""Hertz."""
MOST_CHANNELS = 32
PIECE = 5.0
"""Seconds of sound that are fetched at a time."""
FORESEEN = 256 << 20
"""Bytes that are set aside for a sound at once, if it is so long."""
PCM = {"B": (128, 128), "h": (0, 2**15), "i": (0, 2**31), "l": (0, 2**31)}
"""Whole numbers that stand for sound: the value of silence, and the one that is full scale."""


class AudioSamples(MediaArray):
    """Sound as an array of 32-bit floats from -1 to 1, of shape ``(frames, channels)``.

    Frames are rows and channels are columns, as in `sounddevice` and `soundfile`; the memory is C-contiguous.

    >>> samples = await recording.samples()
    >>> samples.shape, samples.sample_rate
    ((14400, 1), 48000)
    >>> view = memoryview(samples)  # or numpy.asarray(samples): no copy
    >>> view[0, 0]
    0.0

    Parameters
    ----------
    data
        An array of shape ``(frames, channels)`` or ``(frames,)``: of numpy, `array.array` or anything with
        the buffer protocol. Floats are taken as they are; whole numbers of 8, 16 and 32 bits are taken for
        PCM and scaled.
    sample_rate
        Frames per second, in hertz.

    Raises
    ------
    TypeError, ValueError
        It is no such array, it is empty, or the rate is no whole number from 1 to 768000.
    """

    FORMAT = "f"

    def __init__(self, data: Any, sample_rate: int) -> None:
        view = contiguous("data", data)
        shape = tuple(view.shape or ())
        if len(shape) == 1:
            shape = (*shape, 1)
        if len(shape) != 2:
            raise ValueError(f"the shape of sound is (frames, channels) or (frames,), not {shape}")
        if shape[1] > MOST_CHANNELS:
            raise ValueError(
                f"there are at most {MOST_CHANNELS} channels, and the shape is {shape}: frames are rows. "
                f"Transpose it?"
            )
        if 0 in shape:
            raise ValueError(f"there are no samples in an array of shape {shape}")
        super().__init__(as_floats(view), shape)
        rate = checked_whole("sample_rate", sample_rate, 1, HIGHEST_RATE)
        if rate is None:
            raise TypeError("sample_rate is missing: how many frames are a second?")
        self._sample_rate = rate

    @classmethod
    def _of(cls, data: bytearray, channels: int, sample_rate: int) -> AudioSamples:
        """Samples that take the memory over."""
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
        """How many samples each channel has."""
        return self._shape[0]

    @property
    def channels(self) -> int:
        """How many channels there are: 1 is mono, 2 is left and right."""
        return self._shape[1]

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frames / self._sample_rate

    async def to_recording(
        self,
        format: str = "wav",
        *,
        audio: str | None = None,
        bits_per_second: int | None = None,
        on_progress: Callable[[float], Any] | None = None,
    ) -> Recording:
        """Make a file, with its player, of the samples.

        Parameters
        ----------
        format
            ``"wav"`` (16 bits, lossless but for the rounding to them), ``"flac"`` (the same with 24 bits),
            ``"webm"``, ``"ogg"``, ``"mp4"`` (Opus) or ``"mp3"``. What is beyond -1 and 1 is clipped. Encoders
            that do not take the rate get 48000 Hz.
        audio, bits_per_second
            The codec, and how large it becomes; see `Recording.convert`.
        on_progress
            Called as ``on_progress(fraction)`` a few times a second and at last with 1.

        Raises
        ------
        NotSupportedError
            This browser cannot encode it.
        EncodingError
            A sample is NaN or infinite.
        ValueError
            As those of `Recording.convert`.

        Examples
        --------
        >>> samples = await recording.samples()
        >>> wav = await samples.to_recording("wav")
        >>> wav.mime_type, wav.duration
        ('audio/wav', 0.3)
        """
        from .recording import recording_of

        format = checked_format(format)
        options = encoding_options(format, bits_per_second, audio)
        raw = memoryview(self._data)
        frame = 4 * self.channels

        def read(start: int, end: int) -> Any:
            return to_js(raw[start * frame : end * frame])

        facts = {"sampleRate": self._sample_rate, "channels": self.channels, "length": self.frames}
        proxy = create_proxy(read)
        try:
            made = await perform(
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
        return recording_of(made)

    def _repr_html_(self) -> str:
        """The waveform of each channel, up to 8, over seconds."""
        from ._html.display import figure
        from .waveform import LANES, samples_svg

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
    """The numbers of a C-contiguous memory as 32-bit floats."""
    kind = view.format.lstrip("@=<")
    if kind == "f":
        return bytearray(view.cast("B"))
    plain: Any = view.cast("B")
    numbers = plain.cast(kind) if kind and kind in "dBhil" else ()
    if kind == "d":
        return _packed(view, numbers, lambda value: value)
    if kind not in PCM or (kind == "l" and view.itemsize != 4):
        raise TypeError(
            f"samples are floats, unsigned bytes, or signed numbers of 16 or 32 bits, not {view.format!r}"
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
    blob: Any, seconds: float, sample_rate: int | None, channels: int | None
) -> AsyncIterator[AudioSamples]:
    """The sound of a file in blocks of so many seconds, the last one shorter."""
    async with reading(
        "sample_blocks", "soundReader", blob, _wanted(sample_rate, channels), seconds
    ) as reader:
        async for piece in pieces("sample_blocks", reader):
            data = bytearray(piece.byteLength)
            piece.assign_to(data)
            yield AudioSamples._of(data, reader.channels, reader.sampleRate)


async def all_samples(
    blob: Any,
    sample_rate: int | None,
    channels: int | None,
    on_progress: Callable[[float], Any] | None,
) -> AudioSamples:
    """The sound of a file in one array, copied once."""
    async with reading("samples", "soundReader", blob, _wanted(sample_rate, channels), PIECE) as reader:
        frame = 4 * reader.channels
        # The file's own idea of its length is not exact, and in a broken file it is anything.
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
            raise EncodingError("samples: there is sound in this recording, and none of it can be decoded")
        if on_progress:
            call_handler(on_progress, 1.0)
        return AudioSamples._of(data, reader.channels, reader.sampleRate)


def _wanted(sample_rate: int | None, channels: int | None) -> Any:
    wanted = {
        "sampleRate": checked_whole("sample_rate", sample_rate, 1, HIGHEST_RATE),
        "channels": checked_whole("channels", channels, 1, MOST_CHANNELS),
    }
    return js_object({name: value for name, value in wanted.items() if value is not None})
