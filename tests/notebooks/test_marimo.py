"""The library in marimo's exported notebooks: there on import, run or edited, isolated or not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import mediarecorder
import notebooks as sites

pytestmark = pytest.mark.xdist_group("marimo")

VERSION = mediarecorder.__version__


EXAMPLES = [file.stem for file in sites.example_notebooks_of_marimo()]


@pytest.mark.parametrize("mode", ["run", "edit"])
def test_import_is_enough(marimo, mode, served):
    marimo.open("first_recording", mode)
    assert marimo.page.evaluate("crossOriginIsolated") is (served == "isolated")
    if mode == "edit":
        marimo.run_all()
    assert marimo.printed(1) == f"{VERSION}\n"
    expect(marimo.console(1)).to_have_text(VERSION)
    expect(marimo.output(0)).to_contain_text("importing it is enough")


@pytest.mark.parametrize("notebook", EXAMPLES)
@pytest.mark.parametrize(("mode", "served"), [("run", "isolated"), ("edit", "plain")], indirect=["served"])
def test_example_runs_through(marimo, notebook, mode):
    marimo.open(notebook, mode)
    if mode == "edit":
        marimo.run_all()
    assert marimo.errors() == []
    assert set(marimo.page.evaluate("Object.values(kernel.cells).map(({ status }) => status)")) == {"idle"}
