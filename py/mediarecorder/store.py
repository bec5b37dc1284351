"""Recordings that go to disk while they are made; the written data survives a crash.

Parts and owners: this module is the public interface. `Disk` (_store/worker.py) talks to the half that
accesses the disk (static/library/store/store.js), which owns files, locks and the order of writing. `InStore`
(_recorder/sinks.py) is the take's side.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, overload

from ._checks import check_progress, checked_int
from ._host.bridge import ensure_connected
from ._host.browser import is_nullish, js, page, require_browser, settle
from ._host.features import NO_ORIGIN, has_origin, insecure_context
from ._html.display import Displayed
from ._store.worker import Disk
from .errors import (
    EncodingError,
    InvalidStateError,
    MediaError,
    NotSupportedError,
    QuotaExceededError,
    SecurityError,
    UploadError,
    from_browser,
)
from .event_target import EventTarget, HandlerAttribute, call_handler
from .events import Event
from .markers import Marker
from .outcome import Outcome
from .recording import Recording
from .upload import Source, Upload, checked_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Self, SupportsIndex

    from .media_file import MediaFile

BACKLOG = 16 << 20
"""Warn when more than this many bytes are waiting to be written."""

AFTER_THE_TAKE = 0.05
"""Seconds until the rest of a take is uploaded."""

log = logging.getLogger("mediarecorder")


class ChunkWriter(Protocol):
    """A take whose chunks the store writes."""

    is_ending: bool
    """Whether it will get its last chunk at any moment."""

    @property
    def waiting(self) -> int:
        """Bytes that are not on disk yet."""

    def written(self, size: int) -> None:
        """Another `size` bytes are on disk."""

    def failed(self, error: Exception) -> None:
        """The rest cannot be written."""


class _Stored(NamedTuple):
    id: str
    title: str
    started_at: float
    mime_type: str
    size: int
    duration: float
    state: Literal["recording", "finished", "interrupted"]


class StoredRecording(_Stored, Displayed):
    """The facts about a stored recording that are known without opening it: a named tuple.

    >>> await store.add(recording)
    >>> stored = (await store.recordings())[-1]  # the newest
    >>> recording = await stored.open()

    Attributes
    ----------
    id
        The argument for `RecordingStore.open_recording` and similar methods.
    title
        The title set by `RecordingStore.rename`; empty at first.
    started_at
        Seconds since 1970.
    mime_type
        Container and codecs; empty until the first data arrives.
    size
        Bytes of media that are safely on disk.
    duration
        Seconds recorded; for an unfinished take, the seconds that are safely on disk.
    state
        ``"recording"``: an open tab is recording or recovering it. ``"interrupted"``: the tab that recorded
        it is gone; call `RecordingStore.recover`. ``"finished"``: it is complete.
    """

    store: RecordingStore
    """The store that holds it."""

    async def open(self) -> Recording:
        """The recording, as from `RecordingStore.open_recording`, with the same errors."""
        return await self.store.open_recording(self.id)

    def _repr_html_(self) -> str:
        return StoredRecordings([self])._repr_html_()


class StoredRecordings(list[StoredRecording], Displayed):
    """A list that displays itself as a table: date, title, length, size, state, and players for the
    newest."""

    @overload
    def __getitem__(self, at: SupportsIndex) -> StoredRecording: ...
    @overload
    def __getitem__(self, at: slice) -> StoredRecordings: ...
    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return StoredRecordings(found) if isinstance(at, slice) else found

    def _repr_html_(self) -> str:
        from ._html.table import table_html

        return table_html(self)


class StoredUpload(NamedTuple):
    """An upload that is not complete.

    Attributes
    ----------
    id
        The recording's id, the argument for `RecordingStore.upload`.
    endpoint
        Where the upload was, or will be, created.
    url
        The address that the server gave it; empty before that.
    """

    id: str
    endpoint: str
    url: str


class StoreUsage(NamedTuple):
    """Space on disk.

    Attributes
    ----------
    used
        Bytes that this store occupies.
    limit
        Bytes that the store may occupy: its own limit or the browser's quota, whichever is less.
    persistent
        False if the browser may delete the data when the disk gets full; see `RecordingStore.persist`.
    """

    used: int
    limit: int
    persistent: bool


class StoreEvent(Event):
    """An event of a store.

    Attributes
    ----------
    used, limit
        Bytes, in a ``low_space`` event.
    waiting
        Bytes not yet written, in a ``backlog`` event.
    """

    def __init__(self, type: str, *, used: int = 0, limit: int = 0, waiting: int = 0) -> None:
        super().__init__(type)
        self.used, self.limit, self.waiting = used, limit, waiting


class RecordingStore(EventTarget):
    """Recordings in the browser's own file system. They survive a crash of the tab, the browser or the
    computer.

    >>> store = await RecordingStore.open()
    >>> recording = await record(0.5, store=store)
    >>> [stored.state for stored in await store.recordings()]
    ['finished']

    Each chunk goes to disk as soon as it arrives, and only the last 4 MB stay in memory. A crash loses at
    most the last timeslice: `recordings()` lists a take that was cut off as ``"interrupted"``, and
    `recover()` turns it into a recording that plays and seeks. Several tabs may use one store.

    Events: ``low_space`` when 90 % of the space is used, or something did not fit, and ``backlog`` when more
    than 16 MB are waiting to be written. Handlers get a `StoreEvent`.

    See https://developer.mozilla.org/docs/Web/API/File_System_API/Origin_private_file_system.
    """

    EVENTS = ("low_space", "backlog")
    onlow_space, onbacklog = HandlerAttribute(), HandlerAttribute()

    def __init__(self, name: str, limit: int | None) -> None:
        super().__init__()
        self.name, self.limit = name, limit
        self._disk = Disk(self._hear, self._lose)
        self._takes: dict[str, ChunkWriter] = {}
        self._progress: dict[str, Callable[[float], Any]] = {}
        """Progress functions of running `add()` and `recover()` calls."""
        self.waiting = 0
        """Bytes of all running takes that are not on disk yet."""
        self._shown: dict[str, Recording] = {}
        """The recordings whose URLs players use, by id."""
        self._warned = False
        self._flushed: Outcome[None] | None = None
        self._uploads: dict[str, Upload] = {}
        """The uploads that run here, by the ids of their recordings."""

    @classmethod
    async def open(cls, name: str = "recordings", *, limit: int | None = None) -> Self:
        """Open a store, and create it if it does not exist yet.

        Parameters
        ----------
        name
            Stores with different names are independent.
        limit
            Bytes that all recordings of the store together may occupy. A take that reaches the limit ends
            there, and `add` refuses a recording that does not fit.

        Raises
        ------
        NotSupportedError
            This browser has no file system for pages.
        InsecureContextError, SecurityError
            The page was loaded over plain http; it is in a private window or a sandboxed frame.

        >>> store = await RecordingStore.open("interviews", limit=2_000_000_000)
        """
        require_browser()
        if not isinstance(name, str):
            raise TypeError(f"the name of a store must be a string, not {name!r}")
        if not 0 < len(name) <= 60:
            raise ValueError(f"the name of a store must have 1 to 60 characters, not {len(name)}")
        limit = checked_int("limit", limit, 1, 2**53)
        if not has_origin():
            raise SecurityError(f"The browser does not let this page store files: {NO_ORIGIN}")
        storage = getattr(js.navigator, "storage", None)
        # (quirk: webkit-has-no-opfs)
        if is_nullish(storage) or not hasattr(storage, "getDirectory") or not hasattr(js.navigator, "locks"):
            if not getattr(js, "isSecureContext", True):
                raise insecure_context("file storage")
            raise NotSupportedError(
                "This browser has no file system for pages (OPFS) to record into. Use a current Chrome, "
                "Edge, Firefox or Safari."
            )
        try:
            await settle(storage, "getDirectory", doing="RecordingStore.open")
        except SecurityError:
            raise SecurityError(
                "The browser does not let this page store files: the page is in a private window, or the "
                "browser's settings forbid it. Use an ordinary window, or record without a store."
            ) from None
        store = cls(name, limit)
        await store._disk.open(name, limit)
        return store

    # The recordings

    async def recordings(self) -> StoredRecordings:
        """All recordings, oldest first, including running takes: a list that displays itself as a table."""
        listed = StoredRecordings(_stored(found, self) for found in json.loads(await self._disk.call("list")))
        self._hide(*self._shown.keys() - {take.id for take in listed})  # another tab deleted them
        return listed

    async def address(self, take: StoredRecording) -> str:
        """The URL for players in the page, valid as long as the recording exists. All players share one URL.

        It raises the same errors as `open_recording`.
        """
        known = self._shown.get(take.id)
        if known and known.size != take.size:  # another tab recovered it
            self._hide(take.id)
        if take.id not in self._shown:
            self._shown.setdefault(take.id, await take.open())
        return self._shown[take.id].url

    def _hide(self, *ids: str) -> None:
        """Release the URLs of these recordings, whose data is gone."""
        for id in ids:
            if shown := self._shown.pop(id, None):
                shown.close()

    async def open_recording(self, id: str) -> Recording:
        """A finished recording. Its data stays on disk until you ask for it.

        Raises
        ------
        InvalidStateError
            The recording is not finished: it is being recorded, or was interrupted and must be recovered.
        NotFoundError
            The store has no recording with this id.
        """
        found = await self._disk.call("open", checked_id(id))
        if found.state == "recording":
            raise InvalidStateError("open_recording: this take is still being recorded. Stop it first.")
        if found.state == "interrupted":
            raise InvalidStateError(f"open_recording: this take was interrupted. Call store.recover({id!r}).")
        recording = opened(found)
        recording._upload = self._uploads.get(id)
        return recording

    async def add(
        self, recording: Recording, *, title: str = "", on_progress: Callable[[float], Any] | None = None
    ) -> Recording:
        """Copy a recording into the store: a trimmed part, a joined recording, a file, or any `Recording`.

        The copy is finished and has the same bytes, type, start time and duration; an unknown duration is
        measured first. Memory holds only a few megabytes at a time, however long the recording is.
        `recordings()` lists the copy once all of it is on disk. A crash, an error or a cancellation before
        that leaves nothing behind.

        Parameters
        ----------
        title
            The title of the copy; see `rename`.
        on_progress
            Called as ``on_progress(fraction)`` a few times a second and finally with 1.

        Returns
        -------
        Recording
            The copy. It does not need the original, which stays as it is.

        Raises
        ------
        QuotaExceededError
            The recording exceeds the limit of the store or the space on disk.
        NotReadableError
            The data is gone: the recording was closed, or deleted from its store.
        EncodingError
            The duration is unknown, and the file is not a media file that states one.
        InvalidStateError
            The store is closed.

        >>> opening = await recording.trim(0, 0.1)
        >>> stored = await store.add(opening, title="Opening")
        >>> (await store.open_recording(stored.id)).size == opening.size
        True
        """
        if not isinstance(recording, Recording):
            raise TypeError(f"add needs a Recording, not {recording!r}")
        checked_title(title)
        check_progress(on_progress)
        self._require_open("add")
        if math.isnan(recording.duration):
            await recording.measure()
        id, content = self._new_id(), _content(recording, recording.started_at, title)
        if on_progress:
            self._progress[id] = on_progress
        try:
            found = await self._disk.call("add", id, content)
        except MediaError:
            raise  # the store's worker has already cleaned up
        except BaseException:
            with contextlib.suppress(MediaError):
                await self._disk.call("discard", id)
            raise
        finally:
            self._progress.pop(id, None)
        if on_progress:
            call_handler(on_progress, 1.0)
        return opened(found, recording.duration)

    async def recover(self, id: str, *, on_progress: Callable[[float], Any] | None = None) -> Recording:
        """Turn an interrupted take into a seekable recording of all data that its checksums confirm.

        Its state is then ``"finished"``. A finished recording is checked byte for byte, and made seekable if
        necessary. For WebM, the store only adds the length and an index to the data on disk, some kilobytes.
        Another container is written again as a seekable file, which needs the space on disk twice.

        A crash, an error or a cancellation before the end leaves the take as it was.

        Parameters
        ----------
        on_progress
            Called as ``on_progress(fraction)`` a few times a second and finally with 1.

        Raises
        ------
        EncodingError
            Nothing is playable: the take was cut off before any sound or picture was written.
        InvalidStateError
            A tab is recording or recovering it.
        NotFoundError
            The store has no recording with this id.
        """
        checked_id(id)
        check_progress(on_progress)
        name, progress = self._new_id(), _Progress(on_progress)
        self._progress[name] = progress
        try:
            found = await self._disk.call("verify", id, name)
            cut = opened(found)
            if not cut.size:
                raise EncodingError(
                    "recover: this take was cut off before the browser had delivered any data. "
                    "There is nothing to recover; delete it."
                )
            try:
                made = cut if found.isIndexed else await self._ended(name, cut, found.state, progress)
            except QuotaExceededError:
                # A recording without an index is better than an error.
                log.warning("The disk has no space left to make recording %s seekable.", id)
                made = cut
            progress(1.0)
            return made
        finally:
            self._progress.pop(name, None)
            with contextlib.suppress(MediaError):
                await self._disk.call("leave", name)

    async def _ended(self, name: str, cut: Recording, state: str, progress: _Progress) -> Recording:
        found = await self._disk.call("end", cut.id, name)
        if not is_nullish(found):
            self._hide(str(cut.id))
            return opened(found)
        made = await cut.seekable(on_progress=progress.rest())
        if made is cut and state == "finished":
            return cut
        try:
            replaced = await self._disk.call("replace", cut.id, _content(made, cut.started_at))
            self._hide(str(cut.id))
            return opened(replaced)
        finally:
            if made is not cut:
                made.close()

    async def rename(self, id: str, title: str) -> None:
        """Set the title of a recording or of a running take."""
        await self._disk.call("rename", checked_id(id), checked_title(title))

    async def delete(self, id: str) -> None:
        """Delete a recording from disk. Its existing `Recording` objects are no longer readable.

        Raises
        ------
        InvalidStateError
            A tab is recording or recovering it.
        NotFoundError
            The store has no recording with this id.
        """
        await self._disk.call("delete", checked_id(id))
        self._gone(id)

    async def clear(self) -> None:
        """Delete all recordings, except running takes."""
        await self._disk.call("clear")
        self._hide(*self._shown)
        self._gone(*self._uploads.keys() - self._takes.keys())

    def _gone(self, *ids: str) -> None:
        """These recordings were deleted."""
        self._hide(*ids)
        for id in ids:
            if upload := self._uploads.get(id):
                upload._fail(UploadError("upload: the recording was deleted from its store"))

    def flush(self) -> Outcome[None]:
        """An outcome that settles when all chunks delivered so far are safely on disk."""
        if not self.waiting:
            return Outcome._of(None)
        if self._flushed is None:
            self._flushed = Outcome()
        return self._flushed

    # Uploads

    async def uploads(self) -> list[StoredUpload]:
        """All uploads that are not complete, including those that run now: of takes recorded with
        ``upload=``, and those begun by `upload`.

        The store keeps the endpoint and the address that the server gave the upload, and no headers.

        >>> for unfinished in await store.uploads():
        ...     print(unfinished.id, unfinished.endpoint)
        """
        found = json.loads(await self._disk.call("uploads"))
        return [StoredUpload(one["id"], one["endpoint"], one["url"]) for one in found]

    def upload(
        self,
        id: str,
        endpoint: str | None = None,
        *,
        metadata: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        chunk_size: int | None = None,
        on_progress: Callable[[float], Any] | None = None,
    ) -> Upload:
        """Upload a recording by tus, and return at once. Await the result to wait until the server has all
        of it.

        The store remembers the upload. After a crash or a reload, this goes on where the server is. An
        interrupted take is recovered first. If its upload already runs here, the result is that one.

        Parameters
        ----------
        id
            The recording.
        endpoint
            As for `Recording.upload`; needed unless the recording has an unfinished upload. With another
            endpoint, or if the recording was changed in between, the upload begins anew.
        metadata, headers, chunk_size, on_progress
            As for `Recording.upload`. They are not stored: pass credentials again.

        Raises
        ------
        InvalidStateError
            The store is closed, or the recording is being uploaded to another endpoint.
        UploadError
            As for `Recording.upload`. From awaiting it: the store has no such recording, or no endpoint for
            it; the recording is still being recorded, or another tab uploads it; it was changed or deleted.

        ::

            await store.upload(recording.id, "https://example.org/files/")
        """
        self._require_open("upload")
        checked_id(id)
        if (running := self._uploads.get(id)) and not running.done():
            if endpoint is None or checked_address("upload", endpoint) == running.endpoint:
                return running
            raise InvalidStateError(
                "upload: this recording is being uploaded to another endpoint. Abort that."
            )
        upload = self._uploads[id] = Upload(
            _OnDisk(self, id, running),
            endpoint,
            metadata=metadata,
            headers=headers,
            chunk_size=chunk_size,
            on_progress=on_progress,
        )
        return upload

    # Space

    async def usage(self) -> StoreUsage:
        """How much space the store occupies and may occupy."""
        found = await self._disk.call("usage")
        return StoreUsage(int(found.used), int(found.limit), bool(found.persistent))

    async def persist(self) -> bool:
        """Ask the browser never to delete this page's files by itself. It may refuse, or ask the user.

        See https://developer.mozilla.org/docs/Web/API/StorageManager/persist.
        """
        await ensure_connected()
        return bool(await settle(page().navigator.storage, "persist", doing="persist"))

    def close(self) -> None:
        """Release the store's resources. The recordings stay on disk.

        Running takes are cut off, and unfinished `add()` calls leave nothing behind.
        """
        self._disk.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    # The interface for running takes

    def _new_id(self) -> str:
        return str(js.crypto.randomUUID()).replace("-", "")

    def _require_open(self, doing: str = "start") -> None:
        self._disk.require_open(doing)

    def _begin(
        self, id: str, started_at: float, mime_type: str, take: ChunkWriter, options: dict[str, Any] | None
    ) -> Upload | None:
        self._takes[id] = take
        begin: dict[str, Any] = {"startedAt": started_at, "mimeType": mime_type}
        upload = None
        if options:
            upload = self._uploads[id] = Upload(_Growing(self, id, started_at, take), **options)
        self._disk.post({"take": id, "begin": begin, "endpoint": upload.endpoint if upload else ""})
        return upload

    def _append(self, id: str, blob: Any, size: int, duration: float) -> None:
        if self._disk.broken:
            return  # the take has already received the error
        self.waiting += size
        self._disk.post({"take": id, "chunk": blob, "milliseconds": round(duration * 1000)})
        if self.waiting > BACKLOG and not self._warned:
            self._warned = True
            log.warning("%d bytes are waiting for the disk, which is too slow for this take.", self.waiting)
            self._dispatch(StoreEvent("backlog", waiting=self.waiting))

    def _mark(self, id: str, markers: list[Marker]) -> None:
        if not self._disk.broken:
            self._disk.post({"take": id, "markers": json.dumps(markers)})

    async def _finish(self, id: str, duration: float, upload: Upload | None = None) -> Recording:
        try:
            recording = opened(await self._disk.call("finish", id, round(duration * 1000)), duration)
        except BaseException as error:
            if upload:
                upload._fail(UploadError(f"upload: the take ended with an error. {error}"))
            raise
        finally:
            self._less_waits(self._takes.pop(id).waiting)
        if upload:
            recording._upload = upload
            # Those who await the take resume first.
            asyncio.get_running_loop().call_later(AFTER_THE_TAKE, upload._whole, recording)
        return recording

    async def _as_wav(self, take: Recording) -> Recording:
        """Put the WAV of a take into its place. If it does not fit, the store keeps the take as recorded."""
        wav = await take._as_wav()
        wav.id = take.id
        space = await self.usage()
        if take.id is None or wav.size - take.size > space.limit - space.used:
            return self._without_place(wav)
        try:
            found = await self._disk.call("replace", take.id, _content(wav, take.started_at), True)
        except QuotaExceededError:
            return self._without_place(wav)
        wav.close()
        return opened(found, take.duration)

    def _without_place(self, wav: Recording) -> Recording:
        log.warning("There is no space for the WAV; the store keeps recording %s as it is.", wav.id)
        return wav

    # Messages of the store's worker

    def _hear(self, news: Any) -> None:
        low: Any = getattr(news, "low", None)
        if not is_nullish(low):
            self._dispatch(StoreEvent("low_space", used=int(low.used), limit=int(low.limit)))
            return
        progress: Any = getattr(news, "progress", None)
        if not is_nullish(progress):
            if report := self._progress.get(str(progress)):
                call_handler(report, float(news.fraction))
            return
        take = self._takes.get(str(news.take))
        if take is None:
            return
        if not is_nullish(error := getattr(news, "error", None)):
            take.failed(from_browser(error, "store"))
            return
        size = int(news.written)
        take.written(size)
        self._less_waits(size)
        if upload := self._uploads.get(str(news.take)):
            upload._source.grow(size)

    def _less_waits(self, size: int) -> None:
        self.waiting -= size
        if self.waiting < BACKLOG // 2:
            self._warned = False
        if not self.waiting and self._flushed:
            flushed, self._flushed = self._flushed, None
            flushed._resolve(None)

    def _lose(self, error: MediaError) -> None:
        for take in tuple(self._takes.values()):
            take.failed(error)
        for upload in tuple(self._uploads.values()):
            upload._fail(UploadError(f"upload: {error} Go on later: store.upload(id)"))

    def __repr__(self) -> str:
        return f"<RecordingStore {self.name!r}>"


class _OnDisk(Source):
    """A recording in a store, and what the store remembers about its upload."""

    is_stored = True

    def __init__(self, store: RecordingStore, id: str, earlier: Upload | None = None) -> None:
        super().__init__(None)
        self._store, self._id, self._earlier = store, id, earlier

    async def open(self, upload: Upload) -> MediaFile:
        if self._earlier:  # it was aborted just now
            await asyncio.wait([self._earlier._task])
            self._earlier = None
        call = self._store._disk.call
        known = json.loads(await call("claim", self._id))
        endpoint = known.get("endpoint", "")
        anew = upload.endpoint not in ("", endpoint)
        if known.get("isChanged") and not upload.endpoint:
            raise UploadError("upload: the recording was changed since. Upload it anew, with the endpoint.")
        if not (upload.endpoint or endpoint):
            raise UploadError("upload: this recording has no upload to go on with. Pass an endpoint.")
        try:
            self.file = await self._store.open_recording(self._id)
        except InvalidStateError:
            self.file = await self._store.recover(self._id)
        if anew or known.get("isChanged"):
            known = {"endpoint": upload.endpoint or endpoint, "url": ""}
            reset = {"isComplete": False, "isChanged": False}
            await call("noteUpload", self._id, known | reset)
        upload.endpoint = checked_address("upload", known["endpoint"])
        if known["url"]:
            upload.url = known["url"]
        return self.file

    async def remember(self, url: str, complete: bool = False) -> None:
        await self._store._disk.call("noteUpload", self._id, {"url": url, "isComplete": complete})

    async def forget(self) -> None:
        await self._store._disk.call("noteUpload", self._id, {"endpoint": "", "url": ""})

    def close(self) -> None:
        if (upload := self._store._uploads.get(self._id)) and upload.done():
            del self._store._uploads[self._id]
        if not self._store._disk.broken:
            self._store._disk.post({"take": self._id, "unclaim": True})


class _Growing(_OnDisk):
    """A take that is uploaded while it is recorded, as far as it is on disk."""

    def __init__(self, store: RecordingStore, id: str, started_at: float, take: ChunkWriter) -> None:
        super().__init__(store, id)
        self._started_at, self._take = started_at, take
        self._size = 0
        self._grown: Outcome[None] = Outcome()

    @property
    def size(self) -> int:
        return self.file.size if self.file else self._size

    def grow(self, size: int) -> None:
        self._size += size
        self._tell()

    def end(self, file: MediaFile) -> None:
        super().end(file)
        self._tell()

    def _tell(self) -> None:
        grown, self._grown = self._grown, Outcome()
        grown._resolve(None)

    async def open(self, upload: Upload) -> MediaFile:
        await self.reach(1)
        blob = await self.part(0, 1)
        return self.file or Recording(blob, str(blob.type), started_at=self._started_at)

    async def reach(self, size: int) -> None:
        # A request that begins while the take ends would delay its end.
        while self.file is None and (self._size < size or self._take.is_ending):
            await self._grown

    async def part(self, start: int, end: int) -> Any:
        if self.file is None:
            part = await self._store._disk.call("part", self._id, start, end)
            if not is_nullish(part):
                # As a reminder of its size (quirk: chromium-keeps-blobs-nobody-needs).
                js.ArrayBuffer.new(end - start)
                return part
            while self.file is None:  # the take has just ended
                await self._grown
        return await super().part(start, end)


def checked_id(id: str) -> str:
    if not isinstance(id, str):
        raise TypeError(f"the id of a recording must be a string, not {id!r}")
    return id


def checked_title(title: str) -> str:
    if not isinstance(title, str):
        raise TypeError(f"a title must be a string, not {title!r}")
    return title


def _content(recording: Recording, started_at: float, title: str = "") -> dict[str, Any]:
    """A recording in the form that the store's worker expects."""
    about = {
        "startedAt": started_at,
        "mimeType": recording.mime_type,
        "size": recording.size,
        "milliseconds": round(recording.duration * 1000),
    }
    markers = json.dumps(recording.markers) if recording.markers else ""
    return {"media": recording.blob, "about": about, "title": title, "markers": markers}


def opened(found: Any, duration: float | None = None) -> Recording:
    """The recording that the store's worker has opened."""
    recording = Recording(
        found.blob,
        str(found.mimeType),
        duration=found.milliseconds / 1000 if duration is None else duration,
        started_at=float(found.startedAt),
        js_chunks=_Slices(found.chunks, found.spans),
    )
    recording.id = str(found.id) or None
    if found.markers:
        recording._markers = [Marker(*pair) for pair in json.loads(found.markers)]
    return recording


class _Progress:
    """The progress of a recovery, for a function that the user may have given."""

    def __init__(self, report: Callable[[float], Any] | None) -> None:
        self._report, self._told = report, 0.0

    def __call__(self, fraction: float) -> None:
        if self._report and self._told < 1:
            call_handler(self._report, fraction)
        self._told = fraction

    def rest(self) -> Callable[[float], Any] | None:
        """The function for the progress of what remains to be done; None if nobody wants to know it."""
        begun = self._told
        return (lambda fraction: self(begun + (1 - begun) * fraction)) if self._report else None


class _Slices:
    """The chunks of a file."""

    def __init__(self, blob: Any, spans: Any) -> None:
        self._blob, self._spans = blob, spans

    def __iter__(self) -> Iterator[Any]:
        at, spans = 0, iter(self._spans.to_py())
        for gap, length in zip(spans, spans, strict=True):
            at += gap
            yield self._blob.slice(at, at + length, self._blob.type)
            at += length


def _stored(found: Any, store: RecordingStore) -> StoredRecording:
    stored = StoredRecording(
        found["id"],
        found["title"],
        found["startedAt"],
        found["mimeType"],
        found["size"],
        found["milliseconds"] / 1000,
        found["state"],
    )
    stored.store = store
    return stored
