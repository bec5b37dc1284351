"""Still pictures."""

from __future__ import annotations

import asyncio
from typing import Any

from ._host.browser import js, js_object, page, realm, settle, translated
from ._host.canvas import require_readable
from ._html.attach import noted, shown_at
from ._html.text import figure, file_size
from .errors import InvalidStateError, NotFoundError, NotReadableError, NotSupportedError
from .media_file import MediaFile

FIRST_FRAME = 10
"""Seconds to wait for the first frame of a camera."""


class Photo(MediaFile):
    """A still picture. It displays itself in a notebook.

    >>> photo = await take_photo()
    >>> photo.width, photo.height, photo.mime_type
    (640, 480, 'image/jpeg')
    >>> await photo.save("me")
    'me.jpg'

    Attributes
    ----------
    width, height
        Pixels.
    """

    def __init__(self, blob: Any, mime_type: str, width: int, height: int) -> None:
        super().__init__(blob, mime_type)
        self.width = width
        self.height = height

    def _default_name(self) -> str:
        return "photo"

    def _html(self, data: str) -> str:
        picture = f'<img{shown_at(self.url, data)} alt="Photo" width="{self.width}" height="{self.height}">'
        picture = noted(picture, embedded=bool(data), verb="see it")
        facts = [f"{self.width} × {self.height}", file_size(self.size), self.mime_type]
        return figure(picture, facts, self.url, self.file_name())

    def __repr__(self) -> str:
        return f"<Photo {self.width} x {self.height}, {self.size} bytes, {self.mime_type}>"


async def photograph(js_track: Any, mime_type: str) -> Photo:
    """One frame of a track."""
    checked_mime_type(mime_type)
    if js_track.kind != "video":
        raise NotFoundError("take_photo: this track is sound and has no picture")
    if js_track.readyState == "ended":
        raise InvalidStateError("take_photo: the track has ended. Open the camera again.")
    stream = page().MediaStream.new(js.Array.of(js_track))  # alone, so that nothing else is decoded
    if realm() == "page":
        blob, width, height = await _drawn(stream, mime_type)
    else:
        photo = await settle(page().services, "photograph", stream, mime_type, doing="take_photo")
        blob, width, height = photo.blob, int(photo.width), int(photo.height)
    checked_picture_type("take_photo", blob, mime_type)
    return Photo(blob, str(blob.type), width, height)


def checked_mime_type(mime_type: object) -> None:
    if not isinstance(mime_type, str):
        raise TypeError(f"mime_type must be a string, not {mime_type!r}")


async def _drawn(js_stream: Any, mime_type: str) -> tuple[Any, int, int]:
    """By way of a video element and a canvas (quirk: firefox-has-no-image-capture)."""
    require_readable("take_photo")
    video = js.document.createElement("video")
    video.muted = video.playsInline = True
    video.srcObject = js_stream
    try:
        # `play()` is done when there is a frame. A camera that never delivers one must not hang us.
        await asyncio.wait_for(settle(video, "play", doing="take_photo"), FIRST_FRAME)
        width, height = int(video.videoWidth), int(video.videoHeight)
        with translated("take_photo"):
            canvas = js.OffscreenCanvas.new(width, height)
            canvas.getContext("2d").drawImage(video, 0, 0)
    except TimeoutError:
        raise NotReadableError(
            f"take_photo: the camera delivered no picture within {FIRST_FRAME} s"
        ) from None
    finally:
        video.srcObject = None
    blob = await settle(canvas, "convertToBlob", js_object({"type": mime_type}), doing="take_photo")
    return blob, width, height


def checked_picture_type(doing: str, blob: Any, wanted: str) -> None:
    """Raise `NotSupportedError` if the browser does not support the type and silently made a PNG."""
    if blob.type != wanted.lower():
        raise NotSupportedError(
            f"{doing}: this browser cannot write {wanted!r}. Use image/jpeg or image/png."
        )
