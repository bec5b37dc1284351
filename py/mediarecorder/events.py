"""Events: what a handler receives, and the handler's registration."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ._host.browser import is_nullish
from ._reminder import Reminding
from .errors import from_browser
from .outcome import Outcome, spawn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[["Event"], Any]


class Event:
    """The argument of a handler: the browser's event with Python names.

    `js` is the browser's event. It is None if the browser never fired the event that it should have fired.
    """

    __slots__ = ("_data", "_error", "js", "type")

    def __init__(self, type: str, js_event: Any = None, error: Exception | None = None) -> None:
        self.type = type
        self.js = js_event
        self._data: Chunk | None = None
        self._error = error

    @property
    def data(self) -> Chunk | None:
        """The `Chunk` of a ``dataavailable`` event."""
        if self._data is None:
            blob = getattr(self.js, "data", None)
            if not is_nullish(blob):
                self._data = Chunk(blob)
        return self._data

    @property
    def error(self) -> Exception | None:
        """The exception of an ``error`` event."""
        if self._error is None and self.type == "error":
            # Firefox and Chromium send different classes; the text is in `.error`, if that exists.
            # (quirk: engines-have-different-error-events)
            error = getattr(self.js, "error", None)
            self._error = from_browser(self.js if is_nullish(error) else error, "record")
        return self._error

    @property
    def track(self) -> Any:
        """The `MediaStreamTrack` of an ``addtrack`` or ``removetrack`` event; None for other events."""
        return None

    @property
    def timecode(self) -> float | None:
        """The browser's time stamp of a chunk, in seconds. Do not use it as a clock: Chromium repeats it, and
        Firefox has none."""
        timecode: Any = getattr(self.js, "timecode", None)
        return None if is_nullish(timecode) else float(timecode) / 1000

    def __repr__(self) -> str:
        return f"<Event {self.type!r}>"


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


class Subscription:
    """A registered handler. Calling it, or leaving its ``with`` block, unregisters the handler."""

    def __init__(self, type: str, handler: Handler, unsubscribe: Callable[[Subscription], None]) -> None:
        self.type, self.handler, self._unsubscribe = type, handler, unsubscribe
        self.active = True

    def __call__(self) -> None:
        if self.active:
            self.active = False
            self._unsubscribe(self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self()


def check_subscription(type: object, handler: object, events: tuple[str, ...]) -> None:
    """Refuse a type that is not one of `events`, and a handler that cannot be called."""
    if not isinstance(type, str):
        raise TypeError(f"the event type must be a string, not {type!r}")
    if type not in events:
        raise ValueError(f"unknown event {type!r}; choose one of {', '.join(events)}")
    if handler is not None and not callable(handler):
        raise TypeError(f"a handler must be callable, not {handler!r}")


def run(result: Awaitable[Any], handler: object) -> None:
    """Run the coroutine that a handler returned as a task, and report its failure."""
    # An Outcome that a handler returns, as `lambda event: recorder.stop()` does, reports its own failure.
    if not isinstance(result, Outcome):
        spawn(result).add_done_callback(lambda task: _finish(task, handler))


def _finish(task: asyncio.Task[Any], handler: object) -> None:
    if not task.cancelled() and (error := task.exception()):
        report(error, handler)


def report(error: BaseException, handler: object) -> None:
    asyncio.get_event_loop().call_exception_handler(
        {"message": f"Exception in handler {handler!r}", "exception": error}
    )
