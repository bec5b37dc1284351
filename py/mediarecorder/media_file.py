"""Files that the browser holds: the base of recordings and photos."""

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
    """The content of the browser's Blob, copied once.

    Raises
    ------
    NotReadableError
        The file behind it is gone.
    """
    with of_file(doing):
        buffer = await blob.arrayBuffer()
        data: bytes = buffer.to_bytes()
        return data


def data_url(mime_type: str, data: bytes) -> str:
    """The data as a ``data:`` URL, without codecs, because their comma would end the type."""
    return f"data:{mime_type.split(';')[0]};base64,{binascii.b2a_base64(data, newline=False).decode()}"


@contextlib.contextmanager
def of_file(doing: str) -> Iterator[None]:
    """Replace the browser's errors, whose texts are about devices, with one about the data of a file."""
    try:
        with translated(doing):
            yield
    except (AbortError, NotFoundError, NotReadableError) as error:  # quirk: firefox-aborts-reading-gone-data
        raise data_gone(doing) from error


class Embedded(Displayed):
    """A player or picture that contains its data: the result of `embed()` of a recording or photo."""

    def __init__(self, html: str, text: str) -> None:
        self._html = html
        self._text = text

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


class MediaFile(Displayed):
    """A file that the browser holds: a Blob, its type, and ways to read, show and save it.

    The data stays in the browser until `bytes()` or `iter_bytes()` copies it.
    """

    embed_limit = 1_000_000
    """Embed the data of files up to this size, in bytes, in a notebook's output; 0 means never."""

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
            f"the data of a {type(self).__name__} is in the browser: pickle the result of `await bytes()`"
        )

    @property
    def blob(self) -> Any:
        """The browser's Blob (https://developer.mozilla.org/docs/Web/API/Blob)."""
        return self._blob

    @property
    def mime_type(self) -> str:
        """Container and codecs, such as ``"video/webm;codecs=vp8,opus"``, according to the data itself."""
        return self._mime_type

    @property
    def extension(self) -> str:
        """The usual file extension, without the dot: ``"webm"``, ``"mp4"``, ``"jpg"``."""
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
            The data is gone: the recording was closed or deleted, or the data of this site was cleared. All
            other methods that read the data raise the same error.
        """
        return await read(self._blob)

    async def iter_bytes(self, size: int = 1 << 20) -> AsyncIterator[builtins.bytes]:
        """The file in pieces of `size` bytes; the last one may be shorter. Memory holds one piece at a time.

        >>> async for part in recording.iter_bytes(65536):
        ...     upload(part)
        """
        if isinstance(size, bool) or not isinstance(size, int):
            raise TypeError(f"size must be a number of bytes, not {size!r}")
        if size < 1:
            raise ValueError(f"size must be at least 1 byte, not {size}")
        for start in range(0, self.size, size):
            yield await read(self._blob.slice(start, start + size))

    @property
    def url(self) -> str:
        """A ``blob:`` URL that players and links in this page can use until `close()`."""
        if self._url is None:
            self._url = str(js.URL.createObjectURL(self._blob))
        return self._url

    async def embed(self) -> Embedded:
        """A display that also works in a saved notebook, for any size: the HTML contains the data.

        The notebook grows by four thirds of `size`, plus a poster. If Python runs in a worker, as in
        notebooks, files of up to `embed_limit` bytes (1 MB) are embedded automatically.

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
        """Prepare the preview, if the file has one."""

    def _html(self, data: str) -> str:
        """The HTML of the display, with a ``data:`` URL if one is given."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """The player or picture, its facts, and a download link, which works until `close()`."""
        data = ""
        # Output of Python in the page is not saved, and the page's policy may forbid data:.
        if realm() == "worker" and self.size <= self.embed_limit:
            with contextlib.suppress(MediaError), translated("embed"):
                read_at_once = js.FileReaderSync.new().readAsArrayBuffer(self._blob)
                data = data_url(self._mime_type, read_at_once.to_bytes())
        return self._html(data)

    def close(self) -> None:
        """Release the `url`. The data stays readable; using `url` later creates a new one."""
        if self._url is not None:
            js.URL.revokeObjectURL(self._url)
            self._url = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def save(self, name: str | None = None, *, pick: bool = False) -> Outcome[str]:
        """Save the file on the user's computer: a download, whether you await it or not.

        Parameters
        ----------
        name
            The file's name; by default its kind and time. A missing extension is added.
        pick
            Open the browser's dialogue to choose the place. Browsers without one (Firefox, Safari) download
            the file instead.

        Returns
        -------
        Outcome[str]
            Await it to get the name. With `pick` it waits until the file is written, and raises `AbortError`
            if the user closes the dialogue. It raises `NotReadableError` if the data is gone.

        Examples
        --------
        >>> await recording.save("interview")
        'interview.webm'
        """
        return Outcome._running(self._save(self.file_name(name), pick))

    def file_name(self, name: str | None = None) -> str:
        """The name that `save()` uses: with the extension of the container, unless `name` has one."""
        if name is None:
            name = self._default_name()
        if not isinstance(name, str):
            raise TypeError(f"a file name must be a string, not {name!r}")
        if not name.strip():
            raise ValueError("the file name is empty")
        # "Meeting 12.05.2026" and "v1.2 take" have no extension.
        return name if re.search(r"[^.]\.(?=\w*[^\W\d_])[^\W_]{1,5}$", name) else f"{name}.{self.extension}"

    def _default_name(self) -> str:
        return "file"

    async def _save(self, name: str, pick: bool) -> str:
        services = await page_services()
        # Browsers report a failed download only to the user. And after a download of data that is gone,
        # `enumerateDevices` never settles in any page of that site in Firefox (153)
        # (quirk: firefox-lists-no-devices-after-a-failed-download).
        await read(self._blob.slice(0, 1), "save")
        return str(await settle(services, "save", self._blob, name, bool(pick), doing="save"))

    async def write_to(self, path: str | os.PathLike[str]) -> None:
        """Write the file into Pyodide's file system, piece by piece.

        >>> await recording.write_to("/tmp/take.webm")
        """
        with open(path, "wb") as file:
            async for part in self.iter_bytes():
                file.write(part)
