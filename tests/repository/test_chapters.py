"""Markers as chapters, found by FFmpeg, mutagen and mkvinfo."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen import id3

pytestmark = pytest.mark.media_work
FORMATS = {"webm": "libopus", "mkv": "libopus", "mp4": "aac", "mp3": "libmp3lame", "ogg": "libopus"}
#: Start, end and text, as Python passes them (markers.py): one of them has no text.
CHAPTERS = [[0.25, 0.5, "Grüße & 日本"], [0.5, 1.25, ""], [1.25, 2, "three"]]


def run(*command: str | Path, given: str | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command], input=given, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def engine(*steps: tuple[Any, ...]) -> None:
    """Run steps in engine.mjs."""
    run("node", Path(__file__).with_name("engine.mjs"), given=json.dumps(steps, default=str))


def chapters(file: Path) -> list[list[Any]]:
    """The chapters that FFmpeg finds."""
    found = json.loads(run("ffprobe", "-v", "error", "-show_chapters", "-of", "json", file))["chapters"]
    return [
        [
            round(float(one["start_time"]), 3),
            round(float(one["end_time"]), 2),
            one.get("tags", {}).get("title", ""),
        ]
        for one in found
    ]


def near(expected: list[list[Any]], name: str) -> list[list[Any]]:
    """The same chapters, as FFmpeg finds them: the last one ends with the file, whose length varies by a
    packet. In place of an empty title of ID3, FFmpeg shows the name of the frame, which is the number."""
    return [
        [start, pytest.approx(end, abs=0.06), text or (f"{number}" if name == "mp3" else "")]
        for number, (start, end, text) in enumerate(expected, 1)
    ]


MANY = [[0.005 * n, 0.005 * (n + 1), f"{n} " + "日" * 100] for n in range(300)]
MANY_IN = ("webm", "mp4", "mp3", "ogg")
WITHOUT_SERIAL = ("webm", "mkv", "mp4", "mp3")
GIVEN = {"chapters": CHAPTERS}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Every file by its name: all are made in one run of the engine, which takes a second to start."""
    folder = tmp_path_factory.mktemp("chapters")

    def file(name: str) -> Path:
        return folder / name

    # A tone of 2 s in each container; and as a recorder writes it.
    tone = ("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=440:d=2")
    for name, codec in FORMATS.items():
        run(*tone, "-c:a", codec, file(f"plain.{name}"))
    live = ("-c", "copy", "-live", "1", "-cluster_time_limit", "200")
    run("ffmpeg", "-v", "error", "-i", file("plain.webm"), *live, file("taken.webm"))

    steps: list[tuple[Any, ...]] = [("seekable", file("taken.webm"), file("made.taken"), GIVEN)]
    for name in FORMATS:
        whole, title = file(f"made.{name}"), [["title", "One"]]
        steps += [
            ("convert", file(f"plain.{name}"), whole, name, GIVEN),
            ("withTags", whole, file(f"both.{name}"), title, GIVEN),
            ("withTags", whole, file(f"tagged.{name}"), title),
            ("trim", whole, file(f"part.{name}"), 0.4, 1.5, False, GIVEN),
            ("trim", whole, file(f"other.{name}"), 0.4, 1.5, False),
        ]
    for name in MANY_IN:
        steps += [("convert", file(f"plain.{name}"), file(f"many.{name}"), name, {"chapters": MANY})]
    for name in WITHOUT_SERIAL:
        steps += [
            ("convert", file(f"plain.{name}"), file(f"one.{name}"), name),
            ("convert", file(f"plain.{name}"), file(f"two.{name}"), name, {"chapters": []}),
        ]
    steps += [
        ("seekable", file("made.taken"), file("again.webm"), GIVEN),
        ("seekable", file("plain.webm"), file("added.webm"), GIVEN),
        ("seekable", file("plain.ogg"), file("added.ogg"), GIVEN),
        ("seekable", file("added.ogg"), file("again.ogg"), GIVEN),
    ]
    engine(*steps)
    return file


@pytest.mark.parametrize("name", [*FORMATS, "taken"])
def test_ffmpeg_finds_the_chapters_and_decodes_the_file(made, name):
    file = made(f"made.{name}")
    assert chapters(file) == near(CHAPTERS, name)
    assert run("ffmpeg", "-v", "warning", "-i", file, "-f", "null", "-") == ""
    found = run("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", file)
    assert float(found) == pytest.approx(2, abs=0.06)


def test_mkvinfo_finds_the_chapters(made):
    for name in ("webm", "mkv", "taken"):
        told = run("mkvinfo", "--ui-language", "en_US", made(f"made.{name}"))
        assert re.findall(r"Chapter time start: 00:00:(\S+)", told) == [
            "00.250000000",
            "00.500000000",
            "01.250000000",
        ]
        assert re.findall(r"Chapter string: (.+)", told) == ["Grüße & 日本", "three"]
        assert "Unknown element" not in told


def test_mutagen_finds_the_chapters_of_mp3(made):
    tags = mutagen.File(made("made.mp3")).tags
    [toc] = tags.getall("CTOC")
    assert toc.flags == id3.CTOCFlags.TOP_LEVEL | id3.CTOCFlags.ORDERED
    listed = [tags[f"CHAP:{name}"] for name in toc.child_element_ids]
    # (mutagen leaves out an empty title.)
    titles = ["".join(map(str, one.sub_frames.values())) for one in listed]
    times = [(one.start_time / 1000, one.end_time / 1000) for one in listed]
    assert [[*time, title] for time, title in zip(times, titles, strict=True)] == CHAPTERS


def test_mutagen_finds_the_chapters_of_mp4_and_ogg(made):
    assert [one.title for one in mutagen.File(made("made.mp4")).chapters] == [text for *_, text in CHAPTERS]
    tags = dict(mutagen.File(made("made.ogg")).tags)
    assert tags["chapter001"] == ["00:00:00.250"]
    assert tags["chapter001name"] == ["Grüße & 日本"]


@pytest.mark.parametrize("name", FORMATS)
def test_part_has_the_chapters_that_begin_in_it(made, name):
    # A copy begins with the packet before the start.
    [second, third] = [(start, text) for start, _, text in chapters(made(f"part.{name}"))]
    assert second == (pytest.approx(0.1, abs=0.03), "1" if name == "mp3" else "")
    assert third == (pytest.approx(0.85, abs=0.03), "three")


def test_part_of_a_file_from_elsewhere_has_no_wrong_chapters(made):
    for name in FORMATS:
        assert chapters(made(f"other.{name}")) == []
    for name in ("mp3", "ogg"):
        assert chapters(made(f"tagged.{name}")) == near(CHAPTERS, name), "nothing was moved"


def test_tags_and_chapters_are_side_by_side(made):
    for name in FORMATS:
        file = made(f"both.{name}")
        assert chapters(file) == near(CHAPTERS, name)
        assert "One" in run("ffprobe", "-v", "error", "-show_entries", "format_tags:stream_tags", file)


def test_seekable_adds_chapters_only_once(made):
    assert made("again.webm").read_bytes() == made("made.taken").read_bytes()
    assert made("again.ogg").read_bytes() == made("added.ogg").read_bytes()
    for name in ("webm", "ogg"):
        assert chapters(made(f"added.{name}")) == near(CHAPTERS, name)


@pytest.mark.parametrize("name", MANY_IN)
def test_many_chapters_and_long_texts_are_readable(made, name):
    found = chapters(made(f"many.{name}"))
    assert len(found) == (300 if name == "webm" else 255)
    cut_off = MANY[254][2].encode()[: {"mp4": 255, "mp3": 126}.get(name)].decode(errors="ignore")
    assert found[254][2] == cut_off


def test_file_without_markers_is_the_same_as_before(made):
    """An empty list, as `concat` and `trim` pass it, writes nothing."""
    for name in WITHOUT_SERIAL:  # (each Ogg has a serial number of its own)
        assert made(f"one.{name}").read_bytes() == made(f"two.{name}").read_bytes()
