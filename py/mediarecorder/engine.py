"""The media engine: mediabunny and what stands on it (static/media/), loaded on first use and not before.

The package carries it as ``js/media.js``, the encoder of MP3 as ``js/mp3.js``. Either registers itself on
the global object when it is loaded, by whomever: a page under a Content-Security-Policy without ``blob:``
loads it with a module tag of its own, PyScript by ``[js_modules.main]``. Else it is loaded from here, as a
module script with a ``blob:`` address.

Owners: a call of `perform` owns its AbortController and the proxy of its progress function; the generator
that pulls from a reader owns the reader. Whatever ends the waiting, cancellation above all, ends the work.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .browser import absent, create_proxy, js, js_object, require_browser, settle
from .errors import NotSupportedError
from .events import call_handler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

MEDIA, MP3 = "media", "mp3"
"""The modules: all but the encoder of MP3, and that."""

FORMATS = ("webm", "mp4", "wav", "ogg", "mp3")
"""What can be written."""

_loading: dict[str, asyncio.Future[Any]] = {}


def checked_format(format: object) -> str:
    """A name of `FORMATS`; capitals and a leading dot do no harm."""
    if not isinstance(format, str):
        raise TypeError(f"a format is a string, not {format!r}")
    name = format.lower().removeprefix(".")
    if name not in FORMATS:
        raise ValueError(f"there is no format {format!r} here; there are {', '.join(FORMATS)}")
    return name


async def load(name: str = MEDIA) -> Any:
    """The engine's JavaScript object; with `MP3` its encoder is there as well."""
    require_browser()
    if name != MEDIA:
        await load(MEDIA)
    if absent(_registered(name)):
        # Several calls at once load it once, and one that is cancelled does not take it from the others.
        if name not in _loading:
            _loading[name] = asyncio.ensure_future(_load(name))
            _loading[name].add_done_callback(lambda done: (_loading.pop(name), done.exception()))
        await asyncio.shield(_loading[name])
    return _registered(MEDIA)


def _registered(name: str) -> Any:
    key = getattr(js.Symbol, "for")(f"mediarecorder.{name}")
    return js.Reflect.get(js.globalThis, key)


async def _load(name: str) -> None:
    if not hasattr(js, "document"):
        raise NotSupportedError(
            f"In a worker the page's author registers the module: pyodide.registerJsModule("
            f'"mediarecorder_{name}", await import("…/mediarecorder/js/{name}.js"))'
        )
    try:
        source = (Path(__file__).parent / "js" / f"{name}.js").read_text(encoding="utf-8")
    except OSError:
        raise NotSupportedError(
            f"This copy of mediarecorder lacks js/{name}.js, which the wheel has. Install the wheel, or load "
            f'the file with <script type="module" src="…/mediarecorder/js/{name}.js"></script>.'
        ) from None
    url = js.URL.createObjectURL(js.Blob.new([source], js_object({"type": "text/javascript"})))
    script = js.document.createElement("script")
    script.type, script.src = "module", url
    loaded = asyncio.get_running_loop().create_future()

    def settle_once(event: Any) -> None:
        if not loaded.done():
            loaded.set_result(None)

    proxy = create_proxy(settle_once)
    script.addEventListener("load", proxy)
    script.addEventListener("error", proxy)
    try:
        js.document.head.append(script)
        await loaded
    finally:
        script.remove()
        proxy.destroy()
        js.URL.revokeObjectURL(url)
    if absent(_registered(name)):
        raise NotSupportedError(
            f"The browser did not load mediarecorder's {name}.js. If a Content-Security-Policy forbids it, "
            f"allow script-src blob:, or load the file yourself: "
            f'<script type="module" src="…/mediarecorder/js/{name}.js"></script>'
        )


async def perform(
    doing: str,
    method: str,
    *arguments: Any,
    on_progress: Callable[[float], Any] | None = None,
    needs: str = MEDIA,
) -> Any:
    """Call the engine's `method` and await it. Cancelling the task that awaits ends the work at once."""
    if on_progress is not None and not callable(on_progress):
        raise TypeError(f"on_progress must be callable, and {on_progress!r} is not")
    engine = await load(needs)
    controller = js.AbortController.new()
    request = js_object({"signal": controller.signal})
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
