"""Pages in browsers that Playwright drives: Chromium and Firefox."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Error, Page, Playwright, async_playwright

from harness.browsers import context_options, launch_options
from harness.lanes import Lane
from harness.page_watch import ContextWatch
from harness.pages import PageError, opened
from harness.sound_server import Sound, SoundServerMissingError

CLOSE_LIMIT = 30
#: Folders of a Chromium profile that hold compiled files, and the files whose compilation they hold.
CACHES = ("Default/Cache", "Default/Code Cache")


class PlaywrightPage:
    def __init__(self, lane: Lane, context: BrowserContext) -> None:
        self._lane = lane
        self._context = context
        self._watch = ContextWatch(context)
        self._page: Page | None = None

    async def open(self, address: str) -> None:
        with _page_errors():
            if self._lane.permissions:
                await self._context.expose_binding("clearPermissions", self._clear_permissions)
            self._page = await self._context.new_page()
            await self._page.goto(address)

    async def evaluate(self, function: str, argument: object) -> Any:
        assert self._page
        with _page_errors():
            return await self._page.evaluate(function, argument)

    async def renew(self) -> None:
        if self._lane.permissions:
            with _page_errors():
                await self._context.grant_permissions(list(self._lane.permissions))

    async def take(self, *, console_errors: bool) -> tuple[list[str], list[str]]:
        return self._watch.take(console_errors=console_errors)

    async def close(self) -> None:
        # A page that hangs or has crashed must not delay the next.
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT):
                await (self._context.browser or self._context).close()

    async def _clear_permissions(self, source: object) -> None:
        await self._context.clear_permissions()


class PlaywrightDriver:
    """A process can have only one Playwright, which starts with the first page."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        #: Profiles of Chromium, one for each browser.
        self._profiles = tempfile.TemporaryDirectory(prefix="profiles-", ignore_cleanup_errors=True)
        self._opened = 0
        self._sound = Sound()

    async def open(self, lane: Lane, address: str) -> PlaywrightPage:
        with _page_errors():
            if self._playwright is None:
                self._playwright = await async_playwright().start()
            page = PlaywrightPage(lane, await self._new_context(self._playwright, lane))
        return await opened(page, address)

    async def _new_context(self, playwright: Playwright, lane: Lane) -> BrowserContext:
        """A browser with one context. In Chromium its profile is new, but has the caches of the last one.

        Chromium stores the compiled interpreter there. It then needs two thirds of the time to start it.
        """
        if lane.engine != "chromium":
            options = {**launch_options(lane), **self._sound.options(lane)}
            browser = await playwright[lane.engine].launch(**options)
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

    async def close(self) -> None:
        if self._playwright:
            await self._playwright.stop()
        self._profiles.cleanup()
        self._sound.close()


@contextlib.contextmanager
def _page_errors() -> Iterator[None]:
    try:
        yield
    except SoundServerMissingError as error:
        raise PageError(str(error)) from None
    except Error as error:
        raise PageError(error.message, crashed="crashed" in error.message) from error
