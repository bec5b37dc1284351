"""The project's own server, with the pages of the harness and the judge."""

from __future__ import annotations

import functools
import hashlib
import json
import tempfile
import threading
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness import judge
from harness.bundle import pack, pack_library
from harness.corpus import FILES
from harness.lanes import INSECURE_HOST, LANES, Lane
from harness.recipes import RecipeError, path_of
from harness.uploads import Bench, answer
from serve import ROOT, Handler, Site

BUNDLE, LIBRARY = "/bundle.zip", "/library.zip"
JUDGEMENTS = {
    f"/judge/{question.__name__}": question
    for question in (
        *(judge.probe, judge.tone, judge.colours, judge.packets, judge.index, judge.chapters),
        *(judge.sound, judge.pictures, judge.played, judge.boxes, judge.readers, judge.encoded),
    )
}
CORPUS = "/corpus/"
#: The verbs of the servers that recordings are sent to (uploads.py), and one such server of this origin.
UPLOADS, RECEIVE = "/uploads/", "/receive"
#: A browser that fetches it clears the storage of this site.
CLEAR = "/clear-site-data"
#: A page whose own policy forbids the microphone. (A response that Playwright fulfils gets no policy.)
MUTE = "/tests/frames/mute.html"


class HarnessHandler(Handler):
    """``/harness/<lane>`` is a lane's page, ``/bundle.zip`` its files, ``/library.zip`` those of the library;
    ``/judge/…`` accepts media files, and ``/corpus/…`` serves some."""

    server: HarnessSite

    public = (
        *Handler.public,
        *(f"tests/harness/{name}.js" for name in ("harness", "interpreter", "worker")),
        "tests/browser",
        "tests/frames",
        "build/numpy",
    )
    hosts = (*Handler.hosts, INSECURE_HOST)

    def headers_for(self, path: str) -> dict[str, str]:
        headers = super().headers_for(path)
        if self.headers and self.headers.get("Host", "").startswith(INSECURE_HOST):
            # Chromium reports a request for isolation over plain http as an error.
            headers = _not_isolated(headers)
        if path.startswith("/tests/frames/"):
            headers = _not_isolated(headers)
        if path == MUTE:
            headers["Permissions-Policy"] = "microphone=()"
        if path == CLEAR:
            headers["Clear-Site-Data"] = '"storage"'
        if self.headers and self.headers.get("Origin") == "null":
            # To a sandboxed frame, every origin is a different one.
            headers |= {
                "Access-Control-Allow-Origin": "null",
                "Cross-Origin-Resource-Policy": "cross-origin",
            }
        # A worker that a lane's page starts gets the same headers.
        of_worker = path.startswith("/tests/browser/support/worker") and self.headers
        if lane := _lane(urlsplit(self.headers.get("Referer", "")).path if of_worker else path):
            headers |= lane.headers
        return headers

    def locate(self, path: str) -> Path | None:
        if path == MUTE:
            path = path.replace("mute", "frame")
        return ROOT / "tests/harness/harness.html" if _lane(path) else super().locate(path)

    def do_GET(self) -> None:
        if self.url_path.startswith(RECEIVE):
            self._receive(b"")
        elif self.url_path == BUNDLE:
            self._send("application/zip", self.server.bundle)
        elif self.url_path == CLEAR:
            self._send("text/plain", b"")
        elif self.url_path == LIBRARY:
            self._send("application/zip", self.server.library)
        elif (name := self.url_path.removeprefix(CORPUS)) in FILES:
            try:
                self._send(FILES[name].mime_type, path_of(name).read_bytes())
            except RecipeError as error:
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, explain=str(error))
        else:
            super().do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.url_path.startswith(RECEIVE):
            self._receive(body)
            return
        if (verb := self.url_path.removeprefix(UPLOADS)) in Bench.VERBS:
            done = getattr(self.server.uploads, verb)(**json.loads(body or b"{}"))
            self._send("application/json", json.dumps(done).encode())
            return
        if (judgement := JUDGEMENTS.get(self.url_path)) is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        # Many tests share a recording and ask the same questions about it.
        known = (self.url_path, hashlib.sha256(body).digest())
        if known not in self.server.judged:
            self.server.judged[known] = _judged(judgement, body)
        self._send("application/json", self.server.judged[known])

    do_PUT = do_POST

    def _receive(self, body: bytes) -> None:
        status, headers, content = answer(self.command, self.path, self.headers, body)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            if not name.startswith(("Access-", "Cross-")):
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _send(self, content_type: str, body: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _judged(judgement: Callable[[Path], Any], body: bytes) -> bytes:
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        try:
            answer = {"found": judgement(Path(file.name))}
        except judge.NotMediaError as error:
            answer = {"error": str(error)}
        except judge.JudgeMissingError as error:
            answer = {"missing": str(error)}
    return json.dumps(answer).encode()


def _not_isolated(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if not name.startswith("Cross-Origin-")}


def _lane(path: str) -> Lane | None:
    folder, _, name = path.removeprefix("/").partition("/")
    return LANES.get(name) if folder == "harness" else None


class HarnessSite(Site):
    """The server on a free port, in a separate thread."""

    def __init__(self, handler: type[HarnessHandler] = HarnessHandler) -> None:
        super().__init__(0, handler)
        #: The answers so far, by question and file.
        self.judged: dict[tuple[str, bytes], bytes] = {}
        self._thread = threading.Thread(target=functools.partial(self.serve_forever, 0.05), daemon=True)
        self._thread.start()

    @functools.cached_property
    def bundle(self) -> bytes:
        return pack()

    @functools.cached_property
    def uploads(self) -> Bench:
        return Bench()

    @functools.cached_property
    def library(self) -> bytes:
        return pack_library()

    def url_on(self, host: str) -> str:
        return f"http://{host}:{self.server_port}"

    def close(self) -> None:
        if "uploads" in self.__dict__:
            self.uploads.close()
        self.shutdown()
        self.server_close()
