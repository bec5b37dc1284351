"""The browser or the page dies while it records into a store: what was recorded is there afterwards.

The moments are random, by a seed that each test shows in its name.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from killable import Profile

TIMESLICE = 1.0
"""Seconds: what a store takes when it is not told otherwise."""
TOLERANCE = 0.3

OPEN = """
store = await RecordingStore.open("crashes")
stream = await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240})
recorder = MediaRecorder(stream, store=store)
recorder.on("start", lambda event: js.tell("recording"))
"""
FINISHED_BEFORE = """
finished = await record(1.2, stream=stream, store=store)
"""

#: What happens when it dies, and the seconds from then on within which it does.
SCENES = {
    "in its first second": (
        "recorder.start()\njs.tell('now')",
        (0.0, 1.0),
    ),
    "while it records": (
        "recorder.start()\njs.tell('now')",
        (1.0, 4.0),
    ),
    "while it stops": (
        "recorder.start()\nawait asyncio.sleep(2.5)\njs.tell('now')\n"
        "await recorder.stop()\njs.tell('stopped')",
        (0.0, 0.15),
    ),
    "while it deletes another": (
        FINISHED_BEFORE
        + "recorder.start()\nawait asyncio.sleep(1.5)\njs.tell('now')\nawait store.delete(finished.id)",
        (0.0, 0.03),
    ),
    "while it adds another, again and again": (
        FINISHED_BEFORE + "recorder.start()\nawait asyncio.sleep(1.5)\njs.tell('now')\n"
        "while True:\n    await store.add(finished)",
        (0.0, 0.1),
    ),
    "while it converts another": (
        FINISHED_BEFORE
        + "recorder.start()\nawait asyncio.sleep(1.5)\njs.tell('now')\nawait finished.convert('mp4')",
        (0.0, 0.3),
    ),
    "while it recovers another": (
        """
dying = await RecordingStore.open("crashes")
lost = MediaRecorder(stream, store=dying)
await lost.start(0.2)
await asyncio.sleep(1.2)
dying.close()
try:
    await lost.finished
except MediaError:
    pass
while not (ids := [stored.id for stored in await store.recordings() if stored.state == "interrupted"]):
    pass  # the lock of the one that was closed is free in a moment
recorder.start()
await asyncio.sleep(1.5)
js.tell("now")
await store.recover(ids[0])
""",
        (0.0, 0.2),
    ),
}

RECOVER = """
store = await RecordingStore.open("crashes")
found = []
for stored in await store.recordings():
    one = {"state": stored.state, "size": stored.size, "duration": stored.duration, "at": stored.started_at}
    try:
        recording = await store.recover(stored.id)
    except MediaError as error:
        one["error"] = str(error)
    else:
        one |= {"recovered": recording.duration, "judged": await judge.probe(recording)}
        one["again"] = (await store.open_recording(stored.id)).size == recording.size
    found.append(one)
await store.clear()
json.dumps(found)
"""


def die_and_recover(profile: Profile, scene: str, chance: random.Random, die: Callable[[], None]) -> str:
    """One death; returns what was found, for the report."""
    source, (earliest, latest) = SCENES[scene]
    profile.open()
    profile.begin(OPEN + source)
    profile.wait_for("now")
    delay = chance.uniform(earliest, latest)
    profile.page.wait_for_timeout(delay * 1000)
    at = time.monotonic()
    die()
    began = profile.told.get("recording")
    stopped = profile.told.get("stopped")

    profile.open()
    found = profile.run(RECOVER)
    told = f"{scene}, {delay:.3f} s after, recording since {began and at - began}: {found}"
    assert found, told
    for one in found:
        assert one["state"] in ("interrupted", "finished"), told
        if "error" in one:
            assert one["duration"] == 0, told
            assert "nothing" in one["error"].lower(), told
            continue
        judged = one["judged"]
        assert judged["errors"] == [], told
        assert {stream["kind"] for stream in judged["streams"]} == {"audio", "video"}, told
        assert one["again"], told
        assert one["recovered"] == pytest.approx(judged["decoded_duration"], abs=0.1), told
    if began is not None:
        whole = (stopped or at) - began
        last = max(found, key=lambda one: one["at"])
        there = last["judged"]["decoded_duration"] if "judged" in last else 0.0
        assert whole - there <= TIMESLICE + TOLERANCE, told
    return told


def die_often(profile: Profile, count: int, seed: int, die: Callable[[], None]) -> None:
    chance = random.Random(seed)
    scenes = [
        scene for _ in range(-(-count // len(SCENES))) for scene in chance.sample(list(SCENES), len(SCENES))
    ]
    for scene in scenes[:count]:
        print(die_and_recover(profile, scene, chance, die))


def sizes(short: int, long: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("count", [short, pytest.param(long, marks=pytest.mark.soak)])


@pytest.mark.parametrize("seed", [1])
@sizes(2, 30)
def test_the_browser_is_killed(profile, count, seed):
    chromium = profile("chromium")
    die_often(chromium, count, seed, chromium.kill)


@pytest.mark.parametrize("seed", [2])
@sizes(2, 30)
def test_the_page_crashes(profile, count, seed):
    chromium = profile("chromium")
    die_often(chromium, count, seed, chromium.crash)


@pytest.mark.parametrize("seed", [3])
@pytest.mark.soak
def test_firefox_is_killed(profile, seed):
    firefox = profile("firefox")
    die_often(firefox, 10, seed, firefox.kill)
