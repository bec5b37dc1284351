"""The marks of the inner tests, and the time limit of a test. Read inside and outside the browser."""

from __future__ import annotations

import pytest

MARKS = (
    "core: runs also on the oldest Pyodide and, in make soak, under a strict Content-Security-Policy",
    "policy: of the core, what such a policy could break; under one in make test as well",
    "page_only(reason): does not run a second time in a worker, since there it must be otherwise",
    "media_work: tests the media engine: in make test its core runs in one worker, and outside the lane"
    " chromium only the first row of each table",
    "firefox_in_soak: in Firefox only in make soak",
    "firefox_too: runs in Firefox in make test with all rows, despite the two marks above",
    "lane(*names): runs in these lanes of the harness and in no other",
    "time_limit(seconds): how long the test may take inside the browser, 60 unless said otherwise",
    "quirk(*ids): shows what a browser does that code with these ids works around (docs/maintaining.md)",
    "console_errors: the test provokes errors in the browser's console, which fail any other test",
    "soak: long; run by make soak",
)


def register(config: pytest.Config) -> None:
    for mark in MARKS:
        config.addinivalue_line("markers", mark)


def time_limit(item: pytest.Item) -> float:
    """Seconds for the test with its fixtures."""
    mark = item.get_closest_marker("time_limit")
    return float(mark.args[0]) if mark else 60.0
