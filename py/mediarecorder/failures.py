"""The errors that hold the data recorded before they occurred."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import MediaError, PageUnavailableError

if TYPE_CHECKING:
    from .recording import Recording


class RecordingError(MediaError):
    """The take ended with an error. `recording` holds all data recorded until then, and `__cause__` is the
    browser's error. A pickle loses `recording`; copies share it."""

    def __init__(self, message: str = "", recording: Recording | None = None) -> None:
        super().__init__(message)
        self.recording = recording

    def __reduce__(self) -> Any:
        # Pickles leave the browser, where the recording's data is.
        return type(self), self.args, {**self.__dict__, "recording": None}

    def __copy__(self) -> RecordingError:
        copied = type(self)(*self.args)
        copied.__dict__.update(self.__dict__)
        return copied

    def __deepcopy__(self, memo: object) -> RecordingError:
        return self.__copy__()


class PageLostError(RecordingError, PageUnavailableError):
    """The page went away during a take; `recording` holds the data that had arrived from it."""

    @property
    def name(self) -> str:
        return "PageUnavailableError"
