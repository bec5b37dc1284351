"""Growth with the work: `stop()` and memory after takes with more chunks.

Both sides record at the same time, each in its own browser, and are stopped one after the other. Chunks are
fired at a real recorder. Memory is the amount that the finished take holds after a garbage collection. The
data itself belongs to the browser and is in no heap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Page

from . import cycle
from .browser import Bench
from .row import Limit, Row

CHUNKS = (1, 10, 100, 600)
WARM_UP = 3
"""Rounds: the first takes of a page leave compiled code."""
LIMITS = {"ms": Limit(times=1.1, more=1), "kB": Limit(times=1.1, more=2)}

OURS = """
import time
import js
from mediarecorder import MediaRecorder, media_devices
from mediarecorder._recorder.sinks import JOINED
from pyodide.ffi import create_proxy

stream = await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240})
recorders, recordings = [], []

async def begin(timeslice):
    recorders.append(MediaRecorder(stream))
    js.window.recorder = recorders[-1].js
    await recorders[-1].start(timeslice)

async def end():
    begun = time.perf_counter()
    recordings.append(await recorders[0].stop())
    taken = (time.perf_counter() - begun) * 1000
    del recorders[0]
    js.window.recorder = None
    return taken

def drop():
    recordings.clear()

js.window.joined = JOINED
js.window.begin, js.window.end, js.window.drop = map(create_proxy, (begin, end, drop))
"""
PLAIN = """async () => {
  const request = { audio: true, video: { width: 320, height: 240 } };
  const stream = await navigator.mediaDevices.getUserMedia(request);
  const takes = [];
  const recordings = [];
  window.begin = async (timeslice) => {
    const [recorder, chunks] = [new MediaRecorder(stream), []];
    takes.push({ recorder, chunks });
    window.recorder = recorder;
    recorder.ondataavailable = ({ data }) => chunks.push(data);
    const started = new Promise((resolve) => { recorder.onstart = resolve; });
    recorder.start(timeslice * 1000);
    await started;
  };
  window.end = async () => {
    const begun = performance.now();
    const { recorder, chunks } = takes[0];
    await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
    const blob = new Blob(chunks, { type: recorder.mimeType });
    const taken = performance.now() - begun;
    recordings.push({ chunks, blob });
    takes.shift();
    window.recorder = null;
    return taken;
  };
  window.drop = () => { recordings.length = 0; };
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

Taken = dict[str, list[float]]


def measure(bench: Bench) -> Iterator[Row]:
    for engine in bench.engines:
        with both(bench, engine) as pages:
            for count in (1, 10) if bench.smoke else CHUNKS:
                many = f"{count:,} chunk{'s' if count > 1 else ''}"
                # (In Firefox, a few rounds say little about a millisecond: see cycle.py.)
                times = bench.rounds * (5 if engine == "firefox" and count < 600 else 1)
                yield from rows(pages, engine, many, times, fire(pages, count), LIMITS, warm_up=WARM_UP)


@contextmanager
def both(bench: Bench, engine: str) -> Iterator[dict[str, Page]]:
    """A page of each side, with the functions `begin`, `end` and `drop`."""
    with ExitStack() as stack:
        pages = {
            "ours": stack.enter_context(bench.page(engine, source=OURS)),
            "theirs": stack.enter_context(bench.blank_page(engine)),
        }
        pages["theirs"].goto(f"{bench.site.url}/harness/{engine}")
        pages["theirs"].evaluate(PLAIN)
        for page in pages.values():
            page.evaluate(cycle.MOMENTS_IN_JS)
        yield pages


def rows(
    pages: dict[str, Page],
    engine: str,
    much: str,
    rounds: int,
    record: Callable[[], None],
    limits: dict[str, Limit],
    *,
    warm_up: int = 0,
    at_once: int = 1,
) -> Iterator[Row]:
    """The time of `stop()`, and in Chromium the memory held, after `record`, which begins takes `at_once`."""
    latency: Taken = {side: [] for side in pages}
    held: Taken = {side: [] for side in pages}
    for number in range(-warm_up, rounds):
        for page in pages.values():
            page.evaluate("() => drop()")
        before = {side: memory(page) for side, page in pages.items()} if engine == "chromium" else {}
        fire(pages, 1)()  # the collector also discards compiled code
        for page in pages.values():
            page.evaluate("() => end()")
        for page in pages.values():
            page.evaluate("() => drop()")
        record()
        for take in range(number, number + at_once):
            for side, page in reversed(pages.items()) if take % 2 else pages.items():
                page.evaluate(WAIT)
                taken = page.evaluate("() => end()")
                if number >= 0:
                    latency[side].append(taken)
        for side in before if number >= 0 else ():
            held[side].append((memory(pages[side]) - before[side]) / at_once)
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
