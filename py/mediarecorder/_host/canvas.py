"""Check that a canvas returns the pixels that were drawn (static/library/canvas.js does the same)."""

from __future__ import annotations

from ..errors import NotAllowedError
from .browser import js, translated


def require_readable(doing: str, what: str = "") -> None:
    """Raise `NotAllowedError` if the browser returns noise instead of the drawn pixels.

    (quirk: firefox-falsifies-canvases)
    """
    with translated(doing):
        readable = is_readable()
    if not readable:
        raise NotAllowedError(
            f"{doing}: the browser does not return the pixels that were drawn{what}. Allow this site to read "
            "canvas data (the icon beside the address), or switch off privacy.resistFingerprinting (Firefox, "
            "about:config)."
        )


def is_readable() -> bool:
    context = js.OffscreenCanvas.new(2, 2).getContext("2d")
    context.fillStyle = "rgb(200,64,16)"
    context.fillRect(0, 0, 2, 2)
    read = context.getImageData(0, 0, 2, 2).data.to_py()
    # Changes in the last bits are harmless.
    return all(abs(value - drawn) <= 8 for value, drawn in zip(read, (200, 64, 16, 255) * 4, strict=True))
