"""Checks of arguments: the library rejects an invalid one before it reaches the browser."""

from __future__ import annotations

import math
import os
import re
from itertools import pairwise
from typing import Any


def checked_number(what: str, value: Any, least: float) -> float | None:
    """`value` as a finite number of seconds, at least `least`, or None if it is None."""
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise TypeError(f"{what} must be a number of seconds, not {value!r}")
    try:
        seconds = float(value)
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds) or seconds < least:
        raise ValueError(f"{what} must be a finite number of seconds, at least {least}, not {value!r}")
    return seconds


def checked_int(what: str, value: Any, least: int = 0, most: int = 2**32 - 1) -> int | None:
    """`value` as a whole number from `least` to `most`, or None if it is None."""
    if value is None:
        return None
    if isinstance(value, bool) or (not hasattr(value, "__index__") and not isinstance(value, float)):
        raise TypeError(f"{what} must be a whole number, not {value!r}")
    if not least <= value <= most or value != int(value):
        bounds = f", at least {least}" if most == 2**32 - 1 else f" from {least} to {most}"
        raise ValueError(f"{what} must be a whole number{bounds}, not {value!r}")
    return int(value)


def check_progress(on_progress: Any) -> None:
    if on_progress is not None and not callable(on_progress):
        raise TypeError(f"on_progress must be callable, not {on_progress!r}")


LOWEST_BIT_RATE = 6000
"""The lowest bit rate of Opus, in bits per second. A lower number must be in another unit. (At 2000 and
below, Chromium records silence; quirk: chromium-records-silence-at-low-bit-rates)"""


def checked_bit_rate(what: str, value: Any, least: int = LOWEST_BIT_RATE) -> int | None:
    """`value` as bits per second, or None if it is None."""
    rate = checked_int(what, value, 1)
    if rate is not None and rate < least:
        raise ValueError(
            f"{what} must be at least {least}, not {value!r}: the unit is bits per second, so write"
            " 64000 for 64 kbit/s"
        )
    return rate


def checked_channel(value: Any) -> None:
    """Refuse a channel's name without a random part; static/library/bridge/names.js explains the rule."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"channel must be the name that openChannel() returned, not {value!r}")
    found = re.search("[0-9A-Fa-f]{32}", value.replace("-", ""))
    digits = [int(digit, 16) for digit in found[0]] if found else []
    in_order = sum(abs(one - other) <= 1 for one, other in pairwise(digits))
    if len(set(digits)) < 8 or in_order >= 20:
        raise ValueError(
            f"connect: {value!r} is a guessable name, and any code that guesses it can record in the page. "
            f'Put a random UUID into it, here and in the page: "mediarecorder-{os.urandom(16).hex()}", for '
            "instance."
        )
