"""What a take leaves behind."""

from __future__ import annotations

import time
from typing import Any

from .blobs import MediaFile
from .chunk import Chunk
from .display import clock, escape, figure, file_size


class Recording(MediaFile):
    """Everything that was recorded in one take.

    The data stays in the browser, as the Blob `blob`, until you ask for it.

    >>> recorder.start()
    >>> recording = await recorder.stop()
    >>> recording.mime_type, recording.extension
    ('audio/webm;codecs=opus', 'webm')
    >>> data = await recording.bytes()
    >>> await recording.save("interview")
    'interview.webm'

    See https://developer.mozilla.org/docs/Web/API/MediaStream_Recording_API.
    """

    def __init__(
        self,
        blob: Any,
        mime_type: str,
        *,
        duration: float = 0.0,
        started_at: float = 0.0,
        js_chunks: Any = (),
    ) -> None:
        super().__init__(blob, mime_type)
        self._duration = duration
        self._started_at = started_at
        self._js_chunks = js_chunks

    @property
    def duration(self) -> float:
        """Seconds recorded, pauses left out, by the recorder's own events."""
        return self._duration

    @property
    def started_at(self) -> float:
        """When recording began: seconds since 1970, as `time.time()` counts them."""
        return self._started_at

    @property
    def chunks(self) -> list[Chunk]:
        """The pieces in the order the browser delivered them; together they are the file."""
        return [Chunk(blob) for blob in self._js_chunks]

    def _default_name(self) -> str:
        return time.strftime("recording-%Y-%m-%d-%H-%M-%S", time.localtime(self._started_at))

    @property
    def is_video(self) -> bool:
        """True when the container is a video container."""
        return self._mime_type.startswith("video/")

    def _repr_html_(self) -> str:
        """A player with length, size, type and a download link. Its address lives until `close()`."""
        tag, width = ("video", ' width="640"') if self.is_video else ("audio", "")
        player = (
            f'<{tag} controls playsinline preload="metadata"{width} src="{escape(self.url)}" '
            f'aria-label="Recording of {clock(self.duration)}"></{tag}>'
        )
        facts = [clock(self.duration), file_size(self.size), self.mime_type or "unknown type"]
        return figure(player, facts, self.url, self._file_name(None))

    def __repr__(self) -> str:
        return f"<Recording {self.duration:.2f} s, {self.size} bytes, {self.mime_type or 'no type'}>"
