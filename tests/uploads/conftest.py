from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.browser import START
from playwright.sync_api import Page
from recipes_of_guide import recipe

from harness.places import ROOT
from harness.uploads import free_port
from setup.node import find_node

PYTHON = ROOT / "build" / "servers" / "bin"
MODULES = ROOT / "tools" / "servers" / "node_modules"


class Server:
    """A program that serves until the end of the test. `said` waits for a line of its output."""

    def __init__(self, command: list[str | Path], folder: Path, sign: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said(sign)

    def said(self, part: str) -> str:
        """The next line with this text."""
        assert self._process.stdout
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if part in line:
                return line
        raise AssertionError(f"the server never said {part!r}:\n{''.join(lines)}")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """``start(command, folder, sign, **environment)``: a `Server` that has said the sign."""
    assert PYTHON.exists(), "run: python3 tools/prepare.py test-all"
    started: list[Server] = []

    def start(*given: object, **environment: str) -> Server:
        started.append(Server(*given, **environment))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def tus_server(start: Callable[..., Server], tmp_path: Path) -> Callable[..., tuple[Server, str]]:
    """``tus_server(**environment)``: the guide's server of tus, and its endpoint."""

    def tus_server(**environment: str) -> tuple[Server, str]:
        (tmp_path / "server.mjs").write_text(recipe("server.mjs"))
        (tmp_path / "node_modules").symlink_to(MODULES)
        endpoint = f"http://127.0.0.1:{(port := str(free_port()))}/files"
        return start([find_node(), "server.mjs"], tmp_path, endpoint, PORT=port, **environment), endpoint

    return tus_server


@pytest.fixture
def fastapi_server(start: Callable[..., Server], tmp_path: Path) -> tuple[Server, str]:
    """The guide's FastAPI app, and its address."""
    (tmp_path / "app.py").write_text(recipe("app.py"))
    port = str(free_port())
    return start([PYTHON / "uvicorn", "app:app", "--port", port], tmp_path, "Uvicorn running"), (
        f"http://127.0.0.1:{port}"
    )


@pytest.fixture
def python(launch: Callable[..., Page], site: str) -> Callable[[str], object]:
    """``python(source)`` runs Python with the library in a page, and returns what its JSON says."""
    page = launch("chromium")
    page.goto(f"{site}/harness/chromium")
    page.evaluate(START)

    def python(source: str) -> object:
        imports = "import asyncio, hashlib, json\nfrom mediarecorder import *\n"
        run = "async (source) => JSON.parse(await python.runPythonAsync(source))"
        return page.evaluate(run, imports + source)

    return python
