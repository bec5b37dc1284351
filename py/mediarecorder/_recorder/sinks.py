"""The sinks for the chunks of a take: the browser's memory, or a store.

A `Take` does not know which one it has. Both provide a JavaScript function that receives the browser's
``dataavailable`` events, count the data, and make the `Recording` at the end.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from .._host.browser import JsException, create_proxy, is_nullish, js, settle, window
from .._host.modules import load_module
from ..errors import MediaError, NotSupportedError, UnknownError
from ..events import Chunk
from ..outcome import spawn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ..markers import Marker
    from ..recording import Recording
    from ..store import RecordingStore

    Done = Callable[[Recording | None, Exception | None], None]

log = logging.getLogger("mediarecorder")

REMINDER = 32 << 20
"""Allocate at most this many bytes for a moment, to tell the garbage collector about a Blob."""
FOLLOWED_FROM, FOLLOWED_BY = 4 << 20, 1 << 20
"""A take in memory is read while it is recorded once it has so many bytes, and then each time so many are
new. (Reading less takes no time after the take.)"""
FILED = 1_000_000
"""Firefox's recorder puts chunks of so many bytes into files."""
JOINED = 32
"""Join this many chunks into one Blob while the take runs."""
DISK_TIMEOUT = 30.0
"""Give up on the store's worker after this many seconds without progress."""


def checked_store(store: RecordingStore | None) -> RecordingStore | None:
    """`store`, if it is a store, or None. The module is loaded only if there is one."""
    if store is not None:
        from ..store import RecordingStore

        if not isinstance(store, RecordingStore):
            raise TypeError(
                f"store must be a RecordingStore, from `await RecordingStore.open()`, not {store!r}"
            )
    return store


def checked_upload(upload: Any, store: object, is_wav: bool = False) -> dict[str, Any] | None:
    """The argument ``upload`` as arguments of `Upload`. The module is loaded only if there is one."""
    if upload is None:
        return None
    from ..upload import checked_options

    return checked_options(upload, store, is_wav)


@cache
def _data_getter() -> Any:
    """A JavaScript function that reads `data` of its first argument, made without evaluating code.

    With it, the browser itself iterates over thousands of events (`events.map(getter)`) without calling
    Python for each.
    """
    descriptor = js.Object.getOwnPropertyDescriptor(window().BlobEvent.prototype, "data")
    return js.Function.prototype.call.bind(js.Reflect.get(descriptor, "get"))


class InMemory:
    """Chunks that the browser itself gathers, without a call into Python for each."""

    is_ending = False

    def __init__(self) -> None:
        self._events = js.Array.new()
        self._joined = js.Array.new()
        self._summed = self._size = self._read = 0
        self._index: Any = None
        self._walk: Any = None
        self._followed = self._followed_size = 0
        self._may_follow = True
        self.listener = self._events.push.bind(self._events)

    def begin(self, started_at: float, mime_type: str) -> None:
        from ..recording import Recording  # imported while the encoder starts; it is not needed before a take

        self._make = Recording
        self._data_of = _data_getter()

    @property
    def count(self) -> int:
        return int(self._events.length)

    @property
    def size(self) -> int:
        count = self.count
        while self._summed < count:
            self._size += self._events[self._summed].data.size
            self._summed += 1
        return self._size

    @property
    def last(self) -> tuple[int, float]:
        """Size and time stamp of the last chunk."""
        event = self._events[-1]
        return int(event.data.size), float(event.timeStamp)

    def earlier(self) -> Iterator[Chunk]:
        """The chunks so far."""
        return (Chunk(event.data) for event in self._events)

    def mark(self, markers: list[Marker]) -> None:
        """Keep the markers so far. (In memory, the take has them.)"""

    def join(self) -> None:
        """Join some of the earlier chunks, if there are enough of them.

        Browsers take up to 0.05 ms for each part of a new Blob: 40 ms at the end of a take of ten minutes.
        """
        start = JOINED * int(self._joined.length)
        if self.count - start >= JOINED:
            self._joined.push(js.Blob.new(self._blobs(start, start + JOINED)))

    def release(self) -> None:
        """Release the sink: no more chunks will arrive."""

    def follow(self) -> None:
        """Pass the new chunks to JavaScript, which reads them when the page is idle, so that `seekable()` has
        little left to do. Called a few times a second while the take runs.

        The take does not depend on it: a page may block the module.
        """
        new = self.size - self._followed_size
        if self._walk is None:
            if self._may_follow and new >= FOLLOWED_FROM:
                self._may_follow = False
                spawn(self._begin_to_follow())
        elif new >= FOLLOWED_BY:
            chunks = self._blobs(self._followed)
            self._followed += chunks.length
            self._followed_size += new
            self._walk.follow(chunks)

    async def _begin_to_follow(self) -> None:
        global _blocked
        # (In Firefox, empty chunks may have no type.)
        if _blocked or not any(_is_matroska(str(event.data.type)) for event in self._events):
            return
        try:
            self._walk = (await load_module("store")).LiveWalk.new()
        except MediaError as error:
            _blocked = True
            log.info("The take is not read while it is recorded. %s", error)

    async def begin_index(self, mime_type: str) -> None:
        """Read the data from now on, so that the file can get its length and its cues at the end.

        Raises
        ------
        NotSupportedError
            The data is not WebM, or the page blocks the module that reads it.
        """
        if not _is_matroska(mime_type):
            raise NotSupportedError(f"{mime_type} cannot be indexed")
        self._index = (await load_module("store")).WebmIndex.new()

    async def indexed(self) -> float:
        """Read the data so far; return the time of its last picture, in seconds."""
        chunks = self._blobs().slice(self._read)
        self._read += chunks.length
        return float(await settle(self._index, "read", js.Blob.new(chunks), doing="stop")) / 1000

    def finish(self, mime_type: str, duration: float, started_at: float, done: Done) -> None:
        """Make the recording and pass it to `done`, at once or later."""
        try:
            chunks, count = self._blobs(), self.count
            # By now, Firefox's recorder has lost its type, and its empty chunks may have none.
            # (quirk: firefox-forgets-its-type-after-stop)
            own = next(filter(None, (str(chunks[n].type) for n in range(count))), "")
            mime_type = own or mime_type
            if own and count == 1:
                blob = chunks[0]  # each new Blob waits for the browser's other process
            else:
                rest = chunks.slice(JOINED * int(self._joined.length))
                blob = js.Blob.new(self._joined.concat(rest), type=mime_type)
            make = partial(self._make, mime_type=mime_type, duration=duration, started_at=started_at)
            if self._read:
                spawn(self._finish_indexed(blob, duration, make, done))
                return
            recording = make(blob, js_chunks=chunks)
            recording._in_memory = FILED
            recording._walk, recording._followed = self._walk, self._followed
        except Exception as error:  # any error must settle the waiting calls
            done(None, error)
        else:
            done(recording, None)

    async def _finish_indexed(self, blob: Any, duration: float, make: Any, done: Done) -> None:
        with suppress(Exception):  # a recording without its length is better than none
            await self.indexed()
            blob = self._index.around(blob, duration * 1000)
        try:
            recording = make(blob, js_chunks=js.Array.of(blob))
        except Exception as error:
            done(None, error)
        else:
            done(recording, None)

    def _blobs(self, start: int = 0, end: int | None = None) -> Any:
        events = self._events.slice(start, end) if start or end else self._events
        try:
            return events.map(self._data_of)
        except JsException:  # an event that a script made and dispatched is not a real BlobEvent
            return js.Array.of(*(event.data for event in events))


_blocked = False
"""Whether the page has blocked the module that reads takes while they are recorded."""


def _is_matroska(mime_type: str) -> bool:
    return any(name in mime_type for name in ("webm", "matroska"))


class AsWav(InMemory):
    """Chunks of sound from which JavaScript makes a WAV as they arrive (static/library/media/wav.js).

    Parameters
    ----------
    js_recorder
        The browser's recorder, whose chunks JavaScript hears without a call into Python.
    """

    def __init__(self, js_recorder: Any) -> None:
        super().__init__()
        self._js = js_recorder
        self._live: Any = None
        self._over = False

    def begin(self, started_at: float, mime_type: str) -> None:
        super().begin(started_at, mime_type)
        self._loading = spawn(self._begin_wav())

    async def _begin_wav(self) -> None:
        from .._media.engine import load

        with suppress(MediaError):  # `finish` loads it again, and then the take has the error
            self._live = (await load()).wavTake(self._events)
            if not self._over:
                self._js.addEventListener("dataavailable", self._live.hear)

    def follow(self) -> None:
        """Do nothing: all data is read already."""

    def release(self) -> None:
        self._over = True
        if self._live is not None:
            self._js.removeEventListener("dataavailable", self._live.hear)

    def finish(self, mime_type: str, duration: float, started_at: float, done: Done) -> None:
        spawn(self._finish_wav(mime_type, duration, started_at, done))

    async def _finish_wav(self, mime_type: str, duration: float, started_at: float, done: Done) -> None:
        from ..recording import Recording, recording_of

        made: Any = None
        try:
            await self._loading
            made = self._live and await settle(self._live, "finish", doing="stop")
        except Exception as error:  # all chunks are there, so the engine can still convert them
            log.info("The WAV is made after the take. %s", error)
        except BaseException:
            super().finish(mime_type, duration, started_at, done)
            raise
        if is_nullish(made):
            super().finish(mime_type, duration, started_at, converted(Recording._as_wav, done))
        else:
            done(recording_of(made, started_at, duration), None)


def converted(convert: Callable[[Recording], Awaitable[Recording]], done: Done) -> Done:
    """A function like `done` that gets the recording before it is converted.

    If that fails, the take ends with an error, and has the recording as it is.
    """

    async def finish(recording: Recording) -> None:
        error: Exception | None = None
        try:
            recording = await convert(recording)
        except Exception as failed:
            error = failed
        except BaseException:
            error = UnknownError("The conversion to WAV was interrupted.")
        done(recording, error)

    def begin(recording: Recording | None, error: Exception | None) -> None:
        if recording is None or error is not None:
            done(recording, error)
        else:
            spawn(finish(recording))

    return begin


def remind_of(size: int) -> None:
    """Tell the browser's garbage collector how much memory a discarded Blob really held.

    The collector counts only a few bytes for each Blob. Chromium was seen to keep half a gigabyte of Blobs,
    and could then read no new one (quirk: chromium-keeps-blobs-nobody-needs).
    """
    js.ArrayBuffer.new(min(size, REMINDER))


class InStore:
    """Chunks that are written to disk as they arrive; only the last 4 MB stay in memory.

    Parameters
    ----------
    store
        The store that writes them.
    recorded
        Returns the seconds recorded so far.
    failed
        Called with the error when the store can no longer write.
    wav
        Whether a WAV takes the place of the data at the end.
    upload
        Where the chunks on disk are sent, as arguments of `Upload`.
    """

    is_ending = False
    """Whether `stop()` was called."""

    def __init__(
        self,
        store: RecordingStore,
        recorded: Callable[[], float],
        failed: Callable[[Exception], None],
        wav: bool = False,
        upload: dict[str, Any] | None = None,
    ) -> None:
        store._require_open()
        self._store, self._id = store, store._new_id()
        self._recorded, self._failed, self._wav, self._upload = recorded, failed, wav, upload
        self.count = self.size = 0
        self.last = (0, 0.0)
        self._written = 0
        self._news = 0
        self.listener = create_proxy(self._append)

    def begin(self, started_at: float, mime_type: str) -> None:
        self._uploading = self._store._begin(self._id, started_at, mime_type, self, self._upload)

    def earlier(self) -> Iterator[Chunk]:
        return iter(())  # they are on disk

    def _append(self, event: Any, *_: Any) -> None:
        size = int(event.data.size)
        self.count += 1
        self.size += size
        self.last = size, float(event.timeStamp)
        if size:
            self._store._append(self._id, event.data, size, self._recorded())
            remind_of(size)

    def follow(self) -> None:
        """Do nothing: the store reads all data."""

    def mark(self, markers: list[Marker]) -> None:
        self._store._mark(self._id, markers)

    def join(self) -> None:
        """Do nothing: chunks on disk need no joining."""

    @property
    def waiting(self) -> int:
        """Bytes that are not on disk yet."""
        return self.size - self._written

    def written(self, size: int) -> None:
        """Another `size` bytes are on disk."""
        self._written += size
        self._news += 1

    def failed(self, error: Exception) -> None:
        """The rest cannot be written."""
        self._news += 1
        self._failed(error)

    def release(self) -> None:
        self.listener.destroy()

    def finish(self, mime_type: str, duration: float, started_at: float, done: Done) -> None:
        if self._wav:
            done = converted(self._store._as_wav, done)
        self._finishing = spawn(self._finish(duration, done))

    async def _finish(self, duration: float, done: Done) -> None:
        # (An asyncio timer would hold its proxy until it is due, however soon the store finishes.)
        self._looked_at, self._silent = self._news, False
        look = create_proxy(self._look)
        timer = js.setInterval(look, DISK_TIMEOUT * 1000)
        recording = error = None
        try:
            recording = await self._store._finish(self._id, duration, self._uploading)
        except Exception as failed:
            error = failed
        except BaseException:
            error = UnknownError("The store was interrupted.")
        finally:
            js.clearInterval(timer)
            look.destroy()
        if self._silent:
            error = UnknownError(
                f"The disk no longer responds. The data that it has written is safe: "
                f"recover it with store.recover({self._id!r})."
            )
        done(recording, error)

    def _look(self) -> None:
        self._silent = self._looked_at == self._news
        self._looked_at = self._news
        if self._silent:
            self._finishing.cancel()
