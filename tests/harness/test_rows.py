"""Which rows of a table run in which lane. The table is that of a core test with three rows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import pytest

from harness.places import ROOT

CORE_TEST = "tests/browser/test_data_gone.py::test_every_read_of_missing_data_raises_the_same_error"
ONE_EACH = {"chromium-worker": 1, "firefox-worker": 1}


def rows_run(marks: str) -> dict[str, int]:
    """The number of rows in each lane."""
    command = (sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", marks, CORE_TEST)
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return dict(Counter(re.findall(r"\[(.+)-(?:delete|clear|remove_by_script)\]", found)))


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("not soak and not thorough", {"chromium": 2, "firefox": 1, **ONE_EACH}),
        ("not soak", {"chromium": 3, "firefox": 2, **ONE_EACH, "chromium-pyodide-0.27": 1}),
        ("soak", {"firefox": 1, "chromium-worker": 2, "firefox-worker": 2}),
    ],
    ids=["make-test", "make-test-all", "make-soak"],
)
def test_lanes_other_than_the_first_run_fewer_rows(marks, expected):
    assert {lane: rows_run(marks).get(lane) for lane in expected} == expected
