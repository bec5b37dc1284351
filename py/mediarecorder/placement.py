"""What HTML cannot carry is brought to it once it is in the page: a stream, a picture still to come."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .browser import js

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PATIENCE = 5.0
"""Seconds the page gets to insert the HTML."""

_waiting: set[asyncio.Task[None]] = set()


def when_placed(act: Callable[[Any], Awaitable[None]]) -> str:
    """An id for an element of HTML that is about to be inserted; `act` gets the element when it is there."""
    name = f"mediarecorder-{js.crypto.randomUUID()}"
    task = asyncio.ensure_future(_wait(name, act))
    _waiting.add(task)  # the loop itself holds tasks weakly
    task.add_done_callback(_waiting.discard)
    return name


async def _wait(name: str, act: Callable[[Any], Awaitable[None]]) -> None:
    waited = 0.0
    element: Any = None
    while not (element := js.document.getElementById(name)) and waited < PATIENCE:
        await asyncio.sleep(0.05)
        waited += 0.05
    if element:
        await act(element)
