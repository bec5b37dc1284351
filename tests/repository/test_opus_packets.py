"""Packets of Opus that are joined to longer ones (RFC 6716, section 3.2), judged by libopus."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest
from ogg_pages import BEGIN, END, Page, file_of, pages_of

from setup.node import find_node

pytestmark = pytest.mark.media_work
LONGEST = 5760
"""Frames in 120 ms."""
CELT_20, CELT_10 = 31 << 3, 30 << 3
"""The first byte of packets with parts of 20 and 10 ms."""
SHORT, LONG = b"abc", bytes(range(250)) + b"fifty more bytes, so that the size takes two bytes"
SOUND = "aevalsrc=0.4*sin(440*t*6.28)*sin(t*9)+0.2*random(0)*sin(t*5)|0.3*sin(700*t*t):s=48000:d=2"


def ffmpeg(*arguments: object) -> bytes:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def joined(*streams: list[bytes]) -> list[list[tuple[int, bytes]]]:
    """The joined packets of each stream: the number of frames, and the bytes."""
    texts = [[base64.b64encode(packet).decode() for packet in packets] for packets in streams]
    command = [find_node(), Path(__file__).parent / "opus_packets.mjs"]
    answer = subprocess.run(command, input=json.dumps(texts), text=True, check=True, capture_output=True)
    return [[(frames, base64.b64decode(text)) for frames, text in each] for each in json.loads(answer.stdout)]


def encoded(path: Path, *options: object) -> tuple[list[Page], list[bytes]]:
    """The pages of the headers, and the packets."""
    ffmpeg("-f", "lavfi", "-i", SOUND, "-c:a", "libopus", *options, path)
    pages = pages_of(path.read_bytes())
    return pages[:2], [packet for page in pages[2:] for packet in page.packets]


def decoded(path: Path, heads: list[Page], packets: list[tuple[int, bytes]]) -> bytes:
    """The samples of a stream, as libopus decodes them."""
    pages, end = list(heads), 0
    for frames, packet in packets:
        end += frames
        pages.append(Page(end, [packet]))
    pages[0].flags, pages[-1].flags = BEGIN, END
    path.write_bytes(file_of(pages))
    return ffmpeg("-c:a", "libopus", "-i", path, "-f", "f32le", "-")


@pytest.mark.parametrize(
    ("milliseconds", "options"),
    [
        (2.5, ("-application", "lowdelay")),
        (20, ()),
        (20, ("-vbr", "off", "-b:a", "64k")),
        (20, ("-application", "voip", "-b:a", "12k")),
        (60, ("-b:a", "128k")),
        (60, ("-application", "voip", "-b:a", "20k")),
    ],
    ids=str,
)
def test_joined_packets_decode_to_the_same_samples(milliseconds, options, tmp_path):
    heads, packets = encoded(tmp_path / "take.ogg", "-frame_duration", milliseconds, *options)
    # Another coding in the middle: its packets cannot be joined to the others.
    _, others = encoded(tmp_path / "other.ogg", "-frame_duration", milliseconds, "-ac", 1, "-b:a", "16k")
    half = len(packets) // 2
    mixed = [*packets[:half], *others[half : half + 5], *packets[half:]]
    assert len({packet[0] & ~3 for packet in mixed}) > 1
    [long] = joined(mixed)
    assert len(long) < len(mixed)
    assert max(frames for frames, _ in long) <= LONGEST
    frames = round(48 * milliseconds)
    assert sum(count for count, _ in long) == frames * len(mixed)
    samples = decoded(tmp_path / "one.ogg", heads, [(frames, packet) for packet in mixed])
    assert len(samples) > 8 * 48000 * 1.9
    assert decoded(tmp_path / "two.ogg", heads, long) == samples


def test_packets_of_every_code_are_joined():
    """One part; two of one size; two of their own sizes; any number, of one size or of their own sizes."""
    packets = [
        bytes([CELT_10]) + SHORT,
        bytes([CELT_10 | 1]) + SHORT + SHORT,
        bytes([CELT_10 | 2, 3]) + SHORT + LONG,
        bytes([CELT_10 | 2, 252, 12]) + LONG + SHORT,
        bytes([CELT_10 | 3, 3]) + SHORT + SHORT + SHORT,
        bytes([CELT_10 | 3, 0x82, 252, 12]) + LONG + SHORT,
    ]
    parts = [SHORT, SHORT, SHORT, SHORT, LONG, LONG, SHORT, SHORT, SHORT, SHORT, LONG, SHORT]
    sizes = b"".join(b"\x03" if part is SHORT else b"\xfc\x0c" for part in parts[:-1])
    whole = bytes([CELT_10 | 3, 0x80 | len(parts)]) + sizes + b"".join(parts)
    assert joined(packets) == [[(LONGEST, whole)]]


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(bytes([CELT_20 | 3, 0x41, 2]) + SHORT + bytes(2), id="padding"),
        pytest.param(bytes([CELT_20 | 1]) + b"odd", id="two parts of one size in three bytes"),
        pytest.param(bytes([CELT_20 | 2, 9]) + SHORT, id="a part that ends after the packet"),
        pytest.param(bytes([CELT_20 | 2]), id="no size"),
        pytest.param(bytes([CELT_20 | 2, 252]), id="half a size"),
        pytest.param(bytes([CELT_20 | 3]), id="no number of parts"),
        pytest.param(bytes([CELT_20 | 3, 0]), id="no parts"),
        pytest.param(bytes([CELT_20]) + bytes(1276), id="too large a part"),
    ],
)
def test_unusual_and_broken_packets_stay_as_they_are(packet):
    plain = bytes([CELT_20]) + SHORT
    [long] = joined([plain, plain, packet, plain])
    assert [data for _, data in long] == [
        bytes([CELT_20 | 3, 0x82, 3]) + SHORT + SHORT,
        packet,
        bytes([CELT_20 | 3, 0x81]) + SHORT,
    ]


def test_packets_are_joined_up_to_120_ms():
    plain, other = bytes([CELT_20]) + SHORT, bytes([CELT_10]) + SHORT
    five = bytes([CELT_20 | 3, 5]) + 5 * SHORT
    seven, change, full = joined(7 * [plain], [plain, other, plain], [plain, five, plain])
    assert [frames for frames, _ in seven] == [LONGEST, 960]
    assert [frames for frames, _ in change] == [960, 480, 960]
    assert [frames for frames, _ in full] == [LONGEST, 960]
