"""Many takes, and every byte of each, as seen by JavaScript listeners that were registered first."""

import asyncio
import gc
import random
import statistics

import pytest
from support.eventually import until_proxies_are_destroyed

from mediarecorder import MediaRecorder

RANDOM = [None, *(step / 1000 for step in (10, 15, 20, 35, 50, 80, 100, 200, 350, 500, 1000))]
SHORT = [step / 1000 for step in (5, 8, 10, 15, 20, 30, 40, 60, 80)]
"""The timeslices at which Firefox delivers data after `stop`."""


async def check_takes(stream, event_faults, caplog, count, timeslices, seed):
    import js

    chance = random.Random(seed)
    recordings, logs, waits = [], [], []
    recorder = MediaRecorder(stream)
    for number in range(count):
        recorder.start(chance.choice(timeslices))
        await asyncio.sleep(chance.choice([0, 0.001, 0.02, 0.05, 0.12, 0.18]))
        if number % 10 == 0:
            recorder.pause()
            recorder.resume()
        recordings.append(await recorder.stop())
        log = event_faults.logs[event_faults.logs.length - 1]
        logs.append(log)
        waits.append((js.performance.now() - log.times[log.times.length - 1]) / 1000)
    assert statistics.median(waits) < 1, "seconds that a take was awaited after its last event"
    assert "fired no `stop`" not in caplog.text
    await asyncio.sleep(0.5)  # for events that arrive even later
    late = []
    for number, (recording, log) in enumerate(zip(recordings, logs, strict=True)):
        events = list(log.events)
        stop = events.index("stop")
        if "dataavailable" in events[stop:]:
            late.append(log.times[log.times.length - 1] - log.times[stop])
        expected = await js.Blob.new(log.blobs).arrayBuffer()
        assert await recording.bytes() == expected.to_bytes(), f"take {number}: {events}"
        assert len(recording.chunks) == log.blobs.length
    print(f"{count} takes, {len(late)} with data after stop, at most {max(late, default=0):.1f} ms after it")


@pytest.mark.time_limit(90)
async def test_50_takes_with_random_timeslices_are_complete(microphone, event_faults, caplog):
    await check_takes(microphone, event_faults, caplog, 50, RANDOM, seed=1)


@pytest.mark.time_limit(90)
@pytest.mark.lane("firefox")
async def test_50_takes_with_short_timeslices_are_complete(both, event_faults, caplog):
    await check_takes(both, event_faults, caplog, 50, SHORT, seed=2)


@pytest.mark.soak
@pytest.mark.time_limit(900)
@pytest.mark.parametrize("kind", ["microphone", "both"])
async def test_500_takes_with_random_timeslices_are_complete(kind, event_faults, caplog, microphone, both):
    await check_takes(
        {"microphone": microphone, "both": both}[kind], event_faults, caplog, 500, RANDOM, seed=3
    )


@pytest.mark.soak
@pytest.mark.time_limit(900)
@pytest.mark.lane("firefox")
@pytest.mark.parametrize("kind", ["microphone", "both"])
async def test_500_takes_with_short_timeslices_are_complete(kind, event_faults, caplog, microphone, both):
    await check_takes(
        {"microphone": microphone, "both": both}[kind], event_faults, caplog, 500, SHORT, seed=4
    )


async def leaves_no_proxy(recorder, page_probe, count):
    async def takes(number):
        for take in range(number):
            recorder.start(0.01 if take % 10 == 0 else None)
            if take % 10 == 0:
                recorder.pause()
                recorder.request_data()
            await recorder.stop()

    await takes(1)
    gc.collect()
    page_probe.begin()
    await takes(count)
    await until_proxies_are_destroyed(page_probe)


@pytest.mark.time_limit(120)
@pytest.mark.firefox_in_soak
async def test_200_takes_leave_no_proxy(recorder, page_probe):
    recorder.on("dataavailable", lambda event: None)
    await leaves_no_proxy(recorder, page_probe, 200)


@pytest.mark.soak
@pytest.mark.time_limit(300)
async def test_1000_takes_leave_no_proxy(recorder, page_probe):
    await leaves_no_proxy(recorder, page_probe, 1000)


async def test_takes_that_fail_leave_no_proxy(both, page_probe):
    from mediarecorder import RecordingError

    recorder = MediaRecorder(both)
    [sound] = both.audio_tracks

    async def fail():
        recorder.start()
        both.remove_track(sound)
        with pytest.raises(RecordingError):
            await recorder.finished
        both.add_track(sound)

    await fail()
    gc.collect()
    page_probe.begin()
    for _ in range(10):
        await fail()
    await until_proxies_are_destroyed(page_probe)


async def test_takes_started_by_a_handler_of_stop_leave_no_proxy(microphone, page_probe):
    async def chain(length):
        recorder, left, ended = MediaRecorder(microphone), [None] * length, asyncio.Event()

        def start_next(event):
            if left:
                left.pop()
                recorder.start()
                recorder.stop()
            else:
                ended.set()

        recorder.on("stop", start_next)
        start_next(None)
        await ended.wait()

    await chain(1)
    gc.collect()
    page_probe.begin()
    await chain(10)
    await until_proxies_are_destroyed(page_probe)
    assert page_probe.listeners() == 0, page_probe.listened()


async def test_listening_to_tracks_leaves_no_proxy(microphone, page_probe):
    page_probe.begin()
    for _ in range(10):
        with microphone.clone() as stream:
            stream.tracks[0].on("ended", print)
            stream.on("addtrack", print)
            stream.tracks[0].onmute = print
    assert page_probe.proxies() == 0
