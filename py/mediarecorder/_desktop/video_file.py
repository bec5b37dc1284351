"""A video file, picture by picture, for `cv2.VideoCapture` and imageio."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from .._media.engine import run_in_engine
from ..recording import Recording

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator
    from typing import Self

    from ..frames import Frame, PixelFormat

ROUNDING = 0.001
"""WebM and Matroska round times to this many seconds."""


class VideoFile:
    """The pictures of a file, numbered from 0.

    Attributes
    ----------
    times
        When each picture appears, in seconds from the start of the recording.
    rate
        Pictures per second, on average.
    index
        The number of the next picture.
    """

    def __init__(self, recording: Recording, facts: Any, format: PixelFormat) -> None:
        self.recording = recording
        self.width, self.height = int(facts.width), int(facts.height)
        self.rotation, self.codec = int(facts.rotation), str(facts.codec)
        self.times: list[float] = list(facts.times.to_py())
        self.end = float(facts.end)
        self.rate = _rate(self.times, self.end)
        self.index = 0
        self._format = format
        self._frames: AsyncIterator[Frame] | None = None

    @classmethod
    async def open(cls, path: str | os.PathLike[str], format: PixelFormat, doing: str) -> Self:
        """Open a file of Pyodide's file system."""
        recording = Recording.from_file(path, "video/webm")  # the engine looks at the data itself
        return cls(recording, await run_in_engine(doing, "pictureFacts", recording.blob), format)

    def seek(self, index: int) -> None:
        """Go to a picture, the first or the end if there is none of this number."""
        index = min(max(index, 0), len(self.times))
        if index != self.index:
            self.index, self._frames = index, None

    def nearest(self, seconds: float) -> int:
        """The number of the picture that appears nearest to a time; after the last one, that of the end."""
        place = bisect_left(self.times, seconds)
        before = self.times[place - 1] if place else -math.inf
        after = self.times[place] if place < len(self.times) else before + 1 / (self.rate or 1)
        return place - (seconds - before < after - seconds - 1e-9)

    async def next(self) -> Frame | None:
        """The next picture; None at the end."""
        if self.index >= len(self.times):
            return None
        if self._frames is None:
            self._frames = self.recording.frames(format=self._format, start=self.times[self.index])
        try:
            frame: Frame | None = await anext(self._frames, None)
        except BaseException:
            self._frames = None
            raise
        # The decoder leaves out pictures that are not shown.
        last = math.inf if frame is None else frame.timestamp + ROUNDING / 10
        self.index = bisect_right(self.times, last)
        return frame

    def close(self) -> None:
        self._frames = None
        self.recording.close()


def _rate(times: list[float], end: float) -> float:
    """Pictures per second, without the error of rounded times."""
    if not times:
        return 0.0
    # Not all files state how long their last picture is shown.
    count, length = len(times), end - times[0]
    if end <= times[-1] + ROUNDING:
        count, length = count - 1, times[-1] - times[0]
    if length <= 0:
        return 0.0
    rate = count / length
    whole = round(rate)
    return float(whole) if abs(rate - whole) <= rate * ROUNDING / length else rate
