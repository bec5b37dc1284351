"""Every error this library raises. (Those that hold a recording are in failures.py.)

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
    ├── UnknownError
    ├── RecordingError                  .recording
    │   └── PageLostError               also a PageUnavailableError
    ├── BrowserRequiredError
    ├── InsecureContextError
    └── PageUnavailableError

A ``TypeError`` of JavaScript is Python's ``TypeError``. Names and meanings: W3C *Web IDL*, section
"DOMException", and *Media Capture and Streams*, section "getUserMedia()". `RangeError` has its name from
JavaScript.
"""

from __future__ import annotations

from typing import Any


class MediaError(Exception):
    """What went wrong with a device, a stream or a recording, and what to do about it.

    `name` is the DOM name of the error, such as ``"NotAllowedError"``.
    """

    @property
    def name(self) -> str:
        return type(self).__name__


class NotAllowedError(MediaError, PermissionError):
    """The user, the browser's settings or the page's policy refused the device or the screen."""


class NotFoundError(MediaError):
    """There is no device of the kind that was asked for, or no recording of this id in the store."""


class NotReadableError(MediaError):
    """The device is there and allowed, but the operating system or another program keeps it. Or the data of
    a recording is gone."""


class OverconstrainedError(MediaError):
    """No device can do what the constraints demand; `constraint` names the one that failed, if the
    browser tells."""

    def __init__(self, message: str = "", constraint: str = "") -> None:
        super().__init__(message)
        self.constraint = constraint


class NotSupportedError(MediaError):
    """This browser cannot do it."""


class InvalidStateError(MediaError):
    """The call does not fit the present state, such as `stop()` on an inactive recorder."""


class SecurityError(MediaError):
    """The browser's security policy forbids it, such as recording a canvas with foreign pictures."""


class AbortError(MediaError):
    """It was given up before it was done."""


class InvalidModificationError(MediaError):
    """A track was added to or removed from the stream during a take."""


class QuotaExceededError(MediaError, OSError):
    """The storage is full."""


class EncodingError(MediaError):
    """The file is broken, empty or no media file, or what it holds cannot be encoded."""


class RangeError(MediaError, ValueError):
    """A time that is not within the recording."""


class UnknownError(MediaError):
    """An error the browser gives no better name; `name` is the browser's word for it."""

    def __init__(self, message: str = "", name: str = "UnknownError") -> None:
        super().__init__(message)
        self._name = name

    @property
    def name(self) -> str:
        return self._name


class BrowserRequiredError(MediaError):
    """This Python does not run in a browser: the library can be imported here, not used."""


class InsecureContextError(MediaError):
    """The page came over plain http, where browsers hide camera and microphone."""


class PageUnavailableError(MediaError):
    """Python runs in a worker and cannot reach the page, which alone has camera and microphone."""


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
    "NotAllowedError": "It was not allowed. Allow it in the browser's settings for this site "
    "(the icon beside the address) and ask again.",
    "NotFoundError": "No such device was found. Connect one, and check that the system sees it.",
    "NotReadableError": "The device could not be read. Close other programs that use it, or reconnect it.",
    "OverconstrainedError": "No device meets these constraints. Use 'ideal' in place of 'exact', "
    "or leave some out.",
    "SecurityError": "The browser's security policy forbids it.",
    "InvalidModificationError": "A track was added or removed during the take. "
    "To change what is recorded, stop and start again.",
    "QuotaExceededError": "The storage is full. Delete something and try again.",
}

_NOT_OPENED = (
    "The browser gave up opening it. Check that this site may use it, in the browser's settings and in the "
    "system's; where a program shows the page (QtWebEngine), that must grant the permission."
)
"""Advice for an AbortError of getUserMedia: so QtWebEngine says that the permission was denied."""


DATA_GONE = (
    "This recording's data is gone: it was closed or deleted, or replaced when it was recovered, or the data "
    "of this site were cleared. If its store still lists it, open it again."
)


def data_gone(doing: str) -> NotReadableError:
    """What everything says that reads a recording whose data is not there any more."""
    return NotReadableError(f"{doing}: {DATA_GONE}")


def from_browser(error: Any, doing: str = "") -> MediaError | TypeError:
    """The Python exception for an error of the browser.

    Parameters
    ----------
    error
        A DOMException, an `OverconstrainedError`, a `Fault` of the library's own (static/library/fault.js) or
        any other JavaScript error object.
    doing
        What was being done, such as ``"get_user_media"``; it opens the message.
    """
    name = str(getattr(error, "name", "") or "")
    if getattr(error, "isFault", False):  # of the library's own JavaScript: the text is complete
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
