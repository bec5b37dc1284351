"""Takes are on disk: they exist on the next visit, and takes cut off by a crash are recovered."""

from __future__ import annotations

import contextlib
import re

import pytest
from demo_page import Demo
from playwright.sync_api import Error, Page, Route, expect

from harness.judge import probe, tone
from harness.lanes import chromium_only, firefox_in_soak

RECOVER = re.compile(r"^Recover the interrupted recording \((\d+):(\d\d)\)$")
WITHOUT_DISK = "delete window.StorageManager?.prototype.getDirectory;"


@pytest.fixture
def visit(demo: Demo, site: str, tmp_path):
    """``visit()``: another tab with the demo."""
    return lambda: Demo(demo.page.context.new_page(), tmp_path).open(f"{site}/")


def offers(page: Page):
    return page.get_by_role("button", name=RECOVER)


def look(page: Page) -> None:
    """Simulate a visitor who returns to the tab."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def crash(page: Page) -> None:
    with contextlib.suppress(Error):
        page.goto("chrome://crash")


def end_the_stores_worker(demo: Demo) -> None:
    """For the data on disk this is a crash: no tab writes any more, and the locks are free."""
    demo.page.evaluate("pageProbe.workers.forEach((worker) => worker.terminate())")


def names(demo: Demo) -> list[str]:
    return demo.takes.get_by_role("heading").all_inner_texts()


@pytest.mark.thorough
@firefox_in_soak
def test_takes_survive_a_reload_until_they_are_deleted(demo):
    for number in (1, 2, 3):
        demo.make_take(number)
    said = demo.take(2).locator(".facts").inner_text()
    content = demo.content(2).read_bytes()
    demo.choose_entry("Delete", 1)
    expect(demo.take(1)).to_have_count(0)

    demo.page.reload()
    expect(demo.take(2)).to_be_visible()
    expect(demo.takes).to_have_count(2)
    assert names(demo) == ["Take 3", "Take 2"]
    assert demo.take(2).locator(".facts").inner_text() == said
    assert demo.content(2).read_bytes() == content
    expect(offers(demo.page)).to_have_count(0)
    demo.expect_seekable(2)
    player = demo.player(2)
    player.evaluate("player => { player.muted = true; return player.play(); }")
    demo.page.wait_for_function("player => player.currentTime > 0.3", arg=player.element_handle())
    demo.make_take(4)
    assert names(demo) == ["Take 4", "Take 3", "Take 2"]

    for number in (2, 3, 4):
        demo.choose_entry("Delete", number)
        expect(demo.take(number)).to_have_count(0)
    look(demo.page)
    expect(demo.page.get_by_text("Your recordings appear here")).to_be_visible()
    expect(demo.takes).to_have_count(0)


@pytest.mark.soak
@chromium_only  # Firefox has no page that crashes, and Playwright cannot follow its downloads
def test_crash_of_one_tab_does_not_disturb_another(demo, visit, tmp_path):
    demo.start_take("0:02")
    other = visit()
    expect(other.record).to_be_enabled()
    other.start_take()
    expect(offers(other.page)).to_have_count(0)
    crash(demo.page)

    late = visit()
    expect(offers(late.page)).to_have_count(1)
    minutes, seconds = RECOVER.fullmatch(offers(late.page).inner_text()).groups()
    length = 60 * int(minutes) + int(seconds)
    assert length >= 2
    expect(late.takes).to_have_count(0)
    offers(late.page).click()

    expect(late.take(1)).to_be_visible()
    expect(late.answer(1)).to_have_text("Take 1 is recovered.")
    expect(offers(late.page)).to_have_count(0)
    found = probe(late.content(1))
    assert found["errors"] == []
    assert found["decoded_duration"] == pytest.approx(length + 0.5, abs=1)  # the offer omits fractions
    assert found["duration"] == pytest.approx(found["decoded_duration"], abs=0.1)
    [channel, *_] = tone(late.content(1))
    assert channel["frequency"] == pytest.approx(1000, abs=5)
    assert late.download(1).name == "take-1.webm"

    other.stop.click()
    expect(other.takes).to_have_count(1)
    look(late.page)
    expect(late.takes).to_have_count(2)


@pytest.mark.thorough
@firefox_in_soak
def test_interrupted_take_is_discarded_or_recovered(demo):
    demo.make_take()
    demo.start_take("0:02")
    end_the_stores_worker(demo)
    demo.page.once("dialog", lambda dialog: dialog.accept())  # it still records, so it asks for confirmation
    demo.page.reload()

    expect(offers(demo.page)).to_have_count(1)
    demo.make_take(3)
    offers(demo.page).click()
    expect(demo.answer(2)).to_have_text("Take 2 is recovered.")
    assert names(demo) == ["Take 3", "Take 2", "Take 1"]
    assert tone(demo.content(2))

    demo.page.evaluate(  # a take that was cut off at once, without any known facts
        """async () => {
          const root = await navigator.storage.getDirectory();
          const store = await root.getDirectoryHandle("mediarecorder-store-takes");
          const take = await store.getDirectoryHandle("a take's id", { create: true });
          await take.getFileHandle("journal-000000000", { create: true });
        }"""
    )
    look(demo.page)
    offer = demo.page.get_by_role("button", name="Recover the interrupted recording (0:00)", exact=True)
    offer.click()
    expect(demo.page.get_by_text("This recording cannot be recovered")).to_be_visible()
    expect(offer).to_be_hidden()
    discard = demo.page.get_by_role("button", name="Discard the interrupted recording (0:00)")
    expect(discard).to_be_focused()
    discard.click()
    expect(demo.page.get_by_text("This recording cannot be recovered")).to_have_count(0)
    expect(demo.shelf_status).to_have_text("The interrupted recording is discarded.")
    expect(demo.page.get_by_role("heading", name="Takes")).to_be_focused()
    look(demo.page)
    expect(demo.takes).to_have_count(3)
    expect(offers(demo.page)).to_have_count(0)


@pytest.mark.thorough
@pytest.mark.parametrize("lane", ["chromium", pytest.param("firefox", marks=pytest.mark.soak)])
def test_takes_without_a_disk_stay_in_the_tab_with_a_note(demo_in, lane):
    demo = demo_in(lane, script=WITHOUT_DISK)
    line = demo.page.get_by_text("they will be gone when the page is closed")
    expect(line).to_be_visible()
    expect(demo.problem).to_be_hidden()
    expect(demo.page.get_by_text("They stay in this browser")).to_be_hidden()
    demo.make_take()
    assert tone(demo.content(1))
    demo.choose_entry("Delete", 1)
    expect(demo.take(1)).to_have_count(0)


@pytest.mark.thorough
@chromium_only  # only Chromium's disk can be made small
def test_full_disk_is_announced_and_the_take_is_kept(page, site, tmp_path):
    def say_there_is_little_room(route: Route) -> None:
        response = route.fetch()
        little = "StorageManager.prototype.estimate = async () => ({ usage: 0, quota: 40_000 });"
        route.fulfill(response=response, body=f"if (!self.document) {{ {little} }} {response.text()}")

    page.route("**/store.js", say_there_is_little_room)
    demo = Demo(page, tmp_path).open(f"{site}/")
    demo.start_take()
    expect(demo.problem).to_contain_text("Little disk space is left")
    used = page.evaluate("navigator.storage.estimate().then((estimate) => estimate.usage)")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": site, "quotaSize": used + 20_000})

    expect(demo.problem).to_contain_text("The disk space is used up")
    expect(demo.problem).to_contain_text("Everything recorded until then is kept.")
    expect(demo.take(1)).to_be_visible()
    assert tone(demo.content(1))
    demo.expect_released()
