"""Run programs, quietly unless they fail."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from . import places


class SetupError(Exception):
    """A step failed; the text gives the remedy."""


def say(line: str) -> None:
    print(f"prepare: {line}", flush=True)


def run(*command: str | Path, first_on_path: Path | None = None) -> None:
    """Run a program in the repository; its output is shown if it fails.

    Raises
    ------
    SetupError
        The program failed or could not be started.
    """
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if first_on_path:
        environment["PATH"] = f"{first_on_path}{os.pathsep}{environment.get('PATH', '')}"
    line = " ".join(map(str, command))
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=places.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise SetupError(f"failed: {line}\n  {error}") from error
    if done.returncode:
        # Leave out the stack traces of JavaScript programs.
        said = [text for text in done.stdout.splitlines() if not re.match(r"\s*(at .*)?$", text)]
        quoted = "".join(f"  {text}\n" for text in said[-10:])
        raise SetupError(f"failed: {line}\n{quoted}If the network was the reason, try again.")
