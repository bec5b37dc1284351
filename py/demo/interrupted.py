"""Takes that a crash cut off: the page offers to recover or discard each."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from js import Date, document
from pyscript import when

from demo import deleted, kept, page, shelf, words
from mediarecorder import EncodingError, MediaError, NotFoundError

if TYPE_CHECKING:
    from mediarecorder import RecordingStore, StoredRecording

_names: dict[str, str] = {}
"""The names that the offered takes will get, by their ids."""
_offered: dict[str, StoredRecording] = {}


@when("visibilitychange", [document])
async def look() -> None:
    """Show the takes on disk: those of earlier visits and of other tabs, and interrupted ones."""
    if document.hidden or not (store := await kept.store()):
        return
    try:
        await _show(store)
    except (MediaError, TypeError) as error:
        page.complain(*words.unread(error))


async def _show(store: RecordingStore) -> None:
    shown = shelf.ids() | set(_names)
    found = await store.recordings()
    for gone in shown - {stored.id for stored in found}:  # deleted by another tab
        shelf.remove(gone)
        _withdraw(gone)
    shelf.go_on_counting([stored.title for stored in found])
    leaving = deleted.elsewhere()
    for stored in found:
        # A take that another tab is still recording, or deleting, belongs to that tab.
        if stored.state == "recording" or stored.id in shelf.ids() | set(_names) | leaving:
            continue
        if stored.state == "interrupted":
            _offer(stored)
            continue
        with suppress(NotFoundError):  # it has been deleted since
            shelf.add(await store.open_recording(stored.id), stored.title)
    from demo import uploads  # imported here, to keep it out of the page's start

    await uploads.offer(store)


def _offer(stored: StoredRecording) -> None:
    _names[stored.id] = shelf.free_name(stored.title)  # reserved now, so that later takes get later numbers
    card = page.find("interrupted-card").content.cloneNode(True).firstElementChild
    card.dataset.id = stored.id
    _offered[stored.id] = stored
    _fill(card, stored)
    page.find("interrupted").prepend(card)


def _fill(card: Any, stored: StoredRecording) -> None:
    at = Date.new(stored.started_at * 1000).toLocaleString(
        document.documentElement.lang, dateStyle="medium", timeStyle="short"
    )
    card.querySelector("p").textContent = words.interrupted(at, stored.size)
    length = words.clock(stored.duration)
    recover, discard = card.querySelectorAll("button")
    recover.textContent = words.say("Recover the interrupted recording ({length})", length=length)
    discard.ariaLabel = words.say("Discard the interrupted recording ({length})", length=length)


def fill_again() -> None:
    """Show all texts in another language."""
    for card in page.every("#interrupted > *"):
        _fill(card, _offered[card.dataset.id])
        _note(card, "")


def _withdraw(recording_id: str) -> None:
    _names.pop(recording_id, None)
    for card in page.every("#interrupted > *"):
        if card.dataset.id == recording_id:
            card.remove()


@when("click", "#interrupted")
async def act(event: Any) -> None:
    """Perform the action of the pressed button."""
    button = event.target.closest("button")
    if not button:
        return
    card = button.closest("[data-id]")
    _enable(card, False)
    button.setAttribute("aria-busy", "true")
    try:
        if button.dataset.action == "recover":
            await _recover(card)
        else:
            await _discard(card)
    except EncodingError:
        page.show(button, False)
        _note(card, words.UNRECOVERABLE)
    except NotFoundError:
        _withdraw(card.dataset.id)
        page.tell("The interrupted recording is gone: another tab has discarded it.", "shelf-status")
    except MediaError as error:
        _note(card, words.unrecovered(error))
    finally:
        button.removeAttribute("aria-busy")
        card.querySelector("progress").hidden = True
        _enable(card, True)
        if card.isConnected and _focus_is_free(card):
            card.querySelector("button:not([hidden])").focus()


async def _recover(card: Any) -> None:
    recording_id, bar = card.dataset.id, card.querySelector("progress")
    bar.removeAttribute("value")
    bar.hidden = False
    _note(card, "")
    store = await kept.store()
    assert store
    await kept.load_engine()
    recording = await store.recover(recording_id, on_progress=lambda part: setattr(bar, "value", part))
    take = await shelf.add_new(recording, _names.get(recording_id, ""))
    _go_on(card, take.find("[data-action=download]"))
    take.answer(words.say("{name} is recovered.", name=take.shown_name))


async def _discard(card: Any) -> None:
    store = await kept.store()
    assert store
    await store.delete(card.dataset.id)
    await shelf.show_space()
    _go_on(card, page.find("takes-title"))
    page.tell("The interrupted recording is discarded.", "shelf-status")


def _go_on(card: Any, element: Any) -> None:
    """Remove the card. If its button still has the focus, the focus moves to the element."""
    free = _focus_is_free(card)
    _withdraw(card.dataset.id)
    if free:
        element.focus()


def _focus_is_free(card: Any) -> bool:
    """A disabled button loses the focus to the body."""
    return bool(card.contains(document.activeElement) or document.activeElement == document.body)


def _enable(card: Any, enabled: bool) -> None:
    for button in card.querySelectorAll("button"):
        button.disabled = not enabled


def _note(card: Any, text: str) -> None:
    note = card.querySelector(".take-note")
    note.hidden = not text  # before the text, so that it is read out
    note.textContent = text
