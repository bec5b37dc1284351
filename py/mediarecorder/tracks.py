"""One camera picture, one microphone, one screen: the tracks of a stream."""

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
from .events import BrowserEventTarget, Event, HandlerAttribute

if TYPE_CHECKING:
    from .photo import Photo


class MediaStreamTrack(BrowserEventTarget):
    """One source of sound or pictures.

    >>> [track] = stream.video_tracks
    >>> track.settings["width"]
    640
    >>> subscription = track.on("ended", lambda event: print("the camera is gone"))

    Parameters
    ----------
    js_track
        The browser's MediaStreamTrack, such as one of a canvas, an AudioContext or a WebRTC connection.

    See https://developer.mozilla.org/docs/Web/API/MediaStreamTrack.
    """

    EVENTS = ("ended", "mute", "unmute")
    onended, onmute, onunmute = HandlerAttribute(), HandlerAttribute(), HandlerAttribute()

    def __init__(self, js_track: Any) -> None:
        require_browser()
        js_track = unwrap(js_track)
        if not (hasattr(js_track, "readyState") and hasattr(js_track, "getSettings")):
            raise TypeError(f"a MediaStreamTrack wraps the browser's own, not {js_track!r}")
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
        """The name of the device, as its maker gave it: a string from outside."""
        return str(self.js.label)

    @property
    def ready_state(self) -> str:
        """``"live"`` or ``"ended"``."""
        return str(self.js.readyState)

    @property
    def muted(self) -> bool:
        """True while the source delivers nothing, through no doing of the page."""
        return bool(self.js.muted)

    @property
    def enabled(self) -> bool:
        """False makes the track silent or black, and it can be made True again."""
        return bool(self.js.enabled)

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self.js.enabled = bool(value)

    @property
    def content_hint(self) -> str:
        """What the track shows, for the encoder: ``""``, ``"speech"``, ``"music"``, ``"motion"``,
        ``"detail"`` or ``"text"`` (W3C *MediaStreamTrack Content Hints*)."""
        return str(getattr(self.js, "contentHint", ""))

    @content_hint.setter
    def content_hint(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(f"content_hint is a string, not {value!r}")
        self.js.contentHint = value

    @property
    def settings(self) -> dict[str, Any]:
        """What the track really has, such as ``{"width": 640, "frame_rate": 30, …}``."""
        return as_dictionary(self.js.getSettings())

    @property
    def capabilities(self) -> dict[str, Any]:
        """What the device could do, such as ``{"width": {"min": 1, "max": 1920}, …}``; empty where the
        browser does not tell."""
        return as_dictionary(self.js.getCapabilities()) if hasattr(self.js, "getCapabilities") else {}

    @property
    def constraints(self) -> dict[str, Any]:
        """What was asked for."""
        return as_dictionary(self.js.getConstraints())

    @property
    def stats(self) -> dict[str, float]:
        """What was delivered, such as ``{"total_frames": 300, "discarded_frames": 2, …}``; of sound durations
        and latencies too, in seconds. Empty where the browser does not count (Firefox).

        >>> track.stats.get("discarded_frames", 0)
        0

        See https://developer.mozilla.org/docs/Web/API/MediaStreamTrack/stats.
        """
        try:
            counted = self.js.stats.toJSON()
        except (AttributeError, JsException):  # there are none, or none of this kind of track
            return {}
        # The specification counts times in milliseconds.
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
        """Ask the device for something else while it runs.

        >>> await track.apply_constraints({"frame_rate": {"ideal": 15}})

        Raises
        ------
        OverconstrainedError
            The device cannot; it goes on as before.
        """
        await settle(self.js, "applyConstraints", js_constraints(constraints), doing="apply_constraints")

    async def crop_to(self, target: Any) -> None:
        """Show of this page's own tab only where an element is, with whatever lies over it; None undoes it.

        A worker gives the ``CropTarget`` that its page has posted. `NotSupportedError` if the track is no
        such tab, or the browser cannot (Firefox, Safari).

        >>> await picture.crop_to(js.document.getElementById("slides"))

        See https://developer.mozilla.org/docs/Web/API/BrowserCaptureMediaStreamTrack/cropTo.
        """
        await self._limit("crop_to", "cropTo", "CropTarget", target)

    async def restrict_to(self, target: Any) -> None:
        """As `crop_to`, without what lies over the element, which needs the style ``isolation: isolate``.

        >>> await picture.restrict_to(js.document.getElementById("slides"))
        """
        await self._limit("restrict_to", "restrictTo", "RestrictionTarget", target)

    async def _limit(self, doing: str, method: str, kind: str, target: Any) -> None:
        if not hasattr(self.js, method):
            raise NotSupportedError(
                f"{doing}: this track is not this page's own tab, or the browser cannot (Chrome and Edge can)"
            )
        target = unwrap(target)
        if hasattr(target, "nodeType"):
            if not hasattr(page(), kind):
                raise NotSupportedError(
                    f"{doing}: an element cannot cross. Let the page post {kind}.fromElement(element)."
                )
            target = await settle(getattr(page(), kind), "fromElement", target, doing=doing)
        if realm() != "page":
            await settle(self.js, method, target, doing=doing)
            return
        # Chromium does it with the next picture, and there is none while nobody watches.
        video = js.document.createElement("video")
        video.muted = video.autoplay = True
        video.srcObject = page().MediaStream.new(js.Array.of(self.js))
        try:
            await settle(self.js, method, target, doing=doing)
        finally:
            video.srcObject = None

    async def take_photo(self, *, mime_type: str = "image/jpeg") -> Photo:
        """As `mediarecorder.take_photo`, of this track, which goes on, as do its recordings.

        >>> photo = await track.take_photo()

        `NotFoundError` if it is sound, `InvalidStateError` if it has ended.
        """
        from .photo import photograph

        return await photograph(self.js, mime_type)

    def clone(self) -> MediaStreamTrack:
        """A second track of the same source, stopped on its own."""
        with translated("clone"):
            return MediaStreamTrack(self.js.clone())

    def stop(self) -> None:
        """End the track and, when it was the source's last, release the device. For good.

        The browser fires no ``ended`` for this, so handlers are unregistered here.
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
    """The event of a stream to which a track came, or from which one went."""

    __slots__ = ()

    @property
    def track(self) -> MediaStreamTrack | None:
        """That track; None of an event that some script made."""
        track = getattr(self.js, "track", None)
        return None if is_nullish(track) else MediaStreamTrack(track)
