"""Where things stand."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def venv() -> Path:
    return ROOT / ".venv"


def venv_python() -> Path:
    return venv() / "bin" / "python"


def cache() -> Path:
    """What is large and not made of this tree, for all trees of this user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mediarecorder"
