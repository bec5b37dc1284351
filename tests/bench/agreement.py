"""What was found in a file (`bench.played`, or the library) against what is true of it (`bench.corpus`).

Each function returns what differs, in words; nothing where they agree. Read inside and outside the browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench.corpus import Sound

#: A time in Matroska is a whole number of these.
TICK = 0.001
ROUNDING = 0.0001
#: A packet of sound: where the file does not say its length to the frame, it may be so much longer.
PACKET = 0.06
#: An encoder may take so long to begin, or to end, a silence.
FADING = 0.025


def beeps_differ(found: Sequence[float], sound: Sound, within: float) -> Iterable[str]:
    """Beeps at the very edges may be cut in two, and count or not."""
    wanted = [time for time in sound.beeps if time - sound.start > within or time == sound.start]
    if len(found) != len(wanted):
        yield f"beeps at {_list(found)}, not at {_list(wanted)}"
    elif wanted:
        worst = max(zip(found, wanted, strict=True), key=lambda pair: abs(pair[0] - pair[1]))
        if abs(worst[0] - worst[1]) > within:
            yield f"the beep of {worst[1]:.4f} s is {1000 * (worst[0] - worst[1]):+.1f} ms late"


def gaps_differ(found: Sequence[Sequence[float]], sound: Sound) -> Iterable[str]:
    wanted = ([(0.0, sound.start)] if sound.start > FADING else []) + ([sound.hole] if sound.hole else [])
    agree = len(found) == len(wanted) and all(
        abs(a - b) <= FADING
        for pair, other in zip(found, wanted, strict=True)
        for a, b in zip(pair, other, strict=True)
    )
    if not agree:
        yield f"silence in {[tuple(pair) for pair in found]}, not in {wanted}"


def end_differs(found: float, sound: Sound, within: float) -> Iterable[str]:
    """`within` is how exact the container can be."""
    late = found - sound.end
    if not -within - ROUNDING <= late <= (within if sound.exact else PACKET) + ROUNDING:
        yield f"the sound ends at {found:.4f} s, not at {sound.end:.4f}"


def sound_differs(found: dict[str, Any] | None, sound: Sound | None, within: float, end: float) -> list[str]:
    """`within`: of beeps; `end`: of the end of the sound (s)."""
    if found is None or sound is None:
        return [] if found is sound is None else [f"{'no' if found is None else 'a'} sound"]
    return [
        *beeps_differ(found["onsets"], sound, within),
        *gaps_differ(found["gaps"], sound),
        *end_differs(found["end"], sound, end),
    ]


def pictures_differ(
    found: Sequence[tuple[float, int]],
    wanted: Sequence[tuple[float, int]],
    within: float = TICK,
    damaged: tuple[float, float] | None = None,
) -> list[str]:
    """Times (s) and numbers of the pictures. What appears while a file is damaged does not count."""
    if damaged:
        # (The last one before may be shown a little longer.)
        found, wanted = ([pair for pair in pairs if pair[0] < damaged[0] - TICK] for pairs in (found, wanted))
    numbers, right = [code for _, code in found], [code for _, code in wanted]
    if numbers != right:
        lost, more = (
            [code for code in right if code not in numbers],
            [code for code in numbers if code not in right],
        )
        about = f"missing {_short(lost)}" if lost else f"too many {_short(more)}" if more else _short(numbers)
        return [f"{len(numbers)} pictures, not {len(right)}: {about}"]
    if not right:
        return []
    off = [(abs(a - b), a, b) for (a, _), (b, _) in zip(found, wanted, strict=True)]
    worst, at, time = max(off)
    return [f"the picture of {time:.4f} s appears at {at:.4f}"] if worst > within + ROUNDING else []


def _list(times: Iterable[float]) -> str:
    return "[" + ", ".join(f"{time:.3f}" for time in times) + "]"


def _short(numbers: Sequence[int]) -> str:
    return str(list(numbers)) if len(numbers) <= 12 else f"{list(numbers[:6])} … {list(numbers[-3:])}"
