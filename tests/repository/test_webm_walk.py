"""The walk over WebM in Node, and the seekable file composed by it, judged by FFmpeg and MKVToolNix."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from test_matroska_times import (
    OPUS_20,
    PICTURE,
    block_group,
    cluster,
    element,
    matroska,
    number,
    picture_track,
    simple_block,
    sound_track,
)

from harness.readers import readers
from setup.node import find_node

pytestmark = pytest.mark.media_work
HERE = Path(__file__).parent
DURATION_OF_BLOCK, REFERENCE, PADDING, ADDITIONS = 0x9B, 0xFB, 0x75A2, 0x75A1
ENCODINGS, SCALE_OF_TRACK, SCALE, CRC, POSITION = 0x6D80, 0x23314F, 0x2AD7B1, 0xBF, 0xA7
TRACKS = [picture_track(1), sound_track(2, pre_skip=0)]


@pytest.fixture(scope="session")
def webm_walk() -> Iterator[Callable[..., Any]]:
    """Requests to a process that answers all of them: starting one takes longer than its work."""
    command = [find_node(), HERE / "webm_walk.mjs"]
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout

        def webm_walk(verb: str, *words: Any) -> Any:
            process.stdin.write(json.dumps([verb, *words], default=str) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert not isinstance(answer, dict) or "error" not in answer, answer
            return answer

        yield webm_walk
        process.stdin.close()


@pytest.fixture
def written(tmp_path):
    def written(data: bytes, name: str = "take.mkv") -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return written


def packets(path: Path) -> list[tuple[str, ...]]:
    """Stream, time, flags and digest of each packet, in the order of the file."""
    query = ("-show_entries", "packet=stream_index,pts,flags,data_hash", "-show_data_hash", "md5")
    said = subprocess.run(
        ["ffprobe", "-v", "error", *query, "-of", "json", path], check=True, capture_output=True
    )
    return [
        (each["stream_index"], each["pts"], each["flags"], each["data_hash"])
        for each in json.loads(said.stdout)["packets"]
    ]


def ffmpeg(*words: Any) -> str:
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True, capture_output=True, text=True
    )
    return done.stderr


def picture(at: int, *, key: bool = False) -> bytes:
    return simple_block(at, PICTURE, key=key)


def sound(at: int) -> bytes:
    return simple_block(at, OPUS_20, track=2)


def live(length: int = 6000, every: int = 1000) -> bytes:
    """A file as a recorder writes it, without sizes of clusters."""
    clusters = []
    for start in range(0, length, every):
        blocks = [(at, picture(at - start, key=at == start)) for at in range(start, start + every, 40)]
        blocks += [(at, sound(at - start)) for at in range(start, start + every, 20)]
        clusters.append(cluster(start, *(block for _, block in sorted(blocks)), unknown_size=True))
    return matroska(TRACKS, clusters)


# Real files.

SOURCES = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=25:duration=3")
TONE = ("-f", "lavfi", "-i", "sine=sample_rate=48000:duration=3")
LIVE = ("-live", "1", "-cluster_time_limit", "200")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "25")
REAL = {
    "vp8-opus.webm": (*SOURCES, *TONE, *VP8, "-c:a", "libopus", *LIVE),
    "h264-pcm.mkv": (*SOURCES, *TONE, "-c:v", "libx264", "-g", "25", "-bf", "2", "-c:a", "pcm_s16le", *LIVE),
    "sound.webm": (*TONE, "-c:a", "libopus", *LIVE),
    "alpha.webm": (
        *SOURCES,
        *("-vf", "format=yuva420p", "-auto-alt-ref", "0"),
        *(*VP8, *LIVE),
    ),
}


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")

    def real(name: str) -> Path:
        if not (folder / name).exists():
            ffmpeg(*REAL[name], folder / name)
        return folder / name

    return real


@pytest.mark.parametrize("name", REAL)
def test_composed_file_is_right_for_other_programs(webm_walk, real, tmp_path, name):
    before, after = real(name), tmp_path / name
    made = webm_walk("compose", before, after, None)
    assert packets(after) == packets(before)
    assert ffmpeg("-i", after, "-f", "null", "-") == ""
    remuxed = tmp_path / f"remuxed-{name}"
    subprocess.run(["mkvmerge", "-q", "-o", remuxed, before], check=False, capture_output=True)
    theirs, ours = readers(remuxed), readers(after)
    for program, found in ours.items():
        # (mkvinfo does not know an element of transparent pictures, which mkvmerge leaves out.)
        warnings = [line for line in found["warnings"] if "AlphaMode" not in line]
        assert warnings in ([], theirs[program]["warnings"]), program
        assert found["duration"] == pytest.approx(made["duration"], abs=0.06), program
    assert made["duration"] == pytest.approx(3, abs=0.1)
    assert all(fits for _, _, _, fits in webm_walk("blocks", after, 1 << 20)["clusters"])


@pytest.mark.parametrize("every", [1000, 20], ids=["new heads", "unknown sizes"])
def test_chunks_and_the_whole_file_give_the_same_result(webm_walk, written, tmp_path, every):
    file, whole, followed = written(live(every=every)), tmp_path / "whole.mkv", tmp_path / "followed.mkv"
    made = webm_walk("compose", file, whole, None)
    for size in (700, 5000, 1 << 20):
        found = webm_walk("follow", file, followed, size)
        # Chromium holds the bytes of slices once more.
        assert (found.pop("slices") > 0) == (every == 1000)
        assert found == made
        assert followed.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("size", [1, 7, 61, 1000])
def test_pieces_of_any_size_are_understood(webm_walk, written, size):
    file = written(live(2000))
    whole = webm_walk("blocks", file, 1 << 20)
    assert whole["strange"] == ""
    assert len(whole["blocks"]) == 150
    assert webm_walk("blocks", file, size) == whole


@pytest.mark.parametrize("source", ["whole", "withoutBuffers", "failing"])
@pytest.mark.parametrize("size", [1, 1000, 1 << 20, (1 << 21) + 1, 5_000_000])
def test_file_is_read_whole_from_any_stream(webm_walk, written, source, size):
    file = written((bytes(range(251)) * (size // 251 + 1))[:size])
    assert sum(webm_walk("pieces", file, source, None)["sizes"]) == size


def test_stream_is_cancelled_when_its_reader_has_seen_enough(webm_walk, written):
    file = written(bytes(3 << 20))
    assert webm_walk("pieces", file, "whole", 1) == {"sizes": [1 << 20], "cancelled": True}


def test_sizes_of_clusters_are_stated_whatever_they_were_before(webm_walk, written, tmp_path):
    blocks = picture(0, key=True), picture(40)
    short = b"\x1f\x43\xb6\x75\xff" + element(0xE7, number(1000)) + b"".join(blocks)
    clusters = [cluster(0, *blocks, unknown_size=True), short, cluster(2000, *blocks)]
    file, after = written(matroska([picture_track()], clusters)), tmp_path / "after.mkv"
    assert [fits for *_, fits in webm_walk("blocks", file, 999)["clusters"]] == [0, 0, 1]
    webm_walk("compose", file, after, None)
    found = webm_walk("blocks", after, 999)
    assert [fits for *_, fits in found["clusters"]] == [1, 1, 1]
    assert found["cues"] == [0, 1000, 2000]
    assert packets(after) == packets(file)


@pytest.mark.parametrize("cut", [0, 5])
def test_many_clusters_keep_their_unknown_sizes(webm_walk, written, tmp_path, cut):
    data = live(30_000, 100)
    file, after = written(data[: len(data) - cut]), tmp_path / "after.mkv"
    made = webm_walk("compose", file, after, None)
    assert made["duration"] == pytest.approx(30, abs=0.05)
    assert len(packets(after)) == 2400 - (cut > 0)
    assert packets(after) == packets(file)[: 2400 - (cut > 0)]
    found = webm_walk("blocks", after, 1 << 20)
    assert {size for *_, size in found["clusters"]} == {0}
    assert readers(after)["mkvinfo"] == {"duration": pytest.approx(30, abs=0.05), "warnings": [], "tags": {}}


# Times.


@pytest.fixture
def times_of(webm_walk, written, tmp_path):
    def times_of(*clusters: bytes) -> list[int]:
        """The times in the result, which has the same packets."""
        file, after = written(matroska([picture_track()], list(clusters))), tmp_path / "after.mkv"
        webm_walk("compose", file, after, None)
        assert [each[2:] for each in packets(after)] == [each[2:] for each in packets(file)]
        return [block["time"] for block in webm_walk("blocks", after, 1 << 20)["blocks"]]

    return times_of


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([0, 100, 100, 133], [0, 100, 101, 133]),
        ([0, 100, 100, 100, 133], [0, 100, 101, 102, 133]),
        ([0, 100, 100, 101, 133], [0, 100, 101, 102, 133]),
        ([0, 0, 1, 2, 9], [0, 1, 2, 3, 9]),
        # Stored in another order than shown: nothing is known to be wrong.
        ([0, 80, 40, 120, 120], [0, 80, 40, 120, 121]),
        ([0, 80, 40, 80, 120], [0, 80, 40, 80, 120]),
        # The largest time that a block can have within its cluster.
        ([0, 32766, 32766, 32767], [0, 32766, 32767, 32767]),
    ],
)
def test_pictures_with_the_same_time_are_set_apart_by_a_millisecond(times_of, before, after):
    blocks = [picture(at, key=index in (0, 2)) for index, at in enumerate(before)]
    assert times_of(cluster(0, *blocks)) == after


def test_the_same_time_in_two_clusters_is_set_apart(times_of):
    clusters = [
        cluster(0, picture(0, key=True), picture(40), unknown_size=True),
        cluster(40, picture(0, key=True), picture(33), unknown_size=True),
    ]
    assert times_of(*clusters) == [0, 40, 41, 73]


def test_the_same_time_in_two_tracks_stays(webm_walk, written):
    blocks = [picture(0, key=True), sound(0), picture(20), sound(20)]
    assert webm_walk("blocks", written(matroska(TRACKS, [cluster(0, *blocks)])), 99)["apart"] == []


def test_groups_have_their_facts(webm_walk, written):
    says = (element(REFERENCE, b"\xd8"), element(DURATION_OF_BLOCK, number(3000, 2)))
    extra = element(ADDITIONS, bytes(5))
    blocks = [block_group(0, PICTURE, extra), block_group(40, PICTURE, *says, extra)]
    found = webm_walk(
        "blocks", written(matroska([picture_track()], [cluster(0, *blocks, unknown_size=True)])), 5
    )
    assert [(block["isKey"], block.get("duration")) for block in found["blocks"]] == [
        (True, None),
        (False, 3000),
    ]
    assert found["cues"] == [0]


@pytest.mark.parametrize(
    ("known", "expected"), [(None, 5.98 + 0.04), (6.5, 6.02), (7.4, 6.02), (7.6, 7.6), (3, 6.02)]
)
def test_length_is_that_of_the_sound_or_of_the_recorders_clock(webm_walk, written, tmp_path, known, expected):
    file = written(live() + cluster(6000, sound(0), unknown_size=True))
    assert webm_walk("compose", file, tmp_path / "x", known)["duration"] == pytest.approx(expected)


def test_length_of_pictures_alone_is_that_of_the_recorders_clock(webm_walk, written, tmp_path):
    file = written(
        matroska([picture_track()], [cluster(0, picture(0, key=True), picture(40), unknown_size=True)])
    )
    for known, expected in ((None, 0.08), (3, 3), (0.03, 0.08)):
        assert webm_walk("compose", file, tmp_path / "x", known)["duration"] == pytest.approx(expected)


# Files that only a general reader can handle.

STRANGE = {
    "lacing": [simple_block(0, b"\x00" + PICTURE, lacing=1)],
    "a block of an unknown track": [simple_block(0, PICTURE, track=9)],
    "an element that does not belong here": [element(0xAF, PICTURE)],
    "a position": [element(POSITION, number(400)), picture(0, key=True)],
    "times that go back": [picture(9000, key=True), picture(0, key=True)],
    "an empty group": [element(0xA0), picture(0, key=True)],
    "two blocks in a group": [element(0xA0, *[element(0xA1, b"\x81\0\0\0" + PICTURE)] * 2)],
    "nothing": [],
}


@pytest.mark.parametrize("what", STRANGE)
def test_strange_blocks_are_left_to_the_general_reader(webm_walk, written, tmp_path, what):
    file = written(matroska([picture_track()], [cluster(0, *STRANGE[what], unknown_size=True)]))
    assert webm_walk("blocks", file, 1 << 20)["strange"] != ""
    assert webm_walk("compose", file, tmp_path / "x", None) is None


def test_strange_headers_are_left_to_the_general_reader(webm_walk, written, tmp_path):
    good = live(1000)
    for data in (
        b"",
        b"text" * 99,
        good[:40],
        good.replace(element(SCALE, number(1_000_000)), element(SCALE, number(500_000, 3))),
        good + good,
        good + b"junk" * 9,
        matroska([element(0xAE, element(0xD7, b"\x01"), element(ENCODINGS))], [cluster(0, picture(0))]),
        matroska(
            [element(0xAE, element(0xD7, b"\x01"), element(SCALE_OF_TRACK, b"\x3f\0\0\0"))],
            [cluster(0, picture(0))],
        ),
    ):
        assert webm_walk("compose", written(data), tmp_path / "x", None) is None, data[:99]


def test_checksum_of_a_cluster_stays_right(webm_walk, written, tmp_path):
    """FFmpeg can protect a cluster, whose blocks then stay as they are."""
    blocks = element(CRC, bytes(4)), picture(0, key=True), picture(0)
    assert webm_walk("blocks", written(matroska([picture_track()], [cluster(0, *blocks)])), 99)["apart"] == []


# Damage.


def test_file_that_was_cut_off_anywhere_keeps_all_complete_packets(webm_walk, written, tmp_path):
    data = live(1500, 500)
    assert webm_walk("cuts", written(data), 3) > len(data) / 3 * 0.8
    sized = matroska(
        [picture_track()], [cluster(0, *itertools.chain([picture(0, key=True)], map(picture, (40, 80))))]
    )
    file, after = written(sized[:-5]), tmp_path / "after.mkv"
    webm_walk("compose", file, after, None)
    assert [each["time"] for each in webm_walk("blocks", after, 99)["blocks"]] == [0, 40]


@pytest.mark.parametrize("count", [200, pytest.param(5000, marks=pytest.mark.soak)])
def test_flipped_bits_give_a_consistent_file_or_none(webm_walk, written, count):
    data = live(1500, 500)
    made = webm_walk("flips", written(data), count)
    assert 0 < made < count
