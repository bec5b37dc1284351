"""Markers: moments of a recording that were marked while it was made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LAST = 1.0
"""Seconds for which a caption, or a chapter, at the very end lasts."""


class Marker(NamedTuple):
    """A marked moment.

    Attributes
    ----------
    time
        Seconds from the beginning of the recording, without pauses.
    text
        The argument of `MediaRecorder.mark`; it may be empty.
    """

    time: float
    text: str


def between(markers: Iterable[Marker], start: float, end: float) -> list[Marker]:
    """The markers of a part of a recording."""
    return [Marker(marker.time - start, marker.text) for marker in markers if start <= marker.time < end]


def shifted(markers: Iterable[Marker], seconds: float) -> list[Marker]:
    return [Marker(marker.time + seconds, marker.text) for marker in markers]


def chapters(markers: Iterable[Marker], duration: float) -> list[tuple[float, float, str]]:
    """Start, end and text of each marker, which lasts until the next one, or until the end.

    >>> chapters([Marker(61, "two"), Marker(0.25, "one")], 62.5)
    [(0.25, 61, 'one'), (61, 62.5, 'two')]
    """
    ordered = sorted(marker for marker in markers if not math.isnan(marker.time))
    found = []
    for place, (start, text) in enumerate(ordered):
        following = ordered[place + 1].time if place + 1 < len(ordered) else duration
        # (False as well if the duration is unknown)
        found.append((start, following if following > start else start + LAST, text))
    return found


def vtt(markers: Sequence[Marker], duration: float) -> str:
    """The markers as WebVTT captions, each shown until the next one, or until the end.

    >>> print(vtt([Marker(0.25, "Hello"), Marker(61, "a < b")], 62.5))
    WEBVTT
    <BLANKLINE>
    00:00:00.250 --> 00:01:01.000
    Hello
    <BLANKLINE>
    00:01:01.000 --> 00:01:02.500
    a &lt; b
    <BLANKLINE>
    """
    blocks = ["WEBVTT\n"]
    for start, end, text in chapters(markers, duration):
        said = _escape(" ".join(text.split()))
        lines = [f"{_timestamp(start)} --> {_timestamp(end)}", *filter(None, [said]), ""]
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def _escape(text: str) -> str:
    """`text` in WebVTT. (Importing `html` takes 20 ms in Pyodide.)"""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _timestamp(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
