"""The wheel in a page, as a user installs it: the files that it loads, and when."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from harness.lanes import firefox_in_soak
from harness.places import ROOT

# Logs all scripts that the page gets, from any source.
SCRIPTS = """
window.scripts = [];
const append = Element.prototype.append;
Element.prototype.append = function (...nodes) {
  scripts.push(...nodes.filter((node) => node.localName === "script").map((node) => node.src));
  append.apply(this, nodes);
};
"""
START = """async () => {
  const { loadPyodide } = await import("/node_modules/pyodide/pyodide.mjs");
  window.python = await loadPyodide();
  const wheel = await (await fetch("/mediarecorder.whl")).arrayBuffer();
  python.unpackArchive(wheel, "wheel");
  python.runPython(`
import sys
opened = []
sys.addaudithook(lambda name, what: opened.append(str(what[0])) if name == "open" else None)
`);
}"""
ENGINE = """() => ({
  media: globalThis[Symbol.for("mediarecorder.media")] !== undefined,
  mp3: globalThis[Symbol.for("mediarecorder.mp3")] !== undefined,
  scripts: scripts.length,
  files: python.runPython('[name.split("/")[-1] for name in opened if name.endswith(".js")]').toJs(),
})"""
PLAIN_PATH = """
from mediarecorder import MediaRecorder, media_devices, record

stream = await media_devices.get_user_media(audio=True, video=True)
recorder = MediaRecorder(stream)
recorder.start(0.1)
await recorder.request_data()
await recorder.pause()
await recorder.resume()
recording = await recorder.stop()
assert [await chunk.bytes() for chunk in recording.chunks]
assert recording.url.startswith("blob:")
parts = [part async for part in recording.iter_bytes(1000)]
assert b"".join(parts) == await recording.bytes()
await recording.write_to("/tmp/take.webm")
recording.close()
stream.stop()
recording = await record(0.6, video=True, timeslice=0.1)
recording.size
"""

PICKER = """() => {
  window.showSaveFilePicker = async ({ suggestedName }) => {
    window.wasActive = navigator.userActivation.isActive;
    const folder = await navigator.storage.getDirectory();
    return folder.getFileHandle(suggestedName, { create: true });
  };
}"""
SAVE_ON_CLICK = """
import js
from pyodide.ffi import create_proxy

def save(event):
    global saving
    saving = recording.save("chosen", pick=True)

button = js.document.createElement("button")
button.textContent = "Save"
button.addEventListener("click", create_proxy(save))
js.document.body.append(button)
"""

PAGE_SERVICES = """
import json
import js
from mediarecorder import MediaError, MediaStream, media_devices, mix, record

said = {}
async def attempt(name, call):
    try:
        await call()
        said[name] = "done"
    except MediaError as error:
        said[name] = f"{error.name}: {error}"

recording = await record(0.3)
with await media_devices.get_user_media(audio=True, video=True) as stream:
    both = MediaStream(stream.audio_tracks), MediaStream(stream.clone().audio_tracks)
    await attempt("photo", stream.take_photo)
    await attempt("levels", stream.levels().__anext__)
    await attempt("blocks", lambda: stream.blocks().__anext__())
    await attempt("mix", lambda: mix(*both))
    await attempt("save", lambda: recording.save("take"))
both[1].stop()
json.dumps(said)
"""

SHOW_PREVIEW = """
stream = await media_devices.get_user_media(video=True)
stream.show_in(js.document.body)
"""

FROM_BESIDE_THE_WHEEL = """
from pathlib import Path

import mediarecorder
from pyodide.http import pyfetch

for codec, given in (("flac", {"format": "flac"}), ("aac", {"format": "mp4", "audio": "aac"})):
    try:
        await recording.convert(**given)
    except mediarecorder.NotSupportedError as error:
        assert f"{codec}.js" in str(error) and "next to the wheel" in str(error), error
    else:
        raise AssertionError(f"the wheel has the encoder of {codec}")
    file = Path(mediarecorder.__file__).parent / "js" / f"{codec}.js"
    file.write_bytes(await (await pyfetch(f"/{codec}.js")).bytes())
    made = await recording.convert(**given)
    assert {"flac": "flac", "aac": "mp4a"}[codec] in made.mime_type
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    [path] = folder.glob("*.whl")
    return path.read_bytes()


@pytest.fixture
def installed(launch: Callable[..., Page], engine: str, site: str, wheel: bytes) -> Page:
    """A page whose Python has the wheel."""
    page = launch(engine)
    page.add_init_script(SCRIPTS)
    page.route(
        "**/mediarecorder.whl", lambda route: route.fulfill(body=wheel, content_type="application/zip")
    )
    js = ROOT / "py/mediarecorder/js"
    page.route("**/aac.js", lambda route: route.fulfill(path=js / "aac.js"))
    page.route("**/flac.js", lambda route: route.fulfill(path=js / "flac.js"))
    page.goto(f"{site}/harness/chromium")
    page.evaluate(START)
    return page


def run(page: Page, source: str) -> Any:
    return json.loads(
        page.evaluate("async (source) => JSON.stringify(await python.runPythonAsync(source) ?? null)", source)
    )


@firefox_in_soak
@pytest.mark.thorough
def test_recording_does_not_load_the_media_engine(installed: Page) -> None:
    asked: list[str] = []
    installed.on("request", lambda request: asked.append(request.url))
    assert run(installed, PLAIN_PATH) > 0
    assert installed.evaluate(ENGINE) == {"media": False, "mp3": False, "scripts": 0, "files": []}
    assert [address for address in asked if not address.startswith("blob:")] == []

    # The first call of a page service loads page.js, and keeps the user activation that a dialogue needs.
    installed.evaluate(PICKER)
    run(installed, SAVE_ON_CLICK)
    installed.get_by_role("button", name="Save").click()
    assert run(installed, "await saving") == "chosen.webm"
    assert installed.evaluate("wasActive")
    assert installed.evaluate(ENGINE) == {"media": False, "mp3": False, "scripts": 1, "files": ["page.js"]}

    run(installed, "seekable = await recording.seekable()")
    files = ["page.js", "media.js"]
    assert installed.evaluate(ENGINE) == {"media": True, "mp3": False, "scripts": 2, "files": files}
    run(installed, "mp3 = await recording.convert('mp3')")
    run(installed, "mp3 = await mp3.convert('mp3')")
    assert installed.evaluate(ENGINE) == {
        "media": True,
        "mp3": True,
        "scripts": 3,
        "files": [*files, "mp3.js"],
    }
    assert [address for address in asked if not address.startswith("blob:")] == []
    run(installed, FROM_BESIDE_THE_WHEEL)
    assert installed.locator("script[src^='blob:']").count() == 0


@pytest.mark.thorough
@firefox_in_soak
def test_page_may_load_the_engine_itself(installed: Page, site: str) -> None:
    """A Content-Security-Policy forbids ``blob:`` scripts."""
    installed.add_script_tag(url=f"{site}/py/mediarecorder/js/media.js", type="module")
    installed.wait_for_function("() => globalThis[Symbol.for('mediarecorder.media')]")
    run(
        installed,
        "from mediarecorder import record\nr = await record(0.4, timeslice=0.1)\nawait r.convert('wav')",
    )
    assert installed.evaluate(ENGINE)["files"] == []


@pytest.mark.thorough
@pytest.mark.parametrize("engine", ["chromium"])
@pytest.mark.console_errors
def test_load_failure_of_the_engine_says_what_to_do(
    launch: Callable[..., Page], engine: str, site: str, wheel: bytes
) -> None:
    page = launch(engine)
    page.add_init_script(SCRIPTS)

    def answer(route: Any) -> None:
        response = route.fetch()
        policy = "script-src 'self' 'wasm-unsafe-eval'"
        route.fulfill(response=response, headers={**response.headers, "content-security-policy": policy})

    page.route("**/harness/chromium", answer)
    page.route(
        "**/mediarecorder.whl", lambda route: route.fulfill(body=wheel, content_type="application/zip")
    )
    page.goto(f"{site}/harness/chromium")
    page.evaluate(START)
    said = run(
        page,
        """
from mediarecorder import NotSupportedError, record
recording = await record(0.4, timeslice=0.1)
try:
    await recording.convert("wav")
except NotSupportedError as error:
    said = str(error)
said
""",
    )
    assert "script-src blob:" in said
    assert "<script type=" in said

    # A page whose policy lacks blob: loads page.js by a tag.
    services = dict.fromkeys(("photo", "levels", "blocks", "mix", "save"), "done")
    said = json.loads(run(page, PAGE_SERVICES))
    assert list(said) == list(services)
    for error in said.values():
        assert error.startswith("NotSupportedError: ")
        assert '<script type="module" src="…/mediarecorder/js/page.js"></script>' in error
    page.add_script_tag(url=f"{site}/py/mediarecorder/js/page.js", type="module")
    page.wait_for_function("() => globalThis[Symbol.for('mediarecorder.page')]")
    assert json.loads(run(page, PAGE_SERVICES)) == services
    run(page, SHOW_PREVIEW)
    page.wait_for_function("() => document.querySelector('video')?.srcObject")
    run(page, "stream.stop()")


@pytest.mark.soak
@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_large_results_stay_on_disk_until_closed_or_page_gone(
    installed: Page, site: str, engine: str
) -> None:
    source = """
from mediarecorder import AudioSamples
loud = AudioSamples(bytes([128, 200, 60, 128]) * 6_000_000, 48000)
wav = await loud.to_recording("wav")
"""
    files = """async () => {
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle("mediarecorder-temporary", { create: true });
      return Array.fromAsync(folder.keys());
    }"""
    assert run(installed, source + "wav.size") == 48_000_044
    assert len(installed.evaluate(files)) == 1
    assert run(installed, "(await (await wav.convert('wav')).samples()).frames") == 24_000_000
    assert run(installed, "wav.duration") == pytest.approx(500)
    assert len(installed.evaluate(files)) == 2
    run(installed, "wav.close()")
    installed.wait_for_function(f"async () => (await ({files})()).length === 1")

    # A living page protects its files from the next page; a closed page does not.
    other = installed.context.new_page()
    other.goto(f"{site}/harness/chromium")
    other.add_script_tag(url=f"{site}/py/mediarecorder/js/media.js", type="module")
    other.wait_for_function("() => globalThis[Symbol.for('mediarecorder.media')]")
    other.wait_for_timeout(300)
    assert len(other.evaluate(files)) == 1
    installed.close()
    other.reload()
    other.add_script_tag(url=f"{site}/py/mediarecorder/js/media.js", type="module")
    other.wait_for_function(f"async () => (await ({files})()).length === 0")
