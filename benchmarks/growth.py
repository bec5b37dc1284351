"""Growth with the work: `stop()` and memory after takes with more chunks, and after longer takes.

Both sides record at the same time, each in its own browser, and are stopped one after the other. Chunks are
fired at a real recorder; times are real, with a timeslice. Memory is the amount that the finished take holds
after a garbage collection. The data itself belongs to the browser and is in no heap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

from playwright.sync_api import Page

from . import cycle
from .browser import Bench
from .row import Limit, Row

CHUNKS = (1, 10, 100, 600)
LENGTHS = {"chromium": (1, 60, 600), "firefox": (1, 60)}
"""Seconds."""
TIMES = {1: 20, 60: 3, 600: 1}
"""Number of takes of each length."""

OURS = """
import time
import js
from mediarecorder import MediaRecorder, media_devices
from mediarecorder._recorder.sinks import JOINED
from pyodide.ffi import create_proxy

stream = await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240})
recorder = recording = None

async def begin(timeslice):
    global recorder, recording
    recorder, recording = MediaRecorder(stream), None
    js.window.recorder = recorder.js
    await recorder.start(timeslice)

async def end():
    global recorder, recording
    begun = time.perf_counter()
    recording = await recorder.stop()
    taken = (time.perf_counter() - begun) * 1000
    recorder = js.window.recorder = None
    return taken

def drop():
    global recording
    recording = None

js.window.joined = JOINED
js.window.begin, js.window.end, js.window.drop = map(create_proxy, (begin, end, drop))
"""
PLAIN = """async () => {
  const request = { audio: true, video: { width: 320, height: 240 } };
  const stream = await navigator.mediaDevices.getUserMedia(request);
  let chunks = [];
  window.begin = async (timeslice) => {
    window.recorder = new MediaRecorder(stream);
    window.recording = null;
    chunks = [];
    recorder.ondataavailable = ({ data }) => chunks.push(data);
    const started = new Promise((resolve) => { recorder.onstart = resolve; });
    recorder.start(timeslice * 1000);
    await started;
  };
  window.end = async () => {
    const begun = performance.now();
    await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
    window.recording = new Blob(chunks, { type: recorder.mimeType });
    const taken = performance.now() - begun;
    window.recorder = null;
    return taken;
  };
  window.drop = () => {
    window.recording = null;
    chunks = [];
  };
}"""
FIRE = """(count) => {
  for (let number = 0; number < count; number++) {
    const data = new Blob([new Uint8Array(400)], { type: recorder.mimeType });
    recorder.dispatchEvent(new BlobEvent("dataavailable", { data }));
  }
}"""
WAIT = "() => new Promise((resolve) => setTimeout(resolve, moment()))"
ENDLESS = 3600
TICK = 0.3
"""Seconds in which a take joins some chunks once. (In a real take, they arrive one after another.)"""
TIMESLICE = 0.7
"""Seconds. (If a take is stopped at the very end of a timeslice, Firefox delivers an empty chunk, and the
library then waits 40 ms for later data, however long the take is.)"""

Taken = dict[str, list[float]]


def measure(bench: Bench) -> Iterator[Row]:
    for engine in bench.engines:
        with ExitStack() as stack:
            pages = {
                "ours": stack.enter_context(bench.page(engine, source=OURS)),
                "theirs": stack.enter_context(bench.blank_page(engine)),
            }
            pages["theirs"].goto(f"{bench.site.url}/harness/{engine}")
            pages["theirs"].evaluate(PLAIN)
            for page in pages.values():
                page.evaluate(cycle.MOMENTS_IN_JS)
            for count in (1, 10) if bench.smoke else CHUNKS:
                many = f"{count:,} chunk{'s' if count > 1 else ''}"
                limits = {"ms": Limit(times=1.1, more=1), "kB": Limit(times=1.1, more=2)}
                yield from rows(pages, engine, many, bench.rounds, fire(pages, count), limits)
            for seconds in (0.3,) if bench.smoke else LENGTHS[engine]:
                times = TIMES.get(seconds, 1)
                long = f"{seconds:g} s" if seconds < 60 else f"{seconds / 60:g} min"
                limits = {"ms": Limit(times=1.1, more=1)} if engine == "chromium" else {}
                yield from rows(pages, engine, long, times, wait(pages, seconds), limits)


def rows(
    pages: dict[str, Page],
    engine: str,
    much: str,
    rounds: int,
    record: Callable[[], None],
    limits: dict[str, Limit],
) -> Iterator[Row]:
    """The time of `stop()`, and in Chromium the memory held, after `record`."""
    latency: Taken = {side: [] for side in pages}
    held: Taken = {side: [] for side in pages}
    for number in range(rounds):
        for page in pages.values():
            page.evaluate("() => drop()")
        before = {side: memory(page) for side, page in pages.items()} if engine == "chromium" else {}
        fire(pages, 1)()  # the collector also discards compiled code
        for page in pages.values():
            page.evaluate("() => end()")
        record()
        for side, page in reversed(pages.items()) if number % 2 else pages.items():
            page.evaluate(WAIT)
            latency[side].append(page.evaluate("() => end()"))
        for side in before:
            held[side].append(memory(pages[side]) - before[side])
    for what, unit, samples in (("`stop()` after", "ms", latency), ("held by a take of", "kB", held)):
        if samples["ours"]:
            yield Row(
                f"{what} {much}, {engine.capitalize()}",
                unit,
                tuple(samples["ours"]),
                tuple(samples["theirs"]),
                "plain JavaScript",
                limits.get(unit),
                group="growth",
            )


def fire(pages: dict[str, Page], count: int) -> Callable[[], None]:
    joined = pages["ours"].evaluate("joined")

    def record() -> None:
        for page in pages.values():
            page.evaluate("timeslice => begin(timeslice)", ENDLESS)
            page.evaluate(FIRE, count)
        page.wait_for_timeout(1000 * TICK * (count // joined))

    return record


def wait(pages: dict[str, Page], seconds: float) -> Callable[[], None]:
    def record() -> None:
        for page in pages.values():
            page.evaluate("timeslice => begin(timeslice)", TIMESLICE)
        page.wait_for_timeout(seconds * 1000)

    return record


def memory(page: Page) -> float:
    """Kilobytes of Chromium's JavaScript and of WebAssembly, after a garbage collection."""
    browser = page.context.new_cdp_session(page)
    page.wait_for_timeout(300)  # let the end of a take finish
    page.evaluate("() => { window.python?.runPython('import gc; gc.collect()'); }")
    for _ in range(2):
        browser.send("HeapProfiler.collectGarbage")
    heap = browser.send("Runtime.getHeapUsage")
    browser.detach()
    whole = heap["usedSize"] + heap.get("embedderHeapUsedSize", 0)
    return (whole + page.evaluate("window.python?._module.HEAP8.length ?? 0")) / 1024
