"""Times of MP3 in the patched mediabunny and in the encoder, judged by FFmpeg."""

from __future__ import annotations

import json
import math
import random
import shutil
import subprocess
from array import array
from pathlib import Path

import pytest

from harness.places import ROOT
from setup.node import find_node

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
FOREIGN = [(rate, 1 + place % 2) for place, rate in enumerate(RATES)]
SECONDS = 0.4345
DELAY = 576 + 529
"""The delay of LAME, and of every decoder."""

pytestmark = [
    pytest.mark.media_work,
    pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg makes the files"),
]


@pytest.fixture(scope="module")
def mediabunny():
    """Ask mp3_times.mjs."""
    command = [find_node(), "tests/repository/mp3_times.mjs"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as node:

        def ask(verb, **job):
            node.stdin.write(json.dumps({"verb": verb, **job}, default=str) + "\n")
            node.stdin.flush()
            answer = node.stdout.readline()
            assert answer, "node has ended, see above"
            return json.loads(answer)

        yield ask
        node.stdin.close()


@pytest.fixture(scope="module")
def read(mediabunny):
    return lambda path: mediabunny("read", path=path)


@pytest.fixture(scope="module")
def copy(mediabunny):
    def copied(path, **options):
        to = path.with_suffix(".copy.mp3")
        mediabunny("copy", path=path, to=to, **options)
        return to

    return copied


def noise(rate, channels, frames):
    """16-bit samples: noise without high frequencies, which MP3 leaves out."""
    dice = random.Random(rate)
    values = array("h")
    smooth = [0.0] * channels
    for _ in range(frames):
        for channel in range(channels):
            smooth[channel] += 0.2 * (dice.uniform(-1, 1) - smooth[channel])
            values.append(round(30000 * smooth[channel]))
    return values


def frames_of(rate):
    return round(SECONDS * rate)


def ffmpeg(*arguments, data=b""):
    return subprocess.run(
        ["ffmpeg", "-v", "error", *arguments], input=data, capture_output=True, check=True
    ).stdout


def pcm(rate, channels):
    return ("-f", "s16le", "-ar", str(rate), "-ac", str(channels), "-i", "-")


def decoded(path):
    return array("h", ffmpeg("-i", str(path), "-f", "s16le", "-"))


def lateness(heard, given, channels):
    """Samples by which the first channel is late, at most 60, by cross-correlation."""
    one, other = heard[::channels], given[::channels]
    middle = range(len(other) // 4, len(other) // 4 + 2000)
    return max(range(-60, 61), key=lambda late: sum(one[at + late] * other[at] for at in middle))


def ends(found):
    timestamp, duration, _ = found["packets"][-1]
    return timestamp + duration


class Header:
    """The first frame of an MP3 file and the Xing header in it."""

    def __init__(self, path):
        data = path.read_bytes()
        if data.startswith(b"ID3"):
            data = data[10 + sum((byte & 127) << 7 * (3 - place) for place, byte in enumerate(data[6:10])) :]
        self.data = data
        mpeg1, mono = data[1] & 8, data[3] >> 6 == 3
        self.offset = (21 if mono else 36) if mpeg1 else (13 if mono else 21)
        self.name = data[self.offset : self.offset + 4]

    def number(self, offset, size):
        start = self.offset + offset
        return int.from_bytes(self.data[start : start + size], "big")

    def __getitem__(self, name):
        places = {"flags": (4, 4), "frames": (8, 4), "bytes": (12, 4), "music length": (148, 4)}
        places |= {"music CRC": (152, 2), "CRC": (154, 2), "delay and padding": (141, 3)}
        return self.number(*places[name])

    @property
    def delay(self):
        return self["delay and padding"] >> 12


def crc16(data):
    """CRC-16/ARC."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """Files that FFmpeg made with LAME, by rate and channels."""
    folder = tmp_path_factory.mktemp("foreign")
    files = {}
    for rate, channels in FOREIGN:
        path = folder / f"{rate}-{channels}.mp3"
        made = noise(rate, channels, frames_of(rate)).tobytes()
        ffmpeg(*pcm(rate, channels), "-b:a", "64k", str(path), data=made)
        files[rate, channels] = path
    return files


@pytest.fixture(scope="module")
def encoded(tmp_path_factory, mediabunny):
    """Files that our encoder made, with their samples."""
    folder = tmp_path_factory.mktemp("encoded")
    files = {}
    for rate in RATES:
        for channels in (1, 2):
            given = noise(rate, channels, frames_of(rate))
            raw, path = folder / f"{rate}-{channels}.raw", folder / f"{rate}-{channels}.mp3"
            raw.write_bytes(given.tobytes())
            mediabunny("encode", path=raw, to=path, rate=rate, channels=channels, bitrate=64000)
            files[rate, channels] = path, given
    return files


@pytest.fixture
def song(foreign, tmp_path):
    """A file of 44.1 kHz to damage: frames of 208 or 209 bytes."""
    return Path(shutil.copy(foreign[44100, 2], tmp_path / "song.mp3"))


@pytest.mark.parametrize(("rate", "channels"), FOREIGN)
def test_packets_begin_before_the_sound_and_end_with_it(foreign, read, rate, channels):
    path = foreign[rate, channels]
    found, frames = read(path), len(decoded(path)) / channels
    assert found["packets"][0][0] == pytest.approx(-DELAY)
    assert ends(found) == pytest.approx(frames)
    assert found["said"] == pytest.approx(frames)
    size = 1152 if rate >= 32000 else 576
    assert [duration for _, duration, _ in found["packets"][:-1]] == pytest.approx(
        [size] * (len(found["packets"]) - 1)
    )


@pytest.mark.parametrize(("rate", "channels"), FOREIGN)
def test_copies_sound_the_same_and_have_a_clean_header(foreign, read, copy, rate, channels):
    to = copy(foreign[rate, channels])
    assert decoded(to) == decoded(foreign[rate, channels])
    check_header(to, read(to))
    assert Header(to).delay == 576


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
def test_encoded_sound_is_on_time_and_as_long_as_its_input(encoded, read, rate, channels):
    path, given = encoded[rate, channels]
    heard = decoded(path)
    assert (len(heard), lateness(heard, given, channels)) == (len(given), 0)
    check_header(path, read(path))


def check_header(path, found):
    header = Header(path)
    data = header.data
    assert header.name == b"Info"
    assert header["flags"] == 15
    assert data[1] & 1, "the header says that a CRC follows"
    assert header["bytes"] == header["music length"] == len(data)
    assert header["frames"] == len(found["packets"])
    first = data.index(data[:2], 4)  # 64 kbit/s have room for the Xing header, so all frames are alike
    assert header["music CRC"] == crc16(data[first:])
    assert header["CRC"] == crc16(data[: header.offset + 154])
    table = data[header.offset + 16 : header.offset + 116]
    assert list(table) == sorted(table)


def test_variable_bit_rate_is_declared(tmp_path, copy):
    path = tmp_path / "variable.mp3"
    sound = noise(44100, 1, 22050) + array("h", bytes(44100))
    ffmpeg(*pcm(44100, 1), "-q:a", "4", str(path), data=sound.tobytes())
    to = copy(path)
    assert Header(to).name == b"Xing"
    assert decoded(to) == decoded(path)


def test_packets_that_begin_at_0_are_played_from_0(song, read, copy):
    to = copy(song, shift=DELAY / 44100)
    [first, *_] = read(to)["packets"]
    assert first[0] == 0
    assert len(decoded(to)) == 2 * 1152 * len(read(to)["packets"])


def test_packets_that_are_too_early_for_the_header_are_left_out(song, read, copy):
    shift = -0.1
    found, copied = read(song), read(copy(song, shift=shift))
    assert ends(copied) == pytest.approx(ends(found) + shift * 44100)
    assert copied["packets"][0][0] > -(4096 + 529)


def test_truncated_file_ends_with_its_data(song, read):
    data = song.read_bytes()
    song.write_bytes(data[: len(data) - 5 * 209])
    found = read(song)
    assert found["said"] is None
    assert ends(found) == pytest.approx(-DELAY + 1152 * len(found["packets"]))
    assert len(decoded(song)) == pytest.approx(2 * ends(found), abs=2 * 1152)


def test_file_that_continues_after_its_padding_is_read_completely(song, read):
    once = read(song)
    song.write_bytes(song.read_bytes() * 2)
    twice = read(song)
    assert ends(twice) == pytest.approx(-DELAY + 2 * 1152 * len(once["packets"]))


def test_without_delay_and_padding_times_begin_at_0(song, read):
    song.write_bytes(song.read_bytes().replace(b"Lavc", b"\0\0\0\0"))
    found = read(song)
    assert found["packets"][0][0] == 0
    assert ends(found) == 1152 * len(found["packets"])


def test_wrong_frame_counts_do_not_lengthen_a_file(song, read):
    count = Header(song)["frames"].to_bytes(4, "big")
    more = (Header(song)["frames"] + 1).to_bytes(4, "big")
    song.write_bytes(song.read_bytes().replace(b"Lavc", b"\0\0\0\0").replace(count, more, 1))
    found = read(song)
    assert found["said"] is None or found["said"] <= ends(found)


def test_header_after_a_crc_is_found(song, read):
    header = Header(song)
    data = bytearray(header.data)
    data[1] &= 0xFE
    data[header.offset : header.offset + 158] = b"\0\0" + data[header.offset : header.offset + 156]
    song.write_bytes(data)
    assert read(song)["packets"][0][0] == pytest.approx(-DELAY)


def test_vbri_header_is_not_read_as_sound(song, read):
    header = Header(song)
    data = bytearray(header.data)
    data[36:208] = b"VBRI".ljust(172, b"\0")
    before = len(read(song)["packets"])
    song.write_bytes(data)
    assert len(read(song)["packets"]) == before


def ape(data):
    value = len(data).to_bytes(4, "little") + (2).to_bytes(4, "little") + b"Cover Art (Front)\0" + data
    footer = b"APETAGEX" + b"".join(n.to_bytes(4, "little") for n in (2000, len(value) + 32, 1))
    return (
        footer
        + 0xA0000000.to_bytes(4, "little")
        + bytes(8)
        + value
        + footer
        + 0x80000000.to_bytes(4, "little")
        + bytes(8)
    )


def lyrics(data):
    text = b"LYRICSBEGIN" + data
    return text + f"{len(text):06}LYRICS200".encode()


def test_tags_at_the_end_are_not_read_as_sound(song, read):
    found, frame = read(song), song.read_bytes()[-2000:-1000]
    for tags in (ape(frame), lyrics(frame), ape(frame) + lyrics(frame)):
        data = song.read_bytes()
        song.write_bytes(data + tags + b"TAG" + b"Named".ljust(125, b"\0"))
        assert read(song)["packets"] == found["packets"]
        song.write_bytes(data)


COVER = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\xff\x00\xff\xff\x00\xfe" * 20


def synchsafe(number):
    return bytes(number >> 7 * place & 127 for place in (3, 2, 1, 0))


def unsynchronised(data):
    changed = bytearray()
    for byte, after in zip(data, [*data[1:], 0], strict=True):
        changed.append(byte)
        if byte == 0xFF and (after == 0 or after >= 0xE0):
            changed.append(0)
    return bytes(changed)


def id3(version, unsynchronise):
    """A tag with a cover and then a title."""
    tag = b""
    for name, content in ((b"APIC", b"\0image/jpeg\0\x03\0" + COVER), (b"TIT2", b"\0Named")):
        if version == 4 and unsynchronise:
            changed = synchsafe(len(content)) + unsynchronised(content)
            tag += name + synchsafe(len(changed)) + b"\0\x03" + changed
        else:
            size = synchsafe(len(content)) if version == 4 else len(content).to_bytes(4, "big")
            tag += name + size + b"\0\0" + content
    if version == 3 and unsynchronise:
        tag = unsynchronised(tag)
    return b"ID3" + bytes([version, 0, 0x80 if unsynchronise else 0]) + synchsafe(len(tag)) + tag


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("unsynchronise", [False, True])
def test_cover_is_read_completely_and_copied_once(song, version, unsynchronise, read, copy):
    song.write_bytes(id3(version, unsynchronise) + Header(song).data)
    found = read(song)
    assert (found["covers"], found["title"]) == ([COVER.hex()], "Named")
    to = copy(song)
    assert to.read_bytes().count(b"APIC") == 1
    assert (read(to)["covers"], read(to)["title"]) == ([COVER.hex()], "Named")
    assert math.isclose(ends(read(to)), frames_of(44100))
