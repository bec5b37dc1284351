"""The marks of tests/browser, and the time limit of a test. Imported inside and outside the browser."""

from __future__ import annotations

import pytest

MARKS = (
    "core: also runs on the oldest Pyodide and, in make soak, under a strict Content-Security-Policy",
    "policy: a core test that such a policy could break; make test-all also runs it under one",
    "page_only(reason): does not run a second time in a worker, where the result must differ",
    "media_work: tests the media engine: in make test-all, core tests run in only one worker lane, and"
    " Firefox runs only the first row of each table; outside the browser, make test runs only the first two",
    "firefox_in_soak: in Firefox only in make soak",
    "firefox_too: runs in Firefox in make test-all with all rows, despite other marks",
    # (Their names do not contain the lane's, so that `-k webkit` selects the lane alone.)
    "every_engine: also runs in WebKit, with the first row of each table",
    "two_engines_only(reason): does not run in WebKit, although its file is marked every_engine",
    "lane(*names): runs in these lanes of the harness and in no other",
    "time_limit(seconds): how long the test may take inside the browser, 60 by default",
    "quirk(*ids): shows behaviour of a browser that code with these ids works around (docs/maintaining.md)",
    "console_errors: the test provokes errors in the browser's console, which fail any other test",
    "thorough: repeats in another way what cheaper tests show; make test leaves it to make test-all",
    "soak: long; run by make soak",
)


def register(config: pytest.Config) -> None:
    for mark in MARKS:
        config.addinivalue_line("markers", mark)


def time_limit(item: pytest.Item) -> float:
    """Seconds for the test with its fixtures."""
    mark = item.get_closest_marker("time_limit")
    return float(mark.args[0]) if mark else 60.0
