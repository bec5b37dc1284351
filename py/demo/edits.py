"""New takes made from others. The originals stay as they are."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from js import URL, document
from pyscript import js_import

from mediarecorder import NotSupportedError, Recording
from mediarecorder.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Told = Callable[[float], None]
    Stretch = tuple[float, float | None]

SECTION = 0.05
"""The sound is searched for silence in sections of this many seconds."""
SILENCE = 0.5
"""A pause of at least this many seconds is silence."""
MARGIN = 0.1
"""Seconds of each pause that stay beside the sound."""
QUIET = 0.003
"""Sections whose samples stay below this level (-50 dBFS) are quiet,"""
QUIETER = 0.03
"""and so are those below this fraction (-30 dB) of the loudest sample."""
PEAK = 10 ** (-1 / 20)
"""The level of the loudest sample after normalising: -1 dBFS."""
BITS = 160_000
"""Bits per second of a normalised take."""
LONGEST = 3600
"""The longest take to normalise, in seconds: its samples are in memory."""


async def keep(recording: Recording, stretches: Sequence[Stretch], told: Told) -> Recording:
    """The stretches of a recording, one after the other."""
    steps = len(stretches) + (len(stretches) > 1)
    parts: list[Recording] = []

    def on_progress(done: float) -> None:
        told((len(parts) + done) / steps)

    try:
        for start, end in stretches:
            parts.append(await _part(recording, start, end, on_progress, alone=len(stretches) == 1))
        return parts.pop() if len(parts) == 1 else await Recording.concat(parts, on_progress=on_progress)
    finally:
        for part in parts:
            part.close()


async def _part(
    recording: Recording, start: float, end: float | None, on_progress: Told, *, alone: bool
) -> Recording:
    try:
        return await recording.trim(start, end, on_progress=on_progress)
    except NotSupportedError:
        if not alone:  # a copy begins before the cut, which would repeat what is cut out
            raise
        return await recording.trim(start, end, exact=False, on_progress=on_progress)


async def sounding(recording: Recording, seconds: float) -> list[Stretch]:
    """The stretches of a recording between its silences; empty if all of it is silent."""
    count = max(1, min(1_000_000, round(seconds / SECTION)))
    levels = [max(-low, high) for low, high in await recording.waveform(count)]
    return loud(levels, seconds / len(levels))


def loud(levels: Sequence[float], section: float) -> list[Stretch]:
    """The stretches between the silences of a sound, from the level of each section.

    >>> pause = [0.0] * 20
    >>> loud([0.5] * 10 + pause + [0.5] * 10, 0.1)
    [(0.0, 1.1), (2.9, None)]
    >>> loud([*pause, 0.5, *pause], 0.1), loud(pause, 0.1), loud([0.5, 0.0, 0.5], 0.1)
    ([(1.9, 2.2)], [], [(0.0, None)])
    """
    limit = max(QUIET, QUIETER * max(levels))
    sounds = [place for place, level in enumerate(levels) if level >= limit]
    if not sounds:
        return []
    pauses = [(-1, sounds[0]), *pairwise(sounds), (sounds[-1], len(levels))]
    found: list[Stretch] = []
    start: float | None = 0.0
    for before, after in pauses:
        first, last = (before + 1) * section, after * section
        if last - first < SILENCE - 1e-6:
            continue
        if before >= 0 and start is not None:
            found.append((start, round(first + MARGIN, 3)))
        start = round(last - MARGIN, 3) if after < len(levels) else None
    return found if start is None else [*found, (start, None)]


async def normalised(recording: Recording, told: Told) -> Recording:
    """The sound of a recording, louder or quieter, so that its peak is at -1 dBFS."""
    samples = await recording.samples(on_progress=lambda done: told(done / 2))
    (module,) = await js_import(URL.new("static/demo/volume.js", document.baseURI).href)
    module.normalise(memoryview(samples).cast("B"), PEAK)
    format = _format(recording)
    bits = None if format in ("wav", "flac") else BITS
    made = await samples.to_recording(
        format, bits_per_second=bits, on_progress=lambda done: told((1 + done) / 2)
    )
    return as_old_as(recording, made)


def as_old_as(recording: Recording, made: Recording) -> Recording:
    """The new recording with the old one's time, so that it is listed beside it, and with its markers."""
    new = Recording(made.blob, made.mime_type, duration=made.duration, started_at=recording.started_at)
    new._markers = recording.markers  # no time has changed
    return new


def _format(recording: Recording) -> str:
    """The format of a recording's file, or WebM if that cannot be written."""
    container = recording.mime_type.partition(";")[0]
    rows = (name for name, row in FORMATS.items() if "label" in row and container in row["types"])
    return next(rows, "webm")
