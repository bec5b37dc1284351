"""Pictures as numbers, and one of them as a photo."""

import itertools

import pytest
from support.ask_judge import colours, packets, probe

from mediarecorder import Frame, MediaError, NotFoundError, NotSupportedError, RangeError

pytestmark = pytest.mark.media_work

SHAPES = {"rgb": (240, 320, 3), "bgr": (240, 320, 3), "rgba": (240, 320, 4), "gray": (240, 320)}
COLOURS = {"red": (254, 0, 0), "green": (0, 255, 1), "blue": (0, 0, 254), "white": (255, 255, 255)}


async def every(frames):
    return [frame async for frame in frames]


@pytest.mark.core
@pytest.mark.policy
@pytest.mark.parametrize("format", SHAPES)
async def test_frame_is_an_array_of_bytes(recorded, format):
    recording = await recorded("both", timeslice=0.2)
    frames = await every(recording.frames(format=format))
    assert [len(frames)] == [one["count"] for one in await packets(recording) if one["kind"] == "video"]
    for frame in frames:
        assert isinstance(frame, Frame)
        view = memoryview(frame)
        assert frame.shape == view.shape == SHAPES[format]
        assert (view.format, view.c_contiguous) == ("B", True)
        assert (frame.width, frame.height, frame.format) == (320, 240, format)
    [first, last] = [memoryview(frame).cast("B") for frame in (frames[0], frames[-1])]
    before = bytes(last)
    first[0] ^= 255
    assert bytes(last) == before, "each has its own memory"


async def test_times_grow_from_the_start_of_the_recording(recorded):
    recording = await recorded("both", timeslice=0.2)
    times = [frame.timestamp async for frame in recording.frames(width=32)]
    starts = {stream["kind"]: stream["start"] for stream in (await probe(recording))["streams"]}
    assert times[0] == pytest.approx(starts["video"] - min(starts.values()), abs=0.02)
    assert times[0] >= 0
    assert times[-1] <= await recording.measure()
    # On a busy machine, Chromium gives two frames the same millisecond.
    assert all(before <= after for before, after in itertools.pairwise(times))


@pytest.mark.core
async def test_formats_only_reorder_the_same_picture(recorded, engine):
    recording = await recorded("picture")
    pixels = {format: memoryview([f async for f in recording.frames(format=format)][3]) for format in SHAPES}
    for y, x in ((0, 0), (120, 160), (239, 319), (10, 300)):
        red, green, blue = (pixels["rgb"][y, x, channel] for channel in range(3))
        assert [pixels["bgr"][y, x, channel] for channel in range(3)] == [blue, green, red]
        assert [pixels["rgba"][y, x, channel] for channel in range(4)] == [red, green, blue, 255]
        assert pixels["gray"][y, x] == pytest.approx(0.299 * red + 0.587 * green + 0.114 * blue, abs=1)


@pytest.mark.thorough
@pytest.mark.lane("chromium")
async def test_colours_agree_with_other_decoders(recorded):
    recording = await recorded("both", 3, timeslice=0.2)
    changes = await colours(recording)
    seen = set[str]()
    for change, following in itertools.pairwise([*changes, {"at": recording.duration}]):
        start, end = change["at"] + 0.1, following["at"] - 0.1
        if start >= end:
            continue  # the first colour can be short: the camera may change at any time
        async for frame in recording.frames(start=start, end=end):
            view = memoryview(frame)
            pixel = [view[120, 160, channel] for channel in range(3)]
            assert pixel == pytest.approx(COLOURS[change["name"]], abs=40), change
            seen.add(change["name"])
    assert len(seen) > 1, changes


async def test_start_and_end_select_the_frames_between_them(recorded):
    recording = await recorded("both", 1.5, timeslice=0.2)
    times = [frame.timestamp async for frame in recording.frames(width=32)]
    some = [frame.timestamp async for frame in recording.frames(width=32, start=0.5, end=1.0)]
    assert some == [time for time in times if 0.5 <= time < 1.0]
    assert [frame.timestamp async for frame in recording.frames(width=32, start=1.0)] == [
        t for t in times if t >= 1.0
    ]
    assert await every(recording.frames(start=60)) == []


@pytest.mark.parametrize(("width", "height"), [(64, 48), (33, 25), (640, 480), (1, 1)])
async def test_height_follows_the_width(recorded, width, height):
    recording = await recorded("picture")
    async for frame in recording.frames(width):
        assert frame.shape == (height, width, 3)
        break


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"format": "yuv"}, ValueError, "rgb, rgba, bgr, gray"),
        ({"width": 0}, ValueError, "width"),
        ({"width": "64"}, TypeError, "width"),
        ({"start": -1}, ValueError, "start"),
        ({"end": float("nan")}, ValueError, "end"),
    ],
)
async def test_invalid_frame_arguments_are_rejected(recorded, arguments, error, text):
    with pytest.raises(error, match=text):
        await every((await recorded("picture")).frames(**arguments))


async def test_sound_has_no_frames(recorded):
    with pytest.raises(NotFoundError, match="no picture"):
        await every((await recorded("sound")).frames())
    with pytest.raises(NotFoundError, match="no picture"):
        await (await recorded("sound")).thumbnail()


@pytest.mark.core
@pytest.mark.policy
async def test_thumbnail_is_a_photo_at_that_time(recorded):
    recording = await recorded("both", 1.5, timeslice=0.2)
    photo = await recording.thumbnail(0.7, width=160)
    assert (photo.width, photo.height, photo.mime_type) == (160, 120, "image/jpeg")
    assert (await photo.bytes())[:2] == b"\xff\xd8"
    assert (await recording.thumbnail(mime_type="image/png")).width == 320


@pytest.mark.parametrize("at", [0, 0.5, 1.49])
async def test_thumbnail_works_at_any_time_of_the_recording(recorded, at):
    assert (await (await recorded("both", 1.5, timeslice=0.2)).thumbnail(at)).size > 500


async def test_invalid_thumbnail_arguments_are_rejected(recorded):
    recording = await recorded("both", 1.5, timeslice=0.2)
    for at in (60, -1):
        with pytest.raises(RangeError):
            await recording.thumbnail(at)
    with pytest.raises(NotSupportedError, match="image/jpeg"):
        await recording.thumbnail(mime_type="image/unheard-of")
    with pytest.raises((TypeError, MediaError)):
        await recording.thumbnail("0")
