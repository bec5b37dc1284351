"""`silence()` and `sound()`: conditions on the sound of a stream."""

import asyncio
import math
from fractions import Fraction

import pytest

from mediarecorder import AbortError, MediaStream, NotFoundError, media_devices, record, silence, sound

PLAIN = {"echo_cancellation": False, "noise_suppression": False, "auto_gain_control": False}


@pytest.fixture
async def tone():
    """A microphone with a tone of 1000 Hz."""
    with await media_devices.get_user_media(audio=PLAIN) as stream:
        yield stream


@pytest.mark.core
@pytest.mark.lane("chromium", "chromium-worker")
async def test_sound_and_silence_are_noticed(tone):
    assert await sound().of(tone) > 0
    tone.tracks[0].enabled = False
    waiting = asyncio.ensure_future(sound().of(tone))
    assert await silence(0.3).of(tone.js) >= 0.3
    assert not waiting.done()
    tone.tracks[0].enabled = True
    await waiting


@pytest.mark.lane("chromium")
async def test_level_is_in_dbfs():
    import js

    context = js.AudioContext.new()
    source, destination = context.createConstantSource(), context.createMediaStreamDestination()
    source.offset.value = 0.1  # -20 dBFS
    source.connect(destination)
    source.start()
    with MediaStream(destination.stream) as stream:
        await sound(level=-20.5).of(stream)
        await silence(0.2, level=-19.5).of(stream)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sound(level=-19.5).of(stream), 0.5)
    await context.close()


@pytest.mark.lane("chromium")
async def test_recording_ends_with_silence(tone):
    [track] = tone.tracks
    recording = asyncio.ensure_future(record(30, stream=tone, stop_when=silence(0.4)))
    await sound().of(tone)
    await asyncio.sleep(0.3)
    assert not recording.done()
    track.enabled = False
    assert 0.5 < (await recording).duration < 20


@pytest.mark.lane("chromium", "firefox-audible")
async def test_recording_whose_condition_is_met_at_once_has_content(tone, monkeypatch):
    """The recorder may begin later than the sound that the condition hears."""
    at_once = sound()

    async def heard(stream):
        return 0.05

    monkeypatch.setattr(at_once, "_heard", heard)
    assert (await record(stream=tone, stop_when=at_once)).duration > 0


@pytest.mark.lane("chromium")
async def test_recording_that_ends_before_its_condition_is_complete(tone):
    def stop(seconds, size):
        if seconds > 0.5:  # before, the encoder may still hold everything
            tone.stop()

    recording = await record(stream=tone, stop_when=sound(level=0), on_progress=stop)
    assert recording.duration > 0.5


@pytest.mark.lane("chromium")
async def test_errors_say_what_is_wrong(tone, camera):
    with pytest.raises(NotFoundError, match="no sound"):
        await sound().of(camera)
    with pytest.raises(NotFoundError, match="no sound"):
        await record(stream=camera, stop_when=silence())
    waiting = asyncio.ensure_future(sound(level=0).of(tone))
    await sound().of(tone)
    tone.stop()
    with pytest.raises(AbortError, match="ended first"):
        await waiting


@pytest.mark.lane("chromium")
@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: silence(0), ValueError, "seconds"),
        (lambda: silence(None), TypeError, "seconds"),
        (lambda: silence(level=1), ValueError, "level"),
        (lambda: silence(level=math.nan), ValueError, "level"),
        (lambda: silence(level=-(10**400)), ValueError, "level"),
        (lambda: sound(level="loud"), TypeError, "level"),
        (lambda: sound(level=True), TypeError, "level"),
    ],
)
def test_invalid_conditions_are_rejected(make, error, says):
    with pytest.raises(error, match=says):
        make()


@pytest.mark.lane("chromium")
def test_all_kinds_of_numbers_are_accepted():
    assert repr(silence(Fraction(3, 2), level=Fraction(-81, 2))) == "<silence(1.5, level=-40.5)>"
