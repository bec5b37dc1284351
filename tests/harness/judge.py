"""The real content of a recorded file, as found by programs other than the browser that wrote it."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.decoders import RGB, SAMPLE_RATE, JudgeMissingError, NotMediaError, decoder
from harness.encoded import encoded
from harness.played import pictures, played, sound
from harness.readers import boxes, readers

__all__ = [
    "JudgeMissingError",
    "NotMediaError",
    "boxes",
    "chapters",
    "colours",
    "encoded",
    "index",
    "packets",
    "pictures",
    "played",
    "probe",
    "readers",
    "sound",
    "tone",
]

COLOURS: dict[str, RGB] = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "grey": (128, 128, 128),
    "yellow": (255, 255, 0),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
}


def probe(path: Path) -> dict[str, Any]:
    """Container, streams, the stated and the decodable duration, and the damage."""
    return decoder().describe(path)


def packets(path: Path) -> list[dict[str, Any]]:
    """Kind, number and a digest of the packets of each stream, in file order."""
    return decoder().packets(path)


def index(path: Path) -> list[float] | None:
    """The times (s) of the file's index entries; None without an index.

    Matroska has cues, MP4 a table of key frames. In other files the position follows from the time.
    """
    data = path.read_bytes()
    if data.startswith(MATROSKA):
        return _cues(data)
    if data[4:8] == b"ftyp":
        return None if b"moof" in data else decoder().key_times(path)
    return [0.0]


MATROSKA = b"\x1a\x45\xdf\xa3"
SEGMENT, SEEK_HEAD, SEEK, SEEK_ID, SEEK_POSITION = 0x18538067, 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
INFO, TIMESTAMP_SCALE, CUES, CUE_POINT, CUE_TIME = 0x1549A966, 0x2AD7B1, 0x1C53BB6B, 0xBB, 0xB3


def _cues(data: bytes) -> list[float] | None:
    """The elements that the seek head of a Matroska file refers to (RFC 9559)."""
    segment = next((start, end) for name, start, end in _elements(data, 0, len(data)) if name == SEGMENT)
    [scale] = _values(data, *segment, INFO, TIMESTAMP_SCALE)
    for entry in _inside(data, *segment, SEEK_HEAD, SEEK):
        [target] = _values(data, *entry, SEEK_ID)
        if target == CUES:
            [position] = _values(data, *entry, SEEK_POSITION)
            name, *cues = next(_elements(data, segment[0] + position, len(data)))
            assert name == CUES, "the seek head points to something else"
            return [time * scale / 1e9 for time in _values(data, *cues, CUE_POINT, CUE_TIME)]
    return None


def _values(data: bytes, start: int, end: int, *path: int) -> list[int]:
    return [int.from_bytes(data[a:b]) for a, b in _inside(data, start, end, *path)]


def _inside(data: bytes, start: int, end: int, *path: int) -> Iterator[tuple[int, int]]:
    """Start and end of the content of elements with the last id, each nested in one with the id before it."""
    for name, *place in _elements(data, start, end):
        if name == path[0]:
            if len(path) == 1:
                yield place[0], place[1]
            else:
                yield from _inside(data, *place, *path[1:])


def _elements(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Id, start and end of the content of each element."""
    while start < end:
        width = 9 - data[start].bit_length()
        name = int.from_bytes(data[start : start + width])
        start += width
        width = 9 - data[start].bit_length()
        size = int.from_bytes(data[start : start + width]) & ((1 << 7 * width) - 1)
        start += width
        unknown = size == (1 << 7 * width) - 1
        stop = end if unknown else min(end, start + size)
        yield name, start, stop
        start = stop


def chapters(path: Path) -> list[tuple[float, str]]:
    """Start (s) and title of each chapter."""
    import av

    with av.open(str(path)) as container:
        return [
            (float(one["start"] * one["time_base"]), one["metadata"].get("title", ""))
            for one in container.chapters()
        ]


def tone(path: Path) -> list[dict[str, float]]:
    """Dominant frequency (Hz) and rms (0 to 1) of each channel; no channels without sound."""
    channels = decoder().samples(path)
    return [{"frequency": _dominant_frequency(channel), "rms": _rms(channel)} for channel in channels]


def colours(path: Path) -> list[dict[str, Any]]:
    """The colours in order, each with the time (s) at which it appears."""
    changes: list[dict[str, Any]] = []
    for time, picture in decoder().pictures(path):
        name = min(COLOURS, key=lambda name: math.dist(COLOURS[name], picture))
        if not changes or changes[-1]["name"] != name:
            changes.append({"name": name, "at": time})
    return changes


def _rms(samples: list[float]) -> float:
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) if samples else 0.0


def _dominant_frequency(samples: list[float]) -> float:
    """The strongest partial in the middle of the sound, to a tenth of a hertz; 0.0 in silence."""
    size = 1 << min(14, len(samples).bit_length() - 1)
    if size < 64 or _rms(samples) == 0:
        return 0.0
    start = (len(samples) - size) // 2
    window = [0.5 - 0.5 * math.cos(2 * math.pi * index / size) for index in range(size)]
    spectrum = _fourier([sample * weight for sample, weight in zip(samples[start:], window, strict=False)])
    levels = [abs(value) ** 2 + 1e-30 for value in spectrum[: size // 2]]
    peak = max(range(1, size // 2 - 1), key=levels.__getitem__)
    # A parabola through the logarithms of a peak and its neighbours has its top between the bins.
    left, middle, right = (math.log(levels[peak + offset]) for offset in (-1, 0, 1))
    return (peak + 0.5 * (left - right) / (left - 2 * middle + right)) * SAMPLE_RATE / size


def _fourier(values: list[Any]) -> list[complex]:
    """Fast Fourier transform; the length is a power of two."""
    if len(values) == 1:
        return values
    even, odd = _fourier(values[::2]), _fourier(values[1::2])
    step = -2j * math.pi / len(values)
    turned = [cmath.exp(step * index) * value for index, value in enumerate(odd)]
    pairs = list(zip(even, turned, strict=True))
    return [a + b for a, b in pairs] + [a - b for a, b in pairs]
