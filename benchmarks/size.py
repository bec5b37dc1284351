"""The bytes that a page transfers before its first `record()`, besides Pyodide: the wheel."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .browser import ROOT, Bench
from .row import Limit, Row

MOST = 468.3
"""Kilobytes: 5 % more than the 446 that the wheel had before FLAC, AAC and the private packages."""
TODAY = 525
"""Kilobytes for now: with `desktop` and uploads, the wheel exceeds `MOST`."""


def measure(bench: Bench) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        [path] = Path(folder).glob("*.whl")
        size = path.stat().st_size
    yield Row(
        "transferred before the first `record()`: the wheel", "kB", (size / 1000,), limit=Limit(most=MOST)
    )
