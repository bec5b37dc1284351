"""The page during a take."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from harness.busy_machine import load
from harness.judge import probe, tone
from harness.lanes import chromium_only, firefox_in_soak
from harness.played import played


@pytest.mark.thorough
@firefox_in_soak
def test_title_and_icon_show_recording_and_leaving_asks_first(demo):
    icon = demo.page.locator("#icon")
    expect(icon).to_have_attribute("href", "static/demo/icon.svg")
    demo.start_take()
    expect(demo.page).to_have_title("● Recording – Recorder")
    expect(icon).to_have_attribute("href", "static/demo/icon-recording.svg")

    demo.page.once("dialog", lambda dialog: dialog.dismiss())
    with demo.page.expect_event("dialog") as asked:
        demo.page.evaluate("setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    expect(demo.stop).to_be_visible()
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    expect(icon).to_have_attribute("href", "static/demo/icon.svg")


LOSE = """(kinds) => {
  // As when the device is unplugged: the track ends and fires its event.
  const live = pageProbe.streams.flatMap((s) => s.getTracks()).filter((track) => track.readyState === "live");
  for (const track of live.filter((track) => kinds.includes(track.kind))) {
    track.stop();
    track.dispatchEvent(new Event("ended"));
  }
}"""


@pytest.mark.thorough
@firefox_in_soak
def test_lost_microphone_is_replaced_and_the_take_goes_on(demo):
    demo.start_take("0:02")
    demo.page.evaluate(LOSE, "audio")
    offer = demo.page.get_by_role("region", name="The microphone is gone")
    expect(offer).to_be_visible()
    expect(demo.page).to_have_title("⚠ A device is gone – Recorder")
    options = offer.get_by_label("Continue with").locator("option")
    expect(options).not_to_have_count(0)
    demo.expect_clock_to_stand()
    offer.get_by_role("button", name="Continue", exact=True).click()

    expect(demo.page).to_have_title("● Recording – Recorder")
    expect(offer).to_be_hidden()
    demo.record_until("0:04")
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    expect(demo.takes).to_have_count(1)
    assert demo.length(1) >= 3.5
    found = probe(demo.content(1))
    assert found["errors"] == []
    assert found["decoded_duration"] == pytest.approx(demo.length(1), abs=0.35)
    [channel, *_] = tone(demo.content(1))
    assert channel["frequency"] == pytest.approx(1000, abs=5)
    demo.expect_released()
    demo.page.reload()
    expect(demo.takes).to_have_count(1)


@pytest.mark.thorough
@chromium_only  # Firefox's tracks do not receive events that a script dispatches
def test_take_goes_on_while_one_of_two_devices_is_gone(demo):
    demo.choose("Camera")
    demo.start_take()
    demo.page.evaluate(LOSE, "video")
    offer = demo.page.get_by_role("region", name="The camera is gone")
    expect(offer).to_be_visible()
    expect(demo.stop).to_be_visible()
    before = demo.clock.inner_text()
    expect(demo.clock).not_to_have_text(before)
    offer.get_by_role("button", name="Continue", exact=True).click()
    expect(offer).to_be_hidden()
    expect(demo.live_picture).to_be_visible()
    demo.page.wait_for_function("pageProbe.recorders.length === 2 && pageProbe.recorders[1].times.start")
    demo.let_pass(1)
    demo.page.evaluate(LOSE, "audio")
    silent = demo.page.get_by_role("region", name="The microphone is gone")
    silent.get_by_role("button", name="Continue without it").click()
    expect(silent).to_be_hidden()
    demo.let_pass(1)
    demo.stop.click()

    expect(demo.take(1)).to_be_visible()
    expect(demo.takes).to_have_count(1)
    found = probe(demo.content(1))
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
    demo.expect_released()


@pytest.mark.thorough
def test_take_can_go_on_without_the_lost_device(demo_in):
    demo = demo_in("chromium-permissions")
    demo.start_take()
    demo.page.context.clear_permissions()
    offer = demo.page.get_by_role("region", name="The microphone is gone")
    expect(offer).to_be_visible()
    expect(offer).to_contain_text("No such device is connected.")  # the browser no longer lists any
    expect(offer.get_by_role("button", name="Continue", exact=True)).to_be_disabled()
    offer.get_by_role("button", name="End here").click()

    expect(demo.take(1)).to_be_visible()
    assert tone(demo.content(1))
    expect(demo.record).to_be_enabled()
    demo.expect_released()


PRESS_WHEN_SHOWN = """() => new MutationObserver((_, observer) => {
  if (document.getElementById("lost").hidden) return;
  observer.disconnect();
  pageProbe.pressedIn = document.body.dataset.state;
  document.getElementById("end-here").click();
}).observe(document.getElementById("lost"), { attributes: true })"""


@chromium_only  # Firefox's tracks do not receive events that a script dispatches
def test_end_here_ends_the_take_when_its_last_data_is_still_to_come(demo):
    demo.start_take()
    demo.page.evaluate(PRESS_WHEN_SHOWN)
    demo.page.evaluate(LOSE, "audio")

    expect(demo.take(1)).to_be_visible()
    assert demo.page.evaluate("pageProbe.pressedIn") == "recording"  # the take did not wait for a device yet
    expect(demo.takes).to_have_count(1)
    demo.expect_released()


@chromium_only
def test_end_here_ends_the_take_while_its_next_part_begins(demo):
    demo.start_take()
    demo.page.evaluate(LOSE, "audio")
    offer = demo.page.get_by_role("region", name="The microphone is gone")
    expect(demo.page).to_have_title("⚠ A device is gone – Recorder")
    expect(offer.get_by_role("button", name="Continue", exact=True)).to_be_enabled()
    demo.page.evaluate("""() => {
      const opened = navigator.mediaDevices.getUserMedia;
      navigator.mediaDevices.getUserMedia = (constraints) => {
        document.getElementById("end-here").click();
        delete navigator.mediaDevices.getUserMedia;
        return opened.call(navigator.mediaDevices, constraints);
      };
    }""")
    offer.get_by_role("button", name="Continue", exact=True).click()

    expect(demo.take(1)).to_be_visible()
    expect(demo.takes).to_have_count(1)
    assert demo.page.evaluate("pageProbe.recorders.length") == 1
    demo.expect_released()


@chromium_only  # Firefox has no screen to share here
def test_ending_the_sharing_of_a_screen_ends_the_take(demo):
    demo.choose("Screen")
    demo.start_take()
    demo.page.evaluate(LOSE, "video audio")
    expect(demo.take(1)).to_be_visible()
    expect(demo.problem).to_contain_text("Sharing was ended from outside this page.")


@pytest.mark.thorough
@firefox_in_soak
def test_page_warns_before_space_runs_out_and_shows_free_space(demo):
    demo.set("Space for all takes (MB)", "0.1")
    expect(demo.space).to_have_text(re.compile(r"^0 kB of 100 kB used, 100 kB free$"))
    demo.note_texts(demo.page.locator("#problem-title"))
    demo.start_take()
    expect(demo.problem).to_contain_text("The disk space is used up")
    assert [text for text, _ in demo.texts()] == ["Little disk space is left", "The disk space is used up"]
    expect(demo.take(1)).to_be_visible()
    expect(demo.space).not_to_contain_text("100 kB free")
    assert tone(demo.content(1))


@pytest.mark.soak
@chromium_only
@pytest.mark.parametrize("count", [12, 24])
def test_take_on_a_busy_machine_loses_no_picture(demo, count):
    """(tests/crashes/test_loaded_machine.py does the same for `record()` and the panel.)"""
    demo.choose("Camera")
    with load(count, 120):
        demo.start_take(until="0:04")
        demo.stop.click()
        expect(demo.take(1)).to_be_visible(timeout=60_000)
    found = played(demo.content(1))
    sound, picture = found["sound"]["end"], found["pictures"][-1]["time"]
    assert sound > 3
    assert picture > sound - 0.15, f"{count}: sound until {sound}, pictures until {picture}"
