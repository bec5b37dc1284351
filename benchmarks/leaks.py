"""Leaks of a thousand takes: proxies, listeners, object URLs and memory, after a garbage collection.

Every take has its own recorder with a handler, gets an object URL and is closed. The same takes in plain
JavaScript, in another page, show how much the browser keeps by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page

from .browser import Bench
from .row import Limit, Row

TAKES = 1000
WARM_UP = 50
"""Takes until all one-time objects exist and the engine has compiled its code."""
MEGABYTE = 1 << 20

# Pyodide registers each proxy of a Python object, and unregisters it when the proxy is destroyed.
COUNTERS = """
window.proxies = new Set();
const { register, unregister } = FinalizationRegistry.prototype;
FinalizationRegistry.prototype.register = function (target, held, token) {
  proxies.add(token);
  return register.call(this, target, held, token);
};
FinalizationRegistry.prototype.unregister = function (token) {
  proxies.delete(token);
  return unregister.call(this, token);
};
window.addresses = new Set();
const { createObjectURL, revokeObjectURL } = URL;
URL.createObjectURL = (object) => {
  const address = createObjectURL.call(URL, object);
  addresses.add(address);
  return address;
};
URL.revokeObjectURL = (address) => {
  addresses.delete(address);
  revokeObjectURL.call(URL, address);
};
"""
OURS = """
import gc
import js
from pyodide.ffi import create_proxy
from mediarecorder import MediaRecorder, media_devices

stream = await media_devices.get_user_media(audio=True)

async def takes(count):
    for _ in range(count):
        recorder = MediaRecorder(stream)
        recorder.on("dataavailable", lambda event: event.data.size)
        await recorder.start()  # resolves on the browser's `start`, when data exists
        with await recorder.stop() as recording:
            assert recording.url
    gc.collect()

js.window.takes = create_proxy(takes)  # made once, because a proxy for each call would be counted
"""
PLAIN = """async (count) => {
  window.stream ??= await navigator.mediaDevices.getUserMedia({ audio: true });
  for (let number = 0; number < count; number++) {
    const recorder = new MediaRecorder(stream);
    const chunks = [];
    recorder.ondataavailable = ({ data }) => chunks.push(data);
    const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
    const started = new Promise((resolve) => { recorder.onstart = resolve; });
    recorder.start();
    await started;
    recorder.stop();
    await stopped;
    URL.revokeObjectURL(URL.createObjectURL(new Blob(chunks, { type: recorder.mimeType })));
  }
}"""
SIDES = {"ours": "count => takes(count)", "theirs": PLAIN}


@dataclass
class Held:
    """The objects and memory that a page holds."""

    proxies: int
    listeners: int
    addresses: int
    heap: int
    assembly: int


def measure(bench: Bench) -> Iterator[Row]:
    count = 10 if bench.smoke else TAKES
    left = {side: leave(bench, script, count) for side, script in SIDES.items()}
    ours, theirs = left["ours"], left["theirs"]
    whole, plain = f"{count:,} takes: ", "plain JavaScript"
    for what, unit, attribute in (
        ("proxies left", "", "proxies"),
        ("listeners left", "", "listeners"),
        ("object URLs left", "", "addresses"),
    ):
        yield Row(
            whole + what,
            unit,
            (getattr(ours, attribute),),
            (getattr(theirs, attribute),),
            plain,
            Limit(most=0),
        )
    yield Row(
        f"{whole}JavaScript heap",
        "MB",
        (ours.heap / MEGABYTE,),
        (theirs.heap / MEGABYTE,),
        plain,
        Limit(most=1),
        note="after a forced garbage collection, compared with the heap before",
    )
    yield Row(f"{whole}WebAssembly memory", "MB", (ours.assembly / MEGABYTE,))


def leave(bench: Bench, script: str, count: int) -> Held:
    """The increase of the objects and memory that the page holds, after `count` takes."""
    with bench.page() as page:
        page.evaluate(COUNTERS)
        page.evaluate("source => python.runPythonAsync(source)", OURS)
        browser = page.context.new_cdp_session(page)
        page.evaluate(script, count if bench.smoke else WARM_UP)
        before = held(page, browser)
        page.evaluate(script, count)
        after = held(page, browser)
    return Held(
        after.proxies - before.proxies,
        after.listeners - before.listeners,
        after.addresses - before.addresses,
        after.heap - before.heap,
        after.assembly - before.assembly,
    )


def held(page: Page, browser: CDPSession) -> Held:
    # The end of a take may need another turn of the loop, and a collection may make more objects collectable.
    for _ in range(3):
        page.wait_for_timeout(300)
        browser.send("HeapProfiler.collectGarbage")
    return Held(
        page.evaluate("proxies.size"),
        browser.send("Memory.getDOMCounters")["jsEventListeners"],
        page.evaluate("addresses.size"),
        browser.send("Runtime.getHeapUsage")["usedSize"],
        page.evaluate("python._module.HEAP8.length"),
    )
