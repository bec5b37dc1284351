"""Pictures as arrays of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ._checks import checked_int, checked_number
from ._media.arrays import MediaArray, copied
from ._media.engine import pieces, reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    PixelFormat = Literal["rgb", "rgba", "bgr", "gray"]

SHOWN = 640
"""Frames with a longer side of up to this many pixels are shown in full."""
WIDEST = 16384
"""Pixels of a longer side."""
COLOURS = {"rgb": (0, 1, 2), "rgba": (0, 1, 2, 3), "bgr": (2, 1, 0), "gray": (0,)}
"""The channels of a pixel: 0 is red, 1 green, 2 blue, 3 opacity."""


class Frame(MediaArray):
    """One picture of a recording or of a stream as an array of bytes.

    The shape is ``(height, width, 3)`` for ``"rgb"`` and ``"bgr"``, ``(height, width, 4)`` for ``"rgba"`` and
    ``(height, width)`` for ``"gray"``: rows from top to bottom, 0 is dark and 255 is bright.

    >>> async for frame in recording.frames(width=160):
    ...     pixels = memoryview(frame)  # or numpy.asarray(frame): no copy
    ...     print(frame.timestamp, frame.shape, pixels[0, 0, 0])

    Attributes
    ----------
    timestamp
        The time at which the picture appears, in seconds from the start of the recording, or from the first
        frame of a loop over `MediaStream.frames`.
    lost
        In such a loop: how many frames were skipped before this one, because Python was not there.
    format
        ``"rgb"``, ``"rgba"``, ``"bgr"`` or ``"gray"``.
    """

    lost = 0

    def __init__(self, data: bytearray, width: int, height: int, format: str, timestamp: float) -> None:
        depth = len(COLOURS[format])
        super().__init__(data, (height, width) if depth == 1 else (height, width, depth))
        self.format = format
        self.timestamp = timestamp

    @property
    def width(self) -> int:
        """The number of pixels in a row."""
        return self._shape[1]

    @property
    def height(self) -> int:
        """The number of rows."""
        return self._shape[0]

    def _repr_html_(self) -> str:
        """The picture; a large one shows only every second pixel, or every third, and so on."""
        from ._html.text import figure

        size = f"{self.width} × {self.height}"
        facts = [size, self.format, f"at {self.timestamp:.3f} s"]
        if not self._data:
            return figure("", facts)
        step = -(-max(self.width, self.height) // SHOWN)
        if step > 1:
            facts.append(f"shown: 1 of {step} pixels each way")
        url, width, height = self._png_url(step)
        return figure(f'<img src="{url}" alt="Frame of {size}" width="{width}" height="{height}">', facts)

    def _png_url(self, step: int) -> tuple[str, int, int]:
        """A PNG with every `step`-th pixel in each direction, and its size (https://www.w3.org/TR/png-3/)."""
        import zlib
        from binascii import b2a_base64

        places = COLOURS[self.format]
        depth, width = len(places), -(-self.width // step)
        line, rows = self.width * depth, bytearray()
        for start in range(0, self.height * line, step * line):
            row = bytearray(width * depth)
            for channel, place in enumerate(places):
                row[channel::depth] = self._data[start + place : start + line : step * depth]
            rows += b"\0" + row  # not filtered

        def chunk(name: bytes, data: bytes) -> bytes:
            check = zlib.crc32(name + data)
            return len(data).to_bytes(4, "big") + name + data + check.to_bytes(4, "big")

        height = -(-self.height // step)
        kind = {1: 0, 3: 2, 4: 6}[depth]
        head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, kind, 0, 0, 0))
        png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
        png += chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
        return f"data:image/png;base64,{b2a_base64(png, newline=False).decode()}", width, height

    def __repr__(self) -> str:
        return f"<Frame {self.width} x {self.height} {self.format} at {self.timestamp:.3f} s>"


def checked_pixel_format(format: str) -> str:
    if format not in COLOURS:
        raise ValueError(f"unknown pixel format {format!r}; choose one of {', '.join(COLOURS)}")
    return format


async def frames(
    blob: Any, width: int | None, format: str, start: float | None, end: float | None
) -> AsyncIterator[Frame]:
    """The pictures of a file, one after the other."""
    format = checked_pixel_format(format)
    width = checked_int("width", width, 1, WIDEST)
    start, end = checked_number("start", start, 0), checked_number("end", end, 0)
    async with reading("frames", "frameReader", blob, width, format, start, end) as reader:
        async for piece in pieces("frames", reader):
            yield Frame(copied(piece), reader.width, reader.height, format, float(reader.timestamp))
