"""What the bridge costs Python in a worker: a call against a bare BroadcastChannel, and `stop()`.

    .venv/bin/python benchmarks/bridge.py [--rounds 200] [--engine firefox]

All sides run in one page, by turns: JavaScript and Python in a worker, each with a bare message and its
answer and with a call through the bridge; and `await recorder.stop()` there and in the page's own Python.
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
from bench.lanes import CHROMIUM, FIREFOX  # noqa: E402
from bench.server import BenchHandler, BenchSite  # noqa: E402

CALL_LIMIT = 1.5
STOP_LIMIT = 5.0  # milliseconds more than in the page
TAKES = 20

WORKER = """
addEventListener("message", async ({ data: { id, method, parameter } }) => {
  postMessage({ id, value: await worker[method](parameter) });
});
const worker = {
  async start({ channel, bare, root }) {
    const { loadPyodide } = await import(`${root}/node_modules/pyodide/pyodide.mjs`);
    const { asker } = await import(`${root}/benchmarks/bridge.js`);
    self.python = await loadPyodide();
    const bundle = await (await fetch(`${root}/bundle.zip`)).arrayBuffer();
    python.unpackArchive(bundle, "zip", { extractDir: "/repository" });
    self.askBare = asker(bare);
    await python.runPythonAsync(SOURCE);
    await python.globals.get("begin")(channel);
    self.meter = python.globals.get("js_meter");
    self.sides = {
      "JavaScript, bare": () => askBare(),
      "JavaScript, bridge": () => meter.read(),
    };
  },
  async time(side) {
    const start = performance.now();
    await sides[side]();
    return performance.now() - start;
  },
  // (Python takes the time itself: a call from here would add its own.)
  timePython: (name) => python.globals.get("timed")(name),
  stop: () => python.globals.get("stop")(),
};
"""
SOURCE = """
import asyncio, sys, time
sys.path.insert(0, "/repository/py")
import js
import mediarecorder
from mediarecorder import MediaRecorder, media_devices
from mediarecorder.browser import page, realm, settle

async def begin(channel):
    global stream, js_meter
    if realm() == "worker":
        await mediarecorder.connect(channel)
    stream = await media_devices.get_user_media(audio=True)
    if realm() == "worker":
        js_meter = await settle(page().services, "meter", stream.js, 0.005, doing="meter")

async def bare():
    await settle(js.globalThis, "askBare", doing="ask")

async def call():
    await settle(js_meter, "read", doing="levels")

async def timed(name):
    start = time.perf_counter()
    await globals()[name]()
    return (time.perf_counter() - start) * 1000

async def stop():
    recorder = MediaRecorder(stream)
    await recorder.start()
    await asyncio.sleep(0.3)
    start = time.perf_counter()
    await recorder.stop()
    return (time.perf_counter() - start) * 1000
"""
PAGE = """async ([source, script]) => {
  const { openChannel } = await import("/py/mediarecorder/js/page.js");
  const { answer } = await import("/benchmarks/bridge.js");
  const { loadPyodide } = await import("/node_modules/pyodide/pyodide.mjs");
  window.python = await loadPyodide();
  const bundle = await (await fetch("/bundle.zip")).arrayBuffer();
  python.unpackArchive(bundle, "zip", { extractDir: "/repository" });
  await python.runPythonAsync(source);
  await python.globals.get("begin")("");
  const bare = `bare-${crypto.randomUUID()}`;
  answer(bare);
  const text = `const SOURCE = ${JSON.stringify(source)};${script}`;
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(address, { type: "module" });
  const waiting = new Map();
  worker.onmessage = ({ data: { id, value } }) => waiting.get(id)(value);
  let last = 0;
  window.ask = (method, parameter) => new Promise((resolve) => {
    waiting.set(++last, resolve);
    worker.postMessage({ id: last, method, parameter });
  });
  await ask("start", { channel: openChannel(), bare, root: location.origin });
}"""


def main() -> int:
    parser = argparse.ArgumentParser(description="What the bridge costs.")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--engine", choices=["chromium", "firefox"], default="chromium")
    arguments = parser.parse_args()
    BenchHandler.public = (*BenchHandler.public, "benchmarks")
    site = BenchSite()
    with sync_playwright() as playwright:
        lane = CHROMIUM if arguments.engine == "chromium" else FIREFOX
        browser = playwright[lane.engine].launch(**launch_options(lane))
        page = browser.new_page()
        page.goto(f"{site.url}/bench/{arguments.engine}")
        page.evaluate(PAGE, [SOURCE, WORKER])
        holds = measure_calls(page, arguments.rounds)
        holds = measure_stop(page) and holds
        browser.close()
    site.close()
    print("holds" if holds else "DOES NOT HOLD")
    return 0 if holds else 1


def measure_calls(page: Page, rounds: int) -> bool:
    sides = {
        "JavaScript, bare": ["time", "JavaScript, bare"],
        "JavaScript, bridge": ["time", "JavaScript, bridge"],
        "Python, bare": ["timePython", "bare"],
        "Python, bridge": ["timePython", "call"],
    }
    times: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(rounds + 20):
        for side, request in sides.items():
            milliseconds = page.evaluate("request => ask(...request)", request)
            if number >= 20:  # after warming up
                times[side].append(milliseconds)
    holds = True
    for language in ("JavaScript", "Python"):
        bare, bridge = (times[f"{language}, {way}"] for way in ("bare", "bridge"))
        ratio = statistics.median(bridge) / statistics.median(bare)
        holds = holds and ratio <= CALL_LIMIT
        print(
            f"a call from {language}: {_said(bridge)}, a bare message and its answer {_said(bare)}, "
            f"ratio {ratio:.2f}, limit {CALL_LIMIT}"
        )
    return holds


def measure_stop(page: Page) -> bool:
    there: list[float] = []
    here: list[float] = []
    for number in range(TAKES + 2):
        for times, ask in ((here, "python.globals.get('stop')()"), (there, "ask('stop')")):
            milliseconds = page.evaluate(f"() => {ask}")
            if number >= 2:
                times.append(milliseconds)
    more = statistics.median(there) - statistics.median(here)
    print(
        f"stop(): in a worker {_said(there)}, in the page {_said(here)}, {more:+.1f} ms, limit {STOP_LIMIT:+}"
    )
    return more <= STOP_LIMIT


def _said(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} ms (p95 {statistics.quantiles(times, n=20)[-1]:.2f})"


if __name__ == "__main__":
    sys.exit(main())
