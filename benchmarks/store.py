"""How fast the store writes, against the same writes in plain JavaScript.

    .venv/bin/python benchmarks/store.py [--rounds 7] [--engine firefox]

Both sides run in one page, by turns. Each gets the chunks of some minutes at 2.5 Mbit/s, one for each second,
as fast as it takes them: at most 8 MB wait. In plain JavaScript a worker writes each chunk and flushes it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

from playwright.sync_api import sync_playwright  # noqa: E402

from bench.browsers import launch_options  # noqa: E402
from bench.lanes import CHROMIUM, FIREFOX  # noqa: E402
from bench.server import BenchHandler, BenchSite  # noqa: E402

LIMIT = 0.8

START = """async () => {
  const { loadPyodide } = await import("/node_modules/pyodide/pyodide.mjs");
  window.python = await loadPyodide();
  const bundle = await (await fetch("/bundle.zip")).arrayBuffer();
  python.unpackArchive(bundle, "zip", { extractDir: "/repository" });
  python.pyimport("sys").path.insert(0, "/repository/py");
  const noise = new Uint8Array(4 << 20);
  for (let at = 0; at < noise.length; at += 65536) crypto.getRandomValues(noise.subarray(at, at + 65536));
  window.chunk = (number, size) => {
    const at = (number * 4099) % (noise.length - size);
    return new Blob([noise.subarray(at, at + size)], { type: "video/webm" });
  };
  window.AHEAD = 8 << 20;
}"""
PLAIN = """async ({ count, size }) => {
  const worker = new Worker("/benchmarks/store.js");
  let [waiting, next] = [0, () => {}];
  let news = new Promise((resolve) => { next = resolve; });
  worker.onmessage = ({ data }) => {
    waiting -= data;
    next();
    news = new Promise((resolve) => { next = resolve; });
  };
  worker.postMessage("plain");
  await news;
  const begun = performance.now();
  for (let number = 0; number < count; number++) {
    const blob = chunk(number, size);
    waiting += size;
    worker.postMessage(blob);
    while (waiting > AHEAD) await news;
  }
  worker.postMessage(null);
  await new Promise((resolve) => { worker.onmessage = ({ data }) => data === null && resolve(); });
  const seconds = (performance.now() - begun) / 1000;
  worker.terminate();
  return count * size / seconds;
}"""
STORE = """
import time
import js
from mediarecorder import MediaRecorder, RecordingStore, media_devices

async def measure(count, size):
    async with await RecordingStore.open("benchmark") as store:
        await store.clear()
        with await media_devices.get_user_media(audio=True) as stream:
            recorder = MediaRecorder(stream, store=store)
            await recorder.start(3600)
            begun = time.perf_counter()
            for number in range(count):
                event = js.BlobEvent.new("dataavailable", data=js.chunk(number, size))
                recorder.js.dispatchEvent(event)
                if store.waiting > js.AHEAD:
                    await store.flush()
            recording = await recorder.stop()
            seconds = time.perf_counter() - begun
            assert recording.size > count * size
        await store.clear()
    return count * size / seconds

measure
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--chunks", type=int, default=600)
    options.add_argument("--size", type=int, default=2_500_000 // 8)
    options.add_argument("--engine", choices=["chromium", "firefox"], default="chromium")
    given = options.parse_args()
    lane = CHROMIUM if given.engine == "chromium" else FIREFOX
    work = {"count": given.chunks, "size": given.size}
    BenchHandler.public = (*BenchHandler.public, "benchmarks")
    site = BenchSite()
    with sync_playwright() as playwright:
        browser = playwright[lane.engine].launch(**launch_options(lane))
        page = browser.new_page()
        page.goto(f"{site.url}/bench/{given.engine}")
        page.evaluate(START)
        page.evaluate("async (source) => { window.measure = await python.runPythonAsync(source); }", STORE)
        rates: dict[str, list[float]] = {"plain": [], "store": []}
        for _ in range(given.rounds + 1):
            rates["plain"].append(page.evaluate(PLAIN, work))
            rates["store"].append(page.evaluate("({ count, size }) => measure(count, size)", work))
        browser.close()
    plain, store = (statistics.median(found[1:]) for found in rates.values())
    print(f"{given.engine}: plain JavaScript {plain / 1e6:.0f} MB/s, the store {store / 1e6:.0f} MB/s")
    print(f"ratio {store / plain:.2f} (limit {LIMIT})")
    return store / plain < LIMIT


if __name__ == "__main__":
    sys.exit(main())
