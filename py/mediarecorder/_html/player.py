"""The player that displays a recording, with the sound's waveform or the picture's poster."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import TYPE_CHECKING, Any, Protocol

from .._host.browser import realm
from .._host.features import can_run_sync, run_sync
from ..errors import MediaError
from ..media_file import data_url
from ..waveform import waveform_svg
from .attach import noted, shown_at
from .text import clock, escape, figure, file_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..media_file import MediaFile
    from ..waveform import Extremes

AT_ONCE = 20_000_000
"""Wait for the preview of a recording of up to this many bytes; a larger one gets its preview later."""

STROKES = 150
"""The number of lines in a waveform, which is then as wide as the browsers' audio players."""

log = logging.getLogger("mediarecorder")


class Preview:
    """The picture of a recording before it plays; empty if the recording cannot be decoded."""

    def __init__(self, svg: str = "", poster: MediaFile | None = None, poster_data: str = "") -> None:
        self.svg = svg
        self.poster = poster
        self.poster_data = poster_data

    def close(self) -> None:
        if self.poster:
            self.poster.close()


class Playable(Protocol):
    """The attributes of a `Recording` that a player needs."""

    _preview: Preview | None
    _making_preview: asyncio.Future[Preview] | None

    embed_limit: int

    @property
    def duration(self) -> float: ...
    @property
    def is_video(self) -> bool: ...
    @property
    def mime_type(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def url(self) -> str: ...
    def file_name(self) -> str: ...
    async def measure(self) -> float: ...
    async def thumbnail(self, at: float, *, width: int) -> MediaFile: ...
    async def waveform(self, buckets: int) -> Sequence[Extremes]: ...


async def make_preview(recording: Playable) -> Preview:
    """Make the preview, and measure the duration if it is unknown."""
    try:
        if math.isnan(recording.duration):
            await recording.measure()
        if recording.is_video:
            poster = await recording.thumbnail(min(1.0, recording.duration / 2), width=640)
            # A notebook may save the worker's output, in which the poster's URL is dead.
            embedded = realm() == "worker" and recording.size <= recording.embed_limit
            data = data_url(poster.mime_type, await poster.bytes()) if embedded else ""
            return Preview(poster=poster, poster_data=data)
        return Preview(svg=waveform_svg(await recording.waveform(STROKES)))
    except MediaError as error:
        log.info("The player has no preview: %s", error)
        return Preview()


def player_tag(
    is_video: bool, label: str, *, width: int, poster: str = "", url: str = "", data: str = ""
) -> str:
    """The media element, without attributes for empty URLs."""
    tag, size = ("video", f' width="{width}"') if is_video else ("audio", "")
    given = f' poster="{escape(poster)}"' if poster else ""
    return (
        f'<{tag} controls playsinline preload="metadata"{size}{given}{shown_at(url, data)} '
        f'aria-label="{escape(label)}"></{tag}>'
    )


def player_html(recording: Playable, data: str = "") -> str:
    """The player. The recording's URL is valid until its `close()`; with `data`, the player also works after
    that."""
    if recording._preview is None and recording.size <= AT_ONCE and can_run_sync():
        recording._preview = run_sync(make_preview(recording))
    preview = recording._preview
    length = "" if math.isnan(recording.duration) else clock(recording.duration)
    player = player_tag(
        recording.is_video,
        f"Recording of {length}" if length else "Recording",
        width=640,
        poster=_poster(preview, embedded=bool(data)),
        url=recording.url,
        data=data,
    )
    picture = f"{preview.svg}<br>" if preview and preview.svg else ""
    player = noted(
        f"{picture}{player}",
        embedded=bool(data),
        showing=None if preview else lambda: preview_to_show(recording),
    )
    facts = [*([length] if length else []), file_size(recording.size), recording.mime_type or "unknown type"]
    return figure(player, facts, recording.url, recording.file_name())


def _poster(preview: Preview | None, *, embedded: bool) -> str:
    if not preview or not preview.poster:
        return ""
    return (
        preview.poster_data if embedded else preview.poster.url
    )  # without one, browsers show the first picture


async def preview_to_show(recording: Playable) -> dict[str, Any]:
    """The preview for a player that is already in the page."""
    if recording._preview is None:
        making = recording._making_preview = recording._making_preview or asyncio.ensure_future(
            make_preview(recording)
        )
        found = await making
        if recording._making_preview is not making:  # the recording was closed in the meantime
            found.close()
            return {}
        recording._preview = found
    preview = recording._preview
    if preview.poster:
        return {"poster": preview.poster.url}
    return {"svg": preview.svg} if preview.svg else {}
