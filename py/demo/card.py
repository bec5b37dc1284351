"""The card of one take: its player, its picture, and what can be made of it."""

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
"""Seconds of a take that is trimmed."""
DOWNLOADING = 60
"""Seconds after which a file made for a download has certainly been read."""
LABELLED = "button[data-action], label :is(select, input)"

_seen: dict[Any, asyncio.Event] = {}
_looking = asyncio.Lock()
"""One take after the other is looked at: the pictures of a long shelf must not stop the page."""


class Card:
    """A take on the shelf."""

    def __init__(self, key: str, recording: Recording, name: str) -> None:
        self.key, self.recording, self.name = key, recording, name
        self.element = page.find("take-card").content.cloneNode(True).firstElementChild
        self.element.dataset.take = key
        self.element.dataset.began = str(recording.started_at)
        self.player = document.createElement("video" if recording.is_video else "audio")
        self.seconds = recording.duration
        """What the card says: what the player says, as soon as it has found that out."""
        self._buttons = self.find(":scope > .take-actions")
        """Those that are answered: the answer stands below them."""
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
            # Each says which take it belongs to: its own words, then the heading.
            label = control.closest("label")
            words_of_it = label.querySelector("span") if label else control
            words_of_it.id = f"label-{self.key}-{number}"
            control.setAttribute("aria-labelledby", f"{words_of_it.id} name-{self.key}")
        for name in MADE:
            self.find(".format").append(Option.new(FORMATS[name]["label"], name))
        self.find("[data-action=link]").hidden = self.recording.id is None  # nobody could follow it
        player = self.player
        player.controls = player.playsInline = True
        player.preload = "metadata"
        player.src = self.recording.url
        self.find(".take-player").append(player)
        self.fill()

    def fill(self) -> None:
        """Say what there is to be said of it."""
        recording, kind = self.recording, self.find(".type")
        self.find(".length").textContent = words.length(self.seconds)
        self.find(".size").textContent = words.size(recording.size)
        kind.textContent, kind.title = words.kind(recording.mime_type), words.mime_type(recording.mime_type)
        self.rename(self.name)

    @property
    def shown_name(self) -> str:
        return words.name(self.name)

    def measured(self) -> None:
        """The player has found out how long its file is."""
        if math.isfinite(self.player.duration):
            self.seconds = self.player.duration
            self.fill()

    # What its buttons are answered with

    def pressed(self, button: Any) -> None:
        """What is said from now on is said below this button."""
        self.clear_answers()
        self._buttons = button.closest(".take-actions") or self.find(":scope > .take-actions")

    def clear_answers(self) -> None:
        for place in self.element.querySelectorAll(".answer"):
            place.textContent = ""

    def answer(self, text: str, *, wrong: bool = False) -> None:
        """Say what came of a press of one of its buttons, where the person who pressed it looks."""
        if not self._buttons.checkVisibility():  # those of a form that is closed
            self._buttons = self.find(":scope > .take-actions")
        place = self._buttons.parentElement.querySelector(":scope > .answer")
        place.classList.toggle("take-note", wrong)
        place.textContent = text
        place.scrollIntoView(block="nearest")

    # How it looks

    async def _look(self) -> None:
        """Find its picture, once somebody can see the card."""
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
                pass  # a take that cannot be decoded: the player says so

    async def _draw(self) -> None:
        """Draw its sound, if that is not done yet."""
        place = self.find(".timeline")
        place.hidden = False
        if not self._timeline:
            self._timeline = await Timeline.of(self.recording, place, self.player, self.recording.duration)

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

    # What is made of it

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
        """Show or hide the stretch that is kept."""
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
        length = words.cut(self.recording.duration, 100)
        start.max = end.max = str(length)
        start.value, end.value = "0", str(length)
        start.focus()
        async with _looking:
            await kept.load_engine()
            await self._draw()
        if self._timeline and not form.hidden:
            self._timeline.select(0, self.recording.duration, self._dragged)

    def _trim_fields(self) -> tuple[Any, Any]:
        return self.find("[name=from]"), self.find("[name=to]")

    def _dragged(self, start: float, end: float) -> None:
        for field, seconds in zip(self._trim_fields(), (start, end), strict=True):
            field.value = str(words.cut(min(seconds, self.recording.duration), 100))

    def move_trim(self) -> None:
        """The stretch follows the numbers."""
        start, end = (float(field.value or 0) for field in self._trim_fields())
        if self._timeline and end - start >= SHORTEST:
            self._timeline.move(start, end)

    async def trimmed(self) -> Recording | None:
        """The stretch that was chosen; None if that came to nothing."""
        start, end = (float(field.value) for field in self._trim_fields())
        # The field leaves thousandths out.
        end = self.recording.duration if end >= words.cut(self.recording.duration, 100) else end
        if end - start < SHORTEST:
            self.answer(words.say(words.TOO_SHORT), wrong=True)
            return None
        whole = self.recording
        try:
            part = await self._do(lambda told: whole.trim(start, end, on_progress=told), NotSupportedError)
        except NotSupportedError:  # what cannot be encoded can still be copied, from the key frame before
            part = await self._do(lambda told: whole.trim(start, end, exact=False, on_progress=told))
        if part:
            await self.toggle_trim()
        return part

    async def _do(
        self,
        work: Callable[[Callable[[float], None]], Awaitable[Recording]],
        passed_on: type[Exception] | tuple[()] = (),
    ) -> Recording | None:
        """Do some work with its progress in the card. None if it was cancelled or failed, which is told."""
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
        except JsException:  # the browser does not allow it: then it can be copied by hand
            self.answer(address)
            return
        what = words.say(
            "The link to {name} at {time} is copied.", name=self.shown_name, time=words.clock(at)
        )
        self.answer(f"{what} {words.say('It works in this browser, where the take is.')}")

    def close(self) -> None:
        """It is gone for good."""
        self.cancel()
        if self._timeline:
            self._timeline.close()
        if self._poster:
            self._poster.close()
        self.player.removeAttribute("src")
        self.player.load()  # lets go of the data
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


# Media events do not bubble, so these are caught on their way down.
@when("loadedmetadata", "#takes", capture=True)
@when("seeked", "#takes", capture=True)
async def make_seekable(event: Any) -> None:
    """Let the browser find out how long a recording is that could not be completed.

    Made in slices it does not say its length in its head, so the browser takes it for endless and offers no
    way to seek. Sent far beyond the end, it reads on to the real one; then back to the start.
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
    if card := event.target.closest("[data-take]"):
        card.querySelector(".take-note").hidden = not hasattr(event.target, "src") or not event.target.src
