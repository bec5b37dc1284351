"""The store's write speed, compared with plain JavaScript, and the memory in use after one hour.

Each side gets chunks at 2.5 Mbit/s, one for each second, as fast as it accepts them: at most 8 MB wait.
In plain JavaScript a worker writes each chunk and flushes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from .browser import AT_ONCE, Bench, all_heaps
from .row import Limit, Row

SECOND = 2_500_000 // 8
"""Bytes."""

START = """() => {
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
            if recorder.state == "inactive":
                await recorder.finished  # raises the error that ended it
            recording = await recorder.stop()
            seconds = time.perf_counter() - begun
            assert recording.size > count * size
        await store.clear()
    return count * size / seconds

measure
"""


def measure(bench: Bench) -> Iterator[Row]:
    for engine in bench.engines:
        with bench.page(engine, AT_ONCE if engine == "chromium" else []) as page:
            page.evaluate(START)
            page.evaluate(
                "async (source) => { window.measure = await python.runPythonAsync(source); }", STORE
            )
            ours, theirs = "({ count, size }) => measure(count, size)", PLAIN
            work = {"count": 20 if bench.smoke else 600, "size": SECOND}
            taken = bench.samples(page, {"ours": ours, "theirs": theirs}, work)
            yield Row(
                f"writing into the store, {engine.capitalize()}",
                "MB/s",
                tuple(rate / 1e6 for rate in taken["ours"]),
                tuple(rate / 1e6 for rate in taken["theirs"]),
                "plain JavaScript",
                Limit(at_least=0.8),
                more_is_better=True,
            )
            if engine == "chromium":
                page.evaluate(ours, {"count": 60, "size": SECOND})
                before = all_heaps(page)
                page.evaluate(ours, {"count": 20 if bench.smoke else 3600, "size": SECOND})
                growth = all_heaps(page) - before
                yield Row("one hour into the store: all heaps", "MB", (growth / 1e6,), limit=Limit(most=20))
