"""A take whose sound or picture ends while the other goes on still delivers every slice."""

import pytest
from support.ask_judge import probe
from support.eventually import until
from support.rows import in_soak

from mediarecorder import MediaRecorder


@pytest.mark.firefox_too
# In Chromium on a loaded machine, the end of the sound was seen to delay the picture for more than 30 s.
@pytest.mark.parametrize("kind", ["video", *in_soak("audio")])
async def test_other_track_is_delivered_after_one_has_ended(both, store, kind):
    recorder = MediaRecorder(both, store=store)
    came = []
    recorder.on("dataavailable", lambda event: came.append(recorder.duration) if event.data.size else None)
    await recorder.start(0.25)
    await until(lambda: recorder.duration >= 1)
    for track in both.tracks:
        if track.kind == kind:
            track.stop()
    ended = recorder.duration
    await until(lambda: came and came[-1] >= ended + 1.5)
    await store.flush()
    [take] = await store.recordings()
    assert take.state == "recording"
    assert take.duration >= round(ended + 1.5, 3), "the store keeps milliseconds"
    recording = await recorder.stop()
    found = await probe(recording)
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
    assert found["decoded_duration"] == pytest.approx(recording.duration, abs=1.2)
