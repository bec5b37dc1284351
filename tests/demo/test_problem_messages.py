"""Problems are explained so that people can act on them, and the page is ready for another try."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from harness.lanes import firefox_in_soak


@pytest.mark.thorough
@pytest.mark.parametrize("lane", ["chromium-denied", pytest.param("firefox-denied", marks=pytest.mark.soak)])
def test_denied_microphone_is_explained(demo_in, lane):
    demo = demo_in(lane)
    demo.record.click()

    expect(demo.problem).to_contain_text("does not let this page use the microphone")
    expect(demo.problem).to_contain_text("Press the icon beside the address, allow the microphone")
    expect(demo.record).to_be_enabled()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("lane", "source"),
    [
        ("chromium-no-camera", "Camera"),
        pytest.param("firefox-no-devices", "Microphone", marks=pytest.mark.soak),
    ],
)
def test_missing_device_is_explained(demo_in, lane, source):
    demo = demo_in(lane)
    demo.choose(source)
    demo.record.click()

    expect(demo.problem).to_contain_text("did not find")
    expect(demo.problem).to_contain_text("Connect")
    expect(demo.record).to_be_enabled()


@pytest.mark.thorough
def test_lost_device_is_explained(demo_in):
    demo = demo_in("chromium-permissions")
    context = demo.page.context
    demo.choose("Camera")
    demo.preview.click()
    expect(demo.live_picture).to_be_visible()
    context.clear_permissions()
    expect(demo.problem).to_contain_text("The preview ended by itself")
    demo.expect_released()


@pytest.mark.thorough
def test_plain_http_is_reported_at_once_and_again(demo_in, insecure_site):
    demo = demo_in("chromium-insecure", f"{insecure_site}/index.html")
    expect(demo.problem).to_contain_text("This page was loaded over plain http")
    expect(demo.problem).to_contain_text("https://")
    demo.record.click()

    expect(demo.problem).to_contain_text("http://localhost")
    expect(demo.record).to_be_enabled()


@pytest.mark.thorough
def test_missing_media_recorder_is_reported_at_once(demo_in):
    demo = demo_in("chromium", script="delete window.MediaRecorder;")

    expect(demo.problem).to_contain_text("This browser cannot record")


@firefox_in_soak
def test_refusals_are_explained(demo):
    """Refusals that cannot be provoked: the test replaces the browser's functions."""
    for error, source, words in [
        ("NotReadableError", "Microphone", "Another program may be using it"),
        ("AbortError", "Microphone", "Press Record again"),
        ("NotFoundError", "Camera", "switch the microphone off"),
        ("SecurityError", "Camera", "security policy"),
        ("NotAllowedError", "Screen", "The screen was not shared"),
        (None, "Screen", "This browser cannot record the screen"),
    ]:
        demo.refuse(error)
        demo.choose(source)
        demo.record.click()

        expect(demo.problem).to_contain_text(words)
        expect(demo.record).to_be_enabled()


@pytest.mark.thorough
@firefox_in_soak
def test_error_of_the_recorder_keeps_the_take(demo):
    demo.start_take()
    demo.page.evaluate("pageProbe.streams[0].addTrack(pageProbe.streams[0].getTracks()[0].clone())")

    expect(demo.problem).to_contain_text("The recording ended with an error")
    expect(demo.take(1)).to_be_visible()

    demo.record.click()
    expect(demo.stop).to_be_visible()
    expect(demo.problem).to_be_hidden()
    demo.stop.click()
    expect(demo.take(2)).to_be_visible()


@pytest.mark.thorough
@firefox_in_soak
def test_missing_chosen_device_is_explained(demo):
    demo.make_take()
    demo.microphone.evaluate("chooser => { chooser.options[1].value = 'gone'; chooser.selectedIndex = 1; }")
    demo.record.click()

    expect(demo.problem).to_contain_text("The chosen device is no longer there")
    expect(demo.record).to_be_enabled()
