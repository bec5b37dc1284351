"""The examples of the documentation run at the press of a button, in a browser, and show real results."""

from __future__ import annotations

import re

import pytest
from examples_page import RELEASED, ExamplesPage
from playwright.sync_api import expect

import docs_pages
import docs_site
from harness.lanes import chromium_only, firefox_thorough
from harness.places import ROOT

_ALL = docs_pages.linked(docs_pages.pages(ROOT), "", "0")
_REFERENCE = [name for name in docs_site.reference_pages() if name != "reference/exceptions"]
PAGES_WITH_EXAMPLES = [page.name for page in _ALL if page.examples] + _REFERENCE
#: With an audio output, which levels need, Firefox's fake camera stalls after a few takes. So the pages whose
#: examples read pictures from a recording run in Chromium only.
READ_PICTURES = ("how-to/other-files", "reference/recordings")
IN_FIREFOX = [name for name in PAGES_WITH_EXAMPLES if name not in READ_PICTURES]
#: (tests/browser/test_docs.py runs the examples of all pages.)
IN_SOAK = [name for name in PAGES_WITH_EXAMPLES if name.startswith("how-to/") and name != "how-to/live"]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


@firefox_thorough
def test_first_press_loads_python_and_records_the_microphone(page, docs):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{docs}/tutorial.html")
    examples = ExamplesPage(page, docs)
    expect(examples.button()).to_be_visible()
    assert [address for address in asked if "/vendor/" in address] == []
    output = examples.run()
    assert output.locator(".failed").all_inner_texts() == []
    player = output.locator("audio")
    expect(player).to_be_visible()
    page.wait_for_function("player => player.duration > 2", arg=player.element_handle())
    assert page.evaluate(RELEASED)
    assert [address for address in asked if "/vendor/" in address] != []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "lane"),
    [
        *((name, "chromium") for name in PAGES_WITH_EXAMPLES if name not in IN_SOAK),
        *(pytest.param(name, "chromium", marks=pytest.mark.soak) for name in IN_SOAK),
        *(pytest.param(name, "firefox-audible", marks=pytest.mark.soak) for name in IN_FIREFOX),
    ],
)
def test_every_example_of_a_page_runs_and_shows_what_it_prints(examples, name):
    examples.show(name)
    assert examples.count() > 0
    for number in range(examples.count()):
        output, source = examples.run(number), examples.source(number)
        assert output.locator(".failed").all_inner_texts() == [], source
        if re.search(r"^print\(", source, re.MULTILINE):
            assert "".join(output.locator(".printed").all_inner_texts()).strip(), source


@pytest.mark.thorough
def test_error_is_shown_as_its_message(examples):
    examples.show("tutorial")
    examples.write("print('first')\nrecording = 1 / 0")
    output = examples.run()
    assert output.locator("pre").all_inner_texts() == ["first\n", "ZeroDivisionError: division by zero\n"]
    expect(output.get_by_role("alert")).to_have_text(re.compile("ZeroDivisionError"))


@pytest.mark.thorough
def test_value_of_the_last_line_is_shown(examples):
    examples.show("tutorial")
    examples.write("sum(range(5))")
    assert examples.run().inner_text().strip() == "10"
    examples.write("2 + 2;")
    assert examples.run().inner_text().strip() == "Done, without output."


@pytest.mark.thorough
def test_recording_is_shown_if_the_last_line_assigns_it(examples):
    examples.show("tutorial")
    examples.write("again = recording")
    expect(examples.run().locator("audio")).to_be_visible()
    examples.write("size = recording.size")
    assert examples.run().inner_text().strip() == "Done, without output."


def test_button_keeps_the_focus(examples):
    examples.show("tutorial")
    examples.write("6 * 7")
    examples.button().press("Enter")
    expect(examples.output()).to_have_text("42\n")
    examples.wait()
    expect(examples.button()).to_be_focused()


def test_examples_of_a_page_share_their_names(examples):
    examples.show("tutorial")
    examples.write("shared = 'from the first'", 0)
    examples.write("shared", 1)
    examples.run(0)
    assert examples.run(1).inner_text().strip() == "'from the first'"
    examples.show("tutorial")
    examples.write("shared", 0)
    assert "NameError" in examples.run(0).inner_text()


def test_expected_object_is_made_and_its_devices_are_released(examples):
    examples.show("tutorial")
    examples.write("print(stream.active, [track.kind for track in stream.tracks])")
    output = examples.run()
    assert output.locator("pre").all_inner_texts() == [
        "stream is your microphone.\n",
        "True ['audio']\n",
    ]
    assert examples.page.evaluate(RELEASED)
    examples.write("for stream in ('assigned first',):\n    print(stream)")
    assert examples.run().inner_text().strip() == "assigned first"


def test_stop_ends_an_example(examples):
    examples.show("tutorial")
    examples.write("print('waiting')\nrecording = await record(600)")
    examples.button().click()
    expect(examples.output()).to_contain_text("waiting")
    expect(examples.button(1)).to_be_disabled()
    expect(examples.button()).to_have_text("Stop")
    examples.button().click()
    examples.wait()
    expect(examples.output().locator(".failed")).to_have_text("Stopped.")
    assert examples.page.evaluate(RELEASED)
    expect(examples.button(1)).to_be_enabled()


@chromium_only
@pytest.mark.console_errors
def test_failed_load_is_told_and_the_next_press_tries_again(page, docs):
    """Python itself is not started, because the library is fetched first."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/mediarecorder.whl", lambda route: route.fulfill(status=404))
    page.goto(f"{docs}/tutorial.html")
    examples = ExamplesPage(page, docs)
    for attempt in (1, 2):
        expect(examples.run().locator(".failed")).to_contain_text("mediarecorder.whl: HTTP 404")
        assert sum("mediarecorder.whl" in address for address in asked) == attempt


@chromium_only
def test_search_finds_a_word_without_a_network(page, docs):
    page.goto(f"{docs}/index.html")
    page.get_by_role("textbox", name="Search").fill("checksum")
    page.keyboard.press("Enter")
    result = page.locator("#search-results a", has_text="Recordings that survive")
    expect(result.first).to_be_visible()
    result.first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Recordings that survive")


@pytest.mark.thorough
def test_examples_look_right_at_all_sizes_in_both_themes(examples, screenshots):
    page = examples.page
    examples.show("tutorial")
    examples.run(0)
    examples.run(3)
    examples.write("1 / 0", 5)
    examples.run(5)
    page.evaluate(AXE.read_text())
    for width, scheme in ((390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, scheme)
        if (width, scheme) in ((390, "light"), (1440, "dark")):
            found = page.evaluate("async () => (await axe.run('article')).violations")
            assert [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]] == []
        page.screenshot(path=screenshots / f"docs-tutorial-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="null")
    page.set_viewport_size({"width": 1280, "height": 720})
