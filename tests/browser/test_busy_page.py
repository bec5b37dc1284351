"""`stop()` while recorded data still waits in the page, because Python, or a script, kept the thread busy.

Chromium's encoders deliver their data as tasks on the page's thread, and its `stop()` drops those tasks.
"""

import asyncio
import itertools

import pytest
from support import ask_judge
from support.eventually import keep_busy
from support.workers import PythonWorker

from mediarecorder import MediaRecorder, MediaStream

in_the_page = pytest.mark.page_only("a worker does not keep the page's thread busy")
RECORDED, BUSY = 0.3, 1.0
"""Seconds of recording before the thread is busy, and seconds for which it is busy."""
BESIDE = 0.15
"""Seconds by which two recorders of one microphone may differ."""


async def started_beside(stream):
    """A second recorder of the stream's sound. It stops when the page is free again, and so has everything
    that the microphone really played. On a busy machine, a fake microphone plays less than the time that
    passes, and each one less in its own way.
    """
    recorder = MediaRecorder(MediaStream(stream.audio_tracks))
    await recorder.start()
    return recorder


async def begun(stream, timeslice=None, **options):
    recorder = MediaRecorder(stream, **options)
    await recorder.start(timeslice)
    await asyncio.sleep(RECORDED)
    return recorder


async def seconds_heard(recording):
    sound = await ask_judge.sound(recording)
    assert [gap for gap in sound["gaps"] if gap[0] > 0] == []  # a picture may be earlier than the sound
    return sound["end"]


async def assert_kept(recording, beside, duration=None, *, seconds=RECORDED + BUSY, missing=BESIDE):
    whole = await (beside.stop() if beside.state != "inactive" else beside.finished)
    duration = duration or recording.duration
    assert duration >= seconds - missing, "otherwise a lost end would look like a short take"
    heard, heard_beside = await seconds_heard(recording), await seconds_heard(whole)
    kept = f"{heard} s of {duration}, beside it {heard_beside} of {whole.duration}"
    assert heard >= heard_beside - (whole.duration - duration) - missing, kept


async def stopped_by_the_call(recorder):
    keep_busy(BUSY)
    outcome = recorder.stop()
    assert recorder.state == "inactive"
    return await outcome


async def stopped_after_a_script_was_busy(recorder):
    import js

    js.eventFaults.keep_busy(BUSY * 1000)
    return await recorder.stop()


async def stopped_in_a_handler(recorder):
    def stop(event):
        subscription()
        keep_busy(BUSY)
        recorder.stop()

    subscription = recorder.on("dataavailable", stop)
    recorder.request_data()
    return await recorder.finished


async def stopped_after_pausing(recorder):
    keep_busy(BUSY)
    pausing = recorder.pause()
    recording = await recorder.stop()
    assert await pausing is None
    return recording


async def stopped_after_a_pause(recorder):
    keep_busy(BUSY)
    await recorder.pause()
    keep_busy(0.2)
    return await recorder.stop()


async def stopped_by_its_tracks(recorder):
    keep_busy(BUSY)
    recorder.stream.stop()
    return await recorder.finished


ENDS = [
    stopped_by_the_call,
    stopped_after_a_script_was_busy,
    stopped_in_a_handler,
    stopped_after_pausing,
    stopped_after_a_pause,
    stopped_by_its_tracks,
]


@in_the_page
@pytest.mark.parametrize(
    "end", [*ENDS[:3], *(pytest.param(end, marks=pytest.mark.firefox_in_soak) for end in ENDS[3:])]
)
async def test_data_recorded_in_a_busy_page_is_kept(microphone, event_faults, end):
    beside = await started_beside(microphone)
    await assert_kept(await end(await begun(microphone)), beside)


@in_the_page
@pytest.mark.parametrize("stored", [False, True], ids=["in memory", "in a store"])
async def test_data_recorded_in_a_busy_page_is_kept_with_a_timeslice(microphone, store, stored):
    beside = await started_beside(microphone)
    recorder = await begun(microphone, 0.1, store=store if stored else None)
    await assert_kept(await stopped_by_the_call(recorder), beside)


@in_the_page
async def test_sound_beside_a_picture_is_kept(both):
    beside = await started_beside(both)
    await assert_kept(await stopped_by_the_call(await begun(both)), beside)


@in_the_page
@pytest.mark.parametrize("stored", [False, True], ids=["in memory", "in a store"])
@pytest.mark.parametrize("kind", ["microphone", "both"])
async def test_body_of_async_with_may_be_busy(kind, stored, microphone, both, store):
    stream = {"microphone": microphone, "both": both}[kind]
    beside = await started_beside(stream)
    async with MediaRecorder(stream, store=store if stored else None) as recorder:
        keep_busy(BUSY)
    await assert_kept(recorder.recording, beside, seconds=BUSY)
    assert [one.id for one in await store.recordings()] == ([recorder.recording.id] if stored else [])


@in_the_page
@pytest.mark.lane("firefox")
async def test_async_with_that_is_cancelled_before_start_stops_the_take(microphone):
    """(Firefox: there `async with` waits for `start`.)"""
    recorder = MediaRecorder(microphone)

    async def body():
        async with recorder:
            raise AssertionError("it began")

    task = asyncio.create_task(body())
    await asyncio.sleep(0)
    assert recorder.state == "recording"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await recorder.finished
    assert recorder.state == "inactive"


@in_the_page
@pytest.mark.lane("chromium")
async def test_nothing_is_recorded_after_stop(microphone):
    """Firefox's own `stop()` and `pause()` go on recording until the thread is free."""
    recorder = await begun(microphone)
    keep_busy(0.3)
    outcome = recorder.stop()
    keep_busy(BUSY)
    assert await seconds_heard(await outcome) < RECORDED + 0.3 + BUSY


@in_the_page
async def test_users_see_the_events_of_a_plain_stop(microphone):
    recorder = await begun(microphone, 0.1)
    log = []
    for type in recorder.EVENTS:
        recorder.on(type, lambda event: log.append(event.type))
    recorder.onpause = recorder.onresume = lambda event: log.append("of an attribute")
    keep_busy(0.2)
    duration = recorder.duration
    outcome, requested = recorder.stop(), recorder.finished
    assert outcome is requested
    recording = await outcome
    assert set(log) == {"dataavailable", "stop"}
    assert log.count("stop") == 1
    assert log[-1] == "stop"
    assert recording.duration == pytest.approx(duration, abs=0.05), "the delivery does not count"


@in_the_page
async def test_pending_verbs_settle_when_a_busy_page_stops(microphone):
    recorder = await begun(microphone)
    keep_busy(0.2)
    pausing, resuming, requested = recorder.pause(), recorder.resume(), recorder.request_data()
    heard = []
    for type in ("pause", "resume"):
        recorder.on(type, lambda event: heard.append(event.type))
    recording = await recorder.stop()
    assert await asyncio.gather(pausing, resuming) == [None, None]
    assert heard == ["pause", "resume"]
    assert (await requested).size == recording.chunks[0].size


@in_the_page
async def test_busy_page_can_stop_and_start_without_waiting(microphone):
    beside = await started_beside(microphone)
    recorder = await begun(microphone)
    keep_busy(BUSY)
    first = recorder.stop()
    started = recorder.start()
    assert recorder.state == "recording"
    await assert_kept(await first, beside)
    await started
    assert (await recorder.stop()) is not (await first)


@in_the_page
@pytest.mark.lane("chromium")
async def test_missing_pause_event_only_delays_the_end(microphone, event_faults):
    recorder = await begun(microphone)
    recorder.js.onpause = None
    event_faults.rule = "no pause"
    keep_busy(0.2)
    outcome = recorder.stop()
    assert recorder.state == "inactive"
    assert (await outcome).size > 0


IN_A_WORKER = """
import asyncio
import js
import mediarecorder

await mediarecorder.connect("{channel}")
with await mediarecorder.media_devices.get_user_media(audio=True) as stream:
    recorder = mediarecorder.MediaRecorder(stream)
    await recorder.start()
    await asyncio.sleep({recorded})
    js.postMessage("recording")
    await asyncio.sleep({busy} / 2)
    outcome = recorder.stop()
    assert recorder.state == "inactive"
    recording = await outcome
(await recording.bytes()).hex() + " " + str(recording.duration)
"""


@in_the_page
@pytest.mark.time_limit(60)
async def test_worker_stops_while_its_page_is_busy(microphone, engine, open_channel):
    beside = await started_beside(microphone)
    worker = PythonWorker()
    try:
        source = IN_A_WORKER.format(channel=open_channel(), recorded=RECORDED, busy=BUSY)
        answer = worker.start(source)
        await worker.said.get()
        keep_busy(BUSY)
        data, duration = (await answer).split()
    finally:
        worker.terminate()
    missing = {"chromium": BESIDE, "firefox": 0.45}[engine]  # the worker has a microphone of its own
    await assert_kept(
        bytes.fromhex(data), beside, float(duration), seconds=RECORDED + BUSY / 2, missing=missing
    )


@in_the_page
@pytest.mark.lane("chromium")
async def test_chromium_captures_no_pictures_in_a_busy_page(camera):
    """As the guide says, the browser itself captures no pictures then, so none can be kept."""
    recorder = await begun(camera)
    keep_busy(BUSY)
    await asyncio.sleep(0.5)
    times = [picture["time"] for picture in await ask_judge.pictures(await recorder.stop())]
    assert max(after - before for before, after in itertools.pairwise(times)) > BUSY / 2


@pytest.mark.soak
@in_the_page
@pytest.mark.lane("chromium")
@pytest.mark.time_limit(120)
@pytest.mark.parametrize("timeslice", [None, 0.2])
@pytest.mark.parametrize(
    "mime_type",
    [
        "video/webm;codecs=vp8,opus",
        "video/webm;codecs=vp9,opus",
        "video/webm;codecs=h264,opus",
        "video/mp4;codecs=vp9,opus",
        "video/mp4;codecs=avc1.42E01E,opus",
    ],
)
async def test_three_busy_seconds_are_kept_with_each_codec(both, mime_type, timeslice):
    for _ in range(3):
        recorder = await begun(both, timeslice, mime_type=mime_type)
        keep_busy(3)
        assert await seconds_heard(await recorder.stop()) >= RECORDED + 3 - 0.15
