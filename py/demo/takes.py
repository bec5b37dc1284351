"""The shelf: a card for each take, the latest on top."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

from js import Date, localStorage, location, performance, window
from pyodide.ffi import JsException
from pyscript import when

from demo import kept, page, words
from demo.card import Card
from mediarecorder import MediaError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mediarecorder import Recording

UNDO = 10
"""Seconds during which a deleted take can be restored; longer while the focus stays there."""
GOING = "mediarecorder.going"
"""The key in localStorage for the ids of the takes in `going`. If this visit ends too soon, the next one
deletes these takes. The time of writing, in milliseconds, precedes the ids."""
LEFT = 60_000
"""Milliseconds after which a tab that has not deleted them must have closed."""

latest: list[Card] = []
"""The cards of the take that was recorded last, one for each part."""
cards: dict[str, Card] = {}
"""Cards by their keys: the recording's id in the store, or a number without a store."""
going: dict[str, Card] = {}
"""Deleted takes that can still be restored."""
made = 0
"""The highest number that a take has had."""
_keys = count()


def ids() -> set[str]:
    """The stored takes that have a card, or had one a moment ago."""
    return {card.recording.id for card in (*cards.values(), *going.values()) if card.recording.id}


def go_on_counting(names: Iterable[str]) -> None:
    """Give new takes higher numbers than these have."""
    global made
    made = max([made, *(int(found[1]) for name in names if (found := re.fullmatch(r"Take (\d+)", name)))])


def free_name(name: str = "") -> str:
    """The name if it is given and unused, or else the next number."""
    global made
    if name and name not in {card.name for card in cards.values()}:
        return name
    made += 1
    return f"Take {made}"


async def add_new(recording: Recording, name: str = "") -> Card:
    """Put a take of this visit on the shelf, and store its name for the next visit."""
    card = add(recording, name)
    if recording.id:
        await kept.name(recording.id, card.name)
    await show_space()
    return card


def add(recording: Recording, name: str = "") -> Card:
    """Put a recording on the shelf."""
    if recording.id in cards:
        return cards[recording.id]  # the listing of the store has added it already
    key = recording.id or str(next(_keys))
    card = cards[key] = Card(key, recording, free_name(name))
    _place(card)
    return card


def _order(element: Any) -> tuple[float, str]:
    """If takes began at the same time, as a take and a part of it do, their keys, which never change, decide
    the order."""
    return float(element.dataset.began), str(element.dataset.take)


def _place(card: Card) -> None:
    shelf = page.find("takes")
    older = (other for other in shelf.children if _order(other) < _order(card.element))
    shelf.insertBefore(card.element, next(older, None))
    page.find("no-takes").hidden = True
    tell_of_changes()


def remove(recording_id: str) -> None:
    """Remove the card of a recording that is no longer in the store."""
    for key, card in tuple(cards.items()):
        if card.recording.id == recording_id:
            _drop(key).close()


def _drop(key: str) -> Card:
    card = cards.pop(key)
    card.element.remove()
    page.find("no-takes").hidden = bool(cards)
    tell_of_changes()
    return card


def tell_of_changes() -> None:
    """Offer the takes in the editor too."""
    from demo import live  # imported here, to keep it out of the page's start

    live.takes_changed({card.shown_name: card.recording for card in cards.values()})


def fill_again() -> None:
    """Show all texts in another language."""
    for card in (*cards.values(), *going.values()):
        card.clear_answers()
        card.fill()
    for row in page.every("#takes > .undo"):
        row.querySelector("p").textContent = _deleted(going[row.dataset.take])
    tell_of_changes()


@when("loadedmetadata", "#takes", capture=True)
@when("durationchange", "#takes", capture=True)
def measured(event: Any) -> None:
    if card := _card_of(event):
        card.measured()
        show_length_of_latest()


def show_length_of_latest() -> None:
    """Show the last take's time and size while nothing is recorded."""
    if latest and page.state in ("idle", "preview"):
        page.measure(sum(card.seconds for card in latest), sum(card.recording.size for card in latest))


async def show_space() -> None:
    try:
        await kept.show_space(sum(card.recording.size for card in going.values()))
    except MediaError as error:
        page.find("space").textContent = str(error)


# Actions of a card's buttons. One listener serves all, so that a deleted card leaves nothing behind.


def _card_of(event: Any) -> Card | None:
    element = event.target.closest("[data-take]")
    return cards.get(element.dataset.take) if element else None


@when("click", "#takes")
async def act(event: Any) -> None:
    """Perform the action of a card's pressed button."""
    button, card = event.target.closest("button[data-action]"), _card_of(event)
    if not button or not card:
        return
    if button.dataset.action != "cancel":
        card.pressed(button)
    try:
        await _act(button.dataset.action, card)
    except MediaError as error:
        card.answer(words.unmade(error), wrong=True)


async def _act(action: str, card: Card) -> None:
    match action:
        case "download":
            await card.download()
        case "trim" | "keep-length":
            await card.toggle_trim()
        case "link":
            await card.copy_link()
        case "rename" | "keep-name":
            card.toggle_rename()
        case "cancel":
            card.cancel()
        case "delete":
            delete(card)


@when("submit", "#takes")
def submit(event: Any) -> None:
    event.preventDefault()  # at once, because a coroutine would be too late
    card, form = _card_of(event), event.target
    if card and form.classList.contains("rename"):
        page.run(rename(card, form.querySelector("input").value.strip()))
    elif card:
        card.pressed(form.querySelector("[type=submit]"))
        page.run(trim(card))


async def trim(card: Card) -> None:
    """Put the selected stretch of a take on the shelf beside it."""
    try:
        if part := await card.trimmed():
            title = f"{card.name} (trimmed)"  # words.name translates it into the page's language
            new = await add_new(await kept.add(part, title), title)
            card.answer(words.say("{name} is ready.", name=new.shown_name))
    except MediaError as error:
        card.answer(words.unmade(error), wrong=True)


@when("change", "#takes")
def change(event: Any) -> None:
    card = _card_of(event)
    if card and event.target.classList.contains("speed"):
        card.player.playbackRate = float(event.target.value)
    elif card and event.target.closest(".trim"):
        card.move_trim()


async def rename(card: Card, name: str) -> None:
    if name and name != card.shown_name:
        card.rename(name)
        tell_of_changes()
        if card.recording.id:
            await kept.name(card.recording.id, name)
    card.toggle_rename()


# Deleting and restoring


def delete(card: Card) -> None:
    """Remove a card. Its data is deleted when it can no longer be restored."""
    card.cancel()
    card.player.pause()
    row = page.find("deleted-row").content.cloneNode(True).firstElementChild
    row.dataset.take, row.dataset.began = card.key, card.element.dataset.began
    said, button = row.children
    said.textContent, said.id = _deleted(card), f"deleted-{card.key}"
    button.setAttribute("aria-describedby", said.id)  # read out together with the focused button
    card.element.after(row)
    going[card.key] = _drop(card.key)
    _keep_going()
    button.focus()
    page.run(_delete_later(card, row))


def _deleted(card: Card) -> str:
    return words.say("{name} is deleted.", name=card.shown_name)


async def _delete_later(card: Card, row: Any) -> None:
    left = UNDO
    while card.key in going and (left > 0 or row.matches(":focus-within")):
        if left == UNDO:
            await show_space()
        await asyncio.sleep(1)
        left -= 1
    if card.key not in going:
        return  # it was restored
    row.remove()
    try:
        await kept.delete(card.recording.id)
    except MediaError:
        _come_back(card)
        card.answer(words.say(words.NOT_DELETED), wrong=True)
    else:
        card.close()
        going.pop(card.key)
    _keep_going()
    await show_space()


@when("click", "#takes")
async def undo(event: Any) -> None:
    row = event.target.closest("[data-take]")
    if not event.target.closest("[data-action=undo]") or row.dataset.take not in going:
        return
    card = going[row.dataset.take]
    row.remove()
    _come_back(card)
    _keep_going()
    card.focus()
    card.clear_answers()
    card.answer(words.say("{name} is back.", name=card.shown_name))
    await show_space()


def _come_back(card: Card) -> None:
    cards[card.key] = going.pop(card.key)
    _place(card)


def _keep_going() -> None:
    ids = (card.recording.id for card in going.values())
    with suppress(JsException):  # a private window: the last deleted takes may reappear on the next visit
        localStorage.setItem(GOING, " ".join([str(Date.now()), *filter(None, ids)]))


async def delete_those_of_last_time() -> None:
    """Delete takes whose deletion was pending when the page was left, unless another tab can undo it."""
    try:
        time, *left = (localStorage.getItem(GOING) or "0").split()
        reloaded = any(entry.type == "reload" for entry in performance.getEntriesByType("navigation"))
        if not reloaded and Date.now() - float(time) < LEFT:
            return
        localStorage.removeItem(GOING)
    except JsException:
        return
    for recording_id in left:
        await kept.delete(recording_id)


# Links to a moment


@when("hashchange", [window])
def follow_link() -> None:
    """Go to the take and the time that the address names."""
    found = re.fullmatch(r"#take=([\w-]+)&t=([\d.]+)", str(location.hash))
    if not found:
        return
    if card := cards.get(found[1]):
        card.clear_answers()
        card.answer(words.say("{name} at {time}", name=card.shown_name, time=words.clock(float(found[2]))))
        card.go_to(float(found[2]))
    else:
        page.complain(*words.NOT_HERE)
