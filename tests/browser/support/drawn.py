"""WebM files whose pictures are known to the pixel: this browser encodes them, this module muxes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mediarecorder import Recording

Colour = tuple[int, int, int]
Picture = Callable[[int, int], Colour | int]
"""The value of a picture at x and y, each at least 0 and below 1000, whatever the size.

It is a colour, or the brightness (16 to 235) to store: browsers disagree about the brightness of a colour.
"""

RED, GREEN, BLUE, WHITE, BLACK = (230, 0, 0), (0, 200, 0), (0, 0, 230), (255, 255, 255), (0, 0, 0)


def plain(colour: Colour) -> Picture:
    return lambda x, y: colour


def grey(number: int) -> Picture:
    """A picture that encodes its number, from 0 to 49, in a brightness that is stored unchanged."""
    return lambda x, y: 32 + 4 * number


def number_of(level: int) -> int:
    """The number of the `grey` picture that decodes to this level, from 0 to 255."""
    return round((level * 219 / 255 - 16) / 4)


def quarters(x: int, y: int) -> Colour:
    """Red and green above blue and white."""
    return ((RED, GREEN), (BLUE, WHITE))[y >= 500][x >= 500]


@dataclass
class Shot:
    """A picture and the time at which it appears, in milliseconds; without `alpha` it is opaque."""

    at: int
    picture: Picture
    size: tuple[int, int] = (64, 48)
    #: 0 to 255, at x as in a `Picture`.
    alpha: Callable[[int], int] | None = None


async def drawn(
    shots: Iterable[Shot],
    codec: str = "vp8",
    *,
    keys_every: int = 1000,
    damaged: int | None = None,
    display: tuple[int, int] | None = None,
    silence: float = 0,
) -> Recording:
    """A WebM file without an index.

    `damaged` is the number of the picture whose packet is noise, `display` the display size that the file
    states, and `silence` the seconds of a sound that begins at 0.
    """
    shots = list(shots)
    packets = await _encoded([(s.size, s.picture) for s in shots], codec, keys_every)
    alphas: list[tuple[bytes, bool]] | None = None
    if any(shot.alpha for shot in shots):
        alphas = await _encoded([(s.size, _as_brightness(s)) for s in shots], codec, keys_every)
    if damaged is not None:
        data, key = packets[damaged]
        packets[damaged] = _noise(len(data)), key
    blocks = []
    for number, (shot, (data, key)) in enumerate(zip(shots, packets, strict=True)):
        alpha = alphas[number][0] if alphas else b""
        blocks.append((shot.at, 1, data, key, alpha))
    blocks += [(1000 * second, 2, bytes(8000 * 2), True, b"") for second in range(round(silence))]
    data = _webm(sorted(blocks, key=lambda block: block[:2]), codec, shots[0].size, display, bool(alphas))
    return Recording.from_bytes(data, "video/webm")


def _as_brightness(shot: Shot) -> Picture:
    alpha = shot.alpha or (lambda x: 255)
    return lambda x, y: alpha(x)


async def _encoded(
    pictures: list[tuple[tuple[int, int], Picture]], codec: str, keys_every: int
) -> list[tuple[bytes, bool]]:
    """The data of each packet, and whether it is a key frame."""
    import js
    from pyodide.ffi import create_proxy, to_js

    def options(**values: Any) -> Any:
        return to_js(values, dict_converter=js.Object.fromEntries)

    packets: list[tuple[bytes, bool]] = []
    failures: list[str] = []

    def output(chunk: Any, _metadata: Any = None) -> None:
        data = js.Uint8Array.new(chunk.byteLength)
        chunk.copyTo(data)
        packets.append((data.to_bytes(), chunk.type == "key"))

    def failed(error: Any) -> None:
        failures.append(str(error))

    proxies = [create_proxy(output), create_proxy(failed)]
    encoder, size = None, None
    try:
        for number, (wanted, picture) in enumerate(pictures):
            if wanted != size:
                if encoder:
                    await encoder.flush()
                    encoder.close()
                size = wanted
                encoder = js.VideoEncoder.new(options(output=proxies[0], error=proxies[1]))
                name = {"vp8": "vp8", "vp9": "vp09.00.10.08"}[codec]
                rate = options(
                    codec=name, width=size[0], height=size[1], bitrate=4_000_000, latencyMode="realtime"
                )
                encoder.configure(rate)
                first = number
            frame = js.VideoFrame.new(
                to_js(_pixels(size, picture)),
                options(
                    format="I420" if _is_brightness(picture) else "RGBX",
                    codedWidth=size[0],
                    codedHeight=size[1],
                    timestamp=number * 40_000,
                ),
            )
            encoder.encode(frame, options(keyFrame=(number - first) % keys_every == 0))
            frame.close()
            if number % 20 == 19:
                await asyncio.sleep(0.01)
        await encoder.flush()
        encoder.close()
    finally:
        for proxy in proxies:
            proxy.destroy()
    assert not failures, failures
    return packets


def _is_brightness(picture: Picture) -> bool:
    return isinstance(picture(0, 0), int)


def _pixels(size: tuple[int, int], picture: Picture) -> bytes:
    width, height = size
    rows = [1000 * y // height for y in range(height)]
    places = [1000 * x // width for x in range(width)]
    if _is_brightness(picture):
        colours = bytes([128]) * (2 * ((width + 1) // 2) * ((height + 1) // 2))
        return bytes(picture(x, y) for y in rows for x in places) + colours
    lines: dict[tuple[Colour, ...], bytes] = {}
    out = []
    for y in rows:
        line = tuple(picture(x, y) for x in places)
        if line not in lines:
            lines[line] = b"".join(bytes((*colour, 255)) for colour in line)
        out.append(lines[line])
    return b"".join(out)


async def damaged_in_the_middle(recording: Recording) -> Recording:
    """A WebM recording of one track, with noise in place of its middle packet."""
    data = bytearray(await recording.bytes())
    blocks = list(_blocks(data, 0, len(data)))
    start, end = blocks[len(blocks) // 2]
    data[start + 4 : end] = _noise(end - start - 4)
    return Recording.from_bytes(data, recording.mime_type)


def _noise(length: int) -> bytes:
    """A packet that no codec accepts: VP8 has no such version, VP9 no such marker, Opus no empty packet."""
    return (b"\x5b\x00" + bytes((place * 167 + 91) & 255 for place in range(length)))[:length]


# Matroska, RFC 9559


def _blocks(data: bytearray, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The start and end of each SimpleBlock's content."""
    while start < end:
        width = 9 - data[start].bit_length()
        name = int.from_bytes(data[start : start + width])
        start += width
        width = 9 - data[start].bit_length()
        size = int.from_bytes(data[start : start + width]) & ((1 << 7 * width) - 1)
        start += width
        stop = min(end, start + size)  # an unknown size is encoded as a very large one
        if name == 0xA3:
            yield start, stop
        elif name in (0x18538067, 0x1F43B675):
            yield from _blocks(data, start, stop)
        start = stop


def _webm(blocks: Any, codec: str, size: Any, display: Any, alpha: bool) -> bytes:
    head = _element(0x4282, b"webm") + _element(0x4287, _whole(4)) + _element(0x4285, _whole(2))
    video = _element(0xB0, _whole(size[0])) + _element(0xBA, _whole(size[1]))
    if display:
        video += _element(0x54B0, _whole(display[0])) + _element(0x54BA, _whole(display[1]))
    if alpha:
        video += _element(0x53C0, _whole(1))
    track = _entry(1, 1, f"V_{codec.upper()}".encode())
    track += _element(0x55EE, _whole(1)) if alpha else b""
    tracks = _element(0xAE, track + _element(0xE0, video))
    if any(block[1] == 2 for block in blocks):
        sound = _element(0xB5, b"\x45\xfa\x00\x00") + _element(0x9F, _whole(1)) + _element(0x6264, _whole(16))
        tracks += _element(0xAE, _entry(2, 2, b"A_PCM/INT/LIT") + _element(0xE1, sound))
    segment = _element(0x1549A966, _element(0x2AD7B1, _whole(1_000_000))) + _element(0x1654AE6B, tracks)
    for at, *block in blocks:
        content = _element(0xE7, _whole(at)) + _block(*block, alpha_track=alpha)
        segment += _element(0x1F43B675, content)
    return _element(0x1A45DFA3, head) + _element(0x18538067, segment)


def _entry(number: int, kind: int, codec: bytes) -> bytes:
    numbers = _element(0xD7, _whole(number)) + _element(0x73C5, _whole(number)) + _element(0x83, _whole(kind))
    return numbers + _element(0x86, codec)


def _block(track: int, data: bytes, key: bool, alpha: bytes, *, alpha_track: bool) -> bytes:
    start = bytes((0x80 | track, 0, 0))
    if not (alpha_track and track == 1):
        return _element(0xA3, start + bytes((0x80 if key else 0,)) + data)
    more = _element(0xA6, _element(0xEE, _whole(1)) + _element(0xA5, alpha))
    reference = b"" if key else _element(0xFB, b"\xff")
    return _element(0xA0, _element(0xA1, start + b"\x00" + data) + reference + _element(0x75A1, more))


def _element(name: int, content: bytes) -> bytes:
    length = (name.bit_length() + 7) // 8
    return name.to_bytes(length, "big") + (len(content) | 1 << 56).to_bytes(8, "big") + content


def _whole(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
