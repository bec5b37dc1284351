"""Sound and pictures of a track while they happen (static/library/live/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._checks import checked_int, checked_number
from ._host.bridge import page_services
from ._host.browser import is_nullish, settle
from ._media.arrays import copied
from ._media.samples import HIGHEST_RATE, MOST_CHANNELS
from ._media.writer import checked_frame_rate
from .errors import InvalidStateError, NotFoundError
from .frames import WIDEST, Frame, checked_pixel_format
from .recording import AudioSamples

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

SHORTEST, LONGEST = 0.001, 60.0
"""Seconds of a block."""


def blocks(
    js_tracks: Iterable[Any], seconds: float, sample_rate: int | None, channels: int | None
) -> AsyncGenerator[AudioSamples, None]:
    """See `MediaStream.blocks`. The first live track is read."""
    length = checked_number("seconds", seconds, SHORTEST)
    if length is None:
        raise TypeError("seconds must be the length of a block, not None")
    if length > LONGEST:
        raise ValueError(f"seconds must be at most {LONGEST:g}, not {seconds!r}")
    rate = checked_int("sample_rate", sample_rate, 1, HIGHEST_RATE)
    count = checked_int("channels", channels, 1, MOST_CHANNELS)
    return _blocks(_live("blocks", js_tracks, "sound", "audio"), length, rate, count)


def _live(doing: str, js_tracks: Iterable[Any], what: str, kind: str) -> Any:
    """The first live one of these tracks."""
    tracks = list(js_tracks)
    if not tracks:
        raise NotFoundError(f"{doing}: there is no {what}. Open the stream with {kind}=True.")
    for js_track in tracks:
        if js_track.readyState == "live":
            return js_track
    raise InvalidStateError(f"{doing}: the track has ended, and delivers no {what} any more. Open it again.")


async def _blocks(
    js_track: Any, seconds: float, sample_rate: int | None, channels: int | None
) -> AsyncGenerator[AudioSamples, None]:
    reader = (await page_services()).liveSound(js_track, seconds, sample_rate, channels)
    try:
        facts = await settle(reader, "begin", doing="blocks")
        channels, rate = int(facts.channels), int(facts.sampleRate)
        following = 0
        while not is_nullish(found := await settle(reader, "next", doing="blocks")):
            block = AudioSamples._of(copied(found.bytes), channels, rate)
            start = int(found.start)
            block.timestamp, block.lost = start / rate, start - following
            following = start + block.frames
            yield block
    finally:
        # Nothing is awaited here, so that a loop that ends with `break` closes the reader, too.
        reader.close()


def frames(
    js_tracks: Iterable[Any], width: int | None, format: str, frame_rate: float | None
) -> AsyncGenerator[Frame, None]:
    """See `MediaStream.frames`. The first live track is read."""
    width = checked_int("width", width, 1, WIDEST)
    format = checked_pixel_format(format)
    frame_rate = checked_frame_rate(frame_rate)
    return _frames(_live("frames", js_tracks, "picture", "video"), width, format, frame_rate)


async def _frames(
    js_track: Any, width: int | None, format: str, frame_rate: float | None
) -> AsyncGenerator[Frame, None]:
    reader = (await page_services()).livePictures(js_track, width, format, frame_rate)
    try:
        await settle(reader, "begin", doing="frames")
        while not is_nullish(found := await settle(reader, "next", doing="frames")):
            frame = Frame(copied(found.bytes), found.width, found.height, format, float(found.timestamp))
            frame.lost = int(found.lost)
            yield frame
    finally:
        reader.close()
