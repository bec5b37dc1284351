"""Plain Python that waits, while the browser and other tasks of Python go on.

Scripts wait by `time.sleep`, `input`, and by the classes of `threading` and `queue`. In the browser these
would wait for a thread that does not exist. Here they wait through JSPI, so that callbacks are called
meanwhile.
"""

from __future__ import annotations

import asyncio
import builtins
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from .. import blocking
from .._host.bridge import page_services
from .._host.browser import is_nullish, settle
from .._host.features import can_run_sync
from .._host.hosts import before_each_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


def wait(doing: str, instead: str, work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine. If plain Python cannot wait here, the error says what to write instead."""
    blocking.require_waiting(doing, instead, [work])
    return blocking.run(work)


class _Waiter:
    """What `threading.Condition` releases to wake the code that waits."""

    def __init__(self) -> None:
        self.released: asyncio.Future[None] = asyncio.get_event_loop().create_future()

    def release(self) -> None:
        if not self.released.done():
            self.released.set_result(None)

    async def wait(self, timeout: float | None) -> bool:
        # Pyodide's loop refuses negative times (findings/pyodide-time-in-the-past.sh).
        await asyncio.wait([self.released], timeout=timeout and max(timeout, 0))
        return self.released.done()


_look = threading.Condition.wait


def _wait(condition: Any, timeout: float | None = None) -> bool:
    """`threading.Condition.wait`, on which all the classes of `threading` and `queue` are built."""
    if timeout is not None and timeout <= 0 and not can_run_sync():
        return _look(condition, timeout)
    if not condition._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    doing = "waiting for an event, a queue or a condition"
    waiter = _Waiter()
    condition._waiters.append(waiter)
    state = condition._release_save()
    try:
        return wait(doing, "await asyncio.Event().wait()", waiter.wait(timeout))
    finally:
        condition._acquire_restore(state)
        if not waiter.released.done():
            condition._waiters.remove(waiter)


_sleep = time.sleep


def _sleep_here(seconds: float, /) -> None:
    if not can_run_sync() or not seconds > 0:
        _sleep(seconds)
    else:
        blocking.run(asyncio.sleep(seconds))


async def _ask(prompt: str) -> str:
    answer = await settle(await page_services(), "ask", prompt, doing="input")
    if is_nullish(answer):
        raise EOFError("input: the user closed the dialogue without an answer")
    return str(answer)


def _input(prompt: object = "", /) -> str:
    return wait("input", "await asyncio.sleep(…)", _ask(str(prompt)))


_PLACES: list[tuple[Any, str, Any]] = [
    (time, "sleep", _sleep_here),
    (builtins, "input", _input),
    (threading.Condition, "wait", _wait),
    (queue, "SimpleQueue", getattr(queue, "_PySimpleQueue", queue.SimpleQueue)),
]


def install() -> Callable[[], None]:
    """Replace them. The result restores them."""
    usual = [(place, name, getattr(place, name)) for place, name, _ in _PLACES]
    for place, name, ours in _PLACES:
        setattr(place, name, ours)
    # JupyterLite replaces it before each cell, by one that stops all of Python.
    end = before_each_cell(lambda: setattr(builtins, "input", _input))

    def undo() -> None:
        end()
        for place, name, value in usual:
            setattr(place, name, value)

    return undo
