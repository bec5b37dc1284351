"""Pictures that carry a number, readable after lossy encoding, scaling and bars. Imported inside and outside
the browser.

A strip of 12 black or white blocks crosses the middle of a grey picture: 9 bits of the number, the highest
first, and 3 bits that check them.
"""

from __future__ import annotations

BLOCKS = 12
LARGEST = 511
GREY = 128
#: The strip's first and last row, in eighths of the height.
TOP, BOTTOM = 3, 5
NOTHING = -1
"""The result for a picture without a number."""


def paint(number: int, width: int, height: int) -> bytes:
    """The picture, with one byte a pixel."""
    bits = _bits(number)
    grey = bytes([GREY]) * width
    strip = bytes(255 * bits[x * BLOCKS // width] for x in range(width))
    top, bottom = height * TOP // 8, height * BOTTOM // 8
    return grey * top + strip * (bottom - top) + grey * (height - bottom)


def read(grey: bytes | memoryview, width: int, height: int) -> int:
    """The number of a picture with one byte a pixel; `NOTHING` without one."""
    grey = bytes(grey)
    whole = (0, 0, width, height)
    # (The picture's own corners are grey.)
    has_bars = grey[height // 8 * width + 1] < GREY // 2 or grey[width + width // 2] < GREY // 2
    for box in (_without_bars(grey, width, height), whole) if has_bars else (whole,):
        number = _read_within(grey, width, *box)
        if number != NOTHING:
            return number
    return NOTHING


def _bits(number: int) -> list[int]:
    code = number << 3 | _check(number)
    return [code >> place & 1 for place in reversed(range(BLOCKS))]


def _check(number: int) -> int:
    """Every single wrong bit is detected; neither all black nor all white is a number."""
    return ((number >> 6) * 3 + (number >> 3 & 7) * 5 + (number & 7) + 3) & 7


def _read_within(grey: bytes, stride: int, left: int, top: int, right: int, bottom: int) -> int:
    width, height = right - left, bottom - top
    if width < 2 * BLOCKS or height < 8:
        return NOTHING
    rows = [top + height * part // 32 for part in (14, 16, 18)]
    levels = []
    for block in range(BLOCKS):
        first, last = (left + width * (4 * block + part) // (4 * BLOCKS) for part in (1, 3))
        places = [row * stride + x for row in rows for x in range(first, max(last, first + 1))]
        levels.append(sum(grey[place] for place in places) / len(places))
    low, high = min(levels), max(levels)
    if high - low < 60:
        return NOTHING
    code = 0
    for level in levels:
        code = code << 1 | (level > (low + high) / 2)
    number = code >> 3
    return number if _check(number) == code & 7 else NOTHING


def _without_bars(grey: bytes, width: int, height: int) -> tuple[int, int, int, int]:
    """The area of the picture between black bars."""
    columns = [x for x in range(width) if sum(grey[x::width]) > 40 * height]
    rows = [
        y
        for y in range(height)
        if sum(grey[y * width : (y + 1) * width]) > 40 * width * (len(columns) / width)
    ]
    if not columns or not rows:
        return 0, 0, 0, 0
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
