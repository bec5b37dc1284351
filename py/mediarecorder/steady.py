"""Streams that go on where the user's stands still: the page's half of static/bridge/steady.js."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from .browser import absent, js, js_object, page, realm
from .errors import MediaError
from .modules import load_module, registered
from .outcome import Outcome

SHORTEST, LONGEST = 1 / 30, 0.5
"""Seconds after which something is put in: half a timeslice, within these bounds."""

log = logging.getLogger("mediarecorder")


def steadied(stream: Any, timeslice: float | None) -> Steady | None:
    """What is to be recorded instead of the browser's stream; None where all its tracks go on by themselves.

    A camera, a microphone, a screen and a window deliver all the time. What comes from elsewhere (a canvas,
    a `<video>`, an AudioContext, WebRTC), a shared tab and a muted track may not.
    """
    sources = _sources(stream)
    if not sources:
        return None
    return Steady(stream, sources, max(SHORTEST, min(LONGEST, (timeslice or 1) / 2)))


def prepare(stream: Any) -> None:
    """Load what a take of this stream will need."""
    if realm() == "page" and registered("steady") is None and _sources(stream):
        Outcome.running(load_module("steady"))


def _sources(stream: Any) -> list[Any]:
    tracks = [track for track in stream.getTracks() if track.readyState == "live"]
    both = len({track.kind for track in tracks}) > 1
    return [track for track in tracks if _may_stand_still(track, both)]


def _may_stand_still(track: Any, both: bool) -> bool:
    # Alone, a sound holds nothing back. Into sound, Firefox lets no script.
    if track.kind == "audio" and not (both and (realm() == "worker" or _generator() is not None)):
        return False
    settings = track.getSettings()
    if track.muted:
        return True
    surface = getattr(settings, "displaySurface", None)
    if not absent(surface):
        return bool(track.kind == "video" and surface == "browser")
    return absent(getattr(settings, "groupId", None))


def _generator() -> Any:
    return getattr(js, "MediaStreamTrackGenerator", None)


class Steady:
    """A stream of ours to record, until `close`."""

    def __init__(self, stream: Any, sources: list[Any], every: float) -> None:
        self._over = False
        self._close: Any = None
        if realm() == "worker":
            made = page().services.steady(stream, js.Array.of(*sources), every * 1000)
            self.js_stream, self._close = made.stream, made.close
            return
        # These are made here and now, since `start()` acts at once, and fed when the module is there.
        self._sources, self._targets = sources, [_target(source.kind) for source in sources]
        ours = {source.id: _track_of(target) for source, target in zip(sources, self._targets, strict=True)}
        tracks = js.Array.of(*(ours.get(track.id, track) for track in stream.getTracks()))
        self.js_stream = js.MediaStream.new(tracks)
        if registered("steady") is not None:
            self._feed(stream, every)
        else:
            self._loading = asyncio.ensure_future(self._load_and_feed(stream, every))

    def _feed(self, stream: Any, every: float) -> None:
        sources, targets = js.Array.of(*self._sources), js.Array.of(*self._targets)
        steady = registered("steady").Steady.new(stream, sources, every * 1000, targets, self.js_stream)
        self._close = steady.close.bind(steady)

    async def _load_and_feed(self, stream: Any, every: float) -> None:
        try:
            await load_module("steady")
        except MediaError as error:
            log.warning("A track that stands still will hold back those recorded with it. %s", error)
            if not self._over:
                self._feed_plainly()
        else:
            if not self._over:
                self._feed(stream, every)

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
            videos.append(video)
            timers.append(js.setInterval(context.drawImage.bind(context, video, 0, 0), 33))

        def close() -> None:
            for timer in timers:
                js.clearInterval(timer)
            for video in videos:
                video.srcObject = None
            for target in self._targets:
                _track_of(target).stop()

        self._close = close

    def close(self) -> None:
        """The take is over."""
        self._over = True
        if self._close is not None:
            self._close()
            self._close = None


def _target(kind: str) -> Any:
    generator = _generator()
    if generator is not None:
        return generator.new(js_object({"kind": kind}))
    canvas = js.document.createElement("canvas")
    canvas.getContext("2d")  # without one there is no stream
    return canvas


def _track_of(target: Any) -> Any:
    return target.captureStream().getTracks()[0] if hasattr(target, "captureStream") else target
