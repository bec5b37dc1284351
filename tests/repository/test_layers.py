"""The library's modules import from lower layers only; late imports and those for types count too."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "py" / "mediarecorder"

#: From the top down. docs/maintaining.md shows this table, with the purpose of each module.
LAYERS = (
    ("blocking", "panel"),
    ("capture", "diagnosis"),
    ("recorder",),
    ("_recorder.take",),
    ("_recorder.sinks",),
    ("store", "failures"),
    ("recording", "devices", "mixing"),
    ("streams", "frames", "_media.samples"),
    ("tracks", "_media.engine"),
    ("events", "_html.table"),
    ("chunk", "photo", "_html.player", "_html.preview"),
    ("media_file", "_html.attach", "levels"),
    ("_host.bridge", "_store.worker", "_recorder.steady", "_media.arrays", "_media.tags"),
    (
        *("_host.modules", "_host.canvas", "_html.display", "_constraints"),
        *("_recorder.recorded_time", "_recorder.turns"),
    ),
    ("_host.browser", "_reminder"),
    ("errors", "outcome", "formats", "waveform", "_host.hosts", "_html.text", "_checks"),
)
FLOOR = {name: number for number, layer in enumerate(reversed(LAYERS)) for name in layer}


def modules() -> dict[str, Path]:
    """All but the packages themselves, which are empty, and the package with the public names."""
    files = (file for file in LIBRARY.rglob("*.py") if file.name != "__init__.py")
    return {".".join(file.relative_to(LIBRARY).with_suffix("").parts): file for file in files}


def imports(name: str, source: str) -> set[str]:
    """The modules of the library that a module imports, anywhere in it."""
    known, found = modules(), set()
    package = name.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) + 1 - node.level] + (node.module.split(".") if node.module else [])
            candidates = [base, *([*base, alias.name] for alias in node.names)]
            found |= {path for parts in candidates if (path := ".".join(parts)) in known}
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from .errors import MediaError", {"errors"}),
        ("from . import capture, __version__", {"capture"}),
        ("from ._host import bridge", {"_host.bridge"}),
        ("def late():\n    from ._html.player import look_at", {"_html.player"}),
        ("if TYPE_CHECKING:\n    from .streams import MediaStream", {"streams"}),
        ("import asyncio\nfrom typing import Any", set()),
    ],
)
def test_imports_are_found(source, expected):
    assert imports("recorder", source) == expected


def test_imports_are_found_from_within_a_package():
    assert imports("_html.player", "from ..errors import MediaError\nfrom .text import escape") == {
        "errors",
        "_html.text",
    }


def test_each_module_has_one_layer():
    named = [name for layer in LAYERS for name in layer]
    assert len(named) == len(set(named))
    assert set(named) == set(modules())


@pytest.mark.parametrize("name", modules())
def test_module_imports_from_lower_layers_only(name):
    found = imports(name, modules()[name].read_text())
    assert {other for other in found if FLOOR[other] >= FLOOR[name]} == set()


def test_maintainers_guide_shows_this_table():
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", (ROOT / "docs/maintaining.md").read_text(), re.MULTILINE)
    shown = {int(number): set(re.findall(r"`([\w.]+)`", names)) for number, names in rows}
    assert shown == {number: set(layer) for number, layer in enumerate(LAYERS, 1)}
