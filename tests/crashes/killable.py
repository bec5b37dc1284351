"""A browser that can be killed, with a persistent profile, in which Python records into a store."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Error, Page, Playwright

from harness.browsers import launch_options
from harness.fixtures import COMPILED_ONCE, TIMEOUT
from harness.lanes import FAKE_DEVICES, FAKE_UI, LANES

SHARE_THE_SCREEN = "--auto-select-desktop-capture-source=Entire screen"

START = """async () => {
  const { loadPyodide } = await import("/node_modules/pyodide/pyodide.mjs");
  window.python = await loadPyodide();
  const bundle = await (await fetch("/bundle.zip")).arrayBuffer();
  python.unpackArchive(bundle, "zip", { extractDir: "/repository" });
  const { path } = python.pyimport("sys");
  for (const folder of ["py", "tests", "tests/browser"]) path.insert(0, `/repository/${folder}`);
  await python.runPythonAsync(`
import asyncio, json, js
from support import ask_judge
from mediarecorder import *
`);
}"""

# Tests that share a page use these names.
TIDY = """
if "stream" in globals():
    stream.stop()
await store.clear()
store.close()
"null"
"""


class Profile:
    """A browser's profile.

    ``told`` has the messages that Python sent by ``js.tell(what)``, with the time by the clock of the test.
    """

    def __init__(self, playwright: Playwright, engine: str, folder: Path, site: str) -> None:
        self._playwright, self.engine, self._folder, self._site = playwright, engine, folder, site
        self._context: BrowserContext | None = None
        self.flags: list[str] = []
        self.without = ""
        #: An X display to show windows on. Requests for the screen get all of it.
        self.display = ""
        self.alive = False
        self._devtools: CDPSession | None = None
        self.told: dict[str, float] = {}

    def open(self) -> None:
        """A new page with Python, in a new browser unless one is running."""
        if self._context is None:
            flags = [*self.flags, COMPILED_ONCE] if self.engine == "chromium" else []
            lane = LANES[self.engine].plus(flags=flags)
            if self.display:
                # With fake devices, the screen is a fake, too.
                lane = lane.without(FAKE_UI).without(FAKE_DEVICES).plus(flags=[SHARE_THE_SCREEN])
            options = launch_options(lane.without(self.without) if self.without else lane)
            if self.display:
                options |= {"headless": False, "env": {**os.environ, "DISPLAY": self.display}}
            engine = self._playwright[self.engine]
            self._context = engine.launch_persistent_context(str(self._folder), **options)
            self._context.set_default_timeout(TIMEOUT)
            self._context.expose_function("tell", self._hear)
        self.told.clear()
        self.page: Page = self._context.new_page()
        self.page.goto(f"{self._site}/harness/{self.engine}")
        self.page.evaluate(START)
        self.alive, self._devtools = True, None

    def tidy(self) -> None:
        """Put the page in order for the next test."""
        self.run(TIDY)
        self.limit_disk()

    def limit_disk(self, *size: int) -> None:
        """Set the site's quota in Chromium to this many bytes; without a number, remove the limit."""
        quota = dict(zip(["quotaSize"], size, strict=False))
        origin = self.page.evaluate("location.origin")
        # Only the same session can remove a limit.
        browser = self._devtools = self._devtools or self.page.context.new_cdp_session(self.page)
        browser.send("Storage.overrideQuotaForOrigin", {"origin": origin, **quota})

    def _hear(self, what: str) -> None:
        self.told.setdefault(what, time.monotonic())

    def run(self, source: str) -> Any:
        """The JSON that a Python program prints at its end."""
        return self.page.evaluate("async (source) => JSON.parse(await python.runPythonAsync(source))", source)

    def begin(self, source: str) -> None:
        """Start a Python program."""
        self.page.evaluate(
            "(source) => { python.runPythonAsync(source).catch((error) => tell(`failed: ${error}`)); }",
            source,
        )

    def wait_for(self, what: str) -> None:
        end = time.monotonic() + TIMEOUT / 1000
        while what not in self.told:
            self.page.wait_for_timeout(5)
            failed = any(said.startswith("failed") for said in self.told)
            if failed or time.monotonic() > end:
                raise AssertionError(f"waited for {what!r}: {self.told}")

    def kill(self) -> None:
        """Kill the whole browser, as a power cut would."""
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.close()

    def crash(self) -> None:
        """Crash only the page."""
        self.alive = False
        with contextlib.suppress(Error):
            self.page.goto("chrome://crash")

    def _processes(self) -> Iterator[int]:
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.fsencode(self._folder) in (path / "cmdline").read_bytes():
                    yield int(path.name)

    def close(self) -> None:
        context, self._context, self.alive = self._context, None, False
        if context:
            with contextlib.suppress(Error):
                context.close()
