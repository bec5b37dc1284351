"""A track that gives nothing holds nothing back: neither the sound, nor the picture, nor the end."""

import asyncio
from pathlib import Path

import pytest
from judge import colours, probe
from patience import no_proxy_stays, until

from mediarecorder import MediaRecorder, MediaStream, RecordingError, record

pytestmark = [pytest.mark.media_work, pytest.mark.page_only("a worker has no canvas with a stream")]

LATE = 0.75
"""Seconds that a busy machine may be behind."""


@pytest.fixture
def canvas():
    """A canvas of 160 x 120 on which nothing was drawn, and its context."""
    import js

    element = js.document.createElement("canvas")
    element.width, element.height = 160, 120
    return element, element.getContext("2d")


def draw(canvas, colour):
    element, context = canvas
    context.fillStyle = colour
    context.fillRect(0, 0, element.width, element.height)


def with_sound(canvas, microphone):
    return MediaStream([*MediaStream(canvas[0].captureStream()).tracks, *microphone.audio_tracks])


async def recorded_so_far(recorder, seconds):
    """The data that came while so many seconds were recorded, and how many it were."""
    chunks = []
    recorder.on("dataavailable", lambda event: chunks.append(event.data))
    await recorder.start(0.25)
    await until(lambda: recorder.duration >= seconds)
    import js

    return js.Blob.new([chunk.js for chunk in chunks]), recorder.duration


async def test_a_still_picture_does_not_hold_back_the_sound(canvas, microphone):
    draw(canvas, "red")
    recorder = MediaRecorder(with_sound(canvas, microphone))
    blob, seconds = await recorded_so_far(recorder, 2)
    found = await probe(blob)
    assert found["decoded_duration"] >= seconds - 0.25 - LATE
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
    recording = await recorder.stop()
    assert (await probe(recording))["decoded_duration"] == pytest.approx(recording.duration, abs=0.3)
    assert {colour["name"] for colour in await colours(recording)} == {"red"}
    assert recorder.stream.video_tracks[0].ready_state == "live"


async def test_a_canvas_on_which_nothing_is_ever_drawn_does_not_hold_back_the_sound(canvas, microphone):
    recorder = MediaRecorder(with_sound(canvas, microphone))
    blob, seconds = await recorded_so_far(recorder, 2)
    assert (await probe(blob))["decoded_duration"] >= seconds - 0.25 - LATE
    assert (await recorder.stop()).size > 0
