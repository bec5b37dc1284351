"""The store that keeps the takes on disk as they are recorded, so that the next visit has them again."""

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
ENGINE = "py/mediarecorder/js/{}.js"

_opening: asyncio.Future[RecordingStore | None] | None = None


async def store() -> RecordingStore | None:
    """The page's store, opened once; None where the browser has none for it: takes stay in memory then."""
    global _opening
    if _opening is None:
        _opening = asyncio.ensure_future(_open())
    return await asyncio.shield(_opening)


async def _open() -> RecordingStore | None:
    from mediarecorder import RecordingStore  # here, because a page that is starting has no time for it

    try:
        opened = await RecordingStore.open(NAME, limit=settings.space_limit())
    except (MediaError, TypeError) as error:  # JavaScript says TypeError where a browser lacks a function
        console.info(f"Takes are not kept on disk. {error}")
        page.show(page.find("kept"), False)
        page.show(page.find("not-kept"), True)
        return None
    opened.on("low_space", lambda event: page.complain(*words.low_space(event.limit - event.used)))
    return opened


async def close() -> None:
    """Let go of a store that has failed; the next one to ask gets a new one."""
    global _opening
    old = await store()
    if old:
        old.close()
        _opening = None


async def name(recording_id: str, title: str) -> None:
    """Have a take come back under the same name. On a full disk it does not: then it gets the next number."""
    opened = await store()
    with suppress(MediaError):
        if opened:
            await opened.rename(recording_id, title)


async def complete(recording: Recording, on_progress: Callable[[float], None]) -> Recording:
    """The recording in a file that says its length and can be entered anywhere, if that can be had."""
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
    """Have a recording that was made from others on disk too. Where there is no disk it stays in memory."""
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
    """Say how much room the takes use, and how much there is where a limit is set.

    `going` bytes are those of takes that are deleted, but could still come back.
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
    """Have what cuts and converts. It is large, so it comes only when there is something to work on."""
    for name in ("media", *names):
        with suppress(JsException):  # of a failure those tell who need it
            await js_import(URL.new(ENGINE.format(name), document.baseURI).href)
