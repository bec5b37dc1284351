"""The list of takes: a card each, with a player."""

from __future__ import annotations

import asyncio
import math
import re
from typing import TYPE_CHECKING, Any

from js import document
from pyscript import when

from demo import kept, page, words
from mediarecorder import MediaError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mediarecorder import Recording

FAR_BEYOND_THE_END = 1e9  # seconds

takes: dict[str, Recording] = {}
made = 0


def ids() -> set[str]:
    """Which takes of the store have a card."""
    return {recording.id for recording in takes.values() if recording.id}


def go_on_counting(names: Iterable[str]) -> None:
    """Give new takes higher numbers than these have."""
    global made
    made = max([made, *(int(found[1]) for name in names if (found := re.fullmatch(r"Take (\d+)", name)))])


def free_name(name: str = "") -> str:
    """The name, if there is one and no other take has it, or else the next number."""
    global made
    if name and name not in takes:
        return name
    made += 1
    return f"Take {made}"


def add_new(recording: Recording, name: str = "") -> str:
    """Put a card for a take of this visit into the list, and return its name."""
    name = add(recording, name)
    if recording.id:
        page.run(kept.name(recording.id, name))
    return name


def add(recording: Recording, name: str = "") -> str:
    """Put a card for the recording into the list, the latest on top, and return its name."""
    for known, shown in takes.items():
        if recording.id and shown.id == recording.id:
            return known  # a look at the disk was faster
    name = free_name(name)
    takes[name] = recording

    card = page.find("take-card").content.cloneNode(True).firstElementChild
    card.dataset.take, card.dataset.began = name, str(recording.started_at)
    card.querySelector("h3").textContent = name
    card.querySelector(".length").textContent = words.length(recording.duration)
    card.querySelector(".size").textContent = words.size(recording.size)
    card.querySelector(".type").textContent = words.kind(recording.mime_type)
    card.querySelector(".type").title = recording.mime_type
    for button in card.querySelectorAll("button"):
        button.setAttribute("aria-label", f"{button.textContent.strip()} {name}")
    player = document.createElement("video" if recording.is_video else "audio")
    player.controls = player.playsInline = True
    player.preload = "metadata"
    player.setAttribute("aria-label", f"Player of {name}")
    player.src = recording.url
    card.querySelector(".take-player").append(player)
    cards = page.find("takes")
    older = (other for other in cards.children if float(other.dataset.began) < recording.started_at)
    cards.insertBefore(card, next(older, None))
    page.find("no-takes").hidden = True
    return name


def card_of(name: str) -> Any:
    return next(card for card in page.find("takes").children if card.dataset.take == name)


def remove(recording_id: str) -> None:
    """Take the card of a recording away that is in the store no more."""
    for name, recording in tuple(takes.items()):
        if recording.id == recording_id:
            _drop(name)


def _drop(name: str) -> None:
    takes.pop(name).close()  # in memory the data goes when nothing refers to it any more
    card_of(name).remove()
    page.find("no-takes").hidden = bool(takes)


# One listener for all cards: a card that is deleted leaves nothing behind. Media events do not bubble, so
# these are caught on their way down.
@when("loadedmetadata", "#takes", capture=True)
@when("seeked", "#takes", capture=True)
async def make_seekable(event: Any) -> None:
    """Let the browser find out how long the recording in a player is.

    A recording made in slices does not say its length in its head, so the browser takes it for endless and
    offers no way to seek. Sent far beyond the end, it reads on to the real one; then back to the start.
    """
    player = event.target
    if player.duration == math.inf:
        player.dataset.measured = "now"
        player.currentTime = FAR_BEYOND_THE_END
    elif hasattr(player.dataset, "measured"):
        del player.dataset.measured
        # Sent back at once, Chromium goes on showing the last picture; no event says when it no longer does.
        await asyncio.sleep(0.1)
        player.currentTime = 0


@when("error", "#takes", capture=True)
def say_unplayable(event: Any) -> None:
    """A take that ended before its first picture has nothing that a player could show."""
    event.target.closest("[data-take]").querySelector(".take-note").hidden = False


@when("click", "#takes")
async def act(event: Any) -> None:
    """Do what the pressed button of a card says."""
    button = event.target.closest("button")
    if not button:
        return
    card = button.closest("[data-take]")
    name = card.dataset.take
    if button.dataset.action == "download":
        file_name = await takes[name].save(name.lower().replace(" ", "-"))
        page.tell(f"{name} is in your downloads as {file_name}.")
        return
    button.disabled = True
    if not await _delete_from_disk(takes[name].id):
        button.disabled = False
        page.complain(*words.NOT_DELETED)
        return
    neighbour = card.nextElementSibling or card.previousElementSibling
    _drop(name)
    # The pressed button is gone: somebody at the keyboard goes on from the next card.
    (neighbour.querySelector("[data-action=delete]") if neighbour else page.find("takes-title")).focus()
    page.tell(f"{name} is deleted.")


async def _delete_from_disk(recording_id: str | None) -> bool:
    store = await kept.store()
    try:
        if store and recording_id:
            await store.delete(recording_id)
    except NotFoundError:
        pass  # another tab was faster
    except MediaError:
        return False
    return True
