"""The calls most people need, without `await`: plain Python waits while the browser keeps running.

>>> from mediarecorder import blocking
>>> recording = blocking.record(0.5)
>>> samples = blocking.run(recording.samples())      # any awaitable, not only those of this library

Waiting requires JSPI (JavaScript Promise Integration), which suspends the whole Python stack. It works at top
level, in functions, in tasks and in `async def` handlers, in the page and in workers. It does not work in a
plain `def` that the browser itself calls, such as a click handler.

Where the host can interrupt Python (`pyodide.setInterruptBuffer`), an interrupt ends a blocking call within
a second. The awaited work is cancelled, so that devices are released, and the call raises
`KeyboardInterrupt`.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import signal
import sys
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from . import capture, diagnosis, mixing
from ._host import bridge
from ._host.browser import require_browser
from ._host.features import can_run_sync, has_jspi, run_sync
from ._host.hosts import share_display
from .errors import InvalidStateError, MediaError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from types import FrameType

__all__ = ["connect", "diagnose", "mix", "record", "run", "take_photo"]

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger("mediarecorder")

HEARTBEAT = 0.05
"""Seconds between checks whether the call was interrupted or the task that makes it was cancelled."""
CANCEL_TIMEOUT = 0.5
"""Seconds that a cancelled awaitable gets to clean up before the call ends without it."""
POLLS = 100
"""Iterations of an empty loop at each check. Pyodide reads the interrupt buffer at every 50th check of its
evaluation loop, and there are no such checks while Python only waits."""
BUSY = 0.5
"""If the event loop does not run for this many seconds after an interrupt, Python is busy, not waiting."""
MONITOR = 4
"""A tool id that `sys.monitoring` leaves free."""


def run(awaitable: Awaitable[T]) -> T:
    """Wait for a coroutine, an `Outcome`, a future or any other awaitable, and return its result.

    Its exception is raised unchanged. If the call is interrupted, or the task that makes the call is
    cancelled, the awaitable is cancelled and cleans up first.

    Raises
    ------
    NotSupportedError
        This browser has no JSPI: use `await`.
    InvalidStateError
        The browser directly called the function that contains this call, as it does with event handlers.
        Make that function ``async def``.
    KeyboardInterrupt
        The host interrupted Python.

    Examples
    --------
    >>> blocking.run(recording.samples(16000))
    >>> recorder.start()
    >>> blocking.run(recorder.stop())
    """
    if not inspect.isawaitable(awaitable):
        raise TypeError(f"blocking.run needs an awaitable such as recording.samples(), not {awaitable!r}")
    require_waiting("blocking.run", "await the awaitable", unused=[awaitable])
    return _Call(awaitable).result()


def _blocking(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """The coroutine function as a plain one, with the same signature for editors and type checkers."""
    name = function.__name__

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        # Check before the coroutine exists, because an unstarted coroutine would not close these arguments.
        require_waiting(f"blocking.{name}", f"await {name}(…)", unused=[*args, *kwargs.values()])
        return _Call(function(*args, **kwargs)).result()

    call.__module__ = __name__
    call.__doc__ = f"`mediarecorder.{name}` without `await`; arguments, result and errors are the same."
    return call


record = _blocking(capture.record)
take_photo = _blocking(capture.take_photo)
mix = _blocking(mixing.mix)
diagnose = _blocking(diagnosis.diagnose)
connect = _blocking(bridge.connect)


def require_waiting(doing: str, instead: str, unused: Iterable[object] = ()) -> None:
    """Raise an error that says why plain Python cannot wait here, if it cannot, and what to write instead."""
    try:
        require_browser()
        if not can_run_sync():
            raise _refusal(doing, instead)
    except MediaError:
        for value in unused:
            if isinstance(value, Coroutine):
                value.close()  # or it would be reported as never awaited
        raise


def _refusal(doing: str, instead: str) -> MediaError:
    if not has_jspi():  # quirk: webkit-has-no-jspi
        return NotSupportedError(
            f"{doing}: this browser has no JSPI, so plain Python cannot wait in it. Use `{instead}`."
        )
    return InvalidStateError(
        f"{doing}: the browser called a plain function here, such as an event handler, and such a "
        f"call can never wait. Make the function `async def`, and use `{instead}` in it. (If JavaScript "
        "starts Python: runPythonAsync and callPromising let it wait, runPython does not.)"
    )


class _Call(Generic[T]):
    """One synchronous call that waits for an awaitable."""

    def __init__(self, awaitable: Awaitable[T]) -> None:
        self._awaitable = awaitable
        self._share_display = share_display()
        self._begun = False
        self._result: T
        self._error: BaseException | None = None
        #: The exception to raise in place of the awaitable's result.
        self.interruption: BaseException | None = None
        self.task: asyncio.Task[None] | None = None
        self._woken: asyncio.Future[None] = asyncio.get_event_loop().create_future()
        # The task in which this call blocks. Cancelling that task does not reach the suspended stack.
        self._around = asyncio.current_task(asyncio.get_event_loop())
        self._cancelled_before = self._around.cancelling() if self._around else 0

    @property
    def outer(self) -> _Call[Any] | None:
        """The call that waits for the task in which this one blocks."""
        return next((call for call in _interrupts.calls if call.task and call.task is self._around), None)

    def result(self) -> T:
        error: BaseException | None = None
        try:
            _interrupts.enter(self)
            try:
                run_sync(self._watch())
            finally:
                _interrupts.leave(self)
                if not self._begun and isinstance(self._awaitable, Coroutine):
                    self._awaitable.close()  # or it would be reported as never awaited
            error, self._error = self._error, None
            if self.interruption is not None:
                raise self.interruption.with_traceback(None) from error
            if error is not None:
                raise error
            return self._result
        finally:
            # Otherwise the exception, its traceback and this frame would keep each other alive.
            del error, self

    def interrupt(self, error: BaseException) -> None:
        """End the call with this error, even if other tasks leave no time for timers."""
        self.interruption = self.interruption or error
        asyncio.get_event_loop().call_soon(self._wake)

    def _wake(self) -> None:
        if not self._woken.done():
            self._woken.set_result(None)

    async def _watch(self) -> None:
        task = self.task = asyncio.ensure_future(self._settle())
        self._share_display(task)
        try:
            while not task.done() and self.interruption is None:
                await asyncio.wait({task, self._woken}, timeout=HEARTBEAT)
                for _ in range(POLLS):
                    pass
                if self._around and self._around.cancelling() > self._cancelled_before:
                    self.interruption = asyncio.CancelledError()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=CANCEL_TIMEOUT)
                if not task.done():
                    logger.warning(
                        "%r was cancelled but is still running after %s s", self._awaitable, CANCEL_TIMEOUT
                    )

    async def _settle(self) -> None:
        self._begun = True
        # The error is stored, not raised: on its way through JavaScript it would lose its traceback, and a
        # KeyboardInterrupt would reach the event loop too.
        try:
            self._result = await self._awaitable
        except BaseException as error:
            if self.interruption is None or not (
                error is self.interruption or isinstance(error, asyncio.CancelledError)
            ):
                self._error = error


class _Interrupts:
    """Handles SIGINT while calls are running.

    The default handler raises `KeyboardInterrupt` wherever Python happens to be: inside the event loop,
    which then loses a timer or the wake-up of a task (pyodide#2141), or in an unrelated callback. This
    handler only marks the calls as interrupted. It raises only where Python is busy instead of waiting.
    (quirk: pyodide-loses-timers-at-an-interrupt)
    """

    def __init__(self) -> None:
        #: With several tasks, calls may end in a different order from that in which they began.
        self.calls: list[_Call[Any]] = []
        self._usual: Any = None

    def enter(self, call: _Call[Any]) -> None:
        if not self.calls and callable(usual := signal.getsignal(signal.SIGINT)):
            self._usual = usual
            signal.signal(signal.SIGINT, self._note)
        self.calls.append(call)

    def leave(self, call: _Call[Any]) -> None:
        self.calls.remove(call)
        if not self.calls and signal.getsignal(signal.SIGINT) == self._note:
            signal.signal(signal.SIGINT, self._usual)

    def _note(self, number: int, frame: FrameType | None) -> None:
        try:
            # The host's handler may raise another exception, or none, as in marimo.
            self._usual(number, frame)
        except BaseException as error:
            # Only the innermost of nested calls is interrupted, as in plain Python: the outer one sees the
            # inner one's result.
            outers = [call.outer for call in self.calls]
            inner = [call for call in self.calls if call not in outers]
            again = all(call.interruption for call in inner)
            for call in inner:
                call.interrupt(error)
            # A second interrupt is raised right here.
            if not again:
                _raise_where_busy(error)
            elif not _of_the_loop(frame):
                raise


def _raise_where_busy(error: BaseException) -> None:
    """Raise the error in the running code if that code blocks the event loop for `BUSY` more seconds.

    The time before now does not count: the machine may have been running other processes.
    """
    monitoring: Any = getattr(sys, "monitoring", None)  # from Python 3.12 on
    if monitoring is None or monitoring.get_tool(MONITOR):
        return  # the id is taken, possibly by an earlier call; a second interrupt is raised in any case
    monitoring.use_tool_id(MONITOR, __name__)
    begun = time.monotonic()

    def look(*_: object) -> None:
        if time.monotonic() - begun > BUSY and not _of_the_loop(sys._getframe(1)):
            end()
            raise error

    def end() -> None:
        if monitoring.get_tool(MONITOR) == __name__:
            monitoring.set_events(MONITOR, monitoring.events.NO_EVENTS)
            for event in events:
                monitoring.register_callback(MONITOR, event, None)
            monitoring.free_tool_id(MONITOR)

    events = (monitoring.events.JUMP, monitoring.events.PY_START)  # at each loop and each call
    for event in events:
        monitoring.register_callback(MONITOR, event, look)
    monitoring.set_events(MONITOR, events[0] | events[1])
    asyncio.get_event_loop().call_soon(end)


def _of_the_loop(frame: FrameType | None) -> bool:
    module = frame.f_globals.get("__name__", "") if frame else ""
    return module == __name__ or module.partition(".")[0] in ("asyncio", "pyodide", "_pyodide")


_interrupts = _Interrupts()
