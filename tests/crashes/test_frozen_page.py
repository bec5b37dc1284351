"""Browsers freeze the page of a hidden tab: nothing runs in it until it is shown again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from killable import Profile

OPEN = """
stream = await media_devices.get_user_media(audio=True, video=True)
recorder = MediaRecorder(stream)
await recorder.start()
begun = asyncio.ensure_future(record(1.5, stream=stream))
await asyncio.sleep(0)
json.dumps("opened")
"""
TAKES = """
takes = [await begun, await record(1.5, stream=stream), await recorder.stop()]
json.dumps([[take.duration, (await ask_judge.probe(take))["decoded_duration"]] for take in takes])
"""


@pytest.mark.thorough
@pytest.mark.parametrize("seconds", [2, pytest.param(6, marks=pytest.mark.soak)])
def test_takes_in_and_after_a_freeze_have_the_right_length(
    profile: Callable[[str], Profile], seconds: float
) -> None:
    chromium = profile("chromium")
    chromium.open()
    chromium.run(OPEN)
    devtools = chromium.page.context.new_cdp_session(chromium.page)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    chromium.page.wait_for_timeout(seconds * 1000)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    for said, decoded in chromium.run(TAKES):
        assert said >= 1.5
        assert abs(said - decoded) < 0.4
