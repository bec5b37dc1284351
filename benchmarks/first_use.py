"""First use: from navigation until a click on Record is served, and how that time is spent.

Ours is the demo page. Theirs is the same page with a few lines of Python that record with the browser's own
MediaRecorder. Each round has a new context, so that nothing is cached. The button is clicked as soon as it
exists, the page keeps the click until its Python runs, and the click counts as served when `getUserMedia` is
called.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from playwright.sync_api import Browser

from .browser import ROOT, Bench, BenchmarkHandler, HarnessSite
from .row import Limit, Row

PLAIN = """
from pyodide.ffi import to_js
from pyscript import when, window


@when("click", "#record")
async def record():
    stream = await window.navigator.mediaDevices.getUserMedia(to_js({"audio": True}))
    window.recorder = window.MediaRecorder.new(stream)
    window.recorder.start()


if window.handOver():  # a press that the page kept
    await record()
"""

# `get_code` reads a module's code, from bytecode or by compiling. The remaining time runs the module.
WATCHED = """
import time
from zipimport import zipimporter
import js

def watch(method, name):
    original, depth = getattr(zipimporter, method), 0
    def watched(self, *arguments):
        nonlocal depth
        depth += 1
        begun = time.perf_counter()
        try:
            return original(self, *arguments)
        finally:
            depth -= 1
            if not depth:
                took = (time.perf_counter() - begun) * 1000
                setattr(js.stamps, name, getattr(js.stamps, name, 0) + took)
    setattr(zipimporter, method, watched)

watch("exec_module", "modules")
watch("get_code", "code")
"""

STAMPS = """
window.stamps = {};
const { getUserMedia } = MediaDevices.prototype;
MediaDevices.prototype.getUserMedia = function (...request) {
  stamps.served ??= performance.now();
  return getUserMedia.apply(this, request);
};
addEventListener("py:progress", ({ detail }) => { stamps[detail] ??= performance.now(); });
addEventListener("DOMContentLoaded", () => document.getElementById("record").click());
"""

SCRIPT = '<script type="py" src="py/demo/main.py" config="pyscript.toml"></script>'
EARLY = ' data-early="py/packed/demo.zip"'
SERVED = "() => window.stamps?.served && window.stamps"
PAGES = {"ours": "/", "theirs": "/plain.html"}


class PagesHandler(BenchmarkHandler):
    """Serves the demo page, the plain page and the instrumented page."""

    def do_GET(self) -> None:
        name = self.url_path.removeprefix("/")
        if name in VARIANTS:
            self._send(*VARIANTS[name])
        else:
            super().do_GET()


def variants() -> dict[str, tuple[str, bytes]]:
    page, settings = (ROOT / "index.html").read_text(), (ROOT / "pyscript.toml").read_text()
    main = (ROOT / "py" / "demo" / "main.py").read_text()
    if SCRIPT not in page or EARLY not in page:
        raise RuntimeError("index.html has changed: adapt the plain page")
    plain = SCRIPT.replace("py/demo/main.py", "plain.py").replace("pyscript.toml", "plain.toml")
    watched = SCRIPT.replace("py/demo/main.py", "watched.py")
    html, python, toml = "text/html; charset=utf-8", "text/x-python; charset=utf-8", "application/toml"
    return {
        "plain.html": (html, page.replace(SCRIPT, plain).replace(EARLY, "").encode()),
        "plain.toml": (toml, settings.partition("[files]")[0].encode()),
        "plain.py": (python, PLAIN.encode()),
        "watched.html": (html, page.replace(SCRIPT, watched).encode()),
        "watched.py": (python, (WATCHED + main).encode()),
    }


VARIANTS = variants()


def measure(bench: Bench) -> Iterator[Row]:
    site = HarnessSite(PagesHandler)
    try:
        for engine in bench.engines:
            yield from _measure(bench, site, engine)
    finally:
        site.close()


def _measure(bench: Bench, site: HarnessSite, engine: str) -> Iterator[Row]:
    rounds = 1 if bench.smoke else bench.rounds
    taken: dict[str, list[dict[str, float]]] = {side: [] for side in PAGES}
    watched: list[dict[str, float]] = []
    with bench.blank_page(engine) as page:
        browser = page.context.browser
        assert browser is not None
        order = list(PAGES.items())
        first = 0 if bench.smoke else -1  # -1 warms up the browser and the server
        for number in range(first, rounds):
            for side, path in order:
                stamps = use(browser, site.url + path)
                if number >= 0:
                    taken[side].append(stamps)
            if number >= 0 and number % 4 == 0:
                watched.append(use(browser, f"{site.url}/watched.html"))
            order.reverse()
    yield Row(
        f"first use, {engine.capitalize()}",
        "ms",
        tuple(stamps["served"] for stamps in taken["ours"]),
        tuple(stamps["served"] for stamps in taken["theirs"]),
        "PyScript without the library",
        Limit(times=1.03),
        parts={
            "the demo page": middle([parts(stamps) for stamps in watched]),
            "without the library": middle([parts(stamps) for stamps in taken["theirs"]]),
        },
    )


def use(browser: Browser, address: str) -> dict[str, float]:
    """Milliseconds since navigation, by PyScript's names of its stages, and milliseconds of our modules."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.add_init_script(STAMPS)
        page.goto(address, wait_until="commit")
        return page.wait_for_function(SERVED, timeout=120_000).json_value()
    finally:
        context.close()


def parts(stamps: dict[str, float]) -> dict[str, float]:
    """The time of one use, in parts."""
    runtime, ready = stamps["Loaded interpreter"], stamps["Loaded Pyodide"]
    code, modules = stamps.get("code", 0.0), stamps.get("modules", 0.0)
    return {
        "Pyodide and PyScript": runtime,
        "download and unpack": ready - runtime,
        "compile": code,
        "import": modules - code,
        "start": stamps["served"] - ready - modules,
    }


def middle(samples: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(sample[name] for sample in samples) for name in samples[0]}
