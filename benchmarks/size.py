"""What has to be downloaded: the wheel without the media engine."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from .browser import ROOT, Bench
from .row import Limit, Row

ENGINE = ("/media.js", "/mp3.js", "/LICENSES.txt")
"""The media engine and its licences; it is fetched by those only who convert or read files."""


def measure(bench: Bench) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        [path] = Path(folder).glob("*.whl")
        with zipfile.ZipFile(path) as wheel:
            engine = sum(entry.compress_size for entry in wheel.infolist() if entry.filename.endswith(ENGINE))
        size = path.stat().st_size - engine
    yield Row("wheel without the media engine", "kB", (size / 1000,), limit=Limit(most=80))
