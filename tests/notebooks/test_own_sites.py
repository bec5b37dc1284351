"""README's ways to get the wheel into a JupyterLite or marimo site of one's own.

Such sites load Pyodide from another server, so these tests add a copy. It lacks the library, which is only in
the wheel in the stated folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from jupyterlite_page import JupyterLite
from marimo_page import Marimo
from playwright.sync_api import expect

import notebooks as sites
import pyodide_folder
from harness import readme
from harness.places import ROOT
from harness.release import SERVER, make_dist, served
from setup import steps

pytestmark = [pytest.mark.thorough, pytest.mark.console_errors]

TITLE = "In a notebook"


@pytest.fixture
def empty_folder(tmp_path: Path) -> Path:
    """A folder with nothing but `dist/`."""
    make_dist(tmp_path / "newcomer" / "dist")
    return tmp_path / "newcomer"


def run(script: str, folder: Path) -> None:
    """Run the commands where the programs are those of the pinned builders."""
    path = f"{steps.SITE_BUILDERS.place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-euc", script]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def without_install(script: str, besides: tuple[str, ...] = ()) -> str:
    """The commands after the first one, which installs what the pinned builders have, and these packages."""
    install, commands = script.split("\n", 1)
    pins = (ROOT / "tools/sites/builders.txt").read_text()
    names = install.removeprefix("pip install ").split()
    assert tuple(name for name in names if f"\n{name}==" not in pins) == besides
    return commands


def wheels() -> list[Path]:
    """The wheels for notebooks, without the library's."""
    return sorted(steps.SITE_WHEELS.place.glob("*.whl"))


def without_the_library(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name != "mediarecorder")


def test_jupyterlite_offers_the_wheel_to_pip(launch, empty_folder):
    commands = without_install(readme.blocks(TITLE, "sh")[0])
    shutil.copy(ROOT / "tools/sites/jupyter-lite.json", empty_folder)  # names the copy of Pyodide
    run(commands, empty_folder)
    copy = empty_folder / "site" / "static" / "pyodide"
    roots = without_the_library(sites.IN_JUPYTERLITE)
    pyodide_folder.assemble(ROOT / "node_modules/pyodide-jupyterlite", wheels(), roots, copy)
    (empty_folder / "jupyterlite").symlink_to("site")

    with served(f"exec {SERVER}", empty_folder) as server:
        jupyterlite = JupyterLite(launch("chromium"), server.url).open("repl")
        install_cell, record_cell = readme.blocks(TITLE, "py")[:2]
        jupyterlite.run(install_cell.strip())
        index = jupyterlite.run(record_cell.strip())
        assert jupyterlite.errors() == []
        expect(jupyterlite.output(index).locator("audio")).to_be_visible()


#: The part of `marimo export html-wasm` that copies the folder. (The command itself needs more packages.)
COPY_PUBLIC = """
import sys
from pathlib import Path
from marimo._export.exporter import Exporter
from marimo._utils.marimo_path import MarimoPath
Exporter().export_public_folder(Path(sys.argv[1]), MarimoPath(sys.argv[2]))
"""


def test_marimo_installs_the_wheel_from_its_public_folder(launch, empty_folder, tmp_path, monkeypatch):
    [(name, content)] = readme.files(TITLE).items()
    notebook = empty_folder / name
    notebook.write_text(content)
    *commands, export = without_install(readme.blocks(TITLE, "sh")[1], besides=("uv",)).splitlines()
    assert export.startswith(f"marimo export html-wasm {name} ")
    run("\n".join(commands), empty_folder)
    [wheel] = (empty_folder / "public").iterdir()
    monkeypatch.setattr(sites, "IN_MARIMO", without_the_library(sites.IN_MARIMO))
    monkeypatch.setattr(sites, "example_notebooks_of_marimo", lambda: [notebook])
    root = tmp_path / "sites"
    yaml = sites.pure_yaml(steps.SITE_BUILDERS.place, tmp_path)
    sites.build_marimo(steps.SITE_BUILDERS.place, [*wheels(), yaml], root / "marimo")
    run(f"python -c '{COPY_PUBLIC}' {root / 'marimo'} {notebook}", empty_folder)
    assert (root / "marimo" / "public" / wheel.name).exists()
    with served(f"exec {SERVER}", root) as server:
        marimo = Marimo(launch("chromium"), server.url).open(notebook.stem, "edit")
        marimo.run_all()
        assert marimo.errors() == []
        expect(marimo.page.locator("audio")).to_be_visible()
