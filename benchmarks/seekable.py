"""`seekable()` of ten minutes against the same calls of mediabunny in plain JavaScript, and its memory.

    .venv/bin/python benchmarks/seekable.py [--rounds 20]

Both sides run in one page of Chromium, by turns. Memory is the page's JavaScript heap with all buffers, those
of WebAssembly among them, after garbage collections that are forced while the work goes on.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from bench.browsers import launch_options  # noqa: E402
from bench.lanes import CHROMIUM  # noqa: E402
from bench.server import BenchHandler, BenchSite  # noqa: E402

NAMES = ("seekable", "convert", "sample_blocks", "frames")
TIME_LIMIT = 1.15
MEMORY_LIMIT = 10_000_000  # bytes

START = """async () => {
  const { loadPyodide } = await import("/node_modules/pyodide/pyodide.mjs");
  window.python = await loadPyodide();
  const bundle = await (await fetch("/bundle.zip")).arrayBuffer();
  python.unpackArchive(bundle, "zip", { extractDir: "/repository" });
  ({ remux: window.remux } = await import("/benchmarks/remux.js"));
  await python.runPythonAsync(`
import sys
sys.path.insert(0, "/repository/py")
from mediarecorder import Recording, record
first = await record(20, video={"width": 640, "height": 480}, timeslice=1)

async def joined(minutes):
    return (await Recording.concat([first] * (3 * minutes))).blob

async def seekable(blob):
    recording = Recording(blob, "video/webm")
    made = await recording.seekable()
    assert made is not recording
    made.close()

async def convert(blob):
    (await Recording(blob, "video/webm").convert("wav")).close()

async def sample_blocks(blob):
    async for block in Recording(blob, "video/webm").sample_blocks(1):
        pass

async def frames(blob):
    async for frame in Recording(blob, "video/webm").frames(width=64):
        pass
  `);
  window.ours = (name, minutes) => python.globals.get(name)(files[minutes]);
  window.files = {};
}"""
MAKE = """async (minutes) => {
  files[minutes] = await remux(await python.globals.get("joined")(minutes), true);
  return files[minutes].size;
}"""
TIME = """async ([side, minutes]) => {
  const start = performance.now();
  await (side === "ours" ? ours("seekable", minutes) : remux(files[minutes]));
  return performance.now() - start;
}"""

# Whenever the page has a moment, all garbage is collected, and what is left is noted down.
WATCH = """async ([name, minutes]) => {
  const heaps = () => {
    gc();
    return performance.memory.usedJSHeapSize;
  };
  const before = heaps();
  let peak = 0;
  const timer = setInterval(() => { peak = Math.max(peak, heaps()); }, 10);
  const times = name === "seekable" ? 10 : 1;
  for (let time = 0; time < times; time++) await ours(name, minutes);
  clearInterval(timer);
  return [before, peak];
}"""


def main() -> int:
    parser = argparse.ArgumentParser(description="How long seekable() takes, and how much memory.")
    parser.add_argument("--rounds", type=int, default=20)
    rounds: int = parser.parse_args().rounds
    BenchHandler.public = (*BenchHandler.public, "benchmarks")
    site = BenchSite()
    with sync_playwright() as playwright:
        lane = CHROMIUM.plus(flags=["--js-flags=--expose-gc", "--enable-precise-memory-info"])
        browser = playwright.chromium.launch(**launch_options(lane))
        page = browser.new_page()
        page.goto(f"{site.url}/bench/chromium")
        page.evaluate(START)
        sizes = {minutes: page.evaluate(MAKE, minutes) for minutes in (1, 10)}
        print(
            "recordings:", ", ".join(f"{minutes} min, {size / 1e6:.1f} MB" for minutes, size in sizes.items())
        )
        ratio = measure_time(page, rounds)
        growth = max(
            measure_memory(page, name) for name in ("seekable", "convert", "sample_blocks", "frames")
        )
        browser.close()
    site.close()
    holds = ratio <= TIME_LIMIT and growth <= MEMORY_LIMIT
    print("holds" if holds else "DOES NOT HOLD")
    return 0 if holds else 1


def measure_time(page: Page, rounds: int) -> float:
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(rounds + 2):
        for side, taken in times.items():
            milliseconds = page.evaluate(TIME, [side, 10])
            if number >= 2:  # after warming up
                taken.append(milliseconds)
    ours, theirs = (statistics.median(taken) for taken in times.values())
    worst = [statistics.quantiles(taken, n=20)[-1] for taken in times.values()]
    print(
        f"10 minutes: {ours:.0f} ms (p95 {worst[0]:.0f}), plain JavaScript {theirs:.0f} ms "
        f"(p95 {worst[1]:.0f}), ratio {ours / theirs:.3f}, limit {TIME_LIMIT}"
    )
    return ours / theirs


def measure_memory(page: Page, name: str) -> float:
    peaks = {}
    for minutes in (1, 10):
        before, peaks[minutes] = page.evaluate(WATCH, [name, minutes])
        print(
            f"{name}, {minutes} min: {before / 1e6:.1f} MB before, "
            f"at most {peaks[minutes] / 1e6:.1f} MB during it"
        )
    growth = abs(peaks[10] - peaks[1])
    print(f"{name}: the peaks differ by {growth / 1e6:.1f} MB, limit {MEMORY_LIMIT / 1e6:.0f} MB")
    return growth


if __name__ == "__main__":
    sys.exit(main())
