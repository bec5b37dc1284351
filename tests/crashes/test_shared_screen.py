"""A real screen on which nothing moves, shared with sound: Chromium with a window under Xvfb."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from killable import Profile

from harness.display import Display, DisplayMissingError

pytestmark = pytest.mark.soak

LATE = 0.6
"""Seconds that a busy machine may lag behind."""

RECORD = """
screen = await media_devices.get_display_media(audio=False)
context = js.AudioContext.new()
tone = context.createOscillator()
sound = context.createMediaStreamDestination()
tone.connect(sound)
tone.start()
stream = MediaStream([*screen.tracks, *MediaStream(sound.stream).tracks])
store = await RecordingStore.open("screen")
recorder = MediaRecorder(stream, store=store)
times = []
recorder.on("dataavailable", lambda event: event.data.size and times.append(recorder.duration))
await recorder.start(0.25)
while recorder.duration < 6:
    await asyncio.sleep(0.02)
await store.flush()
seconds = recorder.duration
[under_way] = await store.recordings()
surface = screen.video_tracks[0].settings["display_surface"]
is_relayed = recorder.js.stream.getVideoTracks()[0].id != screen.video_tracks[0].js.id
recording = await recorder.stop()
screen.stop()
tone.stop()
await context.close()
json.dumps({
    "surface": surface,
    "seconds": seconds,
    "safe": under_way.duration,
    "times": times,
    "is_relayed": is_relayed,
    "judged": await ask_judge.probe(recording),
    "pictures": len(await ask_judge.pictures(recording)),
})
"""


@pytest.fixture
def display() -> Iterator[str]:
    """The name of a new X display, whose screen exists only in memory."""
    try:
        display = Display()
    except DisplayMissingError as error:
        pytest.skip(str(error))
    yield display.name
    display.close()


def test_shared_screen_that_stands_still_delivers_all_the_time(
    profile: Callable[[str], Profile], display: str
) -> None:
    chromium = profile("chromium")
    chromium.display = display
    chromium.open()
    found = chromium.run(RECORD)
    [picture] = [stream for stream in found["judged"]["streams"] if stream["kind"] == "video"]
    assert (found["surface"], picture["width"], picture["height"]) == ("monitor", 640, 480)
    assert not found["is_relayed"], "the library adds no pictures"
    assert found["pictures"] >= 10 * found["seconds"]
    assert max(after - before for before, after in itertools.pairwise([0, *found["times"]])) < 0.25 + LATE
    assert found["safe"] >= found["seconds"] - 0.25 - LATE
    assert found["judged"]["errors"] == []
    assert found["judged"]["decoded_duration"] >= found["seconds"] - 0.3
