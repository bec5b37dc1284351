"""The user clears the site's data, or a script removes it, during a take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from killable import Profile
from playwright.sync_api import Playwright

from harness.browsers import launch_options
from harness.lanes import LANES

OPEN = """
store = await RecordingStore.open("cleared")
stream = await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240})
before = await record(0.5, stream=stream, store=store)
recorder = MediaRecorder(stream, store=store)
delivered = []
recorder.on("dataavailable", lambda event: delivered.append(event.data))
await recorder.start(0.2)
async for chunk in recorder.chunks():
    if len(delivered) >= 8:
        break
await store.flush()
"null"
"""
END = """
failure = None
try:
    await asyncio.wait_for(recorder.finished, 20)
except RecordingError as error:
    failure = error
data = await failure.recording.bytes()
# (The times of pictures in `data` may differ from those in the chunks: chromium-repeats-times.)
whole, kept = [
    b"".join([await chunk.bytes() for chunk in chunks]) for chunks in (delivered, failure.recording.chunks)
]
try:
    await before.bytes()
    old = None
except NotReadableError as error:
    old = str(error)
again = await record(0.5, stream=stream, store=store)
json.dumps({
    "cause": [failure.__cause__.name, str(failure)],
    "old": old,
    "all": kept == whole,
    "id": failure.recording.id,
    "data": data.hex(),
    "duration": failure.recording.duration,
    "live": [track.ready_state for track in stream.tracks],
    "listed": [stored.id for stored in await store.recordings()] == [again.id],
    "again": (await (await store.open_recording(again.id)).bytes()) == await again.bytes(),
})
"""


START_WORKER = """
from mediarecorder._host.modules import load_into_page
from support.eventually import until
from support.workers import PythonWorker

await load_into_page(f"{js.location.origin}/tests/browser/support/open_channel.js")
await until(lambda: hasattr(js, "openChannel"))
worker = PythonWorker()
await worker.run(f'''
import asyncio, json
from mediarecorder import *

await connect({js.openChannel()!r})
"null"
''')
"""


class Python:
    """Python in a page of this profile, or in a worker of that page."""

    def __init__(self, browser: Profile, realm: str = "page") -> None:
        self.browser, self._in_worker = browser, realm == "worker"
        browser.open()
        if self._in_worker:
            browser.run(START_WORKER)

    def run(self, source: str) -> Any:
        return self.browser.run(f"await worker.run({source!r})" if self._in_worker else source)

    def judge(self) -> None:
        found = self.run(END)
        data = found.pop("data")
        found["judged"] = self.browser.run(f"json.dumps(await ask_judge.probe(bytes.fromhex({data!r})))")
        judge_of(found)


def judge_of(found: dict[str, Any]) -> None:
    name, text = found["cause"]
    assert name == "NotReadableError"
    assert "data of this site was cleared" in text
    assert "full" not in text
    assert found["old"]
    assert "data of this site was cleared" in found["old"]
    assert found["all"], "no recorded data is lost"
    assert found["id"] is None, "it is no longer in a store"
    assert found["judged"]["errors"] == []
    assert found["judged"]["decoded_duration"] > 1.2
    assert found["live"] == ["live", "live"], "the stream still belongs to the caller"
    assert found["listed"], "the store works again by itself"
    assert found["again"]


def clear(page: Any) -> None:
    browser = page.context.new_cdp_session(page)
    origin = page.evaluate("location.origin")
    browser.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})


@pytest.mark.thorough
@pytest.mark.parametrize("realm", ["page", pytest.param("worker", marks=pytest.mark.soak)])
def test_data_cleared_by_the_site_keeps_the_recording(
    profile: Callable[[str], Profile], engine: str, realm: str
) -> None:
    """Both engines treat the header Clear-Site-Data as if the user had cleared the data."""
    python = Python(profile(engine), realm)
    python.run(OPEN)
    python.browser.page.evaluate("fetch('/clear-site-data').then((answer) => answer.text())")
    python.judge()


@pytest.mark.thorough
def test_data_cleared_during_a_take_keeps_the_recording(profile: Callable[[str], Profile]) -> None:
    python = Python(profile("chromium"))
    python.run(OPEN)
    clear(python.browser.page)
    python.judge()


@pytest.mark.soak
def test_data_cleared_in_a_private_window_keeps_the_last_part(
    playwright: Playwright, profile: Callable[[str], Profile]
) -> None:
    """If nothing can be read back, the last 4 MB are in memory."""
    private = profile("chromium")
    with playwright.chromium.launch(**launch_options(LANES["chromium"])) as browser:
        private._context = browser.new_context()
        private._context.expose_function("tell", private._hear)
        python = Python(private)
        python.run(OPEN)
        clear(private.page)
        python.judge()
        private.close()
