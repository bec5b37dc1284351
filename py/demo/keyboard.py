"""The page's keys. Each presses a button, or plays a take; none acts in a field or with a modifier."""

from __future__ import annotations

from typing import Any

from js import document
from pyscript import when, window

from demo import page

BUTTONS = {
    "r": ("record", "cancel", "stop"),
    "p": ("pause", "resume"),
    "m": ("mark",),
    "?": ("open-keys",),
}
FIELDS = "input:not([type=radio], [type=checkbox], [type=range]), select, textarea, [contenteditable]"
"""Elements in which people type, or letters choose."""
OWN_SPACE = "button, summary, a, input, select, [tabindex='0']"
"""Elements for which a browser uses the space bar itself."""

_by_pointer = False
"""Whether the focus is where a click has put it. The space bar then does not press that button again."""
_handled_space = False


@when("pointerdown", [window])
def notice_pointer(event: Any) -> None:
    global _by_pointer
    _by_pointer = True


@when("keydown", [window])
def press(event: Any) -> None:
    global _by_pointer, _handled_space
    if event.key in ("Tab", "Enter") or event.key.startswith("Arrow"):
        _by_pointer = False
    if event.defaultPrevented or event.ctrlKey or event.altKey or event.metaKey or is_typing(event):
        return
    key = event.key.lower()
    if key == " ":
        if not event.shiftKey and (not uses_space(event.target)):
            event.preventDefault()
            _handled_space = True
            if not event.repeat:
                pause_or_play()
    elif key in BUTTONS and not event.repeat and (key == "?" or not event.shiftKey):
        event.preventDefault()
        press_button(BUTTONS[key])


@when("keyup", [window])
def release(event: Any) -> None:
    """Firefox presses a focused button when the space bar is released."""
    global _handled_space
    if event.key == " " and _handled_space:
        _handled_space = False
        event.preventDefault()


def is_typing(event: Any) -> bool:
    """Whether the key belongs to a field, an editor or an open dialog."""
    inner = event.composedPath()[0]  # the editor is in a shadow tree
    element = inner if hasattr(inner, "closest") else event.target
    if not hasattr(element, "closest"):  # the document
        return False
    dialog = page.find("keys")
    return event.isComposing or dialog.open or bool(element.closest(FIELDS)) or element.isContentEditable


def uses_space(target: Any) -> bool:
    if not hasattr(target, "closest"):
        return False
    element = target.closest(OWN_SPACE)
    if not element:
        return False
    return not (_by_pointer and element.closest(".transport"))


def press_button(ids: tuple[str, ...]) -> None:
    """Press the first of these buttons that can be pressed."""
    for button in map(page.find, ids):
        if button.checkVisibility() and not button.disabled:
            button.click()
            return


def pause_or_play() -> None:
    """Pause or resume the recording; else play or pause the take in focus, or the last one."""
    if page.state in ("recording", "paused"):
        press_button(BUTTONS["p"])
        return
    active = document.activeElement
    take = (active.closest("#takes > [data-take]") if active else None) or _last_take()
    if take and page.state in ("idle", "preview"):
        take.querySelector("[data-action=play]").click()


def _last_take() -> Any:
    """The row of the newest take that is shown, in whatever order the rows are."""
    rows = page.every("#takes > [data-take]:not([hidden])")
    return max(rows, key=lambda row: str(row.querySelector(".date").dateTime), default=None)


@when("click", "#open-keys")
def open_keys() -> None:
    page.find("keys").showModal()


@when("click", "#close-keys")
def close_keys() -> None:
    page.find("keys").close()
