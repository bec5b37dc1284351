"""`blocks()`: sound while it happens."""

import asyncio
import gc
import itertools
import json
import math

import pytest
from support.eventually import keep_busy, until, until_nothing_is_left
from support.loopback import connected
from support.tones import column, frequency, rms

from mediarecorder import (
    AudioSamples,
    InvalidStateError,
    MediaStream,
    NotFoundError,
    NotReadableError,
    blocking,
    media_devices,
    record,
)

PLAIN = {"echo_cancellation": False, "noise_suppression": False, "auto_gain_control": False}
"""Constraints: the sound of the fake microphone, unchanged."""

both_realms = pytest.mark.parametrize(
    "realm",
    [
        pytest.param("page", id="in_page"),
        # (The worker needs a second interpreter.)
        pytest.param("worker", id="in_worker", marks=[pytest.mark.thorough, pytest.mark.firefox_in_soak]),
    ],
)
in_page = pytest.mark.page_only("a worker has no AudioContext")
sounding = pytest.mark.lane("chromium", "firefox-audible")
"""Lanes whose browser plays sound. Firefox needs a sound server for that (tests/harness/sound_server.py)."""


@pytest.fixture
async def contexts(load_script):
    """The AudioContexts that the library has made, and what they hear (frame_numbers.js)."""
    import js

    await load_script("frame_numbers", "frameNumbers")
    return js.frameNumbers


@pytest.fixture
def frame_numbers(contexts):
    """Each frame of the sound is its number."""
    contexts.begin()
    yield
    contexts.end()


@pytest.fixture
async def tone():
    """A microphone with a tone of 1000 Hz."""
    with await media_devices.get_user_media(audio=PLAIN) as stream:
        yield stream


async def heard(blocks, seconds):
    """The blocks of this many seconds."""
    found = []
    async for block in blocks:
        found.append(block)
        if block.timestamp + block.duration >= seconds:
            return found
    raise AssertionError("the sound has ended")


def joined(blocks):
    """The first channel of all blocks."""
    return [value for block in blocks for value in column(block)]


def assert_contiguous(blocks):
    assert blocks[0].timestamp == 0
    for before, after in itertools.pairwise(blocks):
        assert after.lost == 0
        assert after.timestamp == pytest.approx(before.timestamp + before.duration, abs=1e-9)


def roughness(values, rate, pitch=1000):
    """How far a tone is from a sine, at its worst place: a missing or doubled frame makes it large."""
    turn = 2 * math.cos(2 * math.pi * pitch / rate)
    return max(
        abs(before + after - turn * now)
        for before, now, after in zip(values, values[1:], values[2:], strict=False)
    )


@pytest.mark.core
@pytest.mark.lane("chromium", "chromium-worker", "firefox-audible", "chromium-pyodide-0.27", "chromium-csp")
@pytest.mark.policy
async def test_blocks_follow_each_other_without_a_gap(tone):
    blocks = await heard(tone.blocks(0.02), 0.5)
    assert_contiguous(blocks)
    [rate], [channels] = {block.sample_rate for block in blocks}, {block.channels for block in blocks}
    assert {block.shape for block in blocks} == {(round(0.02 * rate), channels)}
    assert all(isinstance(block, AudioSamples) for block in blocks)
    values = joined(blocks)[rate // 5 :]
    assert frequency(values, rate) == pytest.approx(1000, abs=1)
    assert roughness(values, rate) < 0.05


BUSY = """
import json
from array import array
from time import perf_counter
from mediarecorder import media_devices

def keep_busy(seconds):
    end = perf_counter() + seconds
    while perf_counter() < end:
        pass

async def listen(seconds, burst):
    lost, following, busy_until = [], None, 0
    with await media_devices.get_user_media(audio=True) as stream:
        async for block in stream.blocks(0.02, channels=1):
            if block.lost:
                lost.append(block.lost)
            heard = memoryview(block).cast("B").cast("f")
            if following is None:  # it is silent before the source has begun
                silent = next((frame for frame, value in enumerate(heard) if value), block.frames)
                heard = heard[silent:]
                if heard:
                    following = round(heard[0] * 2**24)
            if following is not None:
                period = {period} * block.sample_rate
                wanted = array("f", ((following + frame) % period / 2**24 for frame in range(len(heard))))
                if heard.tobytes() != wanted.tobytes():
                    numbers = [round(value * 2**24) for value in heard]
                    return [block.timestamp, following, numbers], lost, block.timestamp
                following += len(heard)
            if block.timestamp >= seconds:
                return None, lost, block.timestamp
            if perf_counter() > busy_until:
                keep_busy(burst)
                busy_until = perf_counter() + burst

json.dumps(await listen({seconds}, {burst}))
"""


async def assert_nothing_is_lost(python, period, seconds, burst):
    program = BUSY.replace("{period}", str(period)).replace("{seconds}", str(seconds))
    differs, lost, end = json.loads(await python(program.replace("{burst}", str(burst))))
    assert differs is None, "frame for frame what the AudioWorklet was given"
    assert lost == []
    assert end >= seconds


@in_page
@both_realms
@sounding
@pytest.mark.time_limit(120)
@pytest.mark.parametrize(
    ("seconds", "burst"),
    [(1.5, 0.25), pytest.param(30, 1, marks=[pytest.mark.soak, pytest.mark.time_limit(200)])],
)
async def test_busy_python_loses_no_frame(python, contexts, frame_numbers, seconds, burst):
    await assert_nothing_is_lost(python, contexts.period, seconds, burst)


@in_page
@pytest.mark.lane("chromium")
@pytest.mark.soak
@pytest.mark.time_limit(900)
@pytest.mark.parametrize("realm", ["page"], ids=["in_page"])
async def test_python_that_is_busy_half_of_the_time_loses_no_frame_in_ten_minutes(
    python, contexts, frame_numbers
):
    await assert_nothing_is_lost(python, contexts.period, seconds=600, burst=1)


def number(block, frame):
    return round(column(block)[frame] * 2**24)


@in_page
@sounding
@pytest.mark.thorough
@pytest.mark.parametrize(
    ("away", "busy"),
    [pytest.param(6.5, False, id="elsewhere"), pytest.param(8, True, id="busy", marks=pytest.mark.soak)],
)
async def test_lost_says_exactly_what_is_missing(microphone, contexts, frame_numbers, engine, away, busy):
    """5 s wait for Python; of the time that it is away, the oldest are lost."""
    expected, losses = None, []
    async for block in microphone.blocks(0.05, channels=1):
        if expected is not None:
            assert block.lost == number(block, 0) - expected
            if block.lost:
                losses.append(block.lost / block.sample_rate)
            assert number(block, -1) == number(block, 0) + block.frames - 1
        elif block.timestamp >= 0.2:
            if busy:
                keep_busy(away)
            else:
                await contexts.played(away)
            expected = number(block, -1) + 1
            continue
        if block.timestamp > away + 1.5:
            break
        expected = None if expected is None else number(block, -1) + 1
    # (Firefox keeps the messages while the page's thread is busy, and Python can take them all.)
    if losses or not busy or engine == "chromium":
        [loss] = losses
        assert away - 5.5 < loss < away - 3.5


@in_page
@sounding
async def test_resampled_sound_goes_on_from_block_to_block(tone):
    blocks = await heard(tone.blocks(0.05, sample_rate=16000, channels=1), 0.8)
    assert_contiguous(blocks)
    assert {block.shape for block in blocks} == {(800, 1)}
    assert {block.sample_rate for block in blocks} == {16000}
    values = joined(blocks)[4000:]
    assert frequency(values, 16000) == pytest.approx(1000, abs=1)
    assert roughness(values, 16000) < 0.05


@pytest.fixture
def sides():
    """A stream that is 0.4 left and 0.1 right."""
    import js

    context = js.AudioContext.new()
    merger, destination = context.createChannelMerger(2), context.createMediaStreamDestination()
    for channel, value in enumerate((0.4, 0.1)):
        source = context.createConstantSource()
        source.offset.value = value
        source.connect(merger, 0, channel)
        source.start()
    merger.connect(destination)
    with MediaStream(destination.stream) as stream:
        yield stream
    context.close()


@in_page
@sounding
@pytest.mark.parametrize(
    ("channels", "expected"), [(1, [0.25]), (None, [0.4, 0.1]), (2, [0.4, 0.1]), (4, [0.4, 0.1, 0, 0])]
)
async def test_channels_are_mixed(sides, channels, expected):
    async for block in sides.blocks(0.02, channels=channels):
        frame = memoryview(block)[-1:].cast("B").cast("f").tolist()
        if any(frame):
            break
    assert frame == pytest.approx(expected, abs=1e-3)


@pytest.mark.core
@pytest.mark.lane("chromium", "chromium-worker", "firefox-audible")
async def test_disabled_track_is_silent_and_goes_on(tone):
    [track] = tone.tracks
    states = []
    async for block in track.blocks(0.05, channels=1):
        assert block.lost == 0
        loud = rms(column(block)) > 0.02
        if not states or states[-1] != loud:
            states.append(loud)
            if states[-3:] == [True, False, True]:
                break
            # Silent from the first sound on, until the silence has come.
            track.enabled = not loud


@in_page
@pytest.mark.lane("chromium")
async def test_connection_that_sends_nothing_is_silent_and_goes_on(tone):
    async with connected(tone) as (remote, sender):
        loud, quiet = 0, 0
        async for block in remote.blocks(0.05, channels=1):
            assert block.lost == 0
            if rms(column(block)) > 0.02:
                loud, quiet = loud + 1, 0
            elif loud:
                quiet += 1
            if loud == 5:
                await sender.replaceTrack(None)
            if quiet > 10:
                break


@pytest.mark.core
@pytest.mark.lane("chromium", "chromium-worker", "firefox-audible")
@pytest.mark.parametrize("rate", [None, 16000])
async def test_loop_ends_with_the_track_and_delivers_the_rest(microphone, rate):
    blocks = []
    async for block in microphone.blocks(0.3, sample_rate=rate, channels=1):
        blocks.append(block)
        if len(blocks) == 2:
            await asyncio.sleep(0.1)
            microphone.stop()
    assert_contiguous(blocks)
    *whole, last = blocks
    assert len(whole) >= 2
    assert {block.duration for block in whole} == {0.3}
    assert 0 < last.duration < 0.3


@in_page
@pytest.mark.lane("chromium")
async def test_loops_and_recorders_do_not_disturb_each_other(tone, frame_numbers):
    async def loop(seconds, **choice):
        blocks = await heard(tone.blocks(seconds, **choice), 1)
        assert_contiguous(blocks)
        return blocks[-1].timestamp

    loops = [loop(0.01), loop(0.02, channels=1), loop(0.25), loop(0.02, sample_rate=8000)]
    recording, *ends = await asyncio.gather(record(1, stream=tone), *loops)
    assert recording.duration >= 1
    assert min(ends) > 0.7


async def broken_off(stream):
    async for _ in stream.blocks():
        break


async def failed(stream):
    async def loop():
        async for _ in stream.blocks():
            raise KeyError

    with pytest.raises(KeyError):
        await loop()


async def cancelled(stream):
    begun = asyncio.Event()

    async def loop():
        async for _ in stream.blocks():
            begun.set()

    task = asyncio.ensure_future(loop())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])


async def cancelled_early(stream):
    task = asyncio.ensure_future(anext(stream.blocks()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def closed(stream):
    blocks = stream.blocks()
    await anext(blocks)
    await blocks.aclose()


async def dropped(stream):
    blocks = stream.blocks()
    await anext(blocks)
    cycle = [blocks]
    cycle.append(cycle)


async def never_begun(stream):
    stream.blocks()


WAYS = [broken_off, failed, cancelled, cancelled_early, closed, dropped, never_begun]


@in_page
@sounding
@pytest.mark.parametrize(
    "times", [1, pytest.param(30, marks=[pytest.mark.soak, pytest.mark.time_limit(200)])]
)
async def test_loop_leaves_nothing_however_it_is_left(microphone, contexts, page_probe, times):
    await closed(microphone)  # loads the page's module
    await asyncio.sleep(0.02)
    gc.collect()
    page_probe.begin()
    before = contexts.made()
    for way in WAYS * times:
        await way(microphone)
    gc.collect()
    await until(lambda: contexts.open() == 0)
    assert contexts.made() >= before + 5 * times
    await until_nothing_is_left(page_probe)
    assert microphone.active


LEAVE = """
from mediarecorder import media_devices
stream = await media_devices.get_user_media(audio=True)
async for block in stream.blocks():
    break
blocks = stream.blocks()
await anext(blocks)
del blocks
stream.stop()
"""


@in_page
@pytest.mark.lane("chromium")
@pytest.mark.thorough
@pytest.mark.parametrize("realm", ["worker"], ids=["in_worker"])
async def test_loops_of_a_worker_leave_nothing_in_the_page(python, contexts):
    before = contexts.made()
    await python(LEAVE)
    await until(lambda: contexts.made() == before + 2)
    await until(lambda: contexts.open() == 0)


@in_page
@pytest.mark.lane("chromium")
@pytest.mark.soak
async def test_dead_worker_leaves_no_context(start_worker, open_channel, contexts):
    worker = start_worker()
    before = contexts.made()
    await worker.run(f"""
import mediarecorder
await mediarecorder.connect("{open_channel()}")
stream = await mediarecorder.media_devices.get_user_media(audio=True)
blocks = stream.blocks()
await anext(blocks)
""")
    assert contexts.made() == before + 1
    assert contexts.open() == 1
    worker.terminate()
    await until(lambda: contexts.open() == 0)


@pytest.mark.lane("chromium")
async def test_plain_python_takes_blocks(microphone):
    blocks = microphone.blocks(0.02)
    first, second = blocking.run(anext(blocks)), blocking.run(anext(blocks))
    assert second.timestamp == pytest.approx(first.duration)
    blocking.run(blocks.aclose())


@pytest.mark.lane("firefox")
@pytest.mark.quirk("firefox-plays-nothing-without-a-loudspeaker")
async def test_error_says_that_the_browser_has_no_audio_output(microphone):
    with pytest.raises(NotReadableError, match="audio output"):
        await anext(microphone.blocks())


@pytest.mark.lane("chromium")
@pytest.mark.parametrize(
    ("choice", "error", "says"),
    [
        ({"seconds": 0}, ValueError, "seconds"),
        ({"seconds": -1}, ValueError, "seconds"),
        ({"seconds": math.nan}, ValueError, "seconds"),
        ({"seconds": 61}, ValueError, "at most 60"),
        ({"seconds": None}, TypeError, "seconds"),
        ({"seconds": "1"}, TypeError, "seconds"),
        ({"sample_rate": 0}, ValueError, "sample_rate"),
        ({"sample_rate": 44100.5}, ValueError, "sample_rate"),
        ({"sample_rate": "48000"}, TypeError, "sample_rate"),
        ({"channels": 0}, ValueError, "channels"),
        ({"channels": 33}, ValueError, "channels"),
        ({"channels": True}, TypeError, "channels"),
    ],
)
async def test_invalid_arguments_are_rejected_at_once(microphone, choice, error, says):
    with pytest.raises(error, match=says):
        microphone.blocks(**choice)
    with pytest.raises(error, match=says):
        microphone.tracks[0].blocks(**choice)


@pytest.mark.lane("chromium")
async def test_stream_without_live_sound_is_rejected_at_once(microphone, camera):
    for source in (camera, *camera.tracks):
        with pytest.raises(NotFoundError, match="no sound"):
            source.blocks()
    [track] = microphone.tracks
    microphone.stop()
    for source in (microphone, track):
        with pytest.raises(InvalidStateError, match="ended"):
            source.blocks()
