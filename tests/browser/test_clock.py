"""A page whose clocks differ from its worker's, or change during a take (other-clock.js)."""

import json

import pytest
from support.eventually import until
from support.rows import in_soak
from support.workers import PythonWorker

pytestmark = [pytest.mark.page_only("the page starts workers of its own"), pytest.mark.time_limit(60)]

HOUR = 3_600_000


CONNECTED = 'import mediarecorder\nawait mediarecorder.connect("{channel}")\n'


@pytest.fixture
async def page(frame):
    """A frame that opens devices for a worker: its clock, and the channel that it opened."""
    element, channel = frame
    script = element.contentDocument.createElement("script")
    script.type, script.src = "module", "/tests/browser/support/other-clock.js"
    element.contentDocument.head.append(script)
    await until(lambda: hasattr(element.contentWindow, "otherClock"))
    return element.contentWindow.otherClock, channel


@pytest.fixture(scope="module")
def worker():
    worker = PythonWorker()
    yield worker
    worker.terminate()


RECORD = """
import asyncio, js, json
from mediarecorder import MediaRecorder, media_devices, record

with await media_devices.get_user_media(audio=True) as stream:
    recorder = MediaRecorder(stream)
    stamps = []
    for type in ("start", "pause", "resume", "dataavailable", "stop"):
        recorder.on(type, lambda event: stamps.append(event.js.timeStamp / 1000))
    await recorder.start(0.1)
    begun = asyncio.get_running_loop().time()
    await asyncio.sleep(0.3)
    await recorder.pause()
    await recorder.resume()
    js.postMessage("under way")
    await asyncio.sleep(0.7)
    so_far, elapsed = recorder.duration, asyncio.get_running_loop().time() - begun
    recording = await recorder.stop()
    whole = await recording.measure()
    later = asyncio.get_running_loop().time() - begun
    another = await record(0.5, stream=stream)
json.dumps([so_far, elapsed, recording.duration, whole, later, stamps, another.duration])
"""


BUSY = 0.9
"""Seconds until an event reaches Python on a busy machine; clocks differ by more."""


def must_agree(said):
    """Compare the recorder's duration with the file's."""
    so_far, elapsed, duration, whole, later, stamps, another = json.loads(said)
    assert so_far == pytest.approx(elapsed, abs=BUSY)
    assert 0.9 < duration < later + BUSY
    assert duration == pytest.approx(whole, abs=BUSY)
    assert 0.5 <= another < 2
    assert stamps == sorted(stamps)
    # (Chromium counts from the call of start(), shortly before the event.)
    assert duration <= stamps[-1] - stamps[0] + 0.3 < later + 0.3 + BUSY


@pytest.mark.parametrize(
    "difference", [-2000, pytest.param(HOUR, marks=pytest.mark.firefox_in_soak), *in_soak(2000, -HOUR)]
)
async def test_duration_is_right_with_another_page_clock(page, worker, difference):
    clock, channel = page
    clock.set(difference)
    clock.step(difference)
    source = CONNECTED.format(channel=channel) + RECORD
    must_agree(await worker.run(source))


@pytest.mark.parametrize(
    "step", [-HOUR, pytest.param(2000, marks=pytest.mark.firefox_in_soak), *in_soak(-2000, HOUR)]
)
async def test_duration_is_right_when_the_clock_steps_during_a_take(page, worker, step):
    clock, channel = page
    taking = worker.start(CONNECTED.format(channel=channel) + RECORD)
    assert await worker.said.get() == "under way"
    clock.step(step)
    must_agree(await taking)


@pytest.mark.lane("chromium")
@pytest.mark.parametrize("step", [-HOUR, *in_soak(HOUR)])
async def test_duration_is_right_when_the_clock_steps_before_start(page, frame, worker, step):
    """A take that seemed to begin an hour in the future never reached its length."""
    window = frame[0].contentWindow
    window.Function.new(
        "step",
        """const { start } = MediaRecorder.prototype;
        MediaRecorder.prototype.start = function (...timeslice) {
          start.apply(this, timeslice);
          setTimeout(() => otherClock.step(step)); // Chromium fires `start` with the first data
        };""",
    )(step)
    source = f"""{CONNECTED.format(channel=page[1])}
import asyncio, json
recording = await asyncio.wait_for(mediarecorder.record(0.5), 30)
json.dumps([recording.duration, await recording.measure()])"""
    duration, whole = json.loads(await worker.run(source))
    assert 0.48 <= duration < 0.5 + BUSY, "page and worker know their difference to some milliseconds"
    assert duration == pytest.approx(whole, abs=BUSY)
