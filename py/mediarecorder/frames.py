"""Pictures as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .arguments import checked_number, checked_whole
from .arrays import MediaArray
from .engine import pieces, reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    PixelFormat = Literal["rgb", "rgba", "bgr", "gray"]

DEPTHS = {"rgb": 3, "rgba": 4, "bgr": 3, "gray": 1}
"""Numbers that a pixel has."""


class Frame(MediaArray):
    """One picture of a recording as an array of bytes.

    The shape is ``(height, width, 3)`` for ``"rgb"`` and ``"bgr"``, ``(height, width, 4)`` for ``"rgba"`` and
    ``(height, width)`` for ``"gray"``: rows from top to bottom, 0 is dark and 255 is bright.

    >>> async for frame in recording.frames(width=160):
    ...     pixels = memoryview(frame)  # or numpy.asarray(frame): no copy
    ...     print(frame.timestamp, frame.shape, pixels[0, 0, 0])

    Attributes
    ----------
    timestamp
        When it appears, in seconds from the start of the recording.
    format
        ``"rgb"``, ``"rgba"``, ``"bgr"`` or ``"gray"``.
    """

    def __init__(self, data: bytearray, width: int, height: int, format: str, timestamp: float) -> None:
        depth = DEPTHS[format]
        super().__init__(data, (height, width) if depth == 1 else (height, width, depth))
        self.format = format
        self.timestamp = timestamp

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return self._shape[1]

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self._shape[0]

    def __repr__(self) -> str:
        return f"<Frame {self.width} x {self.height} {self.format} at {self.timestamp:.3f} s>"


async def frames(
    blob: Any, width: int | None, format: str, start: float | None, end: float | None
) -> AsyncIterator[Frame]:
    """The pictures of a file, one after the other."""
    if format not in DEPTHS:
        raise ValueError(f"there is no pixel format {format!r}; there are {', '.join(DEPTHS)}")
    width = checked_whole("width", width, 1, 16384)
    start, end = checked_number("start", start, 0), checked_number("end", end, 0)
    async with reading("frames", "frameReader", blob, width, format, start, end) as reader:
        async for piece in pieces("frames", reader):
            data = bytearray(piece.byteLength)
            piece.assign_to(data)
            yield Frame(data, reader.width, reader.height, format, float(reader.timestamp))
