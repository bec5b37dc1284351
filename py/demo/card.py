"""The row of one take: its player, its waveform or picture, and the answers to its buttons."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from js import Date, IntersectionObserver, document
from pyodide.ffi import JsException, create_proxy
from pyscript import when

from demo import kept, page, words
from demo.selection import Selection
from demo.timeline import Timeline
from mediarecorder import MediaError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mediarecorder import Photo, Recording, Upload

    Told = Callable[[float], None]

FAR_BEYOND_THE_END = 1e9  # seconds
LABELLED = "button[data-action]:has(span):not(.selection *), .take-check input, .take-position"

_seen: dict[Any, asyncio.Event] = {}
_looking = asyncio.Lock()
"""Takes are read one after another: the waveforms of a long shelf must not block the page."""


class Card:
    """A take on the shelf."""

    def __init__(self, key: str, recording: Recording, name: str) -> None:
        self.key, self.recording, self.name = key, recording, name
        self.element = page.find("take-card").content.cloneNode(True).firstElementChild
        self.element.dataset.take = key
        self.element.dataset.kind = "picture" if recording.is_video else "sound"
        self.player = document.createElement("video" if recording.is_video else "audio")
        self.seconds = recording.duration
        """The length on the card: that of the player, as soon as the player has found it."""
        self.selection = Selection(self)
        self.timeline: Timeline | None = None
        self._answers = self.find(":scope > .answer")
        """Where the answer to the last pressed button is shown."""
        self._poster: Photo | None = None
        self._work: asyncio.Task[Any] | None = None
        self.upload: Upload | None = None
        self.endpoint = ""
        """Where its upload goes."""
        self._prepare()
        page.run(self._look())

    def find(self, selector: str) -> Any:
        return self.element.querySelector(selector)

    def _prepare(self) -> None:
        self.find("h3").id = f"name-{self.key}"
        for number, control in enumerate(self.element.querySelectorAll(LABELLED)):
            # Each is labelled with its take: its own text, then the heading.
            words_of_it = (control.closest("label") or control).querySelector("span")
            words_of_it.id = f"label-{self.key}-{number}"
            control.setAttribute("aria-labelledby", f"{words_of_it.id} name-{self.key}")
        menu, more = self.find(".menu"), self.find(".take-more")
        menu.id = f"menu-{self.key}"
        menu.setAttribute("aria-labelledby", more.getAttribute("aria-labelledby"))
        more.setAttribute("popovertarget", menu.id)
        player = self.player
        player.playsInline = True
        player.preload = "metadata"
        player.src = self.recording.url
        self.find(".take-player").append(player)
        self.find(".take-sight").hidden = self.recording.is_video
        self._fill_markers()
        self.fill()

    def fill(self) -> None:
        """Show the facts about the take."""
        recording, kind, date = self.recording, self.find(".type"), self.find(".date")
        began = Date.new(recording.started_at * 1000)
        language = document.documentElement.lang
        date.dateTime = began.toISOString()
        options = {"month": "short", "day": "numeric", "hour": "numeric", "minute": "2-digit"}
        if began.getFullYear() != Date.new().getFullYear():
            options["year"] = "numeric"
        date.textContent = began.toLocaleString(language, **options)
        self.find(".length").textContent = words.length(self.seconds)
        self.find(".size").textContent = words.size(recording.size)
        kind.textContent, kind.title = words.kind(recording.mime_type), words.mime_type(recording.mime_type)
        self.find(".take-position").max = str(self.seconds)
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
        group = button.closest(".selection") or self.element
        self._answers = group.querySelector(":scope > .answer")

    def clear_answers(self) -> None:
        for place in self.element.querySelectorAll(".answer"):
            place.textContent = ""

    def answer(self, text: str, *, wrong: bool = False) -> None:
        """Show the result of a press of one of its buttons, beside that button."""
        if not self._answers.parentElement.checkVisibility():  # the form that it belongs to is closed
            self._answers = self.find(":scope > .answer")
        place = self._answers
        place.classList.toggle("take-note", wrong)
        place.textContent = text
        place.scrollIntoView(block="nearest")

    async def do(
        self, work: Callable[[Told], Awaitable[Any]], passed_on: type[Exception] | tuple[()] = ()
    ) -> Any:
        """Do some work with its progress in the row. Returns None if it was cancelled or failed."""
        if self._work:
            return None
        place, bar = self.find(".work"), self.find(".work progress")
        page.show_progress(bar, None)
        self._answers.before(place)
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
        except MemoryError:
            self.answer(words.say(words.TOO_LONG), wrong=True)
            return None
        finally:
            self._work = None
            place.hidden = True
            self.element.removeAttribute("aria-busy")

    def cancel(self) -> None:
        if self._work:
            self._work.cancel()

    # How it looks

    async def _look(self) -> None:
        """Find its waveform or its poster, once the row is visible."""
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
        if not self.timeline:
            place, marks = self.find(".timeline"), [marker.time for marker in self.recording.markers]
            self.timeline = await Timeline.of(
                self.recording, place, self.player, self.seconds, self.selection.dragged, marks
            )

    async def draw_now(self) -> None:
        """Show its sound, which the row of a picture shows only when a part of it is to be selected."""
        self.find(".take-sight").hidden = False
        async with _looking:
            await kept.load_engine()
            await self._draw()

    def reveal(self) -> None:
        """Bring a new row into sight."""
        self.element.classList.add("new")
        self.element.scrollIntoView(block="nearest")

    def focus(self) -> None:
        self.element.scrollIntoView(block="nearest")
        self.find("[data-action=download]").focus()

    # Playing

    async def toggle_playing(self) -> None:
        if not self.player.paused:
            self.player.pause()
            return
        with suppress(JsException):  # it was paused at once, or has nothing to play, which the player reports
            await self.player.play()

    def enlarge(self, large: bool) -> None:
        """A picture that plays needs the whole width, and the browser's own controls."""
        if self.recording.is_video:
            self.element.toggleAttribute("data-large", large)
            self.player.controls = large

    def show_playing(self) -> None:
        """Update the play button."""
        paused = self.player.paused
        button = self.find("[data-action=play]")
        button.querySelector("span").textContent = "Play" if paused else "Pause"
        sign = "resume" if paused else "pause"
        button.querySelector("use").setAttribute("href", f"static/demo/icons.svg#{sign}")

    def show_position(self) -> None:
        position, at = self.find(".take-position"), self.player.currentTime
        position.value = str(at)
        position.setAttribute("aria-valuetext", words.clock(at))

    def go_to(self, seconds: float) -> None:
        """Show the take at a time."""
        self.enlarge(True)
        self.player.currentTime = seconds
        self.element.scrollIntoView(block="center")
        self.find("[data-action=play]").focus()

    def _fill_markers(self) -> None:
        """A button for each marked moment."""
        places = self.find(".markers")
        places.hidden = not self.recording.markers
        for marker in self.recording.markers:
            button = document.createElement("button")
            button.type, button.translate = "button", False
            button.dataset.action, button.dataset.at = "seek", str(marker.time)
            time = document.createElement("span")
            time.textContent = words.clock(marker.time)
            button.append(time, f" {marker.text}".rstrip())
            item = document.createElement("li")
            item.append(button)
            places.append(item)

    # Its name

    def rename(self, name: str) -> None:
        self.name = name
        self.find("h3").textContent = self.shown_name
        self.player.setAttribute("aria-label", words.say("Player of {name}", name=self.shown_name))
        label = words.say("Selection of {name}", name=self.shown_name)
        self.find(".selection").setAttribute("aria-label", label)

    def toggle_rename(self) -> None:
        form, heading = self.find(".rename"), self.find("h3")
        form.hidden, heading.hidden = not form.hidden, form.hidden
        if form.hidden:
            self.find(".take-more").focus()
        else:
            form.querySelector("input").value = self.shown_name
            form.querySelector("input").select()

    @property
    def file_name(self) -> str:
        """Its name in downloads, without the extension."""
        signs = (sign if sign.isalnum() else " " for sign in self.shown_name.lower())
        return "-".join("".join(signs).split()) or "take"

    def close(self) -> None:
        """Remove it for good."""
        self.cancel()
        if self.timeline:
            self.timeline.close()
        if self._poster:
            self._poster.close()
        self.player.removeAttribute("src")
        self.player.load()  # releases the data
        self.recording.close()


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
        card.querySelector(".unplayable").hidden = not hasattr(event.target, "src") or not event.target.src
