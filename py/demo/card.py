"""The card of one take: its player, its waveform, and its tools."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

from js import IntersectionObserver, Option, document, location, navigator
from pyodide.ffi import JsException, create_proxy
from pyscript import when

from demo import kept, page, words
from demo.timeline import Timeline
from mediarecorder import MediaError, NotSupportedError
from mediarecorder.formats import FORMATS, MADE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mediarecorder import Photo, Recording

FAR_BEYOND_THE_END = 1e9  # seconds
SHORTEST = 0.1
"""The shortest trimmed take, in seconds."""
DOWNLOADING = 60
"""Seconds after which a file made for a download has certainly been read."""
LABELLED = "button[data-action], label :is(select, input)"

_seen: dict[Any, asyncio.Event] = {}
_looking = asyncio.Lock()
"""Takes are read one after another: the waveforms of a long shelf must not block the page."""


class Card:
    """A take on the shelf."""

    def __init__(self, key: str, recording: Recording, name: str) -> None:
        self.key, self.recording, self.name = key, recording, name
        self.element = page.find("take-card").content.cloneNode(True).firstElementChild
        self.element.dataset.take = key
        self.element.dataset.began = str(recording.started_at)
        self.player = document.createElement("video" if recording.is_video else "audio")
        self.seconds = recording.duration
        """The length on the card: that of the player, as soon as the player has found it."""
        self._buttons = self.find(":scope > .take-actions")
        """The buttons whose answer is shown below them."""
        self._timeline: Timeline | None = None
        self._poster: Photo | None = None
        self._work: asyncio.Task[Any] | None = None
        self._prepare()
        page.run(self._look())

    def find(self, selector: str) -> Any:
        return self.element.querySelector(selector)

    def _prepare(self) -> None:
        self.find("h3").id = f"name-{self.key}"
        for number, control in enumerate(self.element.querySelectorAll(LABELLED)):
            # Each is labelled with its take: its own text, then the heading.
            label = control.closest("label")
            words_of_it = label.querySelector("span") if label else control
            words_of_it.id = f"label-{self.key}-{number}"
            control.setAttribute("aria-labelledby", f"{words_of_it.id} name-{self.key}")
        for name in MADE:
            self.find(".format").append(Option.new(FORMATS[name]["label"], name))
        # A take that is not in the store has no id to link to.
        self.find("[data-action=link]").hidden = self.recording.id is None
        player = self.player
        player.controls = player.playsInline = True
        player.preload = "metadata"
        player.src = self.recording.url
        self.find(".take-player").append(player)
        self.fill()

    def fill(self) -> None:
        """Show the facts about the take."""
        recording, kind = self.recording, self.find(".type")
        self.find(".length").textContent = words.length(self.seconds)
        self.find(".size").textContent = words.size(recording.size)
        kind.textContent, kind.title = words.kind(recording.mime_type), words.mime_type(recording.mime_type)
        self.rename(self.name)

    @property
    def shown_name(self) -> str:
        return words.name(self.name)

    def measured(self) -> None:
        """The player has found the length of its file."""
        if math.isfinite(self.player.duration):
            self.seconds = self.player.duration
            self.fill()

    # Answers to its buttons

    def pressed(self, button: Any) -> None:
        """From now on, answers appear below this button."""
        self.clear_answers()
        self._buttons = button.closest(".take-actions") or self.find(":scope > .take-actions")

    def clear_answers(self) -> None:
        for place in self.element.querySelectorAll(".answer"):
            place.textContent = ""

    def answer(self, text: str, *, wrong: bool = False) -> None:
        """Show the result of a press of one of its buttons, beside that button."""
        if not self._buttons.checkVisibility():  # the form that they belong to is closed
            self._buttons = self.find(":scope > .take-actions")
        place = self._buttons.parentElement.querySelector(":scope > .answer")
        place.classList.toggle("take-note", wrong)
        place.textContent = text
        place.scrollIntoView(block="nearest")

    # How it looks

    async def _look(self) -> None:
        """Find its waveform, once the card is visible."""
        await _in_sight(self.element)
        async with _looking:
            try:
                await kept.load_engine()
                if self.recording.is_video:
                    at = min(1.0, self.recording.duration / 2)
                    self._poster = await self.recording.thumbnail(at, width=640)
                    self.player.poster = self._poster.url
                else:
                    await self._draw()
            except MediaError:
                pass  # the take cannot be decoded, which the player reports

    async def _draw(self) -> None:
        """Draw its sound, if not done yet."""
        place = self.find(".timeline")
        place.hidden = False
        if not self._timeline:
            self._timeline = await Timeline.of(self.recording, place, self.player, self.seconds)

    def focus(self) -> None:
        self.element.scrollIntoView(block="nearest")
        self.find("[data-action=download]").focus()

    def go_to(self, seconds: float) -> None:
        """Show the take at a time."""
        self.player.currentTime = seconds
        self.element.scrollIntoView(block="center")
        self.player.focus()

    # Its name

    def rename(self, name: str) -> None:
        self.name = name
        self.find("h3").textContent = self.shown_name
        self.player.setAttribute("aria-label", words.say("Player of {name}", name=self.shown_name))

    def toggle_rename(self) -> None:
        form, heading = self.find(".rename"), self.find("h3")
        form.hidden, heading.hidden = not form.hidden, form.hidden
        if form.hidden:
            self.find("[data-action=rename]").focus()
        else:
            form.querySelector("input").value = self.shown_name
            form.querySelector("input").select()

    # Trimming and converting

    async def download(self) -> None:
        format = self.find(".format").value
        recording = self.recording
        if format:
            row = FORMATS[format]
            await kept.load_engine(*(codec for codec in row["audio"][:1] if codec in row["encoders"]))
            converted = await self._do(lambda told: self.recording.convert(format, on_progress=told))
            if converted is None:
                return
            recording = converted
        name = await recording.save(_file_name(self.shown_name))
        self.answer(words.say("{name} is in your downloads as {file}.", name=self.shown_name, file=name))
        if recording is not self.recording:
            await asyncio.sleep(DOWNLOADING)
            recording.close()

    async def toggle_trim(self) -> None:
        """Show or hide the selected stretch."""
        form, button = self.find(".trim"), self.find("[data-action=trim]")
        form.hidden = not form.hidden
        button.setAttribute("aria-expanded", str(not form.hidden).lower())
        start, end = self._trim_fields()
        if form.hidden:
            if self._timeline:
                self._timeline.unselect()
            self.find(".timeline").hidden = self.recording.is_video
            button.focus()
            return
        length = words.cut(self.seconds, 100)
        start.max = end.max = str(length)
        start.value, end.value = "0", str(length)
        start.focus()
        async with _looking:
            await kept.load_engine()
            await self._draw()
        if self._timeline and not form.hidden:
            self._timeline.select(0, self.seconds, self._dragged)

    def _trim_fields(self) -> tuple[Any, Any]:
        return self.find("[name=from]"), self.find("[name=to]")

    def _dragged(self, start: float, end: float) -> None:
        for field, seconds in zip(self._trim_fields(), (start, end), strict=True):
            field.value = str(words.cut(min(seconds, self.seconds), 100))

    def move_trim(self) -> None:
        """Update the stretch from the numbers."""
        start, end = (float(field.value or 0) for field in self._trim_fields())
        if self._timeline and end - start >= SHORTEST:
            self._timeline.move(start, end)

    async def trimmed(self) -> Recording | None:
        """The selected stretch, or None."""
        start, end = (float(field.value) for field in self._trim_fields())
        if end - start < SHORTEST:
            self.answer(words.say(words.TOO_SHORT), wrong=True)
            return None
        whole = self.recording
        # The field omits thousandths.
        until = None if end >= words.cut(self.seconds, 100) else end
        try:
            part = await self._do(lambda told: whole.trim(start, until, on_progress=told), NotSupportedError)
        except NotSupportedError:  # packets can still be copied, from the previous key frame
            part = await self._do(lambda told: whole.trim(start, until, exact=False, on_progress=told))
        if part:
            await self.toggle_trim()
        return part

    async def _do(
        self,
        work: Callable[[Callable[[float], None]], Awaitable[Recording]],
        passed_on: type[Exception] | tuple[()] = (),
    ) -> Recording | None:
        """Do some work with its progress in the card. Returns None if it was cancelled or failed."""
        if self._work:
            return None
        place, bar = self.find(".work"), self.find(".work progress")
        page.show_progress(bar, None)
        self._buttons.after(place)
        place.hidden = False
        place.scrollIntoView(block="nearest")
        self.element.setAttribute("aria-busy", "true")
        self._work = asyncio.ensure_future(work(lambda part: page.show_progress(bar, part)))
        try:
            return await self._work
        except asyncio.CancelledError:
            self.answer(words.say("Cancelled."))
            return None
        except passed_on:
            raise
        except MediaError as error:
            self.answer(words.unmade(error), wrong=True)
            return None
        finally:
            self._work = None
            place.hidden = True
            self.element.removeAttribute("aria-busy")

    def cancel(self) -> None:
        if self._work:
            self._work.cancel()

    async def copy_link(self) -> None:
        """Put the address of this moment of the take on the clipboard."""
        at = self.player.currentTime
        address = f"{location.href.partition('#')[0]}#take={self.key}&t={at:.1f}"
        try:
            await navigator.clipboard.writeText(address)
        except JsException:  # the browser does not allow it; the user can copy it by hand
            self.answer(address)
            return
        what = words.say(
            "The link to {name} at {time} is copied.", name=self.shown_name, time=words.clock(at)
        )
        self.answer(f"{what} {words.say('It works in this browser, where the take is.')}")

    def close(self) -> None:
        """Remove it for good."""
        self.cancel()
        if self._timeline:
            self._timeline.close()
        if self._poster:
            self._poster.close()
        self.player.removeAttribute("src")
        self.player.load()  # releases the data
        self.recording.close()


def _file_name(name: str) -> str:
    return "-".join("".join(sign if sign.isalnum() else " " for sign in name.lower()).split()) or "take"


async def _in_sight(element: Any) -> None:
    """Resolves when the element is, or nearly is, in the window."""
    seen = _seen[element.dataset.take] = asyncio.Event()
    _watcher().observe(element)
    await seen.wait()


def _watcher() -> Any:
    global _watching
    if _watching is None:
        _watching = IntersectionObserver.new(create_proxy(_have_seen))
    return _watching


_watching: Any = None


def _have_seen(entries: Any, observer: Any) -> None:
    for entry in entries:
        if entry.isIntersecting:
            observer.unobserve(entry.target)
            if seen := _seen.pop(entry.target.dataset.take, None):
                seen.set()


# Media events do not bubble, so the listeners use the capturing phase.
@when("loadedmetadata", "#takes", capture=True)
@when("seeked", "#takes", capture=True)
async def make_seekable(event: Any) -> None:
    """Let the browser find the length of a recording that could not be completed.

    Recorded with a timeslice, it does not state its length, so the browser treats it as endless and offers no
    seeking. A seek far beyond the end makes the browser read to the real end; then seek back to the start.
    """
    player = event.target
    if player.duration == math.inf:
        player.dataset.measured = "now"
        player.currentTime = FAR_BEYOND_THE_END
    elif hasattr(player.dataset, "measured"):
        del player.dataset.measured
        # If it seeks back at once, Chromium goes on showing the last picture; no event tells when this ends.
        await asyncio.sleep(0.1)
        player.currentTime = 0


@when("error", "#takes", capture=True)
def say_unplayable(event: Any) -> None:
    """A take that ended before its first picture has nothing to play."""
    if card := event.target.closest("[data-take]"):
        card.querySelector(".take-note").hidden = not hasattr(event.target, "src") or not event.target.src
