"""The page shows the errors of every kind of handler."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from demo_page import Demo
from playwright.sync_api import Page, Route, expect

from harness.lanes import chromium_only, firefox_in_soak
from harness.places import ROOT

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
PAGE = (
    READY
    + """<script type="module" src="pyscript/core.js"></script>
<script type="py" config='{"interpreter": "pyodide/pyodide.mjs", "files": {"mediarecorder.whl": "./*"}}'>
from mediarecorder import media_devices

@media_devices.on("devicechange")
async def handle(event):
    raise ValueError("no luck with that device")
</script>"""
)


@pytest.mark.thorough
@pytest.mark.console_errors
@firefox_in_soak
def test_pyscript_shows_errors_of_async_library_event_handlers(page, serve):
    """The error goes to the event loop's exception handler, and from there to PyScript's box."""
    serve(page, PAGE)
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


@pytest.mark.thorough
@pytest.mark.console_errors
@firefox_in_soak
def test_demo_shows_errors_of_plain_handlers(demo: Demo):
    demo.page.locator("#pause").evaluate("pause => pause.click()")  # with no take
    expect(demo.problem).to_contain_text("That did not work.")
    expect(demo.problem).to_contain_text("AttributeError: ")
