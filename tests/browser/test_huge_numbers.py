"""Numbers that no float and no 32-bit integer can hold are rejected by name, and do not reach the browser."""

import pytest

from mediarecorder import AudioSamples, MediaRecorder, MediaStream, MediaWriter, Recording, record, silence

HUGE = 10**400
SILENCE = AudioSamples(bytes(800), 8000)


async def blocks(stream, **choice):
    async for _ in stream.blocks(**choice):
        break


async def finish(made):
    if hasattr(made, "__await__"):
        await made


CALLS = {
    "duration": lambda value, _: record(value),
    "bits_per_second": lambda value, _: record(1, bits_per_second=value),
    "timeslice": lambda value, _: record(1, timeslice=value),
    "seconds": lambda value, _: silence(value),
    "level": lambda value, _: silence(level=-abs(value)),
    "frame_rate": lambda value, _: MediaWriter(frame_rate=value),
    "frame_rate of from_frames": lambda value, _: MediaStream.from_frames([], value),
    "frame_rate of a file": lambda value, _: Recording.from_frames([], value),
    "sample_rate": lambda value, _: MediaWriter(sample_rate=value),
    "sample_rate of samples": lambda value, _: AudioSamples(bytes(8), value),
    "sample_rate of from_blocks": lambda value, _: MediaStream.from_blocks([], value),
    "sample_rate of to_recording": lambda value, _: SILENCE.to_recording("wav", sample_rate=value),
    "bits_per_second of to_recording": lambda value, _: SILENCE.to_recording("mp3", bits_per_second=value),
    "seconds of blocks": lambda value, stream: blocks(stream, seconds=value),
    "sample_rate of blocks": lambda value, stream: blocks(stream, sample_rate=value),
    "channels of blocks": lambda value, stream: blocks(stream, channels=value),
    "audio_bits_per_second": lambda value, stream: MediaRecorder(stream, audio_bits_per_second=value),
}


@pytest.mark.lane("chromium")
@pytest.mark.parametrize("value", [HUGE, float("inf"), float("nan")], ids=["huge", "infinite", "nan"])
@pytest.mark.parametrize("name", CALLS)
async def test_huge_number_is_rejected_by_name(microphone, name, value):
    with pytest.raises((ValueError, TypeError)) as caught:
        await finish(CALLS[name](value, microphone))
    assert name.split()[0] in str(caught.value)
