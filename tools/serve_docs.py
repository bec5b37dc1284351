"""Serve the documentation site to this machine only: python tools/serve_docs.py [--port 8000]

It sends no headers of cross-origin isolation, because most hosts of documentation send none.
"""

from __future__ import annotations

import sys

from serve import ROOT, Site, arguments_for, run
from serve_notebooks import NotebookHandler


class DocsHandler(NotebookHandler):
    root = ROOT / "build"
    public = ("docs",)


def docs_site(port: int = 0) -> Site:
    return Site(port, DocsHandler)


def main() -> int | str:
    port = arguments_for("the documentation site").parse_args().port
    return run(DocsHandler, port, "docs-serve", lambda url: [f"  documentation  {url}/docs/"])


if __name__ == "__main__":
    sys.exit(main())
