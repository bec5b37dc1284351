"""The repository's virtual environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from . import apt, places, process, stamps

PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")


def python() -> Path:
    """The environment's Python. Makes the environment first, or again if the repository was moved."""
    if places.venv_python().exists() and stamps.is_done(places.venv(), "made", _key()):
        return places.venv_python()
    if not has_ensurepip():
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        apt.install(package)
        if not has_ensurepip():
            raise process.SetupError(
                f"This Python cannot make virtual environments. As root: apt-get install {package}"
            )
    process.say("making .venv")
    process.run(sys.executable, "-m", "venv", "--clear", places.venv())
    stamps.mark_done(places.venv(), "made", _key())
    return places.venv_python()


def has_ensurepip() -> bool:
    # Use another process: this one would not notice a package that was just installed.
    command = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(command, capture_output=True).returncode == 0


def _key() -> str:
    return stamps.fingerprint(str(places.ROOT), os.path.realpath(places.venv_python()))
