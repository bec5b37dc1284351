"""A row of the table: one measurement on both sides, and its limit."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Limit:
    """The limit of a row. If several are set, meeting one is enough."""

    times: float | None = None
    """At most this multiple of theirs."""
    more: float | None = None
    """At most this much more than theirs, in the row's unit."""
    most: float | None = None
    """The largest value for ours, in the row's unit."""
    at_least: float | None = None
    """At least this multiple of theirs."""
    times_plus: tuple[float, float] | None = None
    """At most this multiple of theirs plus this much, in the row's unit."""

    def holds(self, ours: float, theirs: float | None) -> bool:
        if self.most is not None and ours <= self.most:
            return True
        if theirs is None:
            return False
        return (
            (self.times is not None and ours <= self.times * theirs)
            or (self.more is not None and ours - theirs <= self.more)
            or (self.at_least is not None and ours >= self.at_least * theirs)
            or (self.times_plus is not None and ours <= self.times_plus[0] * theirs + self.times_plus[1])
        )

    def said(self, unit: str) -> str:
        parts = []
        if self.times is not None:
            parts.append(f"≤ {self.times:g} ×")
        if self.more is not None:
            parts.append(f"{self.more:+g} {unit}")
        if self.most is not None:
            parts.append(f"≤ {self.most:g} {unit}")
        if self.at_least is not None:
            parts.append(f"≥ {self.at_least:g} ×")
        if self.times_plus is not None:
            parts.append(f"≤ {self.times_plus[0]:g} × {self.times_plus[1]:+g} {unit}")
        return " or ".join(parts)


@dataclass(frozen=True)
class Row:
    """Samples of both sides, taken in turn."""

    what: str
    unit: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...] = ()
    against: str = ""
    """The name of the other side."""
    limit: Limit | None = None
    more_is_better: bool = False
    note: str = ""
    group: str = field(default="limits", kw_only=True)
    """``limits`` (the design's), ``peers`` or ``growth``."""
    parts: Mapping[str, Mapping[str, float]] | None = field(default=None, kw_only=True)
    """The parts of each side, in the row's unit, which show how the time is spent."""

    @property
    def ratio(self) -> float | None:
        """The ratio of the medians."""
        return _divided(median(self.ours), median(self.theirs)) if self.theirs else None

    @property
    def ratio_p95(self) -> float | None:
        """The ratio of the 95th percentiles, or of the 5th if more is better."""
        side = 5 if self.more_is_better else 95
        return _divided(percentile(self.ours, side), percentile(self.theirs, side)) if self.theirs else None

    @property
    def holds(self) -> bool | None:
        """Whether the limit is met; None without a limit."""
        if self.limit is None:
            return None
        return self.limit.holds(median(self.ours), median(self.theirs) if self.theirs else None)

    @property
    def ahead(self) -> bool | None:
        """Whether ours is better; None without another side."""
        if not self.theirs:
            return None
        ours, theirs = median(self.ours), median(self.theirs)
        return ours >= theirs if self.more_is_better else ours <= theirs

    @property
    def verdict(self) -> str:
        if self.holds is not None:
            return "holds" if self.holds else "DOES NOT HOLD"
        if self.group == "limits":
            return ""
        if self.theirs and median(self.ours) == median(self.theirs):
            return "both the same"
        if self.ahead is not None:
            return "ours is ahead" if self.ahead else "theirs is ahead"
        return ""

    def as_json(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "what": self.what,
            "against": self.against,
            "unit": self.unit,
            "ours": _summary(self.ours),
            "theirs": _summary(self.theirs) if self.theirs else None,
            "ratio": self.ratio,
            "ratio_p95": self.ratio_p95,
            "limit": asdict(self.limit) if self.limit else None,
            "verdict": self.verdict,
            "more_is_better": self.more_is_better,
            "note": self.note,
            "parts": self.parts,
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Row:
        """The row from which `as_json` made this."""
        same = {
            name: row[name]
            for name in ("what", "unit", "against", "more_is_better", "note", "group", "parts")
        }
        sides = {side: tuple(row[side]["samples"]) if row[side] else () for side in ("ours", "theirs")}
        return cls(**same, **sides, limit=Limit(**row["limit"]) if row["limit"] else None)


def median(samples: tuple[float, ...]) -> float:
    return statistics.median(samples)


def percentile(samples: tuple[float, ...], percent: int) -> float:
    if len(samples) == 1:
        return samples[0]
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]


def _summary(samples: tuple[float, ...]) -> dict[str, Any]:
    return {
        "median": median(samples),
        "p5": percentile(samples, 5),
        "p95": percentile(samples, 95),
        "samples": [float(f"{sample:.5g}") for sample in samples],
    }


def _divided(ours: float, theirs: float) -> float | None:
    return ours / theirs if theirs else None
