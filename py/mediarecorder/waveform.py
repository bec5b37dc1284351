"""How sound looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

HEIGHT = 64
"""Its height in pixels."""


class Extremes(NamedTuple):
    """The lowest and the highest sample of a stretch of sound, from -1 to 1."""

    min: float
    max: float


def waveform_svg(waveform: Sequence[Extremes]) -> str:
    """A picture of the sound as SVG, in the colour of the text around it."""
    middle = HEIGHT / 2
    strokes = []
    for place, (low, high) in enumerate(waveform):
        top, bottom = middle - min(1.0, high) * middle, middle - max(-1.0, low) * middle
        strokes.append(f"M{2 * place + 0.5} {top:.1f}V{max(bottom, top + 1):.1f}")
    width = 2 * len(waveform)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Waveform" '
        f'viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" stroke="currentColor" fill="none">'
        f'<path d="{"".join(strokes)}"/></svg>'
    )
