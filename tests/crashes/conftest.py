from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from killable import Profile
from playwright.sync_api import Playwright

from harness.fixtures import FAILED


@pytest.fixture(scope="module")
def opened(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory, site: str) -> Iterator[Profile]:
    chromium = Profile(playwright, "chromium", tmp_path_factory.mktemp("profile"), site)
    yield chromium
    chromium.close()


@pytest.fixture
def shared_chromium(request: pytest.FixtureRequest, opened: Profile) -> Iterator[Profile]:
    """A page of Chromium with Python, which the tests of a file share."""
    if not opened.alive:
        opened.open()
    yield opened
    if FAILED in request.node.stash:
        opened.close()
    else:
        opened.tidy()


@pytest.fixture
def profile(playwright: Playwright, tmp_path: Path, site: str) -> Iterator[Callable[[str], Profile]]:
    """``profile(engine)``: a new profile."""
    made: list[Profile] = []

    def make(engine: str) -> Profile:
        made.append(Profile(playwright, engine, tmp_path / engine, site))
        return made[-1]

    yield make
    for one in made:
        one.close()
