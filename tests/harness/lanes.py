"""The lanes of the harness: the configurations in which a test runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pytest

from harness.media import COLOURS, TONE, TONE_FREQUENCY, TWO_TONES


@dataclass(frozen=True)
class Lane:
    """One engine with its devices, permissions, interpreter and security policy."""

    engine: str
    #: Command line of Chromium or of WebKit's MiniBrowser, preferences of Firefox.
    flags: tuple[str, ...] = ()
    prefs: Mapping[str, bool | int | str] = field(default_factory=lambda: MappingProxyType({}))
    #: Folder in node_modules.
    pyodide: str = "pyodide"
    #: Address of a wheel to install there before the tests.
    wheel: str = ""
    #: Headers of the lane's page, added to the server's.
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: Permissions granted without a prompt (Chromium, and only if the flags do not decide them).
    permissions: tuple[str, ...] = ()
    host: str = "localhost"
    #: Where Python runs: in the page, or in a worker that reaches it by the library's bridge.
    realm: str = "page"
    #: Whether it needs an audio output (sound_server.py); Chromium plays sound without one.
    sound: bool = False

    def without(self, prefix: str) -> Lane:
        """The lane without the Chromium flags that begin like this."""
        return replace(self, flags=tuple(flag for flag in self.flags if not flag.startswith(prefix)))

    def plus(
        self,
        *,
        flags: Iterable[str] = (),
        prefs: Mapping[str, bool | int | str] = MappingProxyType({}),
        permissions: Iterable[str] = (),
    ) -> Lane:
        return replace(
            self,
            flags=(*self.flags, *flags),
            prefs={**self.prefs, **prefs},
            permissions=(*self.permissions, *permissions),
        )


def _firefox_left_to(mark: pytest.MarkDecorator) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("engine", ["chromium", pytest.param("firefox", marks=mark)])


#: The engines of tests that open their own pages.
chromium_only = pytest.mark.parametrize("engine", ["chromium"])
firefox_thorough = _firefox_left_to(pytest.mark.thorough)
firefox_in_soak = _firefox_left_to(pytest.mark.soak)

#: A host name other than localhost, so that the page is not a secure context.
INSECURE_HOST = "recorder.test"

FAKE_UI = "--use-fake-ui-for-media-stream"
FAKE_DEVICES = "--use-fake-device-for-media-stream"
FAKE_CAMERA_FILE = "--use-file-for-fake-video-capture"

CHROMIUM = Lane(
    engine="chromium",
    flags=(
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--autoplay-policy=no-user-gesture-required",
        # Playwright does not see the requests of a service worker; this stops them too.
        f"--host-resolver-rules=MAP {INSECURE_HOST} 127.0.0.1, MAP * ~NOTFOUND, "
        "EXCLUDE localhost, EXCLUDE 127.0.0.1",
        FAKE_DEVICES,
        FAKE_UI,
        f"--use-file-for-fake-audio-capture={TONE}",
        f"{FAKE_CAMERA_FILE}={COLOURS}",
    ),
)

FIREFOX = Lane(
    engine="firefox",
    prefs={
        "media.navigator.streams.fake": True,
        "media.navigator.permission.disabled": True,
        "media.navigator.audio.fake_frequency": TONE_FREQUENCY,
        "media.autoplay.default": 0,
        # Grant persistent storage without a prompt, because no user is present.
        "dom.storageManager.prompt.testing": True,
        "dom.storageManager.prompt.testing.allow": True,
        # All requests that leave this machine fail.
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": 9,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": 9,
    },
)

#: WebKitGTK's MiniBrowser. Its mock microphone beeps, and its mock camera shows a clock.
WEBKIT = Lane(
    engine="webkit",
    flags=("--automation", "--enable-media-stream=true", "--enable-mock-capture-devices=true"),
    # All requests that leave this machine fail, and the page reports them.
    headers={"Content-Security-Policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"},
)

#: Chromium also compiles Python a second time, to run it faster. Pages that live for seconds do without that,
#: because it takes a fifth of their time.
COMPILED_ONCE = "--js-flags=--liftoff-only"
BRIEF = CHROMIUM.plus(flags=[COMPILED_ONCE])

STRICT_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
    "media-src 'self' blob:; img-src 'self' blob: data:; connect-src 'self' http://127.0.0.1:*"
)

# The page can load the library's own JavaScript only by its own script tags.
NO_BLOB = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "media-src 'self' blob:; img-src 'self' blob: data:"
)

# Evaluated strings are trusted, too: the import in a module worker needs this.
UNTRUSTED = "require-trusted-types-for 'script'; trusted-types harness"
TRUSTED_TYPES = f"{UNTRUSTED} mediarecorder"

# With numpy, and a microphone that has another tone in its right channel.
STEREO = replace(
    CHROMIUM.without("--use-file-for-fake-audio-capture"),
    pyodide="pyodide-0.27",
    wheel="/build/numpy/numpy.whl",
).plus(flags=[f"--use-file-for-fake-audio-capture={TWO_TONES}"])

LANES: dict[str, Lane] = {
    "chromium": CHROMIUM,
    "firefox": FIREFOX,
    "chromium-worker": replace(CHROMIUM, realm="worker"),
    "firefox-worker": replace(FIREFOX, realm="worker"),
    # Without a sound card, Firefox's AudioContexts do not run.
    "firefox-audible": replace(FIREFOX, sound=True),
    "webkit": WEBKIT,
    "chromium-pyodide-0.27": replace(CHROMIUM, pyodide="pyodide-0.27"),
    "chromium-numpy": replace(CHROMIUM, pyodide="pyodide-0.27", wheel="/build/numpy/numpy.whl"),
    "chromium-stereo": STEREO,
    "chromium-stereo-worker": replace(STEREO, realm="worker"),
    "firefox-numpy": replace(FIREFOX, pyodide="pyodide-0.27", wheel="/build/numpy/numpy.whl"),
    "chromium-csp": replace(BRIEF, headers={"Content-Security-Policy": STRICT_POLICY}),
    "chromium-no-blob": replace(BRIEF, headers={"Content-Security-Policy": NO_BLOB}),
    "firefox-no-blob": replace(FIREFOX, headers={"Content-Security-Policy": NO_BLOB}),
    "chromium-denied": BRIEF.without(FAKE_UI).plus(flags=[f"{FAKE_UI}=deny"]),
    "firefox-denied": FIREFOX.plus(
        prefs={
            "media.navigator.permission.disabled": False,
            "permissions.default.camera": 2,
            "permissions.default.microphone": 2,
        }
    ),
    # Three microphones remain. A camera that plays a file would exist regardless of the count.
    "chromium-no-camera": BRIEF.without(FAKE_CAMERA_FILE)
    .without(FAKE_DEVICES)
    .plus(flags=[f"{FAKE_DEVICES}=device-count=0"]),
    "firefox-no-devices": FIREFOX.plus(prefs={"media.navigator.streams.fake": False}),
    # Revoking these permissions ends the tracks as unplugging the device would.
    # Requests for the screen get this tab.
    "chromium-permissions": BRIEF.without(FAKE_UI).plus(
        flags=["--auto-accept-this-tab-capture"], permissions=["camera", "microphone"]
    ),
    "firefox-resist-fingerprinting": FIREFOX.plus(prefs={"privacy.resistFingerprinting": True}),
    "firefox-private": FIREFOX.plus(prefs={"browser.privatebrowsing.autostart": True}),
    "chromium-trusted-types": replace(BRIEF, headers={"Content-Security-Policy": TRUSTED_TYPES}),
    "firefox-trusted-types": replace(FIREFOX, headers={"Content-Security-Policy": TRUSTED_TYPES}),
    # The page has a list of policies that lacks the library's.
    "chromium-untrusted": replace(BRIEF, headers={"Content-Security-Policy": UNTRUSTED}),
    "firefox-untrusted": replace(FIREFOX, headers={"Content-Security-Policy": UNTRUSTED}),
    "chromium-insecure": replace(BRIEF, host=INSECURE_HOST),
}

#: The lanes of a test without marks, those of them that ``page_only`` removes, and those that ``core`` and
#: ``every_engine`` add.
DEFAULT = ("chromium", "firefox")
FIRST, SECOND = DEFAULT
WORKERS = ("chromium-worker", "firefox-worker")
CORE = ("chromium-pyodide-0.27", "chromium-csp")
THIRD = "webkit"
#: The lanes of `make test`.
COMMON = (*DEFAULT, *WORKERS, THIRD)
#: `make test` runs so many rows of a table in the first lane, and `make test-all` in Firefox.
ROWS = 2
#: Variables that leave out lanes with the value 0.
LEFT_OUT = {
    "NUMPY_LANE": ("chromium-numpy", "chromium-stereo", "chromium-stereo-worker", "firefox-numpy"),
    "SOUND_LANE": ("firefox-audible",),
    "WEBKIT_LANE": (THIRD,),
}


def left_out() -> list[str]:
    """The lanes that the environment leaves out."""
    return [lane for variable, lanes in LEFT_OUT.items() if os.environ.get(variable) == "0" for lane in lanes]


def lanes_of(marks: Iterable[pytest.Mark]) -> tuple[str, ...]:
    """Names of a test's lanes: those of the nearest mark ``lane``, or the default, which other marks change.

    With NUMPY_LANE=0, SOUND_LANE=0 or WEBKIT_LANE=0 in the environment, this lane is left out, and a test
    with no other is skipped.
    """
    marks = list(marks)
    omitted = left_out()
    for mark in marks:
        if mark.name == "lane":
            if unknown := [name for name in mark.args if name not in LANES]:
                raise pytest.UsageError(f"unknown lane: {', '.join(unknown)}; choose from {', '.join(LANES)}")
            return tuple(name for name in mark.args if name not in omitted)
    names = {mark.name for mark in marks}
    lanes = DEFAULT + (() if "page_only" in names else WORKERS) + (CORE if "core" in names else ())
    if "every_engine" in names and "two_engines_only" not in names and THIRD not in omitted:
        lanes += (THIRD,)
    return lanes


def left_to(lane: str, marks: Iterable[pytest.Mark], row: int) -> str:
    """The mark of the set that a test in this lane waits for: "thorough", "soak", or none ("").

    `make test-all` runs each test in its first lane, and in others if the result can differ there, with the
    first row of each table (two rows in Firefox); `make soak` runs the other rows. Of these, `make test` runs
    each test in its first lane, unless a browser must start for that lane alone, with two rows of each table,
    or one of the media engine. In Firefox and in workers it also runs the first row of the tests of the core
    and of those of browsers' quirks, and in WebKit those marked for it.

    Parameters
    ----------
    row
        The largest index of the test's parameters in their tables; 0 for a test without parameters.
    """
    marks = list(marks)
    names, lanes, first_row = {mark.name for mark in marks}, lanes_of(marks), row == 0
    if _is_in_soak(lane, names, lanes, row):
        return "soak"
    if lane == THIRD:
        return ""
    if lane == lanes[0] and lane in COMMON:
        is_thorough = row >= (1 if "media_work" in names else ROWS)
    else:
        is_thorough = lane not in COMMON or not first_row or not names & {"core", "quirk"}
    return "thorough" if is_thorough else ""


def _is_in_soak(lane: str, names: set[str], lanes: tuple[str, ...], row: int) -> bool:
    if lane == "chromium-csp" and "policy" not in names:
        return True
    if lane == THIRD:
        return lanes[0] != lane and row > 0
    if lane in WORKERS and ("core" not in names or (lane != WORKERS[0] and "media_work" in names)):
        return True
    in_firefox = LANES[lane].engine == "firefox"
    if in_firefox and "firefox_too" in names:
        return False
    if in_firefox and "firefox_in_soak" in names:
        return True
    rows = ROWS if lane == SECOND and "media_work" not in names else 1
    return row >= rows and lane != lanes[0]
