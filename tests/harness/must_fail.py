"""Tests that must fail in the page, each with its docstring in the report; test_must_fail.py runs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.every_engine


async def test_assertion() -> None:
    """Use -v to get more diff"""
    assert {"take": [1, 2, 3]} == {"take": [1, 2, 4]}


@pytest.mark.two_engines_only("Hypothesis is synchronous, so its tests cannot wait there")
@given(st.integers(0, 1000))
async def test_example(number: int) -> None:
    """number=50"""
    await asyncio.sleep(0)
    assert number < 50


async def test_output() -> None:
    """said to the console"""
    from js import console

    console.log("said to the console")
    raise AssertionError


@pytest.fixture
async def leaky() -> AsyncIterator[None]:
    yield
    raise ValueError("in the fixture's end")


def test_fixture(leaky: None) -> None:
    """in the fixture's end"""


async def fail() -> None:
    raise ValueError("in a task")


async def test_task_that_fails() -> None:
    """in a task"""
    task = asyncio.create_task(fail())
    await asyncio.sleep(0.01)
    del task


async def test_task_that_outlives_the_test() -> None:
    """A task outlived the test"""

    async def cling() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            await fail()

    task = asyncio.create_task(cling())
    await asyncio.sleep(0)
    del task


async def test_coroutine_without_await() -> None:
    """was never awaited"""
    asyncio.sleep(1)


async def test_callback_of_the_loop() -> None:
    """ZeroDivisionError"""
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.01)


async def test_callback_of_the_browser() -> None:
    """Unhandled in the page"""
    from js import setTimeout
    from pyodide.ffi import create_once_callable

    setTimeout(create_once_callable(lambda: 1 / 0), 0)
    await asyncio.sleep(0.01)


async def test_rejection() -> None:
    """nobody listens"""
    from js import Promise, window

    # Called by the browser: a promise that Python sees has a listener.
    window.queueMicrotask(Promise.reject.bind(Promise, "nobody listens"))


async def test_console_error() -> None:
    """In the browser's console: oh no"""
    from js import console

    console.error("oh no")


async def test_request_that_is_not_awaited() -> None:
    """A request left this machine: http://example.com/left"""
    from js import window

    window.queueMicrotask(window.fetch.bind(window, "http://example.com/left"))


async def test_request_to_an_address() -> None:
    """A request left this machine: http://192.0.2.1/left"""
    from js import Image

    Image.new().src = "http://192.0.2.1/left"


async def test_socket() -> None:
    """example.com/left"""
    from js import WebSocket

    WebSocket.new("ws://example.com/left")


@pytest.mark.time_limit(0.2)
async def test_endless_wait() -> None:
    """not done within its time limit of 0.2 s"""
    await asyncio.get_running_loop().create_future()


@pytest.mark.time_limit(0.2)
def test_page_that_hangs() -> None:
    """No answer from the page"""
    while True:
        pass


async def test_page_that_goes_away() -> None:
    """The test lost its page"""
    from js import location

    location.reload()
    await asyncio.sleep(5)


def test_exit() -> None:
    """Exit: out"""
    pytest.exit("out")


@pytest.mark.xfail(strict=True)
async def test_expected_failure_with_an_offence() -> None:
    """In the browser's console: oh no"""
    from js import console

    console.error("oh no")
    raise AssertionError
