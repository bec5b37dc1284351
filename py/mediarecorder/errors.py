"""Every error this library raises. (The errors that hold a recording are in failures.py.)

    MediaError                          .name is the DOM name
    ├── NotAllowedError                 also a PermissionError
    ├── NotFoundError
    ├── NotReadableError
    ├── OverconstrainedError            .constraint
    ├── NotSupportedError
    ├── InvalidStateError
    ├── SecurityError
    ├── AbortError
    ├── InvalidModificationError
    ├── QuotaExceededError              also an OSError
    ├── EncodingError
    ├── RangeError                      also a ValueError
    ├── UploadError                     .status, .response
    ├── UnknownError
    ├── RecordingError                  .recording
    │   └── PageLostError               also a PageUnavailableError
    ├── BrowserRequiredError
    ├── InsecureContextError
    └── PageUnavailableError

A ``TypeError`` of JavaScript is Python's ``TypeError``. Names and meanings: W3C *Web IDL*, section
"DOMException", and *Media Capture and Streams*, section "getUserMedia()". The name `RangeError` comes from
JavaScript.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing import Self


class MediaError(Exception):
    """The base class of this library's errors. The message says what went wrong and what to do about it.

    `name` is the DOM name of the error, such as ``"NotAllowedError"``.
    """

    @property
    def name(self) -> str:
        return type(self).__name__


class NotAllowedError(MediaError, PermissionError):
    """The user, the browser's settings or the page's policy refused the device or the screen."""


class NotFoundError(MediaError):
    """No device of the requested kind exists, or the store has no recording with this id."""


class NotReadableError(MediaError):
    """The device exists and is allowed, but the operating system or another program holds it. Also raised
    when the data of a recording is gone."""


class OverconstrainedError(MediaError):
    """No device meets the constraints. `constraint` names the one that failed, if the browser reports it."""

    def __init__(self, message: str = "", constraint: str = "") -> None:
        super().__init__(message)
        self.constraint = constraint


class NotSupportedError(MediaError):
    """This browser does not support the operation."""


class InvalidStateError(MediaError):
    """The call is not allowed in the current state, such as `stop()` on an inactive recorder."""


class SecurityError(MediaError):
    """The browser's security policy forbids the operation, such as recording a canvas that holds images of
    another origin."""


class AbortError(MediaError):
    """The operation was aborted before it completed."""


class InvalidModificationError(MediaError):
    """A track was added to or removed from the stream during a take."""


class QuotaExceededError(MediaError, OSError):
    """The storage is full."""


class EncodingError(MediaError):
    """The file is broken, empty or not a media file, or its content cannot be encoded."""


class RangeError(MediaError, ValueError):
    """A time lies outside the recording."""


class HoldingError(MediaError):
    """An error that holds an object of the browser as `HELD`. A pickle loses it; copies share it."""

    HELD: ClassVar[str]

    def __reduce__(self) -> Any:
        # Pickles leave the browser, where the object is.
        return type(self), self.args, {**self.__dict__, self.HELD: None}

    def __copy__(self) -> Self:
        copied = type(self)(*self.args)
        copied.__dict__.update(self.__dict__)
        return copied

    def __deepcopy__(self, memo: object) -> Self:
        return self.__copy__()


class UploadError(HoldingError):
    """A server did not take a recording. The recording is unchanged.

    Attributes
    ----------
    status
        The HTTP status of the server's answer; None if there was no answer.
    response
        That answer, a `Response`, or None.
    """

    HELD = "response"

    def __init__(self, message: str = "", response: Any = None) -> None:
        super().__init__(message)
        self.response = response
        self.status = response.status if response else None


class UnknownError(MediaError):
    """An error that matches no other class; `name` is the name that the browser gave it."""

    def __init__(self, message: str = "", name: str = "UnknownError") -> None:
        super().__init__(message)
        self._name = name

    @property
    def name(self) -> str:
        return self._name


class BrowserRequiredError(MediaError):
    """Python does not run in a browser. The library can be imported here, but not used."""


class InsecureContextError(MediaError):
    """The page was loaded over plain http, where browsers hide camera and microphone."""


class PageUnavailableError(MediaError):
    """Python runs in a worker and cannot reach the page. Only the page has access to camera and
    microphone."""


_BY_NAME: dict[str, type[MediaError]] = {
    error.__name__: error
    for error in (
        NotAllowedError,
        NotFoundError,
        NotReadableError,
        OverconstrainedError,
        NotSupportedError,
        InvalidStateError,
        SecurityError,
        AbortError,
        InvalidModificationError,
        QuotaExceededError,
        EncodingError,
        RangeError,
        PageUnavailableError,
    )
}

_ADVICE: dict[str, str] = {
    "NotAllowedError": "Permission was denied. Allow access in the browser's settings for this site "
    "(the icon beside the address) and ask again.",
    "NotFoundError": "No such device was found. Connect one, and check that the system sees it.",
    "NotReadableError": "The device could not be read. Close other programs that use it, or reconnect it.",
    "OverconstrainedError": "No device meets these constraints. Use 'ideal' in place of 'exact', "
    "or leave some out.",
    "SecurityError": "The browser's security policy forbids this.",
    "InvalidModificationError": "A track was added or removed during the take. "
    "To change what is recorded, stop and start again.",
    "QuotaExceededError": "The storage is full. Delete something and try again.",
}

_NOT_OPENED = (
    "The browser gave up opening the device. Check that the settings of the browser and of the system allow "
    "this site to use it. If a program shows the page (QtWebEngine), that program must grant the permission."
)
"""Advice for an AbortError of getUserMedia, with which QtWebEngine reports that the permission was denied."""


DATA_GONE = (
    "This recording's data is gone: the recording was closed, deleted, or replaced by its recovery, the data "
    "of this site was cleared, or it was too much for a private window (2 GB in Chromium). If its store "
    "still lists the recording, open it again."
)


def data_gone(doing: str) -> NotReadableError:
    """The error of every call that reads a recording whose data no longer exists."""
    return NotReadableError(f"{doing}: {DATA_GONE}")


def from_browser(error: Any, doing: str = "") -> MediaError | TypeError:
    """The Python exception for an error of the browser.

    Parameters
    ----------
    error
        A DOMException, an `OverconstrainedError`, one of the library's own `Fault` objects
        (static/library/fault.js) or any other JavaScript error object.
    doing
        The operation that failed, such as ``"get_user_media"``. The message starts with it.
    """
    name = str(getattr(error, "name", "") or "")
    if getattr(error, "isFault", False):  # thrown by the library's own JavaScript: the text is complete
        return _BY_NAME[name](f"{doing}: {error.message or DATA_GONE}")
    said = str(getattr(error, "message", "") or "").strip()
    constraint = str(getattr(error, "constraint", "") or "")
    advice = _ADVICE.get(name, "")
    if name == "AbortError" and doing in ("get_user_media", "get_display_media"):
        advice = _NOT_OPENED
    parts = [advice, f"The browser says: {said}" if said else ""]
    if name == "OverconstrainedError" and constraint:
        parts.insert(1, f"The constraint that failed: {constraint}.")
    text = " ".join(part for part in parts if part) or name or str(error)
    message = f"{doing}: {text}" if doing else text
    if name == "TypeError":
        return TypeError(message)
    if name == "OverconstrainedError":
        return OverconstrainedError(message, constraint)
    kind = _BY_NAME.get(name)
    return kind(message) if kind else UnknownError(message, name or "UnknownError")
