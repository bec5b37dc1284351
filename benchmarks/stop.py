"""`stop()` compared with the same promise in plain JavaScript, and whether the end of a recording is lost."""

from __future__ import annotations

from collections.abc import Iterator

from . import cycle
from .browser import Bench
from .row import Limit, Row

TIMES = 5
"""Times as many rounds as usual: Firefox takes between 1 and 13 ms on both sides."""

OURS = """
import asyncio, time
import js
from mediarecorder import MediaRecorder, Recording, media_devices

stream = await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240})
js.window.stream = stream.js

async def stop():
    recorder = MediaRecorder(stream)
    await recorder.start()
    await asyncio.sleep(moment())
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
  const recorder = new MediaRecorder(stream);
  const chunks = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const started = new Promise((resolve) => { recorder.onstart = resolve; });
  recorder.start();
  await started;
  await new Promise((resolve) => setTimeout(resolve, moment()));
  const begun = performance.now();
  await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
  window.recording = new Blob(chunks, { type: recorder.mimeType });
  return performance.now() - begun;
}"""


def measure(bench: Bench) -> Iterator[Row]:
    for engine in bench.engines:
        with bench.page(engine, source=cycle.MOMENTS + OURS) as page:
            page.evaluate(cycle.MOMENTS_IN_JS)
            sides = {"ours": "() => python.globals.get('stop')()", "theirs": THEIRS}
            name = engine.capitalize()
            limit = Limit(times=1.10, more=1)
            yield bench.compared(page, f"`stop()`, {name}", sides, "plain JavaScript", limit, times=TIMES)
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
