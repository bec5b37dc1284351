"""The store that keeps the takes on disk as they are recorded, so that the next visit has them again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from js import console

from demo import page, words
from mediarecorder import MediaError

if TYPE_CHECKING:
    from mediarecorder import RecordingStore

NAME = "takes"
ENGINE = "py/mediarecorder/js/media.js"

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
        opened = await RecordingStore.open(NAME)
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


async def load_engine() -> None:
    """Have what makes a file of an interrupted take. It is large and rarely needed, so it comes only now."""
    from mediarecorder.modules import load_into_page, registered

    if registered("media") is None:
        await load_into_page(ENGINE)  # of a failure `recover` tells
