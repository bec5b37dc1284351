"""Build the notebook sites into build/notebooks: notebooks.py BUILDERS WHEELS (tools/prepare.py calls it).

`BUILDERS` is a virtual environment with tools/sites/builders.txt, `WHEELS` a folder with the wheels of
tools/sites/in-the-browser.txt. Both sites contain the library's wheel, the notebooks, and
all the files that these load.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import pyodide_folder
from wheels import pure_wheel

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SITES = ROOT / "build" / "notebooks"

#: Packages that each site's Python may import, besides their dependencies. Some load before the first cell.
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

#: JupyterLite's apps for the user; "tree" lists the notebooks for "notebooks".
APPS = ("lab", "notebooks", "tree", "repl")

#: This extension requests notebooks. The REPL has no notebooks, so it would log an error.
REPL = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {"disabledExtensions": ["@jupyterlab/codemirror-extension:commands"]},
}

#: Names of the icons that JupyterLab asks for.
ICONS = (
    "favicon",
    "favicon-notebook",
    "favicon-file",
    "favicon-terminal",
    "favicon-console",
    "favicon-busy-1",
)

#: A warning of `coincident`; it identifies coincident's scripts in JupyterLite.
MARKER = "Possible deadlock if proxy"

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
    (SITES / "favicon.ico").write_bytes(icon())


def build_wheel(folder: Path) -> Path:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist")
    [wheel] = (folder / "dist").glob("*.whl")
    return wheel


def pure_yaml(builders: Path, folder: Path) -> Path:
    """PyYAML for marimo: PyPI has no wheel of it for Pyodide."""
    return pure_wheel(builders, "PyYAML", "yaml", folder)


def build_jupyterlite(builders: Path, wheels: list[Path], site: Path, sources: Path) -> None:
    sources.mkdir()
    shutil.copy(ROOT / "tools" / "sites" / "jupyter-lite.json", sources)
    configuration = {"apps": APPS, "no_sourcemaps": True, "cache_dir": str(sources / "cache")}
    (sources / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": configuration}))
    (sources / "repl").mkdir()
    (sources / "repl" / "jupyter-lite.json").write_text(json.dumps(REPL))
    run(builders / "bin" / "jupyter-lite", "build", "--output-dir", site, within=sources)
    npm_package = ROOT / "node_modules" / "pyodide-jupyterlite"
    pyodide_folder.assemble(npm_package, wheels, IN_JUPYTERLITE, site / "static" / "pyodide")
    add_contents(site, example_notebooks())
    for name in ICONS:
        # The builder copies these from Jupyter's server if that is installed.
        (site / "static" / "favicons").mkdir(exist_ok=True)
        (site / "static" / "favicons" / f"{name}.ico").write_bytes(icon())
    mend_isolated_kernel(site / "extensions")


def mend_isolated_kernel(extensions: Path) -> None:
    """Fix two races in `coincident`, through which page and kernel talk if SharedArrayBuffer exists.

    On a busy machine one cell in four never ended. The page reads a buffer that the kernel has already
    filled, and treats the answer "not-equal" of Atomics.waitAsync as a promise. Also, a side that reads while
    the other side fills the buffer gets half of the text: its first character already counts as the signal.

    Raises `SystemExit`, which stops the build, if a new version has changed: the race may still be there.
    """
    scripts = [path for path in sorted(extensions.rglob("*.js")) if MARKER in path.read_text()]
    if not scripts:
        raise SystemExit(
            f"No script of JupyterLite says {MARKER!r}: where is `coincident`? Is the race still there?"
        )
    for script in scripts:
        mend_coincident(script)


def mend_coincident(script: Path) -> None:
    text = script.read_text()
    for what, pattern, replacement in (
        (
            "waitAsync that is over at once",
            r"(\((\w+),(\w+)\)=>\2\?)(\w+\(\3,0\)):\(",
            r"\1{value:Promise.resolve(\4.value)}:(",
        ),
        (
            "the signal last",
            r"(for\(let (\w+)=new \w+\((\w+)\.buffer\),(\w+)=)0(;\4<(\w+)\.length;\4\+\+\)"
            r"\2\[\4\]=\6\.charCodeAt\(\4\))",
            r"\g<1>2\5;Atomics.store(\3,0,\6.charCodeAt(0)|\6.charCodeAt(1)<<16)",
        ),
    ):
        text, count = re.subn(pattern, replacement, text)
        if count != 1:
            raise SystemExit(
                f"{script.name} changed: {what} is found {count} times. Is the race still there?"
            )
    script.write_text(text)


def add_contents(site: Path, notebooks: Iterable[Path]) -> None:
    """Put the notebooks where JupyterLite looks for files. Its builder needs Jupyter's server for that."""
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
        # marimo queries a package index for packages that are not loaded.
        name = pyodide_folder.described(wheel)["name"]
        page = site / "index" / name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f'<!doctype html><a href="../../pyodide/{wheel.name}">{wheel.name}</a>')


def example_notebooks() -> list[Path]:
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def example_notebooks_of_marimo() -> list[Path]:
    return sorted((NOTEBOOKS / "marimo").glob("*.py"))


def index() -> str:
    """The page with links to everything."""

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


def icon(size: int = 32) -> bytes:
    """A red disc: PNG inside ICO."""
    middle, radius = (size - 1) / 2, size * 0.4
    rows = bytearray()
    for y in range(size):
        rows.append(0)
        for x in range(size):
            inside = (x - middle) ** 2 + (y - middle) ** 2 <= radius**2
            rows += b"\xd0\x21\x2a\xff" if inside else bytes(4)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    image = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")
    png = b"\x89PNG\r\n\x1a\n" + image
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, size, size, 0, 0, 1, 32, len(png), 22) + png


def run(
    *command: str | Path, within: Path = ROOT, variables: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Run a program; its output is shown only if it fails."""
    done = subprocess.run(
        command,
        cwd=within,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(map(str, command))}\n{done.stdout}")


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
