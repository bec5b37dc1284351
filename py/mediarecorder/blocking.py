"""The calls most people need without `await`: plain Python waits, and the browser goes on meanwhile.

    from mediarecorder import blocking

    recording = blocking.record(5)
    samples = blocking.run(recording.samples())      # any awaitable of the library, or another

Waiting takes JSPI (JavaScript Promise Integration), which suspends the whole Python stack. It works at top
level, in functions, in tasks and in `async def` handlers, in the page and in workers; not in a plain `def`
that the browser itself calls, such as the handler of a click.

Where the host can interrupt Python (`pyodide.setInterruptBuffer`), an interrupt ends a blocking call within
a second: what it was waiting for is cancelled, so that devices are released, and `KeyboardInterrupt` is
raised here.
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
from ._host.browser import can_run_sync, has_jspi, require_browser, run_sync
from .errors import InvalidStateError, MediaError, NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from types import FrameType

__all__ = ["connect", "diagnose", "mix", "record", "run", "take_photo"]

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger("mediarecorder")

HEARTBEAT = 0.05
"""Seconds between two looks at whether the call was interrupted or the task around it cancelled."""
CANCEL_TIMEOUT = 0.5
"""Seconds that what was cancelled gets to clean up before the call ends without it."""
POLLS = 100
"""Turns of a loop at each look. Pyodide reads the interrupt buffer at every 50th check of its evaluation
loop, and while Python only waits there are none."""
BUSY = 0.5
"""Seconds without a turn of the event loop, after an interrupt, in which Python is busy and does not wait."""
MONITOR = 4
"""Of the numbers that `sys.monitoring` has for tools, one that it leaves free."""


def run(awaitable: Awaitable[T]) -> T:
    """Wait for a coroutine, an `Outcome`, a future or any other awaitable, and return its result.

    Its exception is raised as it is. When the call is interrupted, or the task around it cancelled, the
    awaitable is cancelled and cleans up first.

    Raises
    ------
    NotSupportedError
        This browser has no JSPI: use `await`.
    InvalidStateError
        Called from a plain function that the browser called, such as a handler of events: make it
        ``async def``.
    KeyboardInterrupt
        The host interrupted Python.

    Examples
    --------
    >>> blocking.run(recording.samples(16000))
    >>> blocking.run(recorder.stop())
    """
    if not inspect.isawaitable(awaitable):
        raise TypeError(f"blocking.run takes an awaitable such as recording.samples(), not {awaitable!r}")
    _require_waiting("run", "the awaitable", unused=[awaitable])
    return _Call(awaitable).result()


def _blocking(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """The coroutine function as a plain one, with the same signature for editors and type checkers."""
    name = function.__name__

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        # Before the coroutine is made: what it would close was given to this function.
        _require_waiting(name, f"{name}(…)", unused=[*args, *kwargs.values()])
        return _Call(function(*args, **kwargs)).result()

    call.__module__ = __name__
    call.__doc__ = f"`mediarecorder.{name}` without `await`; arguments, result and errors are the same."
    return call


record = _blocking(capture.record)
take_photo = _blocking(capture.take_photo)
mix = _blocking(mixing.mix)
diagnose = _blocking(diagnosis.diagnose)
connect = _blocking(bridge.connect)


def _require_waiting(name: str, what: str, unused: Iterable[object]) -> None:
    """Raise what says why plain Python cannot wait here, if it cannot."""
    try:
        require_browser()
        if not can_run_sync():
            raise _refusal(name, what)
    except MediaError:
        for value in unused:
            if isinstance(value, Coroutine):
                value.close()  # or it would be reported as never awaited
        raise


def _refusal(name: str, what: str) -> MediaError:
    if not has_jspi():
        return NotSupportedError(
            f"blocking.{name}: this browser has no JSPI, so plain Python cannot wait in it. "
            f"Use `await {what}`."
        )
    return InvalidStateError(
        f"blocking.{name}: the browser called a plain function here, such as an event handler, and that "
        f"can never wait. Make the function `async def`, and use `await {what}` in it. (Whoever starts "
        "Python from JavaScript: runPythonAsync and callPromising let it wait, runPython does not.)"
    )


class _Call(Generic[T]):
    """One synchronous call that waits for an awaitable."""

    def __init__(self, awaitable: Awaitable[T]) -> None:
        self._awaitable = awaitable
        self._begun = False
        self._result: T
        self._error: BaseException | None = None
        #: What is to be raised here in place of whatever the awaitable comes to.
        self.interruption: BaseException | None = None
        self.task: asyncio.Task[None] | None = None
        self._woken: asyncio.Future[None] = asyncio.get_event_loop().create_future()
        # The task in which this call blocks: cancelling it cannot reach the suspended stack.
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
            # Else the exception, its traceback and this frame would keep each other alive.
            del error, self

    def interrupt(self, error: BaseException) -> None:
        """Have the call end with this, even where other tasks leave no time for timers."""
        self.interruption = self.interruption or error
        asyncio.get_event_loop().call_soon(self._wake)

    def _wake(self) -> None:
        if not self._woken.done():
            self._woken.set_result(None)

    async def _watch(self) -> None:
        task = self.task = asyncio.ensure_future(self._settle())
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
                        "%r was cancelled but still runs after %s s", self._awaitable, CANCEL_TIMEOUT
                    )

    async def _settle(self) -> None:
        self._begun = True
        # The error is kept, not raised: through JavaScript it would lose its traceback, and a
        # KeyboardInterrupt would reach the event loop too.
        try:
            self._result = await self._awaitable
        except BaseException as error:
            if self.interruption is None or not (
                error is self.interruption or isinstance(error, asyncio.CancelledError)
            ):
                self._error = error


class _Interrupts:
    """Takes over SIGINT while there are calls.

    The usual handler raises `KeyboardInterrupt` wherever Python happens to be: inside of the event loop,
    which then loses a timer or the wake-up of a task (pyodide#2141), or in somebody else's callback. This
    one takes a note for the calls. It raises only where Python does not wait but is busy.
    """

    def __init__(self) -> None:
        #: With several tasks they need not end in the order in which they began.
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
            # The host may have its own idea of an interrupt, as marimo has: another exception, or none.
            self._usual(number, frame)
        except BaseException as error:
            # A call within a call is interrupted alone, as in plain Python: the outer one sees what the
            # inner makes of it.
            outers = [call.outer for call in self.calls]
            inner = [call for call in self.calls if call not in outers]
            again = all(call.interruption for call in inner)
            for call in inner:
                call.interrupt(error)
            # Whoever asks again means it.
            if not again:
                _raise_where_busy(error)
            elif not _of_the_loop(frame):
                raise


def _raise_where_busy(error: BaseException) -> None:
    """Raise it in the code that runs now, if that keeps the event loop from turning for `BUSY` seconds.

    How long the loop has already stood still says nothing: the machine may have given its time to others.
    """
    monitoring: Any = getattr(sys, "monitoring", None)  # from Python 3.12 on
    if monitoring is None or monitoring.get_tool(MONITOR):
        return  # somebody else's, or watching already: a second interrupt is raised in any case
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

    events = (monitoring.events.JUMP, monitoring.events.PY_START)  # each loop, each call
    for event in events:
        monitoring.register_callback(MONITOR, event, look)
    monitoring.set_events(MONITOR, events[0] | events[1])
    asyncio.get_event_loop().call_soon(end)


def _of_the_loop(frame: FrameType | None) -> bool:
    module = frame.f_globals.get("__name__", "") if frame else ""
    return module == __name__ or module.partition(".")[0] in ("asyncio", "pyodide", "_pyodide")


_interrupts = _Interrupts()
