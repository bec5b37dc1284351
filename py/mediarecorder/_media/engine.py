"""The media engine: mediabunny and the library's code on top of it (static/library/media/), loaded on first
use.

The package contains it as ``js/media.js``, and each encoder as ``js/<codec>.js`` (modules.py loads them).

Owners: a call of `run_in_engine` owns its AbortController and the proxy of its progress function; the
generator that pulls from a reader owns the reader. When the wait ends, especially by cancellation, so does
the work.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from .._checks import check_progress, checked_bit_rate
from .._host.browser import create_proxy, is_nullish, js, js_object, require_browser, settle
from .._host.modules import load_module
from ..event_target import call_handler
from ..formats import FORMATS, SAMPLE_FORMATS, checked_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


def encoding_options(
    format: str, bits_per_second: Any, audio: Any, sample_format: Any = None
) -> dict[str, Any]:
    """The bit rate and the audio codec as options of `run_in_engine`, without those that are None."""
    options: dict[str, Any] = {}
    row = FORMATS[format]
    if audio is not None:
        options["audio"] = checked_name(f"{format} audio", audio, row["audio"])
    if sample_format is not None:
        codec = SAMPLE_FORMATS[checked_name("sample_format", sample_format, SAMPLE_FORMATS)]
        if format != "wav":
            raise ValueError(f"sample_format is for wav; {format} does not store plain samples")
        if options.setdefault("audio", codec) != codec:
            raise ValueError(f"audio={audio!r} and sample_format={sample_format!r} contradict each other")
    if rate := checked_bit_rate("bits_per_second", bits_per_second):
        if not row["video"] and row["audio"][0] in ("pcm-s16", "flac"):
            raise ValueError(f"{format} is lossless and does not use bits_per_second; the other formats do")
        options["bitsPerSecond"] = rate
    return options


async def load() -> Any:
    """The engine's JavaScript object."""
    require_browser()
    return await load_module("media")


async def run_in_engine(
    doing: str,
    method: str,
    *arguments: Any,
    on_progress: Callable[[float], Any] | None = None,
    options: dict[str, Any] | None = None,
) -> Any:
    """Call the engine's `method` and await it. Cancelling the waiting task ends the work at once.

    `options` become part of the request (`Request` in static/library/media/task.js).
    """
    check_progress(on_progress)
    engine = await load()
    controller = js.AbortController.new()
    request = js_object({"signal": controller.signal, **(options or {})})
    proxy = None
    if on_progress is not None:
        proxy = create_proxy(lambda fraction: call_handler(on_progress, float(fraction)))
        request.progress = proxy
    try:
        return await with_encoders(doing, engine, method, *arguments, request)
    except BaseException:
        controller.abort()  # after this, no more progress is reported
        raise
    finally:
        if proxy is not None:
            proxy.destroy()


async def with_encoders(doing: str, target: Any, method: str, *arguments: Any) -> Any:
    """Call a method of the engine and await it. If the engine needs an encoder that is not loaded yet, this
    loads the encoder and calls the method again."""
    while True:
        made = await settle(target, method, *arguments, doing=doing)
        if is_nullish(module := getattr(made, "needs", None)):
            return made
        await load_module(str(module))


@asynccontextmanager
async def reading(doing: str, kind: str, *arguments: Any) -> AsyncIterator[Any]:
    """An open reader of the engine, ``"soundReader"`` or ``"frameReader"``, closed however the block ends."""
    reader = getattr(await load(), kind)()
    try:
        await settle(reader, "open", *arguments, doing=doing)
        yield reader
    finally:
        reader.close()


async def pieces(doing: str, reader: Any) -> AsyncIterator[Any]:
    """The reader's pieces, as JavaScript bytes in memory that the next piece overwrites."""
    while not is_nullish(piece := await settle(reader, "next", doing=doing)):
        yield piece
