"""After a take: all functions of its card."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from harness.judge import probe, tone
from harness.lanes import chromium_only, firefox_in_soak

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
    """The waveform, which wavesurfer.js draws below a shadow root."""
    return demo.take(number).locator(".timeline .canvases canvas").first


@firefox_in_soak
def test_card_plays_at_any_position_and_speed(demo, look):
    demo.start_take("0:02")
    demo.stop.click()
    expect(wave(demo, 1)).to_be_visible()
    inked = wave(demo, 1).evaluate(
        """canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.some((value, place) => place % 4 === 3 && value > 0);
        }"""
    )
    assert inked, "something is visible"
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


@pytest.mark.thorough
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
    expect(heading).to_be_visible()
    demo.make_take(1)
    demo.page.get_by_role("button", name="Delete <b>Interview</b> & more").click()
    expect(heading).to_have_count(0)


@firefox_in_soak
def test_dragging_trims_a_take_into_a_new_take(demo, look):
    demo.start_take("0:03")
    demo.stop.click()
    demo.button("Trim", 1).click()
    region = demo.take(1).locator(".timeline [part~=region]")
    expect(region).to_be_visible()
    expect(demo.take(1).get_by_text("Drag over the waveform")).to_be_visible()
    region.scroll_into_view_if_needed()
    box, length = region.bounding_box(), demo.length(1)
    middle = box["y"] + box["height"] / 2

    def drag(start: float, end: float) -> None:
        """Drag from one part of the waveform's width to another."""
        demo.page.mouse.move(box["x"] + start * box["width"], middle)
        demo.page.mouse.down()
        demo.page.mouse.move(box["x"] + end * box["width"], middle, steps=8)
        demo.page.mouse.up()

    def expect_stretch(start: float, end: float) -> None:
        for label, part in (("From (seconds)", start), ("To (seconds)", end)):
            chosen = float(demo.take(1).get_by_label(label).input_value())
            assert chosen == pytest.approx(part * length, abs=0.2), label
        expect(region).to_have_count(1)

    drag(0.25, 0.75)  # the first drag, somewhere in the waveform
    expect_stretch(0.25, 0.75)
    drag(0.6, 0.4)
    expect_stretch(0.4, 0.6)
    drag(0.4 + 2 / box["width"], 0.1)  # a handle at the end
    expect_stretch(0.1, 0.6)
    drag(0.5, 1)
    expect_stretch(0.5, 1)
    half = length / 2
    look(demo.page, "trimming")
    demo.take(1).get_by_role("button", name="Save as a new take").click()

    part = demo.page.get_by_label("Player of Take 1 (trimmed)")
    expect(part).to_be_visible()
    expect(demo.answer(1)).to_have_text("Take 1 (trimmed) is ready.")
    expect(demo.takes).to_have_count(2)
    demo.page.reload()
    expect(part).to_be_visible()
    demo.page.wait_for_function("player => player.readyState >= 1", arg=part.element_handle())
    assert part.evaluate("player => player.duration") == pytest.approx(half, abs=NEARLY)


@firefox_in_soak
def test_take_with_a_picture_is_trimmed_by_numbers(demo):
    demo.choose("Camera")
    demo.start_take("0:02")
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    player = demo.take(1).locator("video")
    demo.page.wait_for_function("player => player.readyState >= 1", arg=player.element_handle())
    demo.button("Trim", 1).click()
    whole = float(demo.take(1).get_by_label("To (seconds)").input_value())
    assert whole == pytest.approx(player.evaluate("player => player.duration"), abs=0.02)
    assert demo.take(1).locator(".length").text_content() == f"{int(whole * 10) / 10} s"
    demo.type(demo.take(1).get_by_label("From (seconds)"), "0.5")
    demo.type(demo.take(1).get_by_label("To (seconds)"), "0.52")
    demo.take(1).get_by_role("button", name="Save as a new take").click()
    expect(demo.answer(1)).to_contain_text("Select at least a tenth of a second.")
    demo.type(demo.take(1).get_by_label("To (seconds)"), "1.5")
    demo.take(1).get_by_label("To (seconds)").press("Enter")
    part = demo.page.get_by_label("Player of Take 1 (trimmed)")
    expect(part).to_be_visible()
    demo.page.wait_for_function("player => player.readyState >= 1", arg=part.element_handle())
    assert part.evaluate("player => player.duration") == pytest.approx(1, abs=NEARLY)


@chromium_only  # Playwright cannot follow a download of Firefox
def test_take_is_downloaded_as_recorded_or_in_another_format(demo):
    demo.make_take()
    file = demo.download(1)
    assert file.name == "take-1.webm"
    assert file.read_bytes() == demo.content(1).read_bytes()
    assert probe(file)["duration"] == pytest.approx(demo.length(1), abs=NEARLY), "the file states its length"
    expect(demo.answer(1)).to_have_text("Take 1 is in your downloads as take-1.webm.")

    for name, extension, container in [
        ("WebM", "webm", "matroska"),
        ("MP4", "m4a", "mp4"),
        ("WAV", "wav", "wav"),
        ("Ogg", "ogg", "ogg"),
        ("MP3", "mp3", "mp3"),
        ("FLAC", "flac", "flac"),
    ]:
        demo.take(1).get_by_label("Format").select_option(name)
        file = demo.download(1)
        assert file.name == f"take-1.{extension}"
        found = probe(file)
        assert container in found["format"]
        [channel, *_] = tone(file)
        assert channel["frequency"] == pytest.approx(1000, abs=5)


@pytest.mark.thorough
@firefox_in_soak
def test_parts_of_a_take_keep_their_order(demo):
    """They began at the same time, and may be listed in any order."""
    demo.make_take()
    names = demo.takes.get_by_role("heading")
    for number in range(2, 6):
        demo.button("Trim", 1).click()
        demo.take(1).get_by_role("button", name="Save as a new take").click()
        expect(demo.takes).to_have_count(number)
        expect(demo.take(1).locator(".trim")).to_be_hidden()
    before = names.all_inner_texts()
    assert len(set(before)) == 5
    demo.page.reload()
    expect(demo.takes).to_have_count(5)
    assert names.all_inner_texts() == before


PHONE = {"width": 360, "height": 740}


def expect_near(answer, button) -> None:
    """The answer is visible, in the card of the button, a few lines from it."""
    expect(answer).to_be_in_viewport(ratio=1)
    one, other = answer.bounding_box(), button.bounding_box()
    assert abs(one["y"] - other["y"]) < 250


@pytest.mark.console_errors  # a file that does not arrive
@firefox_in_soak
def test_card_shows_answers_beside_its_buttons(fresh_demo, engine, look):
    demo, page = fresh_demo, fresh_demo.page  # a shared page may have loaded the encoder before
    page.route("**/mp3.js", lambda route: route.abort())
    if engine == "chromium":
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.set_viewport_size(PHONE)
    for number in (1, 2, 3):
        demo.make_take(number)
    answer = demo.answer(1)

    demo.button("Copy link to this time", 1).click()
    expect(answer).to_contain_text("is copied")
    expect_near(answer, demo.button("Copy link to this time", 1))
    look(page, "answer-link")

    demo.take(1).get_by_label("Format").select_option("MP3")
    demo.button("Download", 1).click()
    expect(answer).to_contain_text("could not be loaded")
    expect_near(answer, demo.button("Download", 1))
    look(page, "answer-wrong")

    demo.button("Trim", 1).click()
    expect(answer).to_have_count(0)
    demo.type(demo.take(1).get_by_label("To (seconds)"), "0.02")
    save = demo.take(1).get_by_role("button", name="Save as a new take")
    save.click()
    expect(answer).to_contain_text("at least a tenth of a second")
    expect_near(answer, save)
    look(page, "answer-trim")
    demo.type(demo.take(1).get_by_label("To (seconds)"), "0.8")
    page.evaluate(
        """() => {
          const work = document.querySelector("#takes > :last-child .work");
          new MutationObserver(() => {
            const { bottom } = work.getBoundingClientRect();
            if (!work.hidden) window.progressSeen = [work.closest(".trim") !== null, bottom <= innerHeight];
          }).observe(work, { attributeFilter: ["hidden"] });
        }"""
    )
    save.click()
    expect(answer).to_have_text("Take 1 (trimmed) is ready.")
    expect_near(answer, demo.button("Trim", 1))
    assert page.evaluate("progressSeen") == [True, True]

    before = demo.take(1).bounding_box()["y"]
    demo.button("Delete", 1).click()
    expect(demo.undo).to_be_focused()
    expect(demo.undo).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Take 1 is deleted.")).to_be_in_viewport(ratio=1)
    assert demo.undo.bounding_box()["y"] == pytest.approx(before, abs=740), "where the card was"
    look(page, "answer-deleted")
    demo.undo.click()
    expect(answer).to_have_text("Take 1 is back.")
    expect_near(answer, demo.button("Delete", 1))
    assert demo.violations() == []
    for elsewhere in (demo.problem, demo.shelf_status.filter(has_text=re.compile(r"\S"))):
        expect(elsewhere).to_have_count(0)


MINUTE = 65.9  # seconds
PLAYER_SAYS = f"""Object.defineProperty(HTMLMediaElement.prototype, "duration", {{ get: () => {MINUTE} }});"""


@pytest.mark.thorough
@pytest.mark.parametrize("lane", ["chromium", pytest.param("firefox", marks=pytest.mark.soak)])
def test_card_and_clock_show_the_length_of_the_player(demo_in, lane):
    demo = demo_in(lane, script=PLAYER_SAYS)
    demo.make_take()
    expect(demo.take(1).locator(".length")).to_have_text("1:05")
    expect(demo.clock).to_have_text("1:05")
    expect(demo.size).to_have_text(demo.take(1).locator(".size").inner_text())


@chromium_only
def test_conversion_shows_progress_and_can_be_cancelled(demo):
    demo.choose("Camera")
    demo.start_take("0:03")
    demo.stop.click()
    demo.take(1).get_by_label("Format").select_option("MP4")
    demo.page.evaluate(CANCEL_AT_ONCE)  # it may finish before Playwright's click arrives
    demo.button("Download", 1).click()
    demo.page.wait_for_function("window.progressSeen")
    expect(demo.answer(1)).to_have_text("Cancelled.")
    expect(demo.take(1).get_by_label("Progress")).to_be_hidden()


@pytest.mark.thorough
@firefox_in_soak
def test_link_opens_the_take_at_the_time(demo, engine):
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
    expect(demo.answer(1)).to_contain_text("The link to Take 1 at 0:01 is copied.")
    link = demo.page.evaluate("window.copied")
    assert re.search(r"#take=[\w-]+&t=1\.5$", link)

    demo.page.goto("about:blank")
    demo.page.goto(link)
    expect(demo.take(1)).to_be_visible()
    demo.page.wait_for_function("player => player.currentTime === 1.5", arg=demo.player(1).element_handle())
    demo.page.evaluate("location.hash = '#take=unknown&t=3'")
    expect(demo.problem).to_contain_text("The take for this link is not here")


@firefox_in_soak
def test_deleted_take_is_restored_or_deleted_for_good(demo, engine):
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
    expect(demo.answer(1)).to_have_text("Take 1 is back.")
    expect(demo.space).to_have_text(both)
    assert demo.expect_seekable(1) > 0.5

    demo.run_python("from demo import takes\ntakes.UNDO = 1  # instead of 10 seconds")
    address = demo.player(2).get_attribute("src")
    demo.button("Delete", 2).click()
    expect(demo.undo).to_be_focused()
    demo.page.get_by_role("heading", name="Takes").focus()  # it stays as long as Undo has the focus
    expect(demo.undo).to_be_hidden()
    demo.page.wait_for_function("address => pageProbe.revoked.has(address)", arg=address)
    demo.button("Delete", 1).click()
    expect(demo.undo).to_be_focused()
    demo.page.reload()  # while it can still be restored
    expect(demo.preview).to_be_enabled()
    expect(demo.page.get_by_text("Your recordings appear here")).to_be_visible()
    expect(demo.takes).to_have_count(0)
    expect(demo.space).to_have_text("")
