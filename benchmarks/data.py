"""Reading a recording: its bytes, and its sound as samples."""

from __future__ import annotations

from collections.abc import Iterator

from .browser import Bench
from .row import Limit, Row

SIZE = 100_000_000
OURS = """
import time
import js
from mediarecorder import Recording, record

async def make(size, seconds):
    global large, sound
    large = Recording(js.Blob.new(js.Array.of(js.Uint8Array.new(size))), "video/webm")
    sound = await record(seconds, video=False)
    js.window.large, js.window.sound = large.blob, sound.blob

async def read():
    begun = time.perf_counter()
    data = await large.bytes()
    taken = (time.perf_counter() - begun) * 1000
    assert len(data) == large.size
    return taken

async def samples():
    begun = time.perf_counter()
    samples = await sound.samples()
    taken = (time.perf_counter() - begun) * 1000
    assert len(samples) > 0
    return taken
"""
READ = """async () => {
  const begun = performance.now();
  const data = new Uint8Array(await large.arrayBuffer());
  const copy = data.slice();
  const taken = performance.now() - begun;
  if (copy.length !== large.size) throw new Error();
  return taken;
}"""
SAMPLES = """async () => {
  const { samplesOf } = await import("/benchmarks/data.js");
  const begun = performance.now();
  const samples = await samplesOf(sound);
  const taken = performance.now() - begun;
  if (!samples.length) throw new Error();
  return taken;
}"""


def measure(bench: Bench) -> Iterator[Row]:
    for engine in bench.engines:
        with bench.page(engine, source=OURS) as page:
            size, seconds = (1_000_000, 1) if bench.smoke else (SIZE, 20)
            page.evaluate("([size, seconds]) => python.globals.get('make')(size, seconds)", [size, seconds])
            name = engine.capitalize()
            limit = Limit(times=1.15)
            what, against = f"`bytes()` of {size / 1e6:.0f} MB, {name}", "arrayBuffer() and one copy"
            sides = {"ours": "() => python.globals.get('read')()", "theirs": READ}
            yield bench.compared(page, what, sides, against, limit)
            what, against = f"`samples()` of {seconds} s, {name}", "the same decode in JavaScript"
            sides = {"ours": "() => python.globals.get('samples')()", "theirs": SAMPLES}
            yield bench.compared(page, what, sides, against, Limit(times=1.0))
