"""The list of takes: which there are, and which rows are shown in which order."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

from pyscript import when

from demo import kept, page
from demo.card import Card
from mediarecorder import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mediarecorder import Recording

cards: dict[str, Card] = {}
"""Cards by their keys: the recording's id in the store, or a number without a store."""
going: dict[str, Card] = {}
"""Deleted takes that can still be restored."""
made = 0
"""The highest number that a take has had."""
listeners: list[Callable[[], None]] = []
"""Called after each change of the shown takes."""
_keys = count()
_searched = ""
"""The text for which the rows have been filtered."""


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
    """Put a take of this visit on the shelf, in sight, and store its name for the next visit."""
    card = add(recording, name)
    if not card.element.checkVisibility():
        _search_for("")
    card.reveal()
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
    place(card)
    return card


def remove(recording_id: str) -> None:
    """Remove the card of a recording that is no longer in the store."""
    for key, card in tuple(cards.items()):
        if card.recording.id == recording_id:
            drop(key).close()


def drop(key: str) -> Card:
    """Take a card off the shelf, without closing it."""
    card = cards.pop(key)
    card.element.remove()
    changed()
    return card


def place(card: Card) -> None:
    """Put a card where it belongs."""
    others = (other for other in rows() if other is not card)
    after = next((other for other in others if _order(other) > _order(card)), None)
    page.find("takes").insertBefore(card.element, after.element if after else None)
    changed()


def changed() -> None:
    """The takes, or their names, have changed."""
    if page.find("order").value == "name":
        sort()
    page.show(page.find("no-takes"), not cards)
    page.show(page.find("finder"), len(cards) > 1)
    if len(cards) < 2 and page.find("search").value:
        page.find("search").value = ""
    _filter()
    tell_of_changes()
    for listener in listeners:
        listener()


def tell_of_changes() -> None:
    """Offer the takes in the editor too."""
    from demo import live  # imported here, to keep it out of the page's start

    live.takes_changed({card.shown_name: card.recording for card in cards.values()})


async def show_space() -> None:
    try:
        await kept.show_space(sum(card.recording.size for card in going.values()))
    except MediaError as error:
        page.find("space").textContent = str(error)


def rows() -> Iterator[Card]:
    """The cards from the first row to the last."""
    for row in page.find("takes").children:
        yield cards[row.dataset.take]


# Order and search


def _order(card: Card) -> tuple[Any, ...]:
    """The position in the chosen order. If takes began at the same time, as a take and a part of it do, their
    keys, which never change, decide."""
    began = card.recording.started_at
    match page.find("order").value:
        case "oldest":
            return (began, card.key)
        case "name":
            return (natural(card.shown_name), card.key)
        case "longest":
            return (-card.seconds, card.key)
        case _:
            return (-began, tuple(-ord(sign) for sign in card.key))


def natural(name: str) -> list[str | int]:
    """A key that sorts numbers in names by their value.

    >>> sorted(["Take 10", "take 2", "Interview"], key=natural)
    ['Interview', 'take 2', 'Take 10']
    """
    parts = re.split(r"([0-9]+)", name.casefold())  # texts and numbers in turn
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


@when("change", "#order")
def sort() -> None:
    shelf = page.find("takes")
    for card in sorted(cards.values(), key=_order):
        shelf.append(card.element)


@when("input", "#search")
@when("change", "#search")
def search() -> None:
    _filter()
    for listener in listeners:
        listener()


def _search_for(text: str) -> None:
    page.find("search").value = text
    search()


def _filter() -> None:
    """Show the takes with the searched text in their names."""
    global _searched
    wanted = page.find("search").value.strip().casefold()
    if not wanted and not _searched:
        return
    _searched, found = wanted, False
    for card in cards.values():
        fits = wanted in card.shown_name.casefold()
        found = found or fits
        if card.element.hidden == fits:
            page.show(card.element, fits)
    page.show(page.find("none-found"), bool(cards) and not found)
