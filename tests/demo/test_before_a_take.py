"""Settings before a take, and their effect on the take."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from harness.judge import probe, tone
from harness.lanes import chromium_only, firefox_in_soak

# Real sounds can be mixed only if the browser's audio runs; Firefox's does not run without a loudspeaker.


def kinds(file: Path) -> list[str]:
    return sorted(stream["kind"] for stream in probe(file)["streams"])


@pytest.mark.thorough
@chromium_only  # Firefox has no screen to share here
def test_screen_is_recorded_alone_or_mixed_with_the_microphone(demo):
    demo.choose("Screen")
    demo.switch("With the microphone", False)
    expect(demo.microphone).to_be_hidden()
    demo.make_take(1)
    assert "video" in kinds(demo.content(1))
    demo.expect_released()

    demo.switch("With the microphone", True)
    expect(demo.microphone).to_be_visible()
    demo.make_take(2)
    assert kinds(demo.content(2)) == ["audio", "video"]
    [channel, *_] = tone(demo.content(2))
    assert channel["frequency"] == pytest.approx(1000, abs=5)
    demo.expect_released()


@pytest.mark.thorough
@firefox_in_soak
def test_device_choosers_show_names_and_follow_connections(fresh_demo):
    demo = fresh_demo
    options = demo.microphone.locator("option")
    demo.make_take(1)  # from now on the browser reveals the names
    name = options.nth(1).inner_text()
    demo.microphone.select_option(name)
    demo.make_take(2)
    assert demo.page.evaluate("pageProbe.streams.at(-1).getTracks()[0].label") == name

    demo.choose("Camera")
    demo.switch("With the microphone", False)
    demo.make_take(3)
    assert kinds(demo.content(3)) == ["video"]
    demo.switch("With the microphone", True)

    before = options.count()
    demo.page.evaluate(
        """() => {
          const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
          const label = "<b>New</b> microphone";
          const extra = { kind: "audioinput", deviceId: "new", groupId: "", label };
          navigator.mediaDevices.enumerateDevices = async () => [...(await list()), extra];
          navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
        }"""
    )
    expect(options).to_have_count(before + 1)
    expect(demo.microphone).to_contain_text("<b>New</b> microphone")

    demo.microphone.select_option("<b>New</b> microphone")
    demo.page.evaluate(
        """() => {
          navigator.mediaDevices.enumerateDevices = async () => [];
          navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
        }"""
    )
    expect(options).to_have_count(1)
    expect(demo.microphone).to_have_value("")


@pytest.mark.thorough
@firefox_in_soak
def test_resolution_and_quality_apply_and_are_remembered(demo):
    demo.choose("Camera")
    demo.set("Resolution", "720p (HD)")
    demo.set("Quality", "High")
    heights, rates = [], []

    def take(number: int) -> None:
        demo.start_take()
        wanted = "pageProbe.streams.at(-1).getVideoTracks()[0].getConstraints().height"
        heights.append(demo.page.evaluate(f"{wanted}.ideal ?? {wanted}"))
        rates.append(demo.page.evaluate("pageProbe.recorders.at(-1).videoBitsPerSecond"))
        demo.stop.click()
        expect(demo.take(number)).to_be_visible()

    take(1)
    demo.set("Resolution", "480p")
    demo.set("Quality", "Small file")
    take(2)
    assert heights == [720, 480], "the fake cameras have one size"
    assert rates == [8_000_000, 1_000_000]

    demo.set("Time limit (minutes)", "7.5")
    demo.page.reload()
    expect(demo.preview).to_be_enabled()
    expect(demo.page.get_by_role("radio", name="Camera")).to_be_checked()
    expect(demo.page.get_by_label("Resolution")).to_have_value("480")
    expect(demo.page.get_by_label("Quality")).to_have_value("small")
    expect(demo.page.get_by_label("Time limit (minutes)")).to_have_value("7.5")


@chromium_only
def test_level_moves_before_recording_with_and_without_a_picture(demo):
    for source in ("Microphone", "Camera"):
        demo.choose(source)
        demo.preview.click()
        expect(demo.live_level).to_be_visible()
        demo.page.wait_for_function(
            "level => Number(getComputedStyle(level).getPropertyValue('--level')) > 0.02",
            arg=demo.live_level.element_handle(),
        )
        demo.close_preview.click()
        demo.expect_released()


@pytest.mark.thorough
@firefox_in_soak
def test_countdown_runs_before_the_take_and_can_be_cancelled(demo):
    demo.set("Countdown", "3 seconds")
    count = demo.page.locator("#countdown")
    demo.note_texts(count)
    demo.start_take()
    numbers, times = zip(*demo.texts(), strict=True)
    assert numbers == ("3", "2", "1")
    assert demo.times()["start()"] - times[0] > 2.9, "the countdown is not recorded"
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()

    demo.set_long_countdown()
    demo.record.click()
    expect(count).to_be_visible()
    demo.page.get_by_role("button", name="Cancel").click()
    expect(demo.record).to_be_enabled()
    demo.expect_released()
    expect(demo.takes).to_have_count(1)


@pytest.mark.thorough
@firefox_in_soak
def test_time_and_size_limits_end_the_take(demo):
    demo.set("Time limit (minutes)", "0.03")  # 1.8 s
    demo.record.click()
    expect(demo.take(1)).to_be_visible()
    expect(demo.status).to_have_text("The time limit is reached. Take 1 is ready.")
    # (Chromium records from the call on, which comes before `start`.)
    assert demo.times()["stop"] - demo.times()["start"] >= 1.4
    assert demo.length(1) >= 1.5
    demo.expect_released()

    demo.set("Time limit (minutes)", "")
    demo.set("Size limit (MB)", "0.02")
    demo.record.click()
    expect(demo.take(2)).to_be_visible()
    expect(demo.status).to_have_text("The size limit is reached. Take 2 is ready.")
    assert len(demo.content(2).read_bytes()) >= 18_000


@firefox_in_soak
def test_invalid_setting_is_shown_and_prevents_recording(demo):
    demo.set("Time limit (minutes)", "-1")
    demo.page.locator("#settings summary").click()
    demo.record.click()
    expect(demo.page.get_by_label("Time limit (minutes)")).to_be_focused()
    assert demo.opened() == 0
