"""Iterables that feed streams, and what streams of sound and of pictures have in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from support.eventually import until
from support.rows import thorough

from mediarecorder import MediaRecorder, MediaStream


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


KINDS = [Watched.plain, *thorough(Watched.asynchronous, Watched.idle)]
WAYS = ["stop", *thorough("leave", "stop_track")]
"""The ways in which `expect_closed` ends a stream."""


async def chunked(items: Iterable[Any]) -> AsyncIterator[Any]:
    for item in items:
        await asyncio.sleep(0)
        yield item


async def to_its_end(stream: MediaStream) -> None:
    await until(lambda: not stream.active)


async def stopped(stream: Any) -> None:
    await stream
    stream.stop()


async def stopped_at_once(stream: MediaStream) -> None:
    stream.stop()


async def expect_end(stream: MediaStream, kind: str) -> None:
    """The end of the iterable ends the track, whose kind is this."""
    [track] = stream.tracks
    ended = asyncio.Event()
    track.on("ended", lambda event: ended.set())
    assert (track.kind, track.ready_state, stream.active) == (kind, "live", True)
    await asyncio.wait_for(ended.wait(), 20)
    assert track.ready_state == "ended"


async def expect_closed(making: Any, watched: Watched, way: str) -> None:
    """The iterable is closed however the stream ends."""
    async with await making as stream:
        await until(lambda: watched.taken)
        if way == "stop":
            stream.stop()
        elif way == "stop_track":
            stream.tracks[0].stop()
            await asyncio.wait_for(watched.closed.wait(), 10)
    await asyncio.wait_for(watched.closed.wait(), 10)
    assert not stream.active


async def expect_error(
    stream: MediaStream, loop_errors: list[dict[str, Any]], error: type[Exception], text: str
) -> None:
    """The iterable's error ends the stream and its take, and is reported."""
    recorder = MediaRecorder(stream)
    recorder.start()
    await recorder.finished
    await until(lambda: loop_errors)
    [context] = loop_errors
    assert isinstance(context["exception"], error)
    assert text in str(context["exception"])
    assert not stream.active
