"""Still pictures."""

from __future__ import annotations

from typing import Any

from ._host.bridge import page_services
from ._host.browser import js, page, settle
from ._html.attach import noted, shown_at
from ._html.text import figure, file_size
from .errors import InvalidStateError, NotFoundError, NotSupportedError
from .media_file import MediaFile


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
        raise NotFoundError("take_photo: this is an audio track and has no picture")
    if js_track.readyState == "ended":
        raise InvalidStateError("take_photo: the track has ended. Open the camera again.")
    stream = page().MediaStream.new(js.Array.of(js_track))  # only this track, so that nothing else is decoded
    photo = await settle(await page_services(), "photograph", stream, mime_type, doing="take_photo")
    checked_picture_type("take_photo", photo.blob, mime_type)
    return Photo(photo.blob, str(photo.blob.type), int(photo.width), int(photo.height))


def checked_mime_type(mime_type: object) -> None:
    if not isinstance(mime_type, str):
        raise TypeError(f"mime_type must be a string, not {mime_type!r}")


def checked_picture_type(doing: str, blob: Any, wanted: str) -> None:
    """Raise `NotSupportedError` if the browser does not support the type and silently made a PNG."""
    if blob.type != wanted.lower():
        raise NotSupportedError(
            f"{doing}: this browser cannot write {wanted!r}. Use image/jpeg or image/png."
        )
