"""Live Python: an editor with snippets, which work on takes or make new ones in the page's own interpreter.

The editor is PyScript's ``py-editor``. By itself it starts an interpreter in a worker, which has no takes.
But its script element lets other code run the source instead; here, `run` does that.

None of it is fetched before a visitor opens the section.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from js import CSSStyleSheet, Option, console, document, window
from pyodide.ffi import JsException, create_proxy
from pyscript import js_import, when

from demo import kept, page, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mediarecorder import Recording

NOT_LOADED = (
    "The editor could not be loaded. Check the connection, then close this section and open it again."
)
HINT = "Ctrl+Enter or Shift+Enter runs the code. Tab indents; Escape, then Tab, leaves the editor."

FOLDER = "static/demo/live"
SNIPPETS = ("loudness", "pitch", "movement", "spectrum", "motion", "tone", "animation")
MOST_LINES = 2000
"""The most characters of output: an endless loop must not fill the memory."""

takes: dict[str, Recording] = {}
_wanted = ""
"""The name of the take that the visitor selected, if any."""

_texts: dict[str, str] = {}
"""The snippets with the visitor's changes."""
_originals: dict[str, str] = {}
_shown = SNIPPETS[0]
_editor: Any = None
"""PyScript's script element, which has the code and runs it."""
_running: asyncio.Task[None] | None = None
_opening = False


# Selecting a take


def takes_changed(shelf: Mapping[str, Recording]) -> None:
    """Offer these takes by their names. The latest is selected until the visitor selects another one."""
    global takes, _wanted
    takes = dict(shelf)
    _wanted = _wanted if _wanted in takes else ""
    latest_first = sorted(takes, key=lambda name: takes[name].started_at, reverse=True)
    chooser = page.find("live-take")
    options = [Option.new(name, name) for name in latest_first]
    for option in options:
        option.translate = False
    options = options or [Option.new("No take yet", "")]
    chooser.replaceChildren(*options)
    chooser.value = _wanted or next(iter(latest_first), "")
    chooser.disabled = not takes


@when("change", "#live-take")
def choose_take() -> None:
    global _wanted
    _wanted = page.find("live-take").value


# The editor


@when("toggle", "#live")
async def open_section() -> None:
    """Fetch the snippets and the editor when the section is opened for the first time."""
    global _opening
    if _opening or _editor or not page.find("live").open:
        return
    _opening = True
    clear()
    place = page.find("live-editor")
    page.show(page.find("live-loading"), True)
    try:
        files = [f"{name}.py" for name in SNIPPETS]
        _, style, *texts = await asyncio.gather(load_parts(), *map(text_of, ["editor.css", *files]))
    except (OSError, JsException) as error:
        write(words.say(NOT_LOADED) + "\n")
        console.error(str(error))
    else:
        _originals.update(zip(SNIPPETS, texts, strict=True))
        _texts.update(_originals)
        await make_editor(place, style)
    finally:
        page.show(page.find("live-loading"), False)
        _opening = False


async def text_of(name: str) -> str:
    address = f"{FOLDER}/{name}"
    response = await window.fetch(address)
    if not response.ok:
        raise OSError(f"{address}: HTTP {response.status}")
    return str(await response.text()).strip()


async def load_parts() -> None:
    """Load the editor's modules. The editor loads them too, but does not report failures."""
    [core] = await js_import(page.one("script[src$='/core.js']").src)
    for part in ("core", "state", "python", "language", "view", "commands"):
        await getattr(core.codemirror, part)


async def make_editor(place: Any, style: str) -> None:
    global _editor
    script = document.createElement("script")
    script.type = "py-editor"
    script.dataset.run = words.say("Run")  # the icon has a style attribute, which the page's policy forbids
    script.setAttribute("target", place.id)
    script.textContent = _texts[_shown]
    made = asyncio.get_running_loop().create_future()

    def on_made(event: Any) -> None:
        dress(place, style)  # at once, because it measures its lines before the next frame
        made.set_result(None)

    proxy = create_proxy(on_made)
    script.addEventListener("py-editor", proxy)
    # It takes the focus when it is created, which an inert element cannot get.
    place.inert = True
    place.before(script)
    await made
    script.removeEventListener("py-editor", proxy)
    proxy.destroy()
    script.handleEvent = create_proxy(run_from_editor)
    place.inert = False
    _editor = script
    for control in ("live-snippets", "live-run", "live-reset"):
        page.find(control).disabled = False


def dress(place: Any, style: str) -> None:
    """Style and label it: the page's style sheets do not apply inside its shadow root."""
    for element in place.querySelectorAll(".py-editor-run-button, .py-editor-output"):
        element.hidden = True  # the page has its own
    area = place.querySelector(".py-editor-input")
    area.removeAttribute("aria-label")  # it has no meaning on a generic box
    root = area.lastElementChild.shadowRoot
    sheet = CSSStyleSheet.new()
    sheet.replaceSync(style)
    root.adoptedStyleSheets.push(sheet)
    code = root.querySelector(".cm-content")
    code.setAttribute("aria-label", words.say("Python code"))
    code.setAttribute("aria-description", words.say(HINT))


@when("change", "#live-snippets")
def show_snippet(event: Any) -> None:
    """Show the selected snippet, with the visitor's changes."""
    global _shown
    _texts[_shown] = _editor.code
    _shown = event.target.value
    _editor.code = _texts[_shown]


@when("click", "#live-reset")
def reset() -> None:
    _editor.code = _originals[_shown]


# Running


def run_from_editor(event: Any) -> bool:
    run()
    return False  # PyScript must do nothing more


@when("click", "#live-run")
def run() -> None:
    """Run the code in the editor on the selected take, unless code is running."""
    global _running
    if _running:
        return
    from demo import running

    clear()
    take = takes.get(page.find("live-take").value)
    if take is None and running.needs(_editor.code, "take"):
        write(words.say("Record something first.") + "\n")
        return
    _running = asyncio.ensure_future(attempt(_editor.code, f"{_shown}.py", take))
    show_running(True)


async def attempt(code: str, name: str, take: Recording | None) -> None:
    global _running
    from demo import running

    try:
        await kept.load_engine()
        given = {"take": take, "keep": keep, "chart": chart, "clear": clear, "print": print_here}
        await running.run(code, name, given, write)
        if not page.find("live-output").firstChild:
            write(words.say("Done, without output.") + "\n")
    except asyncio.CancelledError:
        write(words.say("Stopped.") + "\n")
    finally:
        _running = None
        show_running(False)


def show_running(running: bool) -> None:
    # A screen reader reads the output when it is complete, not each of its changes.
    page.find("live-output").ariaBusy = str(running).lower()
    run_button, stop_button = page.find("live-run"), page.find("live-stop")
    # A button that is disabled, or hidden, loses the focus.
    run_button.setAttribute("aria-disabled", str(running).lower())
    if not running and stop_button == document.activeElement:
        run_button.focus()
    page.show(stop_button, running)


@when("click", "#live-stop")
def stop() -> None:
    """End the code at its next await."""
    if _running:
        _running.cancel()


# The output, and functions for it


def clear() -> None:
    page.find("live-output").replaceChildren()


def write(text: str) -> None:
    """Add text to the output."""
    output = page.find("live-output")
    lines = output.lastElementChild
    if not lines or lines.tagName != "PRE":
        lines = document.createElement("pre")
        output.append(lines)
    lines.append(text)
    if lines.childNodes.length > MOST_LINES:
        lines.firstChild.remove()


def print_here(
    *values: object, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False
) -> None:
    """Python's `print` into the page, or into a file if one is given."""
    if file is not None:
        print(*values, sep=sep, end=end, file=file, flush=flush)
        return
    sep, end = " " if sep is None else sep, "\n" if end is None else end
    write(sep.join(map(str, values)) + end)


def chart(
    values: Iterable[float],
    *,
    unit: str = "",
    seconds: float | None = None,
    low: float | None = None,
    high: float | None = None,
) -> None:
    """Draw a line of the values, which are spread evenly over this many seconds, from `low` to `high`."""
    from demo.chart import chart as drawn

    page.find("live-output").append(drawn(values, unit, seconds, low, high))


async def keep(recording: Recording, name: str = "") -> None:
    """Put a recording among the takes."""
    from demo import shelf

    await shelf.add_new(recording, name)


if page.find("live").open:  # the visitor was quicker than Python
    page.run(open_section())
