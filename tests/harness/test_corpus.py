"""The corpus and its judges: ffmpeg confirms the facts in the table."""

from __future__ import annotations

import pytest

from harness import played, readers
from harness.agreement import TICK, played_differs, truth_of
from harness.corpus import FILES, File
from harness.decoders import JudgeMissingError
from harness.painted import NOTHING, paint, read
from harness.recipes import path_of

#: ffmpeg trusts Chromium's pre-skip of 80 ms, and so decodes nothing before.
BELIEVED_BY_FFMPEG = "chromium.mp4"

files = pytest.mark.parametrize(
    "file",
    [pytest.param(file, marks=() if file.quick else pytest.mark.soak) for file in FILES.values()],
    ids=lambda file: file.name,
)


def test_corpus_has_many_files():
    assert len(FILES) >= 60
    assert sum(file.quick for file in FILES.values()) == 13


@files
def test_ffmpeg_confirms_the_table(file: File):
    found = played.played(path_of(file.name))
    sound = found["sound"]
    if file.name == BELIEVED_BY_FFMPEG:
        sound["onsets"].insert(0, file.sound.beeps[0])
        assert sound["gaps"].pop(0) == (0, 0.08)
    assert list(played_differs(found, truth_of(file), beeps=0.002, end=TICK)) == []
    if file.sound:
        assert (sound["sample_rate"], sound["channels"]) == (file.sound.rate, file.sound.channels)
    if file.languages:
        assert tuple(found["languages"]) == file.languages


@pytest.mark.parametrize("size", [(160, 120), (161, 121), (90, 120), (24, 18)])
def test_numbers_are_read_as_painted(size):
    for number in range(512):
        assert read(paint(number, *size), *size) == number


def test_numbers_are_read_between_bars():
    for number in range(512):
        painted = paint(number, 90, 120)
        rows = (painted[row * 90 : (row + 1) * 90] for row in range(120))
        assert read(b"".join(bytes(35) + row + bytes(35) for row in rows), 160, 120) == number


@pytest.mark.parametrize("level", [0, 128, 255])
def test_plain_picture_has_no_number(level):
    assert read(bytes([level]) * 160 * 120, 160, 120) == NOTHING


def test_missing_reader_is_named_with_its_remedy(monkeypatch):
    path = path_of("wav-44k.wav")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(JudgeMissingError, match="apt-get install mediainfo"):
        readers.readers(path)
    with pytest.raises(JudgeMissingError, match="apt-get install ffmpeg"):
        played.sound(path)


READ_BY = {
    "tagged.webm": ["mediainfo", "mkvmerge", "mkvinfo", "pyav", "exiftool"],
    "tagged.mp4": ["mediainfo", "mutagen", "pyav", "exiftool"],
    "mp3-cover.mp3": ["mediainfo", "mp3val", "mutagen", "soundfile", "pyav", "exiftool"],
    "wav-44k.wav": ["mediainfo", "mutagen", "soundfile", "pyav", "exiftool"],
    "opus.ogg": ["mediainfo", "opusinfo", "mutagen", "soundfile", "pyav", "exiftool"],
    "aac.aac": ["mediainfo", "pyav"],
}


@pytest.mark.parametrize("name", READ_BY)
def test_each_reader_reads_its_formats(name):
    file = FILES[name]
    found = readers.readers(path_of(name))
    assert list(found) == READ_BY[name]
    for reader, said in found.items():
        if reader != "pyav":  # for ADTS it reports that it estimates
            assert said["warnings"] == [], reader
        if said["duration"] is not None:
            # (Some include the encoder's delay.)
            assert said["duration"] == pytest.approx(file.length, abs=0.08), reader
        if file.tags and reader not in ("mp3val", "mkvmerge"):
            assert said["tags"]["title"] == file.tags["title"], reader


def test_mp4_boxes_are_read():
    assert readers.boxes(path_of("h264.mp4")) == ["ftyp", "free", "mdat", "moov"]
