"""Debian's packages."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from . import process


def install(*packages: str) -> None:
    """Install packages if this user may. Callers check afterwards whether they exist."""
    if not packages or not is_allowed():
        return
    process.say(f"apt-get install {' '.join(packages)}")
    apt_get = ("apt-get", "-qq", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120")
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        try:
            process.run(*apt_get, *arguments)
        except process.SetupError as error:
            process.say(str(error))


def is_allowed() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def is_debian() -> bool:
    """Whether this is Debian itself: Ubuntu's browsers are stubs for snaps, which Playwright cannot drive."""
    try:
        return re.search(r"^ID=debian$", Path("/etc/os-release").read_text(), re.MULTILINE) is not None
    except OSError:
        return False
