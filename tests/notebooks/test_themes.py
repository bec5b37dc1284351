"""Outputs in the hosts' light and dark themes, which need not be the same as the system's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from marimo_page import LAST_CELL, Marimo
from playwright.sync_api import Locator, Page, Route, expect

pytestmark = [pytest.mark.parametrize("served", ["plain"], indirect=True), pytest.mark.thorough]

READABLE = (Path(__file__).parent / "readable.js").read_text()
THEMES = ("light", "dark")

WINDOW = """from mediarecorder import desktop
desktop.install()
import cv2
cv2.imshow("camera", memoryview(bytes(32 * 24)).cast("B", (24, 32)))
"""
SHOW = """import mediarecorder as m
class Shown:
    def __init__(self, *parts):
        self.parts = parts
    def _repr_html_(self):
        return "".join(part._repr_html_() for part in self.parts)
    def _mime_(self):
        return "text/html", self._repr_html_()
taken = await m.record(0.3)
film = await m.record(0.3, video=True)
async for frame in film.frames(width=32):
    break
theme_takes = await m.RecordingStore.open("themes")
await theme_takes.clear()
await theme_takes.add(taken, title="A title")
panel = m.RecorderPanel()
Shown(
    taken, film, await m.take_photo(), frame, await taken.samples(), await theme_takes.recordings(),
    m.record(1), taken.convert("mp3"), await m.diagnose(), panel,
)"""
HIDE = "import cv2\nfrom mediarecorder import desktop\ncv2.destroyAllWindows()\ndesktop.uninstall()"


def expect_readable(outputs: Locator) -> None:
    """Check them in both themes of the system, with the focus in the panel and on a window, if any."""
    page = outputs.page
    panel = outputs.get_by_role("group", name="Recorder")
    if not panel.get_by_role("link").count():
        panel.get_by_role("button", name="Record").click()
        expect(panel.get_by_role("timer")).to_have_text("0:01")
        panel.get_by_role("button", name="Stop").click()
        expect(panel.get_by_role("link", name="Download")).to_be_visible()
    for system in THEMES:
        page.emulate_media(color_scheme=system)
        window = outputs.get_by_role("img", name="camera")
        for element in (panel.get_by_role("button", name="Record"), *window.all()):
            element.focus()
            page.keyboard.press("Shift")  # the focus of a keyboard is visible
            found = outputs.evaluate_all(READABLE)
            assert found["texts"] > 60
            assert found["rings"] == 1
            assert found["unreadable"] == [], f"on a {system} system"
    page.emulate_media(color_scheme="null")


def test_outputs_are_readable_in_the_themes_of_jupyterlite(shared_notebook):
    lite = shared_notebook
    cell = lite.run(WINDOW + SHOW)
    assert lite.errors() == []
    expect(lite.output(cell).get_by_role("img", name="camera")).to_be_visible()
    try:
        for theme in ("Dark", "Light"):
            choose_theme(lite.page, f"JupyterLab {theme}")
            expect_readable(lite.output(cell))
    finally:
        lite.run(HIDE)


def choose_theme(page: Page, theme: str) -> None:
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)


@pytest.mark.parametrize("theme", THEMES)
def test_outputs_are_readable_in_the_themes_of_marimo(marimo: Marimo, theme):
    marimo.page.route("**/*-edit.html", themed(theme))
    marimo.open("first_recording", "edit")
    marimo.wait(marimo.start(LAST_CELL, SHOW) + 1)
    assert marimo.errors() == []
    expect(marimo.page.locator("body")).to_have_attribute("data-theme", theme)
    expect_readable(marimo.output(LAST_CELL))


def themed(theme: str) -> Callable[[Route], None]:
    """Answers with the same page, in whose settings the user has chosen this theme."""

    def answer(route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, body=found.text().replace('"theme": "light"', f'"theme": "{theme}"'))

    return answer
