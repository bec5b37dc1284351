"""The cost of the bridge to Python in a worker: a call compared with a bare BroadcastChannel, and `stop()`.

All sides run in one page. JavaScript and Python in a worker each measure a bare message with its answer, and
a call through the bridge. `await recorder.stop()` runs there and in the page's own Python.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import cycle
from .browser import Bench
from .row import Limit, Row

CALLS = 200

WORKER = """
addEventListener("message", async ({ data: { id, method, parameter } }) => {
  postMessage({ id, value: await worker[method](parameter) });
});
const worker = {
  async start({ channel, bare, root }) {
    const { loadPyodide } = await import(`${root}/node_modules/pyodide/pyodide.mjs`);
    const { asker } = await import(`${root}/benchmarks/bridge.js`);
    self.python = await loadPyodide();
    const bundle = await (await fetch(`${root}/bundle.zip`)).arrayBuffer();
    python.unpackArchive(bundle, "zip", { extractDir: "/repository" });
    self.askBare = asker(bare);
    await python.runPythonAsync(SOURCE);
    await python.globals.get("begin")(channel);
    self.meter = python.globals.get("js_meter");
    self.sides = {
      "JavaScript, bare": () => askBare(),
      "JavaScript, bridge": () => meter.read(),
    };
  },
  async time(side) {
    const start = performance.now();
    await sides[side]();
    return performance.now() - start;
  },
  // (Python measures the time itself, because a call from here would add its own.)
  timePython: (name) => python.globals.get("timed")(name),
  stop: () => python.globals.get("stop")(),
};
"""
SOURCE = """
import asyncio, sys, time
sys.path.insert(0, "/repository/py")
import js
import mediarecorder
from mediarecorder import MediaRecorder, media_devices
from mediarecorder._host.browser import page, realm, settle

async def begin(channel):
    global stream, js_meter
    if realm() == "worker":
        await mediarecorder.connect(channel)
    stream = await media_devices.get_user_media(audio=True)
    if realm() == "worker":
        js_meter = page().services.meter(stream.js, 0.005)
        await settle(js_meter, "begin", doing="levels")

async def bare():
    await settle(js.globalThis, "askBare", doing="ask")

async def call():
    await settle(js_meter, "read", doing="levels")

async def timed(name):
    start = time.perf_counter()
    await globals()[name]()
    return (time.perf_counter() - start) * 1000

async def stop():
    recorder = MediaRecorder(stream)
    await recorder.start()
    await asyncio.sleep(moment())
    start = time.perf_counter()
    await recorder.stop()
    return (time.perf_counter() - start) * 1000
"""
PAGE = """async ([source, script]) => {
  const { openChannel } = await import("/py/mediarecorder/js/page.js");
  const { answer } = await import("/benchmarks/bridge.js");
  await python.globals.get("begin")("");
  const bare = `bare-${crypto.randomUUID()}`;
  answer(bare);
  const text = `const SOURCE = ${JSON.stringify(source)};${script}`;
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(address, { type: "module" });
  const waiting = new Map();
  worker.onmessage = ({ data: { id, value } }) => waiting.get(id)(value);
  let last = 0;
  window.ask = (method, parameter) => new Promise((resolve) => {
    waiting.set(++last, resolve);
    worker.postMessage({ id: last, method, parameter });
  });
  await ask("start", { channel: openChannel(), bare, root: location.origin });
}"""


SIDES = {
    "JavaScript, bare": "() => ask('time', 'JavaScript, bare')",
    "JavaScript, bridge": "() => ask('time', 'JavaScript, bridge')",
    "Python, bare": "() => ask('timePython', 'bare')",
    "Python, bridge": "() => ask('timePython', 'call')",
}
STOPS = {"page": "() => python.globals.get('stop')()", "worker": "() => ask('stop')"}


def measure(bench: Bench) -> Iterator[Row]:
    source = cycle.MOMENTS + SOURCE
    for engine in bench.engines:
        with bench.page(engine, source=source) as page:
            page.evaluate(PAGE, [source, WORKER])
            name = engine.capitalize()
            taken = bench.samples(page, SIDES, rounds=2 if bench.smoke else CALLS, warm_up=20)
            for language in ("JavaScript", "Python"):
                yield Row(
                    f"a call of the bridge from {language}, {name}",
                    "ms",
                    taken[f"{language}, bridge"],
                    taken[f"{language}, bare"],
                    "bare BroadcastChannel",
                    Limit(times=1.5),
                )
            taken = bench.samples(page, STOPS)
            yield Row(
                f"`stop()` in a worker, {name}",
                "ms",
                taken["worker"],
                taken["page"],
                "in the page",
                Limit(more=5),
            )
