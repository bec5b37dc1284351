"""Tags written and found by FFmpeg and mutagen, in all five containers and both directions."""

from __future__ import annotations

import base64
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen import flac, id3, mp4

pytestmark = pytest.mark.media_work
CONTAINERS = ("webm", "mp4", "ogg", "mp3", "wav")
CODECS = {"webm": "libopus", "mp4": "aac", "ogg": "libopus", "mp3": "libmp3lame", "wav": "pcm_s16le"}
TEXTS = {
    "title": 'Grüße "日本" 3/12',
    "description": "D" * 10_000,
    "artist": "Ada",
    "album": "Numbers",
    "albumArtist": "All",
    "genre": "Talk",
    "comment": "two\nlines",
    "lyrics": "la 日本",
    "date": "2026-11",
}
NUMBERS = {"trackNumber": 3, "tracksTotal": 12, "discNumber": 1, "discsTotal": 2, "beatsPerMinute": 120}
ALL = TEXTS | NUMBERS
# (The cover has 1 pixel; FFmpeg finds a stream in it.)
COVER = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def run(*command: str | Path, given: str | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command], input=given, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def engine(*steps: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Run steps in engine.mjs. Returns the result of each step "tags"."""
    program = Path(__file__).with_name("engine.mjs")
    found = run("node", program, given=json.dumps(steps, default=str))
    return [json.loads(line) for line in found.splitlines()]


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A short sound without tags in each container."""
    folder = tmp_path_factory.mktemp("originals")
    files = {name: folder / f"original.{name}" for name in CONTAINERS}
    tone = ("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=440:d=0.3")
    for name, file in files.items():
        run(*tone, "-c:a", CODECS[name], "-fflags", "+bitexact", "-flags", "+bitexact", file)
    return files


@pytest.fixture
def copy(originals: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of an original, to be tagged by other programs."""
    return lambda name: Path(shutil.copy(originals[name], tmp_path / f"elsewhere.{name}"))


@pytest.fixture(scope="module")
def tagged(originals: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The originals with all our tags."""
    folder = tmp_path_factory.mktemp("tagged")
    files = {name: folder / f"tagged.{name}" for name in CONTAINERS}
    engine(*(("withTags", originals[name], file, list(ALL.items())) for name, file in files.items()))
    return files


def ffprobe(file: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The tags that FFmpeg finds (in Ogg, those of the stream), with lower-case names; and the streams."""
    found = json.loads(run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", file))
    sound = found["streams"][0].get("tags", {}) if file.suffix == ".ogg" else {}
    tags = {name.lower(): value for name, value in (found["format"].get("tags", {}) | sound).items()}
    return tags, found["streams"]


def covers(file: Path) -> int:
    return sum(stream["disposition"]["attached_pic"] for stream in ffprobe(file)[1])


# Found by other programs


@pytest.mark.parametrize("container", CONTAINERS)
def test_ffmpeg_finds_written_tags(tagged, container):
    found, _ = ffprobe(tagged[container])
    expected = {
        "title": TEXTS["title"],
        "artist": "Ada",
        "album": "Numbers",
        "album_artist": "All",
        "genre": "Talk",
        "comment": "two\nlines",
        "date": "2026-11",
        "track": "3" if container == "ogg" else "3/12",
        "disc": "1" if container == "ogg" else "1/2",
        "lyrics-und" if container in ("mp3", "wav") else "lyrics": "la 日本",
    }
    if container != "ogg":  # FFmpeg reads the comment and the description of Ogg from one field
        expected["tit3" if container == "wav" else "description"] = TEXTS["description"]
    assert {name: found.get(name) for name in expected} == expected


def test_mutagen_finds_tags_written_into_mp4(tagged):
    found = mutagen.File(tagged["mp4"]).tags
    assert dict(found) == {
        "©nam": [TEXTS["title"]],
        "desc": [TEXTS["description"]],
        "©ART": ["Ada"],
        "©alb": ["Numbers"],
        "aART": ["All"],
        "©gen": ["Talk"],
        "©cmt": ["two\nlines"],
        "©lyr": ["la 日本"],
        "©day": ["2026-11"],
        "trkn": [(3, 12)],
        "disk": [(1, 2)],
        "tmpo": [120],
    }


def test_mutagen_finds_tags_written_into_ogg(tagged):
    found = mutagen.File(tagged["ogg"]).tags
    assert {name: values for name, values in found.as_dict().items() if name != "encoder"} == {
        "title": [TEXTS["title"]],
        "description": [TEXTS["description"]],
        "artist": ["Ada"],
        "album": ["Numbers"],
        "albumartist": ["All"],
        "genre": ["Talk"],
        "comment": ["two\nlines"],
        "lyrics": ["la 日本"],
        "date": ["2026-11"],
        "tracknumber": ["3"],
        "tracktotal": ["12"],
        "discnumber": ["1"],
        "disctotal": ["2"],
        "bpm": ["120"],
    }


@pytest.mark.parametrize("container", ["mp3", "wav"])
def test_mutagen_finds_tags_written_as_id3(tagged, container):
    found = mutagen.File(tagged[container]).tags
    assert found.version == (2, 4, 0)
    assert {name: str(frame) for name, frame in found.items()} == {
        "TIT2": TEXTS["title"],
        "TIT3" if container == "wav" else "TXXX:description": TEXTS["description"],
        "TPE1": "Ada",
        "TALB": "Numbers",
        "TPE2": "All",
        "TCON": "Talk",
        "COMM::und": "two\nlines",
        "USLT::und": "la 日本",
        "TDRC": "2026-11",
        "TRCK": "3/12",
        "TPOS": "1/2",
        "TBPM": "120",
    }


def test_wav_repeats_ascii_tags_in_info(originals, tmp_path):
    file = tmp_path / "info.wav"
    engine(("withTags", originals["wav"], file, [["title", "One"], ["date", "2026"], ["trackNumber", 3]]))
    data = file.read_bytes()
    info = data[data.index(b"LIST") + 8 : data.index(b"id3 ")]
    assert info.startswith(b"INFO")
    assert re.findall(rb"(I[A-Z]{3})....([^\0]+)", info[4:], re.DOTALL) == [
        (b"INAM", b"One"),
        (b"ICRD", b"2026"),
        (b"ITRK", b"3"),
    ]


# Written by other programs


def test_written_tags_are_found(tagged):
    assert engine(*(("tags", file) for file in tagged.values())) == [ALL] * len(CONTAINERS)


@pytest.mark.parametrize("container", CONTAINERS)
def test_tags_of_ffmpeg_are_found_and_kept(originals, tmp_path, container):
    written = {
        "title": "One",
        "description": "About",
        "artist": "Ada",
        "album": "Numbers",
        "album_artist": "All",
        "genre": "Talk",
        "comment": "Said",
        "lyrics": "la",
        "date": "2026-11",
        "track": "3/12",
        "disc": "1/2",
    }
    expected = {
        "title": "One",
        "description": "About",
        "artist": "Ada",
        "album": "Numbers",
        "albumArtist": "All",
        "genre": "Talk",
        "comment": "Said",
        "lyrics": "la",
        "date": "2026-11",
        "trackNumber": 3,
        "tracksTotal": 12,
        "discNumber": 1,
        "discsTotal": 2,
    }
    if container == "ogg":  # here FFmpeg writes the comment in place of the description
        expected["description"] = "Said"
        del expected["comment"]
    if container == "wav":  # here FFmpeg has no place for other tags
        for name in ("description", "albumArtist", "lyrics", "discNumber", "discsTotal"):
            del expected[name]
    file, changed = tmp_path / f"ffmpeg.{container}", tmp_path / f"changed.{container}"
    options = itertools.chain.from_iterable(("-metadata", f"{name}={text}") for name, text in written.items())
    run("ffmpeg", "-v", "error", "-i", originals[container], "-c", "copy", *options, file)
    found, after = engine(("tags", file), ("withTags", file, changed, [["artist", "Eve"]]), ("tags", changed))
    assert found == expected
    assert after == expected | {"artist": "Eve"}


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("container", ["mp3", "wav"])
def test_id3_tags_of_mutagen_are_found_and_kept(copy, tmp_path, container, version):
    file, changed = copy(container), tmp_path / f"changed.{container}"
    media = mutagen.File(file)
    if media.tags is None:
        media.add_tags()
    for frame in (
        id3.TIT2(text="Grüße 日本"),
        id3.TPE1(text="Ada"),
        id3.TCON(text="Talk"),
        id3.COMM(lang="eng", desc="iTunNORM", text=" 0000"),
        id3.COMM(lang="deu", desc="", text="Gesagt"),
        id3.USLT(lang="eng", desc="", text="la"),
        id3.TDRC(text="2026-11-24 10:20"),
        id3.TRCK(text="3/12"),
        id3.APIC(mime="image/png", type=3, desc="", data=COVER),
        id3.TCOM(text="Bach"),
        id3.TXXX(desc="MOOD", text="calm"),
        id3.PRIV(owner="one", data=b"1"),
        id3.PRIV(owner="two", data=b"2"),
    ):
        media.tags.add(frame)
    if version == 3:
        media.tags.update_to_v23()
    media.save(v2_version=version)
    before = mutagen.File(file).tags
    expected = {
        "title": "Grüße 日本",
        "artist": "Ada",
        "genre": "Talk",
        "comment": "Gesagt",
        "lyrics": "la",
        "date": "2026-11-24T10:20",
        "trackNumber": 3,
        "tracksTotal": 12,
    }
    assert engine(("tags", file), ("withTags", file, changed, [["title", "One"]]), ("tags", changed)) == [
        expected,
        expected | {"title": "One"},
    ]
    after = mutagen.File(changed).tags
    assert sorted(after) == sorted(before)
    assert {
        name for name in before if name != "APIC:" and str(before[name])[:16] != str(after[name])[:16]
    } == {"TIT2"}
    assert after["APIC:"].data == COVER


def test_itunes_numbers_are_not_read_as_a_comment(copy, tmp_path):
    file, changed, other = copy("mp3"), tmp_path / "changed.mp3", tmp_path / "other.mkv"
    tags = id3.ID3()
    for name in ("iTunNORM", "iTunSMPB"):
        tags.add(id3.COMM(lang="eng", desc=name, text=" 00000000"))
    tags.add(id3.COMM(lang="eng", desc="", text="Said"))
    tags.add(id3.TBPM(text="0"))
    tags.save(file)
    found = engine(
        ("tags", file),
        ("withTags", file, changed, [["comment", None]]),
        ("tags", changed),
        ("convert", file, other, "mkv"),
        ("tags", other),
    )
    assert found == [{"comment": "Said"}, {}, {"comment": "Said"}]
    # (iTunSMPB is left out, because it states the length of the original file's sound.)
    assert sorted(mutagen.File(changed).tags) == ["COMM:iTunNORM:eng", "TBPM"]


def test_multiple_id3_values_stay_separate(copy, tmp_path):
    file, changed = copy("mp3"), tmp_path / "changed.mp3"
    tags = id3.ID3()
    tags.add(id3.TPE1(encoding=1, text=["Ada", "Eve"]))
    tags.save(file)
    found, _ = engine(("tags", file), ("withTags", file, changed, [["title", "One"]]), ("tags", changed))
    assert found == {"artist": "Ada; Eve"}
    assert mutagen.File(changed).tags["TPE1"].text == ["Ada", "Eve"]


def test_unsynchronised_id3_is_read(copy):
    """ID3v2.3, section 5: a zero follows each FF that could be read as the start of a frame of sound."""
    text = b"\1\xff\xfe" + "Grüße".encode("utf-16-le")
    frames = b"TIT2" + len(text).to_bytes(4) + b"\0\0" + text
    frames = frames.replace(b"\xff\xfe", b"\xff\0\xfe")
    file = copy("mp3")
    file.write_bytes(b"ID3\3\0\x80" + len(frames).to_bytes(4) + frames + file.read_bytes())
    assert engine(("tags", file))[0]["title"] == "Grüße"


def test_id3v22_tags_are_found_and_kept(copy, tmp_path):
    frames = b"TT2\0\0\4\0One" + b"TYE\0\0\5\x002026" + b"COM\0\0\x0a\0eng\0" + b"Said\0"
    file, changed = copy("mp3"), tmp_path / "changed.mp3"
    file.write_bytes(b"ID3\2\0\0" + len(frames).to_bytes(4) + frames + file.read_bytes())
    expected = {"title": "One", "date": "2026", "comment": "Said"}
    assert engine(("tags", file), ("withTags", file, changed, [["artist", "Ada"]]), ("tags", changed)) == [
        expected,
        expected | {"artist": "Ada"},
    ]
    assert str(mutagen.File(changed).tags["TDRC"]) == "2026"


def test_mp4_tags_of_mutagen_are_found_and_kept(copy, tmp_path):
    file, changed = copy("mp4"), tmp_path / "changed.mp4"
    media = mutagen.File(file)
    cover = mp4.MP4Cover(COVER, imageformat=mp4.MP4Cover.FORMAT_PNG)
    media.tags.update(
        {
            "©nam": "Grüße 日本",
            "©ART": ["Ada", "Eve"],
            "©day": "2026-11-24T10:00:00Z",
            "cpil": True,
            "covr": [cover, cover],
            "----:com.apple.iTunes:MOOD": mp4.MP4FreeForm(b"calm"),
            "----:com.apple.iTunes:LABEL": mp4.MP4FreeForm(b"none"),
            "----:com.apple.iTunes:iTunSMPB": mp4.MP4FreeForm(b" 00000000 00000840"),
        }
    )
    media.save()
    before = dict(mutagen.File(file).tags)
    found, _ = engine(("tags", file), ("withTags", file, changed, [["title", "One"]]), ("tags", changed))
    assert found == {"title": "Grüße 日本", "artist": "Ada; Eve", "date": "2026-11-24T10:00:00Z"}
    del before["----:com.apple.iTunes:iTunSMPB"]  # the length of the other file
    assert dict(mutagen.File(changed).tags) == before | {"©nam": ["One"]}


def test_ogg_tags_of_mutagen_are_found_and_kept(copy, tmp_path):
    file, changed = copy("ogg"), tmp_path / "changed.ogg"
    media = mutagen.File(file)
    picture = flac.Picture()
    picture.data, picture.type, picture.mime = COVER, 3, "image/png"
    picture = base64.b64encode(picture.write()).decode()
    media.tags.update(
        {
            "title": "Grüße 日本",
            "artist": ["Ada", "Eve"],
            "date": "2026",
            "tracknumber": "3/12",
            "discnumber": "1",
            "totaldiscs": "2",
            "mood": "calm",
            "metadata_block_picture": picture,
        }
    )
    media.save()
    before = mutagen.File(file).tags.as_dict()
    found, _ = engine(("tags", file), ("withTags", file, changed, [["title", "One"]]), ("tags", changed))
    numbers = {"trackNumber": 3, "tracksTotal": 12, "discNumber": 1, "discsTotal": 2}
    assert found == {"title": "Grüße 日本", "artist": "Ada; Eve", "date": "2026"} | numbers
    assert mutagen.File(changed).tags.as_dict() == before | {"title": ["One"]}


def element(name: int, *content: bytes | str) -> bytes:
    """An element of Matroska; RFC 8794."""
    data = b"".join(part.encode() if isinstance(part, str) else part for part in content)
    return name.to_bytes((name.bit_length() + 7) // 8) + (1 << 56 | len(data)).to_bytes(8) + data


def tag(level: int, *pairs: tuple[str, str]) -> bytes:
    """A Tag, with a TargetTypeValue if `level` is not 0; RFC 9559, section 5.1.8."""
    target = element(0x63C0, element(0x68CA, bytes([level])) if level else b"")
    simple = [element(0x67C8, element(0x45A3, name), element(0x4487, text)) for name, text in pairs]
    return element(0x7373, target, *simple)


def test_matroska_tags_are_found_for_every_target(originals, tmp_path):
    live, file, changed = tmp_path / "live.webm", tmp_path / "tags.webm", tmp_path / "changed.webm"
    run("ffmpeg", "-v", "error", "-i", originals["webm"], "-c", "copy", "-live", "1", live)
    tags = element(
        0x1254C367,
        tag(50, ("artist", "Ada"), ("DATE_RELEASED", "2026"), ("MOOD", "calm"), ("MOOD", "glad")),
        tag(30, ("TITLE", "The part"), ("PART_NUMBER", "3")),
        tag(0, ("constructor", "a name as any other")),
    )
    cluster = b"\x1f\x43\xb6\x75"
    file.write_bytes(live.read_bytes().replace(cluster, tags + cluster, 1))
    expected = {"title": "The part", "artist": "Ada", "date": "2026", "trackNumber": 3}
    assert engine(("tags", file), ("withTags", file, changed, [["artist", "Eve"]]), ("tags", changed)) == [
        expected,
        expected | {"artist": "Eve"},
    ]
    data = changed.read_bytes()
    assert data.count(b"DATE_RELEASED") == data.count(b"PART_NUMBER") == 1
    assert data.count(b"MOOD") == 2


# Copies and conversions


def with_tags(files: dict[str, Path], folder: Path, changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The tags in each container after these changes."""
    made = {name: folder / f"changed.{name}" for name in files}
    steps = [
        step
        for name, file in files.items()
        for step in (("withTags", file, made[name], list(changes.items())), ("tags", made[name]))
    ]
    return dict(zip(files, engine(*steps), strict=True))


def test_tag_is_removed(tagged, tmp_path):
    nothing = dict.fromkeys(name for name in ALL if name != "artist")
    assert with_tags(tagged, tmp_path, nothing) == {name: {"artist": "Ada"} for name in CONTAINERS}


@pytest.mark.parametrize(
    "values", [{"title": ""}, {"tracksTotal": 12}, {"title": " a\r\n\n3/12 ", "date": "2026"}]
)
def test_odd_values_are_kept_unchanged(originals, tmp_path, values):
    assert with_tags(originals, tmp_path, values) == dict.fromkeys(CONTAINERS, values)


def test_tags_and_cover_survive_each_container(copy, tmp_path):
    first = copy("ogg")
    picture = flac.Picture()
    picture.data, picture.type, picture.mime = COVER, 3, "image/png"
    media = mutagen.File(first)
    media.tags["metadata_block_picture"] = base64.b64encode(picture.write()).decode()
    media.save()
    files = [tmp_path / name for name in ("0.ogg", "1.webm", "2.mp4", "3.mkv", "4.ogg", "5.webm")]
    found = engine(
        ("withTags", first, files[0], list(ALL.items())),
        ("convert", files[0], files[1], "webm"),
        ("convert", files[1], files[2], "mp4"),
        ("convert", files[2], files[3], "mkv"),
        ("convert", files[3], files[4], "ogg"),
        ("seekable", files[1], files[5]),
        *(("tags", file) for file in files),
    )
    assert found == [ALL] * len(files)
    assert [covers(file) for file in files] == [1] * len(files)


def test_language_and_name_of_a_track_survive(originals, tmp_path):
    files = [tmp_path / name for name in ("0.mkv", "1.mp4", "2.mkv")]
    said = ("-metadata:s:a:0", "language=ger", "-metadata:s:a:0", "title=Ton")
    run("ffmpeg", "-v", "error", "-i", originals["webm"], "-c", "copy", *said, files[0])
    engine(("convert", files[0], files[1], "mp4"), ("convert", files[1], files[2], "mkv"))
    for file in (files[0], files[2]):
        [stream] = ffprobe(file)[1]
        assert (stream["tags"]["language"], stream["tags"]["title"]) == ("ger", "Ton")
    assert ffprobe(files[1])[1][0]["tags"]["language"] == "ger"
