"""The actions of the takes' rows. One listener serves all rows: a deleted row leaves nothing behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from js import location, window
from pyscript import when

from demo import deleted, edits, exports, kept, menu, page, several, shelf, uploads, words
from demo.deleted import delete_those_of_last_time
from demo.shelf import add_new, show_space, tell_of_changes
from mediarecorder import MediaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demo.card import Card

__all__ = ["add_new", "delete_those_of_last_time", "menu", "show_space", "tell_of_changes", "uploads"]

latest: list[Card] = []
"""The cards of the take that was recorded last, one for each part."""


def fill_again() -> None:
    """Show all texts in another language."""
    for card in shelf.cards.values():
        card.clear_answers()
        card.fill()
    deleted.fill_again()
    several.update()
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


def _card_of(event: Any) -> Card | None:
    element = event.target.closest("[data-take]")
    return shelf.cards.get(element.dataset.take) if element else None


# Playing


@when("play", "#takes", capture=True)
@when("pause", "#takes", capture=True)
@when("ended", "#takes", capture=True)
def show_playing(event: Any) -> None:
    """Only one take plays at a time."""
    card = _card_of(event)
    if not card:
        return
    card.show_playing()
    if event.type == "ended":
        card.enlarge(False)
    elif event.type == "play":
        card.enlarge(True)
        for other in shelf.cards.values():
            if other is not card:
                other.player.pause()
                other.enlarge(False)


@when("timeupdate", "#takes", capture=True)
def show_position(event: Any) -> None:
    if card := _card_of(event):
        card.show_position()


@when("input", "#takes")
def seek(event: Any) -> None:
    card = _card_of(event)
    if card and event.target.matches(".take-position"):
        card.player.currentTime = float(event.target.value)


# Buttons


@when("click", "#takes")
async def act(event: Any) -> None:
    """Perform the action of a row's pressed button."""
    button, card = event.target.closest("[data-action]"), _card_of(event)
    if not button or not card or button.ariaDisabled == "true" or button.dataset.action == "more":
        return
    if opened := button.closest(".menu"):
        opened.hidePopover()  # which moves the focus back to the button that opened it
    if button.dataset.action not in ("cancel", "play"):
        card.pressed(button)
    try:
        await _act(button, card, by_key=event.detail == 0)
    except MediaError as error:
        card.answer(words.unmade(error), wrong=True)


async def _act(button: Any, card: Card, *, by_key: bool) -> None:
    match button.dataset.action:
        case "play":
            await card.toggle_playing()
        case "seek":
            card.player.currentTime = float(button.dataset.at)
        case "speed":
            card.player.playbackRate = float(button.dataset.value)
        case "download":
            await exports.download(card)
        case "convert":
            await exports.convert(card, button.dataset.value)
        case "still":
            await exports.still(card)
        case "gif":
            await exports.gif(card)
        case "share":
            await exports.share(card)
        case "link":
            await exports.copy_link(card)
        case "rename" | "keep-name":
            card.toggle_rename()
        case "cancel":
            card.cancel()
        case "upload":
            await uploads.begin(card)
        case "upload-again":
            await uploads.begin(card, again=True)
        case "stop-upload":
            uploads.stop(card)
        case "delete":
            deleted.delete([card], by_key=by_key)
        case _:
            await _edit(button.dataset.action, card)


async def _edit(action: str, card: Card) -> None:
    selection = card.selection
    match action:
        case "select":
            await selection.open()
        case "unselect":
            selection.close()
        case "play-selection":
            await selection.play()
        case "cut":
            if not selection.stretches_left():
                card.answer(words.say("Nothing would be left."), wrong=True)
            elif _is_long_enough(card):
                await _keep(card, selection.stretches_left(), "cut")
        case "silence":
            await _remove_silence(card)
        case "normalise":
            await _normalise(card)


@when("submit", "#takes")
def submit(event: Any) -> None:
    event.preventDefault()  # at once, because a coroutine would be too late
    card, form = _card_of(event), event.target
    if card and form.classList.contains("rename"):
        name = form.querySelector("input").value.strip()
        if not form.hidden:  # pressed twice
            card.toggle_rename()
            page.run(rename(card, name))
    elif card:
        card.pressed(form.querySelector("[type=submit]"))
        if _is_long_enough(card):
            page.run(_keep(card, [(card.selection.start, card.selection.end)], "trimmed"))


@when("change", "#takes")
def change(event: Any) -> None:
    card = _card_of(event)
    if card and event.target.closest(".selection"):
        card.selection.move()


async def rename(card: Card, name: str) -> None:
    if name and name != card.shown_name:
        card.rename(name)
        shelf.changed()
        if card.recording.id:
            await kept.name(card.recording.id, name)


@when("keydown", "#takes")
def leave_name(event: Any) -> None:
    """Escape closes the form with the name, and keeps the old one."""
    if event.key == "Escape" and event.target.closest(".rename"):
        event.stopPropagation()  # it also ends selecting
        _card_of(event).toggle_rename()


# New takes made from one


def _is_long_enough(card: Card) -> bool:
    if card.selection.too_short():
        card.answer(words.say(words.TOO_SHORT), wrong=True)
    return not card.selection.too_short()


async def _keep(card: Card, stretches: Sequence[edits.Stretch], how: str) -> None:
    """Put a take with these stretches on the shelf, beside the take itself."""

    async def work(told: Any) -> Card:
        await kept.load_engine()
        return await _add(card, await edits.keep(card.recording, stretches, told), how)

    if new := await card.do(work):
        card.selection.close()
        card.answer(words.say("{name} is ready.", name=new.shown_name))


async def _remove_silence(card: Card) -> None:
    async def look(told: Any) -> list[edits.Stretch]:
        await kept.load_engine()
        return await edits.sounding(card.recording, card.seconds)

    stretches = await card.do(look)
    if stretches == []:
        card.answer(words.say("The whole take is silent."), wrong=True)
    elif stretches == [(0.0, None)]:
        card.answer(words.say("This take has no silence of half a second or more."))
    elif stretches:
        await _keep(card, stretches, "without silence")


async def _normalise(card: Card) -> None:
    async def work(told: Any) -> Card:
        await kept.load_engine()
        return await _add(card, await edits.normalised(card.recording, told), "normalised")

    if card.seconds > edits.LONGEST:
        card.answer(words.say(words.TOO_LONG), wrong=True)
    elif new := await card.do(work):
        card.answer(words.say("{name} is ready.", name=new.shown_name))


async def _add(card: Card, made: Any, how: str) -> Card:
    title = f"{card.name} ({how})"  # words.name translates it into the page's language
    return await add_new(await kept.add(made, title), title)


# Links to a moment


@when("hashchange", [window])
def follow_link() -> None:
    """Go to the take and the time that the address names."""
    found = re.fullmatch(r"#take=([\w-]+)&t=(\d{1,7}(?:\.\d+)?)", str(location.hash))
    if not found:
        return
    if card := shelf.cards.get(found[1]):
        card.clear_answers()
        card.answer(words.say("{name} at {time}", name=card.shown_name, time=words.clock(float(found[2]))))
        card.go_to(float(found[2]))
    else:
        page.complain(*words.NOT_HERE)
