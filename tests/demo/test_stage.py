"""The upper half of the page: what is in sight, the waveform, the input test, the keys, the markers."""

from __future__ import annotations

import re

import pytest
from demo_page import Demo
from playwright.sync_api import expect

from harness.judge import probe, tone
from harness.lanes import chromium_only, firefox_in_soak, firefox_thorough
from harness.played import played
from mediarecorder.formats import MADE

SIZES = ((1280, 720), (1366, 657), (390, 664))
ZOOMED = (683, 328)
"""The window of 1366 x 657 at 200 %."""

IN_SIGHT = """() => ["button.primary:not([hidden])", "#clock", "#state"].filter((selector) => {
  const box = document.querySelector(`#deck ${selector}`).getBoundingClientRect();
  const inside = box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
  const seen = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
  return !box.width || !inside || !seen?.closest("#deck");
})"""
# Every element with a text of its own that can be seen. (The heading is for screen readers.)
SEEN = """() => [...document.querySelectorAll("body *:not(script, template, option)")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest("h1"))
  .filter((element) => element.matches("button, video, canvas, input, select, summary, a, h2, li, audio")
    || [...element.childNodes].some((node) => node instanceof Text && node.data.trim()))
  .map((element) => element.closest("button, [id]")?.id ?? element.outerHTML.slice(0, 80))"""
# How many columns of the waveform are not empty.
WAVE = """canvas => {
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const filled = new Set();
  for (let at = 3; at < data.length; at += 4) if (data[at]) filled.add(((at - 3) / 4) % width);
  return filled.size;
}"""


# Whether the topmost point of the bubble is white; the shared screen is green there.
RING = """video => {
  const { videoWidth: width, videoHeight: height } = video;
  if (!height) return false;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(video, 0, 0);
  const [margin, size] = [Math.round(height * 0.035), Math.round(height * 0.24)];
  const [red, green, blue] = context.getImageData(margin + size / 2, height - margin - size, 1, 1).data;
  return red > 150 && green > 150 && blue > 150;
}"""


def expect_in_sight(demo: Demo, *, unscrolled: bool = True) -> None:
    for width, height in SIZES:
        demo.page.set_viewport_size({"width": width, "height": height})
        if unscrolled:
            demo.page.evaluate("scrollTo(0, 0)")
        assert demo.page.evaluate(IN_SIGHT) == [], f"{width} x {height}"


@firefox_in_soak
@pytest.mark.parametrize("source", ["Microphone", pytest.param("Camera", marks=pytest.mark.thorough)])
def test_controls_are_in_sight_and_a_take_hides_all_else(demo, source):
    page, wave = demo.page, demo.page.locator("#wave")
    demo.choose(source)
    expect_in_sight(demo)
    demo.start_take()
    expect_in_sight(demo)
    page.wait_for_function(f"wave => ({WAVE})(wave) > 20", arg=wave.element_handle())
    page.set_viewport_size(dict(zip(("width", "height"), ZOOMED, strict=True)))
    assert page.evaluate(IN_SIGHT) == []
    expect(page.locator("#stage")).to_be_in_viewport(ratio=0.95)
    demo.mark.click()
    expect(demo.status).to_have_text(re.compile(r"^Marked at 0:\d\d\.$"))
    there = {"wave", "clock", "state", "stop", "pause", "mark", "status"}
    assert set(page.evaluate(SEEN)) == there | ({"preview"} if source == "Camera" else set())
    demo.pause.click()
    expect(demo.resume).to_be_visible()
    expect_in_sight(demo)
    demo.stop.click()

    expect(demo.take(1)).to_be_visible()
    expect(page.get_by_role("button", name="Run your own")).to_be_visible()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        demo.start_take()
        demo.stop.click()
        newest = demo.takes.first
        expect(demo.record).to_be_enabled()
        expect(newest.get_by_role("heading")).to_be_in_viewport(ratio=1)
        assert page.evaluate(IN_SIGHT) == [], f"after a take at {width} x {height}"


@firefox_thorough
def test_empty_page_says_what_it_is_and_where_to_read_on(demo):
    sentence = demo.page.locator(".about")
    for word in ("free", "private", "without an account", "Python"):
        expect(sentence).to_contain_text(word)
    sentence.get_by_role("button", name="Run your own").click()
    own = demo.page.get_by_role("dialog", name="Run your own")
    expect(own).to_contain_text("make site")
    assert demo.violations() == []
    expect(own).to_contain_text("docs/hosting.md")
    own.get_by_role("button", name="Close").click()
    expect(own).to_be_hidden()


@firefox_thorough
def test_keys_record_pause_mark_and_play(demo):
    page, press = demo.page, demo.page.keyboard.press
    press("r")
    expect(demo.stop).to_be_visible()
    demo.record_until("0:01")
    press("Space")
    expect(demo.resume).to_be_visible()
    press("p")
    expect(demo.pause).to_be_visible()
    press("Control+m")
    press("m")
    expect(demo.status).to_contain_text("Marked at")
    demo.pause.click()
    expect(demo.resume).to_be_visible()
    press("Space")  # the clicked button has the focus, but is not pressed again
    expect(demo.pause).to_be_visible()
    press("r")
    expect(demo.take(1)).to_be_visible()
    page.wait_for_function("document.body.dataset.state === 'idle'")
    demo.player(1).evaluate("player => { player.muted = true; }")
    press("Space")
    page.wait_for_function("player => !player.paused || player.ended", arg=demo.player(1).element_handle())
    demo.player(1).evaluate("player => player.pause()")

    press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    assert demo.violations() == []
    press("r")
    expect(keys).to_be_visible()
    keys.get_by_role("button", name="Close").click()
    expect(keys).to_be_hidden()
    page.locator("#settings summary").click()
    page.get_by_label("Time limit (minutes)").press("r")
    for keys_with_modifier in ("Control+p", "Alt+r", "Shift+R"):
        page.locator("body").press(keys_with_modifier)
    assert page.evaluate("document.body.dataset.state") == "idle"
    expect(demo.takes).to_have_count(1)


@pytest.mark.thorough
@firefox_in_soak
def test_source_and_switches_are_remembered(fresh_demo):
    demo = fresh_demo
    demo.choose("Camera")
    demo.switch("With the microphone", False)
    demo.page.locator("#settings summary").click()
    demo.set("Quality", "High")
    demo.set("Download as", "FLAC")
    demo.switch("With the microphone", True)
    demo.page.locator("#sound summary").click()
    demo.switch("Echo cancellation", False)
    demo.page.get_by_role("slider", name="Gain").fill("6")
    demo.choose("Screen")
    demo.switch("With the microphone", False)
    demo.page.reload()
    expect(demo.preview).to_be_enabled()
    expect(demo.page.get_by_role("radio", name="Screen")).to_be_checked()
    expect(demo.page.get_by_role("switch", name="With the microphone")).not_to_be_checked()
    demo.switch("With the microphone", True)
    demo.page.locator("#sound summary").click()
    expect(demo.page.get_by_role("switch", name="Echo cancellation")).not_to_be_checked()
    expect(demo.page.locator("#gain-said")).to_have_text("6 dB")
    expect(demo.page.get_by_label("Download as")).to_have_value("flac")


@firefox_thorough
def test_choice_of_formats_is_complete(demo):
    values = demo.page.locator("#format option").evaluate_all("all => all.map((one) => one.value)")
    assert values == ["", *MADE]


@pytest.mark.thorough
@chromium_only  # Playwright cannot follow a download of Firefox
def test_download_has_the_chosen_format(demo):
    demo.make_take(1)
    demo.page.locator("#settings summary").click()
    demo.set("Download as", "WAV")
    assert demo.download(1).read_bytes()[:4] == b"RIFF"


@pytest.mark.thorough
@firefox_in_soak
def test_markers_stay_with_the_take(fresh_demo):
    demo = fresh_demo
    demo.start_take()
    demo.mark.click()
    demo.record_until("0:02")
    demo.page.keyboard.press("m")
    demo.stop.click()
    times = demo.take(1).locator(".markers button")
    expect(times).to_have_text([re.compile(r"^0:0\d$")] * 2)
    demo.page.reload()
    expect(times).to_have_text([re.compile(r"^0:0\d$")] * 2)
    times.last.click()
    demo.page.wait_for_function("player => player.currentTime > 1", arg=demo.player(1).element_handle())


@firefox_thorough
def test_switched_off_processing_is_asked_of_the_browser(demo):
    demo.page.locator("#sound summary").click()
    demo.switch("Noise suppression", False)
    demo.preview.click()
    expect(demo.close_preview).to_be_visible()
    asked = "pageProbe.streams.at(-1).getAudioTracks()[0].getConstraints()"
    assert demo.page.evaluate(f"{asked}.noiseSuppression") is False
    demo.switch("Automatic gain", False)  # the test goes on with it
    demo.page.wait_for_function(f"pageProbe.streams.length === 2 && {asked}.autoGainControl === false")
    expect(demo.close_preview).to_be_visible()
    demo.close_preview.click()
    demo.expect_released()


@chromium_only  # Firefox's audio runs only with an audio output: see below
def test_input_test_shows_the_level_and_judges_it(demo):
    gauge, said = demo.page.get_by_role("meter", name="Input level"), demo.page.locator("#check-said")
    demo.preview.click()
    expect(gauge).to_be_visible()
    expect(demo.page.locator("#level-peak")).to_have_text(re.compile(r"^−?\d+ dB$"))
    demo.page.wait_for_function("gauge => gauge.ariaValueNow > -50", arg=gauge.element_handle())
    demo.page.locator("#sound summary").click()
    demo.page.get_by_role("slider", name="Gain").fill("24")
    expect(said).to_have_text("Too loud. Lower the gain, or move away from the microphone.")
    demo.page.evaluate("pageProbe.streams.at(-1).getAudioTracks()[0].enabled = false")
    expect(said).to_contain_text("We hear nothing.")
    demo.close_preview.click()
    expect(gauge).to_be_hidden()
    demo.expect_released()


@pytest.mark.thorough
@chromium_only  # the same
def test_gain_amplifies_the_recording(demo):
    expect_gain_to_amplify(demo)


def expect_gain_to_amplify(demo: Demo) -> None:
    demo.page.locator("#sound summary").click()
    for name in ("Echo cancellation", "Noise suppression", "Automatic gain"):  # they change the level, too
        demo.switch(name, False)
    demo.make_take(1)
    demo.page.get_by_role("slider", name="Gain").fill("-12")
    demo.make_take(2)
    [loud, *_], [quiet, *_] = tone(demo.content(1)), tone(demo.content(2))
    assert quiet["frequency"] == pytest.approx(loud["frequency"], abs=5)
    assert quiet["rms"] == pytest.approx(loud["rms"] / 4, rel=0.5)


@pytest.mark.soak
def test_level_and_gain_work_in_firefox_with_an_audio_output(demo_in):
    demo = demo_in("firefox-audible")
    gauge, said = demo.page.get_by_role("meter", name="Input level"), demo.page.locator("#check-said")
    demo.preview.click()
    demo.page.wait_for_function("gauge => gauge.ariaValueNow > -50", arg=gauge.element_handle())
    demo.page.evaluate("pageProbe.streams.at(-1).getAudioTracks()[0].enabled = false")
    expect(said).to_contain_text("We hear nothing.")
    demo.close_preview.click()
    expect_gain_to_amplify(demo)
    assert demo.status.inner_text() == "Take 2 is ready.", "not that this browser has no gain"


@pytest.mark.thorough
@chromium_only  # Firefox has no screen to share here, and no way to draw two tracks in a worker
def test_camera_is_a_bubble_over_the_screen(demo):
    demo.choose("Screen")
    demo.switch("With the camera in a corner", True)
    demo.start_take()
    demo.page.wait_for_function(RING, arg=demo.live_picture.element_handle())
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    found = probe(demo.content(1))
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
    assert found["errors"] == []
    assert tone(demo.content(1))
    demo.expect_released()


@pytest.mark.soak
@chromium_only
def test_bubble_keeps_its_pace_while_another_tab_is_in_front(demo):
    demo.choose("Screen")
    demo.switch("With the camera in a corner", True)
    demo.start_take()
    other = demo.page.context.new_page()
    other.bring_to_front()
    other.evaluate("new Promise((resolve) => setTimeout(resolve, 5000))")
    demo.page.bring_to_front()
    other.close()
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    times = [picture["time"] for picture in played(demo.content(1))["pictures"]]
    hidden = [time for time in times if 2 <= time <= 5]
    assert len(hidden) >= 3 * 15


@firefox_thorough
def test_choice_says_what_the_browser_cannot_do(demo, engine):
    demo.choose("Screen")
    corner = demo.page.get_by_role("switch", name="With the camera in a corner")
    note = demo.page.get_by_text("Only Chrome and Edge can put the camera over the screen.")
    expect(corner).to_be_enabled(enabled=engine == "chromium")
    expect(note).to_be_visible(visible=engine == "firefox")
