"""Live sound and pictures in Python, compared with JavaScript, and the delay of a live effect.

Sound: how long after a block is complete each side has it.

Both sides get the same messages of the same AudioWorklet. The JavaScript listener notes when each block
arrives in the page. A block is complete at a time of the audio's own clock, whose distance to the page's
clock is not known exactly. So the times count from the earliest arrival, and hide what both sides share.

Effect: how much later a click is heard in the stream of `from_blocks()` than in the stream that Python reads
with `blocks()`. One AudioWorklet hears both.

Pictures: how many per second each side gets as bytes of red, green and blue, from a camera that makes 20.
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
PICTURES = """
import time

async def pictures(seconds):
    count, begun = 0, None
    video = {"width": 640, "height": 480}
    with await media_devices.get_user_media(video=video) as stream:
        async for frame in stream.frames(640):
            begun = begun or time.perf_counter()
            if (taken := time.perf_counter() - begun) > seconds:
                return count / taken
            count += 1
"""
PLAIN = """async (seconds) => {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  const [track] = stream.getTracks();
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  const context = new OffscreenCanvas(640, 480).getContext("2d", { willReadFrequently: true });
  let [count, begun] = [0, 0];
  for (;;) {
    const { value: frame } = await reader.read();
    context.drawImage(frame, 0, 0, 640, 480);
    frame.close();
    const { data } = context.getImageData(0, 0, 640, 480);
    const bytes = new Uint8Array(640 * 480 * 3);
    for (let at = 0, to = 0; at < data.length; at += 4, to += 3) {
      bytes[to] = data[at];
      bytes[to + 1] = data[at + 1];
      bytes[to + 2] = data[at + 2];
    }
    const now = performance.now();
    begun ||= now;
    if (now - begun > seconds * 1000) {
      track.stop();
      return (count / (now - begun)) * 1000;
    }
    count += 1;
  }
}"""
# The effect of docs/guide.md.
EFFECT = """
from array import array
from mediarecorder import MediaStream

async def half_as_loud(stream, length):
    async for block in stream.blocks(length, sample_rate=48000, channels=1):
        yield array("f", (0.5 * sample for sample in memoryview(block).cast("B").cast("f")))

async def effect(js_stream, length):
    fed = await MediaStream.from_blocks(half_as_loud(MediaStream(js_stream), length), 48000)
    return fed.js
"""
# Both streams take the same way into the worklet, so what is left is the way through Python.
CLICKS = """async ([length, count]) => {
  const sampleRate = 48000;
  const context = new AudioContext({ sampleRate });
  const buffer = new AudioBuffer({ length: sampleRate / 2, sampleRate });
  buffer.getChannelData(0).fill(0.9, 0, 48);
  const clicks = new AudioBufferSourceNode(context, { buffer, loop: true });
  const target = context.createMediaStreamDestination();
  clicks.connect(target);
  clicks.start();
  const changed = await python.globals.get("effect")(target.stream, length);
  const processor = `registerProcessor("clicks", class extends AudioWorkletProcessor {
    next = [0, 0];
    process(inputs) {
      inputs.forEach(([samples], input) => samples?.forEach((sample, at) => {
        if (Math.abs(sample) < 0.2 || currentFrame + at < this.next[input]) return;
        this.next[input] = currentFrame + at + sampleRate / 4;
        this.port.postMessage([input, ((currentFrame + at) / sampleRate) * 1000]);
      }));
      return true;
    }
  });`;
  const script = new Blob([processor], { type: "text/javascript" });
  await context.audioWorklet.addModule(URL.createObjectURL(script));
  const node = new AudioWorkletNode(context, "clicks", { numberOfInputs: 2 });
  [target.stream, changed].forEach((stream, input) => {
    context.createMediaStreamSource(stream).connect(node, 0, input);
  });
  node.connect(context.destination);
  const delays = await new Promise((resolve) => {
    const found = [];
    let heard;
    node.port.onmessage = ({ data: [input, time] }) => {
      if (!input) heard = time;
      else if (heard !== undefined) found.push(time - heard);
      if (found.length === count) resolve(found);
    };
  });
  for (const track of [...changed.getTracks(), ...target.stream.getTracks()]) track.stop();
  await context.close();
  return delays;
}"""
LISTENER = """() => {
  const Own = window.AudioWorkletNode;
  window.heard = [];
  window.AudioWorkletNode = class extends Own {
    constructor(context, ...given) {
      super(context, ...given);
      this.port.addEventListener("message", ({ data }) => {
        const now = performance.timeOrigin + performance.now();
        if (data?.block) heard.push([((data.start + data.block.length) / context.sampleRate) * 1000, now]);
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
        page.evaluate("source => python.runPythonAsync(source)", EFFECT)
        for length in LENGTHS:
            delays = page.evaluate(CLICKS, [length, 3 if bench.smoke else 24])
            what = f"a live effect in blocks of {length * 1000:.0f} ms: added delay, Chromium"
            yield Row(what, "ms", _settled(delays))
        page.evaluate("source => python.runPythonAsync(source)", PICTURES)
        sides = {"ours": "(seconds) => python.globals.get('pictures')(seconds)", "theirs": PLAIN}
        taken = bench.samples(
            page, sides, 0.5 if bench.smoke else 2, rounds=1 if bench.smoke else 5, warm_up=1
        )
        yield Row(
            "live pictures of 640 x 480, Chromium",
            "per second",
            taken["ours"],
            taken["theirs"],
            "the same loop in JavaScript",
            Limit(at_least=0.9),
            more_is_better=True,
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
