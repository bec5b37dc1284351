"""The files that `make dist` builds, and the server that a user starts for them."""

from __future__ import annotations

import base64
import contextlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

import release_zip
from harness.places import PAGE_PROBE, ROOT

#: The command of Python's own file server, which sends no headers of ours. Port 0 is a free one.
SERVER = f"{shlex.quote(sys.executable)} -u -m http.server --bind 127.0.0.1 0"
READ = """async ({ src }) => {
  const blob = await (await fetch(src)).blob();
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(";base64,")[1]);
    reader.readAsDataURL(blob);
  });
}"""


def make_dist(folder: Path) -> Path:
    """Build the wheel and the zip into the folder, as `make dist` does."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    release_zip.pack(folder)
    return folder


@dataclass
class PlainServer:
    """A running `python3 -m http.server`."""

    url: str
    log: Path

    def refused(self) -> list[str]:
        """The requests so far that got no file."""
        answered = re.findall(r'"(\S+ \S+) HTTP/[\d.]+" (\d+)', self.log.read_text())
        return [f"{status} {request}" for request, status in answered if status not in ("200", "304")]


@contextlib.contextmanager
def served(script: str, folder: Path, variables: Mapping[str, str] | None = None) -> Iterator[PlainServer]:
    """Run a shell script in the folder; its last command starts the server."""
    log = folder.parent / f"{folder.name}.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            ["bash", "-euc", script],
            cwd=folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            assert process.stdout
            for line in process.stdout:
                if found := re.match(r"Serving HTTP on \S+ port (\d+)", line):
                    yield PlainServer(f"http://localhost:{found[1]}", log)
                    return
            raise AssertionError(f"the server did not start: {log.read_text()}")
        finally:
            process.terminate()
            process.wait()


def open_recorder(page: Page, address: str) -> Page:
    """Open one of the pages, and wait until Python has loaded."""
    page.add_init_script(path=PAGE_PROBE)
    page.goto(address, wait_until="commit")
    expect(page.get_by_role("button", name="Record")).to_be_enabled()
    return page


def let_record(page: Page, seconds: float) -> None:
    """Wait until the page's recorder has recorded for this long."""
    page.wait_for_function(
        """seconds => {
          const { start, stop } = pageProbe.recorders.at(-1)?.times ?? {};
          return start && !stop && performance.now() > start + 1000 * seconds;
        }""",
        arg=seconds,
    )


def read(player: Locator, file: Path) -> Path:
    """Write the content of a player into the file. (Playwright cannot follow a download of Firefox.)"""
    file.write_bytes(base64.b64decode(player.evaluate(READ)))
    return file
