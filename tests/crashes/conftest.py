from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from killable import Profile
from playwright.sync_api import Playwright


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
