"""Each benchmark runs, with few rounds and small sizes, in one browser. Speed is not tested."""

from __future__ import annotations

import re
import subprocess

import pytest
from benchmarks.__main__ import BENCHMARKS

from harness.places import ROOT


@pytest.mark.thorough
def test_all_benchmarks_run():
    command = ["make", "bench", "ARGS=--smoke"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in BENCHMARKS:
        assert re.search(rf"^{name}: \d+ s$", done.stderr, re.MULTILINE), f"{name} ran"
    assert done.stdout.count("|") > 100, "there are rows"
