"""What HTML cannot carry is brought to it once it is in the page: a stream, a picture still to come."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from .bridge import reach_page
from .browser import js, js_object, page, realm, settle
from .errors import MediaError
from .modules import load_module

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    Showing = dict[str, Any]
    """What an element is to show: ``stream``, ``poster`` and ``src`` (addresses), ``svg`` (trusted text)."""

log = logging.getLogger("mediarecorder")

NOTE = "<p>Run this cell again to play</p>"
"""To be read in a saved notebook, where the address in it is dead."""

_tasks: set[asyncio.Task[None]] = set()


def view_name() -> str:
    """A name for an element of `view`."""
    return f"mediarecorder-{js.crypto.randomUUID()}"


def view(name: str, content: str) -> str:
    """HTML of an element that the page finds by its name, whenever and wherever it is inserted."""
    # The attribute keeps JupyterLab's own keys away.
    keys = 'data-lm-suppress-shortcuts="true"'
    return f'<mediarecorder-view data-name="{name}" {keys}>{content}</mediarecorder-view>'


async def page_side() -> Any:
    """What finds such elements (static/bridge/placement.js)."""
    await reach_page()
    return await load_module("page") if realm() == "page" else page().services


def when_placed(what: Callable[[], Awaitable[Showing]] | None = None, *, noted: bool = False) -> str:
    """The name of an element that is to show this, once it is there.

    Where it has a note for readers of a page without Python (`NOTE`), that is hidden before anything else.
    """
    name = view_name()

    async def show(showing: Showing) -> None:
        await settle(await page_side(), "show", name, js_object(showing), doing="display")

    async def bring() -> None:
        try:
            if noted:
                await show({})
            showing = await what() if what else {}
            if showing:
                await show(showing)
        except MediaError as error:
            log.warning("A display stays as it is: %s", error)

    in_background(bring())
    return name


def in_background(work: Coroutine[Any, Any, None]) -> None:
    """Have it run as a task that nobody awaits."""
    task = asyncio.ensure_future(work)
    _tasks.add(task)  # the loop itself holds tasks weakly
    task.add_done_callback(_tasks.discard)
