"""Export a notebook as the editor's page of marimo 0.13: export_older_marimo.py SITE NOTEBOOK.

It runs with that marimo, whose page is the site's index.html. export_marimo.py imports newer modules.
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path

from marimo import __version__
from marimo._ast.app_config import _AppConfig
from marimo._config.config import DEFAULT_CONFIG
from marimo._server.templates.templates import wasm_notebook_template


def main(site: Path, notebook: Path) -> None:
    config = copy.deepcopy(DEFAULT_CONFIG)
    config["runtime"]["auto_instantiate"] = False
    page = wasm_notebook_template(
        html=(site / "index.html").read_text(),
        version=__version__,
        filename=notebook.name,
        user_config=config,
        config_overrides={},
        app_config=_AppConfig(),
        mode="edit",
        code=notebook.read_text(),
        show_code=True,
    )
    (site / f"{notebook.stem}-edit.html").write_text(page)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
