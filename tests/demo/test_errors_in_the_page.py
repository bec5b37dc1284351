"""The page shows the errors of every kind of handler."""

from __future__ import annotations

import functools
import io
import re
import zipfile
from collections.abc import Callable

import pytest
from demo_page import Demo
from playwright.sync_api import Page, Route, expect

from harness.fixtures import ENGINES
from harness.lanes import chromium_only, firefox_in_soak
from harness.places import ROOT

GUIDE = (ROOT / "docs/guide.md").read_text()
[FIRST_EXAMPLE] = re.findall(r"^```html\n(.*?)^```", GUIDE, re.M | re.S)[:1]
#: Files that the test's site serves besides the example.
BESIDE = {"pyscript/": "node_modules/@pyscript/core/dist/", "pyodide/": "node_modules/pyodide/"}


@pytest.fixture(scope="module")
def wheel() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in (ROOT / "py/mediarecorder").rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, file.relative_to(ROOT / "py"))
    return packed.getvalue()


@pytest.fixture
def serve(site: str, wheel: bytes) -> Callable[[Page, str], Page]:
    """``serve(page, html)``: serves the page with all the files that it refers to."""

    def serve(page: Page, html: str) -> Page:
        def answer(route: Route) -> None:
            name = route.request.url.partition("/my-page/")[2]
            if not name:
                route.fulfill(body=html, content_type="text/html; charset=utf-8")
            elif name.endswith(".whl"):
                route.fulfill(body=wheel)
            else:
                [folder] = [folder for folder in BESIDE if name.startswith(folder)]
                route.fulfill(path=ROOT / name.replace(folder, BESIDE[folder], 1))

        page.route("**/my-page/**", answer)
        page.goto(f"{site}/my-page/")
        page.wait_for_function("document.documentElement.dataset.ready")
        return page

    return serve


READY = """<script>
addEventListener('py:all-done', () => { document.documentElement.dataset.ready = 'yes'; });
</script>"""
DEVICES = """from mediarecorder import media_devices

@media_devices.on("devicechange")
async def handle(event):
    raise ValueError("no luck with that device")
"""


@pytest.mark.thorough
@pytest.mark.parametrize("lane", ["chromium-denied", pytest.param("firefox-denied", marks=pytest.mark.soak)])
def test_guides_first_example_shows_a_refused_permission(lane_page, serve, lane, look):
    assert GUIDE.index("```html") < GUIDE.index("```py"), "the HTML page is the first example"
    page = serve(lane_page(lane), READY + FIRST_EXAMPLE)
    page.get_by_role("button").click()
    answer = page.get_by_text(
        "NotAllowedError: get_user_media: Permission was denied. Allow access in the browser's"
    )
    expect(answer).to_be_visible()
    look(page, "guide-refused")


@pytest.fixture
def guide(shared_page, engine, serve) -> Page:
    """The guide's first example, and beside it another script, in a page that tests share."""
    html = f"{READY}{FIRST_EXAMPLE}<script type='py'>{DEVICES}</script>"
    begin = functools.partial(serve, html=html)
    return shared_page(f"guide in {engine}", ENGINES[engine], begin, lambda page: None)


@pytest.mark.thorough
@firefox_in_soak
def test_guides_first_example_records(guide):
    page = guide
    page.get_by_role("button").click()
    player = page.locator("audio")
    expect(player).to_be_visible()
    page.wait_for_function("player => player.readyState >= 1", arg=player.element_handle())


@pytest.mark.thorough
@pytest.mark.console_errors
@firefox_in_soak
def test_pyscript_shows_errors_of_async_library_event_handlers(guide):
    """The error goes to the event loop's exception handler, and from there to PyScript's box."""
    page = guide
    page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    expect(page.locator(".py-error").filter(has_text="no luck with that device")).to_be_visible()


@pytest.mark.thorough
@pytest.mark.console_errors
@chromium_only  # Firefox also reports rejections to Playwright that the page has handled
def test_demo_shows_errors_of_async_handlers(fresh_demo: Demo):
    demo = fresh_demo
    demo.page.evaluate("document.getElementById('live-loading').remove()")
    demo.page.locator("#live > summary").click()
    expect(demo.problem).to_contain_text("That did not work.")
    expect(demo.problem).to_contain_text("AttributeError: ")


@pytest.mark.console_errors
@firefox_in_soak
def test_demo_shows_errors_of_plain_handlers(demo: Demo):
    demo.page.locator("#stop").evaluate("stop => { stop.disabled = false; stop.click(); }")  # with no take
    expect(demo.problem).to_contain_text("That did not work.")
    expect(demo.problem).to_contain_text("AttributeError: ")
