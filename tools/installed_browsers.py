"""Find the browsers that the tests drive: yours, the machine's, or Playwright's own download."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

# Chromium before its relatives: the expectations in the tests were measured with it.
CHROMIUM = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
FIREFOX = ("firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox")

PREFIX = Path("/usr")
#: Debian's packages for the tests in WebKit, and the files below PREFIX that show that they are installed:
#: the driver with its browser, the encoders that it needs, and a display for its window.
WEBKIT = {
    "webkit2gtk-driver": ("bin/WebKitWebDriver", "lib/*/webkit2gtk-4.*/MiniBrowser"),
    "gstreamer1.0-plugins-bad": ("lib/*/gstreamer-1.0/libgsttranscode.so",),
    "xvfb": ("bin/Xvfb",),
}


def find_chromium() -> str | None:
    """Path of Chromium, Chrome or Edge, or None. The variable CHROMIUM decides if it is set."""
    return _find(
        "CHROMIUM", CHROMIUM, "chromium-*/chrome-*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"
    )


def find_firefox() -> str | None:
    """Path of Firefox, or None. The variable FIREFOX decides if it is set."""
    return _find(
        "FIREFOX", FIREFOX, "firefox-*/firefox/firefox", "firefox-*/firefox/*.app/Contents/MacOS/firefox"
    )


def find_webkit() -> tuple[str, str] | None:
    """Paths of WebKitGTK's driver and of its MiniBrowser, or None if one of the packages is missing."""
    if missing_of_webkit():
        return None
    driver, browser = (max(map(str, PREFIX.glob(pattern))) for pattern in WEBKIT["webkit2gtk-driver"])
    return driver, browser


def missing_of_webkit() -> list[str]:
    """Debian's packages to install for the tests in WebKit; none if WEBKIT_LANE=0 leaves these tests out."""
    if os.environ.get("WEBKIT_LANE") == "0":
        return []
    return [name for name, files in WEBKIT.items() if not all(any(PREFIX.glob(file)) for file in files)]


FINDERS = {"chromium": find_chromium, "firefox": find_firefox}
DEBIAN_PACKAGES = {"chromium": "chromium", "firefox": "firefox-esr"}


def missing() -> list[str]:
    """Browsers to install: those not found, unless a variable names one."""
    return [name for name, find in FINDERS.items() if not find() and not os.environ.get(name.upper())]


def is_playwrights_own(path: str) -> bool:
    """Whether Playwright downloaded it: that Firefox is patched, and not driven over WebDriver BiDi."""
    return Path(path).is_relative_to(_playwright_folder())


def remedy(browser: str) -> str:
    """Advice on installing ``"chromium"`` or ``"firefox"``. Tests without their browser fail with it."""
    variable = browser.upper()
    if chosen := os.environ.get(variable):
        return f"{variable}={chosen} is not a program. Correct it, or unset it to use an installed browser."
    ways = {
        f"apt-get install {DEBIAN_PACKAGES[browser]}": "Debian, as root",
        f".venv/bin/python -m playwright install {browser}": "any system, about 150 MB",
        f"make test {variable}=/path/to/{browser}": "if it is installed elsewhere",
    }
    lines = [f"  {command:<50} ({note})" for command, note in ways.items()]
    first = f"No {browser.capitalize()} on this machine. Do one of these, then run make test again:"
    return "\n".join([first, *lines])


def remedy_of_webkit() -> str:
    """Advice on installing WebKit. Tests of its lane fail with it."""
    missing = " ".join(missing_of_webkit())
    ways = {
        f"apt-get install {missing}": "Debian or Ubuntu, as root",
        "make test WEBKIT_LANE=0": "without WebKit",
    }
    lines = [f"  {command:<50} ({note})" for command, note in ways.items()]
    first = "No WebKitGTK that can record on this machine. Do one of these, then run make test again:"
    return "\n".join([first, *lines])


def _find(variable: str, names: tuple[str, ...], *playwright_patterns: str) -> str | None:
    if chosen := os.environ.get(variable):
        return shutil.which(chosen)
    for name in names:
        path = shutil.which(name)
        if path and not _is_snap(path):
            return path
    for pattern in playwright_patterns:
        downloads = (path for path in _playwright_folder().glob(pattern) if _is_complete(path))
        if newest := max(downloads, key=lambda path: path.stat().st_mtime, default=None):
            return str(newest)
    return None


def _is_snap(path: str) -> bool:
    """Snaps do not see the profile that Playwright makes in /tmp, and Ubuntu's stubs may have no snap."""
    if "/snap/" in path or os.path.realpath(path).endswith("/snap"):
        return True
    with open(path, "rb") as file:
        start = file.read(4096)
    return start.startswith(b"#!") and b"/snap/" in start


def _playwright_folder() -> Path:
    if folder := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(folder)
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "ms-playwright"


def _is_complete(executable: Path) -> bool:
    folder = _playwright_folder() / executable.relative_to(_playwright_folder()).parts[0]
    return (folder / "INSTALLATION_COMPLETE").exists() and os.access(executable, os.X_OK)
