"""The list of takes: a card each, with a player."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

from js import document
from pyscript import when

from demo import page, words

if TYPE_CHECKING:
    from mediarecorder import Recording

FAR_BEYOND_THE_END = 1e9  # seconds

takes: dict[str, Recording] = {}
made = 0


def add(recording: Recording, note: str = "") -> str:
    """Put a card for the recording on top of the list, and return its name."""
    global made
    made += 1
    name = f"Take {made}"
    takes[name] = recording

    card = page.find("take-card").content.cloneNode(True).firstElementChild
    card.dataset.take = name
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
    page.find("takes").prepend(card)
    page.find("no-takes").hidden = True
    return name


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
    else:
        takes.pop(name).close()  # the data goes when nothing refers to it any more
        neighbour = card.nextElementSibling or card.previousElementSibling
        card.remove()
        page.find("no-takes").hidden = bool(takes)
        # The pressed button is gone: somebody at the keyboard goes on from the next card.
        (neighbour.querySelector("[data-action=delete]") if neighbour else page.find("takes-title")).focus()
        page.tell(f"{name} is deleted.")
