"""A picture that goes on where the user's stands still: what Python does of static/bridge/steady.js."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from .browser import js, js_object, page, realm
from .canvas import is_readable, require_readable
from .clock import comes_from_the_start
from .errors import MediaError
from .modules import load_module, registered
from .outcome import Outcome

SHORTEST, LONGEST = 1 / 30, 0.5
"""Seconds after which the last picture is repeated: half a timeslice, within these bounds."""

log = logging.getLogger("mediarecorder")


def steadied(js_stream: Any, timeslice: float | None) -> Steady | None:
    """What is to be recorded in place of the browser's stream; None where its picture goes on by itself.

    A recorder writes sound and picture in the order of time, so it waits for a picture that stands still: a
    canvas, or a track that is muted.
    """
    source = _source(js_stream)
    if source is None:
        return None
    return Steady(js_stream, source, max(SHORTEST, min(LONGEST, (timeslice or 1) / 2)))


def prepare(js_stream: Any) -> None:
    """Load what a take of this stream will need."""
    if realm() == "page" and registered("page") is None and _source(js_stream) is not None:
        Outcome.running(load_module("page"))


def _source(js_stream: Any) -> Any:
    """The picture that may stand still, and hold back the sound; None if there is none."""
    live: dict[str, Any] = {
        track.kind: track for track in js_stream.getTracks() if track.readyState == "live"
    }
    if len(live) < 2:
        return None
    picture = live["video"]
    # Firefox's tracks do not say that they are a canvas's, so there it is any that is no device's.
    canvas = hasattr(picture, "canvas") or not (_generator() or comes_from_the_start(picture))
    if not (picture.muted or canvas):
        return None
    # Where the browser falsifies canvases, in ours the picture would be noise: a shared screen is not.
    return picture if _generator() or is_readable() else None


def refuse_noise(js_stream: Any) -> None:
    """Raise where the stream of a canvas is noise. Firefox's tracks do not say what they are of; those of
    devices, screens and connections have a label."""
    for track in js_stream.getVideoTracks():
        if track.readyState == "live" and not (track.label or _generator() or comes_from_the_start(track)):
            require_readable("start", ", and would record noise for this canvas")


def _generator() -> bool:
    return hasattr(js, "MediaStreamTrackGenerator")


class Steady:
    """A stream of ours to record in place of `js_source`, until `close`."""

    def __init__(self, js_source: Any, source: Any, every: float) -> None:
        self.js_source = js_source
        self._source = source
        self._over = False
        self._close: Any = None
        if realm() == "worker":
            made = page().services.steady(js_source, source, every * 1000)
            self.js_stream, self._close = made.stream, made.close
            return
        # These are made here and now, since `start()` acts at once, and fed when the module is there.
        self._target, ours = _target(source)
        self._close = self._give_up
        tracks = (ours if track == source else track for track in js_source.getTracks())
        self.js_stream = js.MediaStream.new(js.Array.of(*tracks))
        if registered("page") is not None:
            self._feed(every)
        else:
            self._loading = asyncio.ensure_future(self._load_and_feed(every))

    def _give_up(self) -> None:
        """The take is over before anything was fed."""
        self.js_stream.getVideoTracks()[0].stop()
        if hasattr(self._target, "readable"):
            self._target.readable.cancel().catch(js.Object)  # closes the frames that wait

    def _feed(self, every: float) -> None:
        steady = registered("page").Steady.new(
            self.js_source, self._source, every * 1000, self._target, self.js_stream
        )
        self._close = steady.close.bind(steady)

    async def _load_and_feed(self, every: float) -> None:
        failure = None
        try:
            await load_module("page")
        except MediaError as error:
            failure = error
        if self._over:
            return
        if failure:
            log.warning("A picture that stands still will hold back the sound. %s", failure)
            self._feed_plainly()
        else:
            self._feed(every)

    def _feed_plainly(self) -> None:
        """Pass on the pictures by means of the browser alone."""
        if hasattr(self._target, "writable"):
            self._target.readable.pipeTo(self._target.writable).catch(js.Object)
            return
        video, settings = js.document.createElement("video"), self._source.getSettings()
        self._target.width, self._target.height = settings.width, settings.height
        video.muted, video.srcObject = True, js.MediaStream.new(js.Array.of(self._source))
        video.play().catch(js.Object)
        context = self._target.getContext("2d")
        timer = js.setInterval(context.drawImage.bind(context, video, 0, 0), 33)

        def close() -> None:
            js.clearInterval(timer)
            video.srcObject = None
            self.js_stream.getVideoTracks()[0].stop()

        self._close = close

    def close(self) -> None:
        """The take is over."""
        self._over = True
        if self._close is not None:
            self._close()
            self._close = None


def _target(source: Any) -> tuple[Any, Any]:
    """What our pictures are written to (steady.js says the same), and the track of them.

    The source is read from now on: the one picture of a canvas can be over when the module is there.
    """
    if _generator():
        track = js.MediaStreamTrackGenerator.new(js_object({"kind": "video"}))
        processor = js.MediaStreamTrackProcessor.new(js_object({"track": source}))
        return js_object({"readable": processor.readable, "writable": track.writable}), track
    canvas = js.document.createElement("canvas")
    canvas.getContext("2d", js_object({"alpha": False}))  # without one there is no stream
    return canvas, canvas.captureStream().getTracks()[0]
