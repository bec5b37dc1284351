"""The menu of a take's row.

The browser's own popover opens and closes it: one at a time, and Escape or a press elsewhere closes it. Its
content exists only while it is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from js import document, navigator, window
from pyscript import when

from demo import page, settings, shelf, words
from mediarecorder.formats import FORMATS, MADE

if TYPE_CHECKING:
    from demo.card import Card

SPEEDS = ("0.5", "0.75", "1", "1.25", "1.5", "2")
EDGE = 8
"""Pixels between a menu and the edge of the window."""
STEPS = {"ArrowDown": 1, "ArrowRight": 1, "ArrowUp": -1, "ArrowLeft": -1}


@when("beforetoggle", "#takes", capture=True)
def fill(event: Any) -> None:
    menu = event.target
    card = shelf.cards.get(menu.closest("[data-take]").dataset.take)
    if event.newState != "open" or not card or not menu.matches(".menu"):
        return
    menu.replaceChildren(page.find("take-menu").content.cloneNode(True))
    formats, speeds = menu.querySelector(".formats"), menu.querySelector(".speeds")
    for name in MADE:
        formats.append(_item("menuitem", FORMATS[name]["label"], "convert", name))
    for speed in SPEEDS:
        item = _item("menuitemradio", f"{speed}×".replace(".", words.say(".")), "speed", speed)
        item.ariaChecked = str(float(speed) == card.player.playbackRate).lower()
        speeds.append(item)
    facts = (words.size(card.recording.size), words.kind(card.recording.mime_type))
    menu.querySelector(".recorded").textContent = " · ".join(facts)  # narrow rows have no room for them
    _leave_out(menu, card)
    for item in menu.querySelectorAll("[role^=menuitem]"):
        item.tabIndex = -1


def _item(role: str, text: str, action: str, value: str) -> Any:
    item = document.createElement("button")
    item.type, item.role, item.translate = "button", role, False
    item.dataset.action, item.dataset.value = action, value
    item.textContent = text
    return item


def _leave_out(menu: Any, card: Card) -> None:
    """Remove what this browser or this take does not offer, and explain what is for sound only."""
    left_out = {
        "share": not can_share(card),
        "link": card.recording.id is None,  # a take that is not in the store has no id to link to
        "upload": not settings.endpoint(),
        "still": not card.recording.is_video,
        "gif": not card.recording.is_video,
    }
    for action, unavailable in left_out.items():
        if unavailable:
            menu.querySelector(f"[data-action={action}]").remove()
    if card.recording.is_video:
        item = menu.querySelector("[data-action=normalise]")
        item.ariaDisabled = "true"
        item.querySelector("span").textContent = words.say("Normalise volume (sound takes only)")


def can_share(card: Card) -> bool:
    """Whether the browser can hand the take's file to another program."""
    return hasattr(navigator, "share") and hasattr(navigator, "canShare") and _accepts(card)


def _accepts(card: Card) -> bool:
    from demo import exports  # imported here, to keep it out of the page's start

    return bool(navigator.canShare(files=exports.files(card)))


@when("toggle", "#takes", capture=True)
def toggled(event: Any) -> None:
    menu = event.target
    if not menu.matches(".menu"):
        return
    more = menu.parentElement.querySelector(".take-more")
    more.ariaExpanded = str(event.newState == "open").lower()
    if event.newState == "open":
        _place(menu, more)
        menu.querySelector("[role^=menuitem]").focus()
    else:
        menu.replaceChildren()
        menu.removeAttribute("data-placed")


def _place(menu: Any, more: Any) -> None:
    """Show it beside its button, and inside the window. It then scrolls with the page."""
    box = more.getBoundingClientRect()
    top = min(box.top, window.innerHeight - menu.offsetHeight - EDGE)
    left = box.left - menu.offsetWidth - EDGE / 2
    menu.style.top = f"{window.scrollY + max(EDGE, top)}px"
    menu.style.left = f"{window.scrollX + max(EDGE, left)}px"
    menu.setAttribute("data-placed", "")


@when("keydown", "#takes")
def move(event: Any) -> None:
    """Arrow keys, Home, End and first letters go from entry to entry; Tab leaves the menu."""
    menu = event.target.closest(".menu")
    if not menu:
        return
    if event.key == "Tab":
        menu.hidePopover()
        return
    items = list(menu.querySelectorAll("[role^=menuitem]"))
    place = next((place for place, item in enumerate(items) if item == document.activeElement), -1)
    if event.key in STEPS:
        wanted = items[(place + STEPS[event.key]) % len(items)]
    elif event.key in ("Home", "End"):
        wanted = items[0 if event.key == "Home" else -1]
    elif len(event.key) == 1 and event.key != " " and not (event.ctrlKey or event.altKey or event.metaKey):
        letter = event.key.lower()
        following = [*items[place + 1 :], *items[: place + 1]]
        wanted = next((item for item in following if item.textContent.lower().startswith(letter)), None)
    else:
        return
    event.preventDefault()  # letters are also keys of the page
    if wanted:
        wanted.focus()
