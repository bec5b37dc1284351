"""The time of a store's calls with 10 to 5000 takes in it. The takes are small recordings that were added."""

from __future__ import annotations

from collections.abc import Iterator

from .browser import Bench
from .row import Limit, Row

MANY = """
import time
import js
from mediarecorder import MediaRecorder, Recording, RecordingStore, media_devices

small = Recording(js.Blob.new([js.Uint8Array.new(1000)]), "video/webm", duration=1.5)
store = await RecordingStore.open("many")
await store.clear()
stream = await media_devices.get_user_media(audio=True)

async def fill(count):
    for _ in range(count - len(await store.recordings())):
        await store.add(small)

async def timed(call):
    begun = time.perf_counter()
    made = await call()
    return (time.perf_counter() - begun) * 1000, made

async def first_bytes():
    # The clock starts when the first chunk arrives.
    recorder = MediaRecorder(stream, store=store)
    came = js.Promise.withResolvers()
    recorder.on("dataavailable", lambda event: came.resolve())
    await recorder.start(0.02)
    await came.promise
    taken, _ = await timed(store.flush)
    recording = await recorder.stop()
    await store.delete(recording.id)
    return taken

async def calls(count):
    await fill(count)
    listing, _ = await timed(store.recordings)
    adding, added = await timed(lambda: store.add(small))
    using, _ = await timed(store.usage)
    deleting, _ = await timed(lambda: store.delete(added.id))
    return [listing, adding, using, deleting, await first_bytes()]

calls
"""
CALLS = ("recordings()", "add()", "usage()", "delete()", "saving the first bytes of a take")


def measure(bench: Bench) -> Iterator[Row]:
    for engine in bench.engines:
        with bench.page(engine) as page:
            page.evaluate("async (source) => { window.calls = await python.runPythonAsync(source); }", MANY)
            for count in (10,) if bench.smoke else (10, 100, 1000, 5000):
                rounds = [
                    page.evaluate("async (count) => (await calls(count)).toJs()", count)
                    for _ in range(1 if bench.smoke else 5)
                ]
                for name, taken in zip(CALLS, zip(*rounds, strict=True), strict=True):
                    limit = Limit(most=1000) if name == "recordings()" else None
                    yield Row(
                        f"store of {count} takes: {name}, {engine.capitalize()}", "ms", taken, limit=limit
                    )
