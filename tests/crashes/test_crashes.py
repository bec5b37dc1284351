"""The browser or the page dies while it records into a store; the recorded data survives.

At most one timeslice is lost: a chunk arrives every second, and is on disk while the next one is recorded.
The moments are random; the name of each test shows the seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from killable import Profile

OPEN = """
store = await RecordingStore.open("crashes")
stream = await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240})
recorder = MediaRecorder(stream, store=store)
safe = asyncio.Event()

async def tell_what_is_safe(event):
    size = recorder.size
    await store.flush()
    [*_, take] = await store.recordings()
    js.tell(f"safe {take.id} {size}")
    safe.set()

recorder.on("dataavailable", tell_what_is_safe)
"""
RECORD = "recorder.start()\nawait safe.wait()\n"
FINISHED_BEFORE = """
finished = await record(1.2, stream=stream, store=store)
"""

#: The work during which the browser or page dies, and the seconds within which it does.
SCENES = {
    "in its first second": (
        "recorder.start()\njs.tell('now')",
        (0.0, 1.0),
    ),
    "while it records": (
        RECORD + "js.tell('now')",
        (0.0, 3.0),
    ),
    "while it stops": (
        RECORD + "await asyncio.sleep(1.5)\njs.tell('now')\nawait recorder.stop()",
        (0.0, 0.15),
    ),
    "while it deletes another": (
        FINISHED_BEFORE
        + RECORD
        + "await asyncio.sleep(0.5)\njs.tell('now')\nawait store.delete(finished.id)",
        (0.0, 0.03),
    ),
    "while it renames another, again and again": (
        FINISHED_BEFORE
        + RECORD
        + "await asyncio.sleep(0.5)\njs.tell('now')\n"
        + "for number in range(10_000):\n    await store.rename(finished.id, f'Take {number}')",
        (0.0, 0.1),
    ),
    "while it adds another, again and again": (
        FINISHED_BEFORE
        + RECORD
        + "await asyncio.sleep(0.5)\njs.tell('now')\nwhile True:\n    await store.add(finished)",
        (0.0, 0.1),
    ),
    "while it converts another": (
        FINISHED_BEFORE + RECORD + "await asyncio.sleep(0.5)\njs.tell('now')\nawait finished.convert('mp4')",
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
    pass  # the closed store releases its lock a moment later
"""
        + RECORD
        + "await asyncio.sleep(0.5)\njs.tell('now')\nawait store.recover(ids[0])",
        (0.0, 0.2),
    ),
}

RECOVER = """
store = await RecordingStore.open("crashes")
told = [sorted(await store.recordings()), (await store.usage()).used]
root = await js.navigator.storage.getDirectory()
folder = await root.getDirectoryHandle("mediarecorder-store-crashes")
await folder.getFileHandle("index", create=True)  # a store that was always empty has none
await folder.removeEntry("index")
true = [sorted(await store.recordings()), (await store.usage()).used]
assert told == true, f"the index listed {told}, but the store has {true}"
found = []
for stored in await store.recordings():
    one = {"state": stored.state, "size": stored.size, "duration": stored.duration, "id": stored.id}
    try:
        recording = await store.recover(stored.id)
    except MediaError as error:
        one["error"] = str(error)
    else:
        one |= {"recovered": recording.duration, "judged": await ask_judge.probe(recording)}
        one["part"] = recording.size / stored.size
        one["again"] = (await store.open_recording(stored.id)).size == recording.size
    found.append(one)
await store.clear()
json.dumps(found)
"""


def die_and_recover(profile: Profile, scene: str, chance: random.Random, die: Callable[[], None]) -> str:
    """Kill the browser or page once. Returns the findings, for the report."""
    source, (earliest, latest) = SCENES[scene]
    if not profile.alive:
        profile.open()
    profile.told.clear()
    profile.begin(OPEN + source)
    profile.wait_for("now")
    delay = chance.uniform(earliest, latest)
    profile.page.wait_for_timeout(delay * 1000)
    die()
    safe = [what.split()[1:] for what in profile.told if what.startswith("safe ")]

    profile.open()
    found = profile.run(RECOVER)
    told = f"{scene}, {delay:.3f} s later; already safe: {safe}; found: {found}"
    there = {one["id"]: one["size"] for one in found}
    for take, size in safe:
        assert there.get(take, 0) >= int(size), told
    for one in found:
        assert one["state"] in ("interrupted", "finished"), told
        if "error" in one:
            assert "deletes" not in scene, f"a deleted take is complete or gone: {told}"
            assert one["duration"] == 0, told
            assert "nothing" in one["error"].lower(), told
            continue
        judged = one["judged"]
        assert judged["errors"] == [], told
        assert {stream["kind"] for stream in judged["streams"]} == {"audio", "video"}, told
        assert one["again"], told
        assert one["part"] > 0.9, told
        # The duration of the last picture is unknown.
        assert one["recovered"] == pytest.approx(judged["decoded_duration"], abs=0.25), told
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
@sizes(1, 30)
def test_takes_survive_a_killed_browser(shared_chromium, count, seed):
    die_often(shared_chromium, count, seed, shared_chromium.kill)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [2])
@sizes(1, 30)
def test_takes_survive_a_crashed_page(shared_chromium, count, seed):
    die_often(shared_chromium, count, seed, shared_chromium.crash)


@pytest.mark.quirk("firefox-keeps-names-of-removed-files")
@pytest.mark.parametrize("seed", [3])
@pytest.mark.soak
def test_takes_survive_a_killed_firefox(profile, seed):
    firefox = profile("firefox")
    die_often(firefox, 10, seed, firefox.kill)
