"""A newcomer follows README.md to the letter, in an empty folder that has only `dist/`.

The files, commands, addresses and names of buttons come from the text itself. The tests change only the port
of the server.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from harness import readme
from harness.judge import probe, tone
from harness.lanes import chromium_only, firefox_in_soak, firefox_thorough
from harness.media import TONE_FREQUENCY
from harness.places import PAGE_PROBE
from harness.readme import STATED_ADDRESS, STATED_SERVER, with_free_port
from harness.release import let_record, make_dist, read, served
from setup.node import find_node

FIRST = "A page that records"


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dist(tmp_path_factory.mktemp("release") / "dist")


@pytest.fixture
def empty_folder(tmp_path: Path, dist: Path) -> Path:
    """A folder with nothing but `dist/`."""
    folder = tmp_path / "newcomer"
    folder.mkdir()
    shutil.copytree(dist, folder / "dist")
    return folder


@pytest.fixture
def variables() -> dict[str, str]:
    """The environment of a newcomer who has Node."""
    return os.environ | {"PATH": f"{find_node().parent}{os.pathsep}{os.environ['PATH']}"}


def open_and_press(page: Page, address: str, first: str, *others: str) -> None:
    """Open the page, press one button, and the others a second later."""
    page.add_init_script(path=PAGE_PROBE)
    page.goto(address, wait_until="commit")
    button = page.get_by_role("button", name=first)
    expect(button).to_be_enabled()
    button.click()
    for name in others:
        let_record(page, 1)
        page.get_by_role("button", name=name).click()


def expect_a_saved_recording(page: Page, file: Path, engine: str) -> None:
    player = page.get_by_label("Recording of")
    link = page.get_by_role("link", name="Download")
    expect(link).to_have_attribute("download", re.compile(r"^recording-.+\.(ogg|webm)$"))
    if engine == "chromium":
        with page.expect_download() as download:
            link.click()
        download.value.save_as(file)
    else:  # Playwright cannot follow a download of Firefox
        read(player, file)
    assert probe(file)["errors"] == []
    [channel, *_] = tone(file)
    assert channel["frequency"] == pytest.approx(TONE_FREQUENCY, abs=5)
    player.evaluate("player => { player.muted = true; return player.play(); }")
    page.wait_for_function("player => player.currentTime > 0.3", arg=player.element_handle())


@pytest.mark.thorough
@firefox_thorough
def test_unpacked_zip_records(launch, engine, empty_folder, tmp_path):
    text = readme.section(FIRST)
    [(address, what_to_do)] = re.findall(rf"Open <({STATED_ADDRESS})>, (press .*?)\. ", text, re.DOTALL)
    page = launch(engine)
    with served(with_free_port(readme.commands(FIRST)), empty_folder) as server:
        address = address.replace(STATED_ADDRESS, server.url)
        open_and_press(page, address, *re.findall(r"\*\*(.+?)\*\*", what_to_do))
        expect_a_saved_recording(page, tmp_path / "saved", engine)
        assert server.refused() == []


@pytest.mark.thorough
@chromium_only
def test_stated_addresses_show_the_named_pages(launch, engine, empty_folder):
    row = re.compile(rf"^\| \[(.+?)\]\(.+?\) \| <({STATED_ADDRESS}/\S+)> ", re.MULTILINE)
    rows = row.findall(readme.section(FIRST))
    assert len(rows) == 3
    page = launch(engine)
    with served(with_free_port(readme.commands(FIRST)), empty_folder) as server:
        for name, address in rows:
            page.goto(address.replace(STATED_ADDRESS, server.url), wait_until="commit")
            expect(page.get_by_role("heading", name=name)).to_be_visible()
            expect(page.get_by_role("button", name="Record")).to_be_enabled()
        assert server.refused() == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("title", "names"),
    [(FIRST, ["Record", "Stop"]), ("With Pyodide alone", ["Record 3 seconds"])],
    ids=["pyscript", "pyodide"],
)
@firefox_in_soak
def test_own_page_with_packages_from_npm_records(
    launch, engine, empty_folder, variables, tmp_path, title, names
):
    files = readme.files(title)
    assert "index.html" in files
    for name, content in files.items():
        (empty_folder / name).write_text(content)
    page = launch(engine)
    script = with_free_port(readme.commands("With PyScript") + STATED_SERVER)
    with served(script, empty_folder, variables) as server:
        open_and_press(page, server.url, *names)
        expect_a_saved_recording(page, tmp_path / "saved", engine)
        assert server.refused() == []
