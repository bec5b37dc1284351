"""A recording panel whose HTML the real notebook removes from the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from jupyterlite_page import JupyterLite
from marimo_page import LAST_CELL, Marimo
from playwright.sync_api import ElementHandle, Locator, Page, expect

from harness.places import PAGE_PROBE

pytestmark = pytest.mark.parametrize("served", ["plain"], indirect=True)

FIRST = "first-recording.ipynb"
# A cell that waits, and stores the result or the error.
WAIT = """import mediarecorder
panels = globals().setdefault("panels", [])
said = globals().setdefault("said", [])
panels.append(mediarecorder.RecorderPanel(video=True))
try:
    await panels[-1].recording()
except mediarecorder.AbortError as error:
    said.append(str(error))"""
# A cell that only shows the panel.
SHOW = "import mediarecorder\npanel = mediarecorder.RecorderPanel(video=True)\npanel"
TOLD = 'print(panels[0].last.duration > 0.9, panels[0].state, "removed from the page" in said[0], len(said))'
# The same in marimo, where a rerun cell deletes its names, and no cell runs while another waits.
KEEP = """import asyncio, sys
import mediarecorder as m
kept = sys.modules.setdefault("kept", [])
# (Deleting the cell deletes its names, so this takes them as parameters.)
async def wait(panel, kept=kept, sleep=asyncio.sleep, AbortError=m.AbortError):
    while panel.state != "recording":
        await sleep(0.05)
    try:
        await panel.recording()
    except AbortError as error:
        kept.append(str(error))
panel = m.RecorderPanel(video=True)
if not kept:
    kept += [panel, asyncio.ensure_future(wait(panel))]
panel"""
# It has names of its own, so that it can coexist with that cell; its text identifies the run.
KEPT = """import sys as _sys
_panel, _, _said = _sys.modules.pop("kept")
print("{}", _panel.last.duration > 0.9, _panel.state, "removed from the page" in _said)"""

in_soak = pytest.mark.soak


def record_for_a_second(panel: Locator) -> ElementHandle:
    """Press Record. Returns the panel's element."""
    panel.get_by_role("button", name="Record").click()
    timer = panel.get_by_role("timer").element_handle()
    panel.page.wait_for_function("timer => timer.textContent >= '0:01'", arg=timer)
    assert panel.page.evaluate("pageProbe.live()") == 2
    return panel.evaluate_handle("panel => panel.getRootNode().host").as_element()


def must_release(page: Page, element: ElementHandle | None = None, probe: str = "pageProbe") -> None:
    """Check that the devices are released within 2 s after the element left the page.

    The page's own timers measure the time, because a busy machine slows them as much as the release.
    """
    if element:
        page.wait_for_function("element => !element.isConnected", arg=element)
    left = page.evaluate(
        f"""async () => {{
          for (let n = 0; n < 20 && {probe}.live(); n++) await new Promise((done) => setTimeout(done, 100));
          return {probe}.live();
        }}"""
    )
    assert left == 0


# JupyterLite


@pytest.fixture
def lite(jupyterlite: JupyterLite) -> JupyterLite:
    jupyterlite.page.context.add_init_script(path=PAGE_PROBE)
    return jupyterlite


def command(lite: JupyterLite, name: str, cell: int) -> None:
    """Perform a menu action on this cell."""
    lite.page.evaluate(
        """([name, cell]) => {
          lite.widget.content.activeCellIndex = cell;
          void jupyterapp.commands.execute(`notebook:${name}`);
        }""",
        [name, cell],
    )


def panel_in(lite: JupyterLite, cell: int) -> Locator:
    return lite.cell(cell).get_by_role("group", name="Recorder")


def shown(lite: JupyterLite) -> tuple[int, Locator, ElementHandle]:
    """A cell whose output is a panel that records."""
    cell = lite.run(SHOW)
    panel = panel_in(lite, cell)
    return cell, panel, record_for_a_second(panel)


def test_rerun_cell_in_jupyterlite_ends_its_panel(shared_notebook):
    """The cell waits for `recording()`: the first run gets an error, the second has a working panel."""
    lite = shared_notebook
    cell = lite.start(WAIT)
    panel = panel_in(lite, cell)
    element = record_for_a_second(panel)
    lite.cell(cell).locator(".cm-content").click()
    lite.page.keyboard.press("Control+Enter")
    must_release(lite.page, element)
    record_for_a_second(panel)
    panel.get_by_role("button", name="Stop").click()
    lite.wait()
    told = lite.run(f"{TOLD}\nprint(panels[1].last.size > 0, len(panels))")
    assert lite.printed(told) == "True inactive True 1\nTrue 2\n"
    assert lite.errors() == []


@in_soak
@pytest.mark.parametrize("is_collapsed", [False, True])
@pytest.mark.parametrize(
    "removal", ["run-cell", "clear-cell-output", "clear-all-cell-outputs", "delete-cell"]
)
def test_removed_output_in_jupyterlite_ends_its_panel(lite, removal, is_collapsed):
    lite.open("notebooks", FIRST)
    cell, _, element = shown(lite)
    lite.run("first = panel")
    if is_collapsed:
        command(lite, "hide-cell-outputs", cell)
        goes_on(lite)
    command(lite, removal, cell)
    must_release(lite.page, element)
    lite.wait()
    told = lite.run("print(first.last.duration > 0.9, first.state)")
    assert lite.printed(told) == "True inactive\n"
    assert lite.errors() == []


def goes_on(lite: JupyterLite) -> None:
    told = lite.run("import asyncio\nawait asyncio.sleep(2.5)\nprint(panel.state)")
    assert lite.printed(told) == "recording\n"


@in_soak
@pytest.mark.parametrize("hide", ["hide-cell-outputs", "hide-all-cell-outputs"])
@pytest.mark.parametrize("app", ["notebooks", "lab"])
def test_panel_in_a_collapsed_jupyterlite_output_goes_on(lite, app, hide):
    lite.open(app, FIRST)
    cell, panel, _ = shown(lite)
    command(lite, hide, cell)
    expect(panel).to_have_count(0)
    goes_on(lite)
    command(lite, "show-cell-outputs", cell)
    panel.get_by_role("button", name="Stop").click()
    expect(panel.get_by_role("status")).to_contain_text("Recorded")
    told = lite.run("print(panel.last.duration > 2.5)")
    assert lite.printed(told) == "True\n"
    assert lite.errors() == []


@in_soak
def test_restarted_jupyterlite_kernel_ends_its_panel(lite):
    lite.open("notebooks", FIRST)
    shown(lite)
    lite.begin_restart()
    must_release(lite.page)
    lite.end_restart()


@in_soak
def test_closed_jupyterlite_notebook_ends_its_panel(lite):
    page = lite.open("lab", FIRST).page
    shown(lite)
    page.evaluate("void jupyterapp.commands.execute('application:close')")
    page.get_by_role("button", name="Discard").click()
    must_release(page)


# marimo


def recorder_in(marimo: Marimo, cell: int) -> Locator:
    return marimo.output(cell).get_by_role("group", name="Recorder")


def kept(marimo: Marimo, cell: int, round: str) -> None:
    """`last` has the recording so far, and the waiting code has received the reason of the end."""
    marimo.start(cell, KEPT.format(round))
    expect(marimo.console(cell)).to_have_text(f"{round} True inactive True")


@pytest.mark.thorough
def test_rerun_cell_in_marimo_ends_its_panel(shared_marimo):
    edited, page = shared_marimo, shared_marimo.page
    edited.wait(edited.start(LAST_CELL, KEEP) + 1)
    panel = recorder_in(edited, LAST_CELL)
    record_for_a_second(panel)
    edited.wait(edited.start(LAST_CELL, KEEP) + 1)
    must_release(page)
    expect(panel.get_by_role("status")).to_have_text("Ready")
    kept(edited, LAST_CELL, "rerun")
    assert edited.errors() == []


#: A person's actions on a cell whose output is a panel.
REMOVALS: dict[str, Callable[[Marimo, int, ElementHandle], None]] = {
    "output cleared": lambda marimo, cell, _: marimo.choose(cell, "Clear output"),
    "all outputs cleared": lambda marimo, *_: marimo.command("Clear all outputs"),
    "other code": lambda marimo, cell, _: marimo.wait(marimo.start(cell, "'another output'") + 1),
    "cell deleted": lambda marimo, cell, _: marimo.delete(cell),
    "element removed": lambda _, __, element: element.evaluate("element => element.remove()"),
}


@in_soak
def test_removed_output_in_marimo_ends_its_panel(marimo):
    """One page tests all of them, because its kernel takes long to start."""
    marimo.page.context.add_init_script(path=PAGE_PROBE)
    marimo.open("first_recording", "edit")
    last, cell = LAST_CELL, LAST_CELL - 2
    for removal, remove in REMOVALS.items():
        marimo.start(cell, KEEP)
        element = record_for_a_second(recorder_in(marimo, cell))
        remove(marimo, cell, element)
        must_release(marimo.page, element)
        if removal == "cell deleted":
            last, cell = last - 1, cell - 2
        kept(marimo, last, removal)
    assert marimo.errors() == []


# The editor asks before it is left, and the devices stay open until the question is answered. (Here it would
# block the other tab, which has the same thread.)
NO_QUESTION = "addEventListener('beforeunload', (event) => event.stopImmediatePropagation());"


@in_soak
@pytest.mark.parametrize("end", ["restart", "leave", "close"])
def test_closed_page_of_marimo_releases_the_devices(marimo, end):
    """Another tab checks this, because the panel's page is gone. marimo restarts its kernel with the page."""
    witness = marimo.page
    for script in ({"path": PAGE_PROBE}, {"script": NO_QUESTION}):
        witness.context.add_init_script(**script)
    witness.goto(f"{marimo.site}/index.html")
    with witness.expect_popup() as opened:
        witness.evaluate("() => { globalThis.other = open('about:blank'); }")
    page = opened.value
    tab = Marimo(page, marimo.site).open("first_recording", "edit")
    tab.wait(tab.start(LAST_CELL, KEEP) + 1)
    record_for_a_second(recorder_in(tab, LAST_CELL))
    witness.evaluate("() => { globalThis.there = other.pageProbe; }")
    assert witness.evaluate("there.live()") == 2
    if end == "restart":
        tab.command("Restart kernel")
        page.get_by_role("button", name="Restart").click()
    elif end == "leave":
        page.goto(f"{marimo.site}/index.html")
    else:
        page.close()
    witness.wait_for_function("other.closed || other.pageProbe !== there")
    must_release(witness, probe="there")
