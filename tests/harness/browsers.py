"""Translates a lane into Playwright's options."""

from __future__ import annotations

from typing import Any

import installed_browsers
from harness.lanes import Lane
from harness.media import make_input


class BrowserMissingError(Exception):
    """The browser is not installed; the text says how to install it."""


def launch_options(lane: Lane) -> dict[str, Any]:
    """Arguments of ``playwright.<engine>.launch``."""
    if lane.engine == "chromium":
        make_input()
        return {
            "executable_path": _path(installed_browsers.find_chromium(), "chromium"),
            "args": list(lane.flags),
        }
    path = _path(installed_browsers.find_firefox(), "firefox")
    options = {"executable_path": path, "firefox_user_prefs": dict(lane.prefs)}
    # An official Firefox is driven over WebDriver BiDi.
    return options if installed_browsers.is_playwrights_own(path) else {**options, "channel": "moz-firefox"}


def context_options(lane: Lane) -> dict[str, Any]:
    """Arguments of ``browser.new_context``."""
    return {"permissions": list(lane.permissions)} if lane.permissions else {}


def _path(path: str | None, engine: str) -> str:
    if path is None:
        raise BrowserMissingError(installed_browsers.remedy(engine))
    return path
