"""Live sound: how long after a block is complete Python has it, compared with JavaScript.

Both sides get the same messages of the same AudioWorklet. The JavaScript listener notes when each block
arrives in the page. A block is complete at a time of the audio's own clock, whose distance to the page's
clock is not known exactly. So the times count from the earliest arrival, and hide what both sides share.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page

from .browser import Bench
from .row import Limit, Row

BLOCKS = 300
LENGTHS = (0.01, 0.02)
SOURCE = """
import sys
sys.path.insert(0, "/repository/py")
import js
import mediarecorder
from mediarecorder import media_devices

async def listen(length, count):
    ends, times = [], []
    with await media_devices.get_user_media(audio=True) as stream:
        async for block in stream.blocks(length, channels=1):
            times.append(js.performance.timeOrigin + js.performance.now())
            ends.append((block.timestamp + block.duration) * 1000)
            assert not block.lost
            if len(ends) == count:
                break
    return js.Array.of(js.Array.of(*ends), js.Array.of(*times))
"""
LISTENER = """() => {
  const Own = window.AudioWorkletNode;
  window.heard = [];
  window.AudioWorkletNode = class extends Own {
    constructor(context, ...given) {
      super(context, ...given);
      this.port.addEventListener("message", ({ data }) => {
        const now = performance.timeOrigin + performance.now();
        if (data) heard.push([((data.start + data.block.length) / context.sampleRate) * 1000, now]);
      });
    }
  };
}"""
IN_PAGE = """async ([length, count]) => {
  heard.length = 0;
  const taken = await python.globals.get("listen")(length, count);
  return [taken.map((one) => Array.from(one)), heard];
}"""
WORKER = """
addEventListener("message", async ({ data: { channel, root, length, count } }) => {
  if (channel) {
    const { loadPyodide } = await import(`${root}/node_modules/pyodide/pyodide.mjs`);
    self.python = await loadPyodide();
    const bundle = await (await fetch(`${root}/bundle.zip`)).arrayBuffer();
    python.unpackArchive(bundle, "zip", { extractDir: "/repository" });
    await python.runPythonAsync(SOURCE);
    await python.runPythonAsync(`await mediarecorder.connect("${channel}")`);
    postMessage(0);
  } else {
    const taken = await python.globals.get("listen")(length, count);
    postMessage(taken.map((one) => Array.from(one)));
  }
});
"""
START_WORKER = """async ([source, script]) => {
  const { openChannel } = await import("/py/mediarecorder/js/page.js");
  const text = `const SOURCE = ${JSON.stringify(source)};${script}`;
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(address, { type: "module" });
  window.ask = (message) => new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(message);
  });
  await ask({ channel: openChannel(), root: location.origin });
}"""
IN_WORKER = """async ([length, count]) => {
  heard.length = 0;
  return [await ask({ length, count }), heard];
}"""
REALMS = {"the page": (IN_PAGE, 2), "a worker": (IN_WORKER, 5)}


def measure(bench: Bench) -> Iterator[Row]:
    # (Without a sound card, Firefox delivers no live sound.)
    with bench.page(source=SOURCE) as page:
        page.evaluate(LISTENER)
        page.evaluate(START_WORKER, [SOURCE, WORKER])
        for length in LENGTHS:
            for realm, (script, more) in REALMS.items():
                ours, theirs = _delays(page, script, length, 30 if bench.smoke else BLOCKS)
                yield Row(
                    f"a live block of {length * 1000:.0f} ms in Python in {realm}, Chromium",
                    "ms",
                    ours,
                    theirs,
                    "a JavaScript listener in the page",
                    Limit(times_plus=(1.3, more)),
                )


def _delays(
    page: Page, script: str, length: float, count: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    found: Any = page.evaluate(script, [length, count])
    (ends, times), heard = found
    first = min(time - end for end, time in heard)
    ours = [time - end - first for end, time in zip(ends, times, strict=True)]
    return _settled(ours), _settled([time - end - first for end, time in heard])


def _settled(delays: list[float]) -> tuple[float, ...]:
    """Without the first third, in which the browser starts its audio."""
    return tuple(delays[len(delays) // 3 :])
