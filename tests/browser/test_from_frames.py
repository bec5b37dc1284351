"""Files from numbers: `Recording.from_frames` and `MediaWriter`."""

import asyncio
import itertools
import logging
from array import array
from fractions import Fraction

import pytest
from support.ask_judge import colours, encoded, probe, sound, tone
from support.rows import in_soak, thorough
from support.tones import tones

from harness import moving
from mediarecorder import (
    AudioSamples,
    EncodingError,
    Frame,
    InvalidStateError,
    MediaWriter,
    NotFoundError,
    NotSupportedError,
    Recording,
    blocking,
)

pytestmark = [pytest.mark.media_work, pytest.mark.firefox_in_soak]

WIDTH, HEIGHT = 160, 120


def moving_frames(count, width=WIDTH, height=HEIGHT):
    """The first frames of the moving picture, as arrays of shape (height, width, 3)."""
    for number in range(count):
        yield memoryview(moving.picture(number, width, height)).cast("B", [height, width, 3])


def plain(*pixel, kind="B", width=32, height=32):
    """A picture of one colour. A single number makes it gray."""
    shape = [height, width] if len(pixel) == 1 else [height, width, len(pixel)]
    return memoryview(array(kind, pixel * (width * height))).cast("B").cast(kind, shape)


def beep(at, channels=1, rate=48_000, seconds=1.0):
    """Silence with a tone of 1000 Hz from this time on, for 0.1 s."""
    tone = memoryview(tones(*[1000] * channels, seconds=0.1, rate=rate)).cast("B")
    data = bytearray(round(seconds * rate) * channels * 4)
    start = round(at * rate) * channels * 4
    data[start : start + len(tone)] = tone
    return AudioSamples(memoryview(data).cast("f", [len(data) // channels // 4, channels]), rate)


async def times_of(recording):
    """The exact times of all pictures, in seconds, for ffprobe."""
    found = await encoded(recording)
    return [time * Fraction(found["time_base"]) for time in found["times"]]


# Pictures


@pytest.mark.core
@pytest.mark.firefox_too
@pytest.mark.parametrize("format", ["mp4", "webm", *in_soak("mkv")])
async def test_frames_come_back_at_their_exact_times(format, engine):
    recording = await Recording.from_frames(moving_frames(40), 20, format)
    assert (recording.extension, recording.duration) == (format, 2.0)
    assert (await probe(recording))["errors"] == []
    found = await encoded(recording)
    assert found["size"] == [WIDTH, HEIGHT]
    assert found["frame_rate"] == "20/1"
    if (engine, format) != ("firefox", "mp4"):  # Firefox's VP9 names no matrix, and ffprobe ignores the MP4's
        assert found["colours"] == ["bt709", "tv"]
    assert len(found["times"]) == len(found["psnr"]) == 40
    assert await times_of(recording) == [Fraction(number, 20) for number in range(40)]
    assert min(found["psnr"]) > 30


@pytest.mark.parametrize(
    "rate", [Fraction(30000, 1001), *thorough(12.5), *in_soak(24, 29.97, 60, 0.5, Fraction(1, 7), 1000)]
)
async def test_times_of_an_mp4_are_exact_at_any_rate(rate):
    recording = await Recording.from_frames(moving_frames(9, 64, 64), rate)
    exact = Fraction(str(rate)) if isinstance(rate, float) else Fraction(rate)
    assert await times_of(recording) == [number / exact for number in range(9)]
    assert recording.duration == pytest.approx(9 / exact)


@pytest.mark.lane("chromium")
@pytest.mark.parametrize("rate", [30, *in_soak(Fraction(30000, 1001), 60)])
async def test_times_of_a_webm_are_rounded_to_the_millisecond(rate):
    recording = await Recording.from_frames(moving_frames(9, 64, 64), rate, "webm")
    assert await times_of(recording) == [
        Fraction(round(number * 1000 / Fraction(rate)), 1000) for number in range(9)
    ]


@pytest.mark.firefox_too
async def test_all_kinds_of_arrays_show_their_colours():
    blue = Frame(bytearray([255, 0, 0] * 32 * 32), 32, 32, "bgr", 0.0)
    frames = [
        plain(255, 0, 0),
        plain(0.0, 1.0, 0.0, kind="f"),
        blue,
        plain(255),
        plain(0.5, kind="d"),
        plain(255, 255, 0, 255),
        plain(255, 255, 255, 0),  # transparent
        plain(0.0, 1.004, 1.0, 1.0, kind="f"),  # a little too much is clipped
        memoryview(bytes([255, 0, 255, 0, 0, 0] * 16 * 64)).cast("B", [64, 32, 3])[::2],
    ]
    recording = await Recording.from_frames(frames, 2)
    names = ["red", "green", "blue", "white", "grey", "yellow", "black", "cyan"]
    assert [colour["name"] for colour in await colours(recording)][:8] == names


async def test_recording_becomes_frames_and_a_recording_again(recorded):
    recording = await recorded("both", timeslice=0.2)
    frames = [frame async for frame in recording.frames(width=160, format="rgba")]
    again = await Recording.from_frames(recording.frames(width=160, format="bgr"), 25, "webm")
    assert again.duration == len(frames) / 25
    assert (await encoded(again))["size"] == [frames[0].width, frames[0].height]


async def test_odd_size_is_padded_and_reported(caplog):
    caplog.set_level(logging.INFO, "mediarecorder")
    recording = await Recording.from_frames(moving_frames(3, 161, 121), 10, "webm")
    found = await encoded(recording)
    assert found["size"] == [162, 122]
    assert min(found["psnr"]) > 30, "the edges are repeated"
    assert "162 x 122 instead of 161 x 121" in caplog.text


@pytest.mark.parametrize("format", ["mp4", *in_soak("webm", "mkv")])
async def test_bit_rate_determines_the_size(format):
    small, large = [
        await Recording.from_frames(moving_frames(20), 20, format, bits_per_second=rate)
        for rate in (20_000, 2_000_000)
    ]
    assert small.size < large.size


# Sound


@pytest.mark.firefox_too
@pytest.mark.parametrize("format", ["mp4", *in_soak("webm", "mkv")])
async def test_sound_is_in_step_with_the_pictures(format):
    heard = beep(0.5, channels=2, rate=44_100)
    recording = await Recording.from_frames(moving_frames(20), 20, format, sound=heard)
    assert {stream["kind"] for stream in (await probe(recording))["streams"]} == {"video", "audio"}
    found = await sound(recording)
    assert found["onsets"] == [pytest.approx(0.5, abs=0.02)]
    assert found["channels"] == 2
    assert (await times_of(recording))[10] == Fraction(1, 2)


async def test_sound_may_come_from_a_recording():
    wav = await beep(0.25, rate=16_000).to_recording("wav")
    recording = await Recording.from_frames(moving_frames(10), 20, sound=wav)
    assert (await sound(recording))["onsets"] == [pytest.approx(0.25, abs=0.02)]
    assert recording.duration == pytest.approx(1, abs=0.03), "the sound is longer, and whole"


@pytest.mark.soak
@pytest.mark.parametrize("audio", ["aac", "mp3", "flac"])
async def test_codec_of_the_sound_can_be_chosen(engine, audio):
    picture = "vp9" if engine == "firefox" else "h264"  # Firefox's H.264 is broken
    heard = beep(0.5)
    recording = await Recording.from_frames(moving_frames(20), 20, sound=heard, audio=audio)
    assert {stream["codec"] for stream in (await probe(recording))["streams"]} == {picture, audio}
    assert (await sound(recording))["onsets"] == [pytest.approx(0.5, abs=0.02)]


# Progress, errors, cancelling


async def test_progress_is_reported_if_the_length_is_known():
    told, unknown = [], []
    await Recording.from_frames(list(moving_frames(30)), on_progress=told.append)
    assert told == sorted(told)
    assert len(told) >= 2
    assert told[-1] == 1.0
    await Recording.from_frames(moving_frames(3), on_progress=unknown.append)
    assert unknown == [1.0]


async def failing(count):
    for frame in moving_frames(count):
        yield frame
    raise LookupError("no more frames")


def failing_at_once(count):
    yield from moving_frames(count)
    raise LookupError("no more frames")


@pytest.mark.parametrize("frames", [failing, failing_at_once])
async def test_error_of_the_iterable_comes_out_with_the_file_so_far(frames):
    with pytest.raises(LookupError) as caught:
        await Recording.from_frames(frames(5), 10)
    assert caught.value.recording.duration == 0.5
    with pytest.raises(LookupError) as caught:
        await Recording.from_frames(frames(0), 10)
    assert caught.value.recording is None


@pytest.mark.core
async def test_cancelled_call_leaves_nothing_behind(no_leaks):
    async def endless():
        try:
            for number in itertools.count():
                begun.set()
                yield memoryview(moving.picture(number, 64, 64)).cast("B", [64, 64, 3])
        finally:
            closed.append(True)

    closed = []
    async with no_leaks:
        for heard in (None, beep(0.5)):
            begun = asyncio.Event()
            task = asyncio.create_task(Recording.from_frames(endless(), sound=heard))
            await begun.wait()
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    assert closed == [True, True]


GRAY = plain(7)


@pytest.mark.parametrize(
    ("frames", "options", "error", "text"),
    [
        ([], {}, ValueError, "at least one frame"),
        (None, {}, TypeError, "iterable"),
        ([GRAY, plain(7, width=34)], {}, ValueError, "frame 1 is 34 x 32, but the first one is 32 x 32"),
        ([bytes(100)], {}, ValueError, r"\(height, width\), .*, not \(100,\)"),
        (
            [memoryview(bytes(300)).cast("B", [3, 10, 10])],
            {},
            ValueError,
            r"not \(3, 10, 10\)",
        ),
        ([plain(7, kind="h")], {}, TypeError, "bytes .uint8. or floats"),
        ([7], {}, TypeError, "must be an array"),
        ([tones(440)], {}, TypeError, "not sound"),
        ([plain(float("nan"), kind="f")], {}, EncodingError, "not a finite number"),
        ([plain(float("inf"), kind="d")], {}, EncodingError, "not a finite number"),
        ([plain(200.0, kind="f")], {}, EncodingError, "a pixel is 200.*divide"),
        ([GRAY], {"frame_rate": 0}, ValueError, "frame_rate"),
        ([GRAY], {"frame_rate": -5}, ValueError, "frame_rate"),
        ([GRAY], {"frame_rate": float("nan")}, ValueError, "frame_rate"),
        ([GRAY], {"frame_rate": 10**400}, ValueError, "frame_rate"),
        ([GRAY], {"frame_rate": "30"}, TypeError, "frame_rate"),
        ([GRAY], {"frame_rate": None}, TypeError, "frame_rate"),
        ([GRAY], {"format": "wav"}, ValueError, "unknown format 'wav'; choose one of webm, mp4, mkv"),
        ([GRAY], {"bits_per_second": 5}, ValueError, "bits_per_second"),
        ([GRAY], {"on_progress": 5}, TypeError, "on_progress"),
        ([GRAY], {"sound": b"beep"}, TypeError, "sound must be"),
        ([GRAY], {"sound": AudioSamples(array("f", [float("nan")]), 8000)}, EncodingError, "not a finite"),
    ],
)
async def test_invalid_arguments_are_rejected(frames, options, error, text):
    with pytest.raises(error, match=text):
        await Recording.from_frames(frames, **options)


async def test_error_about_a_frame_comes_with_the_file_so_far():
    with pytest.raises(ValueError, match="64 x 64") as caught:
        await Recording.from_frames([GRAY, GRAY, plain(7, width=64, height=64)], 4)
    assert caught.value.recording.duration == 0.5


async def test_recording_without_sound_is_rejected(recorded):
    with pytest.raises(NotFoundError, match="no sound"):
        await Recording.from_frames([GRAY], sound=await recorded("picture"))


@pytest.mark.lane("firefox-resist-fingerprinting")
async def test_browser_without_webcodecs_says_so():
    with pytest.raises(NotSupportedError, match="WebCodecs"):
        await Recording.from_frames([GRAY])


async def test_plain_function_can_wait_for_the_file():
    assert blocking.run(Recording.from_frames([GRAY, GRAY], 4)).duration == 0.5


# MediaWriter


@pytest.mark.core
@pytest.mark.firefox_too
async def test_writer_takes_frames_and_blocks_in_turn():
    blocks = memoryview(beep(0.5, rate=48_000))
    async with MediaWriter("mp4", frame_rate=20, sample_rate=48_000) as writer:
        for number, frame in enumerate(moving_frames(20)):
            await writer.frame(frame)
            await writer.block(blocks[number * 2400 : (number + 1) * 2400])
        assert writer.recording is None
    assert (await encoded(writer.recording))["times"] == list(range(20))
    assert (await sound(writer.recording))["onsets"] == [pytest.approx(0.5, abs=0.02)]
    assert writer.recording.duration == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("format", ["mp4", *in_soak("webm", "mkv")])
async def test_writer_takes_all_sound_before_all_frames(format):
    async with MediaWriter(format, frame_rate=20, sample_rate=8000) as writer:
        await writer.block(beep(0.5, rate=8000))
        for frame in moving_frames(20):
            await writer.frame(frame)
    assert len((await encoded(writer.recording))["times"]) == 20
    assert (await sound(writer.recording))["onsets"] == [pytest.approx(0.5, abs=0.02)]


@pytest.mark.parametrize("format", ["wav", "mp4", *in_soak("webm", "mkv", "ogg", "mp3", "flac")])
async def test_writer_without_frames_makes_a_file_of_sound(format):
    async with MediaWriter(format, sample_rate=48_000, channels=2) as writer:
        for _ in range(10):
            await writer.block(tones(440, 1000, seconds=0.1))
    found = await probe(writer.recording)
    assert [stream["kind"] for stream in found["streams"]] == ["audio"]
    assert writer.recording.mime_type.startswith("audio/" if format != "mkv" else "")
    assert [round(each["frequency"]) for each in await tone(writer.recording)] == pytest.approx(
        [440, 1000], abs=2
    )


async def test_two_writers_work_at_once():
    async def write(rate):
        async with MediaWriter(frame_rate=rate) as writer:
            for frame in moving_frames(10):
                await writer.frame(frame)
        return await encoded(writer.recording)

    for found in await asyncio.gather(write(10), write(20)):
        assert found["times"] == list(range(10))
        assert min(found["psnr"]) > 30


async def test_frames_of_simultaneous_calls_keep_their_order():
    writer = MediaWriter(frame_rate=10)
    await asyncio.gather(*(writer.frame(frame) for frame in moving_frames(8)))
    assert min((await encoded(await writer.close()))["psnr"]) > 30


async def test_error_in_the_body_comes_out_and_the_file_is_kept():
    async def write(writer, frames):
        async with writer:
            async for frame in frames:
                await writer.frame(frame)

    writer, empty = MediaWriter(frame_rate=10), MediaWriter()
    with pytest.raises(LookupError):
        await write(writer, failing(5))
    assert writer.recording.duration == 0.5
    with pytest.raises(LookupError):
        await write(empty, failing(0))
    assert empty.recording is None


async def test_closed_writer_raises_invalid_state_error():
    async with MediaWriter(sample_rate=8000) as writer:
        await writer.frame(GRAY)
    for late in (writer.frame(GRAY), writer.block(bytes(8))):
        with pytest.raises(InvalidStateError, match="closed"):
            await late
    assert await writer.close() is writer.recording


async def test_simultaneous_calls_of_close_return_one_file():
    writer = MediaWriter(sample_rate=8000)
    await writer.frame(GRAY)
    one, other = await asyncio.gather(writer.close(), writer.close())
    assert one is other is writer.recording


async def test_cancelled_close_still_ends_the_file():
    writer = MediaWriter(sample_rate=8000)
    await writer.frame(GRAY)
    closing = asyncio.ensure_future(writer.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert (await writer.close()).duration > 0


async def test_writer_without_content_raises_encoding_error():
    with pytest.raises(EncodingError, match="nothing was written"):
        async with MediaWriter():
            pass


async def test_writer_goes_on_after_a_refused_array():
    async with MediaWriter(frame_rate=4, sample_rate=8000) as writer:
        await writer.frame(GRAY)
        with pytest.raises(ValueError, match="34 x 32"):
            await writer.frame(plain(7, width=34))
        with pytest.raises(EncodingError, match="finite"):
            await writer.frame(plain(float("nan"), kind="f"))
        with pytest.raises(ValueError, match="44100 Hz"):
            await writer.block(tones(440, rate=44_100))
        with pytest.raises(ValueError, match="channels=2"):
            await writer.block(tones(440, 550, rate=8000))
        await writer.frame(GRAY)
    assert writer.recording.duration == 0.5


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: MediaWriter().block(bytes(8)), "sample_rate is None"),
        (lambda: MediaWriter(frame_rate=None, sample_rate=8000).frame(GRAY), "frame_rate is None"),
        (lambda: MediaWriter("ogg", sample_rate=8000).frame(GRAY), "ogg holds only sound"),
    ],
)
async def test_unwanted_kind_raises_invalid_state_error(call, text):
    with pytest.raises(InvalidStateError, match=text):
        await call()


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"format": "wav"}, ValueError, "wav holds only sound: pass sample_rate"),
        ({"frame_rate": None}, ValueError, "pass sample_rate"),
        ({"format": "avi"}, ValueError, "unknown format"),
        ({"frame_rate": 0}, ValueError, "frame_rate"),
        ({"sample_rate": 0}, ValueError, "sample_rate"),
        ({"sample_rate": 8000, "channels": 0}, ValueError, "channels"),
        ({"audio": "wma"}, ValueError, "audio"),
    ],
)
def test_writer_rejects_invalid_arguments(options, error, text):
    with pytest.raises(error, match=text):
        MediaWriter(**options)


# Long files


@pytest.mark.soak
@pytest.mark.time_limit(300)
@pytest.mark.lane("chromium")
async def test_large_file_is_on_disk_until_it_is_closed():
    import js

    async def files():
        root = await js.navigator.storage.getDirectory()
        folder = await root.getDirectoryHandle("mediarecorder-temporary", create=True)
        return await js.Array.fromAsync(folder.keys())

    def noise():
        for _ in range(800):
            data = js.crypto.getRandomValues(js.Uint8Array.new(256 * 256)).to_bytes()
            yield memoryview(data).cast("B", [256, 256])

    before = len(await files())
    recording = await Recording.from_frames(noise(), 10, "webm", bits_per_second=40_000_000)
    assert recording.size > 32 << 20
    assert len(await files()) == before + 1
    recording.close()
    while len(await files()) > before:
        await asyncio.sleep(0.05)
