"""`Recording.from_frames()` compared with the same work of mediabunny in plain JavaScript, and memory.

The pictures are in memory on both sides: red, green and blue for Python, and four bytes per pixel for
mediabunny, which takes no others. Mediabunny copies them once more, and the encoder's thread converts them to
the full range. Ours are converted in the page's thread to the limited range, so that all browsers encode the
same colours. Memory is as in seekable.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from .browser import EXPOSED, Bench
from .row import Limit, Row

WIDTH, HEIGHT, RATE = 640, 480, 30
DIFFERENT = 30
"""Pictures that repeat."""

START = f"""
import itertools
import sys
import js
sys.path.insert(0, "/repository/tests")
from harness.moving import picture
from mediarecorder import Recording
from pyodide.ffi import to_js

pictures = [
    memoryview(picture(number, {WIDTH}, {HEIGHT})).cast("B", [{HEIGHT}, {WIDTH}, 3])
    for number in range({DIFFERENT})
]

def rgbx(number):
    data = bytearray(4 * {WIDTH} * {HEIGHT})
    for channel in range(3):
        data[channel::4] = pictures[number].cast("B")[channel::3]
    return to_js(data)

js.pictures = js.Array.of(*map(rgbx, range({DIFFERENT})))

async def encode(count):
    made = await Recording.from_frames(itertools.islice(itertools.cycle(pictures), count), {RATE})
    assert abs(made.duration - count / {RATE}) < 0.001
    made.close()
"""
IMPORT = """async () => {
  ({ encode: window.encode } = await import("/benchmarks/from_frames.js"));
}"""
SIDES = {
    side: f"async (count) => {{ const begun = performance.now(); await {work}; "
    "return performance.now() - begun; }"
    for side, work in {
        "ours": "python.globals.get('encode')(count)",
        "theirs": f"encode(pictures, {WIDTH}, {HEIGHT}, {RATE}, count)",
    }.items()
}

# Whenever the page is idle, collect all garbage and note the remaining memory.
WATCH = """async (count) => {
  const heaps = () => {
    gc();
    return performance.memory.usedJSHeapSize;
  };
  let peak = 0;
  const timer = setInterval(() => { peak = Math.max(peak, heaps()); }, 10);
  await python.globals.get("encode")(count);
  clearInterval(timer);
  return peak;
}"""


def measure(bench: Bench) -> Iterator[Row]:
    seconds, rounds = (0.2, 2) if bench.smoke else (10, min(bench.rounds, 7))
    count = round(seconds * RATE)
    with bench.page(flags=EXPOSED, source=START) as page:
        page.evaluate(IMPORT)
        taken = bench.samples(page, SIDES, count, rounds=rounds, warm_up=1)
        what = f"`from_frames()` of {seconds:g} s, {WIDTH}x{HEIGHT} at {RATE}"
        limit = Limit(times=1.15)
        yield Row(what, "ms", taken["ours"], taken["theirs"], "mediabunny in JavaScript", limit)
        # (The first call frees what the calls before it have left.)
        _, short, long = (page.evaluate(WATCH, times * count) for times in (1, 1, 4))
        what = f"`from_frames()`: memory for {4 * seconds:g} s more than for {seconds:g} s"
        yield Row(what, "MB", ((long - short) / 1e6,), limit=Limit(most=10))
