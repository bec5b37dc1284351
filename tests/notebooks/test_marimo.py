"""The library in marimo's exported notebooks: importable in run and edit mode, isolated or not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import mediarecorder

VERSION = mediarecorder.__version__


@pytest.mark.soak
@pytest.mark.parametrize("mode", ["run", "edit"])
def test_notebook_runs_without_installing_the_library(marimo, mode, served):
    marimo.open("first_recording", mode)
    assert marimo.page.evaluate("crossOriginIsolated") is (served == "isolated")
    if mode == "edit":
        marimo.run_all()
    marimo.press_all()
    assert marimo.errors() == []
    assert set(marimo.page.evaluate("Object.values(kernel.cells).map(({ status }) => status)")) == {"idle"}
    expect(marimo.output(0)).to_contain_text("Learn to record")
    expect(marimo.console(3)).to_contain_text("bytes")
    expect(marimo.output(9)).to_contain_text(f"mediarecorder{VERSION}")
