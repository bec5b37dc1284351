"""Several takes in one zip file, without copies of their data."""

from __future__ import annotations

from time import localtime
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from js import Array, Blob
from pyodide.ffi import to_js

from mediarecorder.media_file import MediaFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mediarecorder import Recording

ZIP = "application/zip"
PIECE = 4 << 20
"""Bytes of a take that are in Python's memory at a time."""


class Pieces:
    """A file for `ZipFile` to write, as the pieces of a Blob.

    The zip stores each take as it is, so the take's own Blob is a piece. Python reads it only for its
    checksum.
    """

    def __init__(self) -> None:
        self._pieces: dict[int, Any] = {}
        """By their positions: `ZipFile` writes a header again once it knows the checksum."""
        self._at = 0
        self._passing = False

    def tell(self) -> int:
        return self._at

    def seek(self, place: int, whence: int = 0) -> int:
        self._at = place
        return place

    def flush(self) -> None:
        pass

    def write(self, data: Any) -> int:
        size = len(data)
        if not self._passing and size:
            self._pieces[self._at] = to_js(bytes(data))
        self._at += size
        return size

    def pass_by(self, blob: Any) -> None:
        """The next bytes up to `resume()` are those of this Blob."""
        self._pieces[self._at] = blob
        self._passing = True

    def resume(self) -> None:
        self._passing = False

    def blob(self) -> Any:
        return Blob.new(Array.of(*(self._pieces[place] for place in sorted(self._pieces))), type=ZIP)


async def archive(files: Sequence[tuple[str, Recording]], told: Callable[[float], None]) -> MediaFile:
    """A zip file with these recordings under these names. Equal names get numbers."""
    pieces, done, names = Pieces(), 0, set[str]()
    whole = sum(recording.size for _, recording in files) or 1
    with ZipFile(pieces, "w", ZIP_STORED) as archive:  # type: ignore[arg-type]
        for name, recording in files:
            entry = ZipInfo(free(name, names), date(recording.started_at))
            entry.file_size = recording.size  # decides whether its header has room for 64-bit sizes
            with archive.open(entry, "w") as file:
                if recording.size:
                    pieces.pass_by(recording.blob)
                async for piece in recording.iter_bytes(PIECE):
                    file.write(piece)
                    done += len(piece)
                    told(done / whole)
                pieces.resume()
    return MediaFile(pieces.blob(), ZIP)


def date(seconds: float) -> tuple[int, ...]:
    """A time since 1970, as a zip file has it: not before 1980, though the clock of a device may say so.

    >>> date(0), date(1_000_000_000)[0]
    ((1980, 1, 1, 0, 0, 0), 2001)
    """
    return max((1980, 1, 1, 0, 0, 0), tuple(localtime(seconds)[:6]))


def free(name: str, names: set[str]) -> str:
    """The name, or the name with a number if it is taken.

    >>> names = {"take.webm"}
    >>> free("take.webm", names), free("take.webm", names), free("other.webm", names)
    ('take-2.webm', 'take-3.webm', 'other.webm')
    """
    stem, _, extension = name.rpartition(".")
    number, wanted = 1, name
    while wanted in names:
        number += 1
        wanted = f"{stem}-{number}.{extension}"
    names.add(wanted)
    return wanted
