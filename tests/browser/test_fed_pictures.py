"""`MediaStream.from_frames`: a stream with the pictures that an iterable yields."""

import asyncio
import gc
import json
from array import array

import pytest
from support.ask_judge import colours, pictures
from support.eventually import until, until_nothing_is_left
from support.fed import (
    KINDS,
    WAYS,
    Watched,
    chunked,
    expect_closed,
    expect_end,
    expect_error,
    stopped,
    stopped_at_once,
    to_its_end,
)
from support.rows import thorough

from harness import painted
from mediarecorder import (
    AudioSamples,
    EncodingError,
    Frame,
    InvalidStateError,
    MediaError,
    MediaStream,
    NotAllowedError,
    blocking,
    mix,
    record,
)

WIDTH, HEIGHT = 160, 120
SEEN = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
in_page = pytest.mark.page_only("the canvases are in the page")
everywhere = pytest.mark.lane("chromium", "firefox", "chromium-worker", "firefox-worker")


def plain(*pixel, kind="B", width=WIDTH, height=HEIGHT):
    """A picture of one colour. A single number makes it gray."""
    shape = [height, width] if len(pixel) == 1 else [height, width, len(pixel)]
    return memoryview(array(kind, pixel * (width * height))).cast("B").cast(kind, shape)


def numbered(count):
    for number in range(count):
        yield memoryview(painted.paint(number, WIDTH, HEIGHT)).cast("B", [HEIGHT, WIDTH])


def endless():
    while True:
        yield from map(plain, range(0, 256, 16))


@pytest.mark.core
@pytest.mark.policy
@pytest.mark.lane(
    "chromium", "firefox", "chromium-worker", "firefox-worker", "chromium-pyodide-0.27", "chromium-csp"
)
async def test_pictures_are_recorded_in_their_colours_and_at_their_times():
    frames = [plain(*colour) for colour in SEEN.values() for _ in range(10)]
    recording = await record(20, stream=MediaStream.from_frames(frames, 20))
    assert recording.duration < 10, "the take ended with the iterable"
    found = await colours(recording)
    assert [colour["name"] for colour in found] == list(SEEN)
    for place, colour in enumerate(found):
        assert colour["at"] == pytest.approx(place / 2, abs=0.2)


@everywhere
async def test_pictures_keep_their_order_and_each_is_shown():
    recording = await record(20, stream=MediaStream.from_frames(numbered(30), 15))
    codes = [picture["code"] for picture in await pictures(recording)]
    assert codes == sorted(codes)
    assert codes[-1] == 29
    assert len(set(codes)) >= 25  # a busy machine leaves out some


@in_page
@pytest.mark.parametrize(
    ("frame", "seen"),
    [
        (plain(0, 255, 0), (0, 255, 0)),
        *thorough(
            (plain(200), (200, 200, 200)),
            (plain(255, 0, 0, 128), (128, 0, 0)),
            (plain(0.5, 0.0, 1.0, kind="f"), (128, 0, 255)),
            (plain(0.25, kind="d"), (64, 64, 64)),
            (Frame(bytearray(bytes([255, 0, 0]) * WIDTH * HEIGHT), WIDTH, HEIGHT, "bgr", 0.0), (0, 0, 255)),
            (plain(0, 255, 255, width=33, height=17), (0, 255, 255)),
        ),
    ],
    ids=["rgb", "gray", "opacity", "floats", "doubles", "frame", "odd"],
)
async def test_all_kinds_of_frames_are_shown(frame, seen):
    async with await MediaStream.from_frames(chunked([frame] * 100), 20) as stream:
        found = await anext(stream.frames())
    assert found.shape == (*memoryview(frame).shape[:2], 3)
    assert list(memoryview(found).cast("B")[:3]) == pytest.approx(seen, abs=8)


@pytest.mark.core
@everywhere
async def test_end_of_the_iterable_ends_the_track():
    await expect_end(MediaStream.from_frames(numbered(3), 20), "video")


@pytest.mark.core
@everywhere
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
async def test_stopping_closes_the_iterable(kind, way):
    watched = Watched(endless())
    await expect_closed(MediaStream.from_frames(kind(watched), 30), watched, way)


@everywhere
async def test_iterable_is_read_at_the_frame_rate():
    watched = Watched(endless())
    loop = asyncio.get_running_loop()
    async with await MediaStream.from_frames(watched.plain(), 20):
        await until(lambda: watched.taken)
        begun = loop.time()
        await until(lambda: watched.taken > 10)
        assert loop.time() - begun >= 0.35


async def failing():
    yield plain(0)
    raise LookupError("no more frames")


BAD = [
    (failing, LookupError, "no more frames"),
    (lambda: [plain(0), plain(0, width=32)], ValueError, "32 x 120, but the first one is 160 x 120"),
    (lambda: [plain(float("nan"), kind="f")], EncodingError, "finite"),
    (lambda: [plain(255.0, kind="f")], EncodingError, "from 0 to 1"),
    (lambda: ["picture"], TypeError, "must be an array"),
    (lambda: [plain(1, kind="h")], TypeError, "uint8"),
    (lambda: [plain(1, 2)], ValueError, "shape"),
    (lambda: [AudioSamples(bytes(4), 8000)], TypeError, "not sound"),
]


@pytest.mark.parametrize(("frames", "error", "text"), BAD)
@pytest.mark.lane("chromium", "chromium-worker")
async def test_error_ends_the_stream_and_is_reported(frames, error, text, loop_errors):
    await expect_error(MediaStream.from_frames(frames(), 30), loop_errors, error, text)


@pytest.mark.lane("firefox-resist-fingerprinting")
async def test_error_says_that_the_browser_falsifies_canvases():
    with pytest.raises(NotAllowedError, match="pixels"):
        await MediaStream.from_frames(endless(), 30)


@pytest.mark.lane("chromium")
@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((None, 30), TypeError, "iterable"),
        (([], 0), ValueError, "frame_rate"),
        (([], float("nan")), ValueError, "frame_rate"),
        (([], "30"), TypeError, "frame_rate"),
        (([], None), TypeError, "frame_rate"),
    ],
)
async def test_invalid_arguments_are_rejected_at_once(arguments, error, says):
    with pytest.raises(error, match=says):
        MediaStream.from_frames(*arguments)


@pytest.mark.lane("chromium")
async def test_iterator_feeds_one_stream_at_a_time():
    frames = endless()
    async with await MediaStream.from_frames(frames, 30):
        with pytest.raises(InvalidStateError, match="same iterator"):
            MediaStream.from_frames(frames, 30)


@everywhere
async def test_pictures_are_recorded_with_a_microphone(microphone):
    fed = MediaStream.from_frames(numbered(30), 15)
    mixed = await mix(fed, microphone)
    recording = await record(20, stream=mixed)
    assert {code["code"] for code in await pictures(recording)} >= {10, 20}
    assert (await recording.samples()).duration > 1
    assert not microphone.active


@pytest.mark.lane("chromium")
async def test_stream_that_is_stopped_at_once_reads_nothing():
    watched = Watched(endless())
    stream = MediaStream.from_frames(watched.plain(), 30)
    stream.stop()
    await asyncio.sleep(0.05)
    assert watched.taken == 0
    with pytest.raises(MediaError, match="stopped"):
        await stream


@pytest.mark.lane("chromium")
async def test_plain_python_waits_until_it_runs():
    with blocking.run(MediaStream.from_frames(endless(), 30)) as stream:
        assert stream.active


@in_page
@pytest.mark.parametrize(
    "times", [1, pytest.param(50, marks=[pytest.mark.soak, pytest.mark.time_limit(300)])]
)
async def test_stream_leaves_nothing_however_it_ends(page_probe, times):
    await to_its_end(MediaStream.from_frames([plain(0)], 30))  # loads the page's module
    await asyncio.sleep(0.05)
    gc.collect()
    page_probe.begin()
    for way in [to_its_end, stopped, stopped_at_once] * times:
        watched = Watched(endless())
        stream = MediaStream.from_frames(numbered(2) if way is to_its_end else watched.plain(), 30)
        await way(stream)
        if watched.taken:
            await until(watched.closed.is_set)
        assert all(track.ready_state == "ended" for track in stream.tracks)
    await until_nothing_is_left(page_probe)


SHOWN = """
import asyncio, json
from mediarecorder import MediaStream, record

frames = [memoryview(bytes([level]) * 320 * 240).cast("B", [240, 320]) for level in range(0, 200, 10)]
stream = MediaStream.from_frames(frames, 30)
recording = await record(20, stream=stream)
json.dumps([recording.size, stream.active])
"""


@in_page
@pytest.mark.lane("chromium")
@pytest.mark.thorough
@pytest.mark.parametrize("realm", ["worker"], ids=["in_worker"])
async def test_streams_of_a_worker_are_shown_by_the_page(python, page_probe):
    size, active = json.loads(await python(SHOWN))
    assert size > 500
    assert not active
    await until(lambda: page_probe.live() == 0)
