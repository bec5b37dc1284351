"""Recordings on a busy machine lose neither pictures nor sound.

At `stop()`, Chromium drops the data that its video encoder still holds. The tests compare the last picture
of a file with the end of its sound.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from killable import Profile

from harness.busy_machine import load
from harness.lanes import FAKE_CAMERA_FILE

WITHIN = {None: 0.15, "video/webm;codecs=vp8": 1.0}
"""Seconds. A packet of sound is 0.06 s long, a picture of the camera 0.033 s. VP8 drops most pictures, so its
last one may be old; a plain `stop()` lost up to 3.2 s of it."""
RECORD = """
from support.eventually import until

async def end_of(blob):
    played = await ask_judge.played(blob)
    return [played["sound"]["end"], played["pictures"][-1]["time"], len(played["pictures"])]

async def press(seconds, **options):
    panel = RecorderPanel(**options)
    js.document.body.insertAdjacentHTML("beforeend", panel._repr_html_())
    host = js.document.body.lastElementChild
    await until(lambda: getattr(host, "shadowRoot", None))
    text = lambda selector: host.shadowRoot.querySelector(selector).textContent
    button = lambda name: next(b for b in host.shadowRoot.querySelectorAll("button") if b.textContent == name)
    await until(lambda: text("[role=status]") == "Ready")
    button("Record").click()
    await until(lambda: panel.state == "recording")
    await asyncio.sleep(seconds)
    recording = panel.recording()
    button("Stop").click()
    recording = await recording
    panel.close()
    host.remove()
    return recording

async def take(how, mime_type, seconds, store):
    camera = {"width": 640, "height": 480}
    if how == "plain stop":
        with await media_devices.get_user_media(audio=True, video=camera) as stream:
            recorder = MediaRecorder(stream, mime_type=mime_type)
            await recorder.start()
            await asyncio.sleep(seconds)
            return await recorder.stop()
    if how == "panel":
        return await press(seconds, video=camera, mime_type=mime_type)
    options = {"record": {}, "timeslice": {"timeslice": 0.5}, "store": {"store": store}}[how]
    return await record(seconds, video=camera, mime_type=mime_type, **options)

store = await RecordingStore.open("loaded")
made = [await take(how, mime_type, seconds, store) for _ in range(times) for how in hows]
"null"
"""
JUDGE = """
json.dumps([[*(await end_of(one)), one.duration, await one.measure()] for one in made])
"""


def recorded(
    chromium: Profile, count: int, hows: list[str], mime_type: str | None, seconds: float, times: int
) -> dict[str, list[Any]]:
    """For each way to record: ends of sound and picture, number of pictures, durations given and measured."""
    chromium.without = FAKE_CAMERA_FILE
    chromium.open()
    chromium.run("warm = await record(0.3, video=True)\n'null'")
    facts = f"hows, mime_type, seconds, times = {hows!r}, {mime_type!r}, {seconds!r}, {times!r}\n"
    with load(count, 20 + 3 * seconds * times * len(hows)):
        chromium.run(facts + RECORD)
    found = chromium.run(JUDGE)
    return {how: found[place :: len(hows)] for place, how in enumerate(hows)}


@pytest.mark.soak
@pytest.mark.parametrize("mime_type", [None, "video/webm;codecs=vp8"])
@pytest.mark.parametrize("count", [12, 24])
def test_recordings_on_a_busy_machine_are_complete(
    profile: Callable[[str], Profile], count: int, mime_type: str | None
) -> None:
    """(tests/browser/test_late_encoder.py has the small version, with pictures that are hard to encode.)"""
    hows = ["record", "timeslice", "store", "panel"]
    found = recorded(profile("chromium"), count, hows, mime_type, seconds=4, times=2)
    for how, takes in found.items():
        for sound, picture, _, told, read in takes:
            assert picture > sound - WITHIN[mime_type], (how, json.dumps(found))
            assert read == pytest.approx(told, abs=1.5), (how, json.dumps(found))
