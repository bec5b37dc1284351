"""Events, and the handlers registered for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from ._host.browser import create_proxy, is_nullish
from ._reminder import Reminding
from .chunk import Chunk
from .errors import from_browser
from .outcome import Outcome, spawn

if TYPE_CHECKING:
    from collections.abc import Callable

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


class Subscription:
    """A registered handler. Calling it, or leaving its ``with`` block, unregisters the handler."""

    def __init__(self, target: EventTarget, type: str, handler: Handler) -> None:
        self._target, self.type, self.handler = target, type, handler
        self.active = True

    def __call__(self) -> None:
        if self.active:
            self.active = False
            self._target._unsubscribe(self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self()


class HandlerAttribute:
    """A handler in MDN's spelling: ``recorder.onstop = handler``. Assign None to remove it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.type = name.removeprefix("on")
        self.key = f"_{name}"

    def __get__(self, target: EventTarget | None, owner: type) -> Any:
        if target is None:
            return self
        subscription = target.__dict__.get(self.key)
        return subscription.handler if subscription and subscription.active else None

    def __set__(self, target: EventTarget, handler: Handler | None) -> None:
        subscription = target.on(self.type, handler) if handler is not None else None
        old, target.__dict__[self.key] = target.__dict__.get(self.key), subscription
        if old:
            old()


class EventTarget(Reminding):
    """An object that fires events.

    A subclass lists its `EVENTS`, and implements `_listen` and `_unlisten`, which start and stop receiving
    events of one type.
    """

    EVENTS: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self._subscriptions: dict[str, list[Subscription]] = {}

    def on(self, type: str, handler: Handler | None = None) -> Any:
        """Call `handler(event)` whenever an event of this type fires.

        A coroutine function runs as a task; tasks start in the order of the events. An exception in a handler
        goes to the event loop's exception handler and affects nothing else.

        Returns
        -------
        Subscription
            Call it to unregister. Without `handler`, a decorator that registers and returns the function.

        Raises
        ------
        ValueError
            The object has no such event; the message lists its events.

        Examples
        --------
        >>> subscription = recorder.on("stop", lambda event: print("stopped"))
        >>> subscription()
        >>> @recorder.on("dataavailable")
        ... def keep(event):
        ...     print(event.data.size)
        """
        if not isinstance(type, str):
            raise TypeError(f"the event type must be a string, not {type!r}")
        if type not in self.EVENTS:
            raise ValueError(f"unknown event {type!r}; choose one of {', '.join(self.EVENTS)}")
        if handler is None:
            return lambda function: (self.on(type, function), function)[1]
        if not callable(handler):
            raise TypeError(f"a handler must be callable, not {handler!r}")
        subscription = Subscription(self, type, handler)
        subscriptions = self._subscriptions.setdefault(type, [])
        if not subscriptions:
            self._listen(type)
        subscriptions.append(subscription)
        return subscription

    def _unsubscribe(self, subscription: Subscription) -> None:
        subscriptions = self._subscriptions.get(subscription.type, [])
        if subscription in subscriptions:
            subscriptions.remove(subscription)
            if not subscriptions:
                self._unlisten(subscription.type)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("on") and not hasattr(type(self), name):
            raise AttributeError(f"unknown event {name[2:]!r}; choose one of {', '.join(self.EVENTS)}")
        super().__setattr__(name, value)

    def _listened(self, type: str) -> bool:
        return bool(self._subscriptions.get(type))

    def _dispatch(self, event: Event) -> None:
        subscriptions = self._subscriptions.get(event.type)
        for subscription in tuple(subscriptions) if subscriptions else ():
            if subscription.active:
                call_handler(subscription.handler, event)

    def _listen(self, type: str) -> None: ...

    def _unlisten(self, type: str) -> None: ...


class BrowserEventTarget(EventTarget):
    """An `EventTarget` that receives the events of the JavaScript object it wraps, through one proxy.

    The proxy lives as long as a handler is registered.
    """

    js: Any
    _event_class: ClassVar[type[Event]] = Event

    def __init__(self) -> None:
        super().__init__()
        self._proxy: Any = None

    def _listen(self, type: str) -> None:
        if self._proxy is None:
            self._proxy = create_proxy(self._on_browser_event)
        # The last argument is Firefox's own (quirk: firefox-hides-events-of-scripts).
        self.js.addEventListener(type, self._proxy, False, True)

    def _unlisten(self, type: str) -> None:
        self.js.removeEventListener(type, self._proxy)
        if not any(self._subscriptions.values()):
            proxy, self._proxy = self._proxy, None
            proxy.destroy()

    def _on_browser_event(self, event: Any) -> None:
        self._dispatch(self._event_class(event.type, event))

    def _end_subscriptions(self) -> None:
        for subscriptions in tuple(self._subscriptions.values()):
            for subscription in tuple(subscriptions):
                subscription()


def call_handler(handler: Callable[..., Any], *arguments: Any) -> None:
    """Call a user's function for an event. Its failure is reported and affects nothing else."""
    try:
        result = handler(*arguments)
    except BaseException as error:  # including CancelledError: it concerns the handler, not the take
        _report(error, handler)
        return
    # An Outcome that a handler returns, as `lambda event: recorder.stop()` does, reports its own failure.
    if result is not None and hasattr(result, "__await__") and not isinstance(result, Outcome):
        spawn(result).add_done_callback(lambda task: _finish(task, handler))


def _finish(task: asyncio.Task[Any], handler: object) -> None:
    if not task.cancelled() and (error := task.exception()):
        _report(error, handler)


def _report(error: BaseException, handler: object) -> None:
    asyncio.get_event_loop().call_exception_handler(
        {"message": f"Exception in handler {handler!r}", "exception": error}
    )
