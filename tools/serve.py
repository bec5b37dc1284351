"""Serve the demo to this machine only: python tools/serve.py [--port 8000]

Cross-origin isolation needs headers that a plain file server does not send.
"""

from __future__ import annotations

import argparse
import errno
import os
import socketserver
import sys
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from policy import ISOLATION, POLICIES

ROOT = Path(__file__).resolve().parent.parent

# Do not use the machine's table: it may lack .mjs or .wasm, and browsers refuse those with a different type.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".ipynb": "application/json",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".py": "text/x-python; charset=utf-8",
    ".svg": "image/svg+xml",
    ".toml": "application/toml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".whl": "application/zip",
    ".woff2": "font/woff2",
    ".zip": "application/zip",
}


class Handler(BaseHTTPRequestHandler):
    """Serves files of the allow-list, but no dot files and no directory listings.

    To serve more, subclass it: extend ``public`` and ``hosts``, override ``headers_for`` or ``locate``,
    add ``do_POST``.
    """

    protocol_version = "HTTP/1.1"
    root = ROOT
    #: Files and folders below ``root`` that may be read.
    public: tuple[str, ...] = (
        "index.html",
        "pyscript.toml",
        "sw.js",
        "py",
        "static",
        "examples",
        "node_modules",
        "docs/images",
    )
    #: Addresses of the pages that get the policies of tools/policy.py.
    pages: tuple[str, ...] = ("/", "/index.html", "/examples/mdn.html")
    #: Any other ``Host`` is refused: a foreign page whose name resolves to 127.0.0.1 must not read from here.
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")

    def headers_for(self, path: str) -> dict[str, str]:
        """Headers of every answer to this URL path."""
        common = {**ISOLATION, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
        return common | POLICIES if path in self.pages else common

    def locate(self, path: str) -> Path | None:
        """The file behind a URL path, or None."""
        parts = path.removeprefix("/").split("/")
        if parts[-1] == "":
            parts[-1] = "index.html"
        if not path.startswith("/") or any(not part or part.startswith(".") for part in parts):
            return None
        name = "/".join(parts)
        if not any(name == public or name.startswith(public + "/") for public in self.public):
            return None
        file = self.root / name
        # Not Path.is_file: that raises on names too long for the file system.
        return file if os.path.isfile(file) and os.access(file, os.R_OK) else None

    def parse_request(self) -> bool:
        # The check is here and not in do_GET, so that it covers methods added by subclasses.
        if not super().parse_request():
            return False
        host = self.headers.get("Host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name.lower() not in self.hosts:
            self.send_error(
                HTTPStatus.MISDIRECTED_REQUEST, explain=f"Ask for one of: {', '.join(self.hosts)}"
            )
            return False
        return True

    def do_GET(self) -> None:
        file = self.locate(self.url_path)
        if file is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        body, changed = file.read_bytes(), int(file.stat().st_mtime)
        if self._has_copy_from(changed):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.end_headers()
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPES.get(file.suffix.lower(), "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        # Dates count whole seconds: a file this young could change again and keep its date.
        if changed < time.time() - 2:
            self.send_header("Last-Modified", formatdate(changed, usegmt=True))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def end_headers(self) -> None:
        for name, value in self.headers_for(self.url_path).items():
            self.send_header(name, value)
        super().end_headers()

    @property
    def url_path(self) -> str:
        try:
            return unquote(urlsplit(getattr(self, "path", "/")).path)
        except ValueError:
            return ""

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the browser's own console shows failed requests."""

    def _has_copy_from(self, changed: int) -> bool:
        try:
            return parsedate_to_datetime(self.headers["If-Modified-Since"]).timestamp() == changed
        except (TypeError, ValueError, OverflowError):
            return False


class Site(ThreadingHTTPServer):
    """The server, on 127.0.0.1 only. Port 0 chooses a free port."""

    request_queue_size = 64

    def __init__(self, port: int = 0, handler: type[Handler] = Handler) -> None:
        super().__init__(("127.0.0.1", port), handler)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_port}"

    def server_bind(self) -> None:
        # HTTPServer's own method looks up the host name, which takes seconds on some machines.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        # A browser that closes a tab drops its connections; that is not an error.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def port_number(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")


def arguments_for(what: str) -> argparse.ArgumentParser:
    """The parser of a command that serves `what`."""
    parser = argparse.ArgumentParser(
        description=f"Serve {what} at http://localhost:PORT, to this machine only."
    )
    parser.add_argument("--port", type=port_number, default=8000)
    return parser


def run(
    handler: type[Handler], port: int, target: str, addresses: Callable[[str], Iterable[str]] = lambda url: ()
) -> int | str:
    """Serve until an interrupt. Returns the argument for `sys.exit`.

    Parameters
    ----------
    target
        The make target that serves this; the advice about a port in use names it.
    addresses
        Further lines to print, given the site's URL.
    """
    try:
        site = Site(port, handler)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            another = f"make {target} PORT={port % 65535 + 1}"
            return f"Port {port} is taken by another program. Use another: {another}"
        return f"Port {port} cannot be used: {error.strerror}"
    try:
        print("\n".join([f"{site.url}  (Ctrl-C ends it)", *addresses(site.url)]), flush=True)
        site.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        site.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(run(Handler, arguments_for("the demo").parse_args().port, "demo"))
