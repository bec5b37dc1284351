"""Servers that recordings are sent to: one for forms and files, and @tus/server behind a faulty proxy.

Tests outside the browser use a `Bench` directly. Tests in the page call its `VERBS` through the harness's own
server (`support/bench.py`).
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from harness.places import ROOT
from setup.node import find_node

SERVER = ROOT / "tests" / "harness" / "tus_server.mjs"
PIECE = 1 << 16
ALLOWED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "*, Authorization",
    "Access-Control-Expose-Headers": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

Answer = tuple[int, dict[str, str], bytes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Forms and files


def received(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """What a request brought: its file, and the fields of a form."""
    about: dict[str, Any] = {"type": headers.get("Content-Type", ""), "fields": []}
    about["authorization"] = headers.get("Authorization", "")
    if found := re.search("multipart/form-data; *boundary=(.+)", about["type"]):
        for part in body.split(b"--" + found[1].encode())[1:-1]:
            head, _, content = part.partition(b"\r\n\r\n")
            content = content[:-2]
            said = head.decode()
            name = re.search(r' name="(.*?)"', said)
            assert name
            if file := re.search(r'filename="(.*?)"', said):
                type = re.search("Content-Type: (.*)", said)
                about |= {"field": name[1], "name": file[1], "part_type": type[1].strip() if type else ""}
                body = content
            else:
                about["fields"].append([name[1], content.decode()])
    return about | {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def answer(method: str, address: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """``/status/403`` answers with this status, ``/redirect/307?to=…`` leads elsewhere, ``/unshared`` allows
    no other origin, ``/text`` answers with text; all else tells what was received. (``/slow``,
    ``/count`` and ``/cut`` are in `_Handler`.)"""
    parts = urlsplit(address)
    verb, _, status = parts.path.removeprefix("/receive").strip("/").partition("/")
    if method == "OPTIONS":
        return 204, {} if verb == "unshared" else ALLOWED, b""
    if verb == "status":
        return int(status), {**ALLOWED, "Content-Type": "text/plain"}, f"because of {status}".encode()
    if verb == "redirect":
        return int(status), {**ALLOWED, "Location": parse_qs(parts.query)["to"][0]}, b""
    if verb == "text":
        return (
            201,
            {**ALLOWED, "Content-Type": "text/plain; charset=utf-8", "X-Answer": "42"},
            "grüße".encode(),
        )
    about = {"method": method, **received(headers, body)}
    shared = {} if verb == "unshared" else ALLOWED
    return 200, {**shared, "Content-Type": "application/json"}, json.dumps(about).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def _handle(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        cut = urlsplit(self.path).path == "/cut"
        if urlsplit(self.path).path in ("/slow", "/count"):
            body = self._dropped(size, 0.02 if "slow" in self.path else 0)
        else:
            body = self.rfile.read(size // 2 if cut else size)
        self.server.log.append((self.command, self.path, len(body)))
        if cut:
            abort(self.connection)
            self.close_connection = True
            return
        status, headers, content = answer(self.command, self.path, self.headers, body)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = _handle

    def _dropped(self, size: int, pause: float) -> bytes:
        for start in range(0, size, 1 << 20):
            time.sleep(pause)
            self.rfile.read(min(1 << 20, size - start))
        return b""

    def log_message(self, format: str, *args: object) -> None:
        pass


class Receiver(ThreadingHTTPServer):
    """A server of another origin than the page's."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        #: Method, address and size of each request.
        self.log: list[tuple[str, str, int]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=functools.partial(self.serve_forever, 0.05), daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def abort(connection: socket.socket) -> None:
    """Close a connection as a cut cable does: without the rest, and without a farewell."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
        connection.close()
    except OSError:
        pass


# Uploads


class TusServer:
    """@tus/server with its files, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        if self._process is None:
            command = [str(find_node()), str(SERVER), str(self.port), str(self.folder)]
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert self._process.stdout
            assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()
            self._process = None

    def file(self, url: str) -> Path:
        return self.folder / url.rpartition("/")[2]


class Faults:
    """What the proxy does to the next requests. All can be combined.

    Parameters
    ----------
    methods
        Those concerned, such as ``["PATCH"]``; by default all but OPTIONS.
    times
        How many requests.
    status, headers
        Answer with this status, without asking the server.
    delay
        Seconds before the request goes on.
    cut
        Cut the connection after so many bytes of the request's content.
    cut_answer
        Cut it after so many bytes of the answer, or of its content if that is long enough.
    replace
        Headers of the answer to replace.
    relative
        Leave the origin out of the answer's Location.
    """

    def __init__(
        self,
        methods: list[str] | None = None,
        times: int = 1,
        status: int = 0,
        headers: dict[str, str] | None = None,
        delay: float = 0,
        cut: int | None = None,
        cut_answer: int | None = None,
        replace: dict[str, str] | None = None,
        relative: bool = False,
    ) -> None:
        self.methods, self.times = methods, times
        self.status, self.headers = status, headers or {}
        self.delay, self.cut, self.cut_answer, self.replace = delay, cut, cut_answer, replace or {}
        self.relative = relative

    def takes(self, method: str) -> bool:
        if self.times > 0 and method in (self.methods or ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")):
            self.times -= 1
            return True
        return False


class Proxy:
    """Stands between the browser and a server. Each connection carries one request."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.faults: list[Faults] = []
        #: Refuse all connections.
        self.dead = False
        #: Bytes per second of all requests together; 0 means no limit.
        self.rate = 0
        #: Method, path, status (0 without an answer) and size of the content of each request.
        self.log: list[list[Any]] = []
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self.dead:
                abort(connection)
            else:
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def cut_all(self) -> int:
        """Cut all connections. Returns how many there were."""
        several = list(self._open)
        for connection in several:
            abort(connection)
        return len(several)

    def close(self) -> None:
        self._listener.close()
        self.cut_all()

    def _serve(self, client: socket.socket) -> None:
        self._open.add(client)
        server: socket.socket | None = None
        entry: list[Any] = ["", "", 0, 0]
        try:
            head, rest = _head(client)
            if not head:
                return
            entry[:2] = head[0].split(" ")[:2]
            self.log.append(entry)
            fault = next((fault for fault in self.faults if fault.takes(entry[0])), Faults())
            time.sleep(fault.delay)
            size = next((int(line[15:]) for line in head if line.lower().startswith("content-length:")), 0)
            if fault.status:
                self._refuse(client, fault, rest, size)
                entry[2] = fault.status
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._open.add(server)
            _send_head(server, head, {})
            for piece in _content(client, rest, size):
                if self.rate:
                    time.sleep(len(piece) / self.rate)
                if fault.cut is not None and entry[3] + len(piece) >= fault.cut:
                    server.sendall(piece[: fault.cut - entry[3]])
                    entry[3] = fault.cut
                    time.sleep(0.05)
                    abort(server)
                    abort(client)
                    return
                server.sendall(piece)
                entry[3] += len(piece)
            if fault.cut is not None:
                abort(client)
                return
            answer, rest = _head(server)
            if not answer:
                abort(client)
                return
            entry[2] = int(answer[0].split(" ")[1])
            if fault.cut_answer == 0:
                abort(client)
                return
            if fault.relative:
                answer = [re.sub("^(location: )https?://[^/]+", r"\1", line, flags=re.I) for line in answer]
            _send_head(client, answer, fault.replace)
            sent = 0
            for piece in _content(server, rest, None):
                if fault.cut_answer is not None and sent + len(piece) >= fault.cut_answer:
                    client.sendall(piece[: fault.cut_answer - sent])
                    abort(client)
                    return
                client.sendall(piece)
                sent += len(piece)
        except (OSError, ValueError):
            abort(client)
        finally:
            for one in filter(None, (client, server)):
                self._open.discard(one)
                one.close()

    def _refuse(self, client: socket.socket, fault: Faults, rest: bytes, size: int) -> None:
        for _ in _content(client, rest, size):
            pass
        content = f"because of {fault.status}".encode()
        head = [
            f"HTTP/1.1 {fault.status} Fault",
            f"Content-Length: {len(content)}",
            "Content-Type: text/plain",
        ]
        head += [f"{name}: {value}" for name, value in {**ALLOWED, **fault.headers}.items()]
        _send_head(client, head, {})
        client.sendall(content)


def _head(connection: socket.socket) -> tuple[list[str], bytes]:
    """The lines of a head, and what was read of the content."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(PIECE)
        if not piece:
            return [], b""
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode("latin-1").split("\r\n"), rest


def _send_head(connection: socket.socket, head: list[str], replace: Mapping[str, str]) -> None:
    dropped = ("connection", "keep-alive", *map(str.lower, replace))
    lines = [line for line in head if line.partition(":")[0].lower() not in dropped]
    lines += [f"{name}: {value}" for name, value in replace.items()] + ["Connection: close", "", ""]
    connection.sendall("\r\n".join(lines).encode("latin-1"))


def _content(connection: socket.socket, rest: bytes, size: int | None) -> Iterator[bytes]:
    """The content in pieces, until the end of the connection if the size is unknown."""
    if rest:
        yield rest
    left = None if size is None else size - len(rest)
    while left is None or left > 0:
        piece = connection.recv(PIECE if left is None else min(PIECE, left))
        if not piece:
            if left:
                raise ConnectionError
            return
        if left is not None:
            left -= len(piece)
        yield piece


class Bench:
    """All of it. `VERBS` are called from pages, with values that JSON can hold."""

    VERBS = (
        "begin",
        "fault",
        "set",
        "cut_all",
        "kill",
        "start",
        "file",
        "forget",
        "shorten",
        "log",
        "elsewhere",
    )

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="uploads-"))
        self.receiver, self._elsewhere = Receiver(), Receiver()
        self.tus = TusServer(self.folder)
        self.proxy = Proxy(self.tus.port)
        self.endpoint = f"{self.proxy.url}/files"

    def begin(self) -> dict[str, str]:
        """Begin a test: without faults, with a server that runs."""
        self.proxy.faults.clear()
        self.proxy.dead, self.proxy.rate = False, 0
        self.proxy.log.clear()
        self.receiver.log.clear()
        self._elsewhere.log.clear()
        self.tus.start()
        return {
            "endpoint": self.endpoint,
            "receiver": self.receiver.url,
            "elsewhere": self._elsewhere.url,
        }

    def fault(self, **options: Any) -> None:
        """`Faults` for the next requests."""
        self.proxy.faults.append(Faults(**options))

    def set(self, dead: bool = False, rate: int = 0) -> None:
        self.proxy.dead, self.proxy.rate = dead, rate
        if dead:
            self.proxy.cut_all()
            self.proxy.faults.clear()

    def cut_all(self) -> int:
        return self.proxy.cut_all()

    def kill(self) -> None:
        self.tus.kill()

    def start(self) -> None:
        self.tus.start()

    def file(self, url: str) -> dict[str, Any]:
        """What the server has of an upload."""
        content = self.tus.file(url).read_bytes()
        about = json.loads(Path(f"{self.tus.file(url)}.json").read_text())
        return {
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "stated": about.get("size"),
            "metadata": about["metadata"],
        }

    def forget(self, url: str) -> None:
        """Let the server lose an upload."""
        for path in self.folder.glob(f"{self.tus.file(url).name}*"):
            path.unlink()

    def shorten(self, url: str, size: int) -> None:
        """Let the server lose the end of an upload."""
        os.truncate(self.tus.file(url), size)

    def empty(self) -> None:
        """Delete all uploads."""
        for path in self.folder.iterdir():
            path.unlink()

    def log(self) -> dict[str, Any]:
        """The requests so far: to the proxy, and to the receiver."""
        return {"tus": self.proxy.log, "receiver": self.receiver.log}

    def elsewhere(self) -> list[tuple[str, str, int]]:
        """The requests to a server that no test sends a recording to."""
        return self._elsewhere.log

    def close(self) -> None:
        self.tus.kill()
        self.proxy.close()
        for receiver in (self.receiver, self._elsewhere):
            receiver.shutdown()
            receiver.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)
