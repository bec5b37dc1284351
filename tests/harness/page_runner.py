"""The one open page that runs the tests of tests/browser, and the browser around it.

Playwright's asynchronous interface runs in a separate thread, so that the harness can stop waiting for a test
that blocks its page. A synchronous call could not stop waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import tempfile
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import BrowserContext, Error, Page, Playwright, async_playwright

from harness.browsers import BrowserMissingError, context_options, launch_options
from harness.bundle import ROOT
from harness.lanes import LANES, Lane
from harness.page_watch import PageWatch
from harness.server import BUNDLE, HarnessSite

T = TypeVar("T")

#: Seconds for the browser, the interpreter and the collection of the tests.
#: Only a start that hangs takes longer.
START_LIMIT = 600
CLOSE_LIMIT = 30
#: Seconds beyond a test's own limit, after which the page counts as dead.
GRACE = 10
#: Folders of a Chromium profile that hold compiled files, and the files whose compilation they hold.
CACHES = ("Default/Cache", "Default/Code Cache")


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
        self._playwright: Playwright | None = None
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self._watch: PageWatch | None = None
        #: Profiles of Chromium, one for each browser.
        self._profiles = tempfile.TemporaryDirectory(prefix="profiles-", ignore_cleanup_errors=True)
        self._opened = 0
        #: Groups that did not start, with the reason, to avoid waiting for them again with every test.
        self._unusable: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="harness", daemon=True)
        self._thread.start()

    def run(
        self, group: str, node_id: str, next_id: str | None, seconds: float, *, console_errors: bool
    ) -> Answer:
        """Run one test in the page. Never raises because of the page.

        Parameters
        ----------
        next_id
            The test that this page runs next: fixtures that both share stay. Without one, the page is closed.
        """
        return self._wait(self._run(group, [node_id, next_id], seconds, console_errors))

    def close(self) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._profiles.cleanup()

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _run(self, group: str, tests: list[str | None], seconds: float, console_errors: bool) -> Answer:
        if group in self._unusable:
            return Answer(problems=[self._unusable[group]])
        try:
            page = await self._open_with_retry(group)
        except (BrowserMissingError, Error, TimeoutError) as error:
            why = f"The lane {group} does not start: {str(error) or f'no answer for {START_LIMIT} s'}"
            self._unusable[group] = why
            console, offences = self._take(console_errors)
            await self._close_browser()
            return Answer([], [why, *offences], console)
        try:
            async with asyncio.timeout(seconds + GRACE):
                inner = json.loads(await page.evaluate("tests => harness.run(...tests)", tests))
            answer = Answer(inner["reports"], inner["leftovers"])
        except Error as error:
            crashed = "crashed" in error.message
            answer = Answer(problems=[f"The test lost its page: {error.message}"], crashed=crashed)
        except TimeoutError:
            answer = Answer(problems=[f"No answer from the page {GRACE} s after the limit of {seconds:g} s"])
        answer.console, offences = self._take(console_errors)
        answer.problems += offences
        # (An idle page and its browser still use a twentieth of a processor.)
        if not answer.reports or tests[1] is None:
            await self._close_browser()
        return answer

    async def _open_with_retry(self, group: str) -> Page:
        """The group's page. A browser that crashes during its start is started a second time."""
        try:
            async with asyncio.timeout(START_LIMIT):
                return await self._open(group)
        except (Error, TimeoutError):
            await self._close_browser()
        async with asyncio.timeout(START_LIMIT):
            return await self._open(group)

    async def _open(self, group: str) -> Page:
        lane = LANES[group.split()[0]]
        if group != self._group:
            await self._close_browser()
            self._group = group
        if self._page is None:
            if self._playwright is None:
                self._playwright = await async_playwright().start()
            self._context = await self._new_context(self._playwright, lane)
            if lane.permissions:
                await self._context.expose_binding("clearPermissions", self._clear_permissions)
            self._watch = PageWatch(self._context)
            self._page = await self._context.new_page()
            await self._start(self._page, group, lane)
        elif lane.permissions:
            # An earlier test may have revoked them.
            await self._context.grant_permissions(list(lane.permissions))
        return self._page

    async def _new_context(self, playwright: Playwright, lane: Lane) -> BrowserContext:
        """A browser with one context. In Chromium its profile is new, but has the caches of the last one.

        Chromium stores the compiled interpreter there. It then needs two thirds of the time to start it.
        """
        if lane.engine != "chromium":
            browser = await playwright[lane.engine].launch(**launch_options(lane))
            return await browser.new_context(**context_options(lane))
        last, profile = (Path(self._profiles.name, str(self._opened + number)) for number in (0, 1))
        self._opened += 1
        for name in CACHES:
            if (last / name).is_dir():
                (profile / name).parent.mkdir(parents=True, exist_ok=True)
                (last / name).rename(profile / name)
        shutil.rmtree(last, ignore_errors=True)
        return await playwright.chromium.launch_persistent_context(
            profile, **launch_options(lane), **context_options(lane)
        )

    async def _start(self, page: Page, group: str, lane: Lane) -> None:
        name = group.split()[0]
        await page.goto(f"{self._site.url_on(lane.host)}/harness/{name}")
        options = {
            "pyodide": f"/node_modules/{lane.pyodide}",
            "root": str(ROOT),
            "bundle": BUNDLE,
            "wheel": lane.wheel,
            "realm": lane.realm,
            "arguments": [f"--lane={name}", f"--engine={lane.engine}", *self._arguments[group]],
        }
        await page.evaluate("options => harness.start(options)", options)

    async def _clear_permissions(self, source: object) -> None:
        await self._context.clear_permissions()

    def _take(self, console_errors: bool) -> tuple[list[str], list[str]]:
        return self._watch.take(console_errors=console_errors) if self._watch else ([], [])

    async def _close_browser(self) -> None:
        context, self._context = self._context, None
        self._page = self._watch = None
        if context:
            # A page that hangs or has crashed must not delay the next.
            with contextlib.suppress(Error, TimeoutError):
                async with asyncio.timeout(CLOSE_LIMIT):
                    await (context.browser or context).close()

    async def _close(self) -> None:
        await self._close_browser()
        if self._playwright:
            await self._playwright.stop()
