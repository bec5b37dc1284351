"""Whole scripts for the desktop, written as the examples of python-sounddevice use it, run as they are."""

import asyncio
import runpy
import wave
from array import array

import pytest
from support.dialogue import dialogue
from support.eventually import until

from mediarecorder import Recording, desktop

#: Scripts with numpy; the others need none.
with_numpy = pytest.mark.lane("chromium-stereo", "chromium-stereo-worker")
pytestmark = [
    pytest.mark.lane("chromium", "chromium-worker", "firefox-audible"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

UNTIL_INTERRUPTED = """
import argparse
import queue
import sys
import wave

import sounddevice as sd

parser = argparse.ArgumentParser()
parser.add_argument("--device", type=int)
parser.add_argument("--blocks", type=int, default=10)
arguments = parser.parse_args([])
blocks = queue.Queue()

def callback(indata, frames, time, status):
    if status:
        print(status, file=sys.stderr)
    blocks.put(bytes(indata))

rate = int(sd.query_devices(arguments.device, "input")["default_samplerate"])
with wave.open("unlimited.wav", "wb") as file:
    file.setparams((1, 2, rate, 0, "NONE", ""))
    with sd.RawInputStream(
        samplerate=rate, device=arguments.device, channels=1, dtype="int16", callback=callback
    ):
        try:
            while True:
                file.writeframes(blocks.get())
                if file.tell() >= arguments.blocks * rate // 20:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            print("done")
"""

FROM_A_FILE = """
import queue
import sys
import threading
import wave

import sounddevice as sd

ahead, size = 60, 1024
blocks, finished = queue.Queue(maxsize=ahead), threading.Event()

def callback(outdata, frames, time, status):
    assert frames == size
    if status.output_underflow:
        print("underflow: a larger block?", file=sys.stderr)
        raise sd.CallbackAbort
    assert not status
    try:
        data = blocks.get_nowait()
    except queue.Empty as error:
        raise sd.CallbackAbort from error
    if len(data) < len(outdata):
        outdata[: len(data)] = data
        outdata[len(data) :] = b"\\x00" * (len(outdata) - len(data))
        raise sd.CallbackStop
    outdata[:] = data

with wave.open("tone.wav") as file:
    for _ in range(ahead):
        data = file.readframes(size)
        if not data:
            break
        blocks.put_nowait(data)
    stream = sd.RawOutputStream(
        samplerate=file.getframerate(), blocksize=size, channels=file.getnchannels(), dtype="int16",
        latency=1, callback=callback, finished_callback=finished.set,
    )
    with stream:
        timeout = size * ahead / file.getframerate()
        while data:
            data = file.readframes(size)
            blocks.put(data, timeout=10 * timeout)
        finished.wait()
"""

WIRE = """
import sounddevice as sd

heard = []

def callback(indata, outdata, frames, time, status):
    if status:
        print(status)
    heard.append(frames)
    outdata[:] = indata

with sd.RawStream(samplerate=48000, blocksize=480, dtype="int16", channels=1, callback=callback):
    print("#" * 80)
    print("press Return to quit")
    print("#" * 80)
    input()
"""

COROUTINES = """
import asyncio

import sounddevice as sd

async def record(frames):
    loop, event, collected = asyncio.get_event_loop(), asyncio.Event(), []

    def callback(indata, count, time, status):
        collected.append(bytes(indata))
        if sum(map(len, collected)) >= 2 * frames:
            loop.call_soon_threadsafe(event.set)
            raise sd.CallbackStop

    with sd.RawInputStream(channels=1, dtype="int16", callback=callback):
        await event.wait()
    return b"".join(collected)

async def main():
    global sound
    sound = await record(4800)

asyncio.run(main())
"""

SINE = """
import numpy as np
import sounddevice as sd

start = 0
rate = sd.query_devices(None, "output")["default_samplerate"]

def callback(outdata, frames, time, status):
    global start
    t = (start + np.arange(frames)) / rate
    outdata[:] = 0.2 * np.sin(2 * np.pi * 500 * t.reshape(-1, 1))
    start += frames

with sd.OutputStream(channels=1, callback=callback, samplerate=rate):
    sd.sleep(300)
"""

GENERATOR = """
import asyncio

import numpy as np
import sounddevice as sd

async def blocks(size, channels=1):
    queue, loop = asyncio.Queue(), asyncio.get_event_loop()

    def callback(indata, frames, time, status):
        loop.call_soon_threadsafe(queue.put_nowait, (indata.copy(), status))

    stream = sd.InputStream(callback=callback, channels=channels, blocksize=size)
    with stream:
        while True:
            yield await queue.get()

async def main():
    global levels
    levels = []
    async for indata, status in blocks(1600):
        levels.append(float(np.sqrt(np.mean(indata**2))))
        if len(levels) == 10:
            break

asyncio.run(main())
"""

PLAY_A_FILE = """
import argparse
import wave

import numpy as np
import sounddevice as sd

def int_or_str(text):
    try:
        return int(text)
    except ValueError:
        return text

parser = argparse.ArgumentParser(add_help=False)
parser.add_argument("-l", "--list-devices", action="store_true")
arguments, remaining = parser.parse_known_args(["-l"])
if arguments.list_devices:
    print(sd.query_devices())
parser = argparse.ArgumentParser(parents=[parser])
parser.add_argument("filename")
parser.add_argument("-d", "--device", type=int_or_str)
arguments = parser.parse_args(["tone.wav", "-d", "loudspeaker"])
try:
    with wave.open(arguments.filename) as file:
        rate = file.getframerate()
        data = np.frombuffer(file.readframes(file.getnframes()), "int16").reshape(-1, file.getnchannels())
    sd.play(data, rate, device=arguments.device)
    status = sd.wait()
    if status:
        parser.exit("error in playback: " + str(status))
except KeyboardInterrupt:
    parser.exit("interrupted")
"""

SPECTROGRAM = """
import math

import numpy as np
import sounddevice as sd

columns, low, high, gain = 60, 100, 2000, 10
gradient = [chr(code) for code in range(0x30, 0x40)]
rate = sd.query_devices(None, "input")["default_samplerate"]
delta = (high - low) / (columns - 1)
size = math.ceil(rate / delta)
first = math.floor(low / delta)
lines = []

def callback(indata, frames, time, status):
    if status:
        lines.append(" " + str(status) + " ")
    if any(indata):
        magnitude = np.abs(np.fft.rfft(indata[:, 0], n=size)) * gain / size
        places = np.clip(magnitude[first : first + columns] * len(gradient), 0, len(gradient) - 1).astype(int)
        lines.append("".join(gradient[place] for place in places))
    else:
        lines.append("no input")

with sd.InputStream(channels=1, callback=callback, blocksize=int(rate * 50 / 1000), samplerate=rate):
    while len(lines) < 12:
        sd.sleep(50)
print(lines[-1])
"""

FROM_A_STREAM = """
import queue
import sys

import numpy as np
import sounddevice as sd

blocks = queue.Queue(maxsize=20)
size, rate = 1024, 44100.0
print("getting stream information ...")

def source():
    for number in range(60):
        moments = np.arange(number * size, (number + 1) * size) / rate
        yield (0.2 * np.sin(2 * np.pi * 440 * moments)).astype("float32").tobytes()

def callback(outdata, frames, time, status):
    assert frames == size
    if status.output_underflow:
        print("Output underflow: increase blocksize?", file=sys.stderr)
        raise sd.CallbackAbort
    assert not status
    try:
        data = blocks.get_nowait()
    except queue.Empty as e:
        print("Buffer is empty: increase buffersize?", file=sys.stderr)
        raise sd.CallbackAbort from e
    assert len(data) == len(outdata)
    outdata[:] = data

stream = sd.RawOutputStream(
    samplerate=rate, blocksize=size, device=None, channels=1, dtype="float32", callback=callback
)
data = source()
for _ in range(20):
    blocks.put_nowait(next(data))
played = 20
with stream:
    timeout = size * 20 / rate
    for block in data:
        blocks.put(block, timeout=10 * timeout)
        played += 1
"""

BUFFERS = """
import asyncio

import numpy as np
import sounddevice as sd

async def record_buffer(buffer, **kwargs):
    loop = asyncio.get_event_loop()
    event = asyncio.Event()
    position = 0

    def callback(indata, frame_count, time_info, status):
        nonlocal position
        if status:
            print(status)
        remainder = len(buffer) - position
        if remainder == 0:
            loop.call_soon_threadsafe(event.set)
            raise sd.CallbackStop
        indata = indata[:remainder]
        buffer[position : position + len(indata)] = indata
        position += len(indata)

    with sd.InputStream(callback=callback, dtype=buffer.dtype, channels=buffer.shape[1], **kwargs):
        await event.wait()

async def play_buffer(buffer, **kwargs):
    loop = asyncio.get_event_loop()
    event = asyncio.Event()
    position = 0

    def callback(outdata, frame_count, time_info, status):
        nonlocal position
        if status:
            print(status)
        remainder = len(buffer) - position
        if remainder == 0:
            loop.call_soon_threadsafe(event.set)
            raise sd.CallbackStop
        valid = min(frame_count, remainder)
        outdata[:valid] = buffer[position : position + valid]
        outdata[valid:] = 0
        position += valid

    with sd.OutputStream(callback=callback, dtype=buffer.dtype, channels=buffer.shape[1], **kwargs):
        await event.wait()

async def main(frames=15000, channels=1, dtype="float32", **kwargs):
    global buffer
    buffer = np.empty((frames, channels), dtype=dtype)
    print("recording buffer ...")
    await record_buffer(buffer, **kwargs)
    print("playing buffer ...")
    await play_buffer(buffer, **kwargs)
    print("done")

asyncio.run(main())
"""

WIRE_OF_A_GENERATOR = """
import asyncio
import queue

import numpy as np
import sounddevice as sd

heard, ended = [], []

async def input_blocks(channels=1, **kwargs):
    blocks, loop = asyncio.Queue(), asyncio.get_event_loop()

    def callback(indata, frame_count, time_info, status):
        loop.call_soon_threadsafe(blocks.put_nowait, (indata.copy(), status))

    stream = sd.InputStream(callback=callback, channels=channels, **kwargs)
    with stream:
        while True:
            indata, status = await blocks.get()
            yield indata, status

async def both_ways(blocksize, *, channels=1, dtype="float32", pre_fill_blocks=10, **kwargs):
    q_in, q_out, loop = asyncio.Queue(), queue.Queue(), asyncio.get_event_loop()

    def callback(indata, outdata, frame_count, time_info, status):
        loop.call_soon_threadsafe(q_in.put_nowait, (indata.copy(), status))
        outdata[:] = q_out.get_nowait()

    for _ in range(pre_fill_blocks):
        q_out.put(np.zeros((blocksize, channels), dtype=dtype))
    stream = sd.Stream(blocksize=blocksize, callback=callback, dtype=dtype, channels=channels, **kwargs)
    with stream:
        while True:
            indata, status = await q_in.get()
            outdata = np.empty((blocksize, channels), dtype=dtype)
            yield indata, outdata, status
            q_out.put_nowait(outdata)

async def print_levels():
    async for indata, status in input_blocks():
        heard.append(indata.max())

async def wire(**kwargs):
    async for indata, outdata, status in both_ways(**kwargs):
        outdata[:] = indata
        ended.append(len(indata))

async def main(**kwargs):
    try:
        await asyncio.wait_for(print_levels(), timeout=0.5)
    except asyncio.TimeoutError:
        pass
    task = asyncio.create_task(wire(**kwargs))
    await asyncio.sleep(0.8)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("wire was cancelled")

asyncio.run(main(blocksize=1024))
"""

METER = """
import queue
import sys

import numpy as np
import sounddevice as sd

blocks, window, downsample = queue.Queue(), 200, 10
rate = sd.query_devices(None, "input")["default_samplerate"]
plot = np.zeros((int(window * rate / (1000 * downsample)), 2))

def audio_callback(indata, frames, time, status):
    if status:
        print(status, file=sys.stderr)
    blocks.put(indata[::downsample, [0, 1]])

def update_plot():
    global plot
    while True:
        try:
            data = blocks.get_nowait()
        except queue.Empty:
            break
        shift = len(data)
        plot = np.roll(plot, -shift, axis=0)
        plot[-shift:, :] = data

stream = sd.InputStream(channels=2, samplerate=rate, callback=audio_callback)
with stream:
    for _ in range(12):
        sd.sleep(30)
        update_plot()
"""

BACKGROUND = """
import cv2
import numpy as np

capture = cv2.VideoCapture("film.mp4")
if not capture.isOpened():
    print("Unable to open: film.mp4")
    exit(0)
width, height = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
out = cv2.VideoWriter(
    "mask.mp4", cv2.VideoWriter_fourcc(*"mp4v"), capture.get(cv2.CAP_PROP_FPS), (width, height), isColor=False
)
background, masks = None, 0
while True:
    ret, frame = capture.read()
    if frame is None:
        break
    gray = frame.mean(axis=2)
    background = gray if background is None else 0.9 * background + 0.1 * gray
    mask = np.where(np.abs(gray - background) > 20, 255, 0).astype("uint8")
    frame[2:20, 10:100] = 255
    cv2.imshow("Frame", frame)
    cv2.imshow("FG Mask", mask)
    masks += bool(mask.any())
    out.write(mask)
    keyboard = cv2.waitKey(30)
    if keyboard == ord("q") or keyboard == 27:
        break
capture.release()
out.release()
cv2.destroyAllWindows()
again = cv2.VideoCapture("mask.mp4")
count, rate = again.get(cv2.CAP_PROP_FRAME_COUNT), again.get(cv2.CAP_PROP_FPS)
"""


@pytest.fixture
async def run(tmp_path, monkeypatch):
    """Runs a script as a file, and returns its names."""
    desktop.install()
    monkeypatch.chdir(tmp_path)

    def run(source):
        (tmp_path / "script.py").write_text(source)
        return runpy.run_path("script.py", run_name="__main__")

    yield run
    desktop.uninstall()


def write_tone(path, seconds=1, rate=44100):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(
            array("h", [3000 * (-1) ** (n // 50) for n in range(round(seconds * rate))]).tobytes()
        )


@pytest.mark.core
async def test_script_records_until_it_is_interrupted(run, capsys):
    run(UNTIL_INTERRUPTED)
    assert capsys.readouterr().out == "done\n"
    with wave.open("unlimited.wav") as file:
        assert file.getframerate() == 48000
        assert 24000 <= file.getnframes() < 48000
        assert any(file.readframes(24000)[-2000:])


async def test_script_plays_a_file_block_by_block(run, tmp_path, capsys):
    write_tone(tmp_path / "tone.wav", 2)
    names = run(FROM_A_FILE)
    assert names["finished"].is_set()
    assert capsys.readouterr().err == ""


@pytest.mark.lane("chromium", "firefox-audible")
async def test_script_goes_on_until_the_user_presses_return(run):
    async def press():
        await until(dialogue)
        await asyncio.sleep(0.3)
        dialogue().querySelector("button").click()

    pressed = asyncio.ensure_future(press())
    assert sum(run(WIRE)["heard"]) > 4800
    await pressed


async def test_script_awaits_in_coroutines(run):
    assert len(run(COROUTINES)["sound"]) >= 9600


@with_numpy
async def test_script_plays_a_sine(run):
    assert run(SINE)["start"] > 0.3 * 48000


@with_numpy
async def test_script_iterates_over_blocks(run):
    levels = run(GENERATOR)["levels"]
    assert len(levels) == 10
    assert levels[-1] > 0.05


@with_numpy
async def test_script_plays_a_file(run, tmp_path, capsys):
    write_tone(tmp_path / "tone.wav", 0.3)
    run(PLAY_A_FILE)
    printed = capsys.readouterr()
    assert "< 3 Default loudspeaker, Browser (0 in, 2 out)" in printed.out
    assert printed.err == ""


@with_numpy
async def test_script_prints_a_spectrogram(run, capsys):
    run(SPECTROGRAM)
    line = capsys.readouterr().out.strip()
    # Both tones of the microphone, 400 and 1000 Hz, of 100 to 2000 Hz.
    loudest = sorted(range(len(line)), key=lambda place: line[place])[-2:]
    assert sorted(100 + place * 1900 / 59 for place in loudest) == pytest.approx([400, 1000], abs=50)


@pytest.mark.lane("chromium-stereo", "chromium-stereo-worker")
async def test_script_plays_a_stream(run, capsys):
    assert run(FROM_A_STREAM)["played"] == 60
    assert capsys.readouterr().err == ""


@with_numpy
async def test_script_records_and_plays_a_buffer_in_coroutines(run, capsys):
    assert abs(run(BUFFERS)["buffer"][-1000:]).max() > 0.05
    assert capsys.readouterr().out.splitlines()[-1] == "done"


@with_numpy
async def test_script_passes_blocks_on_until_its_task_is_cancelled(run, capsys):
    names = run(WIRE_OF_A_GENERATOR)
    assert max(names["heard"]) > 0.05
    assert len(names["ended"]) > 10
    assert capsys.readouterr() == ("wire was cancelled\n", "")


@with_numpy
async def test_script_takes_from_a_queue_what_has_come(run):
    assert abs(run(METER)["plot"][-100:]).max(axis=0) == pytest.approx([0.3, 0.3], abs=0.25)


@pytest.mark.lane("chromium-numpy", "chromium-stereo-worker")
async def test_script_finds_what_moves_in_a_file(run, tmp_path):
    import numpy

    def film():
        for number in range(12):
            picture = numpy.zeros((120, 160), "uint8")
            picture[40:80, number * 10 : number * 10 + 30] = 200
            yield picture

    await (await Recording.from_frames(film(), 10)).write_to(tmp_path / "film.mp4")
    names = run(BACKGROUND)
    assert names["masks"] >= 10
    assert (names["count"], names["rate"]) == (12, 10)
