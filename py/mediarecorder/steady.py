"""Streams that go on where the user's stands still: the page's half of static/bridge/steady.js."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from .browser import absent, js, js_object, page, realm
from .errors import MediaError
from .modules import load_module, registered
from .outcome import Outcome

if TYPE_CHECKING:
    from .streams import MediaStream

SHORTEST, LONGEST = 1 / 30, 0.5
"""Seconds after which something is put in: half a timeslice, within these bounds."""

log = logging.getLogger("mediarecorder")


def steadied(stream: MediaStream, js_stream: Any, timeslice: float | None) -> Steady | None:
    """What is to be recorded in place of the browser's stream; None where that does not hold itself back.

    A recorder writes sound and picture in the order of time, so it waits for whichever is late. A camera, a
    microphone, a screen and a window deliver all the time. What comes from elsewhere (a canvas, a
    ``<video>``, an AudioContext, WebRTC), a shared tab and a muted track may not.
    """
    sources = _sources(stream, js_stream)
    if not sources:
        return None
    return Steady(js_stream, sources, max(SHORTEST, min(LONGEST, (timeslice or 1) / 2)))


def prepare(stream: MediaStream, js_stream: Any) -> None:
    """Load what a take of this stream will need."""
    if realm() == "page" and registered("steady") is None and _sources(stream, js_stream):
        Outcome.running(load_module("steady"))


def _sources(stream: MediaStream, js_stream: Any) -> list[Any]:
    tracks = [track for track in js_stream.getTracks() if track.readyState == "live"]
    if len({track.kind for track in tracks}) < 2:
        return []  # alone, it holds nothing back
    return [track for track in tracks if _may_stand_still(track, stream)]


def _may_stand_still(track: Any, stream: MediaStream) -> bool:
    # Firefox lets no script into its sound; a mix goes on by itself.
    if track.kind == "audio" and (stream._at_stop or not hasattr(page(), "MediaStreamTrackGenerator")):
        return False
    if track.muted:
        return True
    settings = track.getSettings()
    surface = getattr(settings, "displaySurface", None)
    if not absent(surface):
        return bool(track.kind == "video" and surface == "browser")
    return absent(getattr(settings, "groupId", None))


class Steady:
    """A stream of ours to record in place of `js_source`, until `close`."""

    def __init__(self, js_source: Any, sources: list[Any], every: float) -> None:
        self.js_source = js_source
        self._over = False
        self._close: Any = None
        if realm() == "worker":
            made = page().services.steady(js_source, js.Array.of(*sources), every * 1000)
            self.js_stream, self._close = made.stream, made.close
            return
        # These are made here and now, since `start()` acts at once, and fed when the module is there.
        self._sources, self._targets = sources, [_target(source.kind) for source in sources]
        self._ours = {source.id: _track_of(t) for source, t in zip(sources, self._targets, strict=True)}
        tracks = js.Array.of(*(self._ours.get(track.id, track) for track in js_source.getTracks()))
        self.js_stream = js.MediaStream.new(tracks)
        if registered("steady") is not None:
            self._feed(every)
        else:
            self._loading = asyncio.ensure_future(self._load_and_feed(every))

    def _feed(self, every: float) -> None:
        sources, targets = js.Array.of(*self._sources), js.Array.of(*self._targets)
        steady = registered("steady").Steady.new(
            self.js_source, sources, every * 1000, targets, self.js_stream
        )
        self._close = steady.close.bind(steady)

    async def _load_and_feed(self, every: float) -> None:
        try:
            await load_module("steady")
        except MediaError as error:
            log.warning("A track that stands still will hold back those recorded with it. %s", error)
            if not self._over:
                self._feed_plainly()
        else:
            if not self._over:
                self._feed(every)

    def _feed_plainly(self) -> None:
        """Pass on what the sources give, by means of the browser alone."""
        videos, timers = [], []
        for source, target in zip(self._sources, self._targets, strict=True):
            if hasattr(target, "writable"):
                processor = js.MediaStreamTrackProcessor.new(js_object({"track": source}))
                processor.readable.pipeTo(target.writable).catch(js.Object)
                continue
            video, context = js.document.createElement("video"), target.getContext("2d")
            video.muted, video.srcObject = True, js.MediaStream.new(js.Array.of(source))
            video.play().catch(js.Object)
            size = source.getSettings()
            target.width, target.height = getattr(size, "width", 640), getattr(size, "height", 480)
            videos.append(video)
            timers.append(js.setInterval(context.drawImage.bind(context, video, 0, 0), 33))

        def close() -> None:
            for timer in timers:
                js.clearInterval(timer)
            for video in videos:
                video.srcObject = None
            for track in self._ours.values():
                track.stop()

        self._close = close

    def close(self) -> None:
        """The take is over."""
        self._over = True
        if self._close is not None:
            self._close()
            self._close = None


def _target(kind: str) -> Any:
    if hasattr(js, "MediaStreamTrackGenerator"):
        return js.MediaStreamTrackGenerator.new(js_object({"kind": kind}))
    canvas = js.document.createElement("canvas")
    canvas.getContext("2d", js_object({"alpha": False}))  # without one there is no stream
    return canvas


def _track_of(target: Any) -> Any:
    return target.captureStream().getTracks()[0] if hasattr(target, "captureStream") else target
