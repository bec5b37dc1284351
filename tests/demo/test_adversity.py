"""Impatient users, odd addresses, lost devices behind other tracks, and spoilt settings."""

from __future__ import annotations

import pytest
from demo_page import Demo
from playwright.sync_api import expect

from harness.judge import probe, tone
from harness.lanes import chromium_only, firefox_in_soak

# A camera that is unplugged; the tracks of other devices go on.
LOSE_CAMERA = """() => {
  const [track] = pageProbe.streams.at(-1).getVideoTracks();
  track.stop();
  track.dispatchEvent(new Event("ended"));
}"""
NOTHING_KEPT = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("denied", "SecurityError"); },
});"""
SPOILT = {
    "going": " ",
    "gain": "loud",
    "source": "radio",
    "language": "xx",
    "quality": "<b>",
    "time-limit": "-",
}
SPOIL = """values => {
  for (const [name, value] of Object.entries(values)) localStorage.setItem(`mediarecorder.${name}`, value);
}"""


@pytest.mark.thorough
@firefox_in_soak
def test_space_bar_plays_the_newest_take_however_fast_it_is_pressed(demo: Demo) -> None:
    page = demo.page
    demo.make_take(1)
    demo.make_take(2)
    page.get_by_role("combobox", name="Order").select_option("Oldest first")
    page.evaluate("document.activeElement.blur()")
    demo.player(2).evaluate(
        """player => {
          window.plays = 0;
          player.muted = player.loop = true;
          player.onplay = () => { plays += 1; };
        }"""
    )
    page.evaluate(
        """() => {
          const key = { key: " ", bubbles: true, cancelable: true };
          const press = (type) => document.body.dispatchEvent(new KeyboardEvent(type, key));
          for (let times = 0; times < 4; times += 1) press("keydown"), press("keyup");
        }"""
    )
    page.wait_for_function("plays >= 2")
    page.keyboard.press("Space")
    page.wait_for_function("plays >= 3")
    expect(demo.button("Pause", 2)).to_be_visible()
    page.keyboard.press("Space")
    expect(demo.button("Play", 2)).to_be_visible()
    assert demo.player(1).evaluate("player => player.played.length") == 0
    expect(demo.problem).to_be_hidden()


@pytest.mark.thorough
@firefox_in_soak
def test_name_is_left_by_escape_and_kept_by_enter_pressed_twice(demo: Demo) -> None:
    page = demo.page
    demo.make_take()
    demo.choose_entry("Rename", 1)
    field = demo.take_named_field()
    field.fill("Another")
    field.press("Escape")
    expect(field).to_be_hidden()
    expect(demo.button("More", 1)).to_be_focused()
    expect(demo.take(1)).to_be_visible()
    demo.choose_entry("Rename", 1)
    field.fill("<img src=x onerror=attacked=1> " * 2)
    field.evaluate("field => { field.form.requestSubmit(); field.form.requestSubmit(); }")
    expect(page.get_by_role("heading", name="<img src=x onerror=attacked=1>")).to_be_visible()
    expect(field).to_be_hidden()
    assert page.evaluate("window.attacked") is None


@pytest.mark.thorough
@firefox_in_soak
def test_addresses_that_name_no_moment_do_nothing(demo: Demo) -> None:
    demo.make_take()
    for moment in ("1.2.3", "9" * 400, "-1", "1e9"):
        address = "location.hash = `take=${document.querySelector('.take').dataset.take}&t=${moment}`"
        demo.page.evaluate(f"moment => {{ {address}; }}", moment)
        demo.let_pass(0.1)
    demo.page.evaluate("location.hash = 'take=gone&t=1.5'")
    expect(demo.problem).to_contain_text("The take for this link is not here")


@pytest.mark.thorough
@firefox_in_soak
def test_open_menu_scrolls_with_the_page(demo: Demo) -> None:
    page = demo.page
    for number in (1, 2):
        demo.make_take(number)
    page.set_viewport_size({"width": 390, "height": 500})
    more = demo.button("More", 1)
    more.scroll_into_view_if_needed()
    menu = demo.open_menu(1)
    before = menu.bounding_box()["y"] - more.bounding_box()["y"]
    scrolled = page.evaluate("scrollBy(0, -60), scrollBy(0, 30), scrollY")
    assert scrolled > 30
    assert menu.bounding_box()["y"] - more.bounding_box()["y"] == pytest.approx(before, abs=1)
    page.keyboard.press("Escape")


@pytest.mark.thorough
@firefox_in_soak
def test_spoilt_settings_are_ignored(demo: Demo) -> None:
    demo.make_take()
    demo.page.evaluate(SPOIL, SPOILT)
    demo.page.reload()
    expect(demo.take(1)).to_be_visible()
    expect(demo.preview).to_be_enabled()
    expect(demo.page.get_by_role("radio", name="Microphone", exact=True)).to_be_checked()
    expect(demo.page.get_by_label("Language")).to_have_value("en")
    demo.page.locator("#sound summary").click()
    expect(demo.page.get_by_role("slider", name="Gain")).to_have_value("0")
    expect(demo.page.locator("#quality")).to_have_value("small")
    expect(demo.page.locator("#time-limit")).to_have_value("")
    demo.make_take(2)
    expect(demo.problem).to_be_hidden()


@pytest.mark.thorough
@pytest.mark.parametrize("lane", ["chromium", pytest.param("firefox", marks=pytest.mark.soak)])
def test_page_records_where_the_browser_keeps_no_settings(demo_in, lane: str) -> None:
    demo = demo_in(lane, script=NOTHING_KEPT)
    demo.make_take()
    demo.choose_entry("Delete", 1)
    demo.undo.click()
    expect(demo.take(1)).to_be_visible()
    expect(demo.problem).to_be_hidden()


@pytest.mark.thorough
@chromium_only  # Firefox's tracks do not receive events that a script dispatches
@pytest.mark.parametrize("source", ["Camera", "Screen"])
def test_lost_camera_is_replaced_behind_an_amplifier_or_in_a_bubble(demo: Demo, source: str) -> None:
    """Nothing else is recorded, so the recorder would end if the old tracks ended before it has new ones."""
    page = demo.page
    demo.choose(source)
    if source == "Camera":
        page.locator("#sound summary").click()
        page.get_by_role("slider", name="Gain").fill("6")
    else:
        demo.switch("With the microphone", False)
        demo.switch("With the camera in a corner", True)
    demo.start_take()
    page.evaluate(LOSE_CAMERA)
    offer = page.get_by_role("region", name="The camera is gone")
    offer.get_by_role("button", name="Continue", exact=True).click()
    expect(offer).to_be_hidden()
    page.wait_for_function("pageProbe.recorders.length === 2 && pageProbe.recorders[1].times.start")
    expect(page).to_have_title("● Recording – Recorder")
    demo.record_until("0:03")
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    expect(demo.takes).to_have_count(1)
    expect(demo.problem).to_be_hidden()
    found = probe(demo.content(1))
    assert found["errors"] == []
    assert found["decoded_duration"] > 1.5
    if source == "Camera":
        assert tone(demo.content(1))
    demo.expect_released()


@pytest.mark.thorough
@chromium_only
def test_silence_is_removed_from_a_take_with_pictures(demo: Demo) -> None:
    demo.choose("Camera")
    demo.start_take()
    sound = "pageProbe.streams.at(-1).getAudioTracks()[0].enabled"
    demo.page.evaluate(f"{sound} = false")
    demo.record_until("0:03")
    demo.page.evaluate(f"{sound} = true")
    demo.record_until("0:04")
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    demo.choose_entry("Remove silence", 1)
    expect(demo.answer(1)).to_have_text("Take 1 (without silence) is ready.")
    lengths = []
    for name in ("Take 1", "Take 1 (without silence)"):
        player = demo.page.get_by_label(f"Player of {name}", exact=True)
        demo.page.wait_for_function("player => player.videoWidth > 0", arg=player.element_handle())
        lengths.append(player.evaluate("player => player.duration"))
    assert lengths[0] - lengths[1] == pytest.approx(2, abs=0.9)
