"""Outputs on wide and narrow pages: hosts have their own styles for pictures and tables."""

from __future__ import annotations

import pytest
from marimo_page import LAST_CELL
from playwright.sync_api import Locator

pytestmark = pytest.mark.parametrize("served", ["plain"], indirect=True)

SHOW = """import mediarecorder as m
class Shown:
    def __init__(self, *parts):
        self.parts = parts
    def _repr_html_(self):
        return "".join(part._repr_html_() for part in self.parts)
    def _mime_(self):
        return "text/html", self._repr_html_()
taken = await m.record(0.3)
kept_takes = await m.RecordingStore.open("narrow")
await kept_takes.clear()
await kept_takes.add(taken, title="A title that has many words in it, so that it is wider than a phone")
Shown(taken, await taken.samples(), await kept_takes.recordings(), await m.diagnose())"""

FITS = """(output) => {
  const right = output.getBoundingClientRect().left + output.clientWidth;
  const parts = [...output.querySelectorAll("svg, audio, table, td, figcaption")];
  return output.querySelectorAll("svg, audio, table").length >= 6
    && parts.every((part) => part.getBoundingClientRect().right <= right + 1);
}"""
LETTERS = """(output) => [...output.querySelectorAll("svg text")]
  .map((text) => text.getBoundingClientRect().height)"""
GAPS = """(output) => [...output.querySelectorAll("td")].map((cell) => {
  const { textAlign, paddingLeft } = getComputedStyle(cell);
  return textAlign === "start" && parseFloat(paddingLeft) > 3;
})"""


def expect_legible(output: Locator) -> None:
    page, element = output.page, output.element_handle()
    before = page.viewport_size
    try:
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 740})
            page.wait_for_function(FITS, arg=element)
            assert min(output.evaluate(LETTERS)) > 10, "pixels, on a narrow page, too"
            assert all(output.evaluate(GAPS))
    finally:
        page.set_viewport_size(before)


@pytest.mark.thorough
def test_outputs_fit_into_narrow_pages_of_jupyterlite(shared_notebook):
    cell = shared_notebook.run(SHOW)
    assert shared_notebook.errors() == []
    expect_legible(shared_notebook.output(cell).last)


@pytest.mark.thorough
def test_outputs_fit_into_narrow_pages_of_marimo(shared_marimo):
    shared_marimo.wait(shared_marimo.start(LAST_CELL, SHOW) + 1)
    assert shared_marimo.errors() == []
    expect_legible(shared_marimo.output(LAST_CELL))
