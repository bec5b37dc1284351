"""Recordings on disk, as they happen: what was written is there after a crash.

Parts and owners: this module is what users see. `Disk` (_store/worker.py) speaks to the half that touches the
disk (static/library/store/store.js), which owns files, locks and the order of writing. `InStore`
(_recorder/sinks.py) is a take's end of it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, overload

from ._checks import checked_whole
from ._host.bridge import reach_page
from ._host.browser import (
    NO_ORIGIN,
    absent,
    has_origin,
    insecure_context,
    js,
    page,
    require_browser,
    settle,
)
from ._html.display import Displayed
from ._store.worker import Disk
from .errors import (
    EncodingError,
    InvalidStateError,
    MediaError,
    NotSupportedError,
    QuotaExceededError,
    SecurityError,
    from_browser,
)
from .events import Event, EventTarget, HandlerAttribute, call_handler
from .outcome import Outcome
from .recording import Recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self, SupportsIndex

BACKLOG = 16 << 20
"""Bytes waiting to be written at which a warning is due."""

log = logging.getLogger("mediarecorder")


class ChunkWriter(Protocol):
    """A take whose chunks the store writes."""

    @property
    def waiting(self) -> int:
        """Bytes that are not safe yet."""

    def written(self, size: int) -> None:
        """So many bytes more are safe."""

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
    """What a store knows of a recording without opening it: a named tuple.

    >>> await store.add(recording)
    >>> [stored] = await store.recordings()
    >>> recording = await stored.open()

    Attributes
    ----------
    id
        Its name for `RecordingStore.open_recording` and the others.
    title
        What `RecordingStore.rename` called it; empty at first.
    started_at
        Seconds since 1970.
    mime_type
        Container and codecs; empty while no data came.
    size
        Bytes of media that are safe on disk.
    duration
        Seconds recorded; of a take that is no finished one, those that are safe on disk.
    state
        ``"recording"``: a tab that lives is recording or recovering it. ``"interrupted"``: whoever recorded
        it is gone; `RecordingStore.recover` makes it whole. ``"finished"``.
    """

    store: RecordingStore
    """Where it lies."""

    async def open(self) -> Recording:
        """The recording: see `RecordingStore.open_recording`, also for what it raises."""
        return await self.store.open_recording(self.id)

    def _repr_html_(self) -> str:
        return StoredRecordings([self])._repr_html_()


class StoredRecordings(list[StoredRecording], Displayed):
    """A list that shows itself as a table: date, title, length, size, state, and players for the newest."""

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


class StoreUsage(NamedTuple):
    """Room on disk.

    Attributes
    ----------
    used
        Bytes that this store takes.
    limit
        Bytes that it may take: its own limit or what the browser gives, whichever is less.
    persistent
        False where the browser may delete it all when the disk gets full; see `RecordingStore.persist`.
    """

    used: int
    limit: int
    persistent: bool


class StoreEvent(Event):
    """An event of a store.

    Attributes
    ----------
    used, limit
        Bytes, of ``low_space``.
    waiting
        Bytes not yet written, of ``backlog``.
    """

    def __init__(self, type: str, *, used: int = 0, limit: int = 0, waiting: int = 0) -> None:
        super().__init__(type)
        self.used, self.limit, self.waiting = used, limit, waiting


class RecordingStore(EventTarget):
    """Recordings in the browser's own file system, which survive the tab, the browser and the computer.

    >>> store = await RecordingStore.open()
    >>> recording = await record(0.5, store=store)
    >>> [stored.state for stored in await store.recordings()]
    ['finished']

    Each chunk is on disk as soon as it came, and only the last 4 MB stay in memory. After a crash at any
    moment at most the last timeslice is missing: `recordings()` lists what was cut off as
    ``"interrupted"``, and `recover()` makes it a recording that plays and seeks. Several tabs may use one
    store.

    Events: ``low_space`` when 90 % of the room is used, or something did not fit, and ``backlog`` when more
    than 16 MB wait to be written. Handlers get a `StoreEvent`.

    See https://developer.mozilla.org/docs/Web/API/File_System_API/Origin_private_file_system.
    """

    EVENTS = ("low_space", "backlog")
    onlow_space, onbacklog = HandlerAttribute(), HandlerAttribute()

    def __init__(self, name: str, limit: int | None) -> None:
        super().__init__()
        self.name, self.limit = name, limit
        self._disk = Disk(self._hear, self._lose)
        self._takes: dict[str, ChunkWriter] = {}
        self._copies: dict[str, Callable[[float], Any]] = {}
        """Who wants to hear how far what is added has got."""
        self.waiting = 0
        """Bytes of all takes under way that are not on disk yet."""
        self._shown: dict[str, Recording] = {}
        """Those whose addresses players have, by id."""
        self._warned = False
        self._flushed: Outcome[None] | None = None

    @classmethod
    async def open(cls, name: str = "recordings", *, limit: int | None = None) -> Self:
        """Open a store; one that is not there yet is made.

        Parameters
        ----------
        name
            Stores of different names know nothing of each other.
        limit
            Bytes that all its recordings together may take. A take that reaches it ends there, and what does
            not fit is not added.

        Raises
        ------
        NotSupportedError
            This browser has no file system for pages.
        InsecureContextError, SecurityError
            The page came over plain http; it is in a private window or a sandboxed frame.

        >>> store = await RecordingStore.open("interviews", limit=2_000_000_000)
        """
        require_browser()
        if not isinstance(name, str):
            raise TypeError(f"a store is named by a string, not by {name!r}")
        if not 0 < len(name) <= 60:
            raise ValueError(f"the name of a store has 1 to 60 characters, not {len(name)}")
        limit = checked_whole("limit", limit, 1, 2**53)
        if not has_origin():
            raise SecurityError(f"The browser keeps no files for this page: {NO_ORIGIN}")
        storage = getattr(js.navigator, "storage", None)
        if absent(storage) or not hasattr(storage, "getDirectory") or not hasattr(js.navigator, "locks"):
            if not getattr(js, "isSecureContext", True):
                raise insecure_context("files of their own")
            raise NotSupportedError(
                "This browser has no file system for pages (OPFS) to record into. Use a current Chrome, "
                "Edge, Firefox or Safari."
            )
        try:
            await settle(storage, "getDirectory", doing="RecordingStore.open")
        except SecurityError:
            raise SecurityError(
                "The browser keeps no files for this page: it is in a private window, or the settings forbid "
                "it. Use an ordinary window, or no store."
            ) from None
        store = cls(name, limit)
        await store._disk.open(name, limit)
        return store

    # What is there

    async def recordings(self) -> StoredRecordings:
        """All recordings, the oldest first, those under way too: a list that shows itself as a table."""
        listed = StoredRecordings(_stored(found, self) for found in json.loads(await self._disk.call("list")))
        self._hide(*self._shown.keys() - {take.id for take in listed})  # another tab deleted them
        return listed

    async def address(self, take: StoredRecording) -> str:
        """Where a player of the page finds it, as long as it is there: one address for all players.

        It raises what `open_recording` raises.
        """
        known = self._shown.get(take.id)
        if known and known.size != take.size:  # another tab recovered it
            self._hide(take.id)
        if take.id not in self._shown:
            self._shown.setdefault(take.id, await take.open())
        return self._shown[take.id].url

    def _hide(self, *ids: str) -> None:
        """Release what players have of these: their data is gone."""
        for id in ids:
            if shown := self._shown.pop(id, None):
                shown.close()

    async def open_recording(self, id: str) -> Recording:
        """A finished recording. Its data stays on disk until you ask for it.

        Raises
        ------
        InvalidStateError
            It is not finished: it is being recorded, or was interrupted and must be recovered.
        NotFoundError
            There is none of this id.
        """
        found = await self._disk.call("open", checked_id(id))
        if found.state == "recording":
            raise InvalidStateError("open_recording: this is still being recorded. Stop it first.")
        if found.state == "interrupted":
            raise InvalidStateError(f"open_recording: this was interrupted. Call store.recover({id!r}).")
        return opened(found)

    async def add(
        self, recording: Recording, *, title: str = "", on_progress: Callable[[float], Any] | None = None
    ) -> Recording:
        """Copy a recording into the store: a part of one, several joined, a file, any `Recording`.

        The copy is a finished one of the same bytes, type, beginning and duration; where the duration is
        unknown, it is measured first. However long it is, only a few megabytes are in memory at a time. It is
        listed once all of it is on disk. Before that a crash, an error, or cancelling the task that waits
        leaves nothing of it.

        Parameters
        ----------
        title
            What it is called; see `rename`.
        on_progress
            Called as ``on_progress(fraction)`` a few times a second and at last with 1.

        Returns
        -------
        Recording
            The copy. The one that was given stays as it is, and is no longer needed.

        Raises
        ------
        QuotaExceededError
            It does not fit within the limit of the store, or on the disk.
        NotReadableError
            Its data is gone: it was closed, or deleted from the store where it lay.
        EncodingError
            Its duration is unknown, and it is no media file that could tell.
        InvalidStateError
            The store is closed.

        >>> opening = await recording.trim(0, 0.1)
        >>> stored = await store.add(opening, title="Opening")
        >>> (await store.open_recording(stored.id)).size == opening.size
        True
        """
        if not isinstance(recording, Recording):
            raise TypeError(f"add: what is added is a Recording, not {recording!r}")
        checked_title(title)
        if on_progress is not None and not callable(on_progress):
            raise TypeError(f"on_progress must be callable, and {on_progress!r} is not")
        self._require_open("add")
        if math.isnan(recording.duration):
            await recording.measure()
        id, content = self._new_id(), _content(recording, recording.started_at, title)
        if on_progress:
            self._copies[id] = on_progress
        try:
            found = await self._disk.call("add", id, content)
        except MediaError:
            raise  # the other half has left nothing
        except BaseException:
            with contextlib.suppress(MediaError):
                await self._disk.call("discard", id)
            raise
        finally:
            self._copies.pop(id, None)
        if on_progress:
            call_handler(on_progress, 1.0)
        return opened(found, recording.duration)

    async def recover(self, id: str, *, on_progress: Callable[[float], Any] | None = None) -> Recording:
        """Make a recording of a take that was interrupted: all that its checksums confirm, seekable.

        It is then a finished one. A finished recording is checked, byte for byte, and made seekable where it
        is not.

        Parameters
        ----------
        on_progress
            Called as ``on_progress(fraction)`` a few times a second and at last with 1.

        Raises
        ------
        EncodingError
            Nothing of it can be played: it was cut off before any sound or picture was written.
        InvalidStateError
            A tab is recording or recovering it.
        NotFoundError
            There is none of this id.
        """
        found = await self._disk.call("verify", checked_id(id))
        try:
            cut = opened(found)
            if not cut.size:
                raise EncodingError(
                    "recover: this was cut off before the browser had delivered anything. "
                    "There is nothing to recover; delete it."
                )
            try:
                return await self._made_seekable(cut, found.state == "finished", on_progress)
            except QuotaExceededError:
                # Better a recording without an index than none.
                log.warning("There is no room on disk to make recording %s seekable.", id)
                return cut
        finally:
            await self._disk.call("release", id)

    async def _made_seekable(
        self, cut: Recording, finished: bool, on_progress: Callable[[float], Any] | None
    ) -> Recording:
        made = await cut.seekable(on_progress=on_progress)
        if made is cut and finished:
            return cut
        try:
            replaced = await self._disk.call("replace", cut.id, _content(made, cut.started_at))
            self._hide(str(cut.id))
            return opened(replaced)
        finally:
            if made is not cut:
                made.close()

    async def rename(self, id: str, title: str) -> None:
        """Call a recording something; one under way, too."""
        await self._disk.call("rename", checked_id(id), checked_title(title))

    async def delete(self, id: str) -> None:
        """Delete a recording from disk. A `Recording` of it cannot be read any more.

        Raises
        ------
        InvalidStateError
            A tab is recording or recovering it.
        NotFoundError
            There is none of this id.
        """
        await self._disk.call("delete", checked_id(id))
        self._hide(id)

    async def clear(self) -> None:
        """Delete all recordings, but for those that are being recorded."""
        await self._disk.call("clear")
        self._hide(*self._shown)

    def flush(self) -> Outcome[None]:
        """Await it until all chunks that the browser has delivered so far are safe on disk."""
        if not self.waiting:
            return Outcome._of(None)
        if self._flushed is None:
            self._flushed = Outcome()
        return self._flushed

    # Room

    async def usage(self) -> StoreUsage:
        """How much room it takes, and may take."""
        found = await self._disk.call("usage")
        return StoreUsage(int(found.used), int(found.limit), bool(found.persistent))

    async def persist(self) -> bool:
        """Ask the browser never to delete this page's files by itself. It may say no, or ask the user.

        See https://developer.mozilla.org/docs/Web/API/StorageManager/persist.
        """
        await reach_page()
        return bool(await settle(page().navigator.storage, "persist", doing="persist"))

    def close(self) -> None:
        """Give back what the store holds; the recordings stay on disk.

        Takes under way are cut off, and what is being added is not there.
        """
        self._disk.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    # For the takes that are being recorded

    def _new_id(self) -> str:
        return str(js.crypto.randomUUID()).replace("-", "")

    def _require_open(self, doing: str = "start") -> None:
        self._disk.require_open(doing)

    def _begin(self, id: str, started_at: float, mime_type: str, take: ChunkWriter) -> None:
        self._takes[id] = take
        self._disk.post({"take": id, "begin": {"startedAt": started_at, "mimeType": mime_type}})

    def _append(self, id: str, blob: Any, size: int, duration: float) -> None:
        if self._disk.broken:
            return  # the take knows
        self.waiting += size
        self._disk.post({"take": id, "chunk": blob, "milliseconds": round(duration * 1000)})
        if self.waiting > BACKLOG and not self._warned:
            self._warned = True
            log.warning("%d bytes wait to be written: the disk is too slow for this take.", self.waiting)
            self._dispatch(StoreEvent("backlog", waiting=self.waiting))

    async def _finish(self, id: str, duration: float) -> Recording:
        try:
            return opened(await self._disk.call("finish", id, round(duration * 1000)), duration)
        finally:
            self._less_waits(self._takes.pop(id).waiting)

    # What the disk says

    def _hear(self, news: Any) -> None:
        low: Any = getattr(news, "low", None)
        if not absent(low):
            self._dispatch(StoreEvent("low_space", used=int(low.used), limit=int(low.limit)))
            return
        copy: Any = getattr(news, "copy", None)
        if not absent(copy):
            if report := self._copies.get(str(copy)):
                call_handler(report, float(news.fraction))
            return
        take = self._takes.get(str(news.take))
        if take is None:
            return
        if not absent(error := getattr(news, "error", None)):
            take.failed(from_browser(error, "store"))
            return
        size = int(news.written)
        take.written(size)
        self._less_waits(size)

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

    def __repr__(self) -> str:
        return f"<RecordingStore {self.name!r}>"


def checked_id(id: str) -> str:
    if not isinstance(id, str):
        raise TypeError(f"a recording is named by its id, a string, not by {id!r}")
    return id


def checked_title(title: str) -> str:
    if not isinstance(title, str):
        raise TypeError(f"a title is a string, not {title!r}")
    return title


def _content(recording: Recording, started_at: float, title: str = "") -> dict[str, Any]:
    """A recording as the disk takes it."""
    about = {
        "startedAt": started_at,
        "mimeType": recording.mime_type,
        "size": recording.size,
        "milliseconds": round(recording.duration * 1000),
    }
    return {"media": recording.blob, "about": about, "title": title}


def opened(found: Any, duration: float | None = None) -> Recording:
    """The recording that the disk has opened."""
    recording = Recording(
        found.blob,
        str(found.mimeType),
        duration=found.milliseconds / 1000 if duration is None else duration,
        started_at=float(found.startedAt),
        js_chunks=_Slices(found.blob, found.spans),
    )
    recording.id = str(found.id) or None
    return recording


class _Slices:
    """The chunks that a file is made of."""

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
