"""What HTML cannot carry is brought to it once it is in the page: a stream, a picture still to come."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .browser import connected, js, js_object, page, realm, settle, trusted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Showing = dict[str, Any]
    """What an element is to show: ``stream``, ``poster`` (an address), ``svg`` (trusted text)."""

PATIENCE = 5.0
"""Seconds the page gets to insert the HTML."""

_waiting: set[asyncio.Task[None]] = set()


def when_placed(what: Callable[[], Awaitable[Showing]]) -> str:
    """An id for an element of HTML that is about to be inserted, and that is then to show this.

    It is empty where nothing can be brought to it: in a worker without its page.
    """
    if realm() == "worker" and not connected():
        return ""
    name = f"recording-{js.crypto.randomUUID()}"
    task = asyncio.ensure_future((_show if realm() == "page" else _show_in_the_page)(name, what))
    _waiting.add(task)  # the loop itself holds tasks weakly
    task.add_done_callback(_waiting.discard)
    return name


async def _show(name: str, what: Callable[[], Awaitable[Showing]]) -> None:
    waited = 0.0
    element: Any = None
    while not (element := js.document.getElementById(name)) and waited < PATIENCE:
        await asyncio.sleep(0.05)
        waited += 0.05
    if not element:
        return
    showing = await what()
    if "stream" in showing:
        # The attribute in inserted HTML does not mute in every browser.
        element.muted = True
        element.srcObject = showing["stream"]
    if "poster" in showing:
        element.poster = showing["poster"]
    if "svg" in showing:
        element.insertAdjacentHTML("beforebegin", trusted("createHTML", f"{showing['svg']}<br>"))


async def _show_in_the_page(name: str, what: Callable[[], Awaitable[Showing]]) -> None:
    showing = await what()
    if showing:
        await settle(page().services, "show", name, js_object(showing), doing="display")
