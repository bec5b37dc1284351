"""A loop with `cv2.VideoCapture.read()` compared with `async for frame in stream.frames()`.

Both loops get arrays of blue, green and red from a camera that makes 20 pictures a second. numpy exists for
Pyodide 0.27 only, so both run there.
"""

from __future__ import annotations

from collections.abc import Iterator

from .browser import Bench
from .row import Limit, Row

START = """async () => {
  const { loadPyodide } = await import("/node_modules/pyodide-0.27/pyodide.mjs");
  window.python = await loadPyodide();
  const zips = { "/bundle.zip": "/repository", "/build/numpy/numpy.whl": "/repository/py" };
  for (const [zip, extractDir] of Object.entries(zips)) {
    python.unpackArchive(await (await fetch(zip)).arrayBuffer(), "zip", { extractDir });
  }
  python.pyimport("sys").path.insert(0, "/repository/py");
}"""
SOURCE = """
import time
from mediarecorder import media_devices
from mediarecorder._desktop import opencv

opencv.install()
import cv2

def read(seconds):
    count, begun = 0, None
    with cv2.VideoCapture(0) as capture:
        capture.setExceptionMode(True)
        while True:
            ok, picture = capture.read()
            assert ok and picture.shape[2] == 3
            begun = begun or time.perf_counter()
            if (taken := time.perf_counter() - begun) > seconds:
                return count / taken
            count += 1

async def loop(seconds):
    count, begun = 0, None
    with await media_devices.get_user_media(video=True) as stream:
        async for frame in stream.frames(format="bgr"):
            begun = begun or time.perf_counter()
            if (taken := time.perf_counter() - begun) > seconds:
                return count / taken
            count += 1
"""


def measure(bench: Bench) -> Iterator[Row]:
    with bench.blank_page() as page:
        page.goto(f"{bench.site.url}/harness/chromium")
        page.evaluate(START)
        page.evaluate("source => python.runPythonAsync(source)", SOURCE)
        sides = {
            "ours": "(seconds) => python.globals.get('read').callPromising(seconds)",
            "theirs": "(seconds) => python.globals.get('loop')(seconds)",
        }
        seconds, rounds = (0.5, 1) if bench.smoke else (3, 5)
        taken = bench.samples(page, sides, seconds, rounds=rounds, warm_up=1)
        yield Row(
            "`cv2.VideoCapture.read()`, Chromium",
            "per second",
            taken["ours"],
            taken["theirs"],
            "`async for frame in stream.frames()`",
            Limit(at_least=0.8),
            more_is_better=True,
        )
