"""What every file held by the browser can do: recordings and photos stand on it."""

from __future__ import annotations

import binascii
import contextlib
import re
from typing import TYPE_CHECKING, Any

from ._host.bridge import page_services
from ._host.browser import js, realm, settle, translated
from ._html.display import Displayed
from .errors import AbortError, MediaError, NotFoundError, NotReadableError, data_gone
from .formats import EXTENSIONS
from .outcome import Outcome

if TYPE_CHECKING:
    import builtins
    import os
    from collections.abc import AsyncIterator, Iterator
    from typing import NoReturn, Self


async def read(blob: Any, doing: str = "read") -> bytes:
    """The content of a browser's Blob, copied once.

    Raises
    ------
    NotReadableError
        The file where it lies is gone.
    """
    with of_file(doing):
        buffer = await blob.arrayBuffer()
        data: bytes = buffer.to_bytes()
        return data


def data_url(mime_type: str, data: bytes) -> str:
    """The data as an address. Without codecs: their comma would end the type."""
    return f"data:{mime_type.split(';')[0]};base64,{binascii.b2a_base64(data, newline=False).decode()}"


@contextlib.contextmanager
def of_file(doing: str) -> Iterator[None]:
    """What the browser says of devices, said of the data of a file."""
    try:
        with translated(doing):
            yield
    except (AbortError, NotFoundError, NotReadableError) as error:  # the first one in Firefox
        raise data_gone(doing) from error


class Embedded(Displayed):
    """A player or picture that has the data itself: what `embed()` of a recording or photo returns."""

    def __init__(self, html: str, text: str) -> None:
        self._html = html
        self._text = text

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


class MediaFile(Displayed):
    """A file in the browser's hands: a Blob, its type, and ways to get at it.

    The data stays in the browser until `bytes()` or `iter_bytes()` asks for it.
    """

    embed_limit = 1_000_000
    """Bytes up to which the data itself is in what a notebook shows and saves; 0: never."""

    def __init__(self, blob: Any, mime_type: str) -> None:
        self._blob = blob
        self._mime_type = mime_type
        self._url: str | None = None

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"the data of a {type(self).__name__} is in the browser: pickle what `await bytes()` returns"
        )

    @property
    def blob(self) -> Any:
        """The browser's Blob (https://developer.mozilla.org/docs/Web/API/Blob)."""
        return self._blob

    @property
    def mime_type(self) -> str:
        """Container and codecs, such as ``"video/webm;codecs=vp8,opus"``, as the data itself says."""
        return self._mime_type

    @property
    def extension(self) -> str:
        """The usual ending of a file name, without the dot: ``"webm"``, ``"mp4"``, ``"jpg"``."""
        container = self._mime_type.split(";")[0].strip().lower()
        return EXTENSIONS.get(container, container.rpartition("/")[2]) or "bin"

    @property
    def size(self) -> int:
        """Size in bytes."""
        return int(self._blob.size)

    async def bytes(self) -> bytes:
        """The whole file, copied out of the browser once.

        Raises
        ------
        NotReadableError
            The data is gone: the recording was closed or deleted, or the data of this site were cleared.
            Everything else that reads a recording raises it then, too.
        """
        return await read(self._blob)

    async def iter_bytes(self, size: int = 1 << 20) -> AsyncIterator[builtins.bytes]:
        """The file in pieces of `size` bytes, the last one shorter; only one piece is in memory at a time.

        >>> async for part in recording.iter_bytes(65536):
        ...     upload(part)
        """
        if isinstance(size, bool) or not isinstance(size, int):
            raise TypeError(f"size is a number of bytes, not {size!r}")
        if size < 1:
            raise ValueError(f"size must be at least 1 byte, not {size}")
        for start in range(0, self.size, size):
            yield await read(self._blob.slice(start, start + size))

    @property
    def url(self) -> str:
        """A ``blob:`` address that a player or a link of this page can use, until `close()`."""
        if self._url is None:
            self._url = str(js.URL.createObjectURL(self._blob))
        return self._url

    async def embed(self) -> Embedded:
        """What shows it in a saved notebook too, whatever its size: the data itself is in the HTML.

        The notebook grows by four thirds of `size`, and a poster. Up to `embed_limit` bytes (1 MB) it does so
        by itself where Python runs in a worker, as it does in notebooks.

        Raises
        ------
        NotReadableError
            The data is gone.

        See https://developer.mozilla.org/docs/Web/URI/Reference/Schemes/data.

        >>> player = await recording.embed()
        >>> "data:audio/webm;base64," in player._repr_html_()
        True
        """
        data = data_url(self._mime_type, await read(self._blob, "embed"))
        await self._prepare()
        return Embedded(self._html(data), f"<Embedded {self!r}>")

    async def _prepare(self) -> None:
        """Find out what there is to show of it."""

    def _html(self, data: str) -> str:
        """It as it shows itself, with the ``data:`` address that it has there, if any."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """Itself with its facts and a download link, which works until `close()`."""
        data = ""
        # What the page's own Python shows is saved nowhere, and may meet a policy without data:.
        if realm() == "worker" and self.size <= self.embed_limit:
            with contextlib.suppress(MediaError), translated("embed"):
                read_at_once = js.FileReaderSync.new().readAsArrayBuffer(self._blob)
                data = data_url(self._mime_type, read_at_once.to_bytes())
        return self._html(data)

    def close(self) -> None:
        """Release the `url`. The data can still be read; a later `url` is a new one."""
        if self._url is not None:
            js.URL.revokeObjectURL(self._url)
            self._url = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def save(self, name: str | None = None, *, pick: bool = False) -> Outcome[str]:
        """Give the file to the user: a download, awaited or not.

        Parameters
        ----------
        name
            The file's name; without one, kind and time. The ending is added when there is none.
        pick
            Open the browser's dialogue to choose the place. Where a browser has none (Firefox, Safari)
            it is a download.

        Returns
        -------
        Outcome[str]
            Await it for the name. With `pick` it waits until the file is written, and raises `AbortError`
            when the user closed the dialogue. It raises `NotReadableError` when the data is gone.

        Examples
        --------
        >>> await recording.save("interview")
        'interview.webm'
        """
        return Outcome._running(self._save(self.file_name(name), pick))

    def file_name(self, name: str | None = None) -> str:
        """The name that `save()` gives it: with the ending of its container, unless it has one."""
        if name is None:
            name = self._default_name()
        if not isinstance(name, str):
            raise TypeError(f"a file name is a string, not {name!r}")
        if not name.strip():
            raise ValueError("the file name is empty")
        # "Meeting 12.05.2026" and "v1.2 take" have no ending.
        return name if re.search(r"[^.]\.(?=\w*[^\W\d_])[^\W_]{1,5}$", name) else f"{name}.{self.extension}"

    def _default_name(self) -> str:
        return "file"

    async def _save(self, name: str, pick: bool) -> str:
        services = await page_services()
        # Browsers report a failed download to the user only. And after a download of data that is gone,
        # `enumerateDevices` never settles in Firefox (153), in any page of that site.
        await read(self._blob.slice(0, 1), "save")
        return str(await settle(services, "save", self._blob, name, bool(pick), doing="save"))

    async def write_to(self, path: str | os.PathLike[str]) -> None:
        """Write the file into Pyodide's file system, piece by piece.

        >>> await recording.write_to("/tmp/take.webm")
        """
        with open(path, "wb") as file:
            async for part in self.iter_bytes():
                file.write(part)
