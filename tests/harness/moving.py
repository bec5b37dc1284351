"""A moving picture in all colours, of which each frame can be computed again. Imported inside and outside the
browser."""

from __future__ import annotations

import functools
import math

PERIOD = 256
"""Pixels after which a row repeats."""
STEP = 4
"""Pixels by which each frame is further left than the one before."""


def picture(number: int, width: int, height: int) -> bytes:
    """The frame, with red, green and blue of each pixel. The waves run diagonally."""
    waves = _waves(width)
    starts = (3 * ((number * STEP + y) % PERIOD) for y in range(height))
    return b"".join(waves[start : start + 3 * width] for start in starts)


@functools.cache
def _waves(width: int) -> bytes:
    turns = (1, 2, 3)
    return bytes(
        round(128 + 90 * math.sin(2 * math.pi * turn * x / PERIOD + turn))
        for x in range(width + PERIOD)
        for turn in turns
    )
