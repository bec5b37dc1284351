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

def now():
    return js.performance.now() / 1000

with await media_devices.get_user_media(audio=True) as stream:
    recorder = MediaRecorder(stream)
    stamps = []
    for type in ("start", "pause", "resume", "dataavailable", "stop"):
        recorder.on(type, lambda event: stamps.append(event.js.timeStamp / 1000))
    called = now()
    await recorder.start(0.1)
    started = now()
    await asyncio.sleep(0.3)
    pausing = now()
    await recorder.pause()
    await recorder.resume()
    paused = now() - pausing
    js.postMessage("under way")
    await asyncio.sleep(0.7)
    looking = now()
    so_far = recorder.duration
    looked = now()
    stopping = now()
    recording = await recorder.stop()
    stopped = now()
    whole = await recording.measure()
    again = now()
    another = await record(0.5, stream=stream)
    ended = now()
json.dumps({
    "so_far": [looking - started - paused, so_far, looked - called],
    "duration": [stopping - started - paused, recording.duration, stopped - called],
    "another": [0.5, another.duration, ended - again],
    "stamps": [called, *stamps, stopped],
    "whole": [whole, recording.duration],
})
"""


NEAR = 0.1
"""Seconds by which the worker may misjudge the page's clock on a busy machine; the clocks differ by more."""
LATE = {"chromium": 0.3, "firefox": 0.9}
"""Seconds of sound that the file may lack. Firefox's fake microphone plays less on a busy machine."""


def must_agree(said, engine):
    """The worker's clock, read around the calls, limits each duration; a busy machine widens the limits."""
    found = json.loads(said)
    for name in ("so_far", "duration", "another"):
        least, duration, most = found[name]
        assert least - NEAR <= duration <= most + NEAR, (name, found)
    assert found["stamps"][1:-1] == sorted(found["stamps"][1:-1])
    assert (
        found["stamps"][0] - NEAR <= found["stamps"][1] <= found["stamps"][-2] <= found["stamps"][-1] + NEAR
    )
    whole, duration = found["whole"]
    assert duration - LATE[engine] <= whole <= duration + NEAR, found


@pytest.mark.parametrize(
    "difference", [-2000, pytest.param(HOUR, marks=pytest.mark.firefox_in_soak), *in_soak(2000, -HOUR)]
)
async def test_duration_is_right_with_another_page_clock(page, worker, engine, difference):
    clock, channel = page
    clock.set(difference)
    clock.step(difference)
    source = CONNECTED.format(channel=channel) + RECORD
    must_agree(await worker.run(source), engine)


@pytest.mark.parametrize(
    "step", [-HOUR, pytest.param(2000, marks=pytest.mark.firefox_in_soak), *in_soak(-2000, HOUR)]
)
async def test_duration_is_right_when_the_clock_steps_during_a_take(page, worker, engine, step):
    clock, channel = page
    taking = worker.start(CONNECTED.format(channel=channel) + RECORD)
    assert await worker.said.get() == "under way"
    clock.step(step)
    must_agree(await taking, engine)


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
import asyncio, js, json
called = js.performance.now() / 1000
recording = await asyncio.wait_for(mediarecorder.record(0.5), 30)
json.dumps([recording.duration, js.performance.now() / 1000 - called, await recording.measure()])"""
    duration, most, whole = json.loads(await worker.run(source))
    assert 0.5 - NEAR <= duration <= most + NEAR
    assert duration - LATE["chromium"] <= whole <= duration + NEAR
