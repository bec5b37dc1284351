"""Export marimo notebooks as pages: export_marimo.py TARGET NOTEBOOK…, with the Python that has marimo.

This does the same as `marimo export html-wasm --offline`, but for all notebooks at once and with one set of
assets. That command starts a browser to find the packages that a notebook needs; here pyodide_folder.py
knows them.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from marimo._export.exporter import Exporter
from marimo._export.file import export_wasm
from marimo._export.requests import WASMFileExportRequest
from marimo._schemas.export_options import WASMExportOptions, WASMRuntimeConfig
from marimo._utils.marimo_path import MarimoPath

RUNTIME = WASMRuntimeConfig(
    pyodide_index_url="./pyodide/",
    pyodide_lockfile_url="./pyodide/pyodide-lock.json",
    pypi_index_url="./index/",
)


def main(target: Path, notebooks: list[Path]) -> None:
    Exporter().export_assets(target)
    for notebook in notebooks:
        for mode in ("run", "edit"):
            options = WASMExportOptions(mode=mode, show_code=True, runtime=RUNTIME)
            request = WASMFileExportRequest(path=MarimoPath(notebook), options=options)
            exported = asyncio.run(export_wasm(request))
            if exported.did_error or not isinstance(exported.contents, str):
                raise SystemExit(f"{notebook} is not a marimo notebook")
            (target / f"{notebook.stem}-{mode}.html").write_text(exported.contents, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
