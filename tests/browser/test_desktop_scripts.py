"""Whole scripts for the desktop, written as the examples of python-sounddevice use it, run as they are."""

import asyncio
import runpy
import wave
from array import array

import pytest
from support.dialogue import dialogue
from support.eventually import until

from mediarecorder import desktop

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

ahead, size = 20, 1024
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
        callback=callback, finished_callback=finished.set,
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
    write_tone(tmp_path / "tone.wav")
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
