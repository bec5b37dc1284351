"""Pictures of sound: waveforms as SVG."""

from __future__ import annotations

import math
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEIGHT = 64
"""Height of a waveform in pixels."""

LANES = 8
"""At most this many channels are drawn, one above the other."""
COLUMNS = 300
"""The number of sections in such a picture, two pixels wide each."""
LOOKED_AT = 2_000_000
"""The number of samples to read if numpy is missing: Python needs about half a second for them."""


class Extremes(NamedTuple):
    """The lowest and the highest sample of a section of sound, from -1 to 1."""

    min: float
    max: float


def waveform_svg(waveform: Sequence[Extremes]) -> str:
    """A picture of the sound as SVG, in the colour of the surrounding text."""
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


def samples_svg(numbers: memoryview[float], channels: int, sample_rate: int) -> str:
    """A picture of interleaved 32-bit floats: a lane from -1 to 1 for each channel, with a time axis."""
    frames, lanes = len(numbers) // channels, min(channels, LANES)
    if not frames:
        return ""
    # Lines stretch to the width of the page. Texts have the same places in percent, and keep their size.
    left, width, right, lane, gap = 56, 2 * COLUMNS, 64, HEIGHT, 16
    bottom, full = lanes * (lane + gap), left + width + right
    columns = min(frames, COLUMNS)
    bounds = [frames * column // columns for column in range(columns + 1)]
    drawn, words = [], []

    def write(x: float, y: float, anchor: str, text: str) -> None:
        words.append(f'<text x="{x / full:.2%}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>')

    for channel in range(lanes):
        middle = channel * (lane + gap) + gap / 2 + lane / 2
        path, pen = [], "M"
        extremes = _extremes(numbers, channels, channel, bounds)
        for (start, end), (low, high) in zip(pairwise(bounds), extremes, strict=True):
            if low > high:  # only NaN
                pen = "M"
                continue
            x = left + (start + end - 1) / 2 / frames * width
            for value in (high, low):
                path.append(f"{pen}{x:.1f} {middle - max(-1.0, min(1.0, value)) * lane / 2:.1f}")
                pen = "L"
        drawn += [(f"M{left} {middle}h{width}", ".3"), ("".join(path), "1")]
        for value in (1, 0, -1):
            write(left - 6, middle - value * lane / 2 + 4, "end", str(value))
    duration = frames / sample_rate
    step, digits = _step(duration)
    axis = [f"M{left} {bottom}h{width}"]
    for count in range(int(duration / step + 1e-6) + 1):
        x = left + count * step / duration * width
        axis.append(f"M{x:.1f} {bottom}v5")
        write(x, bottom + 17, "middle", f"{count * step:.{digits}f}")
    write(left + width + 46, bottom + 17, "middle", "s")
    drawn.append(("".join(axis), "1"))
    lines = "".join(
        f'<path d="{path}" stroke-opacity="{opacity}" vector-effect="non-scaling-stroke"/>'
        for path, opacity in drawn
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Waveform of {duration:.6g} s" '
        f'width="100%" height="{bottom + 22}">'
        f'<svg viewBox="0 0 {full} {bottom + 22}" preserveAspectRatio="none" stroke="currentColor" '
        f'fill="none" stroke-linecap="round" stroke-linejoin="round">{lines}</svg>'
        f'<g fill="currentColor" font-family="sans-serif" font-size="11">{"".join(words)}</g></svg>'
    )


def _extremes(
    numbers: memoryview[float], channels: int, channel: int, bounds: list[int]
) -> Iterator[tuple[float, float]]:
    """The lowest and highest number of each section, ignoring NaN; in reverse order if all are NaN."""
    if numpy := sys.modules.get("numpy"):
        column = numpy.frombuffer(numbers, dtype="f").reshape(-1, channels)[:, channel]
        for start, end in pairwise(bounds):
            part = column[start:end]
            yield (
                float(numpy.fmin.reduce(part, initial=math.inf)),
                float(numpy.fmax.reduce(part, initial=-math.inf)),
            )
        return
    most = LOOKED_AT // (min(channels, LANES) * len(bounds))
    for start, end in pairwise(bounds):
        # Read 16 runs of a longer section: single samples at equal distances would miss periodic sounds.
        run = end - start if end - start <= most else most // 16
        found: list[float] = [math.inf]
        for place in range(start, end, run if run == end - start else (end - start) // 16):
            found += numbers[
                place * channels + channel : min(place + run, end) * channels : channels
            ].tolist()
        low = min(found)  # NaN compares false, so the first element must be a number
        found[0] = -math.inf
        yield low, max(found)


def _step(duration: float) -> tuple[float, int]:
    """A round step for about six ticks, and the number of decimals it needs."""
    exponent = math.floor(math.log10(duration / 6))
    factor = next(
        factor for factor in (1, 2, 5, 10) if factor * 10.0**exponent >= duration / 6 or factor == 10
    )
    return factor * 10.0**exponent, max(0, -exponent - (factor == 10))
