"""The notebook sites, served with and without cross-origin isolation, and pages of Chromium for them."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator

import pytest
from jupyterlite_page import JupyterLite
from marimo_page import Marimo
from playwright.sync_api import Page

from serve_notebooks import notebook_site


def serving(isolated: bool) -> Iterator[str]:
    with notebook_site(isolated=isolated) as site:
        thread = threading.Thread(target=functools.partial(site.serve_forever, 0.05))
        thread.start()
        yield site.url
        site.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def plain_site() -> Iterator[str]:
    yield from serving(isolated=False)


@pytest.fixture(scope="session")
def isolated_site() -> Iterator[str]:
    yield from serving(isolated=True)


@pytest.fixture(params=["plain", "isolated"])
def served(request: pytest.FixtureRequest) -> str:
    """The way to serve the sites: "plain", as most servers do, or cross-origin "isolated"."""
    return request.param


@pytest.fixture
def notebooks(request: pytest.FixtureRequest, served: str) -> str:
    """Address of the notebook sites."""
    return request.getfixturevalue(f"{served}_site")


@pytest.fixture
def jupyterlite(launch: Callable[..., Page], notebooks: str) -> JupyterLite:
    """JupyterLite in a blank page."""
    return JupyterLite(launch("chromium"), notebooks)


@pytest.fixture
def marimo(launch: Callable[..., Page], notebooks: str) -> Marimo:
    """marimo in a blank page."""
    return Marimo(launch("chromium"), notebooks)
