"""People record, play, download and delete. Each test does several things, because loading takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from harness.judge import probe, tone
from harness.lanes import firefox_in_soak, firefox_thorough

# The player's and the decoded length differ by the encoders' delays and the last picture.
NEARLY = 0.25  # seconds


def kinds(file: Path) -> list[str]:
    return sorted(stream["kind"] for stream in probe(file)["streams"])


@firefox_thorough
def test_microphone_is_recorded_played_and_deleted(demo):
    expect(demo.page).to_have_title("Recorder")
    demo.start_take(until="0:02")
    expect(demo.page).to_have_title("● Recording – Recorder")
    expect(demo.size).not_to_have_text("0 kB")
    demo.stop.click()

    expect(demo.take(1)).to_contain_text("Opus")
    expect(demo.status).to_have_text("Take 1 is ready.")
    expect(demo.page).to_have_title("Recorder")
    demo.expect_released()
    assert demo.length(1) >= 1, "on a busy machine, a fake microphone plays less than the time that passes"
    length = demo.expect_seekable(1)
    assert length == pytest.approx(probe(demo.content(1))["decoded_duration"], abs=NEARLY)
    assert demo.length(1) == pytest.approx(length - 0.05, abs=0.06), "tenths, never rounded up"
    expect(demo.clock).to_have_text(f"0:0{int(length)}")
    [channel, *_] = tone(demo.content(1))
    assert channel["frequency"] == pytest.approx(1000, abs=5)
    player = demo.player(1)
    player.evaluate("player => { player.muted = true; player.currentTime = 1; }")
    demo.button("Play", 1).click()
    demo.page.wait_for_function("player => player.currentTime > 1.2", arg=player.element_handle())

    demo.choose_entry("Delete", 1)
    expect(demo.take(1)).to_have_count(0)
    expect(demo.page.get_by_text("Your recordings appear here")).to_be_visible()


@pytest.mark.thorough
@firefox_in_soak
def test_camera_is_recorded_with_preview_and_pause(demo):
    demo.choose("Camera")
    demo.preview.click()
    expect(demo.live_picture).to_be_visible()
    demo.start_take()
    demo.page.wait_for_function(
        "video => video.videoWidth > 0 && !video.paused", arg=demo.live_picture.element_handle()
    )
    expect(demo.size).not_to_have_text("0 kB")
    demo.pause.click()
    expect(demo.page).to_have_title("❚❚ Paused – Recorder")
    demo.expect_clock_to_stand()
    demo.resume.click()
    demo.record_until("0:02")
    demo.stop.click()

    expect(demo.take(1)).to_be_visible()
    assert demo.opened() == 1, "the recorded stream is the preview's"
    demo.expect_released()
    times = demo.times()
    recording = times["pause"] - times["start()"] + times["stop"] - times["resume()"]
    assert 1.7 <= demo.length(1) < recording + 0.5, "the pause is not recorded"
    assert demo.expect_seekable(1) == pytest.approx(probe(demo.content(1))["decoded_duration"], abs=NEARLY)
    assert demo.player(1).evaluate("player => player.videoWidth") > 0
    assert kinds(demo.content(1)) == ["audio", "video"]


@pytest.mark.thorough
@firefox_in_soak
def test_hasty_presses_do_no_harm(demo):
    demo.record.evaluate("button => { button.click(); button.click(); }")
    expect(demo.stop).to_be_visible()
    assert demo.opened() == 1
    # A take without its first sound is empty, which Chromium's player reports in the console.
    demo.record_until("0:01")
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    demo.expect_released()

    demo.start_take()
    demo.pause.click()
    demo.stop.click()
    expect(demo.take(2)).to_be_visible()
    assert tone(demo.content(2)), "a take stopped while paused is complete"

    note = demo.take(2).get_by_text("This take has nothing to play.")
    expect(note).to_be_hidden()
    demo.player(2).evaluate("player => { player.src = URL.createObjectURL(new Blob(['no media'])); }")
    expect(note).to_be_visible()


@firefox_in_soak
def test_preview_releases_its_devices(demo):
    demo.preview.click()
    demo.close_preview.click()
    expect(demo.preview).to_be_visible()
    demo.expect_released()

    demo.preview.click()
    expect(demo.live_level).to_be_visible()
    demo.choose("Camera")
    expect(demo.preview).to_be_visible()
    demo.expect_released()

    demo.preview.click()
    expect(demo.live_picture).to_be_visible()
    demo.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    demo.expect_released()
