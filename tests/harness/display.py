"""An X display whose screen exists only in memory, for browsers that need a window."""

from __future__ import annotations

import os
import shutil
import subprocess


class DisplayMissingError(Exception):
    """Xvfb is not installed; the text says how to install it."""


class Display:
    """Runs Xvfb until it is closed. ``name`` is the value of the variable DISPLAY."""

    def __init__(self, screen: str = "640x480x24") -> None:
        program = shutil.which("Xvfb")
        if program is None:
            raise DisplayMissingError("Xvfb is missing; on Debian: apt-get install xvfb")
        told, tells = os.pipe()
        command = (program, "-displayfd", str(tells), "-screen", "0", screen, "-nolisten", "tcp")
        self._server = subprocess.Popen(command, pass_fds=[tells], stderr=subprocess.DEVNULL)
        os.close(tells)
        with os.fdopen(told) as number:
            self.name = f":{number.readline().strip()}"

    def close(self) -> None:
        self._server.terminate()
        self._server.wait()
