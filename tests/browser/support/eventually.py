"""Waiting for what the browser brings about in its own time, which is long on a busy machine."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any


async def until(holds: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until it holds, or until what it returns, awaited, does; it must within these seconds.

    (By the clock: the proxy of a timer would stay until that would have rung.)
    """
    end = time.monotonic() + seconds
    while not (outcome := holds()) or (asyncio.iscoroutine(outcome) and not await outcome):
        if time.monotonic() > end:
            raise AssertionError(f"it does not hold after {seconds:g} s")
        await asyncio.sleep(0.02)


async def no_proxy_stays(page_probe: Any, but: int = 0) -> None:
    """Of those that page_probe.js counts no more than so many are left. What was cancelled in the midst of a
    call of the browser ends with it."""
    for turn in range(1000):
        gc.collect()
        await asyncio.sleep(0.02 if turn else 0)
        if page_probe.proxies() <= but:
            return
    raise AssertionError(f"{page_probe.proxies()} proxies are left, and not {but}")


def keep_busy(seconds: float) -> None:
    """Keep this thread from everything else."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
