"""A small line chart made of the browser's own elements."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from js import Intl, document

from demo import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LABEL = "Line chart of {count} values from {low} to {high}"
SVG = "http://www.w3.org/2000/svg"
WIDTH, HEIGHT = 1000, 100
"""Size in the drawing's own units; the page scales it to the available space."""
MOST = 1000
"""The most points to draw; more would not be visible."""


def chart(
    values: Iterable[float], unit: str, seconds: float | None, low: float | None, high: float | None
) -> Any:
    """The element. Values that are not finite leave a gap, and the limits are by default those of the values.

    Raises
    ------
    ValueError
        None of the values is finite.
    """
    numbers = [float(value) for value in values]
    finite = [number for number in numbers if isfinite(number)]
    if not finite:
        raise ValueError("chart: none of the values is a finite number")
    low = min(finite) if low is None else float(low)
    high = max(finite) if high is None else float(high)
    ends = {"low": with_unit(low, unit), "high": with_unit(high, unit)}

    element = document.createElement("div")
    element.className = "live-chart"
    element.setAttribute("role", "img")
    label = words.say(LABEL, count=len(numbers), **ends)
    if seconds is not None:
        length = with_unit(float(seconds), "s")
        label += words.say(" over {length}", length=length)
        ends |= {"start": with_unit(0, "s"), "end": length}
    element.setAttribute("aria-label", label)
    element.append(drawing(line(numbers, low, high)))
    for end, text in ends.items():
        span = document.createElement("span")
        span.className = f"live-chart-{end}"
        span.textContent = text
        element.append(span)
    return element


def with_unit(number: float, unit: str) -> str:
    language = document.documentElement.lang or "en"
    return f"{Intl.NumberFormat.new(language, maximumSignificantDigits=3).format(number)} {unit}".rstrip()


def drawing(commands: str) -> Any:
    svg, path = document.createElementNS(SVG, "svg"), document.createElementNS(SVG, "path")
    svg.setAttribute("viewBox", f"0 0 {WIDTH} {HEIGHT}")
    svg.setAttribute("preserveAspectRatio", "none")
    svg.setAttribute("aria-hidden", "true")  # the surrounding text says what it shows
    path.setAttribute("d", commands)
    svg.append(path)
    return svg


def line(numbers: list[float], low: float, high: float) -> str:
    """
    >>> line([0, 5, float("nan"), 10], 0, 10)
    'M0.0 100.0h0L333.3 50.0M1000.0 0.0h0'
    >>> line([-1, 2], 0, 1)
    'M0.0 100.0h0L1000.0 0.0'
    """
    across, up = WIDTH / max(1, len(numbers) - 1), HEIGHT / (high - low) if high > low else 0
    commands, pen = [], False
    for place, number in thinned(numbers):
        if down := isfinite(number):
            y = HEIGHT - up * (min(max(number, low), high) - low) if up else HEIGHT / 2
            # A line of length 0 shows a point whose neighbours are missing.
            commands.append(f"{'L' if pen else 'M'}{across * place:.1f} {y:.1f}{'' if pen else 'h0'}")
        pen = down
    return "".join(commands)


def thinned(numbers: list[float]) -> Iterator[tuple[int, float]]:
    """The numbers with their positions; if there are many, the lowest and the highest of each stretch."""
    step = -(-len(numbers) // (MOST // 2)) if len(numbers) > MOST else 1
    if step == 1:
        yield from enumerate(numbers)
        return
    for start in range(0, len(numbers), step):
        places = range(start, min(start + step, len(numbers)))
        finite = [place for place in places if isfinite(numbers[place])] or places[:1]
        ends = {min(finite, key=numbers.__getitem__), max(finite, key=numbers.__getitem__)}
        yield from ((place, numbers[place]) for place in sorted(ends))
