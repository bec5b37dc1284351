"""Tracks that keep delivering data while the user's tracks deliver nothing: Python's share of the work. The
rest is in static/library/page/steady.js."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from .._host.browser import is_nullish, js, js_object, page, realm
from .._host.features import is_readable, media_recorder_class, require_readable
from .._host.modules import load_module, registered
from ..errors import MediaError
from ..outcome import Outcome
from .recorded_time import comes_from_the_start

SHORTEST, LONGEST = 1 / 30, 0.5
"""The last picture is repeated after half a timeslice, within these bounds, in seconds."""

log = logging.getLogger("mediarecorder")


def steadied(js_stream: Any, timeslice: float | None) -> Steady | None:
    """The replacement to record in place of the browser's stream; None if its tracks always deliver data.

    A recorder writes sound and picture ordered by time, so it waits for a track that delivers nothing:
    the picture of a canvas, the sound of an idle AudioContext, or either track of a connection.
    """
    picture, sound = _sources(js_stream)
    if picture is None and sound is None:
        return None
    return Steady(js_stream, picture, sound, max(SHORTEST, min(LONGEST, (timeslice or 1) / 2)))


def prepare(js_stream: Any) -> None:
    """Load the module that a take of this stream will need."""
    if realm() == "page" and registered("page") is None and any(_sources(js_stream)):
        Outcome._running(load_module("page"))


def _sources(js_stream: Any) -> tuple[Any, Any]:
    """The picture and the sound that may deliver nothing, and so hold back the other one; None for a track
    that always delivers data."""
    live: dict[str, Any] = {
        track.kind: track for track in js_stream.getTracks() if track.readyState == "live"
    }
    picture, sound = live.get("video"), live.get("audio")
    if sound is not None and not _may_fall_silent(sound, alone=picture is None):
        sound = None
    if picture is None or len(live) < 2 or (_goes_on(picture) and not picture.muted):
        picture = None
    # If the browser falsifies canvases, a relayed picture would be noise. So record the source directly: a
    # shared screen is not falsified.
    if picture is not None and not (_generator() or is_readable()):
        picture = None
    return picture, sound


def _goes_on(js_picture: Any) -> bool:
    """Whether the track delivers pictures while nothing moves, as devices, screens and windows do. (A tab
    delivers one per second.)"""
    surface = getattr(js_picture.getSettings(), "displaySurface", None)
    return comes_from_the_start(js_picture) and surface != "browser"


def refuse_noise(js_stream: Any) -> None:
    """Raise an error if the stream of a canvas is noise. Firefox's tracks do not name their source, but those
    of devices, screens and connections have a label (quirk: firefox-labels-no-canvas)."""
    for track in js_stream.getVideoTracks():
        if track.readyState == "live" and not (track.label or _generator() or comes_from_the_start(track)):
            require_readable("start", ", and would record noise for this canvas")


def _generator() -> bool:
    return hasattr(js, "MediaStreamTrackGenerator")


def _may_fall_silent(js_track: Any, *, alone: bool) -> bool:
    """Whether this is Chromium and the sound is from neither a device nor a screen. (Chromium loses
    everything that is recorded with a silent track. Firefox loses nothing, and its contexts do not report at
    once whether they run. quirk: chromium-drops-all-beside-an-empty-track)"""
    return (
        bool(media_recorder_class().isTypeSupported("video/x-matroska"))
        and is_nullish(getattr(js_track.getSettings(), "echoCancellation", None))
        and (_is_remote(js_track) or not alone)
    )


def _is_remote(js_track: Any) -> bool:
    """Whether it is the sound of a connection, according to the label in the WebRTC standard."""
    return bool(js_track.label == "remote audio")


class Steady:
    """The library's own stream to record in place of `js_source`, until `close`."""

    def __init__(self, js_source: Any, picture: Any, sound: Any, every: float) -> None:
        self.js_source = js_source
        self._picture = picture
        self._over = False
        self._close: Any = None
        self._sound: _Continuous | None = None
        if realm() == "worker":
            made = page().services.steady(js_source, picture, sound, every * 1000)
            self.js_stream, self._close = made.stream, made.close
            return
        # The tracks are made now, because `start()` acts at once, and fed once the module is loaded.
        tracks = list(js_source.getTracks())
        self._target: Any = None
        if picture is not None:
            self._target, tracks[tracks.index(picture)] = _target(picture)
            self._close = self._give_up
        if sound is not None:
            self._sound = _Continuous(sound)
            tracks[tracks.index(sound)] = self._sound.js_track
        self.js_stream = js.MediaStream.new(js.Array.of(*tracks))
        if registered("page") is not None:
            self._feed(every)
        else:
            self._loading = asyncio.ensure_future(self._load_and_feed(every))

    def _give_up(self) -> None:
        """Stop the replacement if the take ends before any picture was fed."""
        self.js_stream.getVideoTracks()[0].stop()
        if hasattr(self._target, "readable"):
            self._target.readable.cancel().catch(js.Object)  # closes the waiting frames

    def _feed(self, every: float) -> None:
        steady = registered("page").Steady.new(
            self.js_source, self._picture, None, every * 1000, self._target, self.js_stream
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
        if failure and self._picture is None:
            return  # the sound needs no module
        if failure:
            log.warning("A still picture will hold back the sound. %s", failure)
            self._feed_plainly()
        else:
            self._feed(every)

    def _feed_plainly(self) -> None:
        """Let the browser pass on the pictures, without Python."""
        if hasattr(self._target, "writable"):
            self._target.readable.pipeTo(self._target.writable).catch(js.Object)
            return
        video, settings = js.document.createElement("video"), self._picture.getSettings()
        self._target.width, self._target.height = settings.width, settings.height
        video.muted, video.srcObject = True, js.MediaStream.new(js.Array.of(self._picture))
        video.play().catch(js.Object)
        context = self._target.getContext("2d")
        timer = js.setInterval(context.drawImage.bind(context, video, 0, 0), 33)

        def close() -> None:
            js.clearInterval(timer)
            video.srcObject = None
            self.js_stream.getVideoTracks()[0].stop()

        self._close = close

    def close(self) -> None:
        """Stop the replacement at the end of the take."""
        self._over = True
        if self._close is not None:
            self._close()
            self._close = None
        if self._sound is not None:
            self._sound.close()


class _Continuous:
    """Sound that continues while its source delivers nothing (static/library/page/sound.js does the same)."""

    def __init__(self, source: Any) -> None:
        settings, alone = source.getSettings(), js.MediaStream.new(js.Array.of(source))
        self._player = None
        if _is_remote(source):
            # Chromium delivers it only while an element plays it.
            # (quirk: chromium-silences-connections-nobody-plays)
            self._player = js.Audio.new()
            self._player.muted, self._player.srcObject = True, alone
            self._player.play().catch(js.Object)
        rate = getattr(settings, "sampleRate", None)
        self._context = js.AudioContext.new(js_object({"sampleRate": 48000 if is_nullish(rate) else rate}))
        self.js_track = source
        if self._context.state != "running":
            log.warning(
                "A silent sound track will hold back the picture: the browser's audio does not run "
                "before a click."
            )
            return
        destination = self._context.createMediaStreamDestination()
        channels = getattr(settings, "channelCount", None)
        if not is_nullish(channels):
            destination.channelCount = channels
        silence = self._context.createConstantSource()
        silence.offset.value = 0
        silence.connect(destination)
        silence.start()
        self._context.createMediaStreamSource(alone).connect(destination)
        self.js_track = destination.stream.getTracks()[0]

    def close(self) -> None:
        self._context.close().catch(js.Object)
        if self._player is not None:
            self._player.srcObject = None


def _target(source: Any) -> tuple[Any, Any]:
    """The target for the library's pictures (as in steady.js), and its track.

    Reading starts now, because the only picture of a canvas may be gone once the module is loaded.
    """
    if _generator():
        track = js.MediaStreamTrackGenerator.new(js_object({"kind": "video"}))
        processor = js.MediaStreamTrackProcessor.new(js_object({"track": source}))
        return js_object({"readable": processor.readable, "writable": track.writable}), track
    canvas = js.document.createElement("canvas")
    canvas.getContext("2d", js_object({"alpha": False}))  # a canvas without a context has no stream
    return canvas, canvas.captureStream().getTracks()[0]
