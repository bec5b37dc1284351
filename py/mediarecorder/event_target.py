"""Objects that fire events: the bases of recorders, devices, streams, tracks and stores.

The events themselves are in events.py, which is imported with the first handler: a page does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ._host.browser import create_proxy
from ._reminder import Reminding

if TYPE_CHECKING:
    from collections.abc import Callable

    from .events import Event, Handler, Subscription


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
        from .events import Subscription, check_subscription

        check_subscription(type, handler, self.EVENTS)
        if handler is None:
            return lambda function: (self.on(type, function), function)[1]
        subscription = Subscription(type, handler, self._unsubscribe)
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
        for subscription in tuple(self._subscriptions.get(event.type, ())):
            if subscription.active:
                call_handler(subscription.handler, event)

    def _listen(self, type: str) -> None: ...

    def _unlisten(self, type: str) -> None: ...


class BrowserEventTarget(EventTarget):
    """An `EventTarget` that receives the events of the JavaScript object it wraps, through one proxy.

    The proxy lives as long as a handler is registered.
    """

    js: Any

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
        self._dispatch(self._event(event))

    def _event(self, js_event: Any) -> Event:
        """The event for the handlers. A subclass may return an event of its own class."""
        from .events import Event

        return Event(js_event.type, js_event)

    def _end_subscriptions(self) -> None:
        for subscriptions in tuple(self._subscriptions.values()):
            for subscription in tuple(subscriptions):
                subscription()


def call_handler(handler: Callable[..., Any], *arguments: Any) -> None:
    """Call a user's function for an event. Its failure is reported and affects nothing else."""
    try:
        result = handler(*arguments)
    except BaseException as error:  # including CancelledError: it concerns the handler, not the take
        from .events import report

        report(error, handler)
        return
    if result is not None and hasattr(result, "__await__"):
        from .events import run

        run(result, handler)
