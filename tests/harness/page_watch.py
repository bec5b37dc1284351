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
REFUSED = (
    *("The page’s settings blocked", "The Same Origin Policy disallows", "Cross-Origin-Resource-Policy"),
    "may not load data from",
)
#: Python logs these below the level of errors; they mean that a result or a failure was lost.
COMPLAINTS = ("was never retrieved", "was never awaited", "Exception ignored in")
#: Chromium logs this when it collects garbage, in any later test: mediabunny leaves open some of the pictures
#: that it decodes in advance.
LEFT_OPEN = "A VideoFrame was garbage collected without being closed"


class PageWatch:
    """Collects the offences of a page that somebody reports to it."""

    def __init__(self) -> None:
        self._console: list[str] = []
        self._complaints: list[str] = []
        self._offences: list[str] = []

    def take(self, *, console_errors: bool) -> tuple[list[str], list[str]]:
        """Console lines and offences since the last call."""
        offences = self._offences if console_errors else self._offences + self._complaints
        console, self._console, self._complaints, self._offences = self._console, [], [], []
        return console, offences

    def on_console(self, type: str, text: str, address: str = "") -> None:
        self._console.append(f"{type}: {text}")
        if text.startswith(LEFT_OPEN):
            return
        if type == "error" or any(complaint in text for complaint in COMPLAINTS):
            place = f" ({address})" if address else ""
            self._complaints.append(f"In the browser's console: {text}{place}")

    def on_error(self, text: str) -> None:
        if PLAYWRIGHTS_STYLE in text:
            return
        # (Chromium writes violations of policies to the console, and Firefox reports them here.)
        offences = self._complaints if any(part in text for part in REFUSED) else self._offences
        offences.append(f"Unhandled in the page: {text}")

    def on_address(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in LOCAL_SCHEMES and parts.hostname not in HOSTS:
            self._offences.append(f"A request left this machine: {address}")


class ContextWatch(PageWatch):
    """Watches a browser context of Playwright, synchronous or asynchronous."""

    def __init__(self, context: Any) -> None:
        super().__init__()
        context.on("console", self._on_message)
        context.on("weberror", lambda error: self.on_error(error.error.message or error.error.stack))
        context.on("request", lambda request: self.on_address(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: self.on_address(socket.url)))

    def _on_message(self, message: Any) -> None:
        self.on_console(message.type, message.text, message.location.get("url", ""))
