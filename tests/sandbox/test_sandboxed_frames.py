"""Python in a frame with the attribute `sandbox`: without an origin, it has no files, locks or devices."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from harness.lanes import firefox_in_soak

TOP = """<!doctype html><title>Top</title>
<iframe sandbox="allow-scripts" allow="camera *; microphone *" src="/harness/chromium"></iframe>"""

START = """async (host) => {
  const { loadPyodide } = await import(`${host}/node_modules/pyodide/pyodide.mjs`);
  globalThis.python = await loadPyodide();
  const bundle = await fetch(`${host}/library.zip`);
  python.unpackArchive(await bundle.arrayBuffer(), "zip", { extractDir: "/bundle" });
  python.runPython("import sys; sys.path.insert(0, '/bundle/py')");
}"""

IN_THE_FRAME = """
import js, json
from mediarecorder import *

said = {}

async def attempt(name, call):
    try:
        await call()
        said[name] = "done"
    except MediaError as error:
        said[name] = f"{error.name}: {error}"

canvas = js.document.createElement("canvas")
context = canvas.getContext("2d")
context.fillRect(0, 0, 100, 100)
picture = MediaStream(canvas.captureStream(20))

async def mp3():
    sound = await AudioSamples(bytes(48000), 48000).to_recording("wav")
    assert (await (await sound.convert("mp3")).samples()).frames == 48000

async def on_the_canvas():
    context.fillStyle = "red"
    context.fillRect(0, 0, 100, 100)
    global recording
    recording = await record(0.6, stream=picture)

async def show():
    recording.show_in(js.document.getElementById("stage"))

await attempt("record", on_the_canvas)
await attempt("photo", picture.take_photo)
await attempt("seekable", lambda: recording.seekable())
await attempt("thumbnail", lambda: recording.thumbnail(0))
await attempt("mp3", mp3)
await attempt("show", show)
await attempt("microphone", lambda: record(1))
await attempt("camera", take_photo)
await attempt("store", RecordingStore.open)
await attempt("diagnose", diagnose)
picture.stop()
json.dumps(said)
"""

IN_A_WORKER = """
import json
from mediarecorder import *
said = {}
for name, call in {"connect": connect, "record": lambda: record(1), "store": RecordingStore.open}.items():
    try:
        await call()
    except MediaError as error:
        said[name] = f"{error.name}: {error}"
json.dumps(said)
"""

WORKER = """([host, start, source]) => {
  const script = `(${start})("${host}").then(() => python.runPythonAsync(${JSON.stringify(source)}))
    .then((said) => postMessage(said), (error) => postMessage(String(error)));`;
  // (In Chromium, a blob: module is cross-origin there.)
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(script)}`, { type: "module" });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(message);
  });
}"""


@pytest.mark.thorough
@firefox_in_soak
def test_errors_in_a_sandboxed_frame_say_so(launch: Callable[..., Page], engine: str, site: str) -> None:
    page = launch(engine)
    page.route("**/top", lambda route: route.fulfill(body=TOP, content_type="text/html"))
    page.goto(f"{site}/top")
    [frame] = page.main_frame.child_frames
    assert frame.evaluate("origin") == "null"
    frame.evaluate(START, site)
    said = json.loads(frame.evaluate("(source) => python.runPythonAsync(source)", IN_THE_FRAME))
    done = {"record", "photo", "seekable", "thumbnail", "mp3", "show", "diagnose"}
    assert {name for name, what in said.items() if what == "done"} == done, said
    refusal = {"chromium": "SecurityError", "firefox": "NotAllowedError"}[engine]
    for name, error in {"microphone": refusal, "camera": refusal, "store": "SecurityError"}.items():
        assert said[name].startswith(f"{error}: ")
        assert "allow-same-origin" in said[name]

    said = json.loads(frame.evaluate(WORKER, [site, START, IN_A_WORKER]))
    for name, error in {
        "connect": "PageUnavailableError",
        "record": "PageUnavailableError",
        "store": "SecurityError",
    }.items():
        assert said[name].startswith(f"{error}: ")
        assert "allow-same-origin" in said[name]
