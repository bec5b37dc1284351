"""Sound in a page that the user has not clicked yet: browsers refuse to play it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from harness.lanes import chromium_only

PLAY = """
import json
from array import array
from mediarecorder import AudioSamples, MediaError, MediaStream

sound = array("f", 4800 * [0.1])

async def blocks():
    yield sound

async def said(play):
    try:
        await play()
    except MediaError as error:
        return f"{error.name}: {error}"
    return "played"

async def play():
    await AudioSamples(sound, 48000).play()

async def send_on():
    (await MediaStream.from_blocks(blocks(), 48000)).stop()

json.dumps([await said(play), await said(send_on)])
"""
# Playwright's own evaluation of a script would count as a click.
RUN = """
const play = async () => console.log(`said ${await run("page", %s)}`);
addEventListener("load", play);
addEventListener("click", play);
"""


@pytest.mark.thorough
@chromium_only
def test_page_plays_sound_after_a_click(launch: Callable[..., Page], engine: str, site: str) -> None:
    page = launch(engine, without=["--autoplay-policy"])
    page.add_init_script(RUN % json.dumps(PLAY))

    def said(act: Callable[[], object]) -> list[str]:
        with page.expect_console_message(lambda message: message.text.startswith("said")) as message:
            act()
        return json.loads(message.value.text.removeprefix("said"))

    played, sent = said(lambda: page.goto(f"{site}/tests/frames/frame.html"))
    assert played.startswith("NotAllowedError: play: the browser plays no sound before the user has clicked")
    assert sent.startswith("NotReadableError: ")
    assert "Call it from a click" in sent
    assert said(lambda: page.mouse.click(10, 10)) == ["played", "played"]
