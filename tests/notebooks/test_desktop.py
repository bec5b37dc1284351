"""Scripts for the desktop in cells of the notebook sites, and of those with numpy."""

from __future__ import annotations

import pytest
from marimo_page import LAST_CELL
from playwright.sync_api import Page, expect

from harness.media import TONE_FREQUENCY

pytestmark = pytest.mark.thorough
without_numpy = pytest.mark.parametrize("served", ["plain"], indirect=True)
with_numpy = pytest.mark.parametrize("served", ["numpy"], indirect=True)

INSTALL = "from mediarecorder import desktop\ndesktop.install()\n"
UNINSTALL = "from mediarecorder import desktop\ndesktop.uninstall()"
#: The callback is called, and says so, while `input` waits.
ASK = """import sounddevice as sd
heard = []
def callback(indata, frames, time, status):
    before = sum(heard)
    heard.append(frames)
    if before < 16000 <= sum(heard):
        print("heard a second")
with sd.RawInputStream(samplerate=16000, channels=1, dtype="int16", callback=callback):
    print(f"hello, {input('Your name?')}")
"""
REC = """import time
import numpy as np
import sounddevice as sd
fs = 44100
for number in range({0}):
    begun = time.monotonic()
    sound = sd.rec(int(5 * fs), samplerate=fs, channels=2)
    sd.wait()
    seconds = time.monotonic() - begun
    heard = sound[fs // 2 :, 0]
    hertz = np.argmax(np.abs(np.fft.rfft(heard * np.hanning(len(heard))))) * fs / len(heard)
    print(sound.shape, sound.dtype, round(hertz), 4.9 <= seconds < 15)
"""
#: The same without numpy: the tone is what crosses zero most often.
READ = """import time
from array import array
import sounddevice as sd
fs = 44100
for number in range({0}):
    begun = time.monotonic()
    with sd.RawInputStream(samplerate=fs, channels=2, dtype="int16") as stream:
        data, overflowed = stream.read(5 * fs)
    seconds = time.monotonic() - begun
    left = array("h", bytes(data))[fs::2]
    hertz = sum(a < 0 <= b for a, b in zip(left, left[1:])) * fs / len(left)
    print(len(bytes(data)), overflowed, abs(hertz - {1}) < 20, 4.9 <= seconds < 15)
"""
REC_AND_WAIT = """import numpy as np
import sounddevice as sd
sound = sd.rec(60 * 48000, samplerate=48000, channels=1)
sd.wait()
"""
HOLD = """import sounddevice as sd
stream = sd.RawInputStream(channels=1, callback=lambda *_: None)
stream.start()
sd.sleep(600_000)
"""


def all_devices_are_released(page: Page) -> None:
    page.wait_for_function("pageProbe.live() === 0", polling=20)


@without_numpy
def test_callbacks_run_in_jupyterlite_while_input_waits(shared_notebook):
    lite = shared_notebook
    lite.run(INSTALL)
    cell = lite.start(ASK)
    expect(lite.output(cell).get_by_text("heard a second")).to_be_visible(timeout=60_000)
    line = lite.page.get_by_role("dialog").get_by_label("Your name?")
    line.fill("Ada")
    line.press("Enter")
    lite.wait()
    assert lite.printed(cell) == "heard a second\nhello, Ada\n"
    expect(lite.page.get_by_role("dialog")).to_have_count(0)
    lite.run(UNINSTALL)
    all_devices_are_released(lite.page)


@without_numpy
def test_callbacks_run_in_marimo_while_input_waits(shared_marimo):
    marimo = shared_marimo
    before = marimo.start(LAST_CELL, INSTALL + ASK)
    console = marimo.console(LAST_CELL)
    expect(console.get_by_text("heard a second")).to_be_visible(timeout=60_000)
    line = console.get_by_role("textbox")
    line.fill("Ada")
    line.press("Enter")
    marimo.wait(before + 1)
    expect(console).to_contain_text("hello, Ada")
    marimo.wait(marimo.start(LAST_CELL, UNINSTALL) + 1)
    all_devices_are_released(marimo.page)


@without_numpy
@pytest.mark.soak
def test_restarted_kernel_releases_the_microphone_of_a_stream(shared_notebook):
    lite = shared_notebook
    lite.run(INSTALL)
    lite.start(HOLD)
    lite.page.wait_for_function("pageProbe.live() === 1", timeout=60_000)
    lite.begin_restart()
    all_devices_are_released(lite.page)
    lite.end_restart()
    assert lite.printed(lite.run(INSTALL + "print('again')")) == "again\n"
    lite.run(UNINSTALL)


@with_numpy
@pytest.mark.parametrize("times", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_rec_and_wait_work_in_jupyterlite_again_and_again(shared_notebook, times):
    lite = shared_notebook
    lite.run(INSTALL)
    cell = lite.run(REC.format(times))
    assert lite.errors() == []
    assert lite.printed(cell) == f"(220500, 2) float32 {TONE_FREQUENCY} True\n" * times
    lite.run(UNINSTALL)
    all_devices_are_released(lite.page)


@with_numpy
def test_restarted_kernel_releases_the_microphone_of_rec(shared_notebook):
    lite = shared_notebook
    lite.run(INSTALL)
    lite.start(REC_AND_WAIT)
    lite.page.wait_for_function("pageProbe.live() === 1", timeout=60_000)
    lite.begin_restart()
    all_devices_are_released(lite.page)
    lite.end_restart()
    lite.run(INSTALL)
    assert lite.printed(lite.run(REC.format(1))) == f"(220500, 2) float32 {TONE_FREQUENCY} True\n"
    lite.run(UNINSTALL)


@without_numpy
@pytest.mark.parametrize("times", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_five_seconds_are_read_in_marimo_again_and_again(shared_marimo, times):
    marimo = shared_marimo
    marimo.wait(marimo.start(LAST_CELL, INSTALL + READ.format(times, TONE_FREQUENCY)) + 1)
    assert marimo.errors() == []
    assert marimo.printed(LAST_CELL) == f"{5 * 44100 * 4} False True True\n" * times
    marimo.wait(marimo.start(LAST_CELL, UNINSTALL) + 1)
    all_devices_are_released(marimo.page)


@with_numpy
@pytest.mark.console_errors  # marimo 0.13 saves its files while it is saving them, and Emscripten says so
@pytest.mark.parametrize("times", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_rec_and_wait_work_in_marimo_again_and_again(shared_marimo, times):
    """The first call is what connects the kernel to its page. (No other cell has run.)"""
    marimo = shared_marimo
    marimo.wait(marimo.start(LAST_CELL, INSTALL + REC.format(times)) + 1)
    assert marimo.errors() == []
    assert marimo.printed(LAST_CELL) == f"(220500, 2) float32 {TONE_FREQUENCY} True\n" * times
    marimo.wait(marimo.start(LAST_CELL, UNINSTALL) + 1)
    all_devices_are_released(marimo.page)
