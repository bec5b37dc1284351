"""A picture that perhaps never changes, recorded for Python in a worker."""

import pytest
from support.ask_judge import pictures, probe
from support.eventually import until

from mediarecorder import MediaRecorder
from mediarecorder._recorder import steady


@pytest.mark.core
@pytest.mark.lane("chromium-worker", "firefox-worker")
@pytest.mark.parametrize("kinds", ["picture", "sound", "picture and sound"])
async def test_page_records_through_tracks_of_its_own(both, monkeypatch, kinds):
    """(A worker cannot make a still picture, so the test treats camera and microphone as still sources.)"""
    sources = [
        track.js if kind in kinds else None
        for kind, track in zip(("picture", "sound"), (*both.video_tracks, *both.audio_tracks), strict=True)
    ]
    monkeypatch.setattr(steady, "_sources", lambda stream: tuple(sources))
    recorder = MediaRecorder(both)
    await recorder.start(0.25)
    assert recorder.js.stream != both.js
    await until(lambda: recorder.duration >= 1.5)
    recording = await recorder.stop()
    found = await probe(recording)
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
    assert recording.duration - 0.3 < found["decoded_duration"] < recording.duration + 0.75
    assert len(await pictures(recording)) > 5
    assert both.active
