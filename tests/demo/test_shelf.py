"""After a take: everything that its card offers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from bench.judge import probe, tone
from bench.lanes import chromium_only, firefox_in_soak

NEARLY = 0.35  # seconds

CANCEL_AT_ONCE = """() => {
  const work = document.querySelector("#takes .work");
  new MutationObserver(() => {
    if (work.hidden) return;
    window.progressSeen = work.querySelector("progress").checkVisibility();
    work.querySelector("[data-action=cancel]").click();
  }).observe(work, { attributeFilter: ["hidden"] });
}"""


def expect_picture(demo, number: int) -> None:
    demo.page.wait_for_function(
        "player => player.poster.startsWith('blob:')", arg=demo.player(number).element_handle()
    )


def wave(demo, number: int):
    """The picture of the sound: wavesurfer.js draws it below a shadow root."""
    return demo.take(number).locator(".timeline .canvases canvas").first


@firefox_in_soak
def test_card_has_waveform_or_picture_and_plays_at_any_place_and_speed(demo, look):
    demo.start_take("0:02")
    demo.stop.click()
    expect(wave(demo, 1)).to_be_visible()
    inked = wave(demo, 1).evaluate(
        """canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.some((value, place) => place % 4 === 3 && value > 0);
        }"""
    )
    assert inked, "there is something to be seen"
    assert demo.expect_seekable(1) == pytest.approx(demo.length(1), abs=NEARLY)

    player = demo.player(1)
    width = demo.take(1).locator(".timeline").bounding_box()["width"]
    demo.take(1).locator(".timeline").click(position={"x": width / 2, "y": 36})
    demo.page.wait_for_function(
        "player => Math.abs(player.currentTime / player.duration - 0.5) < 0.05", arg=player.element_handle()
    )
    demo.take(1).get_by_label("Speed").select_option("2×")
    assert player.evaluate("player => player.playbackRate") == 2

    demo.choose("Camera")
    demo.make_take(2)
    expect_picture(demo, 2)
    look(demo.page, "shelf")


@firefox_in_soak
def test_renamed_take_keeps_its_name(demo):
    demo.make_take()
    demo.button("Rename", 1).click()
    field = demo.take_named_field()
    expect(field).to_be_focused()
    field.fill("<b>Interview</b> & more")
    field.press("Enter")
    heading = demo.page.get_by_role("heading", name="<b>Interview</b> & more", exact=True)
    expect(heading).to_be_visible()
    expect(demo.page.get_by_label("Player of <b>Interview</b> & more")).to_be_visible()

    demo.page.reload()
    expect(heading).to_be_visible(timeout=60_000)
    demo.make_take(1)
    demo.page.get_by_role("button", name="Delete <b>Interview</b> & more").click()
    expect(heading).to_have_count(0)


@firefox_in_soak
def test_take_is_trimmed_by_dragging_and_the_part_is_a_take_of_its_own(demo, look):
    demo.start_take("0:03")
    demo.stop.click()
    demo.button("Trim", 1).click()
    region = demo.take(1).locator(".timeline [part~=region]")
    expect(region).to_be_visible()
    region.scroll_into_view_if_needed()
    box = region.bounding_box()
    middle = box["y"] + box["height"] / 2
    demo.page.mouse.move(box["x"] + 2, middle)
    demo.page.mouse.down()
    demo.page.mouse.move(box["x"] + box["width"] / 2, middle, steps=8)
    demo.page.mouse.up()
    start = demo.take(1).get_by_label("From (seconds)")
    half = demo.length(1) / 2
    assert float(start.input_value()) == pytest.approx(half, abs=0.2)
    look(demo.page, "trimming")
    demo.take(1).get_by_role("button", name="Save as a new take").click()

    part = demo.page.get_by_label("Player of Take 1 (trimmed)")
    expect(part).to_be_visible(timeout=30_000)
    expect(demo.takes).to_have_count(2)
    demo.page.reload()
    expect(part).to_be_visible(timeout=60_000)
    demo.page.wait_for_function("player => player.readyState >= 1", arg=part.element_handle())
    assert part.evaluate("player => player.duration") == pytest.approx(half, abs=NEARLY)


@firefox_in_soak
def test_take_with_a_picture_is_trimmed_by_numbers(demo):
    demo.choose("Camera")
    demo.start_take("0:02")
    demo.stop.click()
    demo.button("Trim", 1).click()
    demo.type(demo.take(1).get_by_label("From (seconds)"), "0.5")
    demo.type(demo.take(1).get_by_label("To (seconds)"), "0.52")
    demo.take(1).get_by_role("button", name="Save as a new take").click()
    expect(demo.problem).to_contain_text("Choose a stretch of at least a tenth of a second.")
    demo.type(demo.take(1).get_by_label("To (seconds)"), "1.5")
    demo.take(1).get_by_label("To (seconds)").press("Enter")
    part = demo.page.get_by_label("Player of Take 1 (trimmed)")
    expect(part).to_be_visible(timeout=30_000)
    demo.page.wait_for_function("player => player.readyState >= 1", arg=part.element_handle())
    assert part.evaluate("player => player.duration") == pytest.approx(1, abs=NEARLY)


@chromium_only  # Playwright cannot follow a download of Firefox
def test_take_is_downloaded_as_recorded_or_in_another_format(demo):
    demo.make_take()
    file = demo.download(1)
    assert file.name == "take-1.webm"
    assert file.read_bytes() == demo.content(1).read_bytes()
    assert probe(file)["duration"] == pytest.approx(demo.length(1), abs=NEARLY), "it says its length"
    expect(demo.status).to_have_text("Take 1 is in your downloads as take-1.webm.")

    for name, extension, container in [
        ("WebM", "webm", "matroska"),
        ("MP4", "m4a", "mp4"),
        ("WAV", "wav", "wav"),
        ("MP3", "mp3", "mp3"),
    ]:
        demo.take(1).get_by_label("Format").select_option(name)
        file = demo.download(1)
        assert file.name == f"take-1.{extension}"
        found = probe(file)
        assert container in found["format"]
        [channel, *_] = tone(file)
        assert channel["frequency"] == pytest.approx(1000, abs=5)


@chromium_only
def test_conversion_shows_how_far_it_is_and_can_be_cancelled(demo):
    demo.choose("Camera")
    demo.start_take("0:03")
    demo.stop.click()
    demo.take(1).get_by_label("Format").select_option("MP4")
    demo.page.evaluate(CANCEL_AT_ONCE)  # it may be done before a click of Playwright's arrives
    demo.button("Download", 1).click()
    demo.page.wait_for_function("window.progressSeen")
    expect(demo.status).to_have_text("Cancelled.")
    expect(demo.take(1).get_by_label("Progress")).to_be_hidden()


@firefox_in_soak
def test_link_leads_to_the_take_and_the_time(demo, engine):
    if engine == "chromium":
        demo.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    demo.start_take("0:03")
    demo.stop.click()
    demo.expect_seekable(1)
    demo.player(1).evaluate("player => { player.currentTime = 1.5; }")
    demo.page.evaluate(
        "() => { const w = navigator.clipboard.writeText.bind(navigator.clipboard);"
        " navigator.clipboard.writeText = (text) => { window.copied = text; return w(text); }; }"
    )
    demo.button("Copy link to this time", 1).click()
    expect(demo.status).to_contain_text("The link to Take 1 at 0:01 is copied.")
    link = demo.page.evaluate("copied")
    assert re.search(r"#take=[\w-]+&t=1\.5$", link)

    demo.page.goto("about:blank")
    demo.page.goto(link)
    expect(demo.take(1)).to_be_visible(timeout=60_000)
    demo.page.wait_for_function("player => player.currentTime === 1.5", arg=demo.player(1).element_handle())
    demo.page.evaluate("location.hash = '#take=unknown&t=3'")
    expect(demo.problem).to_contain_text("The take of this link is not here")


@firefox_in_soak
def test_deleted_take_comes_back_or_is_gone_for_good(demo, engine):
    for number in (1, 2):
        demo.make_take(number)
    expect(demo.status).to_have_text("Take 2 is ready.")
    expect(demo.space).to_have_text(re.compile(r"^\d+ kB used$"))
    both = demo.space.inner_text()
    demo.button("Delete", 1).click()
    expect(demo.take(1)).to_have_count(0)
    expect(demo.space).not_to_have_text(both)
    expect(demo.undo).to_be_focused()
    demo.undo.click()
    expect(demo.take(1)).to_be_visible()
    expect(demo.status).to_have_text("Take 1 is back.")
    expect(demo.space).to_have_text(both)
    assert demo.expect_seekable(1) > 0.5

    address = demo.player(2).get_attribute("src")
    demo.button("Delete", 2).click()
    expect(demo.undo).to_be_focused()
    demo.page.get_by_role("heading", name="Takes").focus()  # as long as Undo has the focus it stays
    expect(demo.undo).to_be_hidden(timeout=60_000)
    demo.page.wait_for_function("address => witness.revoked.includes(address)", arg=address)
    demo.button("Delete", 1).click()
    expect(demo.undo).to_be_focused()
    demo.page.reload()  # while it could still come back
    expect(demo.preview).to_be_enabled(timeout=60_000)
    expect(demo.page.get_by_text("What you record appears here")).to_be_visible()
    expect(demo.takes).to_have_count(0)
    expect(demo.space).to_have_text("")
