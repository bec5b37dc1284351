"""`stop()` and memory after longer takes, in real time, with a timeslice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from .browser import Bench
from .growth import LIMITS, both, rows
from .row import Row

TAKES = {1: (20, 1), 60: (1, 5), 600: (1, 5)}
"""The rounds of each length in seconds, and the takes in each round, which record at the same time."""
TIMESLICE = 0.7
"""Seconds. (If a take is stopped at the very end of a timeslice, Firefox delivers an empty chunk, and the
library then waits 40 ms for later data, however long the take is.)"""


def measure(bench: Bench) -> Iterator[Row]:
    for engine in bench.engines:
        with both(bench, engine) as pages:
            for seconds, (rounds, at_once) in ({0.3: (2, 2)} if bench.smoke else TAKES).items():
                long = f"{seconds:g} s" if seconds < 60 else f"{seconds / 60:g} min"
                record = wait(pages, seconds, at_once)
                yield from rows(pages, engine, long, rounds, record, {"ms": LIMITS["ms"]}, at_once=at_once)


def wait(pages: dict[str, Page], seconds: float, at_once: int) -> Callable[[], None]:
    def record() -> None:
        for _ in range(at_once):
            for page in pages.values():
                page.evaluate("timeslice => begin(timeslice)", TIMESLICE)
        page.wait_for_timeout(seconds * 1000)

    return record
