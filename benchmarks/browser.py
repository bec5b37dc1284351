"""The browser of a benchmark: pages with Pyodide and the library, and samples taken in turn."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

from playwright.sync_api import Browser, Page, Playwright  # noqa: E402

from harness.browsers import launch_options  # noqa: E402
from harness.lanes import CHROMIUM, FIREFOX  # noqa: E402
from harness.server import HarnessHandler, HarnessSite  # noqa: E402

from .row import Limit, Row  # noqa: E402

LANES = {"chromium": CHROMIUM, "firefox": FIREFOX}
EXPOSED = ["--js-flags=--expose-gc", "--enable-precise-memory-info"]
"""Flags that let a page in Chromium collect its garbage and measure its memory exactly."""
AT_ONCE = ["--enable-blink-features=ForceEagerMeasureMemory"]
"""Flags that make Chromium measure memory immediately."""
QUICK = ["--js-flags=--expose-gc --liftoff-only", *EXPOSED[1:], *AT_ONCE]
"""All these flags, for pages that do not live long enough to gain from compiling twice."""

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
        Whether to check only that everything runs: few rounds, small sizes, one browser, and one page with
        Python.
    """

    def __init__(self, playwright: Playwright, rounds: int, smoke: bool = False) -> None:
        self._playwright = playwright
        self.rounds, self.smoke = rounds, smoke
        self.engines = ("chromium",) if smoke else ("chromium", "firefox")
        self.versions: dict[str, str] = {}
        self.site = HarnessSite(BenchmarkHandler)

    @contextmanager
    def page(
        self,
        engine: str = "chromium",
        flags: list[str] | None = None,
        source: str = "",
        *,
        has_profile: bool = False,
    ) -> Iterator[Page]:
        """A page with Pyodide in `python` and the library on its path, which has run `source`."""
        if self.smoke:
            self._run(self._shared_page, source)
            yield self._shared_page
        else:
            with self.blank_page(engine, flags, has_profile=has_profile) as page:
                self._start(page, engine)
                self._run(page, source)
                yield page

    def _start(self, page: Page, engine: str) -> None:
        page.goto(f"{self.site.url}/harness/{engine}")
        page.evaluate(START)

    def _run(self, page: Page, source: str) -> None:
        if source:
            page.evaluate("source => python.runPythonAsync(source)", source)

    @cached_property
    def _shared_browser(self) -> Browser:
        return self._launch("chromium", QUICK)

    @cached_property
    def _shared_page(self) -> Page:
        page = self._shared_browser.new_page()
        self._start(page, "chromium")
        return page

    @contextmanager
    def blank_page(
        self, engine: str = "chromium", flags: list[str] | None = None, *, has_profile: bool = False
    ) -> Iterator[Page]:
        """A blank page of a new browser.

        Parameters
        ----------
        has_profile
            Whether it is a normal window of Chromium, with a profile on disk. Other pages are in a private
            window, which keeps all files and Blobs in memory, and at most 2 GB of Blobs.
        """
        if has_profile and not self.smoke:
            with self._page_with_profile(engine, flags or []) as page:
                yield page
            return
        browser = self._shared_browser if self.smoke else self._launch(engine, flags or [])
        page = browser.new_page()
        try:
            yield page
        finally:
            if self.smoke:
                page.context.close()
            else:
                browser.close()

    @contextmanager
    def _page_with_profile(self, engine: str, flags: list[str]) -> Iterator[Page]:
        lane = LANES[engine].plus(flags=flags)
        with TemporaryDirectory() as profile:
            start = self._playwright[lane.engine].launch_persistent_context
            context = start(profile, **launch_options(lane))
            try:
                [page] = context.pages
                product = context.new_cdp_session(page).send("Browser.getVersion")["product"]
                self.versions[engine] = product.partition("/")[2]
                yield page
            finally:
                context.close()

    def _launch(self, engine: str, flags: list[str]) -> Browser:
        lane = LANES[engine].plus(flags=flags)
        browser = self._playwright[lane.engine].launch(**launch_options(lane))
        self.versions[engine] = browser.version
        return browser

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
        *,
        times: int = 1,
    ) -> Row:
        """A row of milliseconds, from `sides["ours"]` and `sides["theirs"]`, in `times` the usual rounds."""
        rounds = self.rounds * (1 if self.smoke else times)
        taken = self.samples(page, sides, argument, rounds=rounds)
        return Row(what, "ms", taken["ours"], taken["theirs"], against, limit)

    def close(self) -> None:
        if "_shared_browser" in self.__dict__:
            self._shared_browser.close()
        self.site.close()


def all_heaps(page: Page) -> int:
    """Bytes of JavaScript in a Chromium page and its workers, and of WebAssembly, after a garbage collection.

    (Chromium answers at once with the flags `AT_ONCE`.)
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


@contextmanager
def watched_processes() -> Iterator[list[int]]:
    """Bytes in the memory of all browsers, sampled meanwhile. The list is empty where there is no /proc."""
    samples: list[int] = []
    over = Event()

    def watch() -> None:
        while not over.wait(0.1):
            samples.append(sum(map(_memory_of, _descendants(os.getpid()))))

    thread = Thread(target=watch)
    if Path("/proc/self/smaps_rollup").exists():
        thread.start()
    try:
        yield samples
    finally:
        over.set()
        if thread.is_alive():
            thread.join()


def _descendants(process: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
        children.setdefault(parent, []).append(int(folder.name))
    found = [process]
    for each in found:
        found += children.get(each, [])
    return found[1:]


def _memory_of(process: int) -> int:
    """Bytes of one process, with its share of the memory that several use."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


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
