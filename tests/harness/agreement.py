"""Compares findings about a file (`harness.played`, or the library) with the facts (`harness.corpus`).

The functions describe differences in words, and return nothing if there are none. Tests import this module
inside and outside the browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.corpus import BEEP, File

#: The unit of times in Matroska.
TICK = 0.001
ROUNDING = 0.0001
#: A packet of sound: if a file does not state its exact length, it may be this much longer.
PACKET = 0.06
#: An encoder may take this long to begin, or to end, a silence.
FADING = 0.025

#: A beep begins where the sound exceeds this fraction of its maximum, after this many seconds below it.
LOUD, QUIET_BEFORE = 0.45, 0.1
#: Sound below this level is silence, and a gap is at least this many seconds of it.
SILENT, GAP = 0.01, 0.03

Times = tuple[tuple[float, int], ...]


@dataclass(frozen=True)
class Truth:
    """The visible and audible content of a file, or of a verb's result, with times in seconds."""

    length: float
    #: The time of each picture, and its number.
    pictures: Times = ()
    #: The start of each beep.
    beeps: tuple[float, ...] = ()
    #: Start and end of each silence; None if there is only silence, in whatever form the file has it.
    silences: tuple[tuple[float, float], ...] | None = ()
    #: The end of the sound.
    end: float = 0.0
    #: How much later the sound may end, if the file does not state its exact end.
    more: float = 0.0
    #: Beeps before this are at the edge of a copy, and may be cut in two.
    sure: float = -1.0
    kinds: tuple[str, ...] = ()
    #: Pictures from here to there cannot be decoded.
    damaged: tuple[float, float] | None = None

    @property
    def has_picture(self) -> bool:
        return "video" in self.kinds

    @property
    def has_sound(self) -> bool:
        return "audio" in self.kinds

    def shown_at(self, time: float) -> int | None:
        """The number of the picture that is visible then."""
        shown = [code for at, code in self.pictures if at <= time + ROUNDING]
        return shown[-1] if shown else None


def truth_of(file: File) -> Truth:
    sound = file.sound
    silences = []
    if sound and sound.start:
        silences.append((0.0, sound.start))
    if sound and sound.hole:
        silences.append(sound.hole)
    return Truth(
        file.length,
        file.pictures,
        sound.beeps if sound else (),
        tuple(silences),
        sound.end if sound else 0.0,
        PACKET if sound and not sound.exact else 0.0,
        -1.0,
        tuple(sorted(file.kinds)),
        file.damaged,
    )


def part_of(truth: Truth, start: float, end: float) -> Truth:
    """The facts about a part: the picture visible at its start appears at 0."""
    shown = truth.shown_at(start)
    first = () if shown is None else ((0.0, shown),)
    later = tuple((at - start, code) for at, code in truth.pictures if start + ROUNDING < at < end - ROUNDING)
    silences = tuple(
        (max(a, start) - start, min(b, end) - start) for a, b in truth.silences or () if a < end and b > start
    )
    return replace(
        truth,
        length=end - start,
        pictures=(*first, *later),
        # (A beep that an edge cuts belongs to neither side; parts are chosen so that this does not happen.)
        beeps=tuple(at - start for at in truth.beeps if start <= at < end - BEEP),
        silences=silences,
        end=min(end, truth.end) - start,
        more=truth.more if end >= truth.end else 0.0,
        damaged=None
        if truth.damaged is None or truth.damaged[0] >= end
        else (max(0.0, truth.damaged[0] - start), truth.damaged[1] - start),
    )


def twice(truth: Truth) -> Truth:
    """The facts about the same content played twice in a row."""
    later = truth.length
    whole = truth.silences or ()
    silences = [*whole, *((a + later, b + later) for a, b in whole)]
    return replace(
        truth,
        length=2 * later,
        pictures=(*truth.pictures, *((at + later, code) for at, code in truth.pictures)),
        beeps=(*truth.beeps, *(at + later for at in truth.beeps)),
        silences=tuple(silences),
        end=truth.end + later,
    )


def sound_alone(truth: Truth) -> Truth:
    return replace(truth, pictures=(), damaged=None, kinds=("audio",), length=truth.end)


def played_differs(
    found: dict[str, Any], truth: Truth, *, beeps: float, end: float, pictures: float = TICK
) -> Iterator[str]:
    """Compares the findings of the judge `played`.

    Parameters
    ----------
    pictures
        Tolerance for pictures (s).
    beeps
        Tolerance for beeps (s).
    end
        Tolerance for the end of the sound (s).
    """
    if tuple(found["kinds"]) != truth.kinds:
        yield f"tracks {found['kinds']}, not {list(truth.kinds)}"
    if truth.has_sound and found["sound"]:
        sound = found["sound"]
        yield from sound_differs(sound["onsets"], sound["gaps"], sound["end"], truth, beeps=beeps, end=end)
    if truth.has_picture and found["pictures"]:
        shown = [(picture["time"], picture["code"]) for picture in found["pictures"]]
        yield from pictures_differ(shown, truth, pictures)


def sound_differs(
    onsets: Sequence[float],
    gaps: Sequence[Sequence[float]],
    ends: float,
    truth: Truth,
    *,
    beeps: float,
    end: float,
) -> Iterator[str]:
    """The starts of beeps, the silences, and the end of the sound (s)."""
    heard, right = ([at for at in times if at > truth.sure] for times in (onsets, truth.beeps))
    if len(heard) != len(right):
        yield f"beeps at {_list(heard)}, not at {_list(right)}"
    elif right:
        off = [(abs(a - b), a - b, b) for a, b in zip(heard, right, strict=True)]
        worst, late, time = max(off)
        if worst > beeps:
            yield f"the beep of {time:.3f} s is {1000 * abs(late):.1f} ms {'late' if late > 0 else 'early'}"
    if truth.silences is None:
        return
    agree = len(gaps) == len(truth.silences) and all(
        abs(a - c) <= FADING and abs(b - d) <= FADING
        for (a, b), (c, d) in zip(gaps, truth.silences, strict=True)
    )
    if not agree:
        yield f"silent in {_pairs(gaps)}, not in {_pairs(truth.silences)}"
    later = ends - truth.end
    if truth.more:
        end = max(end, TICK)  # (Times in ffmpeg's edit lists are whole milliseconds.)
    if not -end - ROUNDING <= later <= max(end, truth.more) + ROUNDING:
        yield f"the sound ends at {ends:.4f} s, not at {truth.end:.4f}"


def pictures_differ(found: Iterable[tuple[float, int]], truth: Truth, within: float = TICK) -> Iterator[str]:
    """Times (s) and numbers of the pictures. Pictures in a damaged part do not count."""
    # (At an edge of the damage, the last picture before it may be shown later.)
    until = truth.damaged[0] - TICK - ROUNDING if truth.damaged else float("inf")
    seen, wanted = ([pair for pair in pairs if pair[0] < until] for pairs in (found, truth.pictures))
    numbers, right = [code for _, code in seen], [code for _, code in wanted]
    if numbers != right:
        lost = [code for code in right if code not in numbers]
        more = [code for code in numbers if code not in right]
        about = f"missing {_short(lost)}" if lost else f"too many {_short(more)}" if more else _short(numbers)
        yield f"{len(numbers)} pictures, not {len(right)}: {about}"
    elif right:
        worst, at, time = max(
            (abs(at - time), at, time) for (at, _), (time, _) in zip(seen, wanted, strict=True)
        )
        if worst > within + ROUNDING:
            yield f"the picture of {time:.4f} s appears at {at:.4f}"


def length_differs(what: str, found: float, length: float, within: float) -> Iterator[str]:
    if not abs(found - length) <= within + ROUNDING:
        yield f"{what} {found:.4f} s, not {length:.4f}"


def _list(times: Iterable[float]) -> str:
    return "[" + ", ".join(f"{time:.3f}" for time in times) + "]"


def _pairs(pairs: Iterable[Sequence[float]]) -> str:
    return "[" + ", ".join(f"{a:.3f} to {b:.3f}" for a, b in pairs) + "]"


def _short(numbers: Sequence[int]) -> str:
    return str(list(numbers)) if len(numbers) <= 12 else f"{list(numbers[:6])} … {list(numbers[-3:])}"
