"""People try the pages of examples/, with the wheel alone and on a server that knows nothing.

Firefox shares no screen without a display, so only Chromium tests the screen recorder. Flags of Chromium
choose the page's own tab.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

import mediarecorder
from harness.accessibility import violations
from harness.judge import probe, tone
from harness.lanes import chromium_only, firefox_in_soak, firefox_thorough
from harness.media import SAMPLE_RATE, TONE_FREQUENCY
from harness.release import let_record, open_recorder, read

RECORD_BUTTON, SCREEN, LOUD, MEMOS = PAGES = ("", "screen-to-mp4/", "loud-moments/", "voice-memos/")
PLAYS_A_FILE = "--use-file-for-fake-audio-capture"


def button(page: Page) -> Locator:
    return page.locator("#record")


def state(page: Page) -> Locator:
    return page.get_by_role("status")


def player(page: Page) -> Locator:
    return page.get_by_label("Recording of")


def record(page: Page, seconds: float) -> None:
    button(page).click()
    let_record(page, seconds)
    page.get_by_role("button", name="Stop", exact=True).click()


def expect_tone(file: Path) -> None:
    assert probe(file)["errors"] == []
    [channel, *_] = tone(file)
    assert channel["frequency"] == pytest.approx(TONE_FREQUENCY, abs=5)


@firefox_thorough
def test_record_button_shows_a_player_each_time(launch, engine, examples, tmp_path):
    page = open_recorder(launch(engine), examples)
    for number in (1, 2):
        record(page, number)
        expect(button(page)).to_have_text("Record")
        expect_tone(read(player(page), tmp_path / "recording"))
        link = page.get_by_role("link", name="Download")
        assert link.get_attribute("href") == player(page).get_attribute("src")
    assert probe(tmp_path / "recording")["decoded_duration"] > 1.8


@pytest.mark.thorough
@chromium_only
@pytest.mark.parametrize("voice", [True, False])
def test_screen_with_or_without_microphone_becomes_an_mp4(launch, engine, examples, tmp_path, voice):
    page = open_recorder(launch(engine), f"{examples}{SCREEN}")
    page.get_by_label("with the microphone").set_checked(voice)
    record(page, 1.5)

    expect(state(page)).to_have_text("The MP4 is ready.")
    file = read(player(page), tmp_path / "screen.mp4")
    found = probe(file)
    assert "mp4" in found["format"]
    assert found["errors"] == []
    assert sorted(stream["kind"] for stream in found["streams"]) == ["audio", "video"][not voice :]
    assert found["decoded_duration"] > 1
    if voice:
        expect_tone(file)
    assert page.evaluate("pageProbe.live()") == 0, "the screen or the microphone is still open"


@pytest.fixture(scope="session")
def beeps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of a tone, and half a second of silence."""
    step = 2 * math.pi * TONE_FREQUENCY / SAMPLE_RATE
    loud = array("h", (round(16_000 * math.sin(step * index)) for index in range(SAMPLE_RATE // 2)))
    path = tmp_path_factory.mktemp("media") / "beeps.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes((loud.tobytes() + bytes(len(loud) * 2)) * 10)
    return path


def moments(page: Page) -> list[tuple[float, float]]:
    texts = page.get_by_role("listitem").all_inner_texts()
    return [tuple(float(word) for word in text.split() if word not in ("s", "to")) for text in texts]


@pytest.mark.thorough
@chromium_only
def test_loud_moments_are_found_and_played(launch, engine, examples, beeps):
    flags = [f"{PLAYS_A_FILE}={beeps}"]
    page = open_recorder(launch(engine, without=[PLAYS_A_FILE], flags=flags), f"{examples}{LOUD}")
    record(page, 3.3)

    expect(state(page)).to_contain_text("Moments above -20 dB: ")
    found = moments(page)
    assert len(found) >= 3
    assert all(0.3 < end - start < 0.8 for start, end in found[1:-1]), found
    assert all(later - start == pytest.approx(1, abs=0.25) for (start, _), (later, _) in pairwise(found[1:]))
    page.get_by_role("listitem").nth(1).get_by_role("button").click()
    page.wait_for_function("start => document.querySelector('audio').currentTime > start", arg=found[1][0])

    page.get_by_label("Loud means above").fill("0")
    expect(state(page)).to_have_text("Nothing is above 0 dB.")
    expect(page.get_by_role("listitem")).to_have_count(0)


@pytest.mark.thorough
def test_lasting_tone_is_one_loud_moment(launch, engine, examples):
    page = open_recorder(launch(engine), f"{examples}{LOUD}")
    record(page, 1)
    expect(state(page)).to_contain_text("above -20 dB")
    page.get_by_label("Loud means above").fill("-50")  # Firefox's tone is not louder than -20 dB
    expect(state(page)).to_contain_text("Moments above -50 dB: 1.")
    [(start, end)] = moments(page)
    assert start < 0.4
    assert end - start > 0.5


@firefox_in_soak
@pytest.mark.thorough
def test_voice_memo_survives_a_reload_and_can_be_deleted(launch, engine, examples, tmp_path):
    page = open_recorder(launch(engine), f"{examples}{MEMOS}")
    record(page, 1)
    expect(state(page)).to_have_text("Saved in this browser.")
    open_recorder(page, page.url)

    expect_tone(read(player(page), tmp_path / "memo"))
    page.get_by_role("button", name="Delete the memo of").click()
    expect(state(page)).to_have_text("The memo is deleted.")
    expect(page.get_by_role("listitem")).to_have_count(0)
    open_recorder(page, page.url)
    expect(page.get_by_role("listitem")).to_have_count(0)


@firefox_in_soak
@pytest.mark.thorough
def test_voice_memo_survives_a_reload_during_the_recording(launch, engine, examples, tmp_path):
    page = open_recorder(launch(engine), f"{examples}{MEMOS}")
    record(page, 0.5)
    expect(page.get_by_role("listitem")).to_have_count(1)
    button(page).click()
    let_record(page, 3.5)
    open_recorder(page, page.url)

    expect(state(page)).to_have_text("A memo that was cut off is saved.")
    expect(page.get_by_role("listitem")).to_have_count(2)
    file = read(player(page).first, tmp_path / "memo")
    expect_tone(file)
    assert probe(file)["decoded_duration"] > 1


@pytest.mark.thorough
@pytest.mark.parametrize("address", PAGES, ids=lambda address: address or "record-button")
@firefox_in_soak
def test_refused_permission_shows_a_sentence_that_says_what_to_do(lane_page, engine, address, examples):
    if address == SCREEN and engine == "firefox":
        pytest.skip("Firefox shares no screen without a display")
    page = open_recorder(lane_page(f"{engine}-denied"), f"{examples}{address}")
    button(page).click()
    expect(state(page)).to_contain_text("for this site (the icon beside the address)")
    expect(button(page)).to_have_text("Record")
    expect(button(page)).to_be_enabled()


@pytest.mark.thorough
@chromium_only
@pytest.mark.parametrize("address", PAGES, ids=lambda address: address or "record-button")
def test_page_is_accessible_and_fits_wide_and_narrow_windows(
    launch: Callable[..., Page], engine: str, address: str, examples: str, screenshots: Path
) -> None:
    page = open_recorder(launch(engine), f"{examples}{address}")
    record(page, 1.2)
    expect(button(page)).to_have_text("Record")
    expect(page.locator("figure svg, video")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in ((1280, 720), (390, 664)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            name = address.strip("/") or "record-button"
            page.screenshot(path=screenshots / f"example-{name}-{width}-{scheme}.png", full_page=True)
        assert violations(page) == []


@pytest.mark.thorough
@chromium_only
def test_same_configuration_works_in_a_worker(launch, engine, examples, folder):
    """Recording in PyScript's workers is tested in tests/pyscript_workers."""
    (folder / "worker.html").write_text(
        """<!doctype html>
<link rel="icon" href="data:,">
<script>new BroadcastChannel("told").onmessage = ({ data }) => { document.title = data; };</script>
<script type="module" src="./pyscript/core.js"></script>
<script type="py" worker src="worker.py" config="pyscript.toml"></script>
"""
    )
    (folder / "worker.py").write_text(
        """from pathlib import Path
from js import BroadcastChannel
import mediarecorder

files = sorted(file.name for file in (Path(mediarecorder.__file__).parent / "js").glob("*.js"))
BroadcastChannel.new("told").postMessage(" ".join([mediarecorder.__version__, *files]))
"""
    )
    page = launch(engine)
    page.goto(f"{examples}worker.html")
    expect(page).to_have_title(
        f"{mediarecorder.__version__} media.js mp3.js page.js store.js tus.js worker.js"
    )
