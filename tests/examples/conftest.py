"""The pages of examples/, in the unpacked zip of `make dist`, on Python's own file server."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import release


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the zip."""
    dist = release.make_dist(tmp_path_factory.mktemp("release") / "dist")
    [packed] = dist.glob("*.zip")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(dist.parent)
    return dist.parent / packed.stem


@pytest.fixture(scope="session")
def examples(folder: Path) -> Iterator[str]:
    """Address of the folder, with a slash at the end."""
    with release.served(f"exec {release.SERVER}", folder) as server:
        yield f"{server.url}/"
        assert server.refused() == []
