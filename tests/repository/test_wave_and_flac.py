"""WAV, FLAC and AAC (ADTS), as the patched mediabunny reads and writes them, judged by FFmpeg."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from sound_files import answers

RATES = (8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000)
CODECS = {
    "pcm_u8": "pcm-u8",
    "pcm_s16le": "pcm-s16",
    "pcm_s24le": "pcm-s24",
    "pcm_s32le": "pcm-s32",
    "pcm_f32le": "pcm-f32",
    "pcm_f64le": "pcm-f64",
    "pcm_alaw": "alaw",
    "pcm_mulaw": "ulaw",
}
FRAMES = 14407
"""An odd number of frames that does not fill whole packets."""
MANY = 60 * 2048 + 1
"""Enough for rounding errors to show."""


def ffmpeg(*arguments: object) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def decoded(path: Path) -> bytes:
    """The samples. FFmpeg must not warn; it warns about times that jump and unexpected numbers of frames."""
    command = ["ffmpeg", "-v", "warning", "-i", path, "-f", "s32le", "-"]
    done = subprocess.run(command, check=True, capture_output=True)
    warnings = done.stderr.decode().splitlines()
    assert [line for line in warnings if "Guessed Channel Layout" not in line] == []
    return done.stdout


def noise(rate: int, channels: int = 1, frames: int = FRAMES) -> tuple[object, ...]:
    sound = f"anoisesrc=r={rate}:seed=1:amplitude=0.3,atrim=end_sample={frames}"
    return ("-f", "lavfi", "-i", sound, "-ac", channels, "-fflags", "+bitexact", "-flags", "+bitexact")


mediabunny = pytest.fixture(scope="module")(answers)


@pytest.fixture(scope="module")
def read(mediabunny):
    """Read a file, whose packets must be contiguous and be found at 200 times."""

    def read(path):
        facts = mediabunny("read", path=path)
        packets = facts["packets"]
        rounded = [(round(timestamp), round(duration)) for timestamp, duration in packets]
        assert all(sum(one) == other[0] for one, other in itertools.pairwise(rounded))
        assert [time for time, _ in packets] == pytest.approx([time for time, _ in rounded], abs=1e-6)
        end = sum(rounded[-1]) if rounded else 0
        assert facts["end"] == pytest.approx(end)
        chosen = random.Random(1)
        starts = [timestamp for timestamp, _ in rounded]
        times = starts + [chosen.uniform(0, end - 1) for _ in range(200)] if rounded else []
        for time, found in zip(times, mediabunny("read", path=path, times=times)["found"], strict=True):
            timestamp, duration = map(round, found)
            assert timestamp <= time < timestamp + duration, f"at {time}"
        return {**facts, "end": end, "packets": rounded}

    return read


# Reading WAV


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    """A folder with all kinds of samples that FFmpeg writes."""
    folder = tmp_path_factory.mktemp("wave")
    kinds = [("pcm_s16le", rate, 1, MANY) for rate in RATES]
    kinds += [(codec, 48000, channels, FRAMES) for codec in CODECS for channels in (1, 2, 6, 8)]
    arguments: list[object] = []
    for codec, rate, channels, frames in kinds:
        cut = f"aresample={rate},atrim=end_sample={frames}"
        name = f"{codec}-{channels}.wav" if frames == FRAMES else f"{rate}.wav"
        arguments += ["-c:a", codec, "-af", cut, "-ac", channels, folder / name]
    ffmpeg("-f", "lavfi", "-i", "sine=r=48000:d=16", *arguments)
    return folder


@pytest.mark.parametrize("rate", RATES)
def test_packets_cover_every_frame_of_a_wave_file(read, waves, rate):
    facts = read(waves / f"{rate}.wav")
    assert (facts["codec"], facts["rate"], facts["channels"]) == ("pcm-s16", rate, 1)
    assert (facts["first"], facts["end"]) == (0, MANY)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_every_kind_of_samples_is_read(mediabunny, waves, codec, channels):
    """FFmpeg writes WAVE_FORMAT_EXTENSIBLE for three or more channels or for 24 or more bits."""
    facts = mediabunny("read", path=waves / f"{codec}-{channels}.wav")
    assert (facts["codec"], facts["channels"]) == (CODECS[codec], channels)
    assert (facts["first"], round(facts["end"])) == (0, FRAMES)


def chunk(name: bytes, data: bytes, size: int | None = None) -> bytes:
    said = len(data) if size is None else size
    return name + struct.pack("<I", said) + data + b"\0" * (len(data) & 1)


def wave(*chunks: bytes, name: bytes = b"RIFF", size: int | None = None) -> bytes:
    return chunk(name, b"WAVE" + b"".join(chunks), size)


FORMAT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
SAMPLES = bytes(range(251)) * 21
TITLE = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"abc\0"))
UNKNOWN = 0xFFFFFFFF


def ds64(data: bytes) -> bytes:
    return chunk(b"ds64", struct.pack("<QQQI", 72 + len(data), len(data), len(data), 0))


@pytest.mark.parametrize(
    ("written", "title"),
    [
        (wave(FORMAT, chunk(b"data", SAMPLES)), None),
        (wave(FORMAT, TITLE, chunk(b"data", SAMPLES)), "abc"),
        (wave(FORMAT, chunk(b"data", SAMPLES), TITLE), "abc"),
        (wave(FORMAT, chunk(b"data", SAMPLES, UNKNOWN), size=UNKNOWN), None),
        (wave(FORMAT, chunk(b"data", SAMPLES, 0), size=0), None),
        (wave(FORMAT, chunk(b"data", SAMPLES, 0), size=36), None),
        (wave(FORMAT, chunk(b"data", SAMPLES, 0), size=UNKNOWN), None),
        (wave(FORMAT, chunk(b"data", SAMPLES), size=0), None),
        (wave(ds64(SAMPLES), FORMAT, chunk(b"data", SAMPLES, UNKNOWN), name=b"RF64", size=UNKNOWN), None),
        (wave(ds64(SAMPLES), FORMAT, chunk(b"data", SAMPLES, UNKNOWN), name=b"BW64", size=UNKNOWN), None),
    ],
    ids=[
        "odd",
        "tags before",
        "tags after",
        "into a pipe",
        "sizes not filled in",
        "sizes of an empty file",
        "data size not filled in",
        "RIFF size not filled in",
        "RF64",
        "BW64",
    ],
)
def test_layouts_of_wave_files_are_read(read, tmp_path, written, title):
    path = tmp_path / "sound.wav"
    # Without the padding byte of an odd last chunk, which FFmpeg omits in pipes.
    path.write_bytes(written[:-1] if written.endswith(SAMPLES[-1:] + b"\0") else written)
    facts = read(path)
    assert facts["end"] == len(SAMPLES)
    assert facts["tags"].get("title") == title


def test_wave_file_without_sound_has_no_packets(read, tmp_path):
    path = tmp_path / "empty.wav"
    path.write_bytes(wave(FORMAT, chunk(b"data", b"")))
    assert read(path)["packets"] == []


def test_big_endian_wave_file_is_read(mediabunny, tmp_path):
    format_ = b"fmt " + struct.pack(">IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    path = tmp_path / "sound.wav"
    path.write_bytes(b"RIFX" + struct.pack(">I", 46) + b"WAVE" + format_ + b"data" + bytes([0, 0, 0, 10]) * 2)
    assert mediabunny("read", path=path)["codec"] == "pcm-s16be"


# Writing WAV


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s24le"])
def test_odd_number_of_bytes_is_padded(mediabunny, waves, tmp_path, codec):
    path, to = waves / f"{codec}-1.wav", tmp_path / "copied.wav"
    packets = mediabunny("read", path=path)["packets"]
    chosen = [(index, *packet) for index, packet in enumerate(packets)]
    mediabunny("write", path=path, to=to, packets=chosen, tags={"title": "abc"})
    written = to.read_bytes()
    assert len(written) % 2 == 0
    assert struct.unpack_from("<I", written, 4) == (len(written) - 8,)
    assert decoded(to) == decoded(path)


# FLAC


@pytest.fixture(scope="module")
def flac(tmp_path_factory):
    """Seven frames; the last one is short."""
    path = tmp_path_factory.mktemp("flac") / "sound.flac"
    ffmpeg(*noise(44100, 2, 6 * 4608 + 1000), "-frame_size", 4608, path)
    return path


def streaminfo(path: Path) -> tuple[int, ...]:
    """Least and largest block, least and largest frame, number of samples (RFC 9639, 8.2)."""
    data = path.read_bytes()
    numbers = struct.unpack_from(">HH", data, 8)
    least, largest = (int.from_bytes(data[at : at + 3]) for at in (12, 15))
    return (*numbers, least, largest, int.from_bytes(data[21:26]) & (1 << 36) - 1)


def test_packets_cover_every_frame_of_a_flac_file(read, flac):
    facts = read(flac)
    assert (facts["codec"], facts["first"], facts["end"]) == ("flac", 0, 6 * 4608 + 1000)


def test_last_frame_may_be_shorter_than_a_header_can_be(read, tmp_path):
    """One sample of silence has 11 bytes."""
    path = tmp_path / "short.flac"
    silence = "anullsrc=r=44100:cl=mono,atrim=end_sample=4609"
    ffmpeg("-f", "lavfi", "-i", silence, "-frame_size", 4608, path)
    assert read(path)["end"] == 4609


JOINS = {
    "whole": [0, 1, 2, 3, 4, 5, 6],
    "cut": [2, 3, 4, 5],
    "end": [5, 6],
    "one": [6],
    "joined": [3, 4, 1, 2, 3],
    "twice": [0, 1, 2, 3, 4, 5, 6] * 2,
}


@pytest.mark.parametrize("chosen", JOINS.values(), ids=JOINS)
def test_renumbered_frames_form_a_valid_flac_file(mediabunny, read, flac, tmp_path, chosen):
    packets = [[round(value) for value in packet] for packet in mediabunny("read", path=flac)["packets"]]
    to, place, written = tmp_path / "joined.flac", 0, []
    for index in chosen:
        written.append((index, place, packets[index][1]))
        place += packets[index][1]
    mediabunny("write", path=flac, to=to, packets=written, renumber=True, tags={"title": "abc"})
    samples = decoded(flac)
    assert decoded(to) == b"".join(
        samples[timestamp * 8 : (timestamp + duration) * 8]
        for timestamp, duration in (packets[index] for index in chosen)
    )
    facts = read(to)
    assert facts["packets"] == [(timestamp, duration) for _, timestamp, duration in written]
    blocks = [duration for _, _, duration in written]
    least, largest, _, _, total = streaminfo(to)
    assert (least if len(blocks) > 1 else None) == min(blocks[:-1], default=None)
    assert (largest, total) == (max(blocks), place)
    if shutil.which("flac"):
        done = subprocess.run(["flac", "--test", "--silent", to], capture_output=True, text=True)
        assert (done.returncode, "ERROR" in done.stderr) == (0, False), done.stderr


def utf8_like(number: int) -> bytes:
    """Numbers as in RFC 9639, 9.1.5: like UTF-8, up to seven bytes."""
    if number < 0x80:
        return bytes([number])
    length = next(length for length in range(2, 8) if number < 1 << (5 * length + 1))
    first = 0xFF << (8 - length) & 0xFF | number >> 6 * (length - 1)
    return bytes([first, *(0x80 | number >> 6 * place & 0x3F for place in reversed(range(length - 1)))])


@pytest.mark.parametrize("exponent", [0, 7, 11, 16, 21, 26, 31, 35])
def test_frame_numbers_have_up_to_36_bits(mediabunny, flac, exponent):
    for number in (2**exponent - 1, 2**exponent):
        frame = bytes(mediabunny("renumber", path=flac, index=1, number=number)["frame"])
        assert frame[:2] == b"\xff\xf9"
        assert frame[4:].startswith(utf8_like(number))


def test_flac_cover_description_may_be_in_any_language(mediabunny, flac, tmp_path):
    to = tmp_path / "cover.flac"
    pixel = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (
            (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
            (b"IDAT", zlib.compress(b"\0\0")),
            (b"IEND", b""),
        )
    )
    cover = {"data": list(pixel), "mimeType": "image/png", "kind": "coverFront", "description": "Größe 音"}
    mediabunny("write", path=flac, to=to, packets=[(0, 0, 4608)], tags={"title": "abc", "images": [cover]})
    said = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream_tags=title:format_tags=title", "-of", "json", to],
        capture_output=True,
        text=True,
    )
    assert said.stderr == ""
    [_, picture] = json.loads(said.stdout)["streams"]
    assert picture["tags"]["title"] == "Größe 音"


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_frames_of_flac_in_ogg_form_a_flac_file(mediabunny, read, tmp_path, channels):
    path, to = tmp_path / "sound.oga", tmp_path / "copied.flac"
    ffmpeg(*noise(48000, channels, 20000), "-metadata", "title=abc", "-c:a", "flac", path)
    facts = read(path)
    assert (facts["codec"], facts["rate"], facts["channels"]) == ("flac", 48000, channels)
    assert (facts["first"], facts["end"], facts["tags"]["title"]) == (0, 20000, "abc")
    chosen = [(index, *packet) for index, packet in enumerate(facts["packets"])]
    mediabunny("write", path=path, to=to, packets=chosen)
    assert decoded(to) == decoded(path)


# AAC


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_packets_of_aac_are_contiguous(read, tmp_path, rate):
    path = tmp_path / "sound.aac"
    ffmpeg(*noise(rate), "-c:a", "aac", path)
    facts = read(path)
    assert (facts["codec"], facts["rate"], facts["first"]) == ("aac", rate, 0)
    assert {duration for _, duration in facts["packets"]} == {1024}
