"""Pages in WebKitGTK's MiniBrowser, which WebKitWebDriver drives (W3C WebDriver)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from urllib3.exceptions import HTTPError

import installed_browsers
from harness.browsers import BrowserMissingError
from harness.display import Display, DisplayMissingError
from harness.lanes import Lane
from harness.page_watch import PageWatch
from harness.pages import PageError, opened

T = TypeVar("T")

WATCH = Path(__file__).with_name("watch.js")
#: Seconds for a command to a page that may hang.
LIMIT = 10

#: WebKit also compiles Python a second time, to run it faster. Pages that live for a minute do without that,
#: because it takes half of the time until the first test.
ENVIRONMENT = {"JSC_useOMGJIT": "0", "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}

LOADED = "return location.href === arguments[0] && document.readyState === 'complete'"
#: The driver limits the time of one command, and a test may take any time. So one command begins the work,
#: and others wait for its end, for a while each.
BEGIN = """
const [argument] = arguments;
window.harnessAnswer = new Promise((resolve) => resolve((FUNCTION)(argument))).then(
  (value) => ({ value }),
  (error) => ({ error: String(error?.message ?? error) }),
);
"""
WAIT = """
const done = arguments[arguments.length - 1];
const pause = new Promise((resolve) => setTimeout(resolve, 10_000, {}));
Promise.race([window.harnessAnswer, pause]).then(done);
"""


class WebKitPage:
    def __init__(self, driver: webdriver.WebKitGTK) -> None:
        self._driver = driver
        self._watch = PageWatch()

    async def open(self, address: str) -> None:
        await self._send(self._driver.get, address)
        # (The driver may answer while the page is still loading.)
        while not await self._send(self._driver.execute_script, LOADED, address):
            await asyncio.sleep(0.05)
        await self._send(self._driver.execute_script, WATCH.read_text())

    async def evaluate(self, function: str, argument: object) -> Any:
        await self._send(self._driver.execute_script, BEGIN.replace("FUNCTION", function), argument)
        answer: dict[str, Any] = {}
        while not answer:
            answer = await self._send(self._driver.execute_async_script, WAIT)
            if answer is None:
                raise PageError("the page was loaded again")
        if "error" in answer:
            raise PageError(answer["error"])
        return answer.get("value")

    async def renew(self) -> None:
        pass  # No test of this lane changes a permission.

    async def take(self, *, console_errors: bool) -> tuple[list[str], list[str]]:
        with contextlib.suppress(PageError, TimeoutError):
            async with asyncio.timeout(LIMIT):
                seen = await self._send(
                    self._driver.execute_script, "return window.harnessSeen?.splice(0) ?? []"
                )
                for method, *arguments in seen:
                    getattr(self._watch, method)(*arguments)
        return self._watch.take(console_errors=console_errors)

    async def close(self) -> None:
        group = self._driver.service.process.pid
        with contextlib.suppress(PageError, TimeoutError):
            async with asyncio.timeout(LIMIT):
                await self._send(self._driver.quit)
        # The driver, the browser and its processes, if any of them hangs.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)

    async def _send(self, command: Callable[..., T], *arguments: object) -> T:
        """Selenium waits synchronously. If the wait is cancelled, its thread ends when the page is closed."""
        try:
            return await asyncio.to_thread(command, *arguments)
        except (WebDriverException, HTTPError, OSError) as error:
            raise PageError(getattr(error, "msg", None) or str(error)) from error


class WebKitDriver:
    """Its browser needs a window, which is on a display of its own."""

    def __init__(self) -> None:
        self._display: Display | None = None

    async def open(self, lane: Lane, address: str) -> WebKitPage:
        found = installed_browsers.find_webkit()
        if found is None:
            raise BrowserMissingError(installed_browsers.remedy_of_webkit())
        try:
            self._display = self._display or Display()
        except DisplayMissingError as error:
            raise BrowserMissingError(str(error)) from None
        try:
            driver = await asyncio.to_thread(_start, *found, lane.flags, self._display.name)
        except (WebDriverException, HTTPError, OSError) as error:
            raise PageError(getattr(error, "msg", None) or str(error)) from error
        return await opened(WebKitPage(driver), address)

    async def close(self) -> None:
        if self._display:
            self._display.close()


def _start(driver: str, browser: str, flags: tuple[str, ...], display: str) -> webdriver.WebKitGTK:
    options = webdriver.WebKitGTKOptions()
    options.binary_location = browser
    for flag in flags:
        options.add_argument(flag)
    environment = os.environ | ENVIRONMENT | {"DISPLAY": display}
    # In a process group of their own, all processes of the browser can be ended together.
    service = webdriver.WebKitGTKService(driver, env=environment, popen_kw={"start_new_session": True})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Selenium's own call of its own class
        return webdriver.WebKitGTK(options, service)
