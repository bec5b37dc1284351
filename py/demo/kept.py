"""The store that writes takes to disk as they are recorded, so that they exist on the next visit."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from js import URL, console, document
from pyodide.ffi import JsException
from pyscript import js_import

from demo import page, settings, words
from mediarecorder import MediaError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mediarecorder import Recording, RecordingStore

NAME = "takes"
MODULE = "py/mediarecorder/js/{}.js"

_opening: asyncio.Future[RecordingStore | None] | None = None


async def store() -> RecordingStore | None:
    """The page's store, opened once; None if the browser offers none, and takes stay in memory."""
    global _opening
    if _opening is None:
        _opening = asyncio.ensure_future(_open())
    return await asyncio.shield(_opening)


async def _open() -> RecordingStore | None:
    from mediarecorder import RecordingStore  # imported here, to keep it out of the page's start

    try:
        opened = await RecordingStore.open(NAME, limit=settings.space_limit())
    except (MediaError, TypeError) as error:  # JavaScript raises TypeError if the browser lacks a function
        console.info(f"Takes are not kept on disk. {error}")
        page.show(page.find("kept"), False)
        page.show(page.find("not-kept"), True)
        return None
    opened.on("low_space", lambda event: page.complain(*words.low_space(event.limit - event.used)))
    return opened


async def close() -> None:
    """Drop a store that has failed; the next call opens a new one."""
    global _opening
    old = await store()
    if old:
        old.close()
        _opening = None


async def name(recording_id: str, title: str) -> None:
    """Store a take's name for the next visit. If the disk is full, the next visit numbers the take."""
    opened = await store()
    with suppress(MediaError):
        if opened:
            await opened.rename(recording_id, title)


async def complete(recording: Recording, on_progress: Callable[[float], None]) -> Recording:
    """The recording in a file with its length and an index, if possible."""
    opened = await store()
    try:
        await load_engine()
        if opened and recording.id:
            return await opened.recover(recording.id, on_progress=on_progress)
        return await recording.seekable(on_progress=on_progress)
    except MediaError as error:
        console.info(f"A take stays as the browser made it. {error}")
        return recording


async def add(recording: Recording, title: str) -> Recording:
    """Store a recording that was made from others. Without a store it stays in memory."""
    opened = await store()
    if not opened:
        return recording
    added = await opened.add(recording, title=title)
    recording.close()
    return added


async def delete(recording_id: str | None) -> None:
    opened = await store()
    if opened and recording_id:
        with suppress(NotFoundError):  # another tab was faster
            await opened.delete(recording_id)


async def show_space(going: int = 0) -> None:
    """Show how much space the takes use, and how much is available if a limit is set.

    `going` is the number of bytes of deleted takes that can still be restored.
    """
    opened = await store()
    line, meter = page.find("space"), page.find("space-meter")
    if not opened:
        line.textContent, meter.hidden = "", True
        return
    usage = await opened.usage()
    used = max(0, usage.used - going)
    meter.hidden = opened.limit is None
    if opened.limit is None:
        line.textContent = words.say("{used} used", used=words.size(used)) if used else ""
        return
    meter.value = used / usage.limit
    line.textContent = words.say(
        "{used} of {limit} used, {free} free",
        used=words.size(used),
        limit=words.size(usage.limit),
        free=words.size(max(0, usage.limit - used)),
    )


async def load_engine(*names: str) -> None:
    """Load the media engine. It is large, so it is loaded only when there is a take to work on."""
    for name in ("media", *names):
        await load(name)


async def load(name: str) -> None:
    """Load a module of the library from the page's own files."""
    with suppress(JsException):  # calls that need it report a failure
        await js_import(URL.new(MODULE.format(name), document.baseURI).href)
