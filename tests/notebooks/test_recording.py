"""A recording in one cell of the real notebook sites, time after time; what it leaves, and what ends it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jupyterlite_page import JupyterLite
from playwright.sync_api import Page

LENT = Path(__file__).with_name("lent.js").read_text(encoding="utf-8")
#: Names of the bridge's channels and locks.
NAME = re.compile(r"mediarecorder-[0-9a-f]{8}-")

FIRST = "first-recording.ipynb"
RECORD = "from mediarecorder import record\nrecording = await record(0.3)\nrecording"
HOLD = "from mediarecorder import record\nrecording = await record(60, video=True)"

in_jupyterlite = pytest.mark.xdist_group("jupyterlite")
in_marimo = pytest.mark.xdist_group("marimo")
in_soak = pytest.mark.soak


@pytest.fixture
def lite(jupyterlite: JupyterLite) -> JupyterLite:
    jupyterlite.page.add_init_script(LENT)
    return jupyterlite


def another_tab(lite: JupyterLite) -> JupyterLite:
    tab = JupyterLite(lite.page.context.new_page(), lite.site)
    tab.page.add_init_script(LENT)
    return tab


def until(page: Page, holds: str, seconds: float = 2.0) -> None:
    page.wait_for_function(holds, timeout=seconds * 1000, polling=20)


def must_play(player) -> None:
    """The player in a cell's output has its file."""
    player.wait_for()
    player.evaluate(
        """(player) => player.readyState ? null : new Promise((resolve, reject) => {
          player.onloadedmetadata = resolve;
          player.onerror = () => reject(new Error(player.error.message));
        })"""
    )


def record_in_a_cell(lite: JupyterLite) -> None:
    cell = lite.run(f"{RECORD[: -len('recording')]}print(recording.size > 0)\nrecording")
    assert lite.errors() == []
    assert lite.printed(cell) == "True\n"
    must_play(lite.output(cell).locator("audio"))


# JupyterLite


@in_jupyterlite
@pytest.mark.parametrize(
    ("app", "served"),
    [
        ("lab", "plain"),
        ("repl", "isolated"),
        *(
            pytest.param(app, served, marks=in_soak)
            for app, served in (
                ("lab", "isolated"),
                ("notebooks", "plain"),
                ("notebooks", "isolated"),
                ("repl", "plain"),
            )
        ),
    ],
    indirect=["served"],
)
def test_a_cell_of_jupyterlite_records(lite, app):
    lite.open(app, FIRST)
    for _ in range(3):
        record_in_a_cell(lite)
    assert lite.page.evaluate("lent.live()") == 0
    assert len(lite.page.evaluate("lent.locks()")) == len(set(lite.page.evaluate("lent.locks()")) ) * 2


@in_soak
@in_jupyterlite
@pytest.mark.parametrize("served", ["plain", "isolated"], indirect=True)
def test_fifty_cells_in_a_row_of_jupyterlite(lite):
    lite.open("notebooks", FIRST)
    for number in range(50):
        if number and number % 10 == 0:
            lite.restart_kernel()
        record_in_a_cell(lite)
    assert lite.page.evaluate("lent.opened()") == 50
    assert lite.page.evaluate("lent.live()") == 0


@in_jupyterlite
@pytest.mark.parametrize("served", ["plain", pytest.param("isolated", marks=in_soak)], indirect=True)
def test_a_restarted_kernel_gives_everything_back(lite):
    page = lite.open("notebooks", FIRST).page
    lite.start(HOLD)
    until(page, "lent.live() === 2", 60)
    before = set(page.evaluate("lent.locks()"))
    lite.begin_restart()
    until(page, "lent.live() === 0")
    assert before.isdisjoint(page.evaluate("lent.locks()"))
    assert page.evaluate("lent.open()") == []
    lite.end_restart()
    record_in_a_cell(lite)


@in_jupyterlite
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_nothing_of_the_way_to_the_page_stays(lite):
    page = lite.open("notebooks", FIRST).page
    cell = lite.run(RECORD)
    [script] = page.evaluate("lite.scripts")
    assert NAME.search(script)
    outputs = lite.outputs(cell)
    assert [output["data"] for output in lite.save()["cells"][cell]["outputs"]] == [
        output["data"] for output in outputs
    ]
    everything = [json.dumps(lite.save()), *page.evaluate("lent.texts(window)")]
    assert any("first-recording" in text for text in everything)
    for text in everything:
        assert "application/javascript" not in text
        assert "import(" not in text.replace("import(&quot;", "")
        assert not NAME.search(text)


# Several tabs of one browser


@in_jupyterlite
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_a_closed_tab_gives_everything_back_and_two_never_hear_each_other(lite):
    one, two = lite.open("notebooks", FIRST), another_tab(lite).open("lab", FIRST)
    one.start(HOLD)
    two.start(HOLD.replace("60", "2"))
    for tab in (one, two):
        until(tab.page, "lent.live() === 2", 60)
    channels = [set(tab.page.evaluate("lent.channels()")) for tab in (one, two)]
    assert [len(names) for names in channels] == [2, 2]
    assert channels[0].isdisjoint(channels[1])
    two.wait()
    assert two.errors() == []
    for tab, names in zip((one, two), channels, strict=True):
        assert {name for name, _ in tab.page.evaluate("lent.messages()")} <= names
    assert one.page.evaluate("lent.live()") == 2, "the other's end was its own"

    assert len(set(two.page.evaluate("lent.locks()"))) == 4
    one.page.close()
    two.page.wait_for_function("async () => new Set(await lent.locks()).size === 2", timeout=2000)
    record_in_a_cell(two)
