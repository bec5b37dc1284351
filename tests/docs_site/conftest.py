"""The documentation site, served as `make docs-serve` serves it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from examples_page import ExamplesPage
from playwright.sync_api import Page

from harness.lanes import LANES, left_out
from harness.places import PAGE_PROBE
from serve_docs import docs_site


@pytest.fixture(scope="session")
def docs() -> Iterator[str]:
    """The site's address, without a slash at the end."""
    site = docs_site()
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"{site.url}/docs"
    site.shutdown()
    site.server_close()


@pytest.fixture
def page(launch: Callable[..., Page], engine: str) -> Page:
    page = launch(engine)
    page.add_init_script(path=PAGE_PROBE)
    return page


@pytest.fixture
def lane() -> str:
    """The lane whose browser shows `examples`."""
    return "chromium"


@pytest.fixture
def examples(shared_page: Callable[..., ExamplesPage], lane: str, docs: str) -> ExamplesPage:
    """A page that tests share, because starting Python costs seconds."""
    if lane in left_out():
        pytest.skip(f"the environment leaves out the lane {lane}")

    def begin(page: Page) -> ExamplesPage:
        page.add_init_script(path=PAGE_PROBE)
        page.goto(f"{docs}/tutorial.html")
        return ExamplesPage(page, docs)

    return shared_page(f"examples in {lane}", LANES[lane], begin, ExamplesPage.tidy)
