"""Iterables that feed streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any


class Watched:
    """An iterable that says when it is closed."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items
        self.taken = 0
        self.closed = asyncio.Event()

    def plain(self) -> Iterator[Any]:
        try:
            for item in self._items:
                self.taken += 1
                yield item
        finally:
            self.closed.set()

    async def asynchronous(self) -> AsyncIterator[Any]:
        try:
            for item in self._items:
                self.taken += 1
                yield item
                await asyncio.sleep(0)
        finally:
            self.closed.set()

    async def idle(self) -> AsyncIterator[Any]:
        try:
            self.taken += 1
            await asyncio.Event().wait()
            yield
        finally:
            self.closed.set()
