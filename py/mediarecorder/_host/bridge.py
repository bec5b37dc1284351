"""The connection from a worker to its page, the only realm with devices and MediaRecorder
(static/library/bridge)."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from .._checks import checked_channel
from ..errors import PageUnavailableError
from .browser import connected, js, page, realm, require_browser, settle, use_page
from .features import NO_ORIGIN, has_origin, insecure_context
from .modules import load_module, module_address

CONNECT_TIMEOUT = 30.0
"""Seconds that the page gets to answer. A busy notebook took more than 5."""

HOW_TO = (
    "In the page's own JavaScript, write\n"
    '    import { openChannel } from "./page.js";\n'
    "    const channel = openChannel();\n"
    "(in the wheel: mediarecorder/js/page.js), pass the channel to the worker, and call there\n"
    "    await mediarecorder.connect(channel)\n"
    "If nothing can be passed to the worker, write one name with a random UUID in both places: "
    "openChannel(name) and connect(name)."
)

log = logging.getLogger("mediarecorder")

_connecting: dict[str | None, asyncio.Future[None]] = {}
_channel: str | None = None
"""The last channel that `connect` got: the worker can find its page there again."""


async def connect(channel: str | None = None) -> None:
    """Connect this worker to its page. In a page it does nothing.

    In hosts that the library knows, every awaitable connects on first use. Call this yourself before
    synchronous calls such as `MediaRecorder.is_type_supported`, or in another kind of worker.

    Parameters
    ----------
    channel
        The name that the page's ``openChannel()`` returned or was given, with a random UUID in it; not needed
        in JupyterLite, marimo, stlite, Panel and PyScript.

    Raises
    ------
    PageUnavailableError
        The worker does not know its page; the message says which line to add. Or the page did not answer, it
        has a different version of this library, or the browser blocks the connection in another site's frame.
    ValueError
        The channel's name can be guessed.
    InsecureContextError
        The page was loaded over plain http.

    Examples
    --------
    >>> await connect()
    >>> MediaRecorder.is_type_supported("audio/unheard-of")
    False
    """
    require_browser()
    if channel is not None:
        checked_channel(channel)
    if realm() == "page" or (connected() and channel in (None, _channel)):
        return
    if not getattr(js, "isSecureContext", True):
        raise insecure_context("camera and microphone")
    if not has_origin():  # without an origin there are no locks
        raise PageUnavailableError(f"connect: this worker cannot reach its page: {NO_ORIGIN}")
    # Simultaneous calls share one attempt, and cancelling one of them does not stop it for the others.
    await asyncio.shield(_connecting.get(channel) or _begin(channel))


def way_in_result() -> str:
    """HTML that connects the worker, for a marimo cell's result; empty in other hosts, or once connected."""
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
    from .hosts import share_display

    _connecting[channel] = asyncio.ensure_future(_connect(channel, brought))
    share_display()(_connecting[channel])
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
            raise PageUnavailableError(f"Python runs in a worker and does not know its page. {HOW_TO}")
        if host is not None:
            await _meet_through(host, half, *_new_way())
            return
    name = channel or _channel
    assert name is not None
    await _meet(half, name, f"The page did not answer on this channel. Is the name correct? {HOW_TO}")
    _channel = name


def _new_way() -> tuple[str, str]:
    """A new channel name, and the URL of the page's half of the bridge."""
    return f"mediarecorder-{js.crypto.randomUUID()}", module_address("page")


async def _meet_through(host: Any, half: Any, name: str, address: str) -> None:
    """Ask the host to load the page's half of the bridge, connect, then remove every trace of it. Without a
    host, the page is already loading it."""
    remove = None
    try:
        try:
            remove = host(f"{address}#{name}") if host else None
        except RuntimeError as error:
            raise PageUnavailableError(f"connect: {error}") from None
        await _meet(
            half,
            name,
            "The page did not answer. In a notebook, run the cell again while its output is in view, and "
            f"trust the notebook if you are asked. If the host keeps scripts out of its page: {HOW_TO}",
        )
    finally:
        if remove is not None:
            remove()
        js.URL.revokeObjectURL(address)


async def _meet(half: Any, name: str, otherwise: str) -> None:
    connection = half.open(name)
    try:
        await asyncio.wait_for(settle(connection, "whenReady", doing="connect"), CONNECT_TIMEOUT)
    except BaseException as error:
        connection.close()
        if isinstance(error, TimeoutError):
            raise PageUnavailableError(f"connect: {otherwise}") from None
        raise
    log.info("Connected to the page.")


async def ensure_connected() -> None:
    """In a worker, connect if necessary. Every awaitable that needs the page calls this first."""
    if realm() == "worker" and not connected():
        await connect()


async def page_services() -> Any:
    """The page's services (static/library/page/services.js), in either realm."""
    await ensure_connected()
    return await load_module("page") if realm() == "page" else page().services
