"""The one open page that runs the tests of tests/browser, and the browser around it.

The browsers' drivers work in a separate thread, so that the harness can stop waiting for a test that blocks
its page. A synchronous call could not stop waiting.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from harness.browsers import BrowserMissingError
from harness.bundle import ROOT
from harness.lanes import LANES, Lane
from harness.pages import Driver, HarnessPage, PageError
from harness.playwright_pages import PlaywrightDriver
from harness.server import BUNDLE, HarnessSite

T = TypeVar("T")

#: Seconds for the browser, the interpreter and the collection of the tests.
#: Only a start that hangs takes longer.
START_LIMIT = 600
#: Seconds beyond a test's own limit, after which the page counts as dead.
GRACE = 10


@dataclass
class Answer:
    """The result of a test: pytest's serialized reports, other problems, and the browser's console."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    #: The browser's process has crashed, so the test is not to blame.
    crashed: bool = False


class Runner:
    """``run`` opens the browser; a group that differs from the last one replaces it.

    The name of a group begins with that of its lane (scheduling.py).
    """

    def __init__(self, site: HarnessSite, arguments: Mapping[str, list[str]]) -> None:
        self._site = site
        #: pytest's arguments inside, for each group.
        self._arguments = arguments
        self._group = ""
        self._drivers: dict[type[Driver], Driver] = {}
        self._page: HarnessPage | None = None
        #: Groups that did not start, with the reason, to avoid waiting for them again with every test.
        self._unusable: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="harness", daemon=True)
        self._thread.start()

    def run(
        self,
        group: str,
        node_id: str,
        next_id: str | None,
        seconds: float,
        *,
        console_errors: bool,
        in_new_page: bool = False,
    ) -> Answer:
        """Run one test in the page. Never raises because of the page.

        Parameters
        ----------
        next_id
            The test that this page runs next: fixtures that both share stay. Without one, the page is closed.
        """
        if in_new_page:
            self._wait(self._close_page())
        return self._wait(self._run(group, [node_id, next_id], seconds, console_errors))

    def close(self) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _run(self, group: str, tests: list[str | None], seconds: float, console_errors: bool) -> Answer:
        if group in self._unusable:
            return Answer(problems=[self._unusable[group]])
        try:
            page = await self._open_with_retry(group)
        except (BrowserMissingError, PageError, TimeoutError) as error:
            why = f"The lane {group} does not start: {str(error) or f'no answer for {START_LIMIT} s'}"
            self._unusable[group] = why
            console, offences = await self._take(console_errors)
            await self._close_page()
            return Answer([], [why, *offences], console)
        try:
            async with asyncio.timeout(seconds + GRACE):
                inner = json.loads(await page.evaluate("tests => harness.run(...tests)", tests))
            answer = Answer(inner["reports"], inner["leftovers"])
        except PageError as error:
            answer = Answer(problems=[f"The test lost its page: {error}"], crashed=error.crashed)
        except TimeoutError:
            answer = Answer(problems=[f"No answer from the page {GRACE} s after the limit of {seconds:g} s"])
        answer.console, offences = await self._take(console_errors)
        answer.problems += offences
        # (An idle page and its browser still use a twentieth of a processor.)
        if not answer.reports or tests[1] is None:
            await self._close_page()
        return answer

    async def _open_with_retry(self, group: str) -> HarnessPage:
        """The group's page. A browser that crashes during its start is started a second time."""
        try:
            async with asyncio.timeout(START_LIMIT):
                return await self._open(group)
        except (PageError, TimeoutError):
            await self._close_page()
        async with asyncio.timeout(START_LIMIT):
            return await self._open(group)

    async def _open(self, group: str) -> HarnessPage:
        name = group.split()[0]
        lane = LANES[name]
        if group != self._group:
            await self._close_page()
            self._group = group
        if self._page is None:
            address = f"{self._site.url_on(lane.host)}/harness/{name}"
            self._page = await self._driver_of(lane).open(lane, address)
            await self._page.evaluate("options => harness.start(options)", self._options(group, lane))
        else:
            await self._page.renew()
        return self._page

    def _driver_of(self, lane: Lane) -> Driver:
        kind: type[Driver] = PlaywrightDriver
        if lane.engine == "webkit":
            # Only this lane waits for the import of Selenium.
            from harness.webkit_pages import WebKitDriver

            kind = WebKitDriver
        if kind not in self._drivers:
            self._drivers[kind] = kind()
        return self._drivers[kind]

    def _options(self, group: str, lane: Lane) -> dict[str, Any]:
        """The options of interpreter.js."""
        return {
            "pyodide": f"/node_modules/{lane.pyodide}",
            "root": str(ROOT),
            "bundle": BUNDLE,
            "wheel": lane.wheel,
            "realm": lane.realm,
            "arguments": [
                *(f"--lane={group.split()[0]}", f"--engine={lane.engine}"),
                *self._arguments[group],
            ],
        }

    async def _take(self, console_errors: bool) -> tuple[list[str], list[str]]:
        return await self._page.take(console_errors=console_errors) if self._page else ([], [])

    async def _close_page(self) -> None:
        page, self._page = self._page, None
        if page:
            await page.close()

    async def _close(self) -> None:
        await self._close_page()
        for driver in self._drivers.values():
            await driver.close()
