"""Attacks by other pages of the origin: stealing the bridge's locks, and posting to its channels."""

import asyncio

import pytest
from support.eventually import until
from support.workers import PythonWorker

pytestmark = [
    pytest.mark.firefox_in_soak,
    pytest.mark.page_only("the page starts workers of its own"),
    pytest.mark.time_limit(180),
    # After a lock is stolen, the page requests an address that was revoked with its worker, and Chromium
    # reports that. (An uncaught exception still fails a test.)
    pytest.mark.console_errors,
]

CONNECTED = 'import mediarecorder\nawait mediarecorder.connect("{channel}")\n'
RECORD = """
recording = await mediarecorder.record(0.3, video=True)
str(0 < recording.size == len(await recording.bytes()))
"""


@pytest.fixture
async def page(page_probe, open_channel):
    """The page with the additions of the tests: ``pageProbe`` and ``openChannel``."""
    import js

    locks = set(await page_probe.locks())
    yield js

    async def only_those_before():
        return set(await page_probe.locks()) <= locks

    # Chromium reports their addresses when the page has given up the workers.
    await until(only_those_before)


@pytest.fixture
async def attacker(page):
    """attacker.js in a frame, which counts as another client of the same origin."""
    frame = page.document.createElement("iframe")
    page.document.body.append(frame)
    script = frame.contentDocument.createElement("script")
    script.type, script.src = "module", f"{page.location.origin}/tests/browser/support/attacker.js"
    frame.contentDocument.head.append(script)
    await until(lambda: hasattr(frame.contentWindow, "attacker"))
    yield frame.contentWindow.attacker
    frame.contentWindow.attacker.stop()
    frame.remove()


@pytest.fixture
def start():
    workers = []

    def start():
        workers.append(PythonWorker())
        return workers[-1]

    yield start
    for worker in workers:
        worker.terminate()


# Locks: every page of the origin can list, request and steal them

BUSY = """
import time
stream = await mediarecorder.media_devices.get_user_media(audio=True)
recorder = mediarecorder.MediaRecorder(stream)
await recorder.start()
began = time.monotonic()
while time.monotonic() < began + 3:
    pass
await recorder.request_data()
recording = await recorder.stop()
stream.stop()
str(recording.duration > 2.5)
"""


HOLD = "stream = await mediarecorder.media_devices.get_user_media(audio=True, video=True)"


@pytest.mark.thorough
@pytest.mark.parametrize("keep", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["let-go", "kept"])
async def test_stolen_locks_do_not_disturb_a_recording(page, attacker, start, keep):
    worker = start()
    attacker.steal(keep)
    assert await worker.run(CONNECTED.format(channel=page.openChannel()) + RECORD) == "True"
    assert await worker.run(RECORD) == "True"
    assert await worker.run(BUSY) == "True", "Python was too busy to take a new lock"
    assert attacker.stolen() > 10
    attacker.stop()
    assert await worker.run(RECORD) == "True"
    assert attacker.heard.length == 0


@pytest.mark.thorough
@pytest.mark.parametrize("keep", [pytest.param(False, marks=pytest.mark.soak), True], ids=["let-go", "kept"])
async def test_death_of_a_worker_with_a_stolen_lock_is_noticed(page, attacker, start, keep):
    worker = start()
    attacker.steal(keep)
    await worker.run(CONNECTED.format(channel=page.openChannel()) + HOLD)
    assert page.pageProbe.live() == 2
    worker.js.terminate()
    await until(lambda: page.pageProbe.live() == 0)


async def test_queued_lock_of_an_attacker_keeps_no_camera_open(page, attacker, start):
    """An attacker may get the lock of a dead worker, and keep it."""
    worker = start()
    await attacker.queue()
    await worker.run(CONNECTED.format(channel=page.openChannel()) + HOLD)
    worker.js.terminate()
    await until(lambda: page.pageProbe.live() == 0)


# Channels


async def test_garbage_in_every_channel_is_ignored(page, attacker, start):
    """This holds even if an attacker knows the names that only the two halves know."""
    worker = start()
    opened = len(page.pageProbe.channels())
    await worker.run(CONNECTED.format(channel=page.openChannel()) + RECORD)
    names = list(page.pageProbe.channels())[opened:]
    assert len(names) == 2
    for name in names:
        attacker.join(name)
    taking = worker.start("take = await mediarecorder.record(1)\nstr(take.size > 0)")
    while not taking.done():
        attacker.postEverywhere()
        await asyncio.sleep(0.1)
    assert taking.result() == "True"
    assert await worker.run(RECORD) == "True"
    assert attacker.heard.length > 0, "the attacker posted to the right channels"
    await until(lambda: page.pageProbe.live() == 0)


async def test_first_agent_wins_and_the_others_close(page, start):
    """Each view of a notebook may run the script that loads the page's half."""
    name = f"mediarecorder-{page.crypto.randomUUID()}"
    locks = set(await page.pageProbe.locks())
    worker = start()
    frames = [page.document.createElement("iframe") for _ in range(3)]
    for frame in frames:
        frame.allow = "camera; microphone"
        page.document.body.append(frame)
        script = frame.contentDocument.createElement("script")
        script.type, script.src = "module", f"/py/mediarecorder/js/page.js#{name}"
        frame.contentDocument.head.append(script)
    try:
        assert await worker.run(CONNECTED.format(channel=name) + RECORD) == "True"
        assert len(set(await page.pageProbe.locks()) - locks) == 2, "page and worker hold one lock each"
        # No agent is left to answer.
        answers = []
        channel = page.BroadcastChannel.new(name)
        channel.onmessage = lambda event: answers.append(event.data)
        knock = [["type", "knock"], ["version", "99.0"]]
        channel.postMessage(page.Object.fromEntries(knock))
        assert await worker.run(RECORD) == "True"
        assert answers == []
        channel.close()
    finally:
        for frame in frames:
            frame.remove()
