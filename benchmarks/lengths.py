"""How the time and the memory of `seekable()` grow with the length of a file.

The files are as Chromium writes them, with clusters of unknown size, and are on disk, as a long take should
be. In the largest, an hour with 1.1 GB, the pictures are noise.

Memory is the page's JavaScript heap with all buffers, including those of WebAssembly, after garbage
collections that are forced during the work; and that of all processes of the browser, which hold its Blobs.
"""

from __future__ import annotations

from collections.abc import Iterator

from .browser import EXPOSED, Bench, watched_processes
from .row import Limit, Row
from .seekable import WATCH

LENGTHS = ((1, False), (10, False), (60, False), (60, True))
"""Minutes, and whether the pictures are noise."""
PROCESSES = "the largest amount during the work, less the smallest one before it"

START = """async () => {
  window.scene = await import("/benchmarks/peers/scene.js");
  window.microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  await python.runPythonAsync(`
import asyncio
from mediarecorder import MediaRecorder, MediaStream, Recording, record
first = await record(SECONDS, video={"width": 640, "height": 480}, timeslice=1)

async def noise(stream):
    recorder = MediaRecorder(MediaStream(stream), video_bits_per_second=2_500_000)
    await recorder.start(1)
    await asyncio.sleep(SECONDS)
    return await recorder.stop()

async def seekable(blob):
    recording = Recording(blob, "video/webm")
    made = await recording.seekable()
    assert made is not recording
    made.close()
  `);
  window.ours = (name) => python.globals.get(name)(grown);
}"""
# Minutes of what is shown here, or of noise, as one recording, in a file.
LENGTHEN = """async ([minutes, isNoise]) => {
  const noise = scene.noise(640, 480, microphone);
  const taken = isNoise ? await python.globals.get("noise")(noise.stream) : python.globals.get("first");
  noise.end();
  const seconds = await taken.measure();
  const times = Math.max(1, Math.round((60 * minutes) / seconds));
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle("grown", { create: true });
  const writable = await handle.createWritable();
  await writable.write(await scene.repeated(taken.blob, times, 1000 * seconds + 50));
  await writable.close();
  window.grown = await handle.getFile();
  globalThis.gc?.();
  return grown.size;
}"""
TIME = """async () => {
  const begun = performance.now();
  await ours("seekable");
  return performance.now() - begun;
}"""


def measure(bench: Bench) -> Iterator[Row]:
    source = f"SECONDS = {1 if bench.smoke else 20}"
    with bench.page(flags=EXPOSED, source=source, has_profile=True) as page:
        page.evaluate(START)
        least = 0.0
        for minutes, is_noise in ((0.1, False),) if bench.smoke else LENGTHS:
            size = page.evaluate(LENGTHEN, [minutes, is_noise])
            what = f"`seekable()` of {minutes:g} min{' of noise' if is_noise else ''}"
            taken = bench.samples(page, {"ours": TIME}, rounds=1 if bench.smoke else 5)
            yield Row(what, "ms", taken["ours"], note=f"{size / 1e6:,.0f} MB", group="growth")
            with watched_processes() as before:
                page.wait_for_timeout(1000)
            with watched_processes() as samples:
                peak = page.evaluate(WATCH, ["seekable", "", 3])
            least = least or peak
            limit = Limit(most=20)
            yield Row(f"{what}: memory", "MB", ((peak - least) / 1e6,), limit=limit, group="growth")
            if before and samples:
                grown = (max(samples) - min(before)) / 1e6
                what = f"{what}: memory of all processes"
                yield Row(what, "MB", (grown,), group="growth", note=PROCESSES)
