"""The duration of a take, compared with that of its file."""

import asyncio

import pytest
from support.ask_judge import probe
from support.eventually import keep_busy

from mediarecorder import MediaRecorder, MediaStream, record

pytestmark = pytest.mark.media_work

CLOSE = 0.3
"""Seconds: a packet of sound lasts 0.06 s, a picture 0.05 s, and more on a busy machine."""


async def length(recording):
    return (await probe(recording))["decoded_duration"]


@pytest.fixture
async def late(canvas):
    async with canvas.late_stream(1.5) as stream:
        yield stream


@pytest.mark.firefox_too
@pytest.mark.parametrize("timeslice", [None, pytest.param(0.25, marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    "busy",
    [
        pytest.param("never", marks=pytest.mark.core),
        pytest.param("at the start", marks=pytest.mark.soak),
        pytest.param("at the end", marks=pytest.mark.soak),
        "at the start and at the end",
    ],
)
@pytest.mark.parametrize("kind", ["microphone", "both"])
async def test_take_and_its_file_have_the_same_duration(request, kind, busy, timeslice, microphone, both):
    recorder = MediaRecorder({"microphone": microphone, "both": both}[kind])
    recorder.start(timeslice)
    if "at the start" in busy:
        keep_busy(1)
    await asyncio.sleep(0.8)
    if "at the end" in busy:
        keep_busy(1)
    recording = await recorder.stop()
    assert recording.duration == pytest.approx(await length(recording), abs=CLOSE)
    assert recorder.duration == recording.duration


async def test_camera_take_and_its_file_have_the_same_duration(camera):
    recorder = MediaRecorder(camera)
    recorder.start()
    keep_busy(1)
    await asyncio.sleep(0.8)
    recording = await recorder.stop()
    assert recording.duration == pytest.approx(await length(recording), abs=CLOSE)


async def test_pauses_do_not_count_in_a_busy_page(microphone):
    recorder = MediaRecorder(microphone)
    recorder.start()
    keep_busy(0.6)
    await asyncio.sleep(0.4)
    await recorder.pause()
    keep_busy(0.6)
    await asyncio.sleep(0.2)
    await recorder.resume()
    await asyncio.sleep(0.6)
    recording = await recorder.stop()
    assert recording.duration == pytest.approx(await length(recording), abs=CLOSE)


@pytest.mark.thorough
@pytest.mark.page_only("the canvas is drawn by Python")
async def test_late_picture_does_not_shorten_the_take(late, microphone):
    recorder = MediaRecorder(MediaStream([*late.tracks, *microphone.audio_tracks]))
    recorder.start(0.25)
    await asyncio.sleep(2.5)
    assert recorder.duration == pytest.approx(2.5, abs=0.5)
    recording = await recorder.stop()
    assert recording.duration == pytest.approx(await length(recording), abs=CLOSE)
    assert recording.duration > 2.4


@pytest.mark.page_only("the canvas is drawn by Python")
async def test_record_waits_for_the_first_picture(late):
    recording = await record(2, stream=late)
    assert await length(recording) >= 0.8
    assert recording.duration >= 2


@pytest.mark.page_only("the canvas is drawn by Python")
async def test_recorder_returns_even_an_empty_result_of_the_browser(canvas):
    recorder = MediaRecorder(canvas.stream())
    recorder.start()
    await asyncio.sleep(0.3)
    recording = await recorder.stop()
    assert recording.size < 1024
