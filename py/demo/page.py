"""The page's elements and its state.

The markup declares what belongs to a state: an element with ``data-show="idle preview"`` is visible in these
two states, an element with ``data-enable="idle"`` is enabled in that one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from js import document

from demo import words

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mediarecorder import MediaStream

NAME = "Recorder"
state = "loading"
_focused = False
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
    for element in every("[data-show]"):
        show(element, new_state in element.dataset.show.split())
    for element in every("[data-enable]"):
        element.disabled = new_state not in element.dataset.enable.split()
    usable = one(".transport button:enabled:not([hidden])")
    if _focused and usable and not one(".transport :focus:enabled:not([hidden])"):
        usable.focus()  # keyboard users continue from the button that replaced the last one
    document.title = words.title(new_state, NAME)
    icon = f"static/demo/{'icon-recording' if new_state == 'recording' else 'icon'}.svg"
    if find("icon").getAttribute("href") != icon:
        find("icon").setAttribute("href", icon)
    find("hint").textContent = words.hint(new_state, one("input[name=source]:checked").value)
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
    """Show a stream's picture and level; None shows nothing."""
    picture = bool(stream and stream.video_tracks)
    preview, level = find("preview"), find("level")
    preview.srcObject = stream.js if stream and picture else None
    preview.hidden = not picture
    level.hidden = not (stream and stream.audio_tracks)
    level.toggleAttribute("data-beside", picture)
    if stream and stream.audio_tracks:
        run(_follow_level(stream))


async def _follow_level(stream: MediaStream) -> None:
    async for level in stream.levels():
        find("level").style.setProperty("--level", f"{min(1.0, level.peak):.3f}")


def measure(seconds: float, size: int) -> None:
    find("clock").textContent = words.clock(seconds)
    find("size").textContent = words.size(size)


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
