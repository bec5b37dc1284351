"""The page around the recorder: loading, keyboard, layout, and the example."""

from __future__ import annotations

import re

import pytest
from demo_page import LOADING
from playwright.sync_api import Page, expect

from bench.lanes import chromium_only, firefox_in_soak

PHONE, TABLET, DESKTOP = 390, 820, 1440


def test_page_shows_itself_while_python_loads(page: Page, site, look):
    held = []
    page.route("**/python_stdlib.zip", lambda route: held.append(route))
    page.goto(f"{site}/", wait_until="commit")

    expect(page.get_by_role("heading", name="Recorder")).to_be_visible()
    expect(page.get_by_text("Loading Python…")).to_be_visible()
    expect(page.get_by_role("button", name="Record")).to_be_disabled()
    expect(page.get_by_role("radio", name="Camera")).to_be_disabled()
    expect(page.locator("#loading-bytes")).to_have_text(re.compile(r"^\d+\.\d MB$"))
    look(page, "loading")

    held[0].continue_()
    expect(page.get_by_role("button", name="Record")).to_be_enabled(timeout=LOADING)
    expect(page.locator("#loading-bytes")).to_have_text(re.compile(r"^(\d+\.\d) of \1 MB$"))
    expect(page.get_by_text("Loading Python…")).to_be_hidden()


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
def test_failed_download_is_told_and_can_be_repeated(page: Page, site, file, look):
    page.route(f"**/{file}", lambda route: route.fulfill(status=503))
    page.goto(f"{site}/", wait_until="commit")

    expect(page.get_by_text("Python could not be loaded. Check the connection")).to_be_visible(
        timeout=LOADING
    )
    expect(page.locator("#loading-bytes")).to_contain_text(file)
    look(page, "loading-failed")

    page.unroute(f"**/{file}")
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("button", name="Record")).to_be_enabled(timeout=LOADING)


@pytest.mark.console_errors
@chromium_only
def test_error_in_the_pages_python_is_told(page: Page, site):
    page.route("**/main.py", lambda route: route.fulfill(body="1 / 0"))
    page.goto(f"{site}/", wait_until="commit")

    expect(page.get_by_text("Python stopped with an error.")).to_be_visible(timeout=LOADING)


@chromium_only
def test_page_works_below_any_path(page: Page, site):
    page.route(
        re.compile(r"/some/where/"),
        lambda route: route.continue_(url=route.request.url.replace("/some/where/", "/")),
    )
    page.goto(f"{site}/some/where/index.html", wait_until="commit")

    expect(page.get_by_role("button", name="Record")).to_be_enabled(timeout=LOADING)


@firefox_in_soak
def test_everything_works_by_keyboard(demo):
    page = demo.page
    press = page.keyboard.press
    press("Tab")
    expect(page.get_by_role("radio", name="Microphone")).to_be_focused()
    press("ArrowRight")
    expect(page.get_by_role("radio", name="Camera")).to_be_checked()
    press("ArrowLeft")
    press("Tab")
    expect(demo.microphone).to_be_focused()
    press("Tab")
    expect(demo.record).to_be_focused()
    outline = demo.record.evaluate("button => getComputedStyle(button).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2, "the focus can be seen"
    press("Enter")

    expect(demo.stop).to_be_focused()
    expect(demo.clock).to_have_text("0:01")
    press("Tab")
    expect(demo.pause).to_be_focused()
    press("Space")
    expect(demo.resume).to_be_visible()
    expect(demo.stop).to_be_focused()
    press("Tab")
    expect(demo.resume).to_be_focused()
    press("Shift+Tab")
    press("Space")

    expect(demo.take(1)).to_be_visible()
    expect(demo.record).to_be_focused()
    delete = page.get_by_role("button", name="Delete Take 1")
    for _ in range(12):  # the player's own buttons come between, as many as the engine has
        press("Tab")
        if delete.evaluate("button => button === document.activeElement"):
            break
    expect(delete).to_be_focused()
    press("Enter")
    expect(demo.take(1)).to_have_count(0)
    expect(page.get_by_role("heading", name="Takes")).to_be_focused()
    press("Tab")
    expect(page.get_by_role("link").first).to_be_focused()


@firefox_in_soak
def test_nothing_is_wider_than_the_window_and_pictures_to_look_at(demo, engine, look):
    page = demo.page
    schemes = ("light", "dark") if engine == "chromium" else ("light",)  # Playwright cannot darken Firefox
    page.emulate_media(reduced_motion="reduce")

    def at_all_sizes(state: str) -> None:
        for width in (PHONE, TABLET, DESKTOP):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state} at {width}"
            for scheme in schemes if width != TABLET else ():
                page.emulate_media(color_scheme=scheme)
                look(page, f"{state}-{width}-{scheme}")

    at_all_sizes("idle")
    demo.start_take()
    at_all_sizes("recording-microphone")
    demo.stop.click()
    demo.expect_seekable(1)
    demo.choose("Camera")
    demo.preview.click()
    expect(demo.close_preview).to_be_visible()
    at_all_sizes("preview")
    demo.start_take()
    demo.pause.click()
    at_all_sizes("paused")
    demo.stop.click()
    demo.expect_seekable(2)
    at_all_sizes("takes")
    demo.refuse("NotReadableError")
    demo.record.click()
    expect(demo.problem).to_be_visible()
    at_all_sizes("problem")
    page.locator("#problem-text").evaluate("text => { text.textContent = 'x'.repeat(300); }")
    at_all_sizes("long-problem")


def test_mdn_example(demo, look):
    page = demo.page
    page.get_by_role("link", name="in Python").click()
    expect(page.get_by_text("media_recorder.onstop = on_stop")).to_be_visible()
    expect(page.get_by_text("mediaRecorder.onstop = (e) => {")).to_be_visible()
    page.wait_for_function("document.querySelector('#stop')?.onclick != null", timeout=LOADING)
    state = page.locator("#state")

    page.get_by_role("button", name="Record").click()
    expect(state).to_have_text("recording")
    demo.let_pass(1)
    page.get_by_role("button", name="Stop").click()

    expect(state).to_have_text("inactive")
    player = page.get_by_label("Player of the recording")
    page.wait_for_function("player => player.readyState >= 1", arg=player.element_handle())
    look(page, "mdn")
    page.get_by_role("link", name="The recorder").click()
    expect(page).to_have_title("Recorder")
