"""The errors that hold the data recorded before they occurred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import HoldingError, PageUnavailableError

if TYPE_CHECKING:
    from .recording import Recording


class RecordingError(HoldingError):
    """The take ended with an error. `recording` holds all data recorded until then, and `__cause__` is the
    browser's error. A pickle loses `recording`; copies share it."""

    HELD = "recording"

    def __init__(self, message: str = "", recording: Recording | None = None) -> None:
        super().__init__(message)
        self.recording = recording


class PageLostError(RecordingError, PageUnavailableError):
    """The page went away during a take; `recording` holds the data that had arrived from it."""

    @property
    def name(self) -> str:
        return "PageUnavailableError"
