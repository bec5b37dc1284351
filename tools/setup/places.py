"""Paths of the repository and of the cache."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def venv() -> Path:
    return ROOT / ".venv"


def venv_python() -> Path:
    return venv() / "bin" / "python"


def cache() -> Path:
    """Large files that do not depend on this repository, shared by all of the user's clones."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mediarecorder"
