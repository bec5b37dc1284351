"""The page's elements and its state.

The markup declares what belongs to a state: an element with ``data-show="idle preview"`` is visible in these
two states, an element with ``data-enable="idle"`` is enabled in that one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from js import document, scrollTo
from pyodide.ffi import to_js

from demo import words
from demo.sound_check import SoundCheck
from demo.wave import Wave

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mediarecorder import MediaStream

NAME = "Recorder"
state = "loading"
_focused = False
_shown: MediaStream | None = None
_wave: Wave | None = None
_running: set[asyncio.Task[None]] = set()


def find(element_id: str) -> Any:
    return document.getElementById(element_id)


def one(selector: str) -> Any:
    return document.querySelector(selector)


def every(selector: str) -> list[Any]:
    return list(document.querySelectorAll(selector))


def show(element: Any, visible: bool) -> None:
    element.toggleAttribute("hidden", not visible)  # an icon is not an HTML element and has no .hidden


def enter(new_state: str) -> None:
    """Show and enable the elements of a state: idle, asking, preview, countdown, recording, paused, lost (the
    device is lost, and the take waits) or finishing."""
    global state, _focused
    state = document.body.dataset.state = new_state
    # While the browser asks or the take ends, no button can be pressed, and no element has the focus.
    _focused = bool(one(".transport :focus")) or (_focused and document.activeElement == document.body)
    if new_state in ("countdown", "recording"):  # all else goes
        scrollTo(0, 0)
    for element in every("[data-show]"):
        show(element, new_state in element.dataset.show.split())
    for element in every("[data-enable]"):
        element.disabled = new_state not in element.dataset.enable.split()
    usable = one(".transport button:enabled:not([hidden])")
    if _focused and usable and not one(".transport :focus:enabled:not([hidden])"):
        # Keyboard users continue from the button that replaced the last one.
        usable.focus(to_js({"preventScroll": True}))
    document.title = words.title(new_state, NAME)
    icon = f"static/demo/{'icon-recording' if new_state == 'recording' else 'icon'}.svg"
    if find("icon").getAttribute("href") != icon:
        find("icon").setAttribute("href", icon)
    source = one("input[name=source]:checked").value
    asked = "both" if source == "camera" and find("with-microphone").checked else source
    find("hint").textContent = words.hint(new_state, source, asked)
    find("check").hidden = new_state != "preview" or find("level").hidden
    if new_state == "asking":
        find("problem").hidden = True
        tell("")
        measure(0, 0)


def tell(text: str, place: str = "status") -> None:
    """Show a message that needs no action."""
    find(place).textContent = text


def complain(title: str, text: str) -> None:
    """Show a problem and its remedy. The message stays until the next attempt."""
    find("problem-title").textContent = title
    find("problem-text").textContent = text
    find("problem").hidden = False


def show_live(stream: MediaStream | None) -> None:
    """Show a stream's picture, and its sound as a waveform; None shows nothing."""
    global _shown, _wave
    _shown, _wave = stream, None
    picture = bool(stream and stream.video_tracks)
    preview, level = find("preview"), find("level")
    preview.srcObject = stream.js if stream and picture else None
    preview.hidden = not picture
    level.hidden = not (stream and stream.audio_tracks)
    level.toggleAttribute("data-beside", picture)
    if stream and stream.audio_tracks:
        _wave = Wave(find("wave"))
        run(_follow_level(stream, _wave, SoundCheck()))


async def _follow_level(stream: MediaStream, wave: Wave, check: SoundCheck) -> None:
    async for level in stream.levels():
        if stream is not _shown:
            break
        find("level").style.setProperty("--level", f"{min(1.0, level.peak):.3f}")
        if state != "paused":
            wave.add(level.peak)
        if state == "preview":
            show_check(check, level.peak)


def show_check(check: SoundCheck, peak: float) -> None:
    """Show a level of the input test, and what to do about it."""
    before, said = check.said, check.hear(peak)
    gauge = find("gauge")
    gauge.style.setProperty("--level", f"{check.level_part:.3f}")
    gauge.style.setProperty("--peak", f"{check.peak_part:.3f}")
    gauge.setAttribute("aria-valuenow", f"{check.level:.0f}")
    tell(words.decibels(check.level), "level-now")
    tell(words.decibels(check.peak), "level-peak")
    if said != before:  # screen readers read out changes only
        tell(said, "check-said")


def show_mark() -> None:
    """Show in the waveform that this moment was marked."""
    if _wave:
        _wave.mark()


def measure(seconds: float, size: int) -> None:
    find("clock").textContent = words.clock(seconds)
    find("size").textContent = words.size(size)
    find("size").toggleAttribute("data-empty", not size)


def show_progress(bar: Any, fraction: float | None) -> None:
    """Show the progress of some work; None if it is unknown."""
    if fraction is None:
        bar.removeAttribute("value")
    else:
        bar.value = fraction


def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Handle errors of tasks and of the library's event handlers. (static/demo/errors.js handles
    those of the page's JavaScript.)"""
    loop.default_exception_handler(context)
    if isinstance(error := context.get("exception"), Exception):
        complain("That did not work.", f"{type(error).__name__}: {error}")


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run something as a background task."""
    task = asyncio.ensure_future(work)
    _running.add(task)  # the loop alone would let it be garbage-collected
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task[None]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()):
        task.get_loop().call_exception_handler({"message": "a task of the page", "exception": error})
