"""The library's modules import from lower layers only; late imports and those for types count too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.places import ROOT

LIBRARY = ROOT / "py" / "mediarecorder"

#: From the top down. docs/maintaining.md shows this table, with the purpose of each module.
LAYERS = (
    ("desktop",),
    ("_desktop.sound", "_desktop.opencv"),
    (
        *("_desktop.portaudio", "_desktop.capture", "_desktop.video_writer", "_desktop.windows"),
        "_desktop.imageio_plugin",
    ),
    ("matplotlib_writer", "_desktop.waiting", "_desktop.conventions", "_desktop.video_file"),
    ("blocking", "panel"),
    ("capture", "diagnosis"),
    ("recorder",),
    ("_recorder.setup",),
    ("_recorder.take",),
    ("_recorder.sinks",),
    ("store", "failures", "writer"),
    ("devices", "mixing", "conditions"),
    ("streams",),
    ("tracks",),
    ("live", "feeding"),
    ("recording",),
    ("_media.writer", "playback", "upload"),
    ("frames", "_media.samples"),
    ("_media.engine",),
    ("event_target", "_html.table"),
    ("events", "photo", "_html.player"),
    ("media_file", "_html.attach", "levels"),
    ("_host.bridge", "_store.worker", "_recorder.steady", "_media.arrays", "_media.tags"),
    (
        *("_host.modules", "_html.display", "_constraints"),
        "_recorder.recorded_time",
    ),
    ("_host.features",),
    ("_host.browser", "_reminder"),
    (
        *("errors", "outcome", "formats", "markers", "waveform", "_host.hosts", "_html.text", "_checks"),
        "_desktop.hooks",
    ),
)
FLOOR = {name: number for number, layer in enumerate(reversed(LAYERS)) for name in layer}


def modules() -> dict[str, Path]:
    """All but the packages (empty, or with the public names), and the modules of others."""
    files = (
        file for file in LIBRARY.rglob("*.py") if file.name != "__init__.py" and "packaged" not in file.parts
    )
    return {".".join(file.relative_to(LIBRARY).with_suffix("").parts): file for file in files}


def imports(name: str, source: str) -> set[str]:
    """The modules of the library that a module imports, anywhere in it."""
    package = ["mediarecorder", *name.split(".")[:-1]]
    named = {path for node in ast.walk(ast.parse(source)) for path in _named(node, package)}
    return {name for name in modules() if f"mediarecorder.{name}" in named}


def _named(node: ast.AST, package: list[str]) -> Iterator[str]:
    """Full names, perhaps of modules, that this imports: by a statement, or by a call with a literal name."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            base = [*package[: len(package) + 1 - level], *filter(None, [module])] if level else [str(module)]
            yield from (".".join([*base, *more]) for more in ([], *([alias.name] for alias in names)))
        case ast.Call(
            func=ast.Name(id=("import_module" | "__import__")) | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(path)), *_],
        ):
            dots = len(path) - len(path.lstrip("."))
            yield ".".join([*package[: len(package) + 1 - dots], path[dots:]]) if dots else path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from .errors import MediaError", {"errors"}),
        ("from . import capture, __version__", {"capture"}),
        ("from ._host import bridge", {"_host.bridge"}),
        ("def late():\n    from ._html.player import make_preview", {"_html.player"}),
        ("if TYPE_CHECKING:\n    from .streams import MediaStream", {"streams"}),
        ("import mediarecorder.errors", {"errors"}),
        ("import mediarecorder._host.bridge as bridge", {"_host.bridge"}),
        ("from mediarecorder.errors import MediaError", {"errors"}),
        ("from mediarecorder import capture, record", {"capture"}),
        ("from mediarecorder._html import player", {"_html.player"}),
        ('import importlib\nimportlib.import_module("mediarecorder.panel")', {"panel"}),
        ('import_module("._store.worker", __package__)', {"_store.worker"}),
        ('def late():\n    return __import__("mediarecorder.blocking")', {"blocking"}),
        ("import asyncio\nfrom typing import Any\nfrom errors import x\nprint('errors')", set()),
    ],
)
def test_imports_are_found(source, expected):
    assert imports("recorder", source) == expected


def test_imports_are_found_from_within_a_package():
    source = (
        "from ..errors import MediaError\nfrom .text import escape\nimport_module('..outcome', __package__)"
    )
    assert imports("_html.player", source) == {"errors", "_html.text", "outcome"}


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
