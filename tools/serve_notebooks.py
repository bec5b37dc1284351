"""Serve the notebook sites to this machine only: python tools/serve_notebooks.py [--port 8000] [--isolated]

Notebooks must work with and without cross-origin isolation: most servers do not send its headers.
"""

from __future__ import annotations

import argparse
import errno
import sys

from serve import ROOT, Handler, Site, port_number


class NotebookHandler(Handler):
    root = ROOT / "build" / "notebooks"
    public = ("index.html", "favicon.ico", "jupyterlite", "marimo")
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


def main() -> int | str:
    parser = argparse.ArgumentParser(
        description="Serve the notebook sites at http://localhost:PORT, to this machine only."
    )
    parser.add_argument("--port", type=port_number, default=8000)
    parser.add_argument("--isolated", action="store_true", help="with the headers of cross-origin isolation")
    arguments = parser.parse_args()
    port: int = arguments.port
    try:
        site = notebook_site(port, isolated=arguments.isolated)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            another = f"make notebooks PORT={port % 65535 + 1}"
            return f"Port {port} is taken by another program. Another one: {another}"
        return f"Port {port} cannot be used: {error.strerror}"
    try:
        print(f"{site.url}  (Ctrl-C ends it)", flush=True)
        print(f"  JupyterLite  {site.url}/jupyterlite/lab/index.html")
        for page in sorted((NotebookHandler.root / "marimo").glob("*.html")):
            print(f"  marimo       {site.url}/marimo/{page.name}", flush=True)
        site.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        site.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
