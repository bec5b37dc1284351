"""Windows of `cv2.imshow` in notebooks. (The sites have no numpy, so pictures are memoryviews.)"""

from __future__ import annotations

import pytest
from marimo_page import LAST_CELL
from playwright.sync_api import Locator, expect

pytestmark = [pytest.mark.parametrize("served", ["plain"], indirect=True), pytest.mark.thorough]

SHOW = """from mediarecorder import desktop
desktop.install()
import cv2
cv2.imshow("camera", memoryview(bytes([{0}]) * 32 * 24).cast("B", (24, 32)))
"""
PRESSED = SHOW + "print(cv2.waitKey(0))"
CLOSE = "from mediarecorder import desktop\nimport cv2\ncv2.destroyAllWindows()\ndesktop.uninstall()"


def shows(canvas: Locator, gray: int) -> None:
    expect(canvas).to_have_attribute("width", "32")
    element = canvas.element_handle()
    canvas.page.wait_for_function(
        """([canvas, gray]) => canvas.getContext("2d").getImageData(9, 9, 1, 1).data[0] === gray""",
        arg=[element, gray],
    )


def test_jupyterlite_shows_windows_in_the_output_of_the_cell(shared_notebook):
    lite = shared_notebook
    first = lite.start(PRESSED.format(200))
    canvas = lite.cell(first).get_by_role("img", name="camera")
    shows(canvas, 200)
    canvas.click()
    lite.page.keyboard.press("k")  # JupyterLab has a shortcut for it
    lite.wait()
    assert lite.printed(first) == f"{ord('k')}\n"

    second = lite.run(SHOW.format(100))
    for cell in (first, second):
        shows(lite.cell(cell).get_by_role("img", name="camera"), 100)
    lite.run(CLOSE)
    expect(lite.page.get_by_role("img", name="camera")).to_have_count(0)
    assert lite.errors() == []


def test_marimo_shows_windows_in_the_output_of_the_cell(shared_marimo):
    marimo = shared_marimo
    before = marimo.start(LAST_CELL, PRESSED.format(200))
    canvas = marimo.output(LAST_CELL).get_by_role("img", name="camera")
    shows(canvas, 200)
    canvas.click()
    marimo.page.keyboard.press("k")
    marimo.wait(before + 1)
    expect(marimo.console(LAST_CELL)).to_have_text(str(ord("k")))
    marimo.wait(marimo.start(LAST_CELL, CLOSE) + 1)
    expect(marimo.page.get_by_role("img", name="camera")).to_have_count(0)
    assert marimo.errors() == []
