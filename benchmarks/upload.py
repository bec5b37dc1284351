"""Sending recordings to servers, compared with what a page would do without the library.

All servers are on this machine. `@tus/server` writes the uploads to disk; another one drops the forms. An
upload while recording is measured by what it costs `stop()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from .browser import Bench
from .row import Limit, Row

HOUR = 1_100_000_000
FORM = 200_000_000
"""Bytes."""

FILE = """async (size) => {
  const noise = new Uint8Array(4 << 20);
  for (let at = 0; at < noise.length; at += 65536) crypto.getRandomValues(noise.subarray(at, at + 65536));
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle("benchmark", { create: true });
  const writable = await handle.createWritable();
  for (let left = size; left > 0; left -= noise.length) await writable.write(noise.subarray(0, left));
  await writable.close();
  window.blob = (await handle.getFile()).slice(0, size, "video/webm");
}"""
OURS = """
import asyncio, js, time
from mediarecorder import MediaRecorder, Recording, RecordingStore, media_devices

async def upload(endpoint):
    begun = time.perf_counter()
    await Recording(js.blob, "video/webm").upload(endpoint)
    return js.blob.size / 1e6 / (time.perf_counter() - begun)

async def post(url):
    begun = time.perf_counter()
    await Recording(js.blob, "video/webm").post(url)
    return js.blob.size / 1e6 / (time.perf_counter() - begun)

async def stop(endpoint):
    recorder = MediaRecorder(stream, store=store, upload=endpoint or None)
    await recorder.start(0.1)
    while recorder.duration < 1.05:
        await asyncio.sleep(0.02)
    begun = time.perf_counter()
    recording = await recorder.stop()
    took = (time.perf_counter() - begun) * 1000
    if endpoint:
        await recording.uploaded
    await store.delete(recording.id)
    return took

stream = await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240})
store = await RecordingStore.open("benchmark")
"""
TUS = """endpoint => new Promise((resolve, reject) => {
  const begun = performance.now();
  const upload = new tus.Upload(blob, {
    endpoint,
    retryDelays: null,
    storeFingerprintForResuming: false,
    metadata: { filename: "hour.webm", filetype: blob.type },
    onError: reject,
    onSuccess: () => resolve(blob.size / 1000 / (performance.now() - begun)),
  });
  upload.start();
})"""
FETCH = """async (url) => {
  const begun = performance.now();
  const form = new FormData();
  form.append("file", blob, "take.webm");
  const response = await fetch(url, { method: "POST", body: form });
  await response.text();
  return blob.size / 1000 / (performance.now() - begun);
}"""


def measure(bench: Bench) -> Iterator[Row]:
    servers = bench.site.uploads
    servers.begin()
    direct = f"http://127.0.0.1:{servers.tus.port}/files"
    for engine in bench.engines:
        name = engine.capitalize()
        with bench.page(engine, source=OURS, has_profile=engine == "chromium") as page:
            # First: the disk would still be writing the files of the other rows.
            sides = {"ours": _ours("stop"), "theirs": "() => python.globals.get('stop')(undefined)"}
            limit = Limit(times=1.10, more=1)
            what = f"`stop()` of a take that is uploaded, {name}"
            yield bench.compared(
                page, what, sides, "the same without an upload", limit, servers.endpoint, times=5
            )
            page.add_script_tag(url="/node_modules/tus-js-client/dist/tus.min.js")
            size = HOUR // (100 if bench.smoke else 1)
            page.evaluate(FILE, size)
            sides = {"ours": _ours("upload"), "theirs": TUS}
            taken = bench.samples(page, sides, direct, rounds=min(bench.rounds, 5), warm_up=1)
            servers.empty()
            what = f"an upload of {size / 1e6:g} MB, {name}"
            limit = Limit(at_least=0.9)
            yield Row(
                what, "MB/s", taken["ours"], taken["theirs"], "tus-js-client", limit, more_is_better=True
            )
            size = FORM // (10 if bench.smoke else 1)
            page.evaluate(FILE, size)
            sides = {"ours": _ours("post"), "theirs": FETCH}
            taken = bench.samples(page, sides, f"{servers.receiver.url}/count")
            what = f"`post()` of {size / 1e6:g} MB, {name}"
            limit = Limit(at_least=0.95)
            yield Row(
                what,
                "MB/s",
                taken["ours"],
                taken["theirs"],
                "`fetch` with FormData",
                limit,
                more_is_better=True,
            )
            servers.empty()


def _ours(name: str) -> str:
    return f"argument => python.globals.get('{name}')(argument)"
