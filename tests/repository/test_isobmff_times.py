"""Times of MP4: edit lists are read and written exactly to the frame, and nothing else is shown."""

from __future__ import annotations

import json
import math
import shutil
import struct
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from setup.node import find_node

SCRIPT = Path(__file__).with_name("isobmff_times.mjs")
pytestmark = [
    pytest.mark.media_work,
    pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg makes the files"),
]

#: In the file that the tests change: pictures a second, and their length in the time scale of their track.
RATE, PICTURE = 30, 512
SOUND_RATE = 48_000
#: The media before time 0: the time of two pictures for reordering, and AAC's priming.
START = 1024
#: The first picture that the edits below keep; it is 9 pictures after a key frame.
FIRST = 39
BEGIN = FIRST / RATE
LENGTH = 2.35


def node(*arguments: str | Path) -> Any:
    command = [str(find_node()), str(SCRIPT), *map(str, arguments)]
    # (A damaged file may make a reader loop without end.)
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return json.loads(done.stdout)


def read(*paths: Path) -> list[Any]:
    return node("read", *paths)


def ffmpeg(*arguments: str | Path) -> bytes:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mp4")
    picture = ("-f", "lavfi", "-i", f"testsrc2=s=64x48:r={RATE}:d=4")
    sound = ("-f", "lavfi", "-i", f"sine=f=440:r={SOUND_RATE}:d=4")
    reordered = ("-c:v", "libx264", "-g", str(RATE), "-bf", "2")
    ffmpeg(*picture, *sound, *reordered, "-c:a", "aac", "-t", "4", folder / "aac.mp4")
    ffmpeg(*picture, *sound, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8",
           "-c:a", "libopus", "-t", "4", folder / "opus.mp4")  # fmt: skip
    return folder


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        yield kind, start, start + size
        start += size


def box(kind: bytes, *content: bytes) -> bytes:
    joined = b"".join(content)
    return struct.pack(">I4s", len(joined) + 8, kind) + joined


def with_edits(data: bytes, edits: dict[int, list[tuple[int, int, float]]], timescale: int = 1000) -> bytes:
    """An MP4 with other edit lists: length in its own time scale, time in the media, speed."""
    _, start, end = next(found for found in boxes(data, 0, len(data)) if found[0] == b"moov")
    children = []
    number = 0
    for kind, child, child_end in boxes(data, start + 8, end):
        content = data[child:child_end]
        if kind == b"mvhd":
            content = content[:20] + struct.pack(">I", timescale) + content[24:]
        if kind == b"trak":
            if number in edits:
                entries = [
                    struct.pack(">Iii", length, at, int(rate * 2**16)) for length, at, rate in edits[number]
                ]
                parts = [
                    data[at:to] for inner, at, to in boxes(data, child + 8, child_end) if inner != b"edts"
                ]
                elst = box(b"elst", struct.pack(">II", 0, len(entries)), *entries)
                content = box(b"trak", parts[0], box(b"edts", elst), *parts[1:])
            number += 1
        children.append(content)
    return data[:start] + box(b"moov", *children) + data[end:]


def elst(path: Path) -> list[list[tuple[int, int]]]:
    """The edit list of each track that has one: lengths and times."""
    data = path.read_bytes()
    found = []
    at = data.find(b"elst")
    while at >= 0:
        (count,) = struct.unpack_from(">I", data, at + 8)
        found.append([struct.unpack_from(">Ii", data, at + 12 + 12 * entry) for entry in range(count)])
        at = data.find(b"elst", at + 1)
    return found


@pytest.fixture
def edited(folder: Path, tmp_path: Path) -> Any:
    """``edited({track: edits})`` writes the file with these edit lists."""

    def edited(edits: dict[int, list[tuple[int, int, float]]], timescale: int = 1000) -> Path:
        path = tmp_path / "edited.mp4"
        path.write_bytes(with_edits((folder / "aac.mp4").read_bytes(), edits, timescale))
        return path

    return edited


def media_time(picture: int) -> int:
    return START + PICTURE * picture


SOUND_BEGIN = START + round(BEGIN * SOUND_RATE)
TRIMMED = {0: [(2350, media_time(FIRST), 1)], 1: [(2350, SOUND_BEGIN, 1)]}


def shown(track: Any) -> list[Any]:
    return [
        packet
        for packet in track["packets"]
        if not packet["hidden"] and packet["at"] + packet["lasts"] > 1e-9
    ]


def test_only_the_edit_lists_range_is_shown(edited):
    [[picture, sound]] = read(edited(TRIMMED))
    for track in (picture, sound):
        assert track["length"] == pytest.approx(LENGTH, abs=1e-6)
        assert track["said"] == pytest.approx(LENGTH, abs=1e-6)
        ends = [packet["at"] + packet["lasts"] for packet in shown(track)]
        assert max(ends) == pytest.approx(LENGTH, abs=1e-6)
        assert track["last_packet"] == max(packet["at"] for packet in shown(track))
        assert track["last_key"] <= track["last_packet"]
    times = sorted(packet["at"] for packet in shown(picture))
    assert times == pytest.approx([number / RATE for number in range(71)], abs=1e-6)


def test_packets_before_the_edit_are_kept_only_if_needed(edited):
    [[picture, sound]] = read(edited(TRIMMED))
    assert picture["packets"][0]["type"] == "key"
    assert picture["packets"][0]["at"] == pytest.approx(-9 / RATE)
    assert -0.3 < sound["packets"][0]["at"] < -0.08


@pytest.mark.parametrize("pictures", range(61, 67))
def test_pictures_needed_only_for_decoding_are_hidden(edited, pictures):
    """H.264 may store a picture before others that are shown earlier.

    So the decoder may need a picture after the end of the edit for the last one that is shown.
    """
    [[picture, _]] = read(edited({0: [(round(pictures * 1000 / RATE), media_time(FIRST), 1)]}))
    assert len(shown(picture)) == pictures
    beyond = [packet for packet in picture["packets"] if packet["at"] > (pictures - 0.5) / RATE]
    assert len(beyond) <= 1
    assert all(packet["hidden"] and packet["lasts"] == 0 for packet in beyond)
    assert picture["packets"][-1]["at"] < pictures / RATE


@pytest.mark.parametrize("timescale", [600, 1000, 90_000])
@pytest.mark.parametrize(
    "rounded", [round, *(pytest.param(way, marks=pytest.mark.thorough) for way in (math.floor, math.ceil))]
)
def test_rounding_to_the_movies_time_scale_changes_no_frame(edited, timescale, rounded):
    frames = 4 * SOUND_RATE - 101
    for pictures in (61, 62):
        length = rounded(Fraction(pictures * timescale, RATE))
        whole = rounded(Fraction(frames * timescale, SOUND_RATE))
        path = edited({0: [(length, media_time(FIRST), 1)], 1: [(whole, START + 101, 1)]}, timescale)
        [[picture, sound]] = read(path)
        assert len(shown(picture)) == pictures
        assert picture["length"] == pytest.approx(pictures / RATE, abs=1e-6)
        assert sound["length"] == pytest.approx(frames / SOUND_RATE, abs=1e-6)


def test_adjacent_edits_are_one_part(edited):
    [[picture, _]] = read(edited({0: [(1000, media_time(FIRST), 1), (1350, media_time(FIRST + RATE), 1)]}))
    assert picture["length"] == pytest.approx(LENGTH, abs=1e-6)
    assert len(shown(picture)) == 71


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (
            [(1000, 1024, 1), (500, media_time(60), 1)],
            "the edit list of this MP4 has 2 parts; only one is supported",
        ),
        ([(500, media_time(60), 1), (500, 1024, 1), (500, media_time(90), 1)], "has 3 parts"),
        ([(1000, 1024, 1), (500, -1, 1), (500, media_time(30), 1)], "has 2 parts"),
        ([(1000, 1024, 0.5)], "plays a part at 0.5 times the speed, which is not supported"),
    ],
)
def test_unsupported_edit_lists_are_errors(edited, edits, message):
    [error] = read(edited({0: edits}))
    assert message in error


def test_pause_before_the_edit_shows_no_earlier_picture(edited):
    pause = {track: [(500, -1, 1), *edits] for track, edits in TRIMMED.items()}
    [[picture, sound]] = read(edited(pause))
    for track in (picture, sound):
        assert track["first"] == pytest.approx(0.5, abs=1e-6)
        assert track["length"] == pytest.approx(0.5 + LENGTH, abs=1e-6)
    assert min(packet["at"] for packet in shown(picture)) == pytest.approx(0.5, abs=1e-6)
    assert shown(sound)[0]["at"] > 0.5 - 1024 / SOUND_RATE


def test_edit_without_length_goes_to_the_end(edited):
    [[picture, _]] = read(edited({0: [(0, media_time(FIRST), 1)]}))
    assert picture["length"] == pytest.approx(4 - BEGIN, abs=1e-6)


def test_ffmpegs_cuts_without_encoding_are_respected(folder, tmp_path):
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", "1.3", "-i", folder / "aac.mp4", "-t", "1.9", "-c", "copy", cut)
    [[picture, sound]] = read(cut)
    probe = ("ffprobe", "-v", "error", "-show_entries", "stream=duration", "-of", "json", cut)
    said = json.loads(subprocess.run(probe, check=True, capture_output=True).stdout)["streams"]
    for track, stream in zip((picture, sound), said, strict=True):
        assert track["length"] == pytest.approx(float(stream["duration"]), abs=0.001)
        assert track["packets"][-1]["lasts"] > 0
    assert sound["packets"][0]["at"] < 0
    assert picture["packets"][0]["at"] == pytest.approx(-0.3)


def test_moov_with_samples_can_be_followed_by_fragments(folder, tmp_path):
    path = tmp_path / "both.mp4"
    ffmpeg("-i", folder / "aac.mp4", "-c", "copy", "-movflags", "frag_keyframe", path)
    [[picture, _]] = read(path)
    assert len(picture["packets"]) == 4 * RATE
    assert picture["last_packet"] == pytest.approx(4 + 1 / RATE, abs=1e-6)
    assert picture["last_key"] == pytest.approx(3 + 2 / RATE, abs=1e-6)


def test_fragments_end_where_their_edit_ends(folder, tmp_path):
    path = tmp_path / "fragments.mp4"
    ffmpeg("-i", folder / "aac.mp4", "-c", "copy", "-movflags", "frag_keyframe+delay_moov", path)
    data = bytearray(path.read_bytes())
    at = 0
    for [edit] in TRIMMED.values():
        at = data.index(b"elst", at + 1)
        struct.pack_into(">Ii", data, at + 12, *edit[:2])
    path.write_bytes(data)
    [[picture, sound]] = read(path)
    assert picture["length"] == sound["length"] == pytest.approx(LENGTH, abs=1e-6)
    assert len(shown(picture)) == 71
    assert picture["packets"][0]["at"] == pytest.approx(-9 / RATE)


def frames_of(path: Path) -> int:
    """The frames that ffmpeg decodes; an error if it complains."""
    command = ["ffmpeg", "-v", "warning", "-i", str(path), "-ac", "1", "-f", "f32le", "-"]
    done = subprocess.run(command, check=True, capture_output=True)
    assert done.stderr == b""
    return len(done.stdout) // 4


def packets_of(path: Path) -> list[tuple[str, str]]:
    """Size and hash of each packet, as ffprobe reads them."""
    entries = ("-show_packets", "-show_data_hash", "md5", "-show_entries", "packet=size,data_hash")
    command = ["ffprobe", "-v", "error", *entries, "-of", "csv=p=0", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [tuple(line.split(",")) for line in done.stdout.split()]


def make_seekable(source: Path, target: Path) -> None:
    command = [str(find_node()), str(SCRIPT.with_name("engine.mjs"))]
    step = ["seekable", str(source), str(target)]
    subprocess.run(command, input=json.dumps([step]), check=True, text=True)
    data = target.read_bytes()
    assert all(kind != b"moof" for kind, *_ in boxes(data, 0, len(data)))


def said_length(path: Path) -> float:
    probe = ("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path)
    return float(subprocess.run(probe, check=True, capture_output=True).stdout)


def test_repeated_header_of_a_fragment_adds_no_packets(tmp_path):
    """WebKitGTK writes `moof` twice before the data of a fragment, at the end and at each request of data.

    The data to which the first refers is the second `moof`, and both have the same time.
    """
    whole, repeated, made = tmp_path / "whole.mp4", tmp_path / "repeated.mp4", tmp_path / "made.mp4"
    sound = ("-f", "lavfi", "-i", "sine=f=440:r=44100:d=2.5", "-c:a", "aac")
    flags = ("-movflags", "empty_moov+default_base_moof", "-frag_duration", "600000")
    ffmpeg(*sound, *flags, whole)
    data = whole.read_bytes()
    parts = [(kind, data[start:end]) for kind, start, end in boxes(data, 0, len(data)) if kind != b"mfra"]
    moofs = [number for number, (kind, _) in enumerate(parts) if kind == b"moof"]
    assert len(moofs) >= 4
    for number in reversed(moofs[1:]):
        parts.insert(number, parts[number])
    repeated.write_bytes(b"".join(content for _, content in parts))
    assert len(packets_of(repeated)) > len(packets_of(whole)), "ffmpeg reads packets of garbage"

    assert read(repeated) == read(whole)
    make_seekable(repeated, made)
    assert packets_of(made) == packets_of(whole)
    assert frames_of(made) == frames_of(whole)
    assert said_length(made) == pytest.approx(2.5, abs=0.03)


@pytest.mark.parametrize("is_repeated", [False, True], ids=["", "repeated"])
@pytest.mark.parametrize("lost", [2, None], ids=["two", "all"])
def test_file_ends_with_the_last_packet_whose_data_is_there(tmp_path, lost, is_repeated):
    """WebKitGTK may lose the end of the last fragment; the header counts the lost packets."""
    whole, short, made = tmp_path / "whole.mp4", tmp_path / "short.mp4", tmp_path / "made.mp4"
    sound = ("-f", "lavfi", "-i", "sine=f=440:r=44100:d=1.2", "-c:a", "aac")
    ffmpeg(*sound, "-movflags", "empty_moov+default_base_moof", "-frag_duration", "1000000", whole)
    data = whole.read_bytes()
    parts = [part for part in boxes(data, 0, len(data)) if part[0] != b"mfra"]
    (_, header, media), (_, _, end) = parts[-2:]
    packets = packets_of(whole)
    sizes = [int(size) for size, _ in packets]
    left, room = len(sizes), end - media - 8
    while room > 0:
        left -= 1
        room -= sizes[left]
    assert room == 0
    assert len(sizes) - left > 2
    moof = data[header:media]
    if lost:
        left = len(sizes) - lost
        media = end - sum(sizes[left:]) + 1  # (the first byte of a packet is of no use)
    short.write_bytes(data[:header] + moof * is_repeated + data[header:media])

    [[track]] = read(short)
    assert len(track["packets"]) == left
    assert track["length"] == pytest.approx(left * 1024 / 44100, abs=1e-6)
    assert track["last_packet"] == track["packets"][-1]["at"]
    make_seekable(short, made)
    assert packets_of(made) == packets[:left]
    assert said_length(made) == pytest.approx(track["length"], abs=0.002)


@pytest.mark.parametrize(
    "media",
    [
        ("sine=f=440:r=44100:d=2.5", "-c:a", "aac"),
        ("testsrc2=s=64x48:r=30:d=2.5", "-c:v", "libx264", "-g", "15", "-bf", "2"),
    ],
    ids=["sound", "picture"],
)
def test_fragments_that_overlap_in_time_are_copied_one_after_the_other(tmp_path, media):
    whole, overlapping, made = tmp_path / "whole.mp4", tmp_path / "overlapping.mp4", tmp_path / "made.mp4"
    flags = ("-movflags", "empty_moov+default_base_moof", "-frag_duration", "500000")
    ffmpeg("-f", "lavfi", "-i", *media, *flags, whole)
    data = bytearray(whole.read_bytes())
    at, number = data.find(b"tfdt"), 0
    while at >= 0:
        (time,) = struct.unpack_from(">Q", data, at + 8)
        struct.pack_into(">Q", data, at + 8, max(0, time - number * 2000))
        at, number = data.find(b"tfdt", at + 1), number + 1
    assert number >= 4
    overlapping.write_bytes(data)
    make_seekable(overlapping, made)
    assert packets_of(made) == packets_of(whole)
    assert said_length(made) == pytest.approx(2.5, abs=0.1)
    times = [[packet["at"] - track["first"] for packet in track["packets"]] for [track] in read(whole, made)]
    assert times[1] == pytest.approx(times[0], abs=0.001)


CHANGES = [
    {},
    {"shift": {"audio": 312 / SOUND_RATE}},
    {"shift": {"audio": 312 / SOUND_RATE - 0.08, "video": 0.25}},
    {"shift": {"audio": 0.5 + 312 / SOUND_RATE, "video": 1 / 3}},
    {"end": {"audio": 112_565 / SOUND_RATE, "video": LENGTH}},
    {"end": {"audio": 1 / SOUND_RATE, "video": 1 / RATE}},
]


@pytest.mark.parametrize("fragmented", [False, True])
@pytest.mark.parametrize("changes", CHANGES)
def test_written_times_are_read_back(folder, tmp_path, changes, fragmented):
    copy = tmp_path / "copy.mp4"
    node("copy", folder / "opus.mp4", copy, json.dumps({**changes, "fragmented": fragmented}))
    original, found = read(folder / "opus.mp4", copy)
    for before, after in zip(original, found, strict=True):
        shift = changes.get("shift", {}).get(before["kind"], 0)
        end = changes.get("end", {}).get(before["kind"], 4 + shift)
        assert after["length"] == pytest.approx(end, abs=1e-6)
        expected = [packet["at"] + shift for packet in before["packets"] if packet["at"] + shift < end - 1e-9]
        assert [packet["at"] for packet in after["packets"]] == pytest.approx(expected, abs=1e-6)


def test_pre_skip_of_opus_is_only_in_the_edit_list(folder, tmp_path):
    """Opus in ISOBMFF, 4.3.2. If the sample description states it as well, browsers skip twice."""
    for number, changes in enumerate(CHANGES[:4]):
        copy = tmp_path / f"{number}.mp4"
        node("copy", folder / "opus.mp4", copy, json.dumps(changes))
        data = copy.read_bytes()
        assert struct.unpack_from(">H", data, data.index(b"dOps") + 6) == (0,)
        edits = elst(copy)
        skipped = edits[-1][-1][1] if edits else 0
        assert skipped == [312, 0, 3840, 0][number]
        frames = len(ffmpeg("-i", copy, "-map", "0:a", "-ac", "1", "-f", "f32le", "-")) // 4
        packets = len(read(copy)[0][1]["packets"])
        assert frames == packets * 960 - skipped


def test_lengths_in_edit_lists_cut_off_no_frame(folder, tmp_path):
    copy = tmp_path / "copy.mp4"
    for frames in range(112_321, 112_325):
        node("copy", folder / "opus.mp4", copy, json.dumps({"end": {"audio": frames / SOUND_RATE}}))
        length, _ = elst(copy)[-1][-1]
        assert length * SOUND_RATE // 57_600 == frames


@pytest.mark.parametrize("pause", [False, True])
def test_copies_keep_hidden_parts_hidden(edited, tmp_path, pause):
    edits = {track: [(500, -1, 1), *edits] for track, edits in TRIMMED.items()} if pause else TRIMMED
    original, copy = edited(edits), tmp_path / "copy.mp4"
    node("copy", original, copy, "{}")
    before, after = read(original, copy)
    for old, new in zip(before, after, strict=True):
        assert [packet["at"] for packet in new["packets"]] == pytest.approx(
            [packet["at"] for packet in old["packets"]]
        )
        assert [packet["hidden"] for packet in new["packets"]] == [
            packet["hidden"] for packet in old["packets"]
        ]
        assert new["length"] == pytest.approx(old["length"], abs=1e-6)

    def pictures(path: Path) -> list[bytes]:
        lines = ffmpeg("-i", path, "-map", "0:v", "-f", "framehash", "-").splitlines()
        return [line.split(b",")[-1] for line in lines if not line.startswith(b"#")]

    assert len(pictures(original)) == 71
    assert pictures(copy) == pictures(original)


def test_chunk_with_too_many_samples_is_read_to_its_end(folder, tmp_path):
    """The sum of the sizes of a chunk's samples ends with the last one."""
    data = bytearray((folder / "opus.mp4").read_bytes())
    entries = data.find(b"stsc") + 12
    data[entries + 4] = 0xFF  # the highest byte of the number of samples in the first chunks
    path = tmp_path / "broken.mp4"
    path.write_bytes(data)
    assert len(read(path)) == 1


def test_name_and_language_of_a_track_are_kept(folder, tmp_path):
    copy = tmp_path / "copy.mp4"
    node("copy", folder / "opus.mp4", copy, json.dumps({"about": {"name": "Käse", "languageCode": "deu"}}))
    [tracks] = read(copy)
    assert [(track["name"], track["language"]) for track in tracks] == [("Käse", "deu")] * 2
    probe = ("ffprobe", "-v", "error", "-show_entries", "stream_tags=language", "-of", "csv=p=0", copy)
    assert subprocess.run(probe, check=True, capture_output=True, text=True).stdout.split() == ["deu", "deu"]


def top_level(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return [kind for kind, _, _ in boxes(data, 0, len(data))]


def test_moov_moves_to_the_front_and_every_packet_stays(folder, tmp_path):
    front = tmp_path / "front.mp4"
    for name in ("aac.mp4", "opus.mp4"):
        assert node("front", folder / name, front) == {"same": False, "type": "video/mp4"}
        assert top_level(front) == [b"ftyp", b"moov", b"free", b"mdat"]

        def packets(path: Path) -> bytes:
            return ffmpeg("-i", path, "-map", "0", "-c", "copy", "-f", "framehash", "-")

        assert packets(front) == packets(folder / name)


def test_files_with_moov_in_front_or_fragments_are_unchanged(folder, tmp_path):
    path, front = tmp_path / "given.mp4", tmp_path / "front.mp4"
    for flags in ("faststart", "frag_keyframe", "frag_keyframe+empty_moov"):
        ffmpeg("-i", folder / "aac.mp4", "-c", "copy", "-movflags", flags, path)
        assert node("front", path, front)["same"]


def test_offsets_near_4_gib_get_64_bits():
    found = node("wide")
    assert found["type"] == "co64"
    assert found["moved"] == [found["by"]] * 2
