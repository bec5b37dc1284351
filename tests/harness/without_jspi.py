"""Run the tests in a browser without JSPI, where pytest, which is synchronous, cannot wait for a coroutine.

Instead, pytest is left wherever it needs the result of a coroutine: an async fixture or test raises
`Pending`. The session awaits the coroutine and continues. A set-up begins again, and pytest finds there the
fixtures that are done. Async fixtures end after all others of the test.

The names with an underscore are pytest's own; its version is pinned.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any

import pytest
from _pytest.config import _prepareconfig

from harness.async_tests import Waiting, bound
from harness.in_page import Session

#: A function of pytest that may raise `Pending`.
Step = Callable[[], object]
Outcome = tuple[Any, BaseException | None]


class Pending(BaseException):
    """pytest needs the outcome of an awaitable. ``resume`` takes it, and returns the next step."""

    def __init__(self, awaitable: Awaitable[Any], resume: Callable[[Outcome], Step]) -> None:
        super().__init__()
        self.awaitable = awaitable
        self.resume = resume


class Stepping(Waiting):
    """pytest plugin that raises `Pending` where `Waiting` waits, and runs tests step by step."""

    def __init__(self) -> None:
        super().__init__()
        #: The outcomes of async fixtures whose set-up begins again.
        self._outcomes: dict[pytest.FixtureDef[Any], tuple[Outcome, AsyncGenerator[Any, None] | None]] = {}
        #: Async fixtures that pytest has ended, in that order.
        self._ending: list[AsyncGenerator[Any, None]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        test = pyfuncitem.obj
        if not inspect.iscoroutinefunction(test):
            return None
        arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
        raise Pending(test(**arguments), lambda outcome: partial(_result_of, outcome))

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        function = fixturedef.func
        if not inspect.isasyncgenfunction(function) and not inspect.iscoroutinefunction(function):
            return (yield)
        if fixturedef not in self._outcomes:
            raise self._pending(fixturedef, request)
        outcome, generator = self._outcomes.pop(fixturedef)
        if generator is not None and outcome[1] is None:
            fixturedef.addfinalizer(lambda: self._ending.append(generator))
        fixturedef.func = lambda **_: _result_of(outcome)
        try:
            return (yield)
        finally:
            fixturedef.func = function

    def _pending(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Pending:
        arguments = {name: request.getfixturevalue(name) for name in fixturedef.argnames}
        made = bound(fixturedef.func, request)(**arguments)
        generator = made if isinstance(made, AsyncGenerator) else None

        def resume(outcome: Outcome) -> Step:
            self._outcomes[fixturedef] = outcome, generator
            return request._pyfuncitem.setup

        # pytest adds its finalizer again when the set-up begins again.
        fixturedef._finalizers.clear()
        return Pending(made if generator is None else anext(generator), resume)

    # Tests

    async def run(self, item: pytest.Item, following: pytest.Item | None) -> None:
        """pytest's own protocol of a test (runtestprotocol in _pytest/runner.py)."""
        hook = item.ihook.pytest_runtest_protocol
        await self._within(hook, self._phases(item, following), item=item, nextitem=following)

    async def end(self, session: pytest.Session) -> None:
        """End all fixtures that are set up."""
        session._setupstate.teardown_exact(None)
        await self._end_fixtures()

    async def _phases(self, item: pytest.Item, following: pytest.Item | None) -> None:
        if not item._request:
            item._initrequest()
        try:
            if (await self._phase(item, "setup")).passed:
                await self._phase(item, "call")
            await self._phase(item, "teardown", nextitem=following)
        finally:
            item._request = False
            item.funcargs = None

    async def _phase(self, item: pytest.Item, when: str, **arguments: Any) -> pytest.TestReport:
        hook = getattr(item.ihook, f"pytest_runtest_{when}")
        arguments = {"item": item, **arguments}
        failure = None
        begun, clock = time.time(), time.perf_counter()
        try:
            await self._within(hook, self._work(hook, when, arguments), **arguments)
        except (KeyboardInterrupt, pytest.exit.Exception):
            raise
        except BaseException:
            failure = pytest.ExceptionInfo.from_current()
        lasted = time.perf_counter() - clock
        call = pytest.CallInfo(None, failure, begun, begun + lasted, lasted, when, _ispytest=True)
        report = item.ihook.pytest_runtest_makereport(item=item, call=call)
        item.ihook.pytest_runtest_logreport(report=report)
        return report

    async def _work(self, hook: Any, when: str, arguments: dict[str, Any]) -> None:
        for implementation in reversed(hook.get_hookimpls()):
            if not implementation.wrapper:
                await self._complete(partial(implementation.function, *_chosen(implementation, arguments)))
        if when == "teardown":
            await self._end_fixtures()

    async def _within(self, hook: Any, work: Coroutine[Any, Any, None], **arguments: Any) -> None:
        """Do the work within the hook's wrappers, as pluggy does."""
        wrappers: list[Generator[None, object, object]] = []
        error: BaseException | None = None
        try:
            for implementation in reversed(hook.get_hookimpls()):
                if implementation.wrapper:
                    wrappers.append(implementation.function(*_chosen(implementation, arguments)))
                    next(wrappers[-1])
            await work
        except BaseException as raised:
            error = raised
        finally:
            work.close()
        for wrapper in reversed(wrappers):
            try:
                wrapper.send(None) if error is None else wrapper.throw(error)
            except StopIteration:
                error = None
            except BaseException as raised:
                error = raised
        if error is not None:
            raise error

    async def _complete(self, step: Step) -> None:
        """Take this step, and those that continue it."""
        pending: Pending | None = None
        while True:
            # (Not within `except`: `Pending` would become the context of a test's errors.)
            try:
                step()
                return
            except Pending as raised:
                pending = raised.with_traceback(None)
            step = pending.resume(await self.settle(pending.awaitable))

    async def _end_fixtures(self) -> None:
        end = object()
        failures = []
        while self._ending:
            generator = self._ending.pop(0)
            yielded, error = await self.settle(anext(generator, end))
            if error is not None:
                failures.append(error)
            elif yielded is not end:
                pytest.fail(f"the fixture {generator.__name__} yields more than once", pytrace=False)
        if failures:
            raise failures[0]


class SteppedSession(Session):
    """Like `Session`, but pytest only collects the tests and returns."""

    def __init__(self) -> None:
        super().__init__()
        self._stepping = Stepping()

    def start(self, arguments: list[str]) -> None:
        config = _prepareconfig(arguments, [self, self._stepping])
        config._do_configure()
        session = pytest.Session.from_config(config)
        config.hook.pytest_sessionstart(session=session)
        config.hook.pytest_collection(session=session)
        self.collected(session)

    async def run(self, node_id: str, next_id: str | None = None) -> str:
        item = self.items.get(node_id)
        if item is None:
            return self.not_found(node_id)
        following = self.items.get(next_id) if next_id else None
        return json.dumps(await self._steps(item, following), default=repr)

    async def _steps(self, item: pytest.Item, following: pytest.Item | None) -> dict[str, Any]:
        tasks_before = self.begin()
        try:
            if self._announced is not item:
                await self._stepping.end(item.session)
            self._announced = following
            await self._stepping.run(item, following)
        except BaseException as error:
            return self.interrupted(error)
        await self.finish(asyncio.all_tasks(self.loop) - tasks_before)
        return self.answer(item)


def _chosen(implementation: Any, arguments: dict[str, Any]) -> list[Any]:
    """The arguments that this implementation of a hook takes."""
    return [arguments[name] for name in implementation.argnames]


def _result_of(outcome: Outcome) -> Any:
    __tracebackhide__ = True
    result, error = outcome
    if error is not None:
        raise error
    return result
