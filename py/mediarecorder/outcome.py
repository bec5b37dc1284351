"""The awaitable that every verb of the recorder returns."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

T = TypeVar("T")


class Outcome(Coroutine[Any, Any, T], Generic[T]):
    """A result that will be there later: awaited by nobody, by one task or by many, as often as they like.

    It differs from an `asyncio.Future` in two ways that matter here. Cancelling a task that awaits it
    cancels that task alone. And an error that nobody awaits is no warning, so ``recorder.stop()`` can
    stand as a bare statement. `asyncio.create_task` takes it for a coroutine, and makes several tasks of it.

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
        self._task: asyncio.Task[None] | None = None
        self._steps: dict[asyncio.Task[Any] | None, Generator[object, None, T]] = {}

    @classmethod
    def _of(cls, result: T) -> Outcome[T]:
        """An outcome that is settled already."""
        outcome = cls()
        outcome._resolve(result)
        return outcome

    @classmethod
    def _running(cls, work: Coroutine[Any, Any, T]) -> Outcome[T]:
        """The outcome of a coroutine that runs as a task from now on."""
        outcome = cls()

        async def run() -> None:
            try:
                outcome._resolve(await work)
            except BaseException as error:
                outcome._reject(error)
                if not isinstance(error, Exception):
                    raise

        outcome._task = asyncio.ensure_future(run())  # the loop itself holds tasks weakly
        return outcome

    def done(self) -> bool:
        """True once the result or the error is there."""
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

    def _wake(self) -> None:
        self._done = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    def __await__(self) -> Generator[object, None, T]:
        if not self._done:
            # A future of its own for each await: cancelling it touches nobody else.
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                yield from waiter
            finally:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
        if self._error is not None:
            # Without this each further await would lengthen the traceback of the one exception object.
            raise self._error.with_traceback(None)
        return self._result

    def __repr__(self) -> str:
        state = "pending" if not self._done else "failed" if self._error else "done"
        return f"<Outcome {state}; for the result write: await ...>"

    # What a task does with a coroutine. Each task that was made of this outcome has a run of its own.

    def send(self, value: object, /) -> object:
        return self._step(lambda run: run.send(None))

    def throw(self, *error: Any) -> object:
        return self._step(lambda run: run.throw(*error))

    def close(self) -> None:
        """Nothing is given up: others may wait."""

    def _step(self, step: Callable[[Generator[object, None, T]], object]) -> object:
        try:
            task = asyncio.current_task()
        except RuntimeError:  # nothing runs: somebody drives it by hand
            task = None
        if (run := self._steps.get(task)) is None:
            run = self._steps[task] = self.__await__()
        try:
            return step(run)
        except BaseException:  # StopIteration, which brings the result, too
            del self._steps[task]
            raise
