"""Build notebook sites with numpy into build/numpy-notebooks, for tests: numpy_notebooks.py BUILDERS WHEELS
(tools/prepare.py calls it; the arguments are those of tools/notebooks.py).

No index has numpy for the Pyodide of the notebook sites. The package that contains it for Pyodide 0.27 also
contains a JupyterLite of that time, 0.5.1, with all packages that its kernel loads. marimo's own packages of
that time are on PyPI.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import notebooks
import pyodide_folder
from setup import numpy_wheel

SITE = notebooks.ROOT / "build" / "numpy-notebooks"
PYODIDE = notebooks.ROOT / "node_modules" / "pyodide-0.27"
#: Packages that a cell may import, and those that the kernel loads.
IN_BOTH = ("mediarecorder", "numpy", "micropip", "sqlite3", "ssl")
IN_JUPYTERLITE = (*IN_BOTH, "ipython")
IN_MARIMO = (*IN_BOTH, "marimo-base", "pyodide-http")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"

#: The last version that needs no msgspec, which has no wheel for Pyodide 0.27. "marimo" contains the page.
MARIMO = "0.13.15"
#: Its kernel in a page does not import these.
UNUSED = ("loro", "psutil", "starlette", "uvicorn", "websockets")
#: Where its workers load Pyodide from, and the same in the site. A worker accepts only one version.
ADDRESSES = {
    "https://cdn.jsdelivr.net/pyodide/${e.pyodideVersion}/full/": "${self.location.origin}/marimo/pyodide/",
    "https://wasm.marimo.app/pyodide-lock.json?v=${e.version}&pyodide=${e.pyodideVersion}": (
        "${self.location.origin}/marimo/pyodide/pyodide-lock.json"
    ),
    '"0.27.5"': '"0.27.7"',
}


def build(builders: Path, wheels: Path) -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = [*numpy_wheel.wheels(folder / "carried"), notebooks.build_wheel(folder)]
        build_jupyterlite(own, SITE / "jupyterlite")
        others = [
            wheel for wheel in sorted(wheels.glob("*.whl")) if not re.match("marimo|msgspec", wheel.name)
        ]
        build_marimo(
            builders, [*others, notebooks.pure_yaml(builders, folder), *own], SITE / "marimo", folder
        )
    (SITE / "favicon.ico").write_bytes(notebooks.icon())


def build_jupyterlite(wheels: list[Path], site: Path) -> None:
    numpy_wheel.jupyterlite(site)
    pyodide_folder.assemble(PYODIDE, wheels, IN_JUPYTERLITE, site / "static" / "pyodide")
    shutil.rmtree(site / "files")
    notebooks.add_contents(site, [notebooks.NOTEBOOKS / "first-recording.ipynb"])
    settings = json.loads((site / "jupyter-lite.json").read_text())
    kernel = settings["jupyter-config-data"]["litePluginSettings"][KERNEL]
    kernel.update(pyodideUrl="/jupyterlite/static/pyodide/pyodide.js", loadPyodideOptions={})
    (site / "jupyter-lite.json").write_text(json.dumps(settings))


def build_marimo(builders: Path, wheels: list[Path], site: Path, folder: Path) -> None:
    with zipfile.ZipFile(numpy_wheel.downloaded(f"marimo=={MARIMO}")) as archive:
        archive.extractall(folder / "marimo")
    shutil.copytree(folder / "marimo" / "marimo" / "_static", site)
    for script in site.glob("assets/*worker*.js"):
        text = script.read_text()
        for remote, ours in ADDRESSES.items():
            text = text.replace(remote, ours)
        script.write_text(text)
    base = numpy_wheel.downloaded(f"marimo-base=={MARIMO}")
    pyodide_folder.assemble(PYODIDE, [*wheels, base], IN_MARIMO, site / "pyodide", without=UNUSED)
    notebooks.run(
        *(builders / "bin" / "python", Path(__file__).with_name("export_older_marimo.py")),
        *(site, notebooks.NOTEBOOKS / "marimo" / "first_recording.py"),
        variables={"PYTHONPATH": str(folder / "marimo")},
    )


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
