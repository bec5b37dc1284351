"""The apps of stlite, Panel and Flet, served as a plain host serves files, and pages for them."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator

import pytest

from host_sites import SITES
from serve import Handler, Site


class HostHandler(Handler):
    root = SITES
    public = ("favicon.ico", "flet", "panel", "stlite")
    pages = ()

    def headers_for(self, path: str) -> dict[str, str]:
        headers = super().headers_for(path)
        del headers["Cross-Origin-Opener-Policy"], headers["Cross-Origin-Embedder-Policy"]
        return headers


@pytest.fixture(scope="session")
def hosts() -> Iterator[str]:
    """Address of the apps."""
    assert (SITES / "favicon.ico").exists(), "run: python3 tools/prepare.py test-all"
    with Site(0, HostHandler) as site:
        thread = threading.Thread(target=functools.partial(site.serve_forever, 0.05))
        thread.start()
        yield site.url
        site.shutdown()
        thread.join()
