"""`stop()` compared with the same promise in plain JavaScript, and whether the end of a recording is lost.

Firefox fires `stop` with the next cycle of its media graph. So both sides call `stop()` at moments that are
spread evenly over a cycle. With a fixed time after `start`, one side could always wait for a whole cycle, and
the other side not at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from .browser import Bench
from .row import Limit, Row

CYCLE = 512 / 44_100
"""Seconds between the cycles of Firefox's media graph, where the machine has no sound device."""
GOLDEN = 0.618034
"""Multiples of it, modulo 1, are spread evenly, however many there are."""

OURS = """
import asyncio, itertools, time
import js
from mediarecorder import MediaRecorder, Recording, media_devices

stream = await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240})
js.window.stream = stream.js
moments = itertools.count()

async def stop():
    recorder = MediaRecorder(stream)
    await recorder.start()
    await asyncio.sleep(0.3 + next(moments) * GOLDEN % 1 * CYCLE)
    begun = time.perf_counter()
    await recorder.stop()
    return (time.perf_counter() - begun) * 1000

async def lost():
    recorder = MediaRecorder(stream)
    delivered = js.Array.new()
    recorder.js.addEventListener("dataavailable", delivered.push.bind(delivered))
    await recorder.start(0.2)
    await asyncio.sleep(0.5)
    recording = await recorder.stop()
    await asyncio.sleep(1)  # wait for late data
    whole = js.Blob.new(delivered.map(js.eval("event => event.data")))
    length = await Recording(whole, recording.mime_type).measure()
    return [whole.size - recording.size, 1000 * (length - await recording.measure())]
"""
THEIRS = """async () => {
  window.moments = (window.moments ?? -1) + 1;
  const recorder = new MediaRecorder(stream);
  const chunks = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const started = new Promise((resolve) => { recorder.onstart = resolve; });
  recorder.start();
  await started;
  await new Promise((resolve) => setTimeout(resolve, 300 + ((moments * GOLDEN) % 1) * CYCLE * 1000));
  const begun = performance.now();
  await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
  window.recording = new Blob(chunks, { type: recorder.mimeType });
  return performance.now() - begun;
}"""


def measure(bench: Bench) -> Iterator[Row]:
    for engine in bench.engines:
        with bench.page(engine, source=f"CYCLE, GOLDEN = {CYCLE}, {GOLDEN}\n{OURS}") as page:
            page.evaluate("numbers => { [window.CYCLE, window.GOLDEN] = numbers; }", [CYCLE, GOLDEN])
            sides = {"ours": "() => python.globals.get('stop')()", "theirs": THEIRS}
            name = engine.capitalize()
            limit = Limit(times=1.10, more=1)
            yield bench.compared(page, f"`stop()`, {name}", sides, "plain JavaScript", limit)
            lost = [
                page.evaluate("async () => (await python.globals.get('lost')()).toJs()")
                for _ in range(1 if bench.smoke else 20)
            ]
            sizes, lengths = (tuple(map(abs, values)) for values in zip(*lost, strict=True))
            most = (max(sizes),)
            yield Row(
                f"tail lost at stop, {name}", "bytes", most, against="the browser's data", limit=Limit(most=0)
            )
            most = (max(lengths),)
            yield Row(
                f"tail lost at stop, {name}", "ms", most, against="the browser's data", limit=Limit(most=0)
            )
