"""Every cell of every example notebook, in both hosts, in one run, judged by its visible output.

Both hosts have the same cells in the same order, and the same checks. The microphone plays one tone, the
camera shows one colour each second (tests/harness/media.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import mediarecorder
import notebooks as sites
from harness.media import TONE_FREQUENCY
from harness.places import PAGE_PROBE

LOADED = """player => new Promise((resolve, reject) => {
  const look = () => {
    if (player.error) reject(new Error(player.error.message));
    else if (player.readyState >= 1) resolve(player.duration);
  };
  for (const type of ["loadedmetadata", "error"]) player.addEventListener(type, look);
  look();
})"""


@dataclass
class Cell:
    """A code cell that has run."""

    output: Locator
    printed: str


Check = Callable[[Cell], None]


def player(kind: str, seconds: float, late: float = 5) -> Check:
    """Check a player that has loaded a file of this length: its appearance, its facts and its download link.

    On a busy machine, the kernel ends a take some seconds late.
    """

    def check(cell: Cell) -> None:
        element = cell.output.locator(kind)
        assert seconds - 0.3 <= element.evaluate(LOADED) <= seconds + late
        if kind == "audio":
            expect(cell.output.locator("figure svg path")).to_have_attribute("d", re.compile(r"^M.{100}"))
        else:
            expect(element).to_have_attribute("poster", re.compile("^(blob:|data:image/jpeg)"))
        expect(cell.output.locator("figcaption")).to_contain_text(re.compile(r"0:0\d · [\d.]+ kB · \w+/\w+"))
        link = cell.output.get_by_role("link", name="Download")
        expect(link).to_have_attribute("href", re.compile("^blob:"))

    return check


def photo(cell: Cell) -> None:
    image = cell.output.locator("img")
    expect(image).to_have_js_property("complete", True)
    expect(image).to_have_js_property("naturalWidth", 320)
    expect(cell.output.locator("figcaption")).to_contain_text("320 × 240")


def live_preview(cell: Cell) -> None:
    """The preview was live, so it has a picture. A later cell has released the camera."""
    video = cell.output.locator("video")
    expect(video).to_have_js_property("videoWidth", 320)
    assert video.evaluate("video => video.srcObject.active") is False


def prints(pattern: str) -> Check:
    def check(cell: Cell) -> None:
        assert re.fullmatch(pattern, cell.printed.strip()), cell.printed

    return check


def both(first: Check, second: Check) -> Check:
    def check(cell: Cell) -> None:
        first(cell)
        second(cell)

    return check


def says_nothing(cell: Cell) -> None:
    assert cell.printed == ""
    expect(cell.output).to_have_text([""] * cell.output.count())


def table_of_this_version(cell: Cell) -> None:
    expect(cell.output.locator("tr").first).to_have_text(f"mediarecorder{mediarecorder.__version__}")


def brightness_of_each_second(cell: Cell) -> None:
    lines = [line.split() for line in cell.printed.strip().splitlines()]
    times, means = [float(line[0]) for line in lines], [float(line[2]) for line in lines]
    steps = [later - time for time, later in pairwise(times)]
    assert times[0] < 0.15
    assert min(steps) > 0.15, "every fifth of at most 20 frames a second"
    assert times[-1] > 0.5
    assert len(set(means)) >= 2, "another colour each second"
    assert [len(line[3]) for line in lines] == [round(mean / 8) for mean in means]


def stripes_of_the_cameras_colours(cell: Cell) -> None:
    fills = cell.output.locator("svg rect").evaluate_all(
        "stripes => stripes.map((stripe) => stripe.getAttribute('fill').match(/\\d+/g).map(Number))"
    )
    pure = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
    named = [name for fill in fills for name, colour in pure.items() if fill == pytest.approx(colour, abs=40)]
    assert len(named) == len(fills)
    assert len(set(named)) >= 2
    box = cell.output.locator("svg").bounding_box()
    assert box
    assert box["height"] > 30, "hosts have their own styles for pictures"


def levels(cell: Cell) -> None:
    lines = cell.printed.splitlines()
    assert len(lines) == 20
    assert all(re.fullmatch(r"[01]\.\d\d #*", line) for line in lines)
    assert max(float(line[:4]) for line in lines) > 0.1


def loudest_is_the_tone(cell: Cell) -> None:
    [hertz] = re.findall(r"is (\d+) Hz", cell.printed)
    assert int(hertz) == pytest.approx(TONE_FREQUENCY, abs=10)


def drawn_peak_is_the_tone(cell: Cell) -> None:
    points = cell.output.locator("svg polyline").get_attribute("points") or ""
    line = [tuple(map(float, point.split(","))) for point in points.split()]
    assert len(line) > 500
    right, _ = min(line, key=lambda point: point[1])
    assert right * 4000 / 600 == pytest.approx(TONE_FREQUENCY, abs=10)
    expect(cell.output.locator("svg text").filter(has_text="1000 Hz")).to_be_visible()


def moving_spectrum(cell: Cell) -> None:
    """The last one of the pictures that took each other's place."""
    text = cell.output.locator("svg text").text_content() or ""
    seconds, hertz = re.fullmatch(r"(\d\.\d) s: (\d+) Hz", text).groups()  # type: ignore[union-attr]
    assert float(seconds) >= 4.5
    assert int(hertz) == 1008, "of all tones, the nearest to the microphone's"
    heights = cell.output.locator("svg rect").evaluate_all(
        "bars => bars.map((bar) => +bar.getAttribute('height'))"
    )
    assert len(heights) == 32
    assert heights.index(max(heights)) == 20
    assert max(heights) > 2 * sorted(heights)[16], "half of the tones are far below it"


def waveform(cell: Cell) -> None:
    expect(cell.output.locator("figure svg path").nth(1)).to_have_attribute("d", re.compile(r"^M.{100}"))
    expect(cell.output.locator("figcaption")).to_contain_text("2 s · 48000 Hz · 1 channel")


def growing_size(cell: Cell) -> None:
    told = re.findall(r"([\d.]+) s: +(\d+) bytes, (\d+) of them new", cell.printed)
    assert len(told) == len(cell.printed.splitlines()) >= 2
    sum_of_chunks = 0
    for _, size, new in told:
        sum_of_chunks += int(new)
        assert int(size) >= sum_of_chunks
    assert int(told[-1][1]) == sum_of_chunks


def movements(cell: Cell) -> None:
    """The fake camera shows another colour each second, and is still for the rest of it."""
    lengths = [float(each) for each in re.findall(r"movement \d: (\d+\.\d) s", cell.printed)]
    assert len(lengths) == len(cell.printed.splitlines()) >= 2
    assert min(lengths[:-1]) > 0.3, "the last one may end with the loop"


def colours_of_the_film(cell: Cell) -> None:
    """Every tenth of 60 pictures, 20 a second. The fake camera shows another colour each second."""
    lines = re.findall(r"(\d\.\d) s: blue (\d+), green (\d+), red (\d+)", cell.printed)
    assert [float(seconds) for seconds, *_ in lines] == [0, 0.5, 1, 1.5, 2, 2.5]
    pure = {"red": (0, 0, 255), "green": (0, 255, 0), "blue": (255, 0, 0), "white": (255, 255, 255)}
    means = [tuple(map(int, values)) for _, *values in lines]
    named = [name for mean in means for name, colour in pure.items() if mean == pytest.approx(colour, abs=40)]
    assert len(named) == len(means)
    assert len(set(named)) >= 2


WITHOUT_LENGTH = float("inf")

#: Code cells by their ids in the notebook for JupyterLite.
EXAMPLES: dict[str, dict[str, Check]] = {
    "first-recording": {
        "record": player("audio", 2),
        "facts": prints(r"[1-7]\.\d seconds, \d{4,} bytes\naudio/webm;codecs=opus"),
        "record-video": player("video", 2),
        "write": prints(r"first-recording\.webm: \d{4,} bytes"),
        "diagnose": table_of_this_version,
    },
    "photo-and-frames": {
        "photo": photo,
        "stream": live_preview,
        "record": player("video", 2),
        "release": prints("The camera is off."),
        "thumbnail": photo,
        "brightness": brightness_of_each_second,
        "middle": prints(r"\d+ frames, from rgb\(\d+, \d+, \d+\) to rgb\(\d+, \d+, \d+\)"),
        "strip": stripes_of_the_cameras_colours,
    },
    "sound-and-spectrum": {
        "levels": levels,
        "record": player("audio", 2),
        "samples": prints(r"\(\d{5,6}, 1\) at 16000 Hz: [1-7]\.\d\d s"),
        "fft": says_nothing,
        "loudest": loudest_is_the_tone,
        "draw": drawn_peak_is_the_tone,
        "backwards": player("audio", 2),
    },
    "long-recording-in-chunks": {
        "chunks": growing_size,
        "recording": player("video", WITHOUT_LENGTH),
        "seekable": player("video", 2),
        "trim": player("video", 1, late=0.3),
        "mp4": both(prints(r"(\d+%\n)*100%"), player("video", 2)),
        "wav": player("audio", 2),
        "write": prints(r"long-recording\.mp4: \d{4,} bytes"),
    },
    "live-spectrum-and-motion": {
        "tones": says_nothing,
        "spectrum": moving_spectrum,
        "detector": says_nothing,
        "watch": movements,
        "film": player("video", 1, late=10),
    },
    "sound-and-film-from-numbers": {
        "sine": waveform,
        "file": both(prints(r"tune\.mp3: \d{4,} bytes"), player("audio", 2, late=0.3)),
        "picture": says_nothing,
        "animation": both(prints(r"film\.mp4: \d{4,} bytes"), player("video", 2, late=0.3)),
    },
    "desktop-scripts": {
        "install": says_nothing,
        "record": prints(r"desktop\.wav: \d{5,} bytes"),
        "sound": player("audio", 3, late=0.5),
        "play": prints(r"3\.\d seconds played"),
        "film": prints(r"desktop\.mp4: \d{4,} bytes"),
        "video": player("video", 3, late=0.3),
        "colours": colours_of_the_film,
    },
}


def content(name: str) -> Any:
    return json.loads((sites.NOTEBOOKS / f"{name}.ipynb").read_text())


def check_all(name: str, page: Page, at: Callable[[int], Cell]) -> None:
    for index, cell in enumerate(content(name)["cells"]):
        if cell["cell_type"] == "code":
            EXAMPLES[name][cell["id"]](at(index))
    assert page.evaluate("pageProbe.opened()") > 0
    assert page.evaluate("pageProbe.live()") == 0, "the camera or the microphone was not released"


def thorough_for(*first: str) -> pytest.MarkDecorator:
    """All examples: `make test-all` runs the first ones in this host, and `make soak` the rest."""
    thorough, soak = pytest.mark.thorough, pytest.mark.soak
    rows = [pytest.param(name, marks=thorough if name in first else soak) for name in EXAMPLES]
    return pytest.mark.parametrize("name", rows)


@thorough_for("photo-and-frames", "long-recording-in-chunks", "desktop-scripts")
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_example_runs_in_jupyterlite(jupyterlite, name):
    jupyterlite.page.add_init_script(path=PAGE_PROBE)
    jupyterlite.open("notebooks", f"{name}.ipynb")
    jupyterlite.run_all()
    assert jupyterlite.errors() == []

    def cell(index: int) -> Cell:
        return Cell(jupyterlite.output(index), jupyterlite.printed(index))

    check_all(name, jupyterlite.page, cell)
    printed = [jupyterlite.printed(index) for index in range(len(content(name)["cells"]))]
    for file, size in re.findall(r"([\w-]+\.\w+): (\d+) bytes", "\n".join(printed)):
        look = "async (file) => (await jupyterapp.serviceManager.contents.get(file)).size"
        assert jupyterlite.page.evaluate(look, file) == int(size), "it is beside the notebook"


@thorough_for("first-recording", "sound-and-spectrum")
@pytest.mark.parametrize("served", ["isolated"], indirect=True)
def test_example_runs_in_marimo(marimo, name):
    marimo.page.add_init_script(path=PAGE_PROBE)
    marimo.open(name.replace("-", "_"), "run")
    assert marimo.page.evaluate("pageProbe.asked()") == 0, "an opened page opens no device by itself"
    marimo.press_all()
    assert marimo.errors() == []
    check_all(name, marimo.page, lambda index: Cell(marimo.output(index), marimo.printed(index)))


@pytest.mark.thorough
@pytest.mark.parametrize("served", ["plain"], indirect=True)
def test_examples_of_live_and_made_media_run_in_a_kernel_that_is_there(shared_notebook):
    """Both notebooks, cell by cell, without the cost of a page of their own."""
    for name in ("live-spectrum-and-motion", "sound-and-film-from-numbers"):
        for cell in content(name)["cells"]:
            if cell["cell_type"] == "code":
                index = shared_notebook.run("".join(cell["source"]))
                assert shared_notebook.errors() == []
                EXAMPLES[name][cell["id"]](
                    Cell(shared_notebook.output(index), shared_notebook.printed(index))
                )


@pytest.mark.parametrize("name", EXAMPLES)
def test_notebook_is_clean_and_opens_with_its_goal(name):
    cells = content(name)["cells"]
    assert "".join(cells[0]["source"]).startswith("Learn ")
    code = {cell["id"]: cell for cell in cells if cell["cell_type"] == "code"}
    assert code.keys() == EXAMPLES[name].keys(), "every code cell has its check"
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code.values())


def test_both_hosts_have_the_same_notebooks():
    assert {file.stem for file in sites.example_notebooks()} == EXAMPLES.keys()
    names = {file.stem.replace("_", "-") for file in sites.example_notebooks_of_marimo()}
    assert names == EXAMPLES.keys()
