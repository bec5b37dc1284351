"""The files that go into the page, as one zip: packages, library, tests, and documents with examples.

Pages and workers that run no pytest get the library alone.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from harness.places import ROOT

PACKAGES = "build/inner-site"
LIBRARY = "py/mediarecorder"
OURS = (LIBRARY, "tests/browser", "docs")
SINGLE = (
    "README.md",
    "tests/harness/__init__.py",
    "tests/harness/agreement.py",
    "tests/harness/corpus.py",
    "tests/harness/in_page.py",
    "tests/harness/marks.py",
    "tests/harness/moving.py",
    "tests/harness/must_fail.py",
    "tests/harness/painted.py",
    "tests/harness/places.py",
    "tests/harness/async_tests.py",
    "tests/harness/without_jspi.py",
)


def pack() -> bytes:
    if not (ROOT / PACKAGES / "pytest").is_dir():
        raise FileNotFoundError(f"{PACKAGES} is missing: run make test, or python3 tools/prepare.py test")
    single = (ROOT / name for name in SINGLE if (ROOT / name).exists())
    return _zip(chain(_files(PACKAGES, *OURS), single))


def pack_library() -> bytes:
    return _zip(_files(LIBRARY))


def _zip(files: Iterable[Path]) -> bytes:
    packed = io.BytesIO()
    # Stored, not compressed: it stays within this machine, and decompressing costs time in WebAssembly.
    with zipfile.ZipFile(packed, "w") as bundle:
        for file in files:
            bundle.write(file, file.relative_to(ROOT))
    return packed.getvalue()


def _files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and not _is_spare(file):
                yield file


def _is_spare(file: Path) -> bool:
    """Whether the page does without this file.

    The page's own interpreter has compiled only the packages. Pygments supports hundreds of languages; pytest
    colours only Python and diffs.
    """
    compiled = file.parent.name == "__pycache__"
    if compiled and ROOT / PACKAGES not in file.parents:
        return True
    folder = (file.parents[1] if compiled else file.parent).parts[-2:]
    name = file.name.split(".")[0]
    return folder == ("pygments", "lexers") and name not in ("__init__", "_mapping", "python", "diff")
