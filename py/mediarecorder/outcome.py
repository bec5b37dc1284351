"""The awaitable that every verb of the recorder returns."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

T = TypeVar("T")

_tasks: set[asyncio.Task[Any]] = set()


def spawn(work: Awaitable[Any]) -> asyncio.Task[Any]:
    """Start a task that runs to its end even if no code refers to it: the event loop holds tasks weakly."""
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


class Outcome(Coroutine[Any, Any, T], Generic[T]):
    """A future result. Any number of tasks may await it, each as often as it likes.

    It differs from an `asyncio.Future` in two ways that matter here. Cancelling a task that awaits it
    cancels only that task. And an error that no task awaits causes no warning, so ``recorder.stop()`` can
    be a bare statement. `asyncio.create_task` accepts it as a coroutine, even several times.

    >>> recorder.start()
    >>> outcome = recorder.stop()
    >>> (await outcome) is (await outcome)
    True
    """

    def __init__(self) -> None:
        self._done = False
        self._result: T
        self._error: BaseException | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._steps: dict[asyncio.Task[Any] | None, Generator[object, None, T]] = {}

    @classmethod
    def _of(cls, result: T) -> Outcome[T]:
        """An outcome that is already settled."""
        outcome = cls()
        outcome._resolve(result)
        return outcome

    @classmethod
    def _running(cls, work: Coroutine[Any, Any, T]) -> Outcome[T]:
        """Start a task for the coroutine, and return its outcome."""
        outcome = cls()

        async def run() -> None:
            try:
                outcome._resolve(await work)
            except BaseException as error:
                outcome._reject(error)
                if not isinstance(error, Exception):
                    raise

        spawn(run())
        return outcome

    def done(self) -> bool:
        """True once it has a result or an error."""
        return self._done

    def _resolve(self, result: T) -> None:
        """Settle with a result. Only the first of several settlements counts."""
        if not self._done:
            self._result = result
            self._wake()

    def _reject(self, error: BaseException) -> None:
        """Settle with an error. Only the first of several settlements counts."""
        if not self._done:
            self._error = error
            self._wake()

    def _reject_aloud(self, error: BaseException, message: str) -> None:
        """Settle with an error. If no task waits for it, the event loop's exception handler gets it."""
        awaited = bool(self._waiters)
        self._reject(error)
        if not awaited:
            asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})

    def _wake(self) -> None:
        self._done = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    def __await__(self) -> Generator[object, None, T]:
        if not self._done:
            # Each await has its own future, so cancelling one does not affect the others.
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                yield from waiter
            finally:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
        if self._error is not None:
            # Otherwise each await would lengthen the traceback of the shared exception object.
            raise self._error.with_traceback(None)
        return self._result

    def __repr__(self) -> str:
        state = "pending" if not self._done else "failed" if self._error else "done"
        return f"<Outcome {state}; to get the result, write: await ...>"

    # The coroutine protocol, for tasks. Each task that awaits this outcome has its own run.

    def send(self, value: object, /) -> object:
        return self._step(lambda run: run.send(None))

    def throw(self, *error: Any) -> object:
        return self._step(lambda run: run.throw(*error))

    def close(self) -> None:
        """Do nothing: other tasks may be waiting."""

    def _step(self, step: Callable[[Generator[object, None, T]], object]) -> object:
        try:
            task = asyncio.current_task()
        except RuntimeError:  # no loop is running: the caller drives the coroutine by hand
            task = None
        if (run := self._steps.get(task)) is None:
            run = self._steps[task] = self.__await__()
        try:
            return step(run)
        except BaseException:  # including StopIteration, which carries the result
            del self._steps[task]
            raise
