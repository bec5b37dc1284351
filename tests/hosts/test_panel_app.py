"""Apps of `panel convert`. In a worker, the library puts the page's half of its bridge into the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from harness.fixtures import ENGINES
from harness.lanes import firefox_in_soak

pytestmark = [pytest.mark.thorough, firefox_in_soak]


@pytest.fixture(params=["in-a-worker", "in-the-page"])
def place(request: pytest.FixtureRequest) -> str:
    """Where Python runs."""
    return request.param


@pytest.fixture
def app(shared_page: Callable[..., Page], engine: str, place: str, hosts: str) -> Page:
    """The app, in a page that the tests share."""

    def begin(page: Page) -> Page:
        page.goto(f"{hosts}/panel/{place}/panel_app.html")
        expect(page.get_by_text("Early:")).to_be_visible()
        expect(page.locator("body.pn-loading")).to_have_count(0)
        return page

    return shared_page(f"Panel {place} {engine}", ENGINES[engine], begin, lambda page: None)


def test_app_that_is_not_displayed_yet_says_when_it_can_connect(app: Page, place: str) -> None:
    early = app.get_by_text("Early:")
    expected = "Panel has not displayed the app yet" if place == "in-a-worker" else "Early: connected"
    expect(early).to_contain_text(expected)


def test_app_records_and_shows_the_player(app: Page) -> None:
    app.get_by_role("button", name="Record", exact=True).click()
    expect(app.get_by_text("Recorded: True True")).to_be_visible()
    player = app.locator("audio").first
    expect(player).to_be_visible()
    assert player.evaluate("(player) => player.closest(':defined:is(mediarecorder-view)') !== null")
    app.wait_for_function("(player) => player.duration > 0.8", arg=player.element_handle())
    expect(app.get_by_text("<img src=x onerror")).to_be_visible()
    assert app.evaluate("window.attacked") is None


def test_plain_handler_records_in_a_worker_only(app: Page, place: str) -> None:
    app.get_by_role("button", name="Record without await").click()
    expected = (
        "Recorded: True True" if place == "in-a-worker" else "Failed: blocking.record: the browser called"
    )
    expect(app.get_by_text(expected)).to_be_visible()
