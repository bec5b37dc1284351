"""Uploads of takes to the server that the settings name. Without one, nothing leaves the browser.

New takes are uploaded when they are complete. The store remembers an upload that a reload has cut off, and
the take's row then offers to go on with it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from js import URL
from pyscript import when

from demo import kept, page, settings, shelf, words
from mediarecorder import MediaError, UploadError

if TYPE_CHECKING:
    from demo.card import Card
    from mediarecorder import RecordingStore, Upload

PAUSE = 0.25
"""Seconds between looks at an upload."""


@when("change", "#upload-to")
def show_where() -> None:
    """Say where new takes go."""
    endpoint = settings.endpoint()
    page.show(page.find("stays"), not endpoint)
    page.show(page.find("sent"), bool(endpoint))
    if endpoint:
        page.tell(words.say("New takes are sent to {host}.", host=_host(endpoint)), "sent")


def fill_again() -> None:
    """Show the texts in another language."""
    show_where()
    for card in shelf.cards.values():
        if card.endpoint and (not card.upload or card.upload.done()):
            page.run(_conclude(card))


def begin_new(card: Card) -> None:
    """Upload a take that was just recorded, if the settings name a server."""
    if settings.endpoint():
        page.run(begin(card))


async def begin(card: Card, *, again: bool = False) -> None:
    """Upload a take to the server of the settings or, `again`, to the one that its row names."""
    if card.upload and not card.upload.done():
        return
    endpoint = card.endpoint if again else settings.endpoint()
    store, id = await kept.store(), card.recording.id
    await kept.load("tus")
    # (If the store has an unfinished upload to this endpoint, it goes on with that.)
    card.upload = store.upload(id, endpoint) if store and id else card.recording.upload(endpoint)
    card.endpoint = endpoint
    page.run(_follow(card, card.upload))


async def _follow(card: Card, upload: Upload) -> None:
    bar, host = card.find(".upload progress"), _host(card.endpoint)
    while not upload.done():
        page.show_progress(bar, upload.progress)
        text = "Waiting for {host}. The take is safe here." if upload.error else "Uploading to {host}…"
        _say(card, words.say(text, host=host), running=True)
        await asyncio.sleep(PAUSE)
    await _conclude(card)


async def _conclude(card: Card) -> None:
    """Say how the upload ended, or that it was cut off in an earlier visit."""
    host = _host(card.endpoint)
    if not card.upload:
        _say(card, words.say("The upload to {host} is not complete.", host=host), again=True)
        return
    try:
        await card.upload
        _say(card, words.say("Uploaded to {host}.", host=host))
    except UploadError as error:
        _say(card, words.not_uploaded(error, host), again=True)
    except MediaError:  # it was cancelled
        _say(card, "")


def _say(card: Card, text: str, *, running: bool = False, again: bool = False) -> None:
    page.show(card.find(".upload"), bool(text))
    note = card.find(".upload-note")
    if note.textContent != text:  # screen readers read out changes only
        note.textContent = text
    note.classList.toggle("take-note", again and card.upload is not None)
    card.find(".upload progress").hidden = not running
    card.find("[data-action=stop-upload]").hidden = not running
    card.find("[data-action=upload-again]").hidden = not again


def stop(card: Card) -> None:
    if card.upload:
        card.upload.abort()
        card.find(".take-more").focus()


async def offer(store: RecordingStore) -> None:
    """Offer to go on with uploads that were cut off. Nothing is sent before the user agrees."""
    with suppress(MediaError):
        for stored in await store.uploads():
            card = shelf.cards.get(stored.id)
            if card and not card.upload and URL.canParse(stored.endpoint):
                card.endpoint = stored.endpoint
                await _conclude(card)


def _host(endpoint: str) -> str:
    return str(URL.new(endpoint).host)
