"""A file is as long as its take, even if nothing moves in the picture."""

import asyncio

import pytest
from support.ask_judge import probe

from mediarecorder import MediaRecorder, Recording

pytestmark = [
    pytest.mark.media_work,
    pytest.mark.page_only("a worker has no canvas with a stream"),
]

SECONDS = 2.5


TAKEN = []


@pytest.fixture
async def still(canvas):
    """A take of a canvas that was drawn on only in the first 0.4 seconds; all tests share it."""
    if not TAKEN:
        TAKEN.append(await take_a_still(canvas))
    return TAKEN[0]


async def take_a_still(canvas):
    canvas.draw("red")
    with canvas.stream(25) as stream:
        recorder = MediaRecorder(stream)
        starting = recorder.start(0.2)
        for turn in range(10):
            canvas.draw(("red", "lime")[turn % 2])
            await asyncio.sleep(0.04)
        await starting
        while recorder.duration < SECONDS:
            await asyncio.sleep(0.05)
        return await recorder.stop()


async def test_file_is_as_long_as_the_take(still):
    assert still.duration >= SECONDS
    for made in (await still.seekable(), await still.convert("mp4"), await still.convert("webm")):
        found = await probe(made)
        assert found["duration"] == pytest.approx(still.duration, abs=0.05)
        assert made.duration == pytest.approx(still.duration, abs=0.05)
        assert await made.measure() == pytest.approx(still.duration, abs=0.05)


@pytest.mark.firefox_in_soak
async def test_part_without_movement_shows_the_picture(still):
    part = await still.trim(1.5, 2.25)
    assert (await probe(part))["duration"] == pytest.approx(0.75, abs=0.02)
    assert part.duration == pytest.approx(0.75, abs=0.02)
    codes = [frame async for frame in part.frames()]
    assert codes[0].timestamp == 0
    [last] = [frame async for frame in still.frames()][-1:]
    difference = max(
        abs(a - b) for a, b in zip(memoryview(codes[0]).cast("B"), memoryview(last).cast("B"), strict=True)
    )
    assert difference < 40


@pytest.mark.firefox_in_soak
async def test_parts_of_a_still_picture_can_be_joined(still):
    joined = await Recording.concat([await still.trim(0, 1.5), await still.trim(1.5, 2.25)])
    assert (await probe(joined))["duration"] == pytest.approx(2.25, abs=0.05)


@pytest.mark.firefox_in_soak
async def test_error_messages_state_the_length_of_the_file(still):
    with pytest.raises(ValueError, match=rf"is {still.duration:.3f} s long"):
        await still.trim(0, still.duration + 1)
    made = await still.seekable()
    with pytest.raises(ValueError, match=rf"is {made.duration:.3f} s long"):
        await made.trim(0, still.duration + 1)
