"""Wait for the browser, which may take long on a busy machine."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any


async def until(
    holds: Callable[[], Any], seconds: float = 30.0, facts: Callable[[], str] = lambda: ""
) -> None:
    """Wait until the condition, or its awaited result, is true; fail after this many seconds, with the facts.

    (It reads the clock, because the proxy of a timer exists until the timer fires.)
    """
    end = time.monotonic() + seconds
    while not (outcome := holds()) or (asyncio.iscoroutine(outcome) and not await outcome):
        if time.monotonic() > end:
            raise AssertionError(f"the condition is still false after {seconds:g} s {facts()}")
        await asyncio.sleep(0.02)


async def until_proxies_are_destroyed(page_probe: Any, but: int = 0) -> None:
    """Wait until at most this many of the proxies that page_probe.js counts are left. A task that was
    cancelled during a browser call ends only when that call ends."""
    for turn in range(1000):
        gc.collect()
        await asyncio.sleep(0.02 if turn else 0)
        if page_probe.proxies() <= but:
            return
    raise AssertionError(f"{page_probe.proxies()} proxies are left instead of {but}")


async def until_nothing_is_left(page_probe: Any, but: int = 0) -> None:
    """Wait until the library has released all that page_probe.js counts, but this many proxies."""
    await until_proxies_are_destroyed(page_probe, but)
    await until(lambda: not page_probe.left(), facts=page_probe.left)


def keep_busy(seconds: float) -> None:
    """Block this thread."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
