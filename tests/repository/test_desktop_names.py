"""The table of sounddevice's names in docs/desktop.md, and the copy of the module: both against PyPI's."""

from __future__ import annotations

import ast
import re
from zipfile import ZipFile

import pytest

import sounddevice_module
from harness.places import ROOT

COPY = ROOT / "py" / "mediarecorder" / "_desktop" / "packaged" / "sounddevice.py"
TABLE = re.compile(r"^\| `(\w+)` \| (yes|differs: .+|not possible: .+)?", re.MULTILINE)


@pytest.fixture(scope="module")
def original() -> str:
    [wheel] = (ROOT / "build" / "sounddevice").glob("sounddevice-*.whl")
    with ZipFile(wheel) as archive:
        return archive.read("sounddevice.py").decode()


def public_names(source: str) -> list[str]:
    kinds = ast.FunctionDef | ast.ClassDef
    nodes = (node for node in ast.parse(source).body if isinstance(node, kinds))
    return sorted(node.name for node in nodes if not node.name.startswith("_"))


def test_table_has_every_public_name_once(original: str) -> None:
    rows = TABLE.findall((ROOT / "docs" / "desktop.md").read_text())
    assert sorted(name for name, _ in rows) == public_names(original)
    assert all(verdict for _, verdict in rows)


def without_docstrings(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node):
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


def test_copy_is_the_module_with_shorter_docstrings(original: str) -> None:
    copy = COPY.read_text()
    assert without_docstrings(copy) == without_docstrings(original)
    assert "Permission is hereby granted" in copy
    assert len(copy) < len(original) / 2


def test_licence_and_first_lines_stay() -> None:
    source = '# Copyright\n\nX = 1  # one\n\ndef one():\n    """First.\n\n    Second.\n    """\n'
    assert sounddevice_module.shortened(source) == ('# Copyright\n\nX = 1\n\ndef one():\n    """First."""\n')
