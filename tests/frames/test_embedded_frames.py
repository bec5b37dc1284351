"""Python in a page that another site embeds: its worker's connection, and its permission errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Frame, Page

from harness.lanes import chromium_only
from harness.places import PAGE_PROBE

FIREFOX = pytest.mark.parametrize("engine", ["firefox"])
DEVICES = "camera; microphone"
CONNECT = "import mediarecorder\nawait mediarecorder.connect(CHANNEL)\n"
RECORD = """
recording = await mediarecorder.record(0.5, video=True)
f"{recording.size == len(await recording.bytes()) > 0} {recording.duration > 0.3}"
"""
HOLD = """
stream = await mediarecorder.media_devices.get_user_media(audio=True)
"held"
"""
REFUSED = """
said = []
for ask in (
    lambda: mediarecorder.media_devices.get_user_media(audio=True, video=True),
    lambda: mediarecorder.media_devices.get_user_media(audio=True),
    lambda: mediarecorder.record(1),
    lambda: mediarecorder.take_photo(),
    lambda: mediarecorder.media_devices.get_display_media(),
):
    try:
        await ask()
        said.append("opened")
    except mediarecorder.MediaError as error:
        said.append(f"{error.name}: {error}")
import json
json.dumps(said)
"""


class Embedded:
    """A page that another site embeds."""

    def __init__(self, page: Page, site: str, allow: str, host: str = "127.0.0.1") -> None:
        page.add_init_script(path=PAGE_PROBE)
        page.goto(f"{site}/tests/frames/top.html?host={host}&allow={allow}")
        page.wait_for_function("frames.length")
        page.frame_locator("iframe").locator("html").wait_for()
        self.frame: Frame = page.frames[-1]
        self.frame.wait_for_function("() => Boolean(globalThis.run)")

    def run(self, realm: str, source: str) -> Any:
        channel = json.dumps(self.frame.evaluate("channel"))
        return self.frame.evaluate(
            "([realm, source]) => run(realm, source)", [realm, source.replace("CHANNEL", channel)]
        )


@pytest.fixture
def embed(launch: Callable[..., Page], engine: str, site: str) -> Callable[..., Embedded]:
    return lambda allow=DEVICES, host="127.0.0.1": Embedded(launch(engine), site, allow, host)


@FIREFOX
@pytest.mark.quirk("firefox-lists-no-locks-in-frames")
# The browser reports the revoked address.
@pytest.mark.thorough
@pytest.mark.console_errors
def test_worker_of_an_embedded_page_records_and_releases(embed: Callable[..., Embedded]) -> None:
    embedded = embed()
    assert (
        embedded.frame.evaluate("navigator.locks.query().then(() => '', (error) => error.name)")
        == "SecurityError"
    )
    assert embedded.run("worker", CONNECT + RECORD) == "True True"
    assert embedded.run("worker", HOLD) == "held"
    # The page notices the worker's end a second or more after its last sign of liveness.
    embedded.frame.wait_for_timeout(1500)
    assert embedded.frame.evaluate("pageProbe.live()") == 1
    embedded.frame.evaluate("die()")
    embedded.frame.wait_for_function("pageProbe.live() === 0")


TRY = """
import time
began = time.monotonic()
try:
    await mediarecorder.connect(CHANNEL)
    said = "connected"
except mediarecorder.PageUnavailableError as error:
    said = str(error)
f"{time.monotonic() - began < 5} {said}"
"""


@pytest.mark.thorough
@chromium_only
def test_refused_locks_error_says_the_frame_is_cross_site(
    embed: Callable[..., Embedded],
) -> None:
    embedded = embed()
    assert embedded.frame.evaluate("navigator.locks.request('x', () => 1).catch((error) => error.name)") == (
        "SecurityError"
    )
    said = embedded.run("worker", "import mediarecorder" + TRY)
    assert said.startswith("True connect: ")
    assert "third-party" in said
    assert "channel" not in said


@pytest.mark.parametrize(
    ("engine", "realm"),
    [
        ("chromium", "page"),
        pytest.param("chromium", "worker", marks=pytest.mark.thorough),
        pytest.param("firefox", "worker", marks=pytest.mark.thorough),
        pytest.param("firefox", "page", marks=pytest.mark.soak),
    ],
)
@pytest.mark.console_errors  # Chromium also logs violations of its policy
def test_missing_permission_error_says_what_the_embedding_page_needs(
    embed: Callable[..., Embedded], engine: str, realm: str
) -> None:
    if realm == "page":
        embedded, connect = embed(allow=""), "import mediarecorder\n"
    else:
        # On another site, Chromium would refuse the worker its connection to the page.
        embedded = embed(allow="camera 'none'; microphone 'none'", host="localhost")
        connect = CONNECT
    both, sound, record, photo, screen = json.loads(embedded.run(realm, connect + REFUSED))
    for said, features in (
        (both, "microphone; camera"),
        (sound, "microphone"),
        (record, "microphone"),
        (photo, "camera"),
    ):
        assert said.startswith("NotAllowedError: "), said
        assert f'<iframe allow="{features}">' in said
        assert "Permissions-Policy" in said
    # (A browser may first refuse the call because it does not come from a click.)
    if screen.startswith("NotAllowedError"):
        assert 'allow="display-capture"' in screen


@pytest.mark.thorough
@chromium_only  # Firefox ignores the header
@pytest.mark.parametrize("realm", ["page", pytest.param("worker", marks=pytest.mark.thorough)])
@pytest.mark.console_errors
def test_error_names_the_pages_own_permissions_policy(
    launch: Callable[..., Page], engine: str, site: str, realm: str
) -> None:
    page = launch(engine)
    page.goto(f"{site}/tests/frames/mute.html")
    page.wait_for_function("() => Boolean(globalThis.run)")
    connect = "import mediarecorder\n" if realm == "page" else CONNECT
    channel = json.dumps(page.evaluate("channel"))
    source = (connect + REFUSED).replace("CHANNEL", channel)
    # (With a camera as well, Chromium opens only the camera.)
    _, sound, record, photo, _ = json.loads(page.evaluate("(given) => run(...given)", [realm, source]))
    assert "no Permissions-Policy header may forbid it" in sound
    assert "no Permissions-Policy header may forbid it" in record
    assert photo == "opened"
