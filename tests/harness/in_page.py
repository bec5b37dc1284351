"""pytest inside the page: one session that waits for requests and runs the test that each names.

Without JSPI, `without_jspi.SteppedSession` does so.
"""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import pytest
from pyodide.ffi import run_sync

from harness import marks
from harness.async_tests import Waiting
from mediarecorder._host.features import has_jspi


class Session:
    """pytest plugin that keeps the session open: ``run`` may be called as soon as ``ready`` is done."""

    def __init__(self) -> None:
        self.loop = asyncio.get_event_loop()
        self.ready: asyncio.Future[None] = self.loop.create_future()
        self.items: dict[str, pytest.Item] = {}
        self._requests: asyncio.Queue[tuple[str, str | None, asyncio.Future[str]]] = asyncio.Queue()
        #: The test that was announced as the next one: the fixtures that it shares stay set up.
        self._announced: pytest.Item | None = None
        self._not_collected: dict[str, str] = {}
        self._reports: list[pytest.TestReport] = []
        #: Faults of a test that asyncio and Python only log; any of them fails the test.
        self._leftovers: list[str] = []
        #: The list handed out by the fixture ``loop_errors``, while a test has it.
        self._loop_errors: list[dict[str, Any]] | None = None

    def start(self, arguments: list[str]) -> None:
        """Collect the tests, and stay in pytest. `run` may be called once `ready` is done."""
        pytest.main(arguments, plugins=[self, Waiting()])

    async def run(self, node_id: str, next_id: str | None = None) -> str:
        """JSON of ``{"reports": [pytest's serialized reports], "leftovers": [texts]}``."""
        answer = self.loop.create_future()
        self._requests.put_nowait((node_id, next_id, answer))
        return await answer

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        parser.addoption("--lane")
        parser.addoption("--engine")

    def pytest_configure(self, config: pytest.Config) -> None:
        marks.register(config)
        # Hypothesis is half of all imports, so only pages whose files use it load it.
        if any("hypothesis" in Path(name).read_text() for name in config.args):
            _use_hypothesis()
        sys.unraisablehook = self._on_unraisable
        self.loop.set_exception_handler(self._on_loop_error)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._not_collected[report.nodeid] = report.longreprtext

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.collected(session)
        while True:
            node_id, next_id, answer = run_sync(self._requests.get())
            if item := self.items.get(node_id):
                answer.set_result(json.dumps(self._run(item, self.items.get(next_id)), default=repr))
            else:
                answer.set_result(self.not_found(node_id))

    def collected(self, session: pytest.Session) -> None:
        self.items = {item.nodeid: item for item in session.items}
        # Late warnings (a coroutine was never awaited) are issued outside pytest's own filters.
        warnings.simplefilter("error")
        # Collections after each test can then skip the objects of pytest, Hypothesis and Pyodide.
        gc.collect()
        gc.freeze()
        self.ready.set_result(None)

    def not_found(self, node_id: str) -> str:
        why = self._not_collected.get(node_id.split("::")[0], "pytest does not find it there")
        return json.dumps({"reports": [], "leftovers": [f"In the browser: {why}"]})

    def _run(self, item: pytest.Item, following: pytest.Item | None) -> dict[str, Any]:
        tasks_before = self.begin()
        try:
            if self._announced is not item:
                item.session._setupstate.teardown_exact(None)
            self._announced = following
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except BaseException as error:
            return self.interrupted(error)
        run_sync(self.finish(asyncio.all_tasks(self.loop) - tasks_before))
        return self.answer(item)

    def begin(self) -> set[asyncio.Task[Any]]:
        """Forget the last test; return the tasks that exist before this one."""
        self._reports, self._leftovers, self._loop_errors = [], [], None
        return asyncio.all_tasks(self.loop)

    def interrupted(self, error: BaseException) -> dict[str, Any]:
        """The answer if pytest.exit and the like interrupt pytest: without reports, the page is lost."""
        return {"reports": [], "leftovers": ["".join(traceback.format_exception_only(error))]}

    def answer(self, item: pytest.Item) -> dict[str, Any]:
        serialize = item.config.hook.pytest_report_to_serializable
        return {
            "reports": [serialize(config=item.config, report=report) for report in self._reports],
            "leftovers": self._leftovers,
        }

    async def finish(self, tasks: set[asyncio.Task[Any]]) -> None:
        """End the tasks that a test left behind, and collect garbage."""
        # pytest keeps the last error for debuggers, and with it all objects in its frames.
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            sys.__dict__.pop(name, None)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                self._leftovers.append(f"A task outlived the test, then failed:\n{_text(result)}")
        tasks.clear()
        gc.collect()
        # One turn of the loop, so that unhandled rejections have reached the page.
        await asyncio.sleep(0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._reports.append(report)

    @pytest.fixture
    def loop_errors(self) -> list[dict[str, Any]]:
        """The event loop's exception contexts; with this fixture they do not fail the test."""
        self._loop_errors = []
        return self._loop_errors

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if self._loop_errors is not None:
            self._loop_errors.append(context)
            return
        # As text: the context itself would keep the task and its objects alive.
        error = context.get("exception")
        message = context.get("message", "An exception that was never awaited")
        self._leftovers.append(f"{message}\n{_text(error) if error else context}")

    def _on_unraisable(self, unraisable: Any) -> None:
        message = unraisable.err_msg or f"Exception ignored in {unraisable.object!r}"
        self._leftovers.append(f"{message}\n{_text(unraisable.exc_value)}")


session: Session


def main(root: str, arguments: Any) -> None:
    """Start pytest. Called with ``callPromising``: with JSPI, ``run_sync`` works below."""
    os.chdir(root)
    # pytest's own terminal output matters only if pytest ends before the first test.
    terminal, sys.stdout = sys.stdout, io.StringIO()
    try:
        session.start([f"--rootdir={root}", *ARGUMENTS, *arguments])
    except BaseException:
        traceback.print_exc(file=sys.stdout)
    output, sys.stdout = sys.stdout.getvalue(), terminal
    if not session.ready.done():
        session.ready.set_exception(RuntimeError("pytest did not start in the page:\n" + output))


ARGUMENTS = (
    "--continue-on-collection-errors",
    "--strict-markers",
    "--capture=sys",
    "-Werror",
    # Hypothesis counts references, and Python 3.14 creates fewer.
    "-Wignore:It looks like `register_random`",
    # There are no cache files, threads or signals here; the session handles unraisable errors itself.
    *("-pno:cacheprovider", "-pno:faulthandler", "-pno:threadexception", "-pno:unraisableexception"),
)


def _use_hypothesis() -> None:
    from hypothesis import HealthCheck, Phase, settings

    settings.register_profile(
        "page",
        database=None,
        derandomize=True,
        # A browser's answer may take any time, and examples share the devices that a fixture has opened.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        # It would blame failures on lines of the harness.
        phases=[phase for phase in Phase if phase is not Phase.explain],
    )
    settings.load_profile("page")


def _text(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip()


def open_session() -> Session:
    global session
    if has_jspi():
        session = Session()
    else:
        from harness.without_jspi import SteppedSession

        session = SteppedSession()
    return session
