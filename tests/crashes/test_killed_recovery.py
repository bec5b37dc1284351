"""The browser is killed while it recovers a take: the take stays as it was, or is finished.

The store's worker stops in the middle of one of its calls, so that the browser is killed at that moment.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from killable import Profile

pytestmark = pytest.mark.soak

KILLS = 5
"""In each of two parts."""

OPEN = """
import hashlib
from contextlib import suppress
from mediarecorder._host.modules import load_into_page, module_address

await load_into_page(f"{js.location.origin}/tests/browser/support/watched_store.js")
store = await RecordingStore.open("recovery")

async def facts():
    "The state of the only take, and a digest of the browser's data in it."
    while (await store.recordings())[0].state == "recording":
        pass  # the killed browser releases its lock a moment later
    [stored] = await store.recordings()
    found = await store._disk.call("verify", stored.id, "check")
    await store._disk.call("leave", "check")
    chunks = opened(found).chunks
    data = b"".join([await chunk.bytes() for chunk in chunks])
    return {"state": stored.state, "digest": hashlib.sha256(data).hexdigest()}

from mediarecorder.store import opened
"""
RECORD = """
await store.clear()
dying = await RecordingStore.open("recovery")
stream = await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240})
recorder = MediaRecorder(stream, store=dying)
await recorder.start(0.1)
await asyncio.sleep(1.5)
dying.close()
with suppress(MediaError):
    await recorder.finished
stream.stop()
json.dumps(await facts())
"""
WATCH = """
address = module_address("store")
js.watchedStore.install(address)
watched = await RecordingStore.open("recovery")
js.watchedStore.uninstall()
[stored] = await store.recordings()
"""
COUNT = """
await js.watchedStore.since()
await watched.recover(stored.id)
calls = list((await js.watchedStore.since()).calls)
watched.close()
json.dumps(calls)
"""
STOP = """
await js.watchedStore.since({number}, True)
stopped = js.watchedStore.stopped()
recovery = asyncio.ensure_future(watched.recover(stored.id))
stopped = asyncio.ensure_future(stopped)
await asyncio.wait([stopped, recovery], return_when=asyncio.FIRST_COMPLETED)
js.tell("killed in " + (stopped.result() if stopped.done() else "no call"))
js.tell("now")
"""
RECOVER = """
[stored] = await store.recordings()
recording = await store.recover(stored.id)
found = await facts()
found["judged"] = await ask_judge.probe(recording)
found["index"] = await ask_judge.index(recording)
found["duration"] = recording.duration
found["reopened"] = await (await store.open_recording(stored.id)).bytes() == await recording.bytes()
json.dumps(found)
"""


@pytest.mark.parametrize("part", [1, 2])
@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_take_survives_a_browser_killed_during_recovery(
    profile: Callable[[str], Profile], engine: str, part: int
) -> None:
    browser = profile(engine)
    browser.open()
    browser.run(OPEN + "'null'")
    browser.run(RECORD)
    calls = browser.run(WATCH + COUNT)
    chance = random.Random(f"{engine} {part}")
    reads = [number for number, call in enumerate(calls) if call == "arrayBuffer"]
    others = [number for number, call in enumerate(calls) if call != "arrayBuffer"]
    moments = [*chance.sample(reads, 1), *chance.sample(others, KILLS - 1)]
    taken = browser.run(RECORD)
    for number in moments:
        browser.begin(WATCH + STOP.format(number=number))
        browser.wait_for("now")
        [moment] = [said for said in browser.told if said.startswith("killed")]
        browser.kill()
        browser.open()
        browser.run(OPEN + "'null'")
        found = browser.run("json.dumps(await facts())")
        print(f"{moment}: {found['state']}")
        assert found["digest"] == taken["digest"], f"{moment}: {found}"
        if found["state"] == "finished":
            assert_recovered(browser.run(RECOVER), taken)
            taken = browser.run(RECORD)
    assert_recovered(browser.run(RECOVER), taken)


def assert_recovered(found: dict, taken: dict) -> None:
    assert found["digest"] == taken["digest"]
    assert found["state"] == "finished"
    assert found["judged"]["errors"] == []
    assert found["index"]
    assert found["duration"] == pytest.approx(found["judged"]["decoded_duration"], abs=0.25)
    assert found["reopened"]
