"""The example notebooks: every cell of each, in both hosts, in one go, and what a person sees of it.

The same cells are checked in both: a check is given the `Cell` it belongs to and looks at the page. The
microphone plays 1000 Hz, the camera shows one colour each second (tests/bench/media.py).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

import mediarecorder
import notebooks as sites
from bench.media import TONE_FREQUENCY

LEDGER = Path(__file__).resolve().parents[1] / "browser" / "ledger.js"

#: What a player has when it can be played: its length, in seconds. None: not yet, or never.
LENGTH = "player => player.readyState >= 1 && !player.error ? (player.duration || null) : null"
#: A picture that is there, and not a frame around nothing.
WIDTH = "image => image.complete ? image.naturalWidth : 0"

COLOURS = {"rgb(255, 24, 0)", "rgb(0, 220, 0)", "rgb(0, 14, 253)", "rgb(254, 255, 253)"}


@dataclass
class Cell:
    """A cell that has run: where its output is in the page, and what it printed."""

    output: Locator
    printed: str


Check = Callable[[Cell], None]


def player(kind: str, length: float | None) -> Check:
    """A player that has loaded and knows its length, with facts and a link; without a length it has none."""

    def check(cell: Cell) -> None:
        [element] = [cell.output.locator(kind)]
        expect(element).to_have_count(1)
        expect(element).to_have_js_property("readyState", 4)
        duration = element.evaluate("player => String(player.duration)")
        if length is None:
            assert duration == "Infinity"
        else:
            assert float(duration) == pytest.approx(length, abs=0.3)
        expect(cell.output.locator("figcaption")).to_contain_text(re.compile(r"\d:0\d · [\d.]+ kB · \w+/\w+"))
        expect(cell.output.get_by_role("link", name="Download")).to_have_attribute("href", re.compile("^blob:"))
        if kind == "audio":
            expect(cell.output.locator("svg path")).to_have_count(1)
        else:
            expect(element).to_have_attribute("poster", re.compile("^blob:"))

    return check
