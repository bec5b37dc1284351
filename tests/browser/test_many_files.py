"""Recordings of every kind and length, and every file made from them, judged by other programs."""

import asyncio

import pytest
from support.ask_judge import index, packets, probe

from mediarecorder import MediaRecorder, media_devices
from mediarecorder.formats import FORMATS, MADE

PICTURE = {"width": 320, "height": 240}
LENGTHS = (1, 2, 7, 25, 60)
MADE_OF = {"sound": MADE, "picture": [format for format in MADE if FORMATS[format]["video"]]}
MADE_OF["both"] = MADE_OF["sound"]


async def takes(kind, timeslice, lengths):
    """Recordings of these lengths, made concurrently."""
    request = {"audio": kind != "picture", "video": PICTURE if kind != "sound" else False}
    with await media_devices.get_user_media(**request) as stream:

        async def take(seconds):
            async with MediaRecorder(stream) as recorder:
                if timeslice:
                    await recorder.stop()
                    recorder.start(timeslice)
                await asyncio.sleep(seconds)
            return recorder.recording

        return await asyncio.gather(*map(take, lengths))


async def check(recording, file, seconds, format=None):
    found = await probe(file)
    where = (recording, format, found)
    assert found["errors"] == [], where
    assert found["duration"] == pytest.approx(seconds, abs=0.35), where
    assert found["duration"] == pytest.approx(found["decoded_duration"], abs=0.1), where
    points = await index(file)
    assert points, where
    assert points[0] < 0.15, where
    # Key frames come every few seconds. (Chromium itself writes one entry for sound; players seek with it.)
    if found["format"].startswith("matroska") and file is not recording:
        assert seconds - points[-1] < 8, where


@pytest.mark.soak
@pytest.mark.time_limit(900)
@pytest.mark.parametrize("timeslice", [None, 0.5])
@pytest.mark.parametrize("kind", MADE_OF)
async def test_recordings_of_1_to_60_seconds_pass_the_judges(kind, timeslice):
    """Five lengths in six kinds, in each engine."""
    for recording, seconds in zip(await takes(kind, timeslice, LENGTHS), LENGTHS, strict=True):
        seekable = await recording.seekable()
        await check(recording, seekable, seconds)
        if seekable is not recording:
            assert await packets(seekable) == await packets(recording)
        for format in MADE_OF[kind]:
            converted = await recording.convert(format)
            await check(recording, converted, seconds, format)
            converted.close()
        seekable.close()
