"""Once HTML is in the page, attach the content that it cannot hold: a stream, or a picture that is made
later."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from .._host.bridge import page_services
from .._host.browser import js, js_object, realm, settle
from ..errors import MediaError
from ..outcome import spawn
from .text import escape

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    Showing = dict[str, Any]
    """The content of an element: ``stream``, ``poster`` and ``src`` (URLs), ``svg`` (trusted text)."""

log = logging.getLogger("mediarecorder")


def view_name() -> str:
    """A name for an element that `view` makes."""
    return f"mediarecorder-{js.crypto.randomUUID()}"


def view(name: str, content: str) -> str:
    """HTML of an element that the page finds by its name, whenever and wherever it is inserted."""
    # The attribute disables JupyterLab's keyboard shortcuts.
    keys = 'data-lm-suppress-shortcuts="true"'
    return f'<mediarecorder-view data-name="{name}" {keys}>{content}</mediarecorder-view>'


def shown_at(url: str, data: str) -> str:
    """The attributes of a player or picture that locate its content.

    With `data`, the HTML contains the content. If the page's policy forbids data: in such elements, the page
    uses the other URL. (JupyterLab's sanitizer removes the URL from any <source>.)
    """
    return "".join(
        f' {name}="{escape(address)}"'
        for name, address in (("src", data or url), ("data-url", data and url))
        if address
    )


def noted(
    content: str,
    *,
    embedded: bool = False,
    verb: str = "play",
    showing: Callable[[], Awaitable[Showing]] | None = None,
) -> str:
    """HTML of a player or picture with a note for readers, in case its URL is dead.

    In a page with the library's JavaScript, the note appears only if the URL is dead
    (static/library/page/attach.js). In a saved notebook it always appears, unless the data is embedded.
    """
    name = when_attached(showing) if showing else ""
    in_page = realm() == "page"
    if not showing and (in_page or not embedded):
        spawn(_logged(page_services))
    hidden = ' hidden="hidden"' if embedded or in_page else ""  # with a value, for JupyterLab's sanitizer
    return view(name, f"{content}<p{hidden}>Run this cell again to {verb}</p>")


def when_attached(what: Callable[[], Awaitable[Showing]]) -> str:
    """The name of an element that will show this content once it is in the page."""
    name = view_name()

    async def bring() -> None:
        showing = await what()
        if showing:
            await settle(await page_services(), "show", name, js_object(showing), doing="display")

    spawn(_logged(bring))
    return name


async def _logged(work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    # (A coroutine that exists before the task runs is never awaited if the task is cancelled at once.)
    try:
        await work()
    except MediaError as error:
        log.warning("A display is not updated: %s", error)


def live_preview(js_stream: Any) -> str:
    """HTML of a muted player and the names of the tracks. (Playing a microphone aloud would cause
    feedback.)"""
    tracks = list(js_stream.getTracks())
    names = " · ".join(escape(track.label or track.kind) for track in tracks) or "no tracks"
    caption = f"<figcaption>{names}</figcaption>"
    if not any(track.kind == "video" for track in tracks):
        return f"<figure>{caption}</figure>"

    async def live() -> dict[str, Any]:
        return {"stream": js_stream}

    player = '<video autoplay muted playsinline width="320" aria-label="Live preview"></video>'
    return f"<figure>{view(when_attached(live), player)}{caption}</figure>"
