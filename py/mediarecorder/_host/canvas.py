"""Whether what is read from a canvas is what was drawn (static/library/canvas.js asks the same)."""

from __future__ import annotations

from ..errors import NotAllowedError
from .browser import js, translated


def require_readable(doing: str, what: str = "") -> None:
    """Refuse where the browser hands out noise instead of what was drawn."""
    with translated(doing):
        readable = is_readable()
    if not readable:
        raise NotAllowedError(
            f"{doing}: the browser hands out other pixels than were drawn{what}. Allow this site canvas data "
            "(icon beside the address), or switch off privacy.resistFingerprinting (Firefox, about:config)."
        )


def is_readable() -> bool:
    context = js.OffscreenCanvas.new(2, 2).getContext("2d")
    context.fillStyle = "rgb(200,64,16)"
    context.fillRect(0, 0, 2, 2)
    read = context.getImageData(0, 0, 2, 2).data.to_py()
    # A change of the last bits harms no picture.
    return all(abs(value - drawn) <= 8 for value, drawn in zip(read, (200, 64, 16, 255) * 4, strict=True))
