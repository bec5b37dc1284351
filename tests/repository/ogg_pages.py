"""Ogg pages (RFC 3533), to parse files and to make files that no available encoder makes."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

CONTINUED, BEGIN, END = 1, 2, 4


@dataclass
class Page:
    """A page of whole packets; ``granule`` is its granule position."""

    granule: int
    packets: list[bytes] = field(default_factory=list)
    flags: int = 0


def crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8) & 0xFFFFFFFF ^ TABLE[value >> 24 ^ byte]
    return value


def _entry(value: int) -> int:
    value <<= 24
    for _ in range(8):
        value = value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)
    return value & 0xFFFFFFFF


TABLE = [_entry(value) for value in range(256)]


def pages_of(data: bytes) -> list[Page]:
    """Each packet belongs to the page that it ends on."""
    pages, begun, place = [], b"", 0
    while place < len(data):
        flags, granule, count = struct.unpack_from("<5xBq12xB", data, place)
        page, body = Page(granule, flags=flags & ~CONTINUED), place + 27 + count
        for length in data[place + 27 : body]:
            begun += data[body : body + length]
            body += length
            if length < 255:
                page.packets.append(begun)
                begun = b""
        pages.append(page)
        place = body
    return pages


def file_of(pages: list[Page], serial: int = 7) -> bytes:
    """A packet must not be larger than a page."""
    written = b""
    for sequence, page in enumerate(pages):
        lacing = b"".join(b"\xff" * (len(data) // 255) + bytes([len(data) % 255]) for data in page.packets)
        assert len(lacing) < 256
        values = (b"OggS", 0, page.flags, page.granule, serial, sequence)
        head, body = struct.pack("<4sBBqII", *values), bytes([len(lacing)]) + lacing + b"".join(page.packets)
        written += head + struct.pack("<I", crc(head + bytes(4) + body)) + body
    return written
