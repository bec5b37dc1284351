"""The page around the recorder: loading, keyboard, layout, and the example."""

from __future__ import annotations

import pytest
from demo_page import NO_SERVICE_WORKER, Demo
from playwright.sync_api import Page, expect

from harness.fixtures import ENGINES
from harness.lanes import chromium_only, firefox_in_soak

PHONE, TABLET, DESKTOP = 390, 820, 1440


@pytest.mark.console_errors
@pytest.mark.parametrize(
    ("engine", "file"),
    [
        ("chromium", "core.js"),
        pytest.param("chromium", "python_stdlib.zip", marks=pytest.mark.soak),
        pytest.param("chromium", "demo.zip", marks=pytest.mark.soak),
        pytest.param("firefox", "pyodide.asm.wasm", marks=pytest.mark.soak),
    ],
)
def test_failed_download_is_reported_and_can_be_repeated(page: Page, site, file, look):
    page.route(f"**/{file}", lambda route: route.fulfill(status=503))
    page.goto(f"{site}/", wait_until="commit")

    expect(page.get_by_text("Python could not be loaded. Check the connection")).to_be_visible()
    expect(page.locator("#loading-bytes")).to_contain_text(file)
    look(page, "loading-failed")

    page.unroute(f"**/{file}")
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("button", name="Record")).to_be_enabled()


@pytest.mark.thorough
@pytest.mark.console_errors
@chromium_only
def test_error_in_the_pages_python_is_shown(page: Page, site):
    page.route("**/main.py", lambda route: route.fulfill(body="1 / 0"))
    page.goto(f"{site}/", wait_until="commit")

    expect(page.get_by_text("Python stopped with an error.")).to_be_visible()


@pytest.fixture
def mdn(shared_page, engine, site) -> Page:
    """MDN's example, opened from the demo, in a page that tests share."""

    def begin(page: Page) -> Page:
        page.goto(f"{site}/", wait_until="commit")
        page.get_by_role("link", name="in Python").click()
        page.wait_for_function("document.querySelector('#stop')?.onclick != null")
        return page

    def tidy(page: Page) -> None:
        expect(page.locator("#state")).to_have_text("inactive")

    return shared_page(f"MDN's example in {engine}", ENGINES[engine], begin, tidy, **NO_SERVICE_WORKER)


@pytest.mark.thorough
@pytest.mark.console_errors
@firefox_in_soak
def test_example_shows_uncaught_errors(mdn, look):
    page = mdn
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert")).to_contain_text("InvalidStateError: stop: ")
    look(page, "mdn-problem")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#state")).to_have_text("recording")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#state")).to_have_text("inactive")


@pytest.mark.thorough
@firefox_in_soak
def test_mdn_example_records(mdn, tmp_path, look):
    page = mdn
    expect(page.get_by_text("media_recorder.onstop = on_stop")).to_be_visible()
    expect(page.get_by_text("mediaRecorder.onstop = (e) => {")).to_be_visible()
    state = page.locator("#state")

    page.get_by_role("button", name="Record").click()
    expect(state).to_have_text("recording")
    Demo(page, tmp_path).let_pass(1)
    page.get_by_role("button", name="Stop").click()

    expect(state).to_have_text("inactive")
    player = page.get_by_label("Player of the recording")
    page.wait_for_function("player => player.readyState >= 1", arg=player.element_handle())
    look(page, "mdn")
    way_back = page.get_by_role("link", name="The recorder").evaluate("link => link.href")
    assert "<title>Recorder</title>" in page.request.get(way_back).text()
