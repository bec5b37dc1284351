"""Deleting takes, and undoing it: a deleted take vanishes at once, and its data a little later."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from js import Date, document, performance, window
from pyodide.ffi import JsException
from pyscript import when

from demo import kept, page, shelf, words
from mediarecorder import MediaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demo.card import Card

UNDO = 10
"""Seconds during which deleted takes can be restored,"""
UNDO_BY_KEY = 60
"""and at most this many while the focus stays there."""
GOING = "mediarecorder.going"
"""The key in localStorage for the ids of the takes in `shelf.going`. If this visit ends too soon, the next
one deletes these takes. The time of writing, in milliseconds, precedes the ids; it is 0 once the page is
left."""
LEFT = 60_000
"""Milliseconds after which a tab that has not deleted them must have closed."""

_waiting: asyncio.Task[None] | None = None


def delete(cards: Sequence[Card], *, by_key: bool = False) -> None:
    """Remove rows. Their data is deleted when it can no longer be restored, together with that of takes that
    were deleted a moment ago."""
    for card in cards:
        card.cancel()
        if card.upload:
            card.upload.pause()
        card.player.pause()
        if card.selection.visible:
            card.selection.close()
        shelf.going[card.key] = shelf.drop(card.key)
    _remember()
    _show()
    if by_key:
        page.find("undo").focus()
    page.run(_delete_later())


def _show() -> None:
    toast = page.find("toast")
    page.show(toast, bool(shelf.going))  # before the text, so that it is read out
    page.tell(_said(), "toast-text")


def _said() -> str:
    names = [card.shown_name for card in shelf.going.values()]
    if len(names) > 1:
        return words.say("{count} takes are deleted.", count=len(names))
    return words.say("{name} is deleted.", name=names[0]) if names else ""


def fill_again() -> None:
    """Show the text in another language."""
    for card in shelf.going.values():
        card.fill()
    page.tell(_said(), "toast-text")


async def _delete_later() -> None:
    """Delete all of them, after some time without another deletion."""
    global _waiting
    if _waiting:
        _waiting.cancel()
    mine = _waiting = asyncio.ensure_future(_wait())
    await shelf.show_space()
    with suppress(asyncio.CancelledError):  # another deletion, or Undo
        await mine
        await _delete_now()


async def _wait() -> None:
    waited, toast = 0, page.find("toast")
    while waited < (UNDO_BY_KEY if toast.matches(":focus-within") else UNDO):
        await asyncio.sleep(1)
        waited += 1


async def _delete_now() -> None:
    had_focus = page.find("toast").contains(document.activeElement)
    for card in tuple(shelf.going.values()):
        try:
            await kept.delete(card.recording.id)
        except MediaError:
            _come_back(card)
            card.answer(words.say(words.NOT_DELETED), wrong=True)
        else:
            card.close()
            shelf.going.pop(card.key, None)
    _remember()
    _show()
    if had_focus:
        page.find("takes-title").focus()
    await shelf.show_space()


@when("click", "#undo")
async def undo() -> None:
    """Restore the deleted takes."""
    if _waiting:
        _waiting.cancel()
    back = list(shelf.going.values())
    for card in back:
        _come_back(card)
    _remember()
    _show()
    for card in back:
        card.clear_answers()
        card.answer(words.say("{name} is back.", name=card.shown_name))
    if back:
        back[0].focus()
    await shelf.show_space()


def _come_back(card: Card) -> None:
    shelf.cards[card.key] = shelf.going.pop(card.key)
    if card.upload:
        card.upload.resume()
    shelf.place(card)


# Deletions that were pending when the page was left


def _remember(time: float | None = None) -> None:
    ids = (card.recording.id for card in shelf.going.values())
    time = Date.now() if time is None else time
    with suppress(JsException):  # a private window: the last deleted takes may reappear on the next visit
        window.localStorage.setItem(GOING, " ".join([f"{time:.0f}", *filter(None, ids)]))


@when("pagehide", [window])
def leave() -> None:
    if shelf.going:
        _remember(0)


def _remembered() -> tuple[float, list[str]]:
    try:
        time, *ids = (window.localStorage.getItem(GOING) or "0").split()
        return float(time), ids
    except (JsException, ValueError):  # the browser keeps nothing here, or something else has written it
        return 0, []


def elsewhere() -> set[str]:
    """Takes that another tab has deleted, and can still restore."""
    return set(_remembered()[1])


async def delete_those_of_last_time() -> None:
    """Delete takes whose deletion was pending when the page was left, unless another tab can undo it."""
    time, left = _remembered()
    reloaded = any(entry.type == "reload" for entry in performance.getEntriesByType("navigation"))
    if not left or (not reloaded and Date.now() - time < LEFT):
        return
    with suppress(JsException):
        window.localStorage.removeItem(GOING)
    for recording_id in left:
        with suppress(MediaError):  # another tab uses it: it is listed again
            await kept.delete(recording_id)
