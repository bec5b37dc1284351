"""The tracks of a stream: one for a camera, a microphone or a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._constraints import as_dictionary, js_constraints
from ._host.browser import (
    JsException,
    is_nullish,
    js,
    page,
    realm,
    require_browser,
    settle,
    translated,
    unwrap,
)
from .errors import NotSupportedError
from .event_target import BrowserEventTarget, HandlerAttribute
from .events import Event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from .frames import Frame, PixelFormat
    from .photo import Photo
    from .recording import AudioSamples


class MediaStreamTrack(BrowserEventTarget):
    """One source of sound or pictures.

    >>> [track] = stream.video_tracks
    >>> track.settings["width"]
    640
    >>> subscription = track.on("ended", lambda event: print("the camera is gone"))

    Parameters
    ----------
    js_track
        The browser's MediaStreamTrack, for example from a canvas, an AudioContext or a WebRTC connection.

    See https://developer.mozilla.org/docs/Web/API/MediaStreamTrack.
    """

    EVENTS = ("ended", "mute", "unmute")
    onended, onmute, onunmute = HandlerAttribute(), HandlerAttribute(), HandlerAttribute()

    def __init__(self, js_track: Any) -> None:
        require_browser()
        js_track = unwrap(js_track)
        if not (hasattr(js_track, "readyState") and hasattr(js_track, "getSettings")):
            raise TypeError(f"MediaStreamTrack needs the browser's MediaStreamTrack, not {js_track!r}")
        super().__init__()
        self.js = js_track

    @property
    def id(self) -> str:
        return str(self.js.id)

    @property
    def kind(self) -> str:
        """``"audio"`` or ``"video"``."""
        return str(self.js.kind)

    @property
    def label(self) -> str:
        """The device's name, chosen by its manufacturer. Treat it as untrusted text."""
        return str(self.js.label)

    @property
    def ready_state(self) -> str:
        """``"live"`` or ``"ended"``."""
        return str(self.js.readyState)

    @property
    def muted(self) -> bool:
        """True while the source delivers nothing, for reasons outside the page's control."""
        return bool(self.js.muted)

    @property
    def enabled(self) -> bool:
        """False makes the track silent or black until you set it to True again."""
        return bool(self.js.enabled)

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self.js.enabled = bool(value)

    @property
    def content_hint(self) -> str:
        """A hint for the encoder about the content: ``""``, ``"speech"``, ``"music"``, ``"motion"``,
        ``"detail"`` or ``"text"`` (W3C *MediaStreamTrack Content Hints*)."""
        return str(getattr(self.js, "contentHint", ""))

    @content_hint.setter
    def content_hint(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(f"content_hint must be a string, not {value!r}")
        self.js.contentHint = value

    @property
    def settings(self) -> dict[str, Any]:
        """The actual values of the track, such as ``{"width": 640, "frame_rate": 30, …}``."""
        return as_dictionary(self.js.getSettings())

    @property
    def capabilities(self) -> dict[str, Any]:
        """The values that the device supports, such as ``{"width": {"min": 1, "max": 1920}, …}``; empty if
        the browser does not report them."""
        return as_dictionary(self.js.getCapabilities()) if hasattr(self.js, "getCapabilities") else {}

    @property
    def constraints(self) -> dict[str, Any]:
        """The constraints that were requested."""
        return as_dictionary(self.js.getConstraints())

    @property
    def stats(self) -> dict[str, float]:
        """Counts of delivered frames, such as ``{"total_frames": 300, "discarded_frames": 2, …}``. An audio
        track also has durations and latencies, in seconds. Empty if the browser keeps no counts (Firefox).

        >>> track.stats.get("discarded_frames", 0)
        0

        See https://developer.mozilla.org/docs/Web/API/MediaStreamTrack/stats.
        """
        try:
            counted = self.js.stats.toJSON()
        except (AttributeError, JsException):  # the browser has no stats, or none for this kind of track
            return {}
        # The specification gives times in milliseconds.
        return {
            name: value / 1000 if name.endswith(("duration", "latency")) else value
            for name, value in as_dictionary(counted).items()
        }

    def get_settings(self) -> dict[str, Any]:
        """The method of the specification; the same as `settings`."""
        return self.settings

    def get_capabilities(self) -> dict[str, Any]:
        return self.capabilities

    def get_constraints(self) -> dict[str, Any]:
        return self.constraints

    async def apply_constraints(self, constraints: dict[str, Any]) -> None:
        """Request other constraints while the device runs.

        >>> await track.apply_constraints({"frame_rate": {"ideal": 15}})

        Raises
        ------
        OverconstrainedError
            The device cannot meet the constraints; it continues unchanged.
        """
        await settle(self.js, "applyConstraints", js_constraints(constraints), doing="apply_constraints")

    async def crop_to(self, target: Any) -> None:
        """Crop the picture of this page's own tab to the area of an element, including anything that overlaps
        it. None ends the cropping.

        In a worker, pass the ``CropTarget`` that the page has posted. The call raises `NotSupportedError` if
        the track does not show this page's own tab, or the browser cannot crop (Firefox, Safari).

        >>> await picture.crop_to(js.document.getElementById("slides"))

        See https://developer.mozilla.org/docs/Web/API/BrowserCaptureMediaStreamTrack/cropTo.
        """
        await self._limit("crop_to", "cropTo", "CropTarget", target)

    async def restrict_to(self, target: Any) -> None:
        """Like `crop_to`, but without anything that overlaps the element. The element needs the style
        ``isolation: isolate``.

        >>> await picture.restrict_to(js.document.getElementById("slides"))
        """
        await self._limit("restrict_to", "restrictTo", "RestrictionTarget", target)

    async def _limit(self, doing: str, method: str, kind: str, target: Any) -> None:
        if not hasattr(self.js, method):
            raise NotSupportedError(
                f"{doing}: this track does not show this page's own tab, or the browser does not support the "
                "call (Chrome and Edge do)"
            )
        target = unwrap(target)
        if hasattr(target, "nodeType"):
            if not hasattr(page(), kind):
                raise NotSupportedError(
                    f"{doing}: a worker cannot pass an element. The page must post "
                    f"{kind}.fromElement(element) to it."
                )
            target = await settle(getattr(page(), kind), "fromElement", target, doing=doing)
        if realm() != "page":
            await settle(self.js, method, target, doing=doing)
            return
        # Chromium acts on the next picture, and a track without a consumer delivers none.
        # (quirk: chromium-crops-with-the-next-picture)
        video = js.document.createElement("video")
        video.muted = video.autoplay = True
        video.srcObject = page().MediaStream.new(js.Array.of(self.js))
        try:
            await settle(self.js, method, target, doing=doing)
        finally:
            video.srcObject = None

    async def take_photo(self, *, mime_type: str = "image/jpeg") -> Photo:
        """Like `mediarecorder.take_photo`, but from this track. The track and its recordings continue.

        >>> photo = await track.take_photo()

        The call raises `NotFoundError` for an audio track, and `InvalidStateError` for a track that has
        ended.
        """
        from .photo import photograph

        return await photograph(self.js, mime_type)

    def blocks(
        self, seconds: float = 0.02, *, sample_rate: int | None = None, channels: int | None = None
    ) -> AsyncGenerator[AudioSamples, None]:
        """Yield the sound of this track in blocks while it happens; see `MediaStream.blocks`.

        >>> [track] = microphone.audio_tracks
        >>> async for block in track.blocks(0.1, sample_rate=16000):
        ...     print(block.timestamp, block.shape)
        ...     if enough:
        ...         break

        The call raises `NotFoundError` for a video track, and `InvalidStateError` for a track that has ended.
        """
        from .live import blocks

        return blocks([self.js] if self.kind == "audio" else [], seconds, sample_rate, channels)

    def frames(
        self, width: int | None = None, format: PixelFormat = "rgb", *, frame_rate: float | None = None
    ) -> AsyncGenerator[Frame, None]:
        """Yield the newest picture of this track, again and again; see `MediaStream.frames`.

        >>> async for frame in track.frames(width=64, format="gray", frame_rate=10):
        ...     print(frame.timestamp, frame.shape)
        ...     if enough:
        ...         break

        The call raises `NotFoundError` for an audio track, and `InvalidStateError` for a track that has
        ended.
        """
        from .live import frames

        return frames([self.js] if self.kind == "video" else [], width, format, frame_rate)

    def clone(self) -> MediaStreamTrack:
        """A second track of the same source. Stop it separately."""
        with translated("clone"):
            return MediaStreamTrack(self.js.clone())

    def stop(self) -> None:
        """End the track permanently. If it was the last track of its source, the device is released.

        The browser fires no ``ended`` event for this, so all handlers are unregistered here.
        """
        self.js.stop()
        self._end_subscriptions()

    def _on_browser_event(self, event: Any) -> None:
        super()._on_browser_event(event)
        if event.type == "ended":
            self._end_subscriptions()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MediaStreamTrack) and bool(self.js == other.js)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<MediaStreamTrack {self.kind} {self.label!r} {self.ready_state}>"


class TrackEvent(Event):
    """The event of a stream that gained or lost a track."""

    __slots__ = ()

    @property
    def track(self) -> MediaStreamTrack | None:
        """The added or removed track; None if a script made the event."""
        track = getattr(self.js, "track", None)
        return None if is_nullish(track) else MediaStreamTrack(track)
