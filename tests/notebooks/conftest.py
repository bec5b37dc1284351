"""The notebook sites, served with and without cross-origin isolation, and pages of Chromium for them."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator

import pytest
from jupyterlite_page import JupyterLite
from marimo_page import Marimo
from playwright.sync_api import Page

from harness.lanes import CHROMIUM
from harness.places import PAGE_PROBE
from serve import ROOT, Site
from serve_notebooks import NotebookHandler, notebook_site


class NumpyHandler(NotebookHandler):
    root = ROOT / "build" / "numpy-notebooks"


def serving(site: Site) -> Iterator[str]:
    with site:
        thread = threading.Thread(target=functools.partial(site.serve_forever, 0.05))
        thread.start()
        yield site.url
        site.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def plain_site() -> Iterator[str]:
    yield from serving(notebook_site())


@pytest.fixture(scope="session")
def isolated_site() -> Iterator[str]:
    yield from serving(notebook_site(isolated=True))


@pytest.fixture(scope="session")
def numpy_site() -> Iterator[str]:
    """A JupyterLite and a marimo with numpy, which are older ones (tools/numpy_notebooks.py)."""
    if os.environ.get("NUMPY_LANE") == "0":
        pytest.skip("NUMPY_LANE=0")
    yield from serving(Site(0, NumpyHandler))


@pytest.fixture(params=["plain", "isolated"])
def served(request: pytest.FixtureRequest) -> str:
    """The way to serve the sites: "plain", as most servers do, or cross-origin "isolated"; or "numpy", the
    sites with an older JupyterLite and marimo."""
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


@pytest.fixture
def shared_notebook(shared_page: Callable[..., JupyterLite], served: str, notebooks: str) -> JupyterLite:
    """The first notebook in JupyterLite, its kernel ready, in a page that tests share."""

    def begin(page: Page) -> JupyterLite:
        page.context.add_init_script(path=PAGE_PROBE)
        # The older "notebooks" fails to find the notebook's last checkpoint, and does not handle the error.
        app = "lab" if served == "numpy" else "notebooks"
        return JupyterLite(page, notebooks).open(app, "first-recording.ipynb")

    return shared_page(f"JupyterLite {served}", CHROMIUM, begin, JupyterLite.tidy)


@pytest.fixture
def shared_marimo(shared_page: Callable[..., Marimo], served: str, notebooks: str) -> Marimo:
    """The first notebook in marimo's editor, in a page that tests share. Their code goes into `LAST_CELL`."""

    def begin(page: Page) -> Marimo:
        page.context.add_init_script(path=PAGE_PROBE)
        return Marimo(page, notebooks).open("first_recording", "edit")

    return shared_page(f"marimo {served}", CHROMIUM, begin, Marimo.tidy)
