"""The media engine: mediabunny and what stands on it (static/media/), loaded on first use and not before.

The package carries it as ``js/media.js``, the encoder of MP3 as ``js/mp3.js`` (modules.py loads them).

Owners: a call of `perform` owns its AbortController and the proxy of its progress function; the generator
that pulls from a reader owns the reader. Whatever ends the waiting, cancellation above all, ends the work.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from .arguments import checked_bit_rate
from .browser import absent, create_proxy, js, js_object, require_browser, settle
from .events import call_handler
from .modules import load_module

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

MEDIA, MP3 = "media", "mp3"
"""The modules: all but the encoder of MP3, and that."""

FORMATS = ("webm", "mp4", "wav", "ogg", "mp3")
"""What can be written."""


def checked_format(format: object) -> str:
    """A name of `FORMATS`; capitals and a leading dot do no harm."""
    if not isinstance(format, str):
        raise TypeError(f"a format is a string, not {format!r}")
    name = format.lower().removeprefix(".")
    if name not in FORMATS:
        raise ValueError(f"there is no format {format!r} here; there are {', '.join(FORMATS)}")
    return name


def bit_rate_option(bits_per_second: Any, format: str) -> dict[str, int]:
    """The bit rate as an option of `perform`: nothing if it is None."""
    rate = checked_bit_rate("bits_per_second", bits_per_second)
    if rate is None:
        return {}
    if format == "wav":
        raise ValueError("wav is not compressed: bits_per_second is for the other formats")
    return {"bitsPerSecond": rate}


async def load(name: str = MEDIA) -> Any:
    """The engine's JavaScript object; with `MP3` its encoder is there as well."""
    require_browser()
    engine = await load_module(MEDIA)
    if name != MEDIA:
        await load_module(name)
    return engine


async def perform(
    doing: str,
    method: str,
    *arguments: Any,
    on_progress: Callable[[float], Any] | None = None,
    needs: str = MEDIA,
    options: dict[str, Any] | None = None,
) -> Any:
    """Call the engine's `method` and await it. Cancelling the task that awaits ends the work at once.

    `options` become a part of the request (`Request` in static/media/task.js).
    """
    if on_progress is not None and not callable(on_progress):
        raise TypeError(f"on_progress must be callable, and {on_progress!r} is not")
    engine = await load(needs)
    controller = js.AbortController.new()
    request = js_object({"signal": controller.signal, **(options or {})})
    proxy = None
    if on_progress is not None:
        proxy = create_proxy(lambda fraction: call_handler(on_progress, float(fraction)))
        request.progress = proxy
    try:
        return await settle(engine, method, *arguments, request, doing=doing)
    except BaseException:
        controller.abort()  # no report comes after this
        raise
    finally:
        if proxy is not None:
            proxy.destroy()


@asynccontextmanager
async def reading(doing: str, kind: str, *arguments: Any) -> AsyncIterator[Any]:
    """A reader of the engine, ``"soundReader"`` or ``"frameReader"``, opened, and closed on every way out."""
    reader = getattr(await load(), kind)()
    try:
        await settle(reader, "open", *arguments, doing=doing)
        yield reader
    finally:
        reader.close()


async def pieces(doing: str, reader: Any) -> AsyncIterator[Any]:
    """What the reader gives: JavaScript's bytes, in memory that the next piece overwrites."""
    while not absent(piece := await settle(reader, "next", doing=doing)):
        yield piece
