"""PyScript's workers record in one call: automatically if isolated, otherwise through a named channel."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from harness.lanes import firefox_in_soak, firefox_thorough
from harness.places import ROOT

TELL = """
import json
from js import BroadcastChannel

def tell(*said):
    BroadcastChannel.new("told by the test's Python").postMessage(json.dumps(said))
"""
RECORD = """
from mediarecorder import record

try:
    recording = await record(0.5, video=True)
    data = await recording.bytes()
    tell(len(data) == recording.size > 0, recording.duration > 0.3, recording.mime_type.split("/")[0])
except Exception as error:
    tell(type(error).__name__, str(error))
"""
# A call without `await`, and PyScript's own way to show its result.
SHOW = """
from mediarecorder import blocking
from pyscript import display

display(blocking.record(0.5){target})
"""
ISOLATION = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>A worker of PyScript</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/node_modules/@pyscript/core/dist/core.css">
    <script>
      window.told = [];
      const telling = new BroadcastChannel("told by the test's Python");
      telling.onmessage = ({{ data }}) => told.push(JSON.parse(data));
    </script>
    {head}
    <script type="module" src="/node_modules/@pyscript/core/dist/core.js"></script>
  </head>
  <body>{body}</body>
</html>
"""
CONFIG = {"interpreter": "/node_modules/pyodide/pyodide.mjs", "files": {"/mediarecorder.zip": "./*"}}


@pytest.fixture(scope="module")
def library() -> bytes:
    """The library as a zip file, for PyScript's configuration to unpack."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in (ROOT / "py" / "mediarecorder").rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, file.relative_to(ROOT / "py"))
    return packed.getvalue()


@pytest.fixture
def show(launch: Callable[..., Page], engine: str, site: str, library: bytes) -> Callable[..., Page]:
    """``show(head, body, isolated)``: the page with these parts."""

    def show(head: str, body: str, *, isolated: bool) -> Page:
        page = launch(engine)
        headers = ISOLATION if isolated else {}

        def page_itself(route: Route) -> None:
            body_of_page = PAGE.format(head=head, body=body)
            route.fulfill(body=body_of_page, content_type="text/html; charset=utf-8", headers=headers)

        page.route("**/mediarecorder.zip", lambda route: route.fulfill(body=library, headers=ISOLATION))
        page.route("**/pyscript-page", page_itself)
        page.goto(f"{site}/pyscript-page")
        assert page.evaluate("crossOriginIsolated") is isolated
        return page

    return show


def told(page: Page) -> list[object]:
    page.wait_for_function("told.length")
    return page.evaluate("told[0]")


def expect_player(page: Page, place: str) -> None:
    player = page.locator(place).get_by_label("Recording of")
    expect(player).to_be_visible()
    page.wait_for_function("player => player.duration > 0.3", arg=player.element_handle())


@firefox_thorough
def test_worker_records_in_one_call(show):
    body = f"<script type='py' worker config='{json.dumps(CONFIG)}'>{TELL}{RECORD}</script>"
    assert told(show("", body, isolated=True)) == [True, True, "video"]


@pytest.mark.thorough
@firefox_thorough
def test_worker_shows_the_player_of_a_call_without_await(show):
    source = SHOW.format(target="")
    body = f"<script type='py' worker config='{json.dumps(CONFIG)}'>{source}</script>"
    expect_player(show("", body, isolated=True), "script-py")


@pytest.mark.thorough
@firefox_in_soak
def test_editor_records_with_and_without_await_and_shows_the_player(show):
    source = TELL + RECORD + SHOW.format(target=', target="shown"')
    body = f"<script type='py-editor' config='{json.dumps(CONFIG)}'>{source}</script><div id='shown'></div>"
    page = show("", body, isolated=True)
    page.get_by_role("button", name="Run").click()
    assert told(page) == [True, True, "video"]
    expect_player(page, "#shown")


BLOCKING = """
from mediarecorder import blocking

tell("without await", blocking.record(0.5).size > 0)
"""
AUTHOR = """<script type="module">
  import {{ openChannel }} from "/py/mediarecorder/js/page.js";
  const script = document.createElement("script");
  script.type = "py";
  script.setAttribute("worker", "");
  script.setAttribute("config", JSON.stringify({{ ...{config}, channel: openChannel() }}));
  script.textContent = {source};
  document.body.append(script);
</script>"""
CONNECT = """
import mediarecorder
from pyscript import config

await mediarecorder.connect(config["channel"])
"""


@pytest.mark.thorough
@firefox_in_soak
def test_worker_without_isolation_records_through_a_channel(show):
    source = TELL + CONNECT + RECORD + BLOCKING
    page = show(AUTHOR.format(config=json.dumps(CONFIG), source=json.dumps(source)), "", isolated=False)
    assert told(page) == [True, True, "video"]
    page.wait_for_function("told.length === 2")
    assert page.evaluate("told[1]") == ["without await", True]


@pytest.mark.thorough
@firefox_in_soak
def test_error_without_isolation_and_channel_says_which_line_to_add(show):
    body = f"<script type='py' worker config='{json.dumps(CONFIG)}'>{TELL}{RECORD}</script>"
    name, text = told(show("", body, isolated=False))
    assert name == "PageUnavailableError"
    assert "await mediarecorder.connect(channel)" in str(text)
