"""Several takes at once: selecting them, and downloading, joining or deleting the selected ones."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from js import document
from pyscript import when

from demo import deleted, kept, page, shelf, words
from mediarecorder import MediaError, NotSupportedError, Recording

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from demo.card import Card

_work: asyncio.Task[Any] | None = None


def selecting() -> bool:
    return not page.find("several").hidden


def selected() -> list[Card]:
    """The selected cards that are shown, from the first row to the last."""
    return [card for card in shelf.rows() if _box(card).checked and not card.element.hidden]


def _box(card: Card) -> Any:
    return card.find(".take-check input")


@when("click", "#select")
def toggle() -> None:
    _begin_or_end(not selecting())


def _begin_or_end(begin: bool) -> None:
    page.show(page.find("several"), begin)
    page.one(".shelf").toggleAttribute("data-selecting", begin)
    page.find("select").textContent = "Done" if begin else "Select"
    for card in shelf.cards.values():
        _box(card).checked = False
    _answer("")
    update()


def takes_changed() -> None:
    """There may be nothing left to select."""
    if not selecting():
        return
    if len(shelf.cards) < 2:
        _begin_or_end(False)
    update()


@when("change", "#takes")
def update() -> None:
    """Show how many are selected, and what can be done with them."""
    chosen = selected() if selecting() else []
    page.tell(words.say("{count} selected", count=len(chosen)), "several-count")
    for name, least in (("download", 1), ("join", 2), ("delete", 1)):
        page.find(f"several-{name}").disabled = len(chosen) < least or _work is not None
    for card in shelf.cards.values():
        card.element.toggleAttribute("data-selected", _box(card).checked)


@when("click", "#several-all")
def select_all() -> None:
    shown = [card for card in shelf.rows() if not card.element.hidden]
    every = all(_box(card).checked for card in shown)
    for card in shown:
        _box(card).checked = not every
    update()


@when("click", "#several-download")
async def download() -> None:
    from demo import zipped  # imported here, to keep it out of the page's start

    files = [(card.recording.file_name(card.file_name), card.recording) for card in selected()]
    if archive := await _do(lambda told: zipped.archive(files, told)):
        name = await archive.save("takes")
        count = len(files)
        _answer(words.say("{count} takes are in your downloads as {file}.", count=count, file=name))


@when("click", "#several-join")
async def join() -> None:
    """Put one take on the shelf that plays the selected ones, the oldest first."""
    parts = sorted(selected(), key=lambda card: (card.recording.started_at, card.key))

    async def work(told: Callable[[float], None]) -> Card:
        await kept.load_engine()
        joined = await Recording.concat([card.recording for card in parts], on_progress=told)
        title = f"{parts[0].name} (joined)"  # words.name translates it into the page's language
        return await shelf.add_new(await kept.add(joined, title), title)

    if new := await _do(work):
        _answer(words.say("{name} is ready.", name=new.shown_name))


@when("click", "#several-delete")
def delete(event: Any) -> None:
    deleted.delete(selected(), by_key=event.detail == 0)


@when("keydown", ".shelf")
def leave(event: Any) -> None:
    """Escape ends selecting, unless it closes a menu or clears the search."""
    if event.key == "Escape" and selecting() and not event.target.matches("[popover] *, #search"):
        _begin_or_end(False)
        page.find("select").focus()


@when("click", "#several-cancel")
def cancel() -> None:
    if _work:
        _work.cancel()


async def _do(work: Callable[[Callable[[float], None]], Awaitable[Any]]) -> Any:
    """Do some work with its progress below the buttons. Returns None if it was cancelled or failed."""
    global _work
    if _work:
        return None
    place, bar, focused = (
        page.find("several-work"),
        page.one("#several-work progress"),
        document.activeElement,
    )
    page.show_progress(bar, None)
    _answer("")
    page.show(place, True)
    _work = asyncio.ensure_future(work(lambda part: page.show_progress(bar, part)))
    update()
    try:
        return await _work
    except asyncio.CancelledError:
        _answer(words.say("Cancelled."))
    except NotSupportedError:
        _answer(words.say(words.NOT_JOINED), wrong=True)
    except MediaError as error:
        _answer(words.unmade(error), wrong=True)
    finally:
        _work = None
        page.show(place, False)
        update()
        if document.activeElement == document.body:  # a disabled button loses the focus
            focused.focus()
    return None


def _answer(text: str, *, wrong: bool = False) -> None:
    place = page.one("#several > .answer")
    place.classList.toggle("take-note", wrong)
    place.textContent = text
    if text:
        place.scrollIntoView(block="nearest")


shelf.listeners.append(takes_changed)
