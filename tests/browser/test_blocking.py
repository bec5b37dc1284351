"""`mediarecorder.blocking`: calls in plain functions without `await`; interrupts; code that cannot wait."""

import asyncio
import gc
import inspect
import logging
import signal
import sys
import time
import traceback
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from support.eventually import until
from support.workers import PythonWorker

import mediarecorder
from mediarecorder import (
    InvalidStateError,
    NotFoundError,
    Recording,
    blocking,
    media_devices,
)
from mediarecorder._host.browser import realm

SOON = 1.0
"""Seconds within which an interrupt must have ended a call."""


class Interrupts:
    """This Python's interrupt buffer, which a timer of the page writes while Python waits."""

    def __init__(self, buffer):
        self._buffer = buffer

    def in_(self, seconds):
        import js

        # Another timer records the time, because both timers may be late.
        js.setTimeout(js.performance.mark.bind(js.performance), seconds * 1000, "interrupt")
        js.setTimeout(js.Reflect.set, seconds * 1000, self._buffer, 0, int(signal.SIGINT))

    def after_blocking(self, seconds):
        """Soon, block JavaScript and Python for this long, then interrupt."""
        import js
        from pyodide.code import run_js

        block = run_js("""(milliseconds, buffer, signal) => {
          for (const begun = performance.now(); performance.now() - begun < milliseconds; );
          performance.mark("interrupt");
          buffer[0] = signal;
        }""")
        js.setTimeout(block, 50, seconds * 1000, self._buffer, int(signal.SIGINT))

    def now(self):
        import js

        js.performance.mark("interrupt")
        self._buffer[0] = int(signal.SIGINT)

    def ago(self):
        """Seconds since the interrupt."""
        import js

        assert self._buffer[0] == 0, "Python has not noticed the interrupt"
        last = js.performance.getEntriesByName("interrupt")[-1]
        return (js.performance.now() - last.startTime) / 1000


@pytest.fixture
def interrupt():
    import js
    import pyodide_js

    usual = signal.getsignal(signal.SIGINT)
    pyodide_js.setInterruptBuffer(buffer := js.Uint8Array.new(1))
    yield Interrupts(buffer)
    pyodide_js.setInterruptBuffer(None)
    assert signal.getsignal(signal.SIGINT) is usual


def never():
    """A browser promise that stays pending."""
    import js

    return js.Promise.race(js.Array.of())


# --- waiting


@pytest.mark.core
def test_record_works_in_a_plain_function():
    recording = blocking.record(0.4)
    assert isinstance(recording, Recording)
    assert recording.size > 0
    assert len(blocking.run(recording.bytes())) == recording.size


def test_other_calls_work_in_plain_functions():
    assert blocking.take_photo(mime_type="image/png").mime_type == "image/png"
    blocking.connect()
    assert blocking.diagnose()["realm"] == realm()
    with blocking.mix(blocking.run(media_devices.get_user_media(audio=True))) as mixed:
        assert mixed.active


@pytest.mark.core
async def test_other_tasks_go_on_during_a_blocking_call():
    ticks = []

    async def tick():
        while True:
            ticks.append(asyncio.current_task())
            await asyncio.sleep(0.02)

    ticking = asyncio.ensure_future(tick())
    here = asyncio.current_task()
    blocking.run(asyncio.sleep(0.3))
    assert ticks
    assert set(ticks) == {ticking}
    assert asyncio.current_task() is here
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)


async def test_run_accepts_every_kind_of_awaitable(recorder):
    import js

    async def numbers():
        yield 1
        yield 2

    future = asyncio.get_running_loop().create_future()
    future.set_result("future")
    assert blocking.run(asyncio.sleep(0, "coroutine")) == "coroutine"
    assert blocking.run(future) == "future"
    assert blocking.run(asyncio.ensure_future(asyncio.sleep(0.01, "task"))) == "task"
    assert blocking.run(js.Promise.resolve("promise")) == "promise"
    assert blocking.run(anext(generator := numbers())) == 1
    assert blocking.run(anext(generator)) == 2
    blocking.run(recorder.start())
    assert isinstance(blocking.run(recorder.stop()), Recording)


def test_run_rejects_objects_that_are_not_awaitable():
    with pytest.raises(TypeError, match=r"recording\.samples\(\)"):
        blocking.run(asyncio.sleep)


def test_blocking_calls_have_the_signatures_of_the_package():
    for name in ("record", "take_photo", "mix", "diagnose", "connect"):
        call, original = getattr(blocking, name), getattr(mediarecorder, name)
        assert inspect.signature(call) == inspect.signature(original)
        assert not inspect.iscoroutinefunction(call)
        assert call.__name__ == name
    with pytest.raises(TypeError, match="vidio"):
        blocking.record(1, vidio=True)
    with pytest.raises(ValueError, match="never end"):
        blocking.record()
    with pytest.raises(NotFoundError):
        blocking.record(1, device="no such microphone")


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_exceptions_are_raised_unchanged(kind):
    error = kind("as it is")

    async def fails():
        await asyncio.sleep(0)
        raise error

    with pytest.raises(kind) as caught:
        blocking.run(fails())
    assert caught.value is error
    assert caught.value.__cause__ is None
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[0] == "test_exceptions_are_raised_unchanged"
    assert frames[-1] == "fails"
    assert len(frames) <= 5, "the traceback has few frames of the library"


def test_failed_call_keeps_nothing_alive():
    class Thing:
        pass

    async def fails():
        thing = Thing()
        kept.append(weakref.ref(thing))
        raise ValueError("with a frame that holds a thing")

    kept = []
    gc.collect()
    gc.disable()
    try:
        with suppress(ValueError):
            blocking.run(fails())
        assert kept[0]() is None, "no reference cycle keeps it alive"
    finally:
        gc.enable()


# --- several at once


@pytest.mark.core
async def test_calls_of_several_tasks_end_in_any_order():
    async def work(number):
        blocking.run(wait(number))
        ended.append(number)
        return await asyncio.sleep(0, number)

    async def wait(number):
        waiting.append(number)
        await may_end[number].wait()

    waiting, ended, may_end = [], [], [asyncio.Event() for _ in range(3)]
    works = asyncio.gather(*map(work, range(3)))
    await until(lambda: len(waiting) == 3)
    for number in (0, 2, 1):
        may_end[number].set()
        await until(lambda: ended[-1:] == [number])  # noqa: B023
    assert await works == [0, 1, 2]
    assert ended == [0, 2, 1]


@pytest.mark.core
def test_blocking_calls_can_be_nested():
    async def outer():
        inner = blocking.run(asyncio.sleep(0.05, "inner"))
        return inner, await asyncio.sleep(0, "outer")

    assert blocking.run(outer()) == ("inner", "outer")


@pytest.mark.core
async def test_cancelling_the_surrounding_task_cancels_the_call():
    async def work():
        blocking.run(clean())

    async def clean():
        asyncio.get_running_loop().call_later(0.1, task.cancel)
        try:
            await never()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    cleaned = asyncio.Event()
    task = asyncio.ensure_future(work())
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 30)
    assert cleaned.is_set()


# --- interrupts


@pytest.mark.core
@pytest.mark.parametrize(
    "wait",
    [lambda: asyncio.sleep(4), never, lambda: asyncio.Event().wait()],
    ids=["sleep", "promise", "event"],
)
def test_interrupt_ends_waiting(wait, interrupt):
    interrupt.in_(0.2)
    with pytest.raises(KeyboardInterrupt) as caught:
        blocking.run(wait())
    assert interrupt.ago() < SOON
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[0] == "test_interrupt_ends_waiting"
    assert frames[1] == "run"
    assert blocking.run(asyncio.sleep(0.1, "and then it works again")) == "and then it works again"


@pytest.mark.core
def test_interrupt_releases_the_devices(interrupt):
    streams = []
    original = media_devices.get_user_media

    async def watched(**request):
        streams.append(await original(**request))
        interrupt.in_(0.3)
        return streams[0]

    media_devices.get_user_media = watched
    try:
        with pytest.raises(KeyboardInterrupt):
            blocking.record(60, video=True)
    finally:
        del media_devices.get_user_media
    assert interrupt.ago() < SOON
    assert [track.ready_state for track in streams[0].tracks] == ["ended", "ended"]
    assert blocking.record(0.3).size > 0


def test_interrupt_lets_finally_blocks_finish(interrupt):
    async def blocks() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
                await asyncio.sleep(0.01)
        finally:
            for _ in range(10):
                await asyncio.sleep(0)
            done.append("generator")

    async def consume():
        interrupt.in_(0.2)
        generator = blocks()
        try:
            async for _ in generator:
                pass
        finally:
            await generator.aclose()
            done.append("consumer")

    done = []
    with pytest.raises(KeyboardInterrupt):
        blocking.run(consume())
    assert done == ["generator", "consumer"]
    assert interrupt.ago() < SOON


def test_interrupt_does_not_wait_for_endless_cleanup(interrupt, caplog):
    async def stubborn():
        interrupt.in_(0.1)
        try:
            await never()
        finally:
            await release.wait()
            ended.set()

    release, ended = asyncio.Event(), asyncio.Event()
    with caplog.at_level(logging.WARNING, "mediarecorder"), pytest.raises(KeyboardInterrupt):
        blocking.run(stubborn())
    assert interrupt.ago() < SOON
    assert "stubborn" in caplog.text
    release.set()
    blocking.run(ended.wait())


def test_failure_during_cleanup_becomes_the_cause(interrupt):
    async def fails():
        interrupt.in_(0.1)
        try:
            await never()
        finally:
            raise ValueError("while cleaning up")

    with pytest.raises(KeyboardInterrupt) as caught:
        blocking.run(fails())
    assert str(caught.value.__cause__) == "while cleaning up"


async def test_interrupt_leaves_other_tasks_alone(interrupt):
    async def tick():
        while True:
            for _ in range(100):
                ticks.append(None)
            await asyncio.sleep(0.001)

    ticks = []
    ticking = asyncio.ensure_future(tick())
    for _ in range(5):
        interrupt.in_(0.05)
        with pytest.raises(KeyboardInterrupt):
            blocking.run(asyncio.sleep(4))
        assert interrupt.ago() < SOON
    before = len(ticks)
    await asyncio.sleep(0.1)
    assert len(ticks) > before
    assert not ticking.done()
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)


@pytest.mark.firefox_in_soak
async def test_stalled_browser_does_not_count_as_busy_python(interrupt):
    async def tick():
        while True:
            ticks.append(sum(1 for _ in range(200)))
            await asyncio.sleep(0)

    ticks = []
    ticking = asyncio.ensure_future(tick())
    for _ in range(3):
        interrupt.after_blocking(0.8)
        with pytest.raises(KeyboardInterrupt):
            blocking.run(asyncio.sleep(4))
        assert interrupt.ago() < SOON
    assert not ticking.done()
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)


async def test_busy_python_is_interrupted(interrupt):
    async def busy():
        await asyncio.sleep(0.1)
        interrupt.now()
        while True:
            pass

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            blocking.run(busy())
        assert interrupt.ago() < SOON
    assert sys.monitoring.get_tool(4) is None


async def test_interrupt_ends_the_calls_of_all_tasks(interrupt):
    async def work():
        try:
            blocking.run(asyncio.sleep(4))
        except KeyboardInterrupt:
            return interrupt.ago()

    interrupt.in_(0.2)
    assert max(await asyncio.gather(work(), work())) < SOON


def test_interrupt_ends_the_innermost_of_nested_calls(interrupt):
    async def outer():
        with pytest.raises(KeyboardInterrupt):
            blocking.run(asyncio.sleep(4))
        return await asyncio.sleep(0.1, "the outer call goes on")

    interrupt.in_(0.2)
    assert blocking.run(outer()) == "the outer call goes on"
    assert interrupt.ago() < SOON


def test_interrupt_raises_the_hosts_own_exception(interrupt):
    class Stopped(BaseException):
        pass

    def handler(number, frame):
        seen.append(number)
        if len(seen) == 2:
            raise Stopped

    async def ignores():
        await until(lambda: seen)
        return "ignored"

    seen = []
    usual = signal.signal(signal.SIGINT, handler)
    try:
        interrupt.in_(0.1)
        assert blocking.run(ignores()) == "ignored"
        interrupt.in_(0.1)
        with pytest.raises(Stopped):
            blocking.run(asyncio.sleep(4))
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, usual)
    assert seen == [signal.SIGINT, signal.SIGINT]
    assert interrupt.ago() < SOON


# --- where plain Python cannot wait


@pytest.mark.core
@pytest.mark.page_only("a worker has no button to click")
async def test_plain_event_handlers_cannot_wait_but_async_ones_can(stage):
    import js
    from pyodide.ffi import create_proxy

    def plain(event):
        for call in (
            lambda: blocking.record(1),
            lambda: blocking.record(stop_when=asyncio.sleep(1)),
            lambda: blocking.run(asyncio.sleep(0)),
        ):
            try:
                call()
            except Exception as error:
                errors.append(error)

    async def asynchronous(event):
        answered.set_result(blocking.run(asyncio.sleep(0.05, "waited")))

    errors, answered = [], asyncio.get_running_loop().create_future()
    proxies = [create_proxy(plain), create_proxy(asynchronous)]
    button = js.document.createElement("button")
    for proxy in proxies:
        button.addEventListener("click", proxy)
    button.click()
    assert await answered == "waited"
    for proxy in proxies:
        proxy.destroy()
    assert [type(error) for error in errors] == [InvalidStateError] * 3
    assert all("async def" in str(error) for error in errors)
    assert "await record(…)" in str(errors[0])


@pytest.mark.core
def test_python_started_synchronously_cannot_wait():
    import pyodide_js

    said = pyodide_js.runPython(
        """
        from mediarecorder import InvalidStateError, blocking
        try:
            blocking.take_photo()
        except InvalidStateError as error:
            said = str(error)
        said
        """
    )
    assert "runPythonAsync" in said


# --- in a worker


def in_worker(lane, **options):
    """Python in a separate worker, in the lane's version."""
    return PythonWorker(pyodide="pyodide-0.27" if lane.endswith("0.27") else "pyodide", **options)


INTERRUPTED = """
import asyncio
from js import Array, Promise, postMessage
from mediarecorder import blocking

async def busy():
    while True:
        pass

async def blocks():
    try:
        while True:
            yield
            await asyncio.sleep(0.01)
    finally:
        for _ in range(10):
            await asyncio.sleep(0)
        cleaned.append("generator")

async def consume():
    generator = blocks()
    try:
        async for _ in generator:
            pass
    finally:
        await generator.aclose()

async def begin(wait):
    postMessage("waits")
    await wait()

cleaned = []
for wait in lambda: asyncio.sleep(4), lambda: Promise.race(Array.of()), consume, busy, asyncio.Event().wait:
    try:
        blocking.run(begin(wait))
    except KeyboardInterrupt:
        postMessage("interrupted")
    await asyncio.sleep(0.01)
    blocking.run(asyncio.sleep(0.01))
",".join(cleaned)
"""


@pytest.mark.lane("chromium", "firefox", "chromium-pyodide-0.27")
@pytest.mark.time_limit(60)
async def test_page_interrupts_python_in_a_worker(lane):
    import js

    assert js.crossOriginIsolated, "without it there is no SharedArrayBuffer"
    interrupts = js.Uint8Array.new(js.SharedArrayBuffer.new(1))
    worker = in_worker(lane, interrupts=interrupts)
    durations = []
    try:
        result = worker.start(INTERRUPTED)
        for _ in range(5):
            assert await worker.said.get() == "waits"
            await asyncio.sleep(0.6)  # it waits, or is busy, forever
            begun = time.monotonic()
            interrupts[0] = int(signal.SIGINT)
            assert await worker.said.get() == "interrupted"
            durations.append(time.monotonic() - begun)
        assert await result == "generator"
    finally:
        worker.terminate()
    assert max(durations) < SOON


WITHOUT_JSPI = """
import asyncio
from mediarecorder import NotSupportedError, blocking

said = []
for call in lambda: blocking.record(1), lambda: blocking.run(asyncio.sleep(0)):
    try:
        call()
    except NotSupportedError as error:
        said.append(str(error))
" | ".join(said)
"""


@pytest.mark.lane("chromium", "firefox", "chromium-pyodide-0.27")
@pytest.mark.time_limit(60)
@pytest.mark.firefox_in_soak
async def test_error_without_jspi_says_so(lane):
    worker = in_worker(lane, module="/tests/browser/support/no_jspi.js")
    try:
        said = await worker.run(WITHOUT_JSPI)
    finally:
        worker.terminate()
    assert said.count("no JSPI") == 2
    assert "await record(…)" in said
