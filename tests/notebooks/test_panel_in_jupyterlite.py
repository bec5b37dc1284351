"""The recorder panel in JupyterLite, by keyboard and as a screen reader finds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.parametrize("served", ["plain"], indirect=True)

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
ONE_CELL = """from mediarecorder import RecorderPanel

panel = RecorderPanel(video=True)
recording = await panel.recording()
print(recording.size > 0, recording is panel.last)"""


def assert_accessible(page: Page, panel: Locator) -> None:
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    host = panel.evaluate_handle("panel => panel.getRootNode().host")
    found = page.evaluate("async host => (await axe.run(host)).violations", host)
    assert [f"{one['id']}: {one['help']}" for one in found] == []


def test_one_cell_waits_for_record_and_stop_by_keyboard(shared_notebook, screenshots):
    jupyterlite, page = shared_notebook, shared_notebook.page
    cell = jupyterlite.start(ONE_CELL)
    panel = page.get_by_role("group", name="Recorder")
    expect(panel.get_by_role("status")).to_have_text("Ready")
    expect(panel.get_by_role("combobox", name="Camera")).to_be_visible()
    assert_accessible(page, panel)
    page.screenshot(path=screenshots / "jupyterlite-panel-ready.png")

    panel.get_by_role("button", name="Record").focus()
    page.keyboard.press("Enter")
    stop = panel.get_by_role("button", name="Stop")
    expect(stop).to_be_focused()
    timer = panel.get_by_role("timer").element_handle()
    page.wait_for_function("timer => timer.textContent >= '0:01'", arg=timer)
    assert float(panel.get_by_label("Level").get_attribute("value") or 0) >= 0
    expect(panel.get_by_label("Live preview")).to_be_visible()
    assert_accessible(page, panel)
    page.screenshot(path=screenshots / "jupyterlite-panel-recording.png")

    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(panel.get_by_role("status")).to_have_text("Paused")
    page.keyboard.press("Space")
    expect(panel.get_by_role("status")).to_have_text("Recording")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    jupyterlite.wait()
    assert jupyterlite.printed(cell) == "True True\n"
    expect(panel.get_by_label(re.compile(r"^Recording of \d+:\d\d"))).to_be_visible()
    expect(panel.get_by_role("button", name="Record")).to_be_focused()
    assert_accessible(page, panel)
    page.screenshot(path=screenshots / "jupyterlite-panel-recorded.png")
    assert jupyterlite.errors() == []
