"""Let pytest, which is synchronous, await coroutines in the page: async tests, async fixtures, Hypothesis.

Pyodide's ``run_sync`` suspends the whole Python stack, pytest included, while the browser keeps running. It
needs JSPI; `without_jspi.Stepping` does without.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest
from pyodide.ffi import run_sync

from harness.marks import time_limit


class Waiting:
    """pytest plugin that awaits async tests and fixtures, within the time limit of the running test."""

    def __init__(self) -> None:
        self._limit = 0.0
        self._deadline = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._limit = time_limit(item)
        self._deadline = time.monotonic() + self._limit

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        # The devices of a test that ran out of time must still be closed.
        self._deadline = max(self._deadline, time.monotonic() + 5)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        test = pyfuncitem.obj
        if (handle := getattr(test, "hypothesis", None)) and inspect.iscoroutinefunction(handle.inner_test):
            # Hypothesis calls this for every example; the test itself is its synchronous wrapper.
            handle.inner_test = self._synchronous(handle.inner_test)
            return None
        if not inspect.iscoroutinefunction(test):
            return None
        self.wait(test(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        function = fixturedef.func
        if inspect.isasyncgenfunction(function):
            synchronous = self._synchronous_generator(bound(function, request))
        elif inspect.iscoroutinefunction(function):
            synchronous = self._synchronous(bound(function, request))
        else:
            return (yield)
        fixturedef.func = synchronous
        try:
            return (yield)
        finally:
            fixturedef.func = function

    def wait(self, awaitable: Awaitable[Any]) -> Any:
        """Its result or its exception, by the deadline."""
        __tracebackhide__ = True
        outcome, error = run_sync(self.settle(awaitable))
        if error is not None:
            raise error
        return outcome

    async def settle(self, awaitable: Awaitable[Any]) -> tuple[Any, BaseException | None]:
        """Its result and its exception, by the deadline."""
        __tracebackhide__ = True
        remaining = max(0.0, self._deadline - time.monotonic())
        return await _settle(awaitable, remaining, self._limit)

    def _synchronous(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            return self.wait(function(*args, **kwargs))

        return wrapper

    def _synchronous_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            generator = function(*args, **kwargs)
            yield self.wait(anext(generator))
            try:
                self.wait(anext(generator))
            except StopAsyncIteration:
                return
            pytest.fail(f"the fixture {function.__name__} yields more than once", pytrace=False)

        return wrapper


def bound(function: Callable[..., Any], request: pytest.FixtureRequest) -> Callable[..., Any]:
    """A fixture that is a method gets the instance of the running test, as in pytest."""
    if inspect.ismethod(function) and request.instance is not None:
        return function.__func__.__get__(request.instance)
    return function


async def _settle(
    awaitable: Awaitable[Any], seconds: float, limit: float
) -> tuple[Any, BaseException | None]:
    __tracebackhide__ = True
    # Errors are passed as values: thrown through JavaScript, they would lose their traceback and,
    # if they are pytest's own outcomes (skip, fail), their meaning.
    try:
        async with asyncio.timeout(seconds) as timer:
            return await awaitable, None
    except TimeoutError as error:
        if not timer.expired():
            return None, error
        late = pytest.fail.Exception(f"not done within its time limit of {limit:g} s")
        # The traceback shows which await was pending.
        return None, late.with_traceback((error.__cause__ or error).__traceback__)
    except BaseException as error:
        return None, error
