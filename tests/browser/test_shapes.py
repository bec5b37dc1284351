"""Pictures of changing shape, odd sizes, transparency, exact times; files that are broken in the middle."""

import asyncio
import base64
import logging

import pytest
from support.ask_judge import probe
from support.drawn import (
    BLACK,
    BLUE,
    GREEN,
    RED,
    WHITE,
    Shot,
    damaged_in_the_middle,
    drawn,
    grey,
    number_of,
    plain,
    quarters,
)

from mediarecorder import EncodingError, Recording

pytestmark = pytest.mark.media_work

OPUS = "audio/webm;codecs=opus"

TURNED = [
    Shot(0, plain(RED), (64, 48)),
    Shot(100, plain(RED), (64, 48)),
    Shot(200, plain(BLUE), (48, 64)),
    Shot(300, plain(BLUE), (48, 64)),
    Shot(400, plain(GREEN), (32, 24)),
    Shot(500, plain(GREEN), (32, 24)),
]
"""A phone that is rotated, then another camera of the same shape."""


def at(frame, x, y):
    view = memoryview(frame)
    return tuple(view[y, x, channel] for channel in range(view.shape[2]))


def near(colour, by=45):
    """A tolerance for the browsers' different handling of colours."""
    return pytest.approx(colour, abs=by)


async def every(frames):
    return [frame async for frame in frames]


async def pixels_of(photo):
    """The pixels of a PNG: ``pixels[x, y]`` is red, green, blue, alpha."""
    import js

    bitmap = await js.createImageBitmap(photo.blob)
    context = js.OffscreenCanvas.new(bitmap.width, bitmap.height).getContext("2d")
    context.drawImage(bitmap, 0, 0)
    data = context.getImageData(0, 0, bitmap.width, bitmap.height).data.to_py()
    return {
        (x, y): tuple(data[4 * (y * bitmap.width + x) :][:4])
        for y in range(bitmap.height)
        for x in range(bitmap.width)
    }


def check_turned(frames):
    for frame in frames:
        assert (frame.width, frame.height) == (64, 48)
        if frame.timestamp < 0.19:
            expected = dict.fromkeys([(1, 1), (32, 24), (62, 46)], RED)
        elif frame.timestamp < 0.39:  # 36 x 48 in the middle
            sides, inside = [(5, 24), (11, 2), (52, 2)], [(17, 2), (32, 46), (46, 46)]
            expected = dict.fromkeys(sides, BLACK) | dict.fromkeys(inside, BLUE)
        else:
            expected = dict.fromkeys([(1, 1), (32, 24), (62, 46)], GREEN)
        for place, colour in expected.items():
            assert at(frame, *place)[:3] == near(colour), (frame.timestamp, place)


@pytest.mark.core
@pytest.mark.parametrize("codec", ["vp8", "vp9"])
async def test_picture_of_another_shape_is_fitted_into_the_first(codec):
    frames = await every((await drawn(TURNED, codec)).frames())
    assert len(frames) == len(TURNED)
    check_turned(frames)


async def test_thumbnail_of_another_shape_is_fitted():
    recording = await drawn(TURNED)
    pixels = await pixels_of(await recording.thumbnail(0.25, mime_type="image/png"))
    assert max(pixels) == (63, 47)
    assert pixels[5, 24] == (0, 0, 0, 255)
    assert pixels[32, 24][:3] == near(BLUE)
    small = await recording.thumbnail(0.25, width=32)
    assert (small.width, small.height) == (32, 24)


async def test_first_picture_sets_the_size_at_any_start():
    recording = await drawn(TURNED)
    [frame, *_] = await every(recording.frames(start=0.2))
    assert (frame.width, frame.height) == (64, 48)


@pytest.mark.parametrize("format", ["mp4", "webm"])
async def test_encoded_pictures_are_fitted(format):
    recording = await drawn(TURNED)
    made = await (recording.convert("mp4") if format == "mp4" else recording.trim(0.1))
    [stream] = (await probe(made))["streams"]
    assert (stream["width"], stream["height"]) == (64, 48)
    frames = await every(made.frames())
    shift = 0 if format == "mp4" else 0.1
    for frame in frames:
        frame.timestamp += shift
    assert len(frames) == len(TURNED) - (format == "webm")
    check_turned(frames)


async def test_brightness_stays_when_the_shape_changes():
    """Chromium converts to the full range of a canvas, although the track has the limited range."""
    shots = [Shot(0, grey(10), (64, 48)), Shot(100, grey(10), (48, 64)), Shot(200, grey(10), (64, 48))]
    made = await (await drawn(shots)).convert("mp4")
    levels = [at(frame, 32, 24)[0] for frame in await every(made.frames())]
    assert len(levels) == 3
    assert max(levels) - min(levels) <= 3, levels


@pytest.mark.parametrize("size", [(321, 241), (161, 121), (33, 2), (1, 1)])
async def test_odd_sizes_stay_if_the_codec_supports_them(size):
    recording = await drawn([Shot(0, quarters, size), Shot(100, quarters, size)])
    [first, _] = await every(recording.frames())
    assert (first.width, first.height) == size
    trimmed = await recording.trim(0.05)
    [stream] = (await probe(trimmed))["streams"]
    assert (stream["codec"], stream["width"], stream["height"]) == ("vp8", *size)


@pytest.mark.lane("chromium", "chromium-worker")
@pytest.mark.parametrize("size", [(321, 241), (161, 121), (320, 241)])
async def test_odd_sizes_get_one_more_pixel_in_h264_and_are_logged(size, caplog):
    caplog.set_level(logging.INFO, "mediarecorder")
    width, height = size
    even = (width + width % 2, height + height % 2)
    made = await (await drawn([Shot(0, quarters, size), Shot(100, quarters, size)])).convert("mp4")
    found = await probe(made)
    assert found["errors"] == []
    assert [(s["codec"], s["width"], s["height"]) for s in found["streams"]] == [("h264", *even)]
    assert f"{even[0]} x {even[1]} instead of {width} x {height}" in caplog.text
    [frame, _] = await every(made.frames())
    # The edge is repeated, and nothing is scaled: the middle is where it was.
    assert at(frame, even[0] - 1, 5) == near(GREEN)
    assert at(frame, 5, even[1] - 1) == near(BLUE)
    assert at(frame, even[0] - 1, even[1] - 1) == near(WHITE)


async def test_even_sizes_are_not_logged(caplog):
    caplog.set_level(logging.INFO, "mediarecorder")
    await (await drawn([Shot(0, quarters), Shot(100, quarters)])).convert("mp4")
    assert "odd sizes" not in caplog.text


def bands(x):
    return (0, 128, 255)[x * 3 // 1000]


def right(x):
    return 255 if x >= 667 else 0


SEEN_THROUGH = [
    Shot(0, plain(RED), (96, 48), bands),
    Shot(100, plain(RED), (96, 48), right),
    Shot(200, plain(RED), (96, 48), bands),
]


@pytest.mark.core
@pytest.mark.parametrize("codec", ["vp8", "vp9"])
async def test_rgba_has_the_recordings_alpha_and_no_earlier_pixels(codec):
    frames = await every((await drawn(SEEN_THROUGH, codec)).frames(format="rgba"))
    found = [[at(frame, x, 24)[3] for x in (16, 48, 80)] for frame in frames]
    assert found == [near([0, 128, 255], 4), near([0, 0, 255], 4), near([0, 128, 255], 4)]
    # The colours are not multiplied by alpha.
    assert at(frames[0], 48, 24)[:3] == at(frames[0], 80, 24)[:3] == near(RED)


async def test_smaller_rgba_frames_have_alpha():
    frames = await every((await drawn(SEEN_THROUGH)).frames(format="rgba", width=48))
    assert [at(frames[1], x, 12)[3] for x in (8, 24, 40)] == near([0, 0, 255], 4)
    assert [at(frames[2], x, 12)[3] for x in (8, 24, 40)] == near([0, 128, 255], 4)
    assert at(frames[2], 24, 12)[:3] == near(RED)


@pytest.mark.parametrize("format", ["rgb", "bgr", "gray"])
async def test_other_formats_show_transparency_on_black(format):
    frames = await every((await drawn(SEEN_THROUGH)).frames(format=format))
    for frame, halves in zip(frames, (0.5, 0, 0.5), strict=True):
        pixels = memoryview(frame).cast("B")
        depth = len(pixels) // (96 * 48)
        left, middle, full = (max(pixels[(24 * 96 + x) * depth :][:depth]) for x in (16, 48, 80))
        assert left == near(0, 4)
        assert middle == near(full * halves, 6)


async def test_alpha_is_255_without_transparency():
    for frame in await every((await drawn(TURNED)).frames(format="rgba")):
        assert set(bytes(memoryview(frame).cast("B"))[3::4]) == {255}


async def test_bars_of_a_transparent_recording_are_transparent():
    shots = [Shot(0, plain(RED), (64, 48), lambda x: 255), Shot(100, plain(RED), (48, 64), lambda x: 255)]
    [_, frame] = await every((await drawn(shots)).frames(format="rgba"))
    assert [at(frame, x, 24)[3] for x in (5, 32, 60)] == near([0, 255, 0], 4)


async def test_thumbnail_is_transparent_if_its_type_allows_it():
    recording = await drawn(SEEN_THROUGH)
    pixels = await pixels_of(await recording.thumbnail(0.1, mime_type="image/png"))
    assert [pixels[x, 24][3] for x in (16, 48, 80)] == near([0, 0, 255], 4)
    pixels = await pixels_of(await recording.thumbnail(0.1))
    assert pixels[16, 24] == near((0, 0, 0, 255), 12)


async def test_encoded_pictures_stay_transparent():
    trimmed = await (await drawn(SEEN_THROUGH)).trim(0.05)
    frames = await every(trimmed.frames(format="rgba"))
    assert [at(frames[1], x, 24)[3] for x in (16, 48, 80)] == near([0, 0, 255], 8)
    assert [at(frames[2], x, 24)[3] for x in (16, 48, 80)] == near([0, 128, 255], 8)


MATRICES = {
    "0": ((1, 0, 0, 1), (RED, GREEN, BLUE, WHITE)),
    "90": ((0, 1, -1, 0), (BLUE, RED, WHITE, GREEN)),
    "180": ((-1, 0, 0, -1), (WHITE, BLUE, GREEN, RED)),
    "270": ((0, -1, 1, 0), (GREEN, WHITE, RED, BLUE)),
    "mirrored": ((-1, 0, 0, 1), (GREEN, RED, WHITE, BLUE)),
    "upside down": ((1, 0, 0, -1), (BLUE, WHITE, RED, GREEN)),
}


async def turned(matrix):
    """An MP4 whose track has this matrix: its a, b, c and d (ISO/IEC 14496-12, 6.2.2)."""
    recording = await (await drawn([Shot(0, quarters), Shot(100, quarters)], "vp9")).convert("mp4")
    data = bytearray(await recording.bytes())
    place = data.index(b"tkhd") + 44
    assert data[place : place + 4] == (1 << 16).to_bytes(4, "big")
    for value, offset in zip(matrix, (0, 4, 12, 16), strict=True):
        data[place + offset :][:4] = b""
        data[place + offset : place + offset + 4] = (value << 16).to_bytes(4, "big", signed=True)
    return Recording.from_bytes(data, "video/mp4")


@pytest.mark.parametrize("name", MATRICES)
async def test_pictures_are_upright(name):
    matrix, colours = MATRICES[name]
    recording = await turned(matrix)
    size = (64, 48) if matrix[0] else (48, 64)
    places = [(size[0] * x // 4, size[1] * y // 4) for y in (1, 3) for x in (1, 3)]
    for frame in await every(recording.frames()):
        assert (frame.width, frame.height) == size
        assert [at(frame, *place) for place in places] == [near(colour) for colour in colours]
    photo = await recording.thumbnail(mime_type="image/png")
    pixels = await pixels_of(photo)
    assert (photo.width, photo.height) == size
    assert [pixels[place][:3] for place in places] == [near(colour) for colour in colours]


async def test_rotated_pictures_are_encoded_upright():
    matrix, colours = MATRICES["90"]
    made = await (await turned(matrix)).convert("webm")
    trimmed = await (await turned(matrix)).trim(0.05)
    for recording in (made, trimmed):
        [frame, *_] = await every(recording.frames())
        assert (frame.width, frame.height) == (48, 64)
        assert [at(frame, x, y) for y in (16, 48) for x in (12, 36)] == [near(colour) for colour in colours]


async def test_pixels_are_square():
    recording = await drawn([Shot(0, quarters), Shot(100, quarters)], display=(128, 48))
    [frame, _] = await every(recording.frames())
    assert (frame.width, frame.height) == (128, 48)
    colours = [at(frame, x, y) for y in (12, 36) for x in (56, 72)]
    assert colours == [near(colour) for colour in (RED, GREEN, BLUE, WHITE)]
    photo = await recording.thumbnail(width=64)
    assert (photo.width, photo.height) == (64, 24)


def numbered(count, step=1000 / 30):
    return [Shot(round(number * step), grey(number)) for number in range(count)]


def numbers(frames):
    return [number_of(memoryview(frame)[24, 32]) for frame in frames]


@pytest.fixture
async def broken():
    """45 pictures at 30 a second, with key frames at 0, 10, 20 …; the packet of number 26 is noise."""
    return await drawn(numbered(45), keys_every=10, damaged=26)


async def test_frames_before_a_broken_packet_precede_the_error(broken):
    frames = broken.frames(format="gray")
    first = await anext(frames)
    await asyncio.sleep(0.3)  # enough time for the decoder to run far ahead
    assert numbers([first] + [await anext(frames) for _ in range(25)]) == list(range(26))
    with pytest.raises(EncodingError):
        await anext(frames)


@pytest.mark.parametrize("end", [0.1, 0.8, 26 / 30])
async def test_part_before_a_broken_packet_is_read_without_error(broken, end):
    found = numbers(await every(broken.frames(format="gray", end=end)))
    assert found == list(range(round(end * 30)))
    trimmed = await broken.trim(0, end)
    assert len(await every(trimmed.frames())) == len(found)


async def test_part_after_a_broken_packet_is_read_from_its_key_frame(broken):
    indexed = await broken.seekable()
    assert numbers(await every(indexed.frames(format="gray", start=31 / 30))) == list(range(31, 45))


async def test_thumbnail_needs_only_earlier_packets(broken):
    assert (await broken.thumbnail(0.8)).width == 64
    with pytest.raises(EncodingError):
        await broken.thumbnail(26 / 30)


async def test_sound_before_a_broken_packet_is_read(recorded):
    """A recording of 1.2 s whose packet at 0.6 s is noise."""
    sound = await damaged_in_the_middle(await (await recorded("sound", mime_type=OPUS)).seekable())
    trimmed = await sound.trim(0, 0.4)
    assert await trimmed.measure() == pytest.approx(0.4, abs=0.03)
    blocks = sound.sample_blocks(0.1)
    for _ in range(5):
        await asyncio.sleep(0.05)
        assert (await anext(blocks)).frames > 0
    with pytest.raises(EncodingError):
        async for _ in blocks:
            pass


@pytest.fixture(params=["without an index", "with an index", "mp4"])
async def indexed(request):
    """40 pictures at 30 a second with a key frame every 10; times are whole milliseconds except in MP4."""
    made = await drawn(numbered(40), "vp9", keys_every=10)
    if request.param == "mp4":
        return await made.convert("mp4")
    return await made.seekable() if request.param == "with an index" else made


async def test_thumbnails_of_every_time_are_exact(indexed):
    for number in (0, 1, 9, 10, 11, 19, 20, 25, 39):
        for time in (number / 30, number / 30 + 0.02):
            pixels = await pixels_of(await indexed.thumbnail(time, mime_type="image/png"))
            assert number_of(pixels[32, 24][0]) == number, time


async def test_parts_of_whole_pictures_are_exact(indexed):
    for first, last in ((0, 1), (0, 10), (9, 11), (10, 20), (17, 31)):
        found = await every(indexed.frames(format="gray", start=first / 30, end=last / 30))
        assert numbers(found) == list(range(first, last)), (first, last)


async def test_thumbnail_shows_a_picture_that_is_still_visible():
    recording = await drawn([Shot(0, grey(0)), Shot(500, grey(10)), Shot(3000, grey(20))])
    assert numbers(await every(recording.frames(format="gray", start=1, end=4))) == [20]
    pixels = await pixels_of(await recording.thumbnail(2.9, mime_type="image/png"))
    assert number_of(pixels[32, 24][0]) == 10


async def test_thumbnail_before_the_first_picture_shows_the_first():
    recording = await drawn([Shot(1000, grey(10)), Shot(1500, grey(20))], silence=2)
    for time, number in ((0, 10), (0.5, 10), (1.2, 10), (1.6, 20)):
        pixels = await pixels_of(await recording.thumbnail(time, mime_type="image/png"))
        assert number_of(pixels[32, 24][0]) == number, time


async def test_poster_shows_the_picture_visible_at_its_time():
    recording = await drawn(numbered(45), keys_every=10)
    await recording.measure()
    recording._repr_html_()
    if recording._preview is None:
        from mediarecorder._html.player import make_preview

        recording._preview = await make_preview(recording)
    bytes_ = {
        name: await photo.bytes()
        for name, photo in {
            "poster": recording._preview.poster,
            "its time": await recording.thumbnail(recording.duration / 2, width=640),
            "the first": await recording.thumbnail(0, width=640),
        }.items()
    }
    assert bytes_["poster"] == bytes_["its time"] != bytes_["the first"]
    recording.close()


VP9_OF_RGB = """
GkXfo59ChoEBQveBAULygQRC84EIQoKEd2VibUKHgQJChYECGFOAZwEAAAAAAAIAEU2bdLpNu4tTq4QVSalmU6yBoU27i1Or
hBZUrmtTrIHGTbuMU6uEElTDZ1OsggEXTbuMU6uEHFO7a1OsggHq7AEAAAAAAABZAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAVSalmoCrX
sYMPQkBNgIRMYXZmV0GETGF2ZkSJiECfQAAAAAAAFlSua8yuAQAAAAAAAEPXgQFzxYgAAAAAAAAAAZyBACK1nIN1bmSIgQCG
hVZfVlA5g4EBI+ODhB3NZQDglLCBQLqBQJqBAlWwiFWxgQBVuYECElTDZ9Vzc9JjwItjxYgAAAAAAAAAAWfInEWjh0VOQ09E
RVJEh49MYXZjIGxpYnZweC12cDlnyKJFo4hEVVJBVElPTkSHlDAwOjAwOjAyLjAwMDAwMDAwMAAAH0O2dfTngQCjsIEAAICi
SYNC4APwA/YAOCQcGEIAADBgAABnP///XxFj/////r4ix/////17EwdRMKOTgQH0AKYAQJKcAElAAAMgAABUcKOTgQPoAKYA
QJKcAErAAAMgAABUcKOTgQXcAKYAQJKcAEnAAAMgAABUcBxTu2uRu4+zgQC3iveBAfGCAXHwgQM=
"""
"""Four red pictures in two seconds, with the planes green, blue and red, as ffmpeg encodes RGB."""


@pytest.mark.quirk("chromium-takes-rgb-planes-for-i444")
@pytest.mark.lane("chromium")
async def test_vp9_of_rgb_is_encoded_and_not_reported_as_broken():
    recording = Recording.from_bytes(base64.b64decode(VP9_OF_RGB), "video/webm")
    for made in (await recording.trim(0.6, 1.8), await recording.convert("mp4", bits_per_second=100_000)):
        frames = [frame async for frame in made.frames()]
        assert frames
        for frame in frames:
            red, green, blue = memoryview(frame).cast("B")[:3]
            assert red > 200
            assert max(green, blue) < 60
