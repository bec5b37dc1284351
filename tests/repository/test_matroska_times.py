"""Times in Matroska, as the patched mediabunny reads and writes them, judged by ffmpeg and an EBML reader."""

from __future__ import annotations

import itertools
import json
import random
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from setup.node import find_node

pytestmark = pytest.mark.media_work
HERE = Path(__file__).parent

# The elements used here: RFC 9559, section 5.
EBML, SEGMENT, INFO, TRACKS = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B
CLUSTER, CUES, CUE_POINT = 0x1F43B675, 0x1C53BB6B, 0xBB
DURATION, TRACK, CODEC_PRIVATE = 0x4489, 0xAE, 0x63A2
CODEC_DELAY, SEEK_PRE_ROLL, DEFAULT_DURATION = 0x56AA, 0x56BB, 0x23E383
TIMESTAMP, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
BLOCK_DURATION, REFERENCE_BLOCK, DISCARD_PADDING = 0x9B, 0xFB, 0x75A2
CONTAINERS = {SEGMENT, INFO, TRACKS, TRACK, CLUSTER, CUES, CUE_POINT, BLOCK_GROUP}

#: 20 ms of silence (RFC 6716, section 3.1), and 60 ms.
OPUS_20, OPUS_60 = b"\xf8\xff\xfe", b"\xfb\x03\xff\xfe"
PICTURE = b"\x30\x01\x00\x9d\x01\x2a"


# Writing a file byte for byte.


def number(value: int, size: int | None = None, *, signed: bool = False) -> bytes:
    return value.to_bytes(size or max(1, (value.bit_length() + 8) // 8), "big", signed=signed)


def element(identifier: int, *children: bytes, unknown_size: bool = False) -> bytes:
    data = b"".join(children)
    size = (1 << 56) - 1 if unknown_size else len(data)
    return number(identifier, (identifier.bit_length() + 7) // 8) + (1 << 56 | size).to_bytes(8, "big") + data


def opus_head(pre_skip: int) -> bytes:
    return b"OpusHead" + struct.pack("<BBHIhB", 1, 1, pre_skip, 48000, 0, 0)


def sound_track(number_of_track: int = 1, *, pre_skip: int = 312, delay: int = 0) -> bytes:
    return element(
        TRACK,
        element(0xD7, number(number_of_track)),
        element(0x83, b"\x02"),
        element(0x86, b"A_OPUS"),
        element(CODEC_PRIVATE, opus_head(pre_skip)),
        element(CODEC_DELAY, number(delay)) if delay else b"",
        element(0xE1, element(0xB5, struct.pack(">f", 48000)), element(0x9F, b"\x01")),
    )


def pcm_track() -> bytes:
    rate_and_more = (element(0xB5, struct.pack(">f", 8000)), element(0x9F, b"\x01"), element(0x6264, b"\x10"))
    codec = (element(0x83, b"\x02"), element(0x86, b"A_PCM/INT/LIT"))
    return element(TRACK, element(0xD7, b"\x01"), *codec, element(0xE1, *rate_and_more))


def picture_track(number_of_track: int = 1, *, codec: bytes = b"V_VP8", default_duration: int = 0) -> bytes:
    return element(
        TRACK,
        element(0xD7, number(number_of_track)),
        element(0x83, b"\x01"),
        element(0x86, codec),
        element(DEFAULT_DURATION, number(default_duration)) if default_duration else b"",
        element(0xE0, element(0xB0, number(160)), element(0xBA, number(120))),
    )


def simple_block(at: int, data: bytes, *, track: int = 1, key: bool = True, lacing: int = 0) -> bytes:
    flags = (0x80 if key else 0) | lacing << 1
    return element(SIMPLE_BLOCK, bytes([0x80 | track]) + struct.pack(">hB", at, flags) + data)


def block_group(at: int, data: bytes, *others: bytes, track: int = 1) -> bytes:
    block = element(BLOCK, bytes([0x80 | track]) + struct.pack(">hB", at, 0) + data)
    return element(BLOCK_GROUP, block, *others)


def cluster(at: int, *blocks: bytes, unknown_size: bool = False) -> bytes:
    return element(CLUSTER, element(TIMESTAMP, number(at)), *blocks, unknown_size=unknown_size)


Cue = tuple[int, int, int]


def matroska(tracks: list[bytes], clusters: list[bytes], cues: list[Cue] | None = None) -> bytes:
    """A file; each cue has a time, a track and the index of a cluster."""
    head = element(INFO, element(0x2AD7B1, number(1_000_000))) + element(TRACKS, *tracks)

    def index(first: int) -> bytes:
        starts = list(itertools.accumulate(map(len, clusters), initial=first))
        points = []
        for at, track, place in cues or []:
            position = (element(0xF7, number(track)), element(0xF1, number(starts[place], 4)))
            points.append(element(CUE_POINT, element(0xB3, number(at)), element(0xB7, *position)))
        return element(CUES, *points) if points else b""

    in_front = head + index(len(head) + len(index(0)))
    segment = element(SEGMENT, in_front, *clusters, unknown_size=True)
    return element(EBML, element(0x4282, b"matroska")) + segment


# Reading one.


class Element(NamedTuple):
    identifier: int
    data: bytes
    children: list[Element]

    def all(self, identifier: int) -> Iterator[Element]:
        for child in self.children:
            if child.identifier == identifier:
                yield child
            yield from child.all(identifier)

    def number(self, identifier: int, *, signed: bool = False) -> int | None:
        found = next(self.all(identifier), None)
        return None if found is None else int.from_bytes(found.data, "big", signed=signed)


def elements(data: bytes) -> list[Element]:
    found, at = [], 0
    while at < len(data):
        length = 9 - data[at].bit_length()
        identifier = int.from_bytes(data[at : at + length], "big")
        at += length
        length = 9 - data[at].bit_length()
        size = int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1)
        at += length
        content = data[at : at + size]
        found.append(Element(identifier, content, elements(content) if identifier in CONTAINERS else []))
        at += size
    return found


def segment_of(path: Path) -> Element:
    return next(each for each in elements(path.read_bytes()) if each.identifier == SEGMENT)


def blocks(cluster: Element) -> list[Element]:
    return [child for child in cluster.children if child.identifier in (SIMPLE_BLOCK, BLOCK_GROUP)]


# mediabunny's answers.


def mediabunny(*words: Any) -> Any:
    command = [find_node(), HERE / "matroska.mjs", *map(str, words)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def read(tmp_path):
    def read(tracks: list[bytes], clusters: list[bytes]) -> list[list[dict[str, Any]]]:
        file = tmp_path / "file.mkv"
        file.write_bytes(matroska(tracks, clusters))
        return [track["packets"] for track in mediabunny("packets", file)]

    return read


def times(packets: list[dict[str, Any]]) -> list[float]:
    return [packet["timestamp"] for packet in packets]


def durations(packets: list[dict[str, Any]]) -> list[float]:
    return [packet["duration"] for packet in packets]


def ffmpeg(*words: Any) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True)


class Judged(NamedTuple):
    """ffmpeg's findings: time, size and digest of each packet, and 16-bit samples."""

    packets: list[tuple[str, ...]]
    samples: bytes


def judged(path: Path) -> Judged:
    packets, samples = path.with_suffix(".framemd5"), path.with_suffix(".pcm")
    copied = ("-map", "0:a", "-c", "copy", "-copyts", "-f", "framemd5", packets)
    ffmpeg("-i", path, *copied, "-map", "0:a", "-f", "s16le", samples)
    lines = [line.split(",") for line in packets.read_text().splitlines() if not line.startswith("#")]
    found = [tuple(map(str.strip, (at, size, digest))) for _, _, at, _, size, digest, *_ in lines]
    return Judged(found, samples.read_bytes())


# Times of packets.


def test_sound_starts_codec_delay_before_its_blocks(read):
    blocks = [simple_block(at, OPUS_20) for at in (0, 20)]
    (packets,) = read([sound_track(delay=6_500_000)], [cluster(0, *blocks)])
    assert times(packets) == pytest.approx([-0.0065, 0.0135])


def test_sound_without_codec_delay_starts_with_its_blocks(read):
    (packets,) = read([sound_track(pre_skip=312)], [cluster(0, simple_block(0, OPUS_20))])
    assert times(packets) == [0]


@pytest.mark.parametrize("size", [4, 8])
def test_discarded_padding_is_not_in_the_last_packets_duration(read, size):
    padding = element(DISCARD_PADDING, number(13_500_000, size, signed=True))
    blocks = [simple_block(0, OPUS_60), block_group(60, OPUS_20, padding)]
    (packets,) = read([sound_track()], [cluster(0, *blocks)])
    assert durations(packets) == pytest.approx([0.06, 0.0065])


def test_negative_padding_leaves_the_duration(read):
    padding = element(DISCARD_PADDING, number(-6_500_000, 8, signed=True))
    (packets,) = read([sound_track()], [cluster(0, block_group(0, OPUS_20, padding))])
    assert durations(packets) == [0.02]


def test_gap_in_the_sound_is_detected(read):
    opus = [cluster(0, simple_block(0, OPUS_20), simple_block(2000, OPUS_20))]
    assert durations(read([sound_track()], opus)[0]) == [0.02, 0.02]
    pcm = [cluster(0, simple_block(0, bytes(1600)), simple_block(2000, bytes(800)))]
    assert durations(read([pcm_track()], pcm)[0]) == [0.1, 0.05]


XIPH, FIXED, EBML_LACING = 1, 2, 3
LACES = {
    XIPH: b"\x02" + bytes([len(OPUS_20), len(OPUS_60)]) + OPUS_20 + OPUS_60 + OPUS_20,
    FIXED: b"\x02" + 3 * OPUS_20,
    EBML_LACING: b"\x02" + bytes([0x80 | len(OPUS_20), 0x80 | 63 + 1]) + OPUS_20 + OPUS_60 + OPUS_20,
}


@pytest.mark.parametrize("lacing", LACES)
def test_laced_frames_are_contiguous_and_a_later_gap_is_detected(read, lacing):
    laced = simple_block(0, LACES[lacing], lacing=lacing)
    (packets,) = read([sound_track()], [cluster(0, laced, simple_block(2000, OPUS_20))])
    second = 0.02 if lacing == FIXED else 0.06
    assert durations(packets) == pytest.approx([0.02, second, 0.02, 0.02])
    assert times(packets) == pytest.approx([0, 0.02, 0.02 + second, 2])


def test_padding_of_a_lace_belongs_to_its_last_frame(read):
    lace = bytes([0x81, 0, 0, FIXED << 1]) + LACES[FIXED]
    padding = element(DISCARD_PADDING, number(5_000_000, 4))
    (packets,) = read([sound_track()], [cluster(0, element(BLOCK_GROUP, element(BLOCK, lace), padding))])
    assert durations(packets) == pytest.approx([0.02, 0.02, 0.015])


def test_last_picture_of_a_cluster_has_only_a_stated_duration(read):
    said = block_group(40, PICTURE, element(BLOCK_DURATION, number(70)))
    clusters = [cluster(0, simple_block(0, PICTURE), simple_block(40, PICTURE)), cluster(1000, said)]
    (packets,) = read([picture_track()], clusters)
    assert durations(packets) == pytest.approx([0.04, 0, 0.07])


def test_default_duration_applies_only_at_that_frame_rate(read):
    steady = cluster(0, simple_block(0, PICTURE), simple_block(40, PICTURE))
    slide = cluster(80, simple_block(0, PICTURE))
    slides = cluster(5000, simple_block(0, PICTURE), simple_block(3000, PICTURE))
    (packets,) = read([picture_track(default_duration=40_000_000)], [steady, slide, slides])
    assert durations(packets) == pytest.approx([0.04, 0.04, 0, 3, 0])


# Searching.


class Take(NamedTuple):
    """Clusters of 200 ms: sound from 2 s on, pictures at ``pictures``, key pictures at ``keys``."""

    pictures: list[int]
    keys: set[int]
    length: int = 12_000
    picture: bytes = PICTURE + bytes(500)

    def clusters(self, *, unknown_size: bool) -> list[bytes]:
        made = []
        for start in range(0, self.length, 200):
            inside = [
                (at, simple_block(at - start, self.picture, key=at in self.keys))
                for at in self.pictures
                if start <= at < start + 200
            ]
            if start >= 2000:
                every = range(0, 200, 20)
                inside += [(start + at, simple_block(at, OPUS_20, track=2)) for at in every]
            each = [block for _, block in sorted(inside)]
            made.append(cluster(start, *each, unknown_size=unknown_size))
        return made


MOVING = Take(list(range(0, 12_000, 40)), {0, 2000, 4000, 4400, 8000})
SLIDES = Take([120, 5000], {120, 5000})
CUES_OF = {
    "no cues": [],
    "cues of key pictures": [(at, 1, at // 200) for at in (0, 2000, 4000, 4400, 8000)],
    "cues of the sound": [(at, 2, at // 200) for at in range(2000, 12_000, 200)],
    "cues to later clusters": [(at, 1, at // 200 + 7) for at in range(0, 9000, 200)],
    "cues to earlier clusters": [(at, 1, max(0, at // 200 - 9)) for at in range(0, 9000, 200)],
    "cues at deltas": [(at, 1, at // 200) for at in range(0, 12_000, 200)],
}


def expected(times: list[int], at: float | None) -> float | None:
    before = [time for time in times if at is None or time <= round(at * 1000)]
    return max(before) / 1000 if before else None


@pytest.mark.parametrize("cues", CUES_OF)
@pytest.mark.parametrize(
    "unknown_size", [False, pytest.param(True, marks=pytest.mark.thorough)], ids=["sizes", "unknown sizes"]
)
@pytest.mark.parametrize("take", [SLIDES, MOVING], ids=["slides", "moving"])
def test_latest_packet_is_found_whatever_was_read_before(tmp_path, take, cues, unknown_size):
    file = tmp_path / "take.mkv"
    tracks = [picture_track(1), sound_track(2)]
    file.write_bytes(matroska(tracks, take.clusters(unknown_size=unknown_size), CUES_OF[cues]))
    chance = random.Random(len(cues) * 2 + unknown_size)
    sound = list(range(2000, take.length, 20))
    times_of = [
        {"getPacket": take.pictures, "getKeyPacket": sorted(take.keys)},
        {"getPacket": sound, "getKeyPacket": sound},
    ]
    queries = [
        (chance.randrange(2), chance.choice(["getPacket", "getKeyPacket"]), at)
        for at in [None, 0, 1.2, 2.5, 4.6, *(chance.randrange(12_400) / 1000 for _ in range(40))]
    ]
    chance.shuffle(queries)
    found = mediabunny("search", file, json.dumps(queries))
    right = [expected(times_of[track][verb], at) for track, verb, at in queries]
    assert [each["timestamp"] for each in found] == right


@pytest.mark.parametrize("take", [MOVING, SLIDES], ids=["moving", "slides"])
def test_data_is_read_only_once(tmp_path, take):
    file = tmp_path / "take.mkv"
    # mediabunny also reads a small gap between two reads, so this must be large.
    clusters = take._replace(picture=PICTURE + bytes(20_000)).clusters(unknown_size=True)
    file.write_bytes(matroska([picture_track(1), sound_track(2)], clusters))
    queries = [(0, verb, at) for at in (None, 11.9, 3.9, 7.9) for verb in ("getPacket", "getKeyPacket")]
    first, *others = mediabunny("search", file, json.dumps(queries))
    # One cluster, including its header and size.
    assert max(each["bytes"] for each in others) < 4 * max(map(len, clusters)) < first["bytes"]


def test_cues_of_another_track_cost_at_most_one_read(tmp_path):
    file = tmp_path / "slides.mkv"
    clusters = SLIDES.clusters(unknown_size=False)
    tracks = [picture_track(1), sound_track(2)]
    file.write_bytes(matroska(tracks, clusters, CUES_OF["cues of the sound"]))
    (found,) = mediabunny("search", file, json.dumps([(0, "getKeyPacket", 11.9)]))
    assert found["timestamp"] == 5
    assert found["bytes"] < 2 * file.stat().st_size


def test_picture_in_the_cluster_after_a_later_one_is_found(tmp_path):
    """In decoding order: 0, 160, 80, and in the next cluster 40, 120."""
    first = cluster(0, *(simple_block(at, PICTURE, key=at == 0) for at in (0, 160, 80)))
    second = cluster(200, *(simple_block(at - 200, PICTURE, key=False) for at in (40, 120)))
    file = tmp_path / "reordered.mkv"
    file.write_bytes(matroska([picture_track(codec=b"V_MPEG4/ISO/AVC")], [first, second]))
    queries = [(0, "getPacket", at) for at in (0, 0.041, 0.08, 0.13, 0.17)]
    found = mediabunny("search", file, json.dumps(queries))
    assert [each["timestamp"] for each in found] == [0, 0.04, 0.08, 0.12, 0.16]


# Writing.


@pytest.fixture(scope="session")
def tone(tmp_path_factory):
    """5 s of sound in files made by ffmpeg."""
    folder = tmp_path_factory.mktemp("tones")

    def tone(name: str, *words: str) -> Path:
        file = folder / name
        if not file.exists():
            ffmpeg("-f", "lavfi", "-i", "sine=sample_rate=48000:duration=5", *words, file)
        return file

    return tone


@pytest.fixture
def copy(tmp_path):
    def copy(file: Path, **changes: float) -> Path:
        to = tmp_path / f"copy-{file.name}"
        mediabunny("copy", file, to, json.dumps(changes))
        return to

    return copy


GAP = ("-bsf:a", "noise=drop='between(n,20,39)'")
CODECS = {
    "opus.webm": ("-c:a", "libopus"),
    "opus-with-gap.mkv": ("-c:a", "libopus", "-frame_duration", "60", *GAP),
    "mp3.mkv": ("-c:a", "libmp3lame", "-ar", "44100"),
    "flac.mkv": ("-c:a", "flac"),
    "vorbis-with-gap.webm": ("-c:a", "libvorbis", "-ar", "44100", *GAP),
    "pcm.mkv": ("-c:a", "pcm_s24le"),
    "aac.mkv": ("-c:a", "aac"),
}


@pytest.mark.parametrize("name", CODECS)
def test_copy_has_the_same_packets_times_and_samples(tone, copy, name):
    file = tone(name, *CODECS[name])
    made = copy(file)
    assert judged(made) == judged(file)
    for identifier in (CODEC_DELAY, SEEK_PRE_ROLL):
        assert segment_of(made).number(identifier) == segment_of(file).number(identifier)
    paddings = [each.data for each in segment_of(file).all(DISCARD_PADDING) if any(each.data)]
    assert [each.data for each in segment_of(made).all(DISCARD_PADDING)] == paddings


def test_five_seconds_of_opus_have_an_exact_length(tone, copy):
    made = copy(tone("opus.webm", *CODECS["opus.webm"]))
    segment = segment_of(made)
    assert segment.number(CODEC_DELAY) == 6_500_000
    assert segment.number(SEEK_PRE_ROLL) == 80_000_000
    assert segment.number(DISCARD_PADDING, signed=True) == 13_500_000
    assert len(judged(made).samples) == 2 * 240_000


def test_late_sound_stays_late(tone, copy):
    made = copy(tone("opus.webm", *CODECS["opus.webm"]), moved=2)
    assert times(mediabunny("packets", made)[0]["packets"])[0] == pytest.approx(2 - 0.0065, abs=0.0005)
    assert segment_of(made).number(CODEC_DELAY) == 6_500_000
    assert len(judged(made).samples) == 2 * 240_000


def test_pre_skip_follows_the_first_time(tone, copy):
    """A part that begins within the sound has more frames before 0, and both fields state their number."""
    made = copy(tone("opus.webm", *CODECS["opus.webm"]), moved=-0.1)
    head = next(segment_of(made).all(CODEC_PRIVATE)).data
    assert struct.unpack_from("<H", head, 10) == (312 + 4800,)
    assert segment_of(made).number(CODEC_DELAY) == 106_500_000
    assert len(judged(made).samples) == 2 * (240_000 - 4800)


def test_sound_without_pre_skip_has_no_codec_delay(tmp_path, copy):
    file = tmp_path / "bare.mkv"
    file.write_bytes(matroska([sound_track(pre_skip=0)], [cluster(0, simple_block(0, OPUS_20))]))
    assert segment_of(copy(file)).number(CODEC_DELAY) is None


def test_other_codecs_use_the_time_before_zero_as_delay(tone, copy):
    made = copy(tone("aac.mkv", *CODECS["aac.mkv"]), moved=-1024 / 48000)
    assert segment_of(made).number(CODEC_DELAY) == 21_333_333
    (packets,) = (track["packets"] for track in mediabunny("packets", made))
    assert packets[0]["timestamp"] == pytest.approx(-1024 / 48000, abs=1e-8)


@pytest.mark.parametrize("name", ["opus.webm", "mp3.mkv", "vorbis-with-gap.webm", "flac.mkv"])
def test_padding_is_exact_to_the_frame(tone, copy, name):
    file = tone(name, *CODECS[name])
    last = mediabunny("packets", file)[0]["packets"][-1]
    made = copy(file, lastLasts=last["duration"] - 0.001)
    padding = segment_of(made).number(DISCARD_PADDING) or 0
    before = list(segment_of(file).all(DISCARD_PADDING))
    already = int.from_bytes(before[-1].data, "big") if before else 0
    rate = 44100 if "44100" in CODECS[name] else 48000
    assert padding == pytest.approx(already + round(0.001 * rate) / rate * 1e9, abs=2)


def test_last_block_of_each_track_states_its_duration(tmp_path, copy):
    pictures = [simple_block(0, PICTURE, track=1), simple_block(40, PICTURE, track=1, key=False)]
    says = (element(REFERENCE_BLOCK, b"\xd8"), element(BLOCK_DURATION, number(3000, 2)))
    last = block_group(80, PICTURE, *says, track=1)
    sound = [simple_block(at, OPUS_20, track=2) for at in range(0, 100, 20)]
    file = tmp_path / "pictures.mkv"
    tracks = [picture_track(1), sound_track(2, pre_skip=0)]
    file.write_bytes(matroska(tracks, [cluster(0, *pictures, last, *sound)]))
    copied = copy(file)
    made = segment_of(copied)
    groups = list(made.all(BLOCK_GROUP))
    assert sorted(each.number(BLOCK_DURATION) for each in groups) == [20, 3000]
    referring = [each.number(BLOCK_DURATION) for each in groups if each.number(REFERENCE_BLOCK) is not None]
    assert referring == [3000]
    duration = next(made.all(DURATION)).data
    assert struct.unpack(">d", duration) == (3080,)
    assert durations(mediabunny("packets", copied)[0]["packets"]) == pytest.approx([0.04, 0.04, 3])


def test_single_key_picture_lasts_as_long_as_it_is_shown(tmp_path, copy):
    still = block_group(0, PICTURE, element(BLOCK_DURATION, number(3000, 2)))
    file = tmp_path / "still.mkv"
    file.write_bytes(matroska([picture_track()], [cluster(0, still)]))
    (group,) = segment_of(copy(file)).all(BLOCK_GROUP)
    assert group.number(BLOCK_DURATION) == 3000
    assert group.number(REFERENCE_BLOCK) is None


def test_clusters_begin_at_key_pictures_despite_delayed_sound(tmp_path, copy):
    """Sound is heard 6.5 ms before the time of its block, and blocks are ordered by their own times."""
    every = [(at, simple_block(at, PICTURE, key=at % 1000 == 0)) for at in range(0, 10_000, 40)]
    every += [(at, simple_block(at, OPUS_20, track=2)) for at in range(0, 10_000, 20)]
    file = tmp_path / "both.mkv"
    tracks = [picture_track(1), sound_track(2, delay=6_500_000)]
    file.write_bytes(matroska(tracks, [cluster(0, *(block for _, block in sorted(every)))]))
    starts = [each.number(TIMESTAMP) for each in segment_of(copy(file)).all(CLUSTER)]
    assert starts == list(range(0, 10_000, 1000))
