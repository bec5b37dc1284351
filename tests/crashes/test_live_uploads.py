"""Takes reach the server while they are recorded, whatever is cut or killed meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from killable import Profile

from harness.lanes import firefox_in_soak
from harness.uploads import Bench

RECORD = """
store = await RecordingStore.open("uploads")
stream = await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240})
recorder = MediaRecorder(stream, store=store, upload=ENDPOINT)
await recorder.start(0.25)
for unfinished in await store.uploads():
    if unfinished.id not in store._uploads:
        store.upload(unfinished.id)
js.tell("recording")
"""
FINISH = """
await recorder.stop()
for unfinished in await store.uploads():
    await store.upload(unfinished.id)
found = []
for stored in await store.recordings():
    data = await (await store.open_recording(stored.id)).bytes()
    url = await store.upload(stored.id)
    found.append([url, stored.state, len(data), js_hash(data)])
json.dumps(found)
"""
HASH = """
import hashlib
def js_hash(data):
    return hashlib.sha256(data).hexdigest()
"""


def begin(browser: Profile, bench: Bench) -> None:
    browser.open()
    browser.run(f"{HASH}ENDPOINT = '{bench.endpoint}'\n'null'")
    browser.begin(RECORD)
    browser.wait_for("recording")


@firefox_in_soak
@pytest.mark.thorough
@pytest.mark.parametrize(
    ("seconds", "cuts", "servers", "browsers"),
    [(6, 5, 1, 1), pytest.param(60, 50, 5, 5, marks=pytest.mark.soak)],
)
@pytest.mark.parametrize("seed", [21])
def test_server_gets_every_byte(
    profile: Callable[[str], Profile],
    bench: Bench,
    engine: str,
    seconds: int,
    cuts: int,
    servers: int,
    browsers: int,
    seed: int,
) -> None:
    chance = random.Random(seed)

    def cut() -> None:
        """Cut the requests of this moment, or else the next one."""
        if not bench.cut_all():
            bench.fault(methods=["PATCH"], cut=chance.randrange(20_000))

    events = [(chance.uniform(0.3, seconds), cut) for _ in range(cuts)]
    for _ in range(servers):
        at = chance.uniform(0.3, seconds - 1)
        events += [(at, bench.kill), (at + chance.uniform(0.1, 1), bench.start)]
    browser = profile(engine)

    def killed() -> None:
        browser.kill()
        begin(browser, bench)

    events += [(chance.uniform(1, seconds), killed) for _ in range(browsers)]
    begin(browser, bench)
    now = 0.0
    for at, act in sorted(events, key=lambda event: event[0]):
        browser.page.wait_for_timeout(1000 * max(0, at - now))
        now = at
        act()
    browser.page.wait_for_timeout(1000 * (seconds - now))
    bench.start()
    takes = browser.run(FINISH)
    assert len(takes) == browsers + 1
    for url, state, size, digest in takes:
        found = bench.file(url)
        assert (found["size"], found["sha256"], found["stated"]) == (size, digest, size)
        assert state == "finished"
        assert size > 1000
    unanswered = sum(status == 0 for _, _, status, _ in bench.proxy.log)
    print(f"{unanswered} of {len(bench.proxy.log)} requests were cut; {[take[2] for take in takes]} bytes")
    assert unanswered >= cuts / 2
