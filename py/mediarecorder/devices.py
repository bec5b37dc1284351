"""`navigator.mediaDevices` with Python names.

The import of the library waits for this module, and a click is valid for a moment only. So this module
imports what a request needs until the browser asks the user, and neither errors nor streams.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ._constraints import as_dictionary, js_request, snake_case
from ._host.browser import IN_BROWSER, answer, ask, is_nullish, js, page, realm, settle, to_python, translated
from ._reminder import Reminding
from .event_target import BrowserEventTarget, HandlerAttribute

if TYPE_CHECKING:
    from typing import Literal

    from .errors import NotSupportedError
    from .streams import MediaStream


MEDIA = {"audioinput": "audio", "videoinput": "video"}
"""The arguments of `get_user_media`, by the kinds of their devices."""


class MediaDeviceInfo(Reminding):
    """A camera, microphone or loudspeaker. `label` and `device_id` are empty until the user has allowed the
    page to use a device once.

    See https://developer.mozilla.org/docs/Web/API/MediaDeviceInfo.
    """

    def __init__(self, js_info: Any) -> None:
        self.js = js_info

    @property
    def device_id(self) -> str:
        return str(self.js.deviceId)

    @property
    def group_id(self) -> str:
        """The id that the microphone and the camera of one physical device share."""
        return str(self.js.groupId)

    @property
    def kind(self) -> Literal["audioinput", "videoinput", "audiooutput"]:
        kind: Literal["audioinput", "videoinput", "audiooutput"] = self.js.kind
        return kind

    @property
    def label(self) -> str:
        """The device's name. Treat it as untrusted text."""
        return str(self.js.label)

    @property
    def capabilities(self) -> dict[str, Any]:
        """The values that the device supports, like `MediaStreamTrack.capabilities`, without opening it.

        >>> [info.capabilities for info in await media_devices.enumerate_devices()]
        """
        return as_dictionary(self.js.getCapabilities()) if hasattr(self.js, "getCapabilities") else {}

    def get_capabilities(self) -> dict[str, Any]:
        """The method of the specification; the same as `capabilities`."""
        return self.capabilities

    async def open(self) -> MediaStream:
        """Open exactly this device.

        >>> [info, *_] = [d for d in await media_devices.enumerate_devices() if d.kind == "videoinput"]
        >>> stream = await info.open()
        """
        return await media_devices.get_user_media(**self._request())

    def _request(self) -> dict[str, Any]:
        """The arguments of `get_user_media` that select exactly this device."""
        if self.kind == "audiooutput":
            raise _unsupported(f"{self.label or 'This device'} is an output device and cannot be recorded")
        if not self.device_id:
            from .errors import NotAllowedError

            raise NotAllowedError(
                "The browser hides the names of its devices until the user has allowed the page to use one. "
                "Call get_user_media first, then enumerate_devices again."
            )
        return {MEDIA[self.kind]: {"device_id": {"exact": self.device_id}}}

    def __repr__(self) -> str:
        return f"<MediaDeviceInfo {self.kind} {self.label!r}>"


class MediaDevices(BrowserEventTarget):
    """The devices of the page. `media_devices` is the only object of this class.

    See https://developer.mozilla.org/docs/Web/API/MediaDevices.
    """

    EVENTS = ("devicechange",)
    ondevicechange = HandlerAttribute()

    @property
    def js(self) -> Any:
        """The browser's MediaDevices; in a worker, ``await connect()`` first."""
        devices = getattr(page().navigator, "mediaDevices", None)
        if is_nullish(devices) or not hasattr(devices, "getUserMedia"):
            from ._host.features import no_media_devices

            raise no_media_devices()
        return devices

    async def get_user_media(self, *, audio: Any = False, video: Any = False) -> MediaStream:
        """Open a microphone, a camera or both; the browser asks the user first.

        Parameters
        ----------
        audio, video
            True, or a dictionary of constraints with snake_case or camelCase keys:
            ``video={"width": {"ideal": 1280}, "facing_mode": "user"}``.

        Raises
        ------
        NotAllowedError, NotFoundError, NotReadableError, OverconstrainedError
            Access was refused; no such device exists; the device is in use elsewhere; no device meets the
            constraints.
        TypeError
            Neither audio nor video was requested.

        See https://developer.mozilla.org/docs/Web/API/MediaDevices/getUserMedia.
        """
        request = js_request(audio, video)
        await _reach_page()
        stream = await self._open("getUserMedia", request, "get_user_media")
        if realm() == "page":
            _keep_consumed(stream.js)
        return stream

    async def get_display_media(
        self, *, audio: Any = False, video: Any = True, focus: bool | None = None, **options: Any
    ) -> MediaStream:
        """Let the user choose a screen, a window or a tab. Call it from a click or key handler.

        Parameters
        ----------
        audio, video
            As for `get_user_media`. Whether the stream has sound depends on the user's choice.
        focus
            True brings the chosen window or tab to the front; False keeps this page in front. It has an
            effect only in browsers with a ``CaptureController``.
        **options
            The browser's other options in snake_case, such as ``prefer_current_tab=True``. JavaScript objects
            are passed through: ``controller=js.CaptureController.new()``.

        >>> screen = await media_devices.get_display_media(focus=False)

        Raises
        ------
        NotAllowedError
            The user cancelled the choice.
        InvalidStateError
            The call did not come from a click or key handler.
        NotSupportedError
            The browser cannot share a screen with a page (phones cannot), or a worker passed a `controller`.

        See https://developer.mozilla.org/docs/Web/API/MediaDevices/getDisplayMedia.
        """
        if focus is not None and not isinstance(focus, bool):
            raise TypeError(f"focus must be True, False or None, not {focus!r}")
        if realm() == "worker" and options.get("controller") is not None:
            raise _unsupported(
                "get_display_media: a worker cannot pass a controller to the page. Use focus=True or "
                "focus=False."
            )
        request = js_request(audio, video, options)
        await _reach_page()
        if not hasattr(self.js, "getDisplayMedia"):
            raise _unsupported(
                "This browser cannot share the screen with a page (phones cannot). Use a computer."
            )
        if focus is not None:
            _set_focus(request, focus)
        return await self._open("getDisplayMedia", request, "get_display_media")

    async def _open(self, method: str, request: Any, doing: str) -> MediaStream:
        # A click is valid for a moment only, so nothing is awaited or imported before this call.
        asked = ask(self.js, method, request, doing=doing)
        from .streams import MediaStream  # imported while the browser opens the device

        opening = asyncio.ensure_future(answer(asked, doing))
        try:
            return MediaStream(await asyncio.shield(opening))
        except asyncio.CancelledError:
            # A page cannot withdraw the browser's prompt. If the user allows it later, release the devices
            # then.
            opening.add_done_callback(_release)
            raise
        except Exception as error:
            from ._host.features import explained

            raise explained(error, method, request, doing) from None

    async def enumerate_devices(self) -> list[MediaDeviceInfo]:
        """All cameras, microphones and loudspeakers, in the browser's order: the default devices come
        first."""
        await _reach_page()
        infos = await settle(self.js, "enumerateDevices", doing="enumerate_devices")
        return [MediaDeviceInfo(info) for info in infos]

    @property
    def supported_constraints(self) -> frozenset[str]:
        """The names of the constraints that this browser supports, in snake_case."""
        supported = to_python(self.js.getSupportedConstraints())
        return frozenset(snake_case(name) for name, known in supported.items() if known)

    def get_supported_constraints(self) -> frozenset[str]:
        """The method of the specification; the same as `supported_constraints`."""
        return self.supported_constraints

    async def permission(
        self, name: Literal["camera", "microphone"]
    ) -> Literal["granted", "denied", "prompt"]:
        """Whether the page may use cameras or microphones. The call does not ask the user.

        ``"prompt"`` means that the browser will ask the user, or that it does not report the permission.
        """
        from ._host.features import permission

        if name not in ("camera", "microphone"):
            raise ValueError(f'permission: the name must be "camera" or "microphone", not {name!r}')
        await _reach_page()
        return await permission(self.js, name)

    def __repr__(self) -> str:
        return "<MediaDevices>" if IN_BROWSER else "<MediaDevices, outside a browser>"


async def _reach_page() -> None:
    """Connect a worker to its page. (A page needs no bridge, so it does not import the module.)"""
    if realm() == "worker":
        from ._host.bridge import ensure_connected

        await ensure_connected()


def _keep_consumed(js_stream: Any) -> None:
    """Read each camera as long as it is open. Otherwise, once a recorder or a loop in this tab has ended, the
    browser would give no other tab a picture. (quirk: chromium-starves-other-tabs)

    For a worker, the page does it (bridge/session.js).
    """
    if hasattr(js, "MediaStreamTrackProcessor"):
        for track in js_stream.getVideoTracks():
            if track.readyState == "live":
                processor = js.MediaStreamTrackProcessor.new(track=track, maxBufferSize=1)
                # The attribute keeps the reader from being collected. It reads nothing: it holds one picture.
                track.mediarecorderReader = processor.readable.getReader()


def _unsupported(message: str) -> NotSupportedError:
    from .errors import NotSupportedError

    return NotSupportedError(message)


def _set_focus(request: Any, focus: bool) -> None:
    """Set which window gets the focus. This must happen before the user has chosen."""
    if not hasattr(page(), "CaptureController"):
        return
    if not hasattr(request, "controller"):
        request.controller = page().CaptureController.new()
    with translated("get_display_media"):
        request.controller.setFocusBehavior("focus-captured-surface" if focus else "no-focus-change")


def _release(opening: asyncio.Future[Any]) -> None:
    if not opening.cancelled() and not opening.exception():
        for track in opening.result().getTracks():
            track.stop()


media_devices = MediaDevices()
