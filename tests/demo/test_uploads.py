"""Takes go to a server if, and only if, the settings name one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from demo_page import NO_SERVICE_WORKER, Demo
from playwright.sync_api import Page, Route, expect

from harness.lanes import chromium_only, firefox_in_soak
from harness.uploads import Bench

pytestmark = pytest.mark.thorough

OWN = "default-src 'self'"
"""The part of the page's policy that limits its connections to its own origin."""


@pytest.fixture
def free_demo(launch: Callable[..., Page], engine: str, site: str, bench: Bench, tmp_path: Path) -> Demo:
    """The demo, whose host allows the server in its policy."""
    page = launch(engine, context={**NO_SERVICE_WORKER, "bypass_csp": True})

    def allow(text: str) -> str:
        return text.replace(OWN, f"{OWN}; connect-src 'self' {bench.proxy.url}")

    def answer(route: Route) -> None:
        found = route.fetch()
        headers = {name: allow(value) for name, value in found.headers.items() if name != "content-length"}
        route.fulfill(status=found.status, headers=headers, body=allow(found.text()))

    # Firefox bypasses the header alone. Chromium counts a page that came from a route as a public one, which
    # needs a permission to use this machine's servers.
    if engine == "firefox":
        page.route(f"{site}/", answer)
    return Demo(page, tmp_path).open(f"{site}/")


def upload_to(demo: Demo, address: str) -> None:
    demo.page.locator("#settings summary").click()
    field = demo.page.get_by_label("Upload new takes to")
    field.press_sequentially(address)  # (Firefox fires no `change` after `fill`.)
    field.blur()


def note(demo: Demo, number: int):
    return demo.take(number).locator(".upload-note")


def arrived(bench: Bench, demo: Demo, number: int) -> bool:
    """Whether one of the server's files is the take."""
    expected = hashlib.sha256(demo.content(number).read_bytes()).hexdigest()
    return expected in {hashlib.sha256(file.read_bytes()).hexdigest() for file in bench.folder.iterdir()}


@firefox_in_soak
def test_new_takes_are_uploaded_to_the_server_in_the_settings(free_demo, bench, look):
    demo, host = free_demo, bench.proxy.url.removeprefix("http://")
    upload_to(demo, bench.endpoint)
    expect(demo.page.get_by_text(f"New takes are sent to {host}.")).to_be_visible()
    expect(demo.page.get_by_text("Nothing you record leaves this browser.")).to_be_hidden()
    demo.make_take(1)
    expect(note(demo, 1)).to_have_text(f"Uploaded to {host}.")
    assert arrived(bench, demo, 1)
    look(demo.page, "uploaded")


@chromium_only
def test_nothing_is_sent_unless_a_server_is_set(free_demo, bench):
    expect(free_demo.page.get_by_text("Nothing you record leaves this browser.")).to_be_visible()
    free_demo.make_take(1)
    free_demo.page.get_by_role("button", name="More Take 1", exact=True).click()
    expect(free_demo.page.get_by_role("menuitem", name="Rename")).to_be_visible()
    expect(free_demo.page.get_by_role("menuitem", name="Upload")).to_have_count(0)
    free_demo.page.keyboard.press("Escape")
    upload_to(free_demo, "files/")
    free_demo.record.click()
    expect(free_demo.page.locator("#upload-to:invalid")).to_be_focused()
    assert bench.proxy.log == []


@chromium_only
def test_server_is_not_remembered(free_demo, bench):
    """Any page of the same origin could change what the page remembers."""
    upload_to(free_demo, bench.endpoint)
    expect(free_demo.page.get_by_text("New takes are sent to")).to_be_visible()
    free_demo.page.reload()
    expect(free_demo.preview).to_be_enabled()
    expect(free_demo.page.locator("#upload-to")).to_have_value("")
    free_demo.make_take(1)
    expect(note(free_demo, 1)).to_be_hidden()
    assert bench.proxy.log == []


@chromium_only
def test_texts_about_uploads_are_translated(free_demo, bench):
    upload_to(free_demo, bench.endpoint)
    free_demo.make_take(1)
    expect(note(free_demo, 1)).to_contain_text("Uploaded to")
    free_demo.page.locator("#language").select_option("de")
    expect(free_demo.page.get_by_label("Neue Aufnahmen hochladen zu")).to_be_visible()
    expect(free_demo.page.get_by_text("Neue Aufnahmen gehen an")).to_be_visible()
    expect(free_demo.page.locator(".upload-note")).to_contain_text("hochgeladen.")
    free_demo.page.locator("#language").select_option("en")
    expect(note(free_demo, 1)).to_contain_text("Uploaded to")


@chromium_only
def test_earlier_take_is_uploaded_from_its_menu(free_demo, bench):
    free_demo.make_take(1)
    upload_to(free_demo, bench.endpoint)
    assert bench.proxy.log == []
    free_demo.choose_entry("Upload", 1)
    expect(note(free_demo, 1)).to_contain_text("Uploaded to")
    assert arrived(bench, free_demo, 1)


@firefox_in_soak
def test_upload_that_a_reload_cut_off_goes_on_when_the_user_agrees(free_demo, bench):
    demo = free_demo
    upload_to(demo, bench.endpoint)
    bench.set(rate=4_000)
    demo.make_take(1)
    expect(note(demo, 1)).to_contain_text("Uploading to")
    demo.page.wait_for_function("() => document.querySelector('.upload progress').value >= 0")
    while not [entry for entry in bench.proxy.log if entry[0] == "PATCH"]:
        demo.let_pass(0.1)
    demo.page.reload()
    expect(note(demo, 1)).to_contain_text("is not complete")
    before = len(bench.proxy.log)
    demo.let_pass(0.5)
    assert len(bench.proxy.log) == before
    bench.set()
    demo.take(1).locator(".upload").get_by_role("button", name="Upload").click()
    expect(note(demo, 1)).to_contain_text("Uploaded to")
    assert arrived(bench, demo, 1)
    assert len([entry for entry in bench.proxy.log if entry[0] == "POST"]) == 1


@chromium_only
@pytest.mark.console_errors
def test_refused_take_can_be_uploaded_again(free_demo, bench):
    upload_to(free_demo, bench.endpoint)
    bench.fault(methods=["POST"], status=403)
    free_demo.make_take(1)
    expect(note(free_demo, 1)).to_contain_text("refused the take (status 403)")
    free_demo.take(1).locator(".upload").get_by_role("button", name="Upload").click()
    expect(note(free_demo, 1)).to_contain_text("Uploaded to")


@chromium_only
def test_deleting_a_take_ends_its_upload(free_demo, bench):
    upload_to(free_demo, bench.endpoint)
    bench.set(rate=4_000)
    free_demo.make_take(1)
    expect(note(free_demo, 1)).to_contain_text("Uploading to")
    free_demo.choose_entry("Delete", 1)
    expect(free_demo.take(1)).to_have_count(0)
    free_demo.undo.click()
    bench.set()
    expect(note(free_demo, 1)).to_contain_text("Uploaded to")


@chromium_only
def test_upload_can_be_cancelled(free_demo, bench):
    upload_to(free_demo, bench.endpoint)
    bench.set(rate=4_000)
    free_demo.make_take(1)
    expect(note(free_demo, 1)).to_contain_text("Uploading to")
    free_demo.take(1).locator(".upload").get_by_role("button", name="Cancel").click()
    expect(note(free_demo, 1)).to_be_hidden()


@chromium_only
@pytest.mark.console_errors
def test_policy_of_the_page_is_named(fresh_demo, bench):
    upload_to(fresh_demo, bench.endpoint)
    fresh_demo.make_take(1)
    expect(note(fresh_demo, 1)).to_contain_text("this page is not allowed to upload there")
