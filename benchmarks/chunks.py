"""The cost of a chunk in the page's thread: the page fires a thousand events at a real recorder."""

from __future__ import annotations

from collections.abc import Iterator

from .browser import Bench
from .row import Limit, Row

CHUNKS = 1000
OURS = """
import js
from mediarecorder import MediaRecorder, media_devices
from pyodide.ffi import create_proxy

stream = await media_devices.get_user_media(audio=True)
js.window.stream = stream.js

async def ours(listening, run):
    recorder = MediaRecorder(stream)
    seen = []
    if listening:
        recorder.on("dataavailable", lambda event: seen.append(event.data.size))
    await recorder.start(3600)
    taken = run(recorder.js)
    assert len(seen) == (js.COUNT if listening else 0)
    await recorder.stop()
    return taken

async def bare(run):
    seen = []
    handler = create_proxy(lambda event: seen.append(event.data.size))
    try:
        return await run(handler)
    finally:
        handler.destroy()
"""
RUN = """(count) => {
  window.COUNT = count;
  window.fire = (recorder) => {
    const data = new Blob([new Uint8Array(400)], { type: "audio/webm" });
    const begun = performance.now();
    for (let number = 0; number < COUNT; number++) {
      recorder.dispatchEvent(new BlobEvent("dataavailable", { data }));
    }
    return (performance.now() - begun) / COUNT;
  };
  window.plain = async (listen) => {
    const recorder = new MediaRecorder(stream);
    listen(recorder);
    const started = new Promise((resolve) => { recorder.onstart = resolve; });
    recorder.start(3600000);
    await started;
    const taken = fire(recorder);
    const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.stop();
    await stopped;
    return taken;
  };
}"""
SIDES = {
    "ours": "() => python.globals.get('ours')(false, fire)",
    "plain": "() => { const data = []; return plain((recorder) => {"
    " recorder.ondataavailable = (event) => data.push(event.data); }); }",
    "ours, listening": "() => python.globals.get('ours')(true, fire)",
    "bare proxy": "() => python.globals.get('bare')((handler) => plain((recorder) => {"
    " recorder.addEventListener('dataavailable', handler); }))",
}


def measure(bench: Bench) -> Iterator[Row]:
    for engine in bench.engines:
        with bench.page(engine, source=OURS) as page:
            page.evaluate(RUN, 50 if bench.smoke else CHUNKS)
            taken = bench.samples(page, SIDES, warm_up=5)
            name = engine.capitalize()
            yield Row(
                f"a chunk, nobody listening, {name}",
                "ms",
                taken["ours"],
                taken["plain"],
                "plain JavaScript handler",
                Limit(more=0.1),
            )
            yield Row(
                f"a chunk, one Python handler, {name}",
                "ms",
                taken["ours, listening"],
                taken["bare proxy"],
                "bare create_proxy handler",
                Limit(times=1.5),
            )
