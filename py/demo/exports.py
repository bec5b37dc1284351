"""What leaves the page: downloads, shared files, links, and pictures made from a take."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from js import Array, File, location, navigator
from pyodide.ffi import JsException

from demo import kept, settings, words
from mediarecorder.formats import FORMATS

if TYPE_CHECKING:
    from demo.card import Card

READ = 60
"""Seconds after which a file made for a download has certainly been read."""


async def download(card: Card) -> None:
    """Download a take in the format of the settings."""
    if format := settings.download_format(card.recording.is_video):
        await convert(card, format)
        return
    _say_saved(card, await card.recording.save(card.file_name))


async def convert(card: Card, format: str) -> None:
    """Download a take in another format."""
    row = FORMATS[format]

    async def work(told: Any) -> Any:
        await kept.load_engine(*(codec for codec in row["audio"][:1] if codec in row["encoders"]))
        return await card.recording.convert(format, on_progress=told)

    if converted := await card.do(work):
        _say_saved(card, await converted.save(card.file_name))
        if converted is not card.recording:
            await _close_later(converted)


async def still(card: Card) -> None:
    """Download the picture at the player's position."""
    at = card.player.currentTime

    async def work(told: Any) -> Any:
        await kept.load_engine()
        return await card.recording.thumbnail(at, mime_type="image/png")

    if photo := await card.do(work):
        name = f"{card.file_name}-{words.clock(at).replace(':', '-')}"
        _say_saved(card, await photo.save(name))
        await _close_later(photo)


async def gif(card: Card) -> None:
    """Download the selection, or the beginning of the take, as a GIF."""
    from demo import gif

    start = card.selection.start if card.selection.visible else 0.0
    end = card.selection.end if card.selection.visible else None
    cut = (card.seconds if end is None else end) - start > gif.LONGEST

    if made := await card.do(lambda told: gif.made(card, start, end, told)):
        _say_saved(card, await made.save(card.file_name), words.say(gif.CUT) if cut else "")
        await _close_later(made)


def _say_saved(card: Card, file: str, more: str = "") -> None:
    said = words.say("{name} is in your downloads as {file}.", name=card.shown_name, file=file)
    card.answer(f"{said} {more}".strip())


async def _close_later(file: Any) -> None:
    await asyncio.sleep(READ)
    file.close()


def files(card: Card) -> Any:
    """The take's file, as Web Share wants it."""
    recording = card.recording
    name = recording.file_name(card.file_name)
    container = recording.mime_type.partition(";")[0]
    return Array.of(File.new(Array.of(recording.blob), name, type=container))


async def share(card: Card) -> None:
    try:
        await navigator.share(files=files(card), title=card.shown_name)
    except JsException as error:
        if error.name != "AbortError":  # the user has closed the browser's dialogue
            card.answer(f"{words.say('That did not work.')} {error}", wrong=True)


async def copy_link(card: Card) -> None:
    """Put the address of this moment of the take on the clipboard."""
    at = card.player.currentTime
    address = f"{location.href.partition('#')[0]}#take={card.key}&t={at:.1f}"
    try:
        await navigator.clipboard.writeText(address)
    except JsException:  # the browser does not allow it; the user can copy it by hand
        card.answer(address)
        return
    what = words.say("The link to {name} at {time} is copied.", name=card.shown_name, time=words.clock(at))
    card.answer(f"{what} {words.say('It works in this browser, where the take is.')}")
