"""After a take: its row, and everything that can be done with it."""

from __future__ import annotations

import base64
import contextlib
import doctest
import importlib
import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from unittest.mock import MagicMock

import pytest
from demo_page import Demo
from playwright.sync_api import Locator, expect

from harness.judge import colours, probe, tone
from harness.lanes import chromium_only, firefox_in_soak

NEARLY = 0.35  # seconds
PHONE = {"width": 390, "height": 740}

CANCEL_AT_ONCE = """() => {
  const work = document.querySelector("#takes .work");
  new MutationObserver(() => {
    if (work.hidden) return;
    window.progressSeen = work.querySelector("progress").checkVisibility();
    work.querySelector("[data-action=cancel]").click();
  }).observe(work, { attributeFilter: ["hidden"] });
}"""
# Notes the downloads instead of performing them: Playwright cannot follow a download of Firefox.
NOTE_DOWNLOADS = """() => {
  Object.assign(window, { saved: [], noting: new AbortController() });
  addEventListener("click", (event) => {
    if (!event.target.download) return;
    saved.push([event.target.download, pageProbe.blobs.get(event.target.href)]);
    event.preventDefault();
  }, { capture: true, signal: noting.signal });
}"""
LAST_DOWNLOAD = """async () => {
  const [name, blob] = saved.at(-1);
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve([name, reader.result.split(";base64,")[1]]);
    reader.readAsDataURL(blob);
  });
}"""
# A quiet take: a second of a tone, a second of silence, another second of the tone.
QUIET_TAKE = """
from array import array
from math import pi, sin

from demo import kept, takes
from mediarecorder import AudioSamples

await kept.load_engine()
rate = 48000
tone = [0.1 * sin(2 * pi * 1000 * place / rate) for place in range(rate)]
made = await AudioSamples(array("f", [*tone, *[0.0] * rate, *tone]), rate).to_recording("webm")
await takes.add_new(await kept.add(made, "Take 1"), "Take 1")
"""
PEAK = """async player => {
  const data = await pageProbe.blobs.get(player.src).arrayBuffer();
  const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(data);
  return Math.max(...[...Array(sound.numberOfChannels).keys()].map((channel) =>
    sound.getChannelData(channel).reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
}"""


@contextlib.contextmanager
def downloads(demo: Demo) -> Iterator[Callable[[], tuple[str, bytes]]]:
    """``last()``: name and content of the last file that the page wanted to save."""
    demo.page.evaluate(NOTE_DOWNLOADS)

    def last() -> tuple[str, bytes]:
        name, data = demo.page.evaluate(LAST_DOWNLOAD)
        return name, base64.b64decode(data)

    yield last
    demo.page.evaluate("noting.abort()")


def expect_picture(demo: Demo, number: int) -> None:
    demo.page.wait_for_function(
        "player => player.poster.startsWith('blob:')", arg=demo.player(number).element_handle()
    )


def wave(demo: Demo, number: int) -> Locator:
    """The waveform, which wavesurfer.js draws below a shadow root."""
    return demo.take(number).locator(".timeline .canvases canvas").first


def expect_wave(demo: Demo, number: int) -> None:
    demo.page.wait_for_function(
        """canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.some((value, place) => place % 4 === 3 && value > 0);
        }""",
        arg=wave(demo, number).element_handle(),
    )


def drag(demo: Demo, number: int, start: float, end: float) -> None:
    """Drag from one part of the waveform's width to another."""
    timeline = demo.take(number).locator(".timeline")
    timeline.scroll_into_view_if_needed()
    box = timeline.bounding_box()
    middle = box["y"] + box["height"] / 2
    demo.page.mouse.move(box["x"] + start * box["width"], middle)
    demo.page.mouse.down()
    demo.page.mouse.move(box["x"] + end * box["width"], middle, steps=8)
    demo.page.mouse.up()


def duration(demo: Demo, name: str) -> float:
    """The length of a take, according to its player."""
    player = demo.page.get_by_label(f"Player of {name}", exact=True)
    demo.page.wait_for_function("player => player.readyState >= 1", arg=player.element_handle())
    return player.evaluate("player => player.duration")


def names(demo: Demo) -> list[str]:
    return demo.takes.filter(visible=True).get_by_role("heading").all_inner_texts()


def hears(demo: Demo, number: int, script: str) -> None:
    demo.page.wait_for_function(script, arg=demo.player(number).element_handle())


def test_doctests_of_the_shelf_pass(monkeypatch):
    """Silences, names in a zip file, and the order of names."""
    for name in ("js", "pyodide", "pyodide.ffi", "pyodide.code", "pyscript"):
        monkeypatch.setitem(sys.modules, name, MagicMock())
    modules = {name: importlib.import_module(f"demo.{name}") for name in ("edits", "zipped", "shelf")}
    tried = {name: doctest.testmod(module).attempted for name, module in modules.items()}
    for name in [name for name in sys.modules if name.partition(".")[0] == "demo"]:
        del sys.modules[name]  # other tests need them with the real modules, or others
    assert tried == {"edits": 3, "zipped": 3, "shelf": 1}


@pytest.mark.thorough
@firefox_in_soak
def test_row_plays_one_take_at_a_time_and_seeks(demo, look):
    demo.start_take("0:02")
    demo.stop.click()
    expect_wave(demo, 1)
    row = demo.take(1)
    expect(row.locator("time")).to_have_text(re.compile(r"\d:\d\d"))
    expect(row.locator(".length")).to_have_text(re.compile(r"^\d\.\d s$"))
    expect(demo.button("Download", 1)).to_be_visible()
    assert demo.expect_seekable(1) == pytest.approx(demo.length(1), abs=NEARLY)

    demo.choose("Camera")
    demo.make_take(2)
    expect_picture(demo, 2)
    look(demo.page, "shelf")

    player = demo.player(1)
    width = row.locator(".timeline").bounding_box()["width"]
    row.locator(".timeline").click(position={"x": width / 2, "y": 36})
    hears(demo, 1, "player => Math.abs(player.currentTime / player.duration - 0.5) < 0.05")
    before = player.evaluate("player => player.currentTime")
    row.get_by_role("slider", name="Position").focus()
    demo.page.keyboard.press("ArrowLeft")
    hears(demo, 1, f"player => player.currentTime < {before}")
    demo.open_menu(1).get_by_role("menuitemradio", name="2×").click()
    hears(demo, 1, "player => player.playbackRate === 2")
    expect(demo.open_menu(1).get_by_role("menuitemradio", checked=True)).to_have_text("2×")
    demo.page.keyboard.press("Escape")

    player.evaluate("player => { player.muted = player.loop = true; }")
    demo.button("Play", 1).click()
    expect(demo.button("Pause", 1)).to_be_visible()
    demo.button("Play", 2).click()
    expect(demo.button("Pause", 2)).to_be_visible()
    expect(demo.button("Play", 1)).to_be_visible()
    demo.button("Pause", 2).click()
    expect(demo.button("Play", 2)).to_be_visible()
    assert demo.player(2).evaluate("player => player.controls && player.clientWidth") > 200


@firefox_in_soak
def test_markers_are_on_the_waveform_and_seek(demo):
    demo.start_take()
    demo.page.get_by_role("button", name="Mark", exact=True).click()
    demo.record_until("0:02")
    demo.stop.click()
    expect_wave(demo, 1)
    expect(demo.take(1).locator(".timeline .mark")).to_have_count(1)
    marker = demo.take(1).get_by_role("list", name="Markers").get_by_role("button")
    expect(marker).to_have_text(re.compile(r"^0:0\d$"))
    marker.click()
    hears(demo, 1, "player => player.currentTime > 0.8")
    demo.choose_entry("Normalise volume", 1)
    expect(demo.answer(1)).to_have_text("Take 1 (normalised) is ready.")
    expect(demo.page.get_by_role("list", name="Markers")).to_have_count(2)


@pytest.mark.thorough
@firefox_in_soak
def test_only_one_menu_is_open_and_works_by_keyboard(demo):
    for number in (1, 2):
        demo.make_take(number)
    page, menus = demo.page, demo.page.get_by_role("menu")
    menu = demo.open_menu(1)
    expect(menu).to_have_accessible_name("More Take 1")
    expect(demo.button("More", 1)).to_have_attribute("aria-expanded", "true")
    assert demo.violations() == []
    page.keyboard.press("End")
    expect(menu.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(menu.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("r")  # elsewhere this key records
    expect(menu.get_by_role("menuitem", name="Remove silence")).to_be_focused()
    page.keyboard.press("r")
    expect(menu.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menus).to_have_count(0)
    expect(demo.button("More", 1)).to_be_focused()
    expect(demo.button("More", 1)).to_have_attribute("aria-expanded", "false")

    demo.open_menu(1)
    demo.open_menu(2)
    expect(menus).to_have_accessible_name("More Take 2")
    expect(menus).to_have_count(1)
    page.get_by_role("heading", name="Takes").click()
    expect(menus).to_have_count(0)
    demo.open_menu(2)
    page.keyboard.press("Tab")
    expect(menus).to_have_count(0)
    for absent in ("Share", "Save as GIF"):  # no browser of the harness shares, and this take has no picture
        expect(demo.open_menu(2).get_by_role("menuitem", name=absent)).to_have_count(0)
        page.keyboard.press("Escape")


@pytest.mark.thorough
@firefox_in_soak
def test_takes_are_searched_and_sorted_by_name_date_and_length(demo):
    page = demo.page
    demo.start_take()
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_hidden()
    demo.start_take("0:02")
    demo.stop.click()
    expect(demo.take(2)).to_be_visible()
    demo.make_take(3)
    demo.choose_entry("Rename", 2)
    demo.take_named_field().fill("An <b>interview</b>")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="An <b>interview</b>")).to_be_visible()

    order = page.get_by_role("combobox", name="Order")
    assert names(demo) == ["Take 3", "An <b>interview</b>", "Take 1"]
    order.select_option("Oldest first")
    assert names(demo) == ["Take 1", "An <b>interview</b>", "Take 3"]
    order.select_option("By name")
    assert names(demo) == ["An <b>interview</b>", "Take 1", "Take 3"]
    order.select_option("Longest first")
    lengths = [float(text.removesuffix(" s")) for text in demo.takes.locator(".length").all_inner_texts()]
    assert lengths == sorted(lengths, reverse=True)

    search = page.get_by_role("searchbox", name="Search takes")
    search.press_sequentially("INTER")
    expect(demo.takes.filter(visible=True)).to_have_count(1)
    assert names(demo) == ["An <b>interview</b>"]
    search.fill("nothing")
    expect(page.get_by_text("No take has this in its name.")).to_be_visible()
    assert demo.violations() == []
    demo.make_take(4)  # a new take is always in sight
    expect(search).to_have_value("")
    expect(demo.takes.filter(visible=True)).to_have_count(4)


@pytest.mark.thorough
@firefox_in_soak
def test_several_takes_are_downloaded_joined_and_deleted(demo):
    page = demo.page
    for number in (1, 2, 3):
        demo.make_take(number)
    page.get_by_role("button", name="Select", exact=True).click()
    tools = page.get_by_role("group", name="Selected takes")
    expect(tools).to_contain_text("0 selected")
    expect(tools.get_by_role("button", name="Download as zip")).to_be_disabled()
    for number in (1, 2):
        page.get_by_role("checkbox", name=f"Select Take {number}").check()
    expect(tools).to_contain_text("2 selected")

    with downloads(demo) as last:
        tools.get_by_role("button", name="Download as zip").click()
        expect(tools).to_contain_text("2 takes are in your downloads as takes.zip.")
        name, content = last()
    assert name == "takes.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        extension = "webm" if "WebM" in demo.take(1).text_content() else "ogg"
        assert sorted(archive.namelist()) == [f"take-1.{extension}", f"take-2.{extension}"]
        assert archive.read(f"take-1.{extension}") == demo.content(1).read_bytes()

    tools.get_by_role("button", name="Join").click()
    expect(tools).to_contain_text("Take 1 (joined) is ready.")
    both = sum(duration(demo, f"Take {number}") for number in (1, 2))
    assert duration(demo, "Take 1 (joined)") == pytest.approx(both, abs=NEARLY)

    tools.get_by_role("button", name="Delete").click()
    expect(demo.takes).to_have_count(2)
    expect(page.get_by_text("2 takes are deleted.")).to_be_visible()
    assert demo.violations() == []
    demo.undo.click()
    expect(demo.takes).to_have_count(4)
    tools.get_by_role("button", name="Select all").click()
    expect(tools).to_contain_text("4 selected")
    tools.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Your recordings appear here")).to_be_visible()
    expect(tools).to_be_hidden()


@pytest.mark.thorough
@firefox_in_soak
def test_takes_of_different_kinds_are_not_joined(demo):
    demo.make_take(1)
    demo.choose("Camera")
    demo.make_take(2)
    demo.page.get_by_role("button", name="Select", exact=True).click()
    demo.page.get_by_role("button", name="Select all").click()
    tools = demo.page.get_by_role("group", name="Selected takes")
    tools.get_by_role("button", name="Join").click()
    expect(tools).to_contain_text("These takes cannot be joined")
    expect(demo.takes).to_have_count(2)
    demo.page.keyboard.press("Escape")
    expect(tools).to_be_hidden()
    expect(demo.page.get_by_role("button", name="Select", exact=True)).to_be_focused()


@pytest.mark.thorough
@firefox_in_soak
def test_renamed_take_keeps_its_name(demo):
    demo.make_take()
    demo.choose_entry("Rename", 1)
    field = demo.take_named_field()
    expect(field).to_be_focused()
    field.fill("<b>Interview</b> & more")
    field.press("Enter")
    heading = demo.page.get_by_role("heading", name="<b>Interview</b> & more", exact=True)
    expect(heading).to_be_visible()
    expect(demo.page.get_by_label("Player of <b>Interview</b> & more")).to_be_attached()

    demo.page.reload()
    expect(heading).to_be_visible()
    demo.make_take(1)
    demo.page.get_by_role("button", name="More <b>Interview</b> & more").click()
    demo.page.get_by_role("menuitem", name="Delete").click()
    expect(heading).to_have_count(0)


@pytest.mark.thorough
@firefox_in_soak
def test_dragged_selection_is_played_kept_and_cut_out(demo, look):
    demo.start_take("0:03")
    demo.stop.click()
    expect_wave(demo, 1)
    row, length = demo.take(1), demo.length(1)
    region = row.locator(".timeline [part~=region]")
    width = row.locator(".timeline").bounding_box()["width"]

    def expect_selected(start: float, end: float) -> None:
        for label, part in (("From (seconds)", start), ("To (seconds)", end)):
            chosen = float(row.get_by_label(label).input_value())
            assert chosen == pytest.approx(part * length, abs=0.2), label
        expect(region).to_have_count(1)

    drag(demo, 1, 0.25, 0.75)
    expect_selected(0.25, 0.75)
    drag(demo, 1, 0.6, 0.4)
    expect_selected(0.4, 0.6)
    drag(demo, 1, 0.4 + 2 / width, 0.1)  # a handle at the end
    expect_selected(0.1, 0.6)
    drag(demo, 1, 0.5, 0.99)
    drag(demo, 1, 0.25, 0.5)
    expect_selected(0.25, 0.5)
    look(demo.page, "selected")

    demo.player(1).evaluate("player => { player.muted = true; }")
    row.get_by_role("button", name="Play selection").click()
    expect(demo.button("Pause", 1)).to_be_visible()
    expect(demo.button("Play", 1)).to_be_visible()
    stopped = demo.player(1).evaluate("player => player.currentTime")
    assert stopped == pytest.approx(0.5 * length, abs=0.4)

    row.get_by_role("button", name="Keep selection").click()
    expect(demo.answer(1)).to_have_text("Take 1 (trimmed) is ready.")
    assert duration(demo, "Take 1 (trimmed)") == pytest.approx(length / 4, abs=NEARLY)

    drag(demo, 1, 0.25, 0.5)
    row.get_by_role("button", name="Cut out selection").click()
    expect(demo.answer(1)).to_have_text("Take 1 (cut) is ready.")
    assert duration(demo, "Take 1 (cut)") == pytest.approx(length * 3 / 4, abs=NEARLY)
    expect(demo.takes).to_have_count(3)
    demo.page.reload()
    expect(demo.takes).to_have_count(3)


@pytest.mark.thorough
@firefox_in_soak
def test_take_is_normalised_and_its_silence_removed(demo):
    demo.run_python(QUIET_TAKE)
    assert demo.player(1).evaluate(PEAK) == pytest.approx(0.1, abs=0.02)
    demo.choose_entry("Normalise volume", 1)
    expect(demo.answer(1)).to_have_text("Take 1 (normalised) is ready.")
    loud = demo.page.get_by_label("Player of Take 1 (normalised)")
    assert loud.evaluate(PEAK) == pytest.approx(0.891, abs=0.05)
    assert duration(demo, "Take 1 (normalised)") == pytest.approx(3, abs=0.1)

    demo.choose_entry("Remove silence", 1)
    expect(demo.answer(1)).to_have_text("Take 1 (without silence) is ready.")
    assert duration(demo, "Take 1 (without silence)") == pytest.approx(2.2, abs=0.2)
    expect(demo.takes).to_have_count(3)


@pytest.mark.thorough
@firefox_in_soak
def test_picture_is_cut_and_saved_as_still_and_gif(demo):
    demo.choose("Camera")
    demo.start_take("0:03")
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    row, player = demo.take(1), demo.take(1).locator("video")
    whole = duration(demo, "Take 1")
    with downloads(demo) as last:
        player.evaluate("player => { player.currentTime = 1.2; }")
        demo.choose_entry("Save this picture", 1)
        expect(demo.answer(1)).to_contain_text("take-1-0-01.png")
        name, content = last()
        assert content.startswith(b"\x89PNG")

        demo.choose_entry("Save as GIF", 1)
        expect(demo.answer(1)).to_contain_text("take-1.gif")
        name, content = last()
    file = demo.folder / name
    file.write_bytes(content)
    found = probe(file)
    assert found["format"] == "gif"
    assert found["errors"] == []
    assert found["decoded_duration"] == pytest.approx(whole, abs=0.3)
    assert 5 * whole < content.count(b"\x21\xf9\x04") <= 11 * whole, "at most ten pictures a second"
    assert int.from_bytes(content[6:8], "little") <= 480
    if demo.page.context.browser.browser_type.name == "chromium":
        assert len(colours(file)) >= 2, "the pictures move"

    expect(
        demo.open_menu(1).get_by_role("menuitem", name="Normalise volume (sound takes only)")
    ).to_be_disabled()
    demo.page.keyboard.press("Escape")
    demo.choose_entry("Select a part", 1)
    to = row.get_by_label("To (seconds)")
    expect(to).not_to_have_value("")
    assert float(to.input_value()) == pytest.approx(whole, abs=0.02)
    assert row.locator(".length").text_content() == f"{int(whole * 10) / 10} s"
    demo.type(row.get_by_label("From (seconds)"), "1")
    demo.type(to, "1.02")
    row.get_by_role("button", name="Keep selection").click()
    expect(demo.answer(1)).to_contain_text("Select at least a tenth of a second.")
    demo.type(to, "2")
    row.get_by_role("button", name="Cut out selection").click()
    expect(demo.answer(1)).to_have_text("Take 1 (cut) is ready.")
    assert duration(demo, "Take 1 (cut)") == pytest.approx(whole - 1, abs=NEARLY)
    kept = demo.page.get_by_label("Player of Take 1 (cut)")
    assert kept.evaluate("player => player.videoWidth") > 0


@pytest.mark.thorough
@firefox_in_soak
def test_share_hands_over_the_file_where_the_browser_can(demo):
    demo.make_take()
    demo.page.evaluate(  # as browsers with Web Share have it
        """() => {
          navigator.canShare = ({ files }) => files.length === 1;
          navigator.share = async ({ files: [file], title }) => {
            window.shared = [file.name, file.size, title];
          };
        }"""
    )
    try:
        demo.choose_entry("Share", 1)
        demo.page.wait_for_function("window.shared")
        name, size, title = demo.page.evaluate("shared")
        assert (name.partition(".")[0], size, title) == ("take-1", demo.content(1).stat().st_size, "Take 1")
    finally:
        demo.page.evaluate("() => { delete navigator.canShare; delete navigator.share; }")
    expect(demo.open_menu(1).get_by_role("menuitem", name="Share")).to_have_count(0)
    demo.page.keyboard.press("Escape")


@pytest.mark.thorough
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
        with demo.page.expect_download() as download:
            demo.choose_entry(name, 1)
        assert download.value.suggested_filename == f"take-1.{extension}"
        file = demo.folder / f"take-1.{extension}"
        download.value.save_as(file)
        found = probe(file)
        assert container in found["format"]
        [channel, *_] = tone(file)
        assert channel["frequency"] == pytest.approx(1000, abs=5)


@pytest.mark.thorough
@firefox_in_soak
def test_parts_of_a_take_keep_their_order(demo):
    """They began at the same time, and may be listed in any order."""
    demo.make_take()
    headings = demo.takes.get_by_role("heading")
    for number in range(2, 6):
        demo.choose_entry("Select a part", 1)
        demo.take(1).get_by_role("button", name="Keep selection").click()
        expect(demo.takes).to_have_count(number)
        expect(demo.take(1).locator(".selection")).to_be_hidden()
    before = headings.all_inner_texts()
    assert len(set(before)) == 5
    demo.page.reload()
    expect(demo.takes).to_have_count(5)
    assert headings.all_inner_texts() == before


def expect_near(answer: Locator, button: Locator) -> None:
    """The answer is visible, in the row of the button, a few lines from it."""
    expect(answer).to_be_in_viewport(ratio=1)
    one, other = answer.bounding_box(), button.bounding_box()
    assert abs(one["y"] - other["y"]) < 250


@pytest.mark.console_errors  # a file that does not arrive
@firefox_in_soak
@pytest.mark.thorough
def test_new_take_and_answers_are_in_sight(fresh_demo, engine, look):
    demo, page = fresh_demo, fresh_demo.page  # a shared page may have loaded the encoder before
    page.route("**/mp3.js", lambda route: route.abort())
    if engine == "chromium":
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.set_viewport_size(PHONE)
    for number in (1, 2, 3):
        demo.make_take(number)
        expect(demo.take(number)).to_be_in_viewport(ratio=1)
    answer, more = demo.answer(1), demo.button("More", 1)

    demo.choose_entry("Copy link to this time", 1)
    expect(answer).to_contain_text("is copied")
    expect_near(answer, more)
    look(page, "answer-link")

    demo.choose_entry("MP3", 1)
    expect(answer).to_contain_text("could not be loaded")
    expect_near(answer, more)
    look(page, "answer-wrong")

    demo.choose_entry("Select a part", 1)
    expect(answer).to_have_count(0)
    demo.type(demo.take(1).get_by_label("To (seconds)"), "0.02")
    keep = demo.take(1).get_by_role("button", name="Keep selection")
    keep.click()
    expect(answer).to_contain_text("at least a tenth of a second")
    expect_near(answer, keep)
    look(page, "answer-trim")
    demo.type(demo.take(1).get_by_label("To (seconds)"), "0.8")
    page.evaluate(
        """() => {
          const work = document.querySelector("#takes > :last-child .work");
          new MutationObserver(() => {
            const { bottom } = work.getBoundingClientRect();
            if (work.hidden) return;
            window.progressSeen = [work.closest(".selection") !== null, bottom <= innerHeight];
          }).observe(work, { attributeFilter: ["hidden"] });
        }"""
    )
    keep.click()
    expect(answer).to_have_text("Take 1 (trimmed) is ready.")
    expect_near(answer, more)
    assert page.evaluate("progressSeen") == [True, True]

    demo.choose_entry("Delete", 1)
    expect(demo.undo).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Take 1 is deleted.")).to_be_in_viewport(ratio=1)
    look(page, "answer-deleted")
    assert demo.violations() == []
    demo.undo.click()
    expect(answer).to_have_text("Take 1 is back.")
    expect_near(answer, more)
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
    expect(demo.size).to_have_text(demo.take(1).locator(".size").text_content() or "")


@pytest.mark.thorough
@chromium_only
def test_conversion_shows_progress_and_can_be_cancelled(demo):
    demo.choose("Camera")
    demo.start_take("0:03")
    demo.stop.click()
    expect(demo.take(1)).to_be_visible()
    demo.page.evaluate(CANCEL_AT_ONCE)  # it may finish before Playwright's click arrives
    demo.choose_entry("MP4", 1)
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
    demo.choose_entry("Copy link to this time", 1)
    expect(demo.answer(1)).to_contain_text("The link to Take 1 at 0:01 is copied.")
    link = demo.page.evaluate("window.copied")
    assert re.search(r"#take=[\w-]+&t=1\.5$", link)

    demo.page.goto("about:blank")
    demo.page.goto(link)
    expect(demo.take(1)).to_be_visible()
    hears(demo, 1, "player => player.currentTime === 1.5")
    demo.page.evaluate("location.hash = '#take=unknown&t=3'")
    expect(demo.problem).to_contain_text("The take for this link is not here")


@pytest.mark.thorough
@firefox_in_soak
def test_deleted_take_is_restored_or_deleted_for_good(demo, site):
    for number in (1, 2):
        demo.make_take(number)
    expect(demo.status).to_have_text("Take 2 is ready.")
    expect(demo.space).to_have_text(re.compile(r"^\d+ kB used$"))
    both = demo.space.inner_text()
    demo.choose_entry("Delete", 1)
    expect(demo.take(1)).to_have_count(0)
    expect(demo.space).not_to_have_text(both)
    demo.undo.click()
    expect(demo.take(1)).to_be_visible()
    expect(demo.answer(1)).to_have_text("Take 1 is back.")
    expect(demo.space).to_have_text(both)
    assert demo.expect_seekable(1) > 0.5

    demo.run_python("from demo import deleted\ndeleted.UNDO = 1  # instead of 10 seconds")
    address = demo.player(2).get_attribute("src")
    demo.open_menu(2).get_by_role("menuitem", name="Delete").press("Enter")
    expect(demo.undo).to_be_focused()
    demo.page.get_by_role("heading", name="Takes").focus()  # it stays as long as Undo has the focus
    expect(demo.undo).to_be_hidden()
    demo.page.wait_for_function("address => pageProbe.revoked.has(address)", arg=address)
    demo.run_python("from demo import deleted\ndeleted.UNDO = 10")
    demo.choose_entry("Delete", 1)
    expect(demo.undo).to_be_visible()
    demo.page.goto("about:blank")  # while it can still be restored
    demo.page.goto(f"{site}/")
    expect(demo.preview).to_be_enabled()
    expect(demo.page.get_by_text("Your recordings appear here")).to_be_visible()
    expect(demo.space).to_have_text("")
    expect(demo.takes).to_have_count(0)
