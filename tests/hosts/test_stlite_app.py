"""A Streamlit app in stlite: the library puts the page's half of its bridge into the page itself."""

from __future__ import annotations

import re
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
        page.goto(f"{hosts}/stlite/index.html")
        expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
        return page

    return shared_page(f"stlite {engine}", ENGINES[engine], begin, lambda page: None)


def press(app: Page, button: str) -> None:
    app.get_by_role("button", name=button, exact=True).click()


def expect_player(app: Page) -> None:
    player = app.locator("audio").first
    expect(player).to_be_visible()
    app.wait_for_function("(player) => player.duration > 0.8", arg=player.element_handle())


def test_task_of_the_apps_own_is_told_where_to_connect(app: Page) -> None:
    press(app, "Connect in a task")
    expect(app.get_by_text("Failed: connect: Streamlit displays nothing from this task")).to_be_visible()


def test_app_records_and_shows_the_player(app: Page) -> None:
    press(app, "Record")
    expect(app.get_by_text("Recorded: True True")).to_be_visible()
    expect_player(app)
    expect(app.get_by_text("<img src=x onerror")).to_be_visible()
    assert app.evaluate("window.attacked") is None


def test_app_records_without_await_and_writes_the_player(app: Page) -> None:
    press(app, "Record without await")
    expect(app.get_by_text("Recorded at once: True True")).to_be_visible()
    expect_player(app)
    expect(app.locator("strong", has_text="recording")).to_be_visible()
    expect(app.get_by_text(re.compile(r"and its size: \d+"))).to_be_visible()
    expect(app.locator("audio")).to_have_count(2)
    assert app.evaluate("window.attacked") is None
