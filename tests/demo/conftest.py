"""The demo page, opened in the browsers of the harness."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from demo_page import NO_SERVICE_WORKER, Demo
from playwright.sync_api import Page

from harness.fixtures import ENGINES


@pytest.fixture
def page(launch: Callable[..., Page], engine: str) -> Page:
    """A blank page, in Chromium and then in Firefox."""
    return launch(engine, context=NO_SERVICE_WORKER)


@pytest.fixture
def demo(shared_page: Callable[..., Demo], engine: str, site: str, tmp_path: Path) -> Demo:
    """The demo, ready to record, in a page that tests share."""

    def begin(page: Page) -> Demo:
        return Demo(page, tmp_path).open(f"{site}/").remember()

    demo = shared_page(f"demo in {engine}", ENGINES[engine], begin, Demo.tidy, **NO_SERVICE_WORKER)
    demo.folder = tmp_path
    return demo


@pytest.fixture
def fresh_demo(page: Page, site: str, tmp_path: Path) -> Demo:
    """The demo, ready to record, in a page of the test's own, for changes that `Demo.tidy` cannot undo."""
    return Demo(page, tmp_path).open(f"{site}/")


@pytest.fixture
def demo_in(lane_page: Callable[..., Page], site: str, tmp_path: Path) -> Callable[..., Demo]:
    """The demo in one of the harness's lanes: ``demo_in("chromium-denied")``."""

    def open_in(lane: str, address: str = f"{site}/", script: str = "") -> Demo:
        page = lane_page(lane, **NO_SERVICE_WORKER)
        if script:
            page.add_init_script(script)
        return Demo(page, tmp_path).open(address)

    return open_in


@pytest.fixture
def look(screenshots: Path, request: pytest.FixtureRequest) -> Callable[[Page, str], Any]:
    """Saves a picture of a page, for people to look at."""

    def look(page: Page, name: str) -> None:
        browser = page.context.browser
        assert browser is not None
        page.screenshot(path=screenshots / f"{name}-{browser.browser_type.name}.png", full_page=True)

    return look
