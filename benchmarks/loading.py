"""`import mediarecorder` compared with `loadPyodide()`, which runs before it in the same page.

The files are unpacked in between. `import mediarecorder` imports no further module; the second row is the
import that a program needs to record. Each round has its own context, so that the browser has compiled
nothing before.
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser

from .browser import Bench
from .row import Limit, Row

BOOT = """async () => {
  const { loadPyodide } = await import("/node_modules/pyodide/pyodide.mjs");
  const begun = performance.now();
  window.python = await loadPyodide();
  const taken = performance.now() - begun;
  const bundle = await (await fetch("/bundle.zip")).arrayBuffer();
  python.unpackArchive(bundle, "zip", { extractDir: "/repository" });
  python.pyimport("sys").path.insert(0, "/repository/py");
  return taken;
}"""
IMPORT = """(statement) => python.runPython(`
import time

begun = time.perf_counter()
${statement}
(time.perf_counter() - begun) * 1000
`)"""
STATEMENTS = {
    "`import mediarecorder`": "import mediarecorder",
    "`from mediarecorder import MediaRecorder, media_devices`": (
        "from mediarecorder import MediaRecorder, media_devices"
    ),
}

LIMITS = dict(zip(STATEMENTS, (0.005, 0.012), strict=True))


def measure(bench: Bench) -> Iterator[Row]:
    for engine in bench.engines:
        imports: dict[str, list[float]] = {name: [] for name in STATEMENTS}
        boots: dict[str, list[float]] = {name: [] for name in STATEMENTS}
        with bench.blank_page(engine) as page:
            browser = page.context.browser
            assert browser is not None
            first, rounds = (0, 1) if bench.smoke else (-1, bench.rounds)  # the first warms up the server
            for number in range(first, rounds):
                for name, statement in STATEMENTS.items():
                    boot, taken = load(browser, f"{bench.site.url}/harness/{engine}", statement)
                    if number >= 0:
                        boots[name].append(boot)
                        imports[name].append(taken)
        for name in STATEMENTS:
            ours, theirs = tuple(imports[name]), tuple(boots[name])
            yield Row(
                f"{name}, {engine.capitalize()}",
                "ms",
                ours,
                theirs,
                "`loadPyodide()`",
                Limit(times=LIMITS[name]),
            )


def load(browser: Browser, address: str, statement: str) -> tuple[float, float]:
    """Milliseconds of `loadPyodide()` and of the statement."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(address)
        return page.evaluate(BOOT), page.evaluate(IMPORT, statement)
    finally:
        context.close()
