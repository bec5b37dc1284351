"""Chunks: the data of a recording as the browser delivered it."""

from __future__ import annotations

from typing import Any

from ._reminder import Reminding


class Chunk(Reminding):
    """The data of one ``dataavailable`` event. It stays in the browser until `bytes()` copies it.

    A chunk can be empty. A single chunk is not a file: only all chunks of a take together form one.

    Attributes
    ----------
    js
        The browser's Blob.
    """

    __slots__ = ("js",)

    def __init__(self, blob: Any) -> None:
        self.js = blob

    @property
    def size(self) -> int:
        """Size in bytes."""
        size: int = self.js.size
        return size

    @property
    def mime_type(self) -> str:
        return str(self.js.type)

    async def bytes(self) -> bytes:
        """The data, copied out of the browser once."""
        from .media_file import read

        return await read(self.js)

    def __repr__(self) -> str:
        return f"<Chunk {self.size} bytes, {self.mime_type or 'no type'}>"
