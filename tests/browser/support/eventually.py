"""Waiting for the browser, which takes long on a busy machine."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any


async def until(holds: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until the condition, or its awaited result, is true; fail after this many seconds.

    (It reads the clock, because the proxy of a timer would stay until the timer would have fired.)
    """
    end = time.monotonic() + seconds
    while not (outcome := holds()) or (asyncio.iscoroutine(outcome) and not await outcome):
        if time.monotonic() > end:
            raise AssertionError(f"it does not hold after {seconds:g} s")
        await asyncio.sleep(0.02)


async def no_proxy_stays(page_probe: Any, but: int = 0) -> None:
    """At most this many of the proxies that page_probe.js counts are left. A task that was cancelled during a
    call of the browser ends with that call."""
    for turn in range(1000):
        gc.collect()
        await asyncio.sleep(0.02 if turn else 0)
        if page_probe.proxies() <= but:
            return
    raise AssertionError(f"{page_probe.proxies()} proxies are left, and not {but}")


def keep_busy(seconds: float) -> None:
    """Block this thread."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
