"""Before Python has loaded: the page is visible, settings can be changed, and Record can be pressed."""

from __future__ import annotations

import gzip
import itertools
import re
import time
from urllib.parse import urlsplit

import pytest
from demo_page import SEEN_THOUGH_HIDDEN, Demo
from playwright.sync_api import Page, Route, expect

from harness.judge import probe
from harness.lanes import chromium_only, firefox_in_soak
from harness.places import PAGE_PROBE


@pytest.fixture
def held(page: Page, site: str, tmp_path):
    """The page while Python is delayed; ``held.let_go()`` releases it."""
    routes: list[Route] = []
    scripts: dict[str, bytes] = {}
    page.on("response", lambda response: keep(response, scripts))
    page.add_init_script(path=PAGE_PROBE)
    page.route("**/python_stdlib.zip", lambda route: routes.append(route))
    page.goto(f"{site}/", wait_until="commit")
    demo = Demo(page, tmp_path)
    expect(page.locator("#loading-bytes")).to_have_text(re.compile(r"^\d+\.\d MB$"))

    def let_go() -> None:
        for route in routes:
            route.continue_()

    demo.let_go, demo.scripts = let_go, scripts
    return demo


@pytest.mark.thorough
@firefox_in_soak
def test_page_appears_complete_names_its_loading_stage_and_has_little_javascript(held, engine, look):
    page = held.page
    expect(page.get_by_role("heading", name="Recorder")).to_be_visible()
    expect(page.get_by_text("Loading Python…")).to_be_visible()
    expect(page.get_by_label("Loading Python")).to_be_visible()
    expect(page.get_by_text("Your recordings appear here")).to_be_visible()
    expect(held.record).to_be_enabled()
    held.choose("Camera")
    expect(page.get_by_label("Use this camera")).to_be_visible()
    assert held.violations() == []
    assert page.evaluate(SEEN_THOUGH_HIDDEN) == []
    look(page, "loading")

    held.let_go()
    expect(held.preview).to_be_enabled()
    expect(page.locator("#loading-bytes")).to_have_text(re.compile(r"^(\d+\.\d) of \1 MB$"))
    expect(page.get_by_text("Loading Python…")).to_be_hidden()
    expect(page.get_by_role("radio", name="Camera")).to_be_checked()
    assert page.evaluate(SEEN_THOUGH_HIDDEN) == []
    if engine == "chromium":
        sizes = {path: len(gzip.compress(body)) for path, body in held.scripts.items() if ours(path)}
        assert sizes, held.scripts.keys()
        assert sum(sizes.values()) <= 75_000, sizes


@pytest.mark.thorough
@firefox_in_soak
def test_early_record_starts_a_take_when_python_has_loaded(held):
    held.record.click()
    expect(held.status).to_contain_text("Recording starts as soon as Python is ready.")
    expect(held.record).to_have_attribute("aria-pressed", "true")
    assert held.opened() == 0
    held.let_go()
    expect(held.stop).to_be_visible()
    held.record_until("0:01")
    held.stop.click()
    expect(held.take(1)).to_be_visible()
    held.expect_released()


@pytest.mark.thorough
@chromium_only  # Firefox has no screen to share here
def test_early_record_requests_the_screen_at_once(held):
    held.choose("Screen")
    held.switch("With the microphone", False)
    held.record.click()
    held.page.wait_for_function("pageProbe.streams.length === 1")
    assert held.page.evaluate("typeof python") == "undefined"
    held.let_go()
    expect(held.stop).to_be_visible()
    held.record_until("0:01")
    held.stop.click()
    expect(held.take(1)).to_be_visible()
    assert held.opened() == 1, "the recorded stream is the one that the early record opened"
    assert "video" in {stream["kind"] for stream in probe(held.content(1))["streams"]}
    held.expect_released()


@pytest.mark.thorough
@firefox_in_soak
def test_second_press_other_choice_or_refused_screen_cancels_early_record(held, engine):
    """The page releases the screen that it opened for the early record, and Python later opens nothing."""
    cancelled = "Recording is cancelled."
    held.record.click()
    held.record.click()
    expect(held.status).to_have_text(cancelled)
    assert held.opened() == 0

    ways = [held.record.click, lambda: held.choose("Microphone")] if engine == "chromium" else []
    for number, take_it_back in enumerate(ways):  # Firefox has no screen to share here
        held.choose("Screen")
        held.record.click()
        held.page.wait_for_function(f"pageProbe.streams.length === {number + 1}")
        take_it_back()
        held.page.wait_for_function(
            f"pageProbe.streams[{number}].getTracks().every(t => t.readyState === 'ended')"
        )
        expect(held.status).to_have_text(cancelled)

    held.refuse("NotAllowedError")
    held.choose("Screen")
    held.record.click()
    expect(held.status).to_contain_text("The screen was not shared.")
    expect(held.record).not_to_have_attribute("aria-pressed", "true")
    held.let_go()
    expect(held.preview).to_be_enabled()
    assert held.opened() == len(ways)


SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    shifts.push(`${value}: ${sources.map(({ node }) => node?.outerHTML?.slice(0, 80))}`);
  }
}).observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.thorough
@chromium_only
@pytest.mark.parametrize("width", [390, pytest.param(1440, marks=pytest.mark.soak)])
def test_slow_page_does_not_shift_after_the_first_paint(page, site, tmp_path, width):
    page.add_init_script(SHIFTS)
    page.set_viewport_size({"width": width, "height": 900})
    page.route(f"{site}/", in_pieces)
    page.route(re.compile(r"/words\.js\?piece="), late)
    demo = Demo(page, tmp_path).open(f"{site}/")
    expect(page.get_by_text("Loading Python…")).to_be_hidden()
    demo.let_pass(0.5)
    assert page.evaluate("shifts") == []


def in_pieces(route: Route) -> None:
    """At the end of each of these parts the browser must wait for a script, and might paint."""
    response = route.fetch()
    number = itertools.count()
    body = re.sub(
        r"</(label|p|div|fieldset|section|header|details|nav)>",
        lambda end: f'{end[0]}<script src="static/demo/words.js?piece={next(number)}"></script>',
        response.text(),
    )
    route.fulfill(response=response, body=body)


def late(route: Route) -> None:
    time.sleep(0.03)
    route.fulfill(body="", content_type="text/javascript")


def keep(response, scripts: dict[str, bytes]) -> None:
    if response.request.resource_type == "script" and response.ok:
        scripts[urlsplit(response.url).path] = response.body()


def ours(path: str) -> bool:
    """Only our own additions count, not the interpreter or PyScript."""
    return not re.search(r"/pyodide/|/@pyscript/", path)
