"""Serve the notebook sites to this machine only: python tools/serve_notebooks.py [--port 8000] [--isolated]

Notebooks must work with and without cross-origin isolation, because most servers do not send its headers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from serve import ROOT, Handler, Site, arguments_for, run


class NotebookHandler(Handler):
    root = ROOT / "build" / "notebooks"
    public: tuple[str, ...] = ("index.html", "favicon.ico", "jupyterlite", "marimo")
    pages = ()
    isolated = False

    def headers_for(self, path: str) -> dict[str, str]:
        headers = super().headers_for(path)
        if not self.isolated:
            del headers["Cross-Origin-Opener-Policy"], headers["Cross-Origin-Embedder-Policy"]
        return headers


class IsolatedNotebookHandler(NotebookHandler):
    isolated = True


def notebook_site(port: int = 0, *, isolated: bool = False) -> Site:
    return Site(port, IsolatedNotebookHandler if isolated else NotebookHandler)


def addresses(url: str) -> Iterator[str]:
    yield f"  JupyterLite  {url}/jupyterlite/lab/index.html"
    for page in sorted((NotebookHandler.root / "marimo").glob("*.html")):
        yield f"  marimo       {url}/marimo/{page.name}"


def main() -> int | str:
    parser = arguments_for("the notebook sites")
    parser.add_argument("--isolated", action="store_true", help="with the headers of cross-origin isolation")
    arguments = parser.parse_args()
    handler = IsolatedNotebookHandler if arguments.isolated else NotebookHandler
    return run(handler, arguments.port, "notebooks", addresses)


if __name__ == "__main__":
    sys.exit(main())
