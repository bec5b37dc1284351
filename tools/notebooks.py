"""Build the two notebook sites into build/notebooks: notebooks.py BUILDERS WHEELS (tools/prepare.py calls it).

`BUILDERS` is a virtual environment with tools/sites/builders.txt, `WHEELS` a folder with the wheels of
tools/sites/in-the-browser.txt. Both sites carry the library's wheel, the notebooks, and all that they load.
"""

from __future__ import annotations

import html
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pyodide_folder

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SITES = ROOT / "build" / "notebooks"

#: What each site's Python may import, with all that these need. (Both load some by name before the first cell.)
IN_JUPYTERLITE = ("mediarecorder", "micropip", "ipython", "comm", "jedi")
IN_MARIMO = (
    "mediarecorder",
    "micropip",
    "marimo-base",
    "jedi",
    "docutils",
    "pygments",
    "pyodide-http",
    "black",
)

#: What a person is to see of JupyterLite; "tree" lists the notebooks for "notebooks".
APPS = ("lab", "notebooks", "tree", "repl")

INDEX = """<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <title>mediarecorder notebooks</title>
  <style>body {{ font: 1.1rem/1.6 system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }}</style>
  <h1>mediarecorder notebooks</h1>
  <h2>JupyterLite</h2>
  <p><a href="jupyterlite/lab/index.html">lab</a> · <a href="jupyterlite/tree/index.html">files</a>
    · <a href="jupyterlite/repl/index.html?kernel=python&toolbar=1">repl</a></p>
  <ul>
{jupyterlite}
  </ul>
  <h2>marimo</h2>
  <ul>
{marimo}
  </ul>
</html>
"""


def build(builders: Path, wheels: Path) -> None:
    shutil.rmtree(SITES, ignore_errors=True)
    SITES.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        own = build_wheel(Path(folder))
        yaml = pure_yaml(builders, Path(folder))
        available = [*sorted(wheels.glob("*.whl")), yaml, own]
        build_jupyterlite(builders, available, SITES / "jupyterlite", Path(folder) / "lite")
        build_marimo(builders, available, SITES / "marimo")
    (SITES / "index.html").write_text(index())


def build_wheel(folder: Path) -> Path:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist")
    [wheel] = (folder / "dist").glob("*.whl")
    return wheel


def pure_yaml(builders: Path, folder: Path) -> Path:
    """A wheel of PyYAML without its compiled part, which is optional: PyPI has none for Pyodide, and marimo needs it."""
    [told] = builders.glob("lib/python*/site-packages/[Pp]y[Yy][Aa][Mm][Ll]-*.dist-info")
    version = told.name.removesuffix(".dist-info").partition("-")[2]
    name = f"pyyaml-{version}.dist-info"
    files = {f"yaml/{file.name}": file.read_text() for file in sorted((told.parent / "yaml").glob("*.py"))}
    files[f"{name}/METADATA"] = (told / "METADATA").read_text()
    files[f"{name}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: mediarecorder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{name}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{name}/RECORD"])
    wheel = folder / f"pyyaml-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            # With a fixed date, so that the same wheel comes out each time.
            archive.writestr(zipfile.ZipInfo(path), text, zipfile.ZIP_DEFLATED)
    return wheel


def build_jupyterlite(builders: Path, wheels: list[Path], site: Path, sources: Path) -> None:
    sources.mkdir()
    shutil.copy(ROOT / "tools" / "sites" / "jupyter-lite.json", sources)
    configuration = {"apps": APPS, "no_sourcemaps": True, "cache_dir": str(sources / "cache")}
    (sources / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": configuration}))
    run(builders / "bin" / "jupyter-lite", "build", "--output-dir", site, within=sources)
    npm_package = ROOT / "node_modules" / "pyodide-jupyterlite"
    pyodide_folder.assemble(npm_package, wheels, IN_JUPYTERLITE, site / "static" / "pyodide")
    add_contents(site, example_notebooks())


def add_contents(site: Path, notebooks: Iterable[Path]) -> None:
    """Put the notebooks where JupyterLite looks for files. Its own builder needs the whole of Jupyter's server for that."""
    (site / "files").mkdir(exist_ok=True)
    (site / "api" / "contents").mkdir(parents=True, exist_ok=True)
    date = "2026-01-01T00:00:00Z"
    common = {"created": date, "last_modified": date, "mimetype": None, "writable": True}
    entries = []
    for notebook in notebooks:
        shutil.copy(notebook, site / "files" / notebook.name)
        entry = {"name": notebook.name, "path": notebook.name, "size": notebook.stat().st_size}
        entries.append({**common, **entry, "type": "notebook", "format": None, "content": None})
    listing = {**common, "name": "", "path": "", "size": None, "type": "directory", "format": "json"}
    (site / "api" / "contents" / "all.json").write_text(json.dumps({**listing, "content": entries}))


def build_marimo(builders: Path, wheels: list[Path], site: Path) -> None:
    exporter = ROOT / "tools" / "export_marimo.py"
    run(builders / "bin" / "python", exporter, site, *example_notebooks_of_marimo())
    npm_package = ROOT / "node_modules" / "pyodide-marimo"
    chosen = pyodide_folder.assemble(npm_package, wheels, IN_MARIMO, site / "pyodide")
    for wheel in chosen:
        # marimo asks an index for whatever it does not find loaded.
        name = pyodide_folder.described(wheel)["name"]
        page = site / "index" / name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f'<!doctype html><a href="../../pyodide/{wheel.name}">{wheel.name}</a>')


def example_notebooks() -> list[Path]:
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def example_notebooks_of_marimo() -> list[Path]:
    return sorted((NOTEBOOKS / "marimo").glob("*.py"))


def index() -> str:
    """The page that leads to everything."""

    def line(name: str, **addresses: str) -> str:
        links = " · ".join(
            f'<a href="{html.escape(address)}">{words}</a>' for words, address in addresses.items()
        )
        return f"    <li>{html.escape(name)}: {links}</li>"

    return INDEX.format(
        jupyterlite="\n".join(
            line(
                file.stem,
                notebook=f"jupyterlite/notebooks/index.html?path={file.name}",
                lab=f"jupyterlite/lab/index.html?path={file.name}",
            )
            for file in example_notebooks()
        ),
        marimo="\n".join(
            line(file.stem, run=f"marimo/{file.stem}-run.html", edit=f"marimo/{file.stem}-edit.html")
            for file in example_notebooks_of_marimo()
        ),
    )


def run(*command: str | Path, within: Path = ROOT) -> None:
    """What a program said is shown only if it fails."""
    done = subprocess.run(
        command, cwd=within, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(map(str, command))}\n{done.stdout}")


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
