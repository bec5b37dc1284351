"""`seekable()` of ten minutes compared with the same calls of mediabunny in plain JavaScript, and memory.

Memory is the page's JavaScript heap with all buffers, including those of WebAssembly, after garbage
collections that are forced during the work.
"""

from __future__ import annotations

from collections.abc import Iterator

from .browser import EXPOSED, Bench
from .row import Limit, Row

NAMES = ("seekable", "convert", "sample_blocks", "frames")

START = """async () => {
  ({ remux: window.remux } = await import("/benchmarks/remux.js"));
  await python.runPythonAsync(`
from mediarecorder import Recording, record
first = await record(SECONDS, video={"width": 640, "height": 480}, timeslice=1)

async def joined(seconds):
    return (await Recording.concat([first] * (seconds // SECONDS))).blob

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
  window.ours = (name, seconds) => python.globals.get(name)(files[seconds]);
  window.files = {};
}"""
MAKE = """async (seconds) => {
  files[seconds] = await remux(await python.globals.get("joined")(seconds), true);
  return files[seconds].size;
}"""
SIDES = {
    side: f"async (seconds) => {{ const begun = performance.now(); await {work}; "
    "return performance.now() - begun; }"
    for side, work in {"ours": "ours('seekable', seconds)", "theirs": "remux(files[seconds])"}.items()
}

# Whenever the page is idle, collect all garbage and note the remaining memory.
WATCH = """async ([name, seconds, times]) => {
  const heaps = () => {
    gc();
    return performance.memory.usedJSHeapSize;
  };
  let peak = 0;
  const timer = setInterval(() => { peak = Math.max(peak, heaps()); }, 10);
  for (let time = 0; time < times; time++) await ours(name, seconds);
  clearInterval(timer);
  return peak;
}"""


def measure(bench: Bench) -> Iterator[Row]:
    short, long = (1, 2) if bench.smoke else (60, 600)  # seconds
    with bench.page(flags=EXPOSED, source=f"SECONDS = {min(short, 20)}") as page:
        page.evaluate(START)
        for seconds in (short, long):
            page.evaluate(MAKE, seconds)
        what, limit = f"`seekable()` of {long // 60} min", Limit(times=1.15)
        yield bench.compared(page, what, SIDES, "mediabunny in JavaScript", limit, long)
        for name in NAMES:
            times = 10 if name == "seekable" and not bench.smoke else 1  # one run is too short to be sampled
            short_peak, long_peak = (page.evaluate(WATCH, [name, length, times]) for length in (short, long))
            grown = long_peak - short_peak
            what = f"`{name}()`: memory for {long} s more than for {short} s"
            yield Row(what, "MB", (grown / 1e6,), limit=Limit(most=10))
