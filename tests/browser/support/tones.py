"""Sounds with known content, made and measured by the tests themselves."""

from __future__ import annotations

import itertools
import math
import random
import statistics
from array import array
from typing import Any

from mediarecorder import AudioSamples

RATE = 48_000


def tones(*frequencies: float, seconds: float = 1.0, rate: int = RATE, level: float = 0.5) -> AudioSamples:
    """One pure tone in each column."""
    steps = [2 * math.pi * frequency / rate for frequency in frequencies]
    values = array(
        "f", (level * math.sin(step * frame) for frame in range(round(seconds * rate)) for step in steps)
    )
    return AudioSamples(memoryview(values).cast("B").cast("f", [len(values) // len(steps), len(steps)]), rate)


def noise(rate: int, channels: int, seconds: float = 0.7345) -> AudioSamples:
    """Noise without high frequencies, which encoders leave out."""
    dice = random.Random(rate)
    values, smooth = array("f"), [0.0] * channels
    for _ in range(round(seconds * rate)):
        for channel in range(channels):
            smooth[channel] += 0.2 * (dice.uniform(-1, 1) - smooth[channel])
        values.extend(smooth)
    shape = [len(values) // channels, channels]
    return AudioSamples(memoryview(values).cast("B").cast("f", shape), rate)


def flat(samples: Any) -> memoryview:
    """All values, frame after frame."""
    return memoryview(samples).cast("B").cast("f")


def column(samples: AudioSamples, channel: int = 0) -> list[float]:
    return flat(samples)[:][channel :: samples.channels].tolist()


def frequency(values: list[float], rate: int) -> float:
    """The frequency of a tone, by its zero crossings; 0 for silence. The edges, where encoders settle, do not
    count, and neither do gaps, which occur on busy machines."""
    middle = values[len(values) // 5 : -len(values) // 5]
    if max(middle) < 1e-3:
        return 0.0
    crossings = [
        place - before / (after - before) - 1
        for place, (before, after) in enumerate(itertools.pairwise(middle), 1)
        if before < 0 <= after
    ]
    ten_periods = statistics.median(b - a for a, b in zip(crossings, crossings[10:], strict=False))
    return 10 * rate / ten_periods


def rms(values: list[float]) -> float:
    return math.sqrt(sum(value * value for value in values) / len(values))
