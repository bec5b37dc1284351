"""A Flet app that `flet publish` made: its page opens a channel whose name its Python also knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from harness.fixtures import ENGINES
from harness.lanes import firefox_in_soak

pytestmark = [pytest.mark.thorough, firefox_in_soak]


@pytest.fixture
def app(shared_page: Callable[..., Page], engine: str, hosts: str) -> Page:
    """The app, in a page that the tests share."""

    def begin(page: Page) -> Page:
        page.goto(f"{hosts}/flet/")
        # Flutter draws on a canvas, and adds elements only for screen readers.
        page.locator("flt-semantics-placeholder").evaluate("(placeholder) => placeholder.click()")
        expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
        return page

    return shared_page(f"Flet {engine}", ENGINES[engine], begin, lambda page: None)


def test_app_without_a_channel_says_how_to_open_one(app: Page) -> None:
    app.get_by_role("button", name="Record unconnected").click()
    said = app.get_by_text("Failed: Python runs in a worker and does not know its page")
    expect(said).to_contain_text("openChannel(name) and connect(name)")


def test_app_records_through_its_own_channel_and_loads_a_player(app: Page) -> None:
    app.get_by_role("button", name="Record", exact=True).click()
    expect(app.get_by_text("Recorded: True True")).to_be_visible()


def test_app_records_a_video_and_loads_a_player(app: Page) -> None:
    app.get_by_role("button", name="Record a video").click()
    expect(app.get_by_text("Recorded a video: True True")).to_be_visible()


def test_plain_handler_records_without_await(app: Page) -> None:
    app.get_by_role("button", name="Record without await").click()
    expect(app.get_by_text("Recorded at once: True True")).to_be_visible()
