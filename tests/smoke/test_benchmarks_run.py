"""Each benchmark runs, with few rounds and small sizes. How fast anything is, is not tested."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from benchmarks.__main__ import BENCHMARKS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_runs(name):
    # (The first of them also installs the peers.)
    command = ["make", "bench", f"ARGS=--smoke --only {name}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("|") > 0, "there are rows"
