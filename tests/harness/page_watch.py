"""Forbidden actions of a tested page: requests to other machines, unhandled errors, console errors."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harness.lanes import INSECURE_HOST

HOSTS = ("localhost", "127.0.0.1", INSECURE_HOST)
#: Addresses of these kinds never reach the network.
LOCAL_SCHEMES = ("about", "blob", "data", "chrome-extension", "moz-extension")
#: Before a screenshot in Firefox, Playwright inserts the style `body {}`, which the page's policy refuses.
PLAYWRIGHTS_STYLE = "sha256-YjaKGiklmzC6wjXA513HAMmzus8VE61XCOT+SmwNZWA="
REFUSED = "The page’s settings blocked"
#: Python logs these below the level of errors; they mean that a result or a failure was lost.
COMPLAINTS = ("was never retrieved", "was never awaited", "Exception ignored in")
#: Chromium logs this when it collects garbage, in any later test: mediabunny leaves open some of the pictures
#: that it decodes in advance.
LEFT_OPEN = "A VideoFrame was garbage collected without being closed"


class PageWatch:
    """Watches a browser context of Playwright, synchronous or asynchronous, and collects offences."""

    def __init__(self, context: Any) -> None:
        self._console: list[str] = []
        self._complaints: list[str] = []
        self._offences: list[str] = []
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", lambda request: self._on_address(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: self._on_address(socket.url)))

    def take(self, *, console_errors: bool) -> tuple[list[str], list[str]]:
        """Console lines and offences since the last call."""
        offences = self._offences if console_errors else self._offences + self._complaints
        console, self._console, self._complaints, self._offences = self._console, [], [], []
        return console, offences

    def _on_console(self, message: Any) -> None:
        self._console.append(f"{message.type}: {message.text}")
        if message.text.startswith(LEFT_OPEN):
            return
        if message.type == "error" or any(complaint in message.text for complaint in COMPLAINTS):
            self._complaints.append(f"In the browser's console: {message.text}{_place(message.location)}")

    def _on_error(self, error: Any) -> None:
        text = error.error.message or error.error.stack
        if PLAYWRIGHTS_STYLE in text:
            return
        # (Chromium writes violations of the policy to the console, and Firefox reports them here.)
        offences = self._complaints if text.startswith(REFUSED) else self._offences
        offences.append(f"Unhandled in the page: {text}")

    def _on_address(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in LOCAL_SCHEMES and parts.hostname not in HOSTS:
            self._offences.append(f"A request left this machine: {address}")


def _place(location: dict[str, Any]) -> str:
    return f" ({location['url']})" if location.get("url") else ""
