"""`sounddevice` in a browser: scripts that are written for the desktop, run as they are.

The values are those of python-sounddevice 0.5.6 on a desktop.
"""

import asyncio
import contextlib
import gc
import io
import math
import queue
import threading
import time
from array import array

import pytest
from support.dialogue import dialogue
from support.eventually import until, until_nothing_is_left

from mediarecorder import MediaStream, desktop, media_devices, record

pytestmark = [
    pytest.mark.lane("chromium-stereo", "chromium-stereo-worker"),
    # numpy of that time uses functions that today's packages call deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

in_page = pytest.mark.lane("chromium-stereo")
everywhere = pytest.mark.lane("chromium", "chromium-worker", "firefox-audible")
"""Tests that need no numpy."""

RATE = 48000
LEFT, RIGHT = 1000, 400
"""Hertz of the fake microphone's channels."""


@pytest.fixture(autouse=True)
async def sd():
    desktop.install()
    import sounddevice

    # (The first use of each service loads the page's module.)
    sounddevice.query_devices()
    yield sounddevice
    desktop.uninstall()


@pytest.fixture
def np():
    import numpy

    return numpy


@pytest.fixture
def speaker(monkeypatch):
    """The streams that the loudspeaker plays, in order."""
    from mediarecorder._desktop import portaudio

    played = []

    class Feeding(portaudio.SoundFeeding):
        def __init__(self, *parameters, **options):
            super().__init__(*parameters, **options)
            played.append(MediaStream(self.js_stream))

    monkeypatch.setattr(portaudio, "SoundFeeding", Feeding)
    return played


def pitch(np, values, rate=RATE):
    """Hertz of the strongest tone."""
    spectrum = np.abs(np.fft.rfft(values * np.hanning(len(values))))
    return np.argmax(spectrum) * rate / len(values)


def from_first_to_last(np, values):
    """The values without the silence around them."""
    loud = np.nonzero(np.abs(values) > 0.01)[0]
    return values[loud[0] : loud[-1] + 1]


def sine(np, hertz=440, seconds=0.3, rate=RATE):
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype("float32")


# rec, play, playrec, wait


@pytest.mark.core
@pytest.mark.parametrize("rate", [48000, 44100, 16000])
async def test_rec_fills_the_array_with_the_right_columns(sd, np, rate):
    begun = time.monotonic()
    sound = sd.rec(int(0.5 * rate), samplerate=rate, channels=2)
    assert (sound.shape, sound.dtype, sound.flags.c_contiguous) == ((rate // 2, 2), np.float32, True)
    assert sd.wait() is None
    assert time.monotonic() - begun >= 0.4
    rest = sound[rate // 10 :]
    assert pitch(np, rest[:, 0], rate) == pytest.approx(LEFT, abs=5)
    assert pitch(np, rest[:, 1], rate) == pytest.approx(RIGHT, abs=5)
    assert not sd.get_status()


@pytest.mark.parametrize(
    ("dtype", "full"), [("int16", 2**15), ("int32", 2**31), ("int8", 2**7), ("uint8", 2**7), ("float64", 1)]
)
async def test_rec_has_every_type_of_sample(sd, np, dtype, full):
    sound = sd.rec(9600, samplerate=RATE, channels=2, dtype=dtype, blocking=True)
    assert (sound.shape, sound.dtype) == ((9600, 2), np.dtype(dtype))
    centred = sound[4800:, 0].astype("float64") - (128 if dtype == "uint8" else 0)
    assert 0.1 < np.abs(centred).max() / full < 0.7
    assert pitch(np, centred) == pytest.approx(LEFT, abs=11)


async def test_rec_takes_a_mapping_and_an_array(sd, np):
    sound = sd.rec(9600, RATE, mapping=[2, 1], blocking=True)
    assert [pitch(np, sound[4800:, column]) for column in (0, 1)] == pytest.approx([RIGHT, LEFT], abs=11)
    out = np.zeros((4800, 1), "float32")
    assert sd.rec(out=out, samplerate=RATE) is out
    sd.wait()
    assert out.any()


async def test_defaults_count(sd, np):
    sd.default.samplerate, sd.default.channels = 16000, 1
    try:
        sound = sd.rec(3200, blocking=True)
        assert sound.shape == (3200, 1)
        # One channel is the mean of both.
        assert round(pitch(np, sound[800:, 0], 16000), -2) in (LEFT, RIGHT)
    finally:
        sd.default.reset()
    assert sd.default.samplerate is None


@pytest.mark.core
async def test_play_is_heard_to_its_end(sd, np, speaker):
    sd.play(sine(np, 440, 0.5), RATE)
    [stream] = speaker
    recording = asyncio.ensure_future(record(5, stream=stream))
    begun = time.monotonic()
    assert sd.wait() is None
    assert time.monotonic() - begun > 0.3
    samples = await (await recording).samples()
    heard = np.asarray(samples)[:, 0]
    loud = from_first_to_last(np, heard)
    assert pitch(np, loud) == pytest.approx(440, abs=5)
    assert len(loud) / samples.sample_rate > 0.35  # the recorder begins a moment later
    assert np.abs(heard).max() == pytest.approx(0.3, abs=0.03)


async def test_play_takes_what_numpy_holds(sd, np, speaker):
    for data in (
        sine(np),
        sine(np).astype("float64"),
        np.int16(sine(np) * 30000),
        list(sine(np, seconds=0.02)),
        [],
    ):
        sd.play(data, RATE)
        sd.wait()
    sd.play(np.stack([sine(np), sine(np)], axis=1), RATE, blocking=True)
    assert len(speaker) == 6
    for data in (np.zeros(9, "int64"), np.zeros(9, "complex64"), np.zeros(9, bool)):
        with pytest.raises(TypeError, match="Unsupported"):
            sd.play(data, RATE)
    with pytest.raises(ValueError, match="dimensional"):
        sd.play(np.zeros((2, 2, 2), "float32"), RATE)


async def test_new_call_ends_the_one_before(sd, np, speaker):
    sd.play(sine(np, seconds=5), RATE)
    sd.play(sine(np, seconds=0.1), RATE)
    begun = time.monotonic()
    sd.wait()
    assert time.monotonic() - begun < 3
    sd.play(sine(np, seconds=5), RATE, loop=True)
    sd.sleep(50)
    sd.stop()
    sd.stop()
    assert [stream.active for stream in speaker] == [False] * 3


async def test_playrec_plays_and_records_at_the_same_time(sd, np, speaker):
    sound = sd.playrec(sine(np, 660, 0.4), RATE, channels=2)
    [stream] = speaker
    recording = asyncio.ensure_future(record(5, stream=stream))
    sd.wait()
    assert sound.shape == (19200, 2)
    assert pitch(np, sound[4800:, 1]) == pytest.approx(RIGHT, abs=5)
    heard = np.asarray(await (await recording).samples())[:, 0]
    assert pitch(np, from_first_to_last(np, heard)) == pytest.approx(660, abs=6)


@in_page
async def test_nothing_was_recorded_or_played_yet(sd):
    assert (sd.wait(), sd.stop()) == (None, None)
    for call in (sd.get_status, sd.get_stream):
        with pytest.raises(RuntimeError, match="was not called yet"):
            call()


@in_page
@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"frames": 480.0}, TypeError),
        ({"frames": None}, TypeError),
        ({"frames": -1}, ValueError),
        ({"channels": 1.0}, TypeError),
        ({"channels": None}, TypeError),
        ({"channels": None, "mapping": [0]}, ValueError),
        ({"channels": 2, "mapping": [1]}, ValueError),
        ({"dtype": "float16"}, TypeError),
        ({"dtype": "int24"}, TypeError),
        ({"no_such_setting": 1}, TypeError),
    ],
    ids=str,
)
async def test_unusable_arguments_of_rec_raise_what_they_raise_on_a_desktop(sd, settings, error):
    with pytest.raises(error):
        sd.rec(**{"frames": 480, "samplerate": RATE, "channels": 1, **settings})


@in_page
async def test_unusable_arguments_of_play_raise_what_they_raise_on_a_desktop(sd, np):
    pair = np.zeros((480, 2), "float32")
    for data, mapping in ((pair, [1]), (pair, [1, 1]), (pair, [0, 1])):
        with pytest.raises(ValueError, match=r"mapping|channel"):
            sd.play(data, RATE, mapping=mapping)
    with pytest.raises(sd.PortAudioError, match="Error opening OutputStream: Invalid number of channels"):
        sd.play(np.zeros((480, 3), "float32"), RATE)
    with pytest.raises(ValueError, match="unpack"):
        sd.rec(out=np.zeros(480, "float32"), samplerate=RATE)
    assert sd.play(pair[:, 0], RATE, mapping=[1, 2], blocking=True) is None
    assert sd.get_stream().channels == 2


async def test_no_frames_are_recorded_at_once(sd):
    assert sd.rec(0, RATE, channels=2).shape == (0, 2)
    assert sd.wait() is None


async def test_stop_leaves_the_rest_of_the_array_as_it_was(sd, np):
    out = np.full((RATE * 5, 1), 7, "float32")
    sd.rec(out=out, samplerate=RATE)
    sd.sleep(300)
    sd.stop()
    filled = np.argmax(out[:, 0] == 7)
    assert 0 < filled < RATE
    assert (out[filled:] == 7).all()


async def test_playrec_has_the_length_and_the_type_of_its_data(sd, np):
    for kind in ("int16", "float64"):
        sound = sd.playrec(np.zeros(4800, kind), RATE, channels=1, blocking=True)
        assert (sound.shape, sound.dtype.name) == ((4800, 1), kind)
    sound = sd.playrec(np.zeros(9600, "float32"), RATE, dtype="int16", input_mapping=[2], blocking=True)
    assert (sound.shape, sound.dtype.name) == ((9600, 1), "int16")
    assert pitch(np, sound[4800:, 0].astype("float64")) == pytest.approx(RIGHT, abs=11)
    with pytest.raises(TypeError, match="number of input channels"):
        sd.playrec(np.zeros(480, "float32"), RATE)


# Streams with callbacks


@pytest.mark.core
@pytest.mark.parametrize("blocksize", [1024, 0, 100])
async def test_callback_gets_every_frame_while_the_script_sleeps(sd, np, blocksize):
    blocks = []

    def callback(indata, frames, moment, status):
        assert indata.shape == (frames, 2)
        assert not status
        assert moment.inputBufferAdcTime < moment.currentTime
        blocks.append(indata.copy())

    stream = sd.InputStream(samplerate=RATE, blocksize=blocksize, channels=2, callback=callback)
    assert (stream.active, stream.stopped, stream.closed, stream.blocksize) == (False, True, False, blocksize)
    with stream:
        assert (stream.active, stream.stopped) == (True, False)
        time.sleep(0.5)
    assert (stream.active, stream.stopped, stream.closed) == (False, True, True)
    if blocksize:
        assert {len(block) for block in blocks} == {blocksize}
    sound = np.concatenate(blocks)
    assert len(sound) > 0.3 * RATE
    left = sound[RATE // 10 :, 0].astype("float64")
    turn = 2 * np.cos(2 * np.pi * LEFT / RATE)
    assert np.abs(left[:-2] + left[2:] - turn * left[1:-1]).max() < 0.05, "no frame is lost, and none twice"


async def test_script_waits_in_every_way_while_callbacks_come(sd):
    came, done, sounds = [], threading.Event(), queue.Queue()

    def callback(indata, frames, moment, status):
        came.append(frames)
        sounds.put(indata.copy())
        if len(came) == 5:
            done.set()

    with sd.InputStream(channels=1, callback=callback):
        assert done.wait(10)
        assert sounds.get().shape[1] == 1
        before = len(came)
        sd.sleep(200)
        assert len(came) > before
        before = len(came)
        await asyncio.sleep(0.2)
        assert len(came) > before
    assert not threading.Event().wait(0.01)
    assert not threading.Event().wait(-1)
    with pytest.raises(queue.Empty):
        queue.Queue().get(timeout=0.01)
    condition = threading.Condition()
    with condition:
        asyncio.get_running_loop().call_later(0.05, lambda: notify(condition))
        assert condition.wait(10)


def notify(condition):
    with condition:
        condition.notify_all()


@pytest.mark.parametrize("error", ["CallbackStop", "CallbackAbort"])
async def test_callback_ends_its_stream(sd, error):
    finished = threading.Event()
    calls = []

    def callback(indata, frames, moment, status):
        calls.append(frames)
        if len(calls) == 3:
            raise getattr(sd, error)

    stream = sd.InputStream(channels=1, callback=callback, finished_callback=finished.set)
    with stream:
        assert finished.wait(10)
        assert (stream.active, stream.stopped, len(calls)) == (False, False, 3)
        stream.start()
        assert stream.active


async def test_error_in_a_callback_is_printed_and_ends_the_stream(sd):
    finished = threading.Event()

    def callback(indata, frames, moment, status):
        raise RuntimeError("not today")

    printed = io.StringIO()
    with (
        contextlib.redirect_stderr(printed),
        sd.InputStream(channels=1, callback=callback, finished_callback=finished.set) as stream,
    ):
        assert finished.wait(10)
        assert not stream.active
    assert "cffi callback" in printed.getvalue()
    assert "RuntimeError: not today" in printed.getvalue()


@pytest.mark.parametrize("verb", ["stop", "abort", "close"])
async def test_finished_callback_comes_once(sd, verb):
    finished = []
    stream = sd.InputStream(
        channels=1, callback=lambda *_: None, finished_callback=lambda: finished.append(stream.active)
    )
    stream.start()
    getattr(stream, verb)()
    stream.close()
    assert finished == [False]


@pytest.mark.parametrize("kind", ["InputStream", "OutputStream", "Stream"])
@pytest.mark.parametrize("verb", ["stop", "abort", "close"])
async def test_callback_may_end_its_own_stream(sd, kind, verb, capsys):
    """PortAudio forbids it; what matters is that nothing waits for ever."""
    calls, finished = [], threading.Event()

    def callback(*arguments):
        calls.append(stream.active)
        if len(calls) == 3:
            getattr(stream, verb)()

    stream = getattr(sd, kind)(samplerate=RATE, channels=1, callback=callback, finished_callback=finished.set)
    stream.start()
    assert finished.wait(10)
    await until(lambda: stream.stopped)
    assert all(calls)
    assert capsys.readouterr().err == ""
    stream.close()


@everywhere
async def test_callback_that_waits_does_not_keep_its_stream(sd, capsys):
    sounds = queue.Queue(maxsize=2)
    with sd.RawInputStream(channels=1, callback=lambda indata, *_: sounds.put(bytes(indata))) as stream:
        assert sounds.get()
        await until(sounds.full)
        sd.sleep(100)
    assert not stream.active
    assert capsys.readouterr().err == ""


async def test_end_of_one_stream_begins_another(sd, np):
    played, done = [], threading.Event()

    def silent(outdata, frames, moment, status):
        outdata[:] = 0
        raise sd.CallbackStop

    def finished():
        played.append(stream.stopped)
        stream.close()
        if len(played) == 1:
            sd.play(np.zeros(480, "float32"), RATE)
        done.set()

    stream = sd.OutputStream(samplerate=RATE, channels=1, callback=silent, finished_callback=finished)
    stream.start()
    assert done.wait(10)
    assert stream.closed
    sd.wait()
    assert played == [False]


async def test_blocks_are_writable_and_each_direction_has_its_own_settings(sd, np):
    seen = set()

    def callback(indata, outdata, frames, moment, status):
        indata *= 2
        seen.add((indata.shape[1], indata.dtype.name, outdata.shape[1], outdata.dtype.name))
        outdata[:] = 0

    with sd.Stream(
        samplerate=RATE,
        channels=(1, 2),
        dtype=("int16", "float32"),
        device=(0, "LOUD"),
        callback=callback,
    ) as stream:
        sd.sleep(200)
        assert (stream.channels, stream.samplesize) == ((1, 2), (2, 4))
    assert seen == {(1, "int16", 2, "float32")}
    for kind, channels in ((sd.InputStream, 1), (sd.OutputStream, 2)):
        stream = kind(channels=(1, 2), dtype=("int16", "float32"))
        assert (stream.channels, stream.dtype) == (channels, ("int16", "float32")[channels - 1])
        stream.close()
    with sd.InputStream(callback=lambda *_: None) as stream:
        assert stream.channels == 2, "all that the device has"


async def test_output_begins_with_silence(sd):
    first = []

    def callback(outdata, frames, moment, status):
        first.append(bytes(outdata))
        raise sd.CallbackStop

    with sd.RawOutputStream(channels=1, dtype="uint8", callback=callback):
        await until(lambda: first)
    assert set(first[0]) == {128}


async def test_cancelled_start_ends_the_stream(sd):
    came = []
    stream = sd.InputStream(channels=1, callback=lambda *_: came.append(1))

    async def start():
        stream.start()

    task = asyncio.ensure_future(start())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not stream.active)
    before = len(came)
    await asyncio.sleep(0.3)
    assert len(came) == before
    stream.close()


async def test_output_callback_is_heard(sd, np, speaker):
    position = 0

    def callback(outdata, frames, moment, status):
        nonlocal position
        assert outdata.shape == (frames, 1)
        assert moment.outputBufferDacTime >= moment.currentTime
        outdata[:, 0] = 0.3 * np.sin(2 * np.pi * 550 * np.arange(position, position + frames) / RATE)
        position += frames

    with sd.OutputStream(samplerate=RATE, channels=1, callback=callback):
        recording = await record(0.5, stream=speaker[0])
    heard = np.asarray(await recording.samples())[:, 0]
    assert pitch(np, heard[4800:]) == pytest.approx(550, abs=5)


async def test_output_that_is_not_finite_does_not_end_its_stream(sd, np, speaker):
    tone = sine(np, 440, 0.3)
    with np.errstate(divide="ignore", invalid="ignore"):
        broken = np.float32([0, 1, -1] * 1600) / np.float32(0)
    sd.play(np.concatenate([tone, broken * 0, tone]), RATE)
    recording = await record(5, stream=speaker[0])
    heard = from_first_to_last(np, np.asarray(await recording.samples())[:, 0])
    assert len(heard) / RATE == pytest.approx(0.7, abs=0.1)
    with sd.OutputStream(samplerate=RATE, channels=1) as stream:
        stream.write(broken)
        sd.sleep(300)
        assert stream.active


async def test_microphone_goes_to_the_loudspeaker(sd, np, speaker):
    def callback(indata, outdata, frames, moment, status):
        outdata[:] = indata

    with sd.Stream(samplerate=RATE, channels=2, callback=callback) as stream:
        assert stream.device == (0, len(sd.query_devices()) - 1)
        assert [len(pair) for pair in (stream.latency, stream.dtype, stream.channels)] == [2] * 3
        recording = await record(0.8, stream=speaker[0])
    heard = np.asarray(await recording.samples())[RATE // 3 :]
    assert pitch(np, heard[:, 0]) == pytest.approx(LEFT, abs=5)
    assert pitch(np, heard[:, 1]) == pytest.approx(RIGHT, abs=5)


@pytest.mark.soak
@pytest.mark.time_limit(300)
async def test_rec_of_five_seconds_works_twenty_times(sd, np):
    for _ in range(20):
        sound = sd.rec(5 * RATE, samplerate=RATE, channels=2)
        sd.wait()
        rest = sound[RATE // 2 :]
        assert [pitch(np, rest[:, column]) for column in (0, 1)] == pytest.approx([LEFT, RIGHT], abs=1)


@pytest.fixture
async def numbers(load_script):
    """The seconds after which the numbers begin again that the frames of the sound are (frame_numbers.js)."""
    import js

    await load_script("frame_numbers", "frameNumbers")
    js.frameNumbers.begin()
    yield js.frameNumbers.period
    js.frameNumbers.end()


@in_page
@pytest.mark.parametrize(
    "seconds", [1, pytest.param(60, marks=[pytest.mark.soak, pytest.mark.time_limit(200)])]
)
async def test_callback_gets_no_frame_twice_and_loses_none(sd, np, numbers, seconds):
    with await media_devices.get_user_media(audio={"echo_cancellation": False}) as stream:
        rate = stream.tracks[0].settings["sample_rate"]  # so that nothing is resampled
    blocks = []

    def callback(indata, frames, moment, status):
        assert not status
        blocks.append(indata[:, 0].copy())

    with sd.InputStream(samplerate=rate, blocksize=1024, channels=1, callback=callback):
        sd.sleep(seconds * 1000)
    found = np.rint(np.concatenate(blocks).astype("float64") * 2**24)
    assert len(found) > (seconds - 0.5) * rate
    following = found[np.argmax(found > 0) :]  # it is silent before the source has begun
    steps = np.diff(following) % (numbers * rate)
    assert (steps == 1).all(), np.unique(steps)


# Streams that are read and written


@pytest.mark.core
async def test_read_returns_frames_in_order(sd, np):
    with sd.InputStream(samplerate=RATE, channels=2) as stream:
        first, overflowed = stream.read(4800)
        second, _ = stream.read(999)
        assert not overflowed
        assert (first.shape, second.shape, first.dtype) == ((4800, 2), (999, 2), np.float32)
        assert stream.read(0)[0].shape == (0, 2)
        left = np.concatenate([first, second])[4000:, 0].astype("float64")
        turn = 2 * np.cos(2 * np.pi * LEFT / RATE)
        assert np.abs(left[:-2] + left[2:] - turn * left[1:-1]).max() < 0.05
        for frames, error in ((-1, ValueError), (1.5, TypeError)):
            with pytest.raises(error):
                stream.read(frames)
        sd.sleep(100)
        assert stream.read_available > 0
        with pytest.raises(AttributeError):
            stream.write  # noqa: B018


async def test_read_of_more_than_is_kept_returns_all(sd, np, monkeypatch):
    from mediarecorder._desktop import portaudio

    monkeypatch.setattr(portaudio, "KEPT", 0.1)
    with sd.InputStream(samplerate=RATE, channels=1) as stream:
        sound, _ = stream.read(RATE // 2)
    left = sound[RATE // 8 :, 0]
    assert len(sound) == RATE // 2
    assert round(pitch(np, left), -2) in (LEFT, RIGHT)


@in_page
async def test_write_converts_nothing(sd, np):
    with sd.OutputStream(samplerate=RATE, channels=2) as stream:
        pair = np.zeros((480, 4), "float32")
        for data, error in (
            *(
                (pair.astype("float64")[:, :2], TypeError),
                ([[0.0, 0.0]], TypeError),
                (pair[:, ::2], TypeError),
            ),
            *((pair[:, 0], ValueError), (pair.reshape(4, 60, 8), ValueError)),
        ):
            with pytest.raises(error):
                stream.write(data)
        assert stream.write(pair[:0, :2].copy()) is False
        assert stream.write([[np.float32(0), np.float32(0)]]) is False


@in_page
async def test_int24_is_for_raw_streams(sd):
    with sd.InputStream(channels=1, dtype="int24") as stream, pytest.raises(TypeError):
        stream.read(10)


async def test_written_sound_is_heard(sd, np, speaker):
    with sd.OutputStream(samplerate=RATE, channels=1) as stream:
        recording = asyncio.ensure_future(record(5, stream=speaker[0]))
        for _ in range(5):
            assert stream.write(sine(np, 500, 0.1)) is False
        assert stream.write_available >= 0
        for data, error in ((np.zeros(9, "int16"), TypeError), (np.zeros((9, 3), "float32"), ValueError)):
            with pytest.raises(error):
                stream.write(data)
    heard = np.asarray(await (await recording).samples())[:, 0]
    assert pitch(np, from_first_to_last(np, heard)) == pytest.approx(500, abs=5)


@everywhere
@pytest.mark.core
@pytest.mark.parametrize("dtype", ["int16", "int24", "float32"])
async def test_raw_streams_need_no_numpy(sd, dtype):
    size = {"int16": 2, "int24": 3, "float32": 4}[dtype]
    with sd.RawInputStream(samplerate=RATE, channels=2, dtype=dtype) as stream:
        data, _ = stream.read(480)
        assert len(data) == len(bytes(data)) == 480 * 2 * size
        assert stream.samplesize == size
    blocks = []
    with sd.RawInputStream(channels=1, dtype=dtype, callback=lambda data, *_: blocks.append(bytes(data))):
        sd.sleep(200)
    assert any(any(block) for block in blocks)


@everywhere
async def test_floats_that_are_no_numbers_end_no_stream(sd):
    with sd.RawOutputStream(samplerate=RATE, channels=1, dtype="float32") as stream:
        for _ in range(4):
            stream.write(array("f", [math.nan, math.inf, -math.inf] * 3200))
        assert stream.active


async def test_stream_that_is_not_ready_says_so(sd):
    stream = sd.InputStream(channels=1)
    with pytest.raises(sd.PortAudioError, match="-9983"):
        stream.read(10)
    stream.start()
    stream.start()
    stream.stop()
    stream.stop()
    stream.close()
    stream.close()
    assert (stream.active, stream.stopped, stream.closed) == (False, True, True)
    assert (stream.read_available, stream.cpu_load, stream.samplerate) == (0, 0, RATE)
    for act in (lambda: stream.read(10), stream.start):
        with pytest.raises(sd.PortAudioError, match="-9988"):
            act()
    with pytest.raises(sd.PortAudioError):
        stream.time  # noqa: B018
    with sd.InputStream(channels=1, callback=lambda *_: None) as called:
        with pytest.raises(sd.PortAudioError, match="-9977"):
            called.read(10)
        assert called.time > 0
    with (
        sd.RawOutputStream(channels=1, dtype="int16", callback=lambda *_: None) as called,
        pytest.raises(sd.PortAudioError, match="-9976"),
    ):
        called.write(bytes(8))
    for verb in (stream.stop, stream.abort, stream.close):
        with pytest.raises(sd.PortAudioError, match="-9988"):
            verb(ignore_errors=False)


async def test_overflow_and_underflow_are_told(sd, np, speaker):
    from support.eventually import keep_busy

    statuses = []

    def slow(outdata, frames, moment, status):
        outdata[:] = 0
        statuses.append(str(status))
        if len(statuses) == 12:
            keep_busy(1)

    with sd.OutputStream(samplerate=RATE, blocksize=2400, channels=1, callback=slow):
        await until(lambda: len(statuses) > 14)
    assert "output underflow" in statuses


# Devices and settings


async def test_devices_are_listed(sd):
    devices = sd.query_devices()
    assert isinstance(devices, tuple)
    inputs = [device for device in devices if device["max_input_channels"]]
    assert inputs
    assert devices[-1]["max_output_channels"] == 2
    assert repr(devices).splitlines()[0].startswith("> 0 ")
    assert repr(devices).splitlines()[-1].startswith("< ")
    first = sd.query_devices(0)
    assert set(first) == {
        *("name", "index", "hostapi", "max_input_channels", "max_output_channels"),
        *(f"default_{level}_{way}_latency" for level in ("low", "high") for way in ("input", "output")),
        "default_samplerate",
    }
    assert sd.query_devices(kind="input") == first
    assert sd.query_devices(inputs[-1]["name"].upper())["name"] == inputs[-1]["name"]
    [api] = sd.query_hostapis()
    assert api["name"] == "Browser"
    assert api["default_output_device"] == len(devices) - 1
    with pytest.raises(ValueError, match="No input"):
        sd.query_devices("no such thing", "input")
    for index in (99, -1):
        with pytest.raises(sd.PortAudioError):
            sd.query_devices(index)
    assert sd.get_portaudio_version()[0] > 0


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"channels": 3}, -9998),
        ({"channels": 0}, -9998),
        ({"samplerate": 1}, -9997),
        ({"device": 99}, None),
        ({"dtype": "float64"}, ValueError),
        ({"dtype": "no such type"}, ValueError),
        ({"latency": "mid"}, TypeError),
        ({"samplerate": "48000"}, TypeError),
        ({"no_such_setting": 1}, TypeError),
        ({"device": 1.5}, AttributeError),
    ],
    ids=str,
)
async def test_impossible_settings_raise_what_they_raise_on_a_desktop(sd, settings, code):
    settings = {"channels": 1, **settings}
    kind, match = (code, None) if isinstance(code, type) else (sd.PortAudioError, code and str(code))
    with pytest.raises(kind, match=match):
        sd.InputStream(**settings)
    if "latency" not in settings:
        with pytest.raises(kind, match=match):
            sd.check_input_settings(**settings)
    assert sd.check_input_settings(channels=2, samplerate=12345) is None
    assert sd.check_output_settings(channels=2, dtype="int16") is None


@in_page
async def test_size_of_a_block_is_a_whole_number(sd):
    for size, error in ((-1, OverflowError), (1.5, TypeError), (2**40, OverflowError)):
        with pytest.raises(error):
            sd.OutputStream(channels=1, blocksize=size)
    with sd.InputStream(samplerate=RATE, channels=1, blocksize=1, callback=lambda *_: None) as stream:
        sd.sleep(50)
        assert stream.active


@in_page
async def test_names_of_devices_are_searched_for(sd):
    names = [device["name"] for device in sd.query_devices()]
    assert sd.query_devices("def BROW", "output")["name"] == names[-1]
    with pytest.raises(ValueError, match=r"(?s)Multiple input devices found for 'fake':.*0\] Fake.*1\] Fake"):
        sd.query_devices("fake", "input")
    assert sd.query_devices(names[1])["index"] == 1, "an exact name wins"
    with pytest.raises(ValueError, match="Invalid kind: 'x'"):
        sd.query_devices(0, "x")
    with pytest.raises(ValueError, match="Not an output device"):
        sd.query_devices(0, "output")
    with pytest.raises(sd.PortAudioError, match="host API 1"):
        sd.query_hostapis(1)


@in_page
async def test_defaults_are_pairs(sd):
    default = sd.default
    assert (default.samplerate, default.blocksize, default.hostapi) == (None, 0, 0)
    assert repr(default.dtype) == "['float32', 'float32']"
    default.dtype = "int16"
    default.channels = 1, 2
    try:
        assert [default.dtype["output"], default.channels[1], default.channels["input"]] == ["int16", 2, 1]
        with sd.InputStream() as stream:
            assert (stream.dtype, stream.channels) == ("int16", 1)
        for name, error in (("x", TypeError), (2, IndexError)):
            with pytest.raises(error):
                default.dtype[name]
        with pytest.raises(ValueError, match="pairs"):
            default.dtype = 1, 2, 3
        for name in ("hostapi", "reset", "no_such_default"):
            with pytest.raises(AttributeError):
                setattr(default, name, 1)
        default.dtype = "nonsense"
        with pytest.raises(ValueError, match="Invalid input sample format"):
            sd.InputStream()
    finally:
        default.reset()


@in_page
async def test_callback_flags(sd):
    flags = sd.CallbackFlags()
    assert (bool(flags), str(flags), repr(flags)) == (False, "", "<sounddevice.CallbackFlags: no flags set>")
    flags.input_overflow = True
    other = sd.CallbackFlags()
    other.output_underflow = True
    flags |= other
    assert str(flags) == "input overflow, output underflow"
    with pytest.raises(TypeError):
        flags | other
    with pytest.raises(AttributeError):
        flags.priming_output = True


async def test_settings_of_other_systems_are_refused(sd):
    for settings in (sd.WasapiSettings(exclusive=True), sd.AsioSettings([0]), sd.CoreAudioSettings()):
        with pytest.raises(sd.PortAudioError, match="browser has neither ASIO, Core Audio nor WASAPI"):
            sd.InputStream(channels=1, extra_settings=settings)


@in_page
async def test_denied_microphone_is_a_portaudio_error(sd, monkeypatch):
    import js

    devices = js.navigator.mediaDevices
    refuse = js.Function.new("return Promise.reject(new DOMException('', 'NotAllowedError'))")
    devices.getUserMedia = refuse
    try:
        with pytest.raises(sd.PortAudioError, match=r"(?s)-9999.*Permission was denied"):
            sd.rec(100, RATE, channels=1)
    finally:
        del devices.getUserMedia


# The end


@in_page
async def test_nothing_is_left(sd, np, page_probe):
    sd.rec(100, RATE, channels=1, blocking=True)
    sd.play(sine(np, seconds=0.02), RATE, blocking=True)
    gc.collect()
    page_probe.begin()
    sd.rec(4800, RATE, channels=1, blocking=True)
    sd.play(sine(np, seconds=0.02), RATE, blocking=True)
    with sd.Stream(samplerate=RATE, channels=1) as stream:
        stream.read(100)
    for _ in range(5):
        sd.rec(RATE * 60, RATE, channels=1)
    desktop.uninstall()
    # (After any number of calls of `blocking.run`, Pyodide keeps the proxy of the last one's timer.)
    await until_nothing_is_left(page_probe, but=1)


@pytest.mark.lane("chromium")
@pytest.mark.page_only("the page starts a worker of its own")
async def test_dead_worker_releases_the_microphone(start_worker, open_channel, page_probe):
    worker = start_worker()
    await worker.run(f"""
import mediarecorder
from mediarecorder import desktop
await mediarecorder.connect("{open_channel()}")
desktop.install()
import sounddevice as sd
stream = sd.RawInputStream(channels=1, callback=lambda *_: None)
stream.start()
""")
    assert page_probe.live() == 1
    worker.terminate()
    await until(lambda: page_probe.live() == 0)


async def test_uninstall_restores_everything(sd):
    import sys

    ours = time.sleep
    desktop.install()
    assert time.sleep is ours, "a second call does nothing"
    desktop.uninstall()
    desktop.uninstall()
    assert "sounddevice" not in sys.modules
    assert "_sounddevice" not in sys.modules
    assert time.sleep is not ours


@in_page
async def test_plain_handler_is_told_the_other_way(sd):
    import js
    from pyodide.ffi import create_proxy

    errors = []

    def handler(event):
        try:
            sd.rec(100, RATE, channels=1)
        except Exception as error:
            errors.append(str(error))

    proxy = create_proxy(handler)
    target = js.EventTarget.new()
    target.addEventListener("press", proxy)
    target.dispatchEvent(js.Event.new("press"))
    proxy.destroy()
    assert "await mediarecorder.record" in errors[0] or "await" in errors[0]


@in_page
async def test_plain_handler_can_ask_whether_an_event_is_set(sd):
    import js
    from pyodide.ffi import create_once_callable

    found = asyncio.get_running_loop().create_future()

    def handler():
        event = threading.Event()
        found.set_result((event.wait(0), event.set(), event.wait(0)))

    js.setTimeout(create_once_callable(handler), 0)
    assert await found == (False, None, True)


@in_page
async def test_input_waits_for_the_user(sd):

    async def answer(text):
        await until(dialogue)
        dialog = dialogue()
        assert "Your name? <b>" in dialog.textContent
        if text is None:
            dialog.close()
        else:
            dialog.querySelector("input").value = text
            dialog.querySelector("button").click()

    for text in ("Ada", ""):
        task = asyncio.ensure_future(answer(text))
        assert input("Your name? <b>") == text
        await task
    task = asyncio.ensure_future(answer(None))
    with pytest.raises(EOFError):
        input("Your name? <b>")
    await task
    assert dialogue() is None


@pytest.mark.lane("chromium", "firefox")
async def test_input_in_a_worker_asks_in_its_page(start_worker, open_channel):
    worker = start_worker()
    running = worker.start(f"""
        import mediarecorder
        from mediarecorder import desktop

        await mediarecorder.connect("{open_channel()}")
        desktop.install()
        input("Your name?\\n")
    """)
    await until(dialogue)
    dialogue().querySelector("input").value = "Ada"
    dialogue().querySelector("button").click()
    assert await running == "Ada"
    assert dialogue() is None
    worker.terminate()
