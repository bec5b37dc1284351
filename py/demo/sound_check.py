"""The input test: how loud a microphone is, and what to do about it."""

from __future__ import annotations

import math
from time import monotonic

from demo import words

LOWEST = -60.0
"""Decibels below full scale; the gauge begins here."""
SILENT, LOUD = -50.0, -1.0
"""Below the first, nothing is heard. Above the second, sound is clipped."""
HOLD = 1.5
"""Seconds for which the highest level stays visible."""
PATIENCE = 3.0
"""Seconds without a sound after which the page says so."""
REMAINS = 2.0
"""Seconds for which the page says that it was too loud."""


class SoundCheck:
    """Judges one level after another."""

    def __init__(self) -> None:
        self.level = self.peak = LOWEST
        """Decibels: now, and the highest of the last moments."""
        self._peak_at = self._loud_at = -math.inf
        self._heard_at = monotonic()
        self._heard = False
        self.said = ""
        """What `hear` returned last."""

    def hear(self, peak: float, now: float | None = None) -> str:
        """A level from 0 to 1. Returns what to say.

        >>> check = SoundCheck()
        >>> check.hear(0.5), check.hear(1)
        ('The level is good.', 'Too loud. Lower the gain, or move away from the microphone.')
        >>> f"{check.level:.0f} {check.peak:.0f}"
        '0 0'
        >>> check.hear(0, monotonic() + PATIENCE + REMAINS)
        'We hear nothing. Check that the right microphone is chosen and not muted.'
        """
        now = monotonic() if now is None else now
        self.level = max(LOWEST, 20 * math.log10(peak)) if peak > 0 else LOWEST
        if self.level >= self.peak or now - self._peak_at > HOLD:
            self.peak, self._peak_at = self.level, now
        if self.level >= LOUD:
            self._loud_at = now
        if self.level >= SILENT:
            self._heard, self._heard_at = True, now
        if now - self._loud_at < REMAINS:
            self.said = words.TOO_LOUD
        elif now - self._heard_at > PATIENCE:
            self.said = words.HEARS_NOTHING
        else:
            self.said = words.SOUNDS_GOOD if self._heard else words.QUIET
        return self.said

    @property
    def level_part(self) -> float:
        """The level as a part of the gauge."""
        return 1 - self.level / LOWEST

    @property
    def peak_part(self) -> float:
        return 1 - self.peak / LOWEST
