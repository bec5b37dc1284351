"""Keep the processors busy, for tests of recordings on a busy machine."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

BUSY = """
import os, sys, time
parent, end = os.getppid(), time.monotonic() + float(sys.argv[1])
while time.monotonic() < end and os.getppid() == parent:
    for _ in range(1 << 18):
        pass
"""


@contextlib.contextmanager
def load(count: int, seconds: float) -> Iterator[None]:
    """Run processes that only count. They end with the block, with this process, or after `seconds`."""
    command = [sys.executable, "-c", BUSY, str(seconds)]
    busy = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
        for one in busy:
            one.wait()
