"""The page's elements, and the state that the page is in.

The markup says by itself what belongs to a state: an element with ``data-show="idle preview"`` is visible
in these two, one with ``data-enable="idle"`` can be used in that one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from js import document

from demo import words

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mediarecorder import MediaRecorder, MediaStream

NAME = document.title
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
    element.toggleAttribute("hidden", not visible)  # an icon is no HTML element and has no .hidden


def enter(new_state: str) -> None:
    """Show and enable what belongs to a state: idle, asking, preview, recording, paused or finishing."""
    global state, _focused
    state = document.body.dataset.state = new_state
    # While the browser asks or the take ends no button can be pressed, and the focus is nowhere.
    _focused = bool(one(".transport :focus")) or (_focused and document.activeElement == document.body)
    for element in every("[data-show]"):
        show(element, new_state in element.dataset.show.split())
    for element in every("[data-enable]"):
        element.disabled = new_state not in element.dataset.enable.split()
    usable = one(".transport button:enabled:not([hidden])")
    if _focused and usable and not one(".transport :focus:enabled:not([hidden])"):
        usable.focus()  # who works with the keyboard goes on from the button that took the place of the last
    document.title = words.title(new_state, NAME)
    find("hint").textContent = words.hint(new_state, one("input[name=source]:checked").value)
    if new_state == "asking":
        find("problem").hidden = True
        tell("")
        measure(0, 0)


def tell(text: str) -> None:
    """Say something that asks for nothing."""
    find("status").textContent = text


def complain(title: str, text: str) -> None:
    """Say what is wrong and what to do about it. It stays until the next attempt."""
    find("problem-title").textContent = title
    find("problem-text").textContent = text
    find("problem").hidden = False


def show_live(stream: MediaStream | None) -> None:
    """Show what a stream sees or, if it has no picture, hears; None shows nothing."""
    picture = bool(stream and stream.video_tracks)
    preview = find("preview")
    preview.srcObject = stream.js if stream and picture else None
    preview.hidden = not picture
    find("level").hidden = picture
    if stream and not picture:
        run(follow_level(stream))


async def follow_level(stream: MediaStream) -> None:
    async for level in stream.levels():
        find("level").style.setProperty("--level", f"{min(1.0, level.peak):.3f}")


def measure(seconds: float, size: int) -> None:
    find("clock").textContent = words.clock(seconds)
    find("size").textContent = words.size(size)


def follow(recorder: MediaRecorder) -> None:
    """Keep the clock and the size up to date until the take ends."""
    run(_follow(recorder))


async def _follow(recorder: MediaRecorder) -> None:
    while True:
        measure(recorder.duration, recorder.size)
        if recorder.state == "inactive":
            break
        await asyncio.sleep(0.2)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Do something beside everything else."""
    task = asyncio.ensure_future(work)
    _running.add(task)  # the loop alone would let it be collected
    task.add_done_callback(_running.discard)
