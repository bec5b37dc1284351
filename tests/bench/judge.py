"""What a recorded file really contains, as found by others than the browser that wrote it."""

from __future__ import annotations

import cmath
import math
from pathlib import Path
from typing import Any

from bench.decoders import RGB, SAMPLE_RATE, NotMediaError, decoder

__all__ = ["NotMediaError", "colours", "probe", "tone"]

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
    """Container, streams, the duration that the file states, that of what can be decoded, what was broken."""
    return decoder().describe(path)


def tone(path: Path) -> list[dict[str, float]]:
    """Dominant frequency (Hz) and rms (0 to 1) of each channel; no sound, no channels."""
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
    # Through the logarithms of a peak and its neighbours goes a parabola whose top lies between the bins.
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
