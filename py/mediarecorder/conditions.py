"""Conditions on the sound of a stream: silence, and sound."""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING, Any

from ._checks import checked_number
from ._reminder import Reminding
from .errors import AbortError
from .streams import MediaStream

if TYPE_CHECKING:
    from .recording import AudioSamples

BLOCK = 0.05
"""Seconds whose level is measured at a time."""
QUIETEST = -1000
"""The lowest level that can be asked for, in dBFS."""


class Condition(Reminding):
    """A condition on the sound of a stream: the result of `silence` or `sound`.

    `record(stop_when=…)` takes it, and `of` waits for it.
    """

    def __init__(self, text: str, seconds: float, level: float, loud: bool) -> None:
        self._text = text
        self._seconds = seconds
        self._level = level
        self._loud = loud

    async def of(self, stream: MediaStream | Any) -> float:
        """Wait until the sound of this stream meets the condition.

        >>> await sound(level=-60).of(microphone)
        0.05

        Returns
        -------
        float
            Seconds of sound that were heard by then.

        Raises
        ------
        AbortError
            The stream ended first.
        NotFoundError, InvalidStateError, NotReadableError, NotSupportedError
            As for `MediaStream.blocks`.
        """
        if (heard := await self._heard(stream)) is None:
            raise AbortError(f"{self._text}: the stream ended first")
        return heard

    async def _heard(self, stream: MediaStream | Any) -> float | None:
        """The same, but None if the stream ended first."""
        source = stream if isinstance(stream, MediaStream) else MediaStream(stream)
        blocks, since = source.blocks(BLOCK, channels=1), 0.0
        try:
            async for block in blocks:
                end = block.timestamp + block.duration
                if (dbfs(block) >= self._level) != self._loud:
                    since = end
                elif end - since >= self._seconds:
                    return round(end, 6)
        finally:
            await blocks.aclose()
        return None

    def __repr__(self) -> str:
        return f"<{self._text}>"


def silence(seconds: float = 1.5, *, level: float = -45.0) -> Condition:
    """The condition that a stream has been silent for this long.

    >>> recording = await record(2, stop_when=silence(1.5))
    >>> heard = await silence(0.05, level=0).of(microphone)

    Parameters
    ----------
    seconds
        How long the sound must stay below the level, without a break. Silence before the first word counts.
    level
        dBFS (RMS over 0.05 s): 0 is the loudest, and -45 is more than the noise of most rooms.
    """
    length = checked_number("seconds", seconds, 0.001)
    if length is None:
        raise TypeError("seconds must be the length of the silence, not None")
    return Condition(f"silence({length:g}, level={_checked(level):g})", length, _checked(level), False)


def sound(*, level: float = -45.0) -> Condition:
    """The condition that a stream is at least this loud.

    >>> await sound(level=-60).of(microphone)
    0.05
    >>> recording = await record(10, stop_when=sound(level=-60))

    Parameters
    ----------
    level
        dBFS (RMS over 0.05 s), as for `silence`.
    """
    return Condition(f"sound(level={_checked(level):g})", 0.0, _checked(level), True)


def _checked(level: Any) -> float:
    if isinstance(level, bool) or not hasattr(level, "__float__"):
        raise TypeError(f"level must be a number of dBFS, not {level!r}")
    if not QUIETEST <= level <= 0:
        raise ValueError(f"level must be from {QUIETEST} to 0 dBFS, not {level!r}")
    return float(level)


def dbfs(block: AudioSamples) -> float:
    """The level of a block (RMS); -inf for digital silence."""
    values = memoryview(block._data).cast("B").cast("f")
    power = sum(map(mul, values, values)) / len(values)
    return 10 * math.log10(power) if power else -math.inf
