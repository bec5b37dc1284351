"""What the harness needs from a browser, whoever drives it: Playwright, or WebDriver."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from harness.lanes import Lane

Page = TypeVar("Page", bound="HarnessPage")


class PageError(Exception):
    """The page was lost, or did not open."""

    def __init__(self, message: str, *, crashed: bool = False) -> None:
        super().__init__(message)
        #: The browser's process has crashed, so the test is not to blame.
        self.crashed = crashed


class HarnessPage(Protocol):
    """One open page, alone in its browser. Every method may raise `PageError` but `take` and `close`."""

    async def open(self, address: str) -> None:
        """Load an address. `opened` calls it once."""

    async def evaluate(self, function: str, argument: object) -> Any:
        """Call a JavaScript function in the page, and wait for its result, which JSON can hold."""

    async def renew(self) -> None:
        """Undo what a test may have changed in the browser itself."""

    async def take(self, *, console_errors: bool) -> tuple[list[str], list[str]]:
        """Console lines and offences (page_watch.py) since the last call."""

    async def close(self) -> None:
        """Close the page and its browser, even if the page hangs or has crashed."""


async def opened(page: Page, address: str) -> Page:
    """The page, once it has loaded the address; closed if it does not."""
    try:
        await page.open(address)
    except BaseException:
        await page.close()
        raise
    return page


class Driver(Protocol):
    """Opens pages, one at a time."""

    async def open(self, lane: Lane, address: str) -> HarnessPage:
        """Open an address in a new browser that is configured as the lane says.

        Raises
        ------
        BrowserMissingError
            The browser is not installed.
        PageError
            It does not start.
        """

    async def close(self) -> None: ...
