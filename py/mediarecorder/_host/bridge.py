"""The way from a worker to its page, which alone has devices and MediaRecorder (static/library/bridge)."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from ..errors import PageUnavailableError
from .browser import (
    NO_ORIGIN,
    connected,
    has_origin,
    insecure_context,
    js,
    page,
    realm,
    require_browser,
    settle,
    use_page,
)
from .modules import load_module, module_address

PATIENCE = 30.0
"""Seconds the page gets to answer. A busy notebook took more than 5."""

HOW_TO = (
    "In the page's own JavaScript write\n"
    '    import { openChannel } from "./page.js";\n'
    "    const channel = openChannel();\n"
    "(it is in the wheel, as mediarecorder/js/page.js), hand this name to the worker in any way, and here\n"
    "    await mediarecorder.connect(channel)"
)

log = logging.getLogger("mediarecorder")

_connecting: dict[str | None, asyncio.Future[None]] = {}
_channel: str | None = None
"""The one that was named last: a page that opened it is found there again."""


async def connect(channel: str | None = None) -> None:
    """Connect this worker with its page. In a page there is nothing to connect, and it does nothing.

    In JupyterLite, marimo and PyScript every awaitable does it on first use. Call it where synchronous calls
    such as `MediaRecorder.is_type_supported` come first, or in another worker.

    Parameters
    ----------
    channel
        What the page's ``openChannel()`` has returned; not needed in JupyterLite, marimo and PyScript.

    Raises
    ------
    PageUnavailableError
        There is no way to the page; the message says which line to add. Or nobody answered, or the page has
        another version of this library, or the browser keeps a frame of another site from it.
    InsecureContextError
        The page came over plain http.

    Examples
    --------
    >>> await connect()
    >>> MediaRecorder.is_type_supported("audio/unheard-of")
    False
    """
    require_browser()
    if channel is not None and (not isinstance(channel, str) or not channel):
        raise TypeError(f"channel is the name that openChannel() returned, not {channel!r}")
    if realm() == "page" or (connected() and channel in (None, _channel)):
        return
    if not getattr(js, "isSecureContext", True):
        raise insecure_context("camera and microphone")
    if not has_origin():  # nor locks
        raise PageUnavailableError(f"connect: this worker cannot reach its page: {NO_ORIGIN}")
    # Several calls at once connect once, and one that is cancelled does not take it from the others.
    await asyncio.shield(_connecting.get(channel) or _begin(channel))


def way_in_result() -> str:
    """What connects, beside the result of a cell of marimo; nothing elsewhere, or once connected."""
    if realm() == "page" or connected() or None in _connecting:
        return ""
    from .hosts import way_of_marimo

    name, address = _new_way()
    if (html := way_of_marimo(f"{address}#{name}")) is None:
        js.URL.revokeObjectURL(address)
        return ""
    _begin(None, (name, address))
    return html


def _begin(channel: str | None, brought: tuple[str, str] | None = None) -> asyncio.Future[None]:
    _connecting[channel] = asyncio.ensure_future(_connect(channel, brought))
    _connecting[channel].add_done_callback(
        lambda done: (_connecting.pop(channel), done.cancelled() or done.exception())
    )
    return _connecting[channel]


async def _connect(channel: str | None, brought: tuple[str, str] | None = None) -> None:
    global _channel
    half = await load_module("worker")
    use_page(half)
    if brought:
        await _meet_through(None, half, *brought)
        return
    if channel is None:
        from .hosts import find_host

        host = find_host()
        if host is None and _channel is None:
            raise PageUnavailableError(f"This Python runs in a worker and does not know its page. {HOW_TO}")
        if host is not None:
            await _meet_through(host, half, *_new_way())
            return
    name = channel or _channel
    assert name is not None
    await _meet(half, name, f"Nobody answered at this channel. Is it the name that the page got? {HOW_TO}")
    _channel = name


def _new_way() -> tuple[str, str]:
    """The name of a channel, and the address of the page's half."""
    return f"mediarecorder-{js.crypto.randomUUID()}", module_address("page")


async def _meet_through(host: Any, half: Any, name: str, address: str) -> None:
    """Have the host bring the page's half to the page, and nothing of it stay there. Without one it is on its
    way."""
    remove = None
    try:
        remove = host(f"{address}#{name}") if host else None
        await _meet(
            half,
            name,
            "The notebook's page did not answer. Run the cell again while its output is in view, and trust "
            f"the notebook if you are asked. Where the host keeps scripts out of its page: {HOW_TO}",
        )
    finally:
        if remove is not None:
            remove()
        js.URL.revokeObjectURL(address)


async def _meet(half: Any, name: str, otherwise: str) -> None:
    connection = half.open(name)
    try:
        await asyncio.wait_for(settle(connection, "whenReady", doing="connect"), PATIENCE)
    except BaseException as error:
        connection.close()
        if isinstance(error, TimeoutError):
            raise PageUnavailableError(f"connect: {otherwise}") from None
        raise
    log.info("Connected with the page.")


async def reach_page() -> None:
    """What every awaitable that needs the page does first: in a worker, connect."""
    if realm() == "worker" and not connected():
        await connect()


async def page_services() -> Any:
    """What the page does for Python in either realm (static/library/page/services.js)."""
    await reach_page()
    return await load_module("page") if realm() == "page" else page().services
