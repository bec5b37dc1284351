"""The browser of a benchmark: pages with Pyodide and the library, and samples taken in turn."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

from playwright.sync_api import Page, Playwright  # noqa: E402

from harness.browsers import launch_options  # noqa: E402
from harness.lanes import CHROMIUM, FIREFOX  # noqa: E402
from harness.server import HarnessHandler, HarnessSite  # noqa: E402

from .row import Limit, Row  # noqa: E402

LANES = {"chromium": CHROMIUM, "firefox": FIREFOX}
EXPOSED = ["--js-flags=--expose-gc", "--enable-precise-memory-info"]
"""Flags that let a page in Chromium collect its garbage and measure its memory exactly."""

START = """async () => {
  const { loadPyodide } = await import("/node_modules/pyodide/pyodide.mjs");
  window.python = await loadPyodide();
  const bundle = await (await fetch("/bundle.zip")).arrayBuffer();
  python.unpackArchive(bundle, "zip", { extractDir: "/repository" });
  python.pyimport("sys").path.insert(0, "/repository/py");
}"""


class BenchmarkHandler(HarnessHandler):
    """Serves the harness's files, and those of the benchmarks and of the peers."""

    public = (*HarnessHandler.public, "benchmarks", "build/peers")


class Bench:
    """The tools that every benchmark gets.

    Parameters
    ----------
    rounds
        Samples of each side, after the warm-up samples.
    smoke
        Whether to check only that everything runs: few rounds, small sizes.
    """

    def __init__(self, playwright: Playwright, rounds: int, smoke: bool = False) -> None:
        self._playwright = playwright
        self.rounds, self.smoke = rounds, smoke
        self.engines = ("chromium",) if smoke else ("chromium", "firefox")
        self.versions: dict[str, str] = {}
        self.site = HarnessSite(BenchmarkHandler)

    @contextmanager
    def page(
        self, engine: str = "chromium", flags: list[str] | None = None, source: str = ""
    ) -> Iterator[Page]:
        """A page with Pyodide in `python` and the library on its path, which has run `source`."""
        with self.blank_page(engine, flags) as page:
            self.start(page, engine, source)
            yield page

    def start(self, page: Page, engine: str = "chromium", source: str = "") -> None:
        """Prepare a blank page in the same way."""
        page.goto(f"{self.site.url}/harness/{engine}")
        page.evaluate(START)
        if source:
            page.evaluate("source => python.runPythonAsync(source)", source)

    @contextmanager
    def blank_page(self, engine: str = "chromium", flags: list[str] | None = None) -> Iterator[Page]:
        """A blank page of a new browser."""
        lane = LANES[engine].plus(flags=flags or [])
        browser = self._playwright[lane.engine].launch(**launch_options(lane))
        self.versions[engine] = browser.version
        try:
            yield browser.new_page()
        finally:
            browser.close()

    def samples(
        self, page: Page, sides: Mapping[str, str], argument: Any = None, *, rounds: int = 0, warm_up: int = 2
    ) -> dict[str, tuple[float, ...]]:
        """The results of each side's JavaScript, in turn; every other round reverses the order."""
        taken: dict[str, list[float]] = {side: [] for side in sides}
        order = list(sides.items())
        warm_up = min(warm_up, 1) if self.smoke else warm_up
        for number in range((rounds or self.rounds) + warm_up):
            for side, script in order:
                sample = page.evaluate(script, argument)
                if number >= warm_up:
                    taken[side].append(sample)
            order.reverse()
        return {side: tuple(samples) for side, samples in taken.items()}

    def compared(
        self,
        page: Page,
        what: str,
        sides: Mapping[str, str],
        against: str,
        limit: Limit,
        argument: Any = None,
    ) -> Row:
        """A row of milliseconds, from `sides["ours"]` and `sides["theirs"]`."""
        taken = self.samples(page, sides, argument)
        return Row(what, "ms", taken["ours"], taken["theirs"], against, limit)

    def close(self) -> None:
        self.site.close()


def all_heaps(page: Page) -> int:
    """Bytes of JavaScript in a Chromium page and its workers, and of WebAssembly, after a garbage collection.

    (Chromium answers at once with ``--enable-blink-features=ForceEagerMeasureMemory``.)
    """
    page.evaluate("() => { python.pyimport('gc').collect(); }")
    browser = page.context.new_cdp_session(page)
    browser.send("HeapProfiler.collectGarbage")
    browser.detach()
    script = """async () => {
      const { bytes } = await performance.measureUserAgentSpecificMemory();
      return bytes + python._module.HEAP8.length;
    }"""
    return int(page.evaluate(script))


def machine() -> str:
    """A short description of this machine."""
    processor = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        processor = f"{len(names)} × {names[0]}" if names else processor
    except OSError:
        pass
    return f"{platform.system()}, {processor}"
