"""Build a JupyterLite with numpy into build/numpy-notebooks, for tests (tools/prepare.py calls it).

No index has numpy for the Pyodide of the notebook sites. The package that contains it for Pyodide 0.27 also
contains a JupyterLite of that time, 0.5.1, with all packages that its kernel loads.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import notebooks
import pyodide_folder
from setup import numpy_wheel

SITE = notebooks.ROOT / "build" / "numpy-notebooks"
#: Packages that a cell may import, and those that the kernel loads.
PACKAGES = ("mediarecorder", "numpy", "micropip", "ipython", "sqlite3", "ssl")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"


def build() -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    site = SITE / "jupyterlite"
    with tempfile.TemporaryDirectory() as folder:
        numpy_wheel.jupyterlite(site)
        pyodide_folder.assemble(
            notebooks.ROOT / "node_modules" / "pyodide-0.27",
            [*numpy_wheel.wheels(Path(folder) / "carried"), notebooks.build_wheel(Path(folder))],
            PACKAGES,
            site / "static" / "pyodide",
        )
    shutil.rmtree(site / "files")
    notebooks.add_contents(site, [notebooks.NOTEBOOKS / "first-recording.ipynb"])
    settings = json.loads((site / "jupyter-lite.json").read_text())
    kernel = settings["jupyter-config-data"]["litePluginSettings"][KERNEL]
    kernel.update(pyodideUrl="/jupyterlite/static/pyodide/pyodide.js", loadPyodideOptions={})
    (site / "jupyter-lite.json").write_text(json.dumps(settings))
    (SITE / "favicon.ico").write_bytes(notebooks.icon())


if __name__ == "__main__":
    build()
