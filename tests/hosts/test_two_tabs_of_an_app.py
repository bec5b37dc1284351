"""One app in two tabs at once: the Python of each tab records in its own page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from harness.lanes import chromium_only
from harness.places import PAGE_PROBE

STREAMS = "pageProbe.streams.length"


@pytest.mark.soak
@chromium_only
@pytest.mark.parametrize("address", ["stlite/index.html", "panel/in-a-worker/panel_app.html"])
def test_each_tab_records_in_its_own_page(launch, engine, hosts, address):
    first = launch(engine)
    first.context.add_init_script(path=PAGE_PROBE)
    tabs = [first, first.context.new_page()]
    for tab in tabs:
        tab.goto(f"{hosts}/{address}")
    for tab in tabs:
        expect(tab.get_by_role("button", name="Record", exact=True)).to_be_visible()
        expect(tab.locator("body.pn-loading")).to_have_count(0)
    for tab in tabs:
        tab.get_by_role("button", name="Record", exact=True).click()
    for tab in tabs:
        expect(tab.get_by_text("Recorded: True True")).to_be_visible()
        assert tab.evaluate(STREAMS) == 1
    first.get_by_role("button", name="Record", exact=True).click()
    first.wait_for_function(f"{STREAMS} === 2")
    expect(first.get_by_text("Recorded: True True")).to_be_visible()
    assert tabs[1].evaluate(STREAMS) == 1
