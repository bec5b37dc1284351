"""`MediaStream.from_blocks`: a stream with the sound that an iterable yields."""

import asyncio
import gc
import json
from array import array

import pytest
from support.eventually import keep_busy, until, until_nothing_is_left
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
from support.loopback import connected
from support.rows import in_soak, thorough
from support.tones import column, frequency, rms, tones

from mediarecorder import (
    AudioSamples,
    EncodingError,
    InvalidStateError,
    MediaError,
    MediaStream,
    NotReadableError,
    blocking,
    media_devices,
    mix,
    record,
)

RATE = 48_000
in_page = pytest.mark.page_only("a worker has no AudioContext")
sounding = pytest.mark.lane("chromium", "firefox-audible")
everywhere = pytest.mark.lane("chromium", "chromium-worker", "firefox-audible")


def sine(seconds, pitch=440, *, rate=RATE, channels=1, block=0.02, level=0.5):
    """A tone in blocks."""
    whole = memoryview(tones(*[pitch] * channels, seconds=seconds, rate=rate, level=level))
    size = round(block * rate)
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def endless():
    blocks = sine(1)
    while True:
        yield from blocks


@pytest.fixture
async def contexts(load_script):
    import js

    await load_script("frame_numbers", "frameNumbers")
    return js.frameNumbers


async def heard(stream):
    """The pitch of a stream's tone, and its seconds, which silence between its blocks does not change."""
    recording = await record(20, stream=stream)
    assert recording.duration < 10, "the take ended with the iterable"
    samples = await recording.samples(channels=1)
    values = column(samples)
    return frequency(values, samples.sample_rate), sum(
        value * value for value in values
    ) / samples.sample_rate / 0.125


@pytest.mark.core
@pytest.mark.lane("chromium", "chromium-worker", "firefox-audible", "chromium-pyodide-0.27", "chromium-csp")
@pytest.mark.policy
@pytest.mark.quirk("chromium-drops-the-last-packet")
async def test_sound_is_recorded_from_its_beginning_to_its_end():
    stream = MediaStream.from_blocks(sine(1), RATE)
    assert await heard(stream) == (pytest.approx(440, abs=2), pytest.approx(1, abs=0.05))
    assert not stream.active


@sounding
@pytest.mark.parametrize("rate", [16_000, *thorough(4000), *in_soak(8000, 44_100, 96_000, 192_000)])
async def test_other_rates_are_resampled(rate):
    stream = MediaStream.from_blocks(sine(0.6, rate=rate, block=0.05), rate)
    assert await heard(stream) == (pytest.approx(440, abs=2), pytest.approx(0.6, abs=0.04))


@sounding
@pytest.mark.parametrize(
    "blocks",
    [
        lambda: chunked(sine(0.5)),
        lambda: iter(sine(0.5)),
        lambda: [tones(440, seconds=0.5)],
        lambda: sine(0.5, block=0.5),
        lambda: (
            array("h", (round(value * 32767) for value in column(tones(440, seconds=0.5)))) for _ in range(1)
        ),
        lambda: sine(0.5, block=0.004),
    ],
    ids=["async", "iterator", "samples", "one_block", "integers", "short_blocks"],
)
async def test_all_kinds_of_iterables_are_played(blocks):
    stream = MediaStream.from_blocks(blocks(), RATE)
    assert await heard(stream) == (pytest.approx(440, abs=2), pytest.approx(0.5, abs=0.04))


@in_page
@sounding
async def test_channels_keep_their_places():
    block = tones(440, 1100, seconds=0.5)
    stream = await MediaStream.from_blocks([block] * 4, RATE, 2)
    heard = [block async for block in stream.blocks(0.5, channels=2)]
    for channel, pitch in enumerate((440, 1100)):
        assert frequency(column(heard[1], channel), heard[1].sample_rate) == pytest.approx(pitch, abs=3)


@in_page
@pytest.mark.lane("chromium")
async def test_sound_is_sent_on():
    async with (
        await MediaStream.from_blocks(endless(), RATE) as stream,
        connected(stream) as (remote, _),
    ):
        recording = await record(1, stream=remote)
    values = column(await recording.samples(RATE, channels=1))
    assert frequency(values[RATE // 2 :], RATE) == pytest.approx(440, abs=5)


@pytest.mark.core
@everywhere
@pytest.mark.quirk("firefox-hides-events-of-scripts")
async def test_end_of_the_iterable_ends_the_track():
    await expect_end(MediaStream.from_blocks(sine(0.2), RATE), "audio")


@pytest.mark.core
@everywhere
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
async def test_stopping_closes_the_iterable(kind, way):
    watched = Watched(endless())
    await expect_closed(MediaStream.from_blocks(kind(watched), RATE), watched, way)


@pytest.mark.lane("chromium")
async def test_stream_that_is_stopped_at_once_reads_nothing():
    watched = Watched(endless())
    stream = MediaStream.from_blocks(watched.plain(), RATE)
    stream.stop()
    await asyncio.sleep(0.05)
    assert watched.taken == 0
    with pytest.raises(MediaError, match="stopped"):
        await stream


@sounding
async def test_python_is_at_most_a_fifth_of_a_second_ahead():
    watched = Watched(endless())
    async with await MediaStream.from_blocks(watched.plain(), RATE) as stream:
        count = 0
        async for block in stream.blocks(0.1):
            played = block.timestamp + block.duration
            count += 1
            if count == 10:
                break
        # (A busy machine plays on while this test waits.)
        assert watched.taken * 0.02 >= played - 0.3
    before = watched.taken
    await until(watched.closed.is_set)
    assert before == watched.taken


@in_page
@sounding
async def test_late_block_is_preceded_by_silence_and_nothing_is_lost():
    late = asyncio.Event()

    async def blocks():
        yield tones(1000, seconds=0.3)
        await late.wait()
        yield tones(1000, seconds=0.3)

    stream = await MediaStream.from_blocks(blocks(), RATE)
    loud, quiet, gaps = 0.0, 0.0, 0
    async for block in stream.blocks(0.01, channels=1):
        if rms(column(block)) > 0.1:
            gaps += loud > 0 and quiet > 0.05  # (On a busy machine, the browser drops some milliseconds.)
            loud, quiet = loud + block.duration, 0.0
        else:
            quiet += block.duration
            if loud > 0 and quiet > 0.1:
                late.set()
    assert loud == pytest.approx(0.6, abs=0.05)
    assert gaps == 1


async def failing():
    for block in sine(0.1):
        yield block
    raise LookupError("no more blocks")


def failing_at_once():
    raise LookupError("no blocks at all")
    yield


BAD = [
    (failing, LookupError, "no more blocks"),
    (failing_at_once, LookupError, "at all"),
    (lambda: [tones(440, 550)], ValueError, "channels=2"),
    (lambda: [tones(440, rate=8000)], ValueError, "8000 Hz, but the stream has 48000"),
    (lambda: [array("f", [0.0, float("nan")])], EncodingError, "finite"),
    (lambda: ["beep"], TypeError, "must be an array"),
    (lambda: [array("f")], ValueError, "no samples"),
    (lambda: [memoryview(bytes(96000)).cast("B", [10, 96, 100])], ValueError, "shape"),
]


@pytest.mark.parametrize(("blocks", "error", "text"), BAD)
@pytest.mark.lane("chromium", "chromium-worker")
async def test_error_ends_the_stream_and_is_reported(blocks, error, text, loop_errors):
    await expect_error(MediaStream.from_blocks(blocks(), RATE), loop_errors, error, text)


@pytest.mark.thorough
@pytest.mark.lane("firefox")
@pytest.mark.quirk("firefox-plays-nothing-without-a-loudspeaker")
async def test_error_says_that_the_browser_plays_nothing(loop_errors):
    stream = MediaStream.from_blocks(sine(1), RATE)
    with pytest.raises(NotReadableError, match="audio output"):
        await stream
    assert not stream.active
    assert not loop_errors
    silent = MediaStream.from_blocks(sine(1), RATE)
    await until(lambda: loop_errors)
    assert isinstance(loop_errors[0]["exception"], NotReadableError)
    assert not silent.active


@pytest.mark.lane("chromium")
@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((None, RATE), TypeError, "iterable"),
        ((tones(440), RATE), TypeError, "iterable"),
        (([], 0), ValueError, "sample_rate"),
        (([], 44100.5), ValueError, "sample_rate"),
        (([], "48000"), TypeError, "sample_rate"),
        (([], None), TypeError, "sample_rate"),
        (([], RATE, 0), ValueError, "channels"),
        (([], RATE, 9), ValueError, "channels"),
        (([], RATE, None), TypeError, "channels"),
    ],
)
async def test_invalid_arguments_are_rejected_at_once(arguments, error, says):
    with pytest.raises(error, match=says):
        MediaStream.from_blocks(*arguments)


@pytest.mark.lane("chromium")
async def test_iterator_feeds_one_stream_at_a_time():
    blocks = endless()
    async with await MediaStream.from_blocks(blocks, RATE) as first:
        with pytest.raises(InvalidStateError, match="same iterator"):
            MediaStream.from_blocks(blocks, RATE)
        first.stop()
    same = list(sine(0.1))
    with MediaStream.from_blocks(same, RATE), MediaStream.from_blocks(same, RATE):
        pass


@in_page
@sounding
async def test_sound_is_mixed_with_a_microphone(microphone):
    fed = await MediaStream.from_blocks(endless(), RATE)
    mixed = await mix(fed, microphone)
    async for block in mixed.blocks(0.2, channels=1):
        if frequency(column(block), block.sample_rate) and rms(column(block)) > 0.2:
            break
    mixed.stop()
    assert not fed.active


@sounding
async def test_blocks_through_python_are_a_live_effect():
    with await media_devices.get_user_media(audio=True) as microphone:

        async def louder():
            async for block in microphone.blocks(0.02, channels=1):
                values = array("f", (2 * value for value in column(block)))
                yield AudioSamples(values, block.sample_rate)

        rate = (await anext(microphone.blocks())).sample_rate
        async with await MediaStream.from_blocks(louder(), rate) as stream:
            async for block in stream.blocks(0.1, channels=1):
                if rms(column(block)) > 0.05:
                    break


EFFECT = """
import asyncio, json
from array import array
from mediarecorder import MediaStream, record

async def beeps():
    for _ in range(20):
        yield array("h", [8000, -8000] * 480)

stream = MediaStream.from_blocks(beeps(), 48000)
ended = asyncio.Event()
stream.tracks[0].on("ended", lambda event: ended.set())
recording = await record(20, stream=stream)
await ended.wait()
json.dumps([recording.size, stream.active])
"""


@in_page
@pytest.mark.lane("chromium")
@pytest.mark.thorough
@pytest.mark.parametrize("realm", ["worker"], ids=["in_worker"])
async def test_streams_of_a_worker_leave_nothing_in_the_page(python, contexts):
    before = contexts.made()
    size, active = json.loads(await python(EFFECT))
    assert size > 1000
    assert not active
    await until(lambda: contexts.made() > before and contexts.open() == 0)


@in_page
@pytest.mark.lane("chromium")
@pytest.mark.soak
async def test_dead_worker_leaves_no_context(start_worker, open_channel, contexts):
    worker = start_worker()
    await worker.run(f"""
import mediarecorder
from array import array
await mediarecorder.connect("{open_channel()}")
def endless():
    while True:
        yield array("f", [0.0] * 4800)
stream = await mediarecorder.MediaStream.from_blocks(endless(), 48000)
""")
    assert contexts.open() == 1
    worker.terminate()
    await until(lambda: contexts.open() == 0)


async def track_stopped(stream):
    await stream
    stream.tracks[0].stop()


@in_page
@sounding
@pytest.mark.parametrize(
    "times", [1, pytest.param(50, marks=[pytest.mark.soak, pytest.mark.time_limit(300)])]
)
async def test_stream_leaves_nothing_however_it_ends(contexts, page_probe, times):
    await to_its_end(MediaStream.from_blocks(sine(0.02), RATE))  # loads the page's module
    await asyncio.sleep(0.05)
    gc.collect()
    page_probe.begin()
    before = contexts.made()
    for way in [to_its_end, stopped, stopped_at_once, track_stopped] * times:
        watched = Watched(endless())
        await way(MediaStream.from_blocks(sine(0.04) if way is to_its_end else watched.plain(), RATE))
        if watched.taken:
            await until(watched.closed.is_set)
    await until(lambda: contexts.open() == 0)
    assert contexts.made() == before + 4 * times
    await until_nothing_is_left(page_probe)


@pytest.mark.lane("chromium")
async def test_plain_python_waits_until_it_runs():
    with blocking.run(MediaStream.from_blocks(endless(), RATE)) as stream:
        assert stream.active


@in_page
@sounding
async def test_busy_python_makes_no_error(loop_errors):
    watched = Watched(endless())
    async with await MediaStream.from_blocks(watched.plain(), RATE):
        await until(lambda: watched.taken > 5)
        keep_busy(0.6)
        before = watched.taken
        await until(lambda: watched.taken > before + 5)
    assert not loop_errors
