"""Two tabs that use the same camera."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

USES = {
    "recorder": """
recorder = MediaRecorder(stream)
await recorder.start()
await recorder.stop()
""",
    "frames": """
async for frame in stream.frames():
    break
""",
}
OPEN = """
import asyncio
from mediarecorder import MediaRecorder, media_devices, connect

{connect}
stream = await media_devices.get_user_media(video=True)
"""
READ = """
async with asyncio.timeout(30):
    seen = 0
    async for frame in stream.frames():
        seen += 1
        if seen == 5:
            break
stream.stop()
seen
"""


@pytest.mark.thorough
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("realm", ["page", "worker"])
def test_open_camera_of_one_tab_leaves_the_other_its_pictures(
    launch: Callable[..., Page], engine: str, site: str, realm: str, use: str
) -> None:
    first = launch(engine)
    second = first.context.new_page()
    for page in (first, second):
        page.goto(f"{site}/tests/frames/frame.html")
        page.wait_for_function("typeof run == 'function'")
    channel = first.evaluate("channel")
    connect = f"await connect({channel!r})" if realm == "worker" else ""
    run = "([realm, source]) => run(realm, source)"
    first.evaluate(run, [realm, OPEN.format(connect=connect) + USES[use] + "0"])
    assert second.evaluate(run, ["page", OPEN.format(connect="") + READ]) == "5"
    assert first.evaluate(run, [realm, "stream.video_tracks[0].ready_state"]) == "live"
