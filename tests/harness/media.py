"""The media of Chromium's fake devices: tones, in one channel or two, and four colours of one second each."""

from __future__ import annotations

import array
import math
import os
import sys
import wave
from collections.abc import Callable
from pathlib import Path

from harness.places import ROOT

FOLDER = ROOT / "build" / "media"
TONE = FOLDER / "tone.wav"
TWO_TONES = FOLDER / "two-tones.wav"
COLOURS = FOLDER / "colours.y4m"

TONE_FREQUENCY = 1000
RIGHT_FREQUENCY = 400
"""Hertz of the right channel of a stereo microphone."""
SAMPLE_RATE = 48_000
WIDTH, HEIGHT, FRAME_RATE = 320, 240, 20

#: Brightness and the two colour differences (BT.601, video range), in the order of the file.
YCBCR = {"red": (81, 90, 240), "green": (145, 54, 34), "blue": (41, 240, 110), "white": (235, 128, 128)}


def make_input() -> None:
    """Write the files, once. All loop seamlessly."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    _once(TONE, lambda path: _write_tones(path, TONE_FREQUENCY))
    _once(TWO_TONES, lambda path: _write_tones(path, TONE_FREQUENCY, RIGHT_FREQUENCY))
    _once(COLOURS, _write_colours)


def _once(path: Path, write: Callable[[Path], None]) -> None:
    if not path.exists():
        unfinished = path.with_suffix(f".{os.getpid()}")
        write(unfinished)
        unfinished.replace(path)


def _write_tones(path: Path, *channels: int) -> None:
    steps = [2 * math.pi * frequency / SAMPLE_RATE for frequency in channels]
    values = (round(16_000 * math.sin(step * index)) for index in range(SAMPLE_RATE) for step in steps)
    samples = array.array("h", values)
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes() * 10)


def _write_colours(path: Path) -> None:
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAME_RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for y, cb, cr in YCBCR.values():
            quarter = WIDTH * HEIGHT // 4
            frame = bytes([y]) * (WIDTH * HEIGHT) + bytes([cb]) * quarter + bytes([cr]) * quarter
            file.write((b"FRAME\n" + frame) * FRAME_RATE)
