"""`frames()` of a stream: the newest picture while it happens."""

import asyncio
import gc
import itertools
import math
from fractions import Fraction

import pytest
from support.eventually import keep_busy, until_nothing_is_left

from mediarecorder import Frame, InvalidStateError, NotFoundError, blocking, media_devices, record

SHAPES = {"rgb": (240, 320, 3), "bgr": (240, 320, 3), "rgba": (240, 320, 4), "gray": (240, 320)}


async def some(frames, count):
    found = []
    async for frame in frames:
        found.append(frame)
        if len(found) == count:
            return found
    raise AssertionError("the picture has ended")


@pytest.mark.core
@pytest.mark.policy
async def test_frames_are_arrays_with_times(camera):
    frames = await some(camera.frames(), 4)
    times = [frame.timestamp for frame in frames]
    assert times[0] == 0
    assert all(before < after for before, after in itertools.pairwise(times))
    for frame in frames:
        assert isinstance(frame, Frame)
        assert frame.shape == memoryview(frame).shape == (240, 320, 3)
        assert frame.lost >= 0
    first, last = memoryview(frames[0]).cast("B"), memoryview(frames[-1]).cast("B")
    before = bytes(last)
    first[0] ^= 255
    assert bytes(last) == before, "each has its own memory"


@pytest.mark.lane("chromium", "firefox")
@pytest.mark.parametrize("format", SHAPES)
async def test_formats_and_widths(camera, format):
    [frame] = await some(camera.video_tracks[0].frames(format=format), 1)
    assert (frame.shape, frame.format) == (SHAPES[format], format)
    [small] = await some(camera.frames(160, format), 1)
    assert small.shape[:2] == (120, 160)
    pixels = memoryview(small).cast("B")
    if format == "rgba":
        assert set(pixels[3::4]) == {255}


@pytest.mark.page_only("a worker has no canvas in the page")
@pytest.mark.lane("chromium", "firefox")
@pytest.mark.parametrize(
    ("format", "expected"), [("rgb", (200, 60, 10)), ("bgr", (10, 60, 200)), ("gray", (96,))]
)
async def test_colours_are_those_of_the_picture(canvas, format, expected):
    async def draw():
        while True:
            canvas.draw("rgb(200 60 10)")
            await asyncio.sleep(0.03)

    drawing = asyncio.ensure_future(draw())
    with canvas.stream() as stream:
        [frame] = await some(stream.frames(format=format), 1)
    drawing.cancel()
    assert tuple(memoryview(frame).cast("B")[: len(expected)]) == pytest.approx(expected, abs=3)


@pytest.mark.core
@pytest.mark.lane("chromium", "firefox", "chromium-worker")
async def test_slow_python_gets_the_newest_frame_and_the_number_of_lost_ones(camera):
    frames = camera.frames(32)
    await some(frames, 2)
    await asyncio.sleep(0.7)
    before = await anext(frames)  # the newest of that time
    await asyncio.sleep(0.7)
    after = await anext(frames)
    await frames.aclose()
    assert after.timestamp - before.timestamp > 0.4
    assert after.lost >= 2


@pytest.mark.page_only("only Python in the page keeps the page's thread busy")
@pytest.mark.lane("chromium", "firefox")
async def test_frames_that_come_while_the_page_is_busy_count_as_lost(camera):
    frames = camera.frames(32)
    await some(frames, 3)
    keep_busy(1)
    later = await some(frames, 3)
    assert sum(frame.lost for frame in later) >= 5
    await frames.aclose()


@pytest.mark.lane("chromium", "firefox")
async def test_frame_rate_limits_the_frames(camera):
    frames = await some(camera.frames(32, frame_rate=5), 4)
    times = [frame.timestamp for frame in frames]
    assert all(after - before > 0.1 for before, after in itertools.pairwise(times))
    assert times[-1] > 0.5
    assert await some(camera.frames(32, frame_rate=Fraction(30000, 1001)), 1)


@pytest.mark.core
@pytest.mark.lane("chromium", "firefox", "chromium-worker")
async def test_loop_ends_with_the_track(camera):
    count = 0
    async for _ in camera.frames(32):
        count += 1
        if count == 2:
            camera.stop()
    assert count >= 2


@pytest.mark.lane("chromium", "firefox")
async def test_loops_and_recorders_do_not_disturb_each_other(camera):
    loops = [some(camera.frames(width), 5) for width in (None, 64, 160)]
    recording, *found = await asyncio.gather(record(1, stream=camera), *loops)
    assert recording.duration >= 1
    assert [frames[0].width for frames in found] == [320, 64, 160]


@pytest.mark.lane("chromium")
@pytest.mark.quirk("chromium-keeps-frames-until-they-are-drawn")
async def test_frames_that_were_never_taken_do_not_starve_later_loops():
    for _ in range(4):
        with await media_devices.get_user_media(video={"width": 320, "height": 240}) as stream:
            frames = stream.frames(32)
            await anext(frames)
            await asyncio.sleep(0.3)
            await frames.aclose()


async def broken_off(stream):
    async for _ in stream.frames(32):
        break


async def cancelled(stream):
    begun = asyncio.Event()

    async def loop():
        async for _ in stream.frames(32):
            begun.set()

    task = asyncio.ensure_future(loop())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])


async def cancelled_early(stream):
    task = asyncio.ensure_future(anext(stream.frames()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def dropped(stream):
    frames = stream.frames(32)
    await anext(frames)
    cycle = [frames]
    cycle.append(cycle)


WAYS = [broken_off, cancelled, cancelled_early, dropped]


@pytest.mark.page_only("the page has the workers and the listeners")
@pytest.mark.lane("chromium", "firefox")
@pytest.mark.parametrize(
    "times", [1, pytest.param(50, marks=[pytest.mark.soak, pytest.mark.time_limit(300)])]
)
async def test_loop_leaves_nothing_however_it_is_left(camera, page_probe, times):
    await broken_off(camera)  # loads the page's module
    gc.collect()
    page_probe.begin()
    for way in WAYS * times:
        await way(camera)
    await until_nothing_is_left(page_probe)
    assert camera.active


@pytest.mark.lane("chromium")
@pytest.mark.parametrize(
    ("choice", "error", "says"),
    [
        ({"width": 0}, ValueError, "width"),
        ({"width": 1.5}, ValueError, "width"),
        ({"width": "640"}, TypeError, "width"),
        ({"format": "yuv"}, ValueError, "pixel format"),
        ({"frame_rate": 0}, ValueError, "frame_rate"),
        ({"frame_rate": math.nan}, ValueError, "frame_rate"),
        ({"frame_rate": "30"}, TypeError, "frame_rate"),
    ],
)
async def test_invalid_arguments_are_rejected_at_once(camera, choice, error, says):
    with pytest.raises(error, match=says):
        camera.frames(**choice)
    with pytest.raises(error, match=says):
        camera.tracks[0].frames(**choice)


@pytest.mark.lane("chromium", "chromium-worker")
async def test_plain_python_takes_frames(camera):
    frames = camera.frames(32)
    first, second = blocking.run(anext(frames)), blocking.run(anext(frames))
    assert first.timestamp < second.timestamp
    blocking.run(frames.aclose())


@pytest.mark.lane("chromium")
async def test_stream_without_a_live_picture_is_rejected_at_once(microphone, camera):
    for source in (microphone, *microphone.tracks):
        with pytest.raises(NotFoundError, match="no picture"):
            source.frames()
    [track] = camera.tracks
    camera.stop()
    for source in (camera, track):
        with pytest.raises(InvalidStateError, match="ended"):
            source.frames()
