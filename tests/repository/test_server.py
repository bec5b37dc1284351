"""The development server: its files, its clients, and its headers."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace

import pytest

import policy
import serve
import serve_docs
import serve_notebooks

OLD = 1_700_000_000


@pytest.fixture
def tree(tmp_path):
    """A small site, and next to it files that must not be served."""
    root = tmp_path / "site"
    for name in ("index.html", "py/page.py", "node_modules/p/core.mjs", "node_modules/p/a.wasm"):
        _write(root / name)
    for name in (".git/config", "py/.secret", "tools/serve.py", "pyproject.toml"):
        _write(root / name)
    for name in ("pyscript.toml", "static/x.whl", "static/x.js", "static/x.unknown", "examples/index.html"):
        _write(root / name)
    _write(tmp_path / "outside.txt")
    return root


def _write(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"text of {file.name}")
    os.utime(file, (OLD, OLD))


@pytest.fixture
def site(tree):
    class Handler(serve.Handler):
        root = tree

    with serve.Site(0, Handler) as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield site
        site.shutdown()
        thread.join()


@pytest.fixture
def ask(site):
    """Send one request exactly as written: clients normalise paths, attackers do not."""

    def ask(path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", site.server_port, timeout=10)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={"Host": "localhost"} | headers)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    return ask


@pytest.mark.parametrize("path", ["/", "/index.html?x=1", "/missing", "/.git/config"])
def test_every_answer_isolates_the_page(ask, path):
    headers = ask(path).headers
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/index.html?x=1", "/examples/mdn.html"])
def test_pages_get_the_policies(ask, path):
    headers = ask(path).headers
    assert headers["Content-Security-Policy"] == policy.CONTENT_SECURITY_POLICY
    assert headers["Permissions-Policy"] == policy.PERMISSIONS_POLICY


def test_other_files_get_no_policy(ask):
    """A worker inherits its page's policy if it needs one; the harness's pages are not the demo's."""
    assert ask("/static/x.js").headers["Content-Security-Policy"] is None
    assert ask("/harness/chromium").headers["Content-Security-Policy"] is None


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/examples/", "text/html; charset=utf-8"),
        ("/node_modules/p/core.mjs", "text/javascript; charset=utf-8"),
        ("/static/x.js", "text/javascript; charset=utf-8"),
        ("/node_modules/p/a.wasm", "application/wasm"),
        ("/pyscript.toml", "application/toml"),
        ("/static/x.whl", "application/zip"),
        ("/static/x.unknown", "application/octet-stream"),
    ],
)
def test_content_types_are_right(ask, path, content_type):
    answer = ask(path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == content_type


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/py/.secret",
        "/py/%2esecret",
        "/tools/serve.py",
        "/pyproject.toml",
        "/py",
        "/py/",
        "/node_modules/p",
        "/index.html/",
        "/python/page.py",
        "/py/../tools/serve.py",
        "/py/../../outside.txt",
        "/py/%2e%2e/%2e%2e/outside.txt",
        "/py/..%2f..%2foutside.txt",
        "/py//../pyproject.toml",
        "/./pyproject.toml",
        "//pyproject.toml",
        "/py/page.py%00.html",
        "/py/" + "x" * 5000,
        "http://[/",
        "*",
    ],
)
def test_other_files_are_not_served(ask, path):
    answer = ask(path)
    assert answer.status == 404
    assert b"text of" not in answer.body


def test_unreadable_file_is_not_found(ask, tree, monkeypatch):
    monkeypatch.setattr(os, "access", lambda file, mode: False)
    assert ask("/index.html").status == 404


def test_link_inside_node_modules_is_followed(ask, tree):
    (tree / "node_modules" / "q").symlink_to("p")
    assert ask("/node_modules/q/core.mjs").body == b"text of core.mjs"


def test_head_sends_the_headers_of_get_and_no_body(ask):
    get, head = ask("/index.html"), ask("/index.html", "HEAD")
    assert get.body == b"text of index.html"
    assert head.body == b""
    assert head.status == 200
    assert head.headers["Content-Length"] == str(len(get.body))


def test_other_methods_are_refused(ask):
    assert ask("/index.html", "POST").status == 501


def test_unchanged_file_is_not_sent_again(ask):
    changed = ask("/index.html").headers["Last-Modified"]
    answer = ask("/index.html", If_Modified_Since=changed)
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    "date", [formatdate(OLD - 60, usegmt=True), "yesterday", "", "Mon, 99 Nov 99999 99:99:99 GMT"]
)
def test_changed_file_is_sent(ask, date):
    assert ask("/index.html", If_Modified_Since=date).status == 200


def test_brand_new_file_has_no_last_modified_date(ask, monkeypatch):
    monkeypatch.setattr(serve, "time", SimpleNamespace(time=lambda: OLD + 1))
    assert ask("/index.html").headers["Last-Modified"] is None


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:8000"]
)
def test_every_name_of_this_machine_is_served(ask, host):
    assert ask("/", Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "", ":8000", "::1"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_foreign_host_is_refused(ask, host, method):
    """An attacker's host name may resolve to 127.0.0.1 (DNS rebinding)."""
    answer = ask("/", method, Host=host)
    assert answer.status == 421
    assert b"text of" not in answer.body


def test_only_this_machine_can_connect(site):
    assert site.server_address[0] == "127.0.0.1"
    with pytest.raises(OSError, match=r"refused|assign|unreachable"):
        socket.create_connection(("127.0.0.2", site.server_port), timeout=5).close()


def test_connection_serves_several_requests(site):
    connection = http.client.HTTPConnection("localhost", site.server_port, timeout=10)
    # A body after the answer to HEAD, or a wrong length, would corrupt the next answer.
    for method, path, status in [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/missing", 404),
        ("GET", "/", 200),
    ]:
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def run_serve(*arguments: str, program: str = serve.__file__) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize(
    ("program", "target"), [(serve, "demo"), (serve_notebooks, "notebooks"), (serve_docs, "docs-serve")]
)
def test_occupied_port_gives_a_clear_message(site, program, target):
    done = run_serve("--port", str(site.server_port), program=program.__file__)
    assert done.returncode == 1
    assert f"Port {site.server_port} is taken" in done.stderr
    assert f"make {target} PORT=" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["abc", "-1", "65536", "80.5", ""])
def test_invalid_port_gives_a_clear_message(port):
    done = run_serve(f"--port={port}")
    assert done.returncode != 0
    assert f"{port!r} is not a port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("program", [serve, serve_notebooks, serve_docs])
def test_server_prints_its_address_and_ends_quietly_on_interrupt(program):
    process = subprocess.Popen(
        [sys.executable, program.__file__, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Shells start background jobs with interrupts ignored, which children inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    line = process.stdout.readline()
    assert line.startswith("http://localhost:")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
