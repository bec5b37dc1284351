"""Sound as numbers, and numbers as sound."""

from array import array

import pytest
from support.ask_judge import probe, tone
from support.tones import column, flat, frequency, rms, tones

from mediarecorder import AudioSamples, EncodingError, NotFoundError, record
from mediarecorder.formats import MADE

pytestmark = pytest.mark.media_work


@pytest.mark.core
@pytest.mark.parametrize("kind", ["sound", "both"])
async def test_recorded_tone_is_in_the_array(recorded, kind):
    samples = await (await recorded(kind, timeslice=0.2)).samples()
    assert samples.sample_rate == 48000
    for channel in range(samples.channels):
        assert frequency(column(samples, channel), 48000) == pytest.approx(1000, abs=3)


async def test_array_has_the_layout_of_sounddevice(recorded):
    recording = await recorded("sound")
    samples = await recording.samples()
    assert samples.shape == (samples.frames, samples.channels)
    assert samples.ndim == 2
    assert len(samples) == samples.frames
    found = await probe(recording)
    assert samples.duration == samples.frames / samples.sample_rate
    assert samples.duration == pytest.approx(found["decoded_duration"], abs=0.05)
    view = memoryview(samples)
    assert (view.format, view.shape, view.c_contiguous, view.itemsize) == ("f", samples.shape, True, 4)
    assert samples.nbytes == view.nbytes
    view[3, 0] = 0.25
    assert memoryview(samples)[3, 0] == 0.25, "the view shares the memory of the samples"
    assert "48000 Hz" in repr(samples)


@pytest.mark.lane("chromium")
async def test_recorded_channels_are_in_the_right_columns(stereo):
    samples = await (await record(1, stream=stereo)).samples()
    assert samples.channels == 2
    assert frequency(column(samples, 0), 48000) == pytest.approx(440, abs=2)
    assert frequency(column(samples, 1), 48000) == pytest.approx(1100, abs=2)


@pytest.mark.core
@pytest.mark.policy
@pytest.mark.parametrize("format", MADE)
async def test_samples_become_a_recording_and_samples_again(format):
    recording = await tones(440, 1100).to_recording(format)
    found = await probe(recording)
    assert found["errors"] == []
    assert [channel["frequency"] for channel in await tone(recording)] == pytest.approx([440, 1100], abs=2)
    samples = await recording.samples()
    assert samples.channels == 2
    assert samples.duration == pytest.approx(1, abs=0.09)
    assert recording.duration == pytest.approx(1, abs=0.09)
    for channel, hertz in enumerate((440, 1100)):
        values = column(samples, channel)
        assert frequency(values, samples.sample_rate) == pytest.approx(hertz, abs=2)
        assert rms(values) == pytest.approx(0.5 * 0.707, abs=0.03)


@pytest.mark.core
@pytest.mark.parametrize("kind", ["sound", "both"])
async def test_samples_keep_their_place_after_the_first_encoding(recorded, kind):
    recording = await recorded(kind, timeslice=0.2)
    first = await recording.samples()
    for wav in (await first.to_recording("wav"), await recording.convert("wav")):
        again = await wav.samples()
        assert again.shape == first.shape
        for before, after in zip(flat(first), flat(again), strict=True):
            assert abs(max(-1, min(1, before)) - after) <= 1.01 / 32768
    assert flat(await (await again.to_recording("wav")).samples()).tobytes() == flat(again).tobytes()


@pytest.mark.core
async def test_one_channel_contains_the_mean(engine):
    wav = await tones(440, 1100).to_recording("wav")
    both, mean = await wav.samples(), await wav.samples(channels=1)
    assert mean.shape == (both.frames, 1)
    for left, right, middle in list(zip(column(both, 0), column(both, 1), column(mean), strict=True))[:5000]:
        assert middle == pytest.approx((left + right) / 2, abs=1e-6)


async def test_single_channel_is_repeated_for_more_channels():
    samples = await (await tones(440).to_recording("wav")).samples(channels=2)
    assert samples.channels == 2
    assert column(samples, 0) == column(samples, 1)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 96000])
async def test_samples_are_resampled_to_another_rate(rate):
    samples = await (await tones(440).to_recording("wav")).samples(rate)
    assert samples.sample_rate == rate
    assert samples.frames == rate
    values = column(samples)
    assert frequency(values, rate) == pytest.approx(440, abs=0.5)
    assert rms(values[1000:-1000]) == pytest.approx(0.5 * 0.7071, abs=0.002)


async def test_lower_rate_does_not_alias():
    """A rate of 16 kHz cannot represent 10 kHz; with careless resampling it would be heard at 6 kHz."""
    wav = await tones(10_000).to_recording("wav")
    assert rms(column(await wav.samples(16000))[500:-500]) < 1e-4
    assert rms(column(await wav.samples(24000))[500:-500]) == pytest.approx(0.3536, abs=0.001)


@pytest.mark.parametrize("seconds", [0.1, 0.25, 10])
async def test_sample_blocks_concatenate_to_samples(recorded, seconds):
    recording = await recorded("sound")
    whole = await recording.samples()
    blocks = [block async for block in recording.sample_blocks(seconds)]
    assert b"".join(bytes(flat(block)) for block in blocks) == bytes(flat(whole))
    assert all(block.frames == round(seconds * 48000) for block in blocks[:-1])
    assert all(isinstance(block, AudioSamples) and block.sample_rate == 48000 for block in blocks)


async def test_sample_blocks_are_resampled(recorded):
    recording = await recorded("sound")
    blocks = [block async for block in recording.sample_blocks(0.5, sample_rate=16000, channels=1)]
    whole = await recording.samples(16000, 1)
    assert sum(block.frames for block in blocks) == whole.frames
    assert blocks[0].shape == (8000, 1)


async def test_abandoned_loop_leaves_nothing_behind(recorded, no_leaks):
    recording = await recorded("both", timeslice=0.2)
    async with no_leaks:
        for _ in range(3):
            async for _ in recording.sample_blocks(0.1):
                break
            async for _ in recording.frames():
                break


async def test_progress_of_a_long_sound_is_reported():
    told = []
    wav = await tones(440, seconds=12, rate=8000).to_recording("wav", on_progress=told.append)
    assert told[-1] == 1.0
    told.clear()
    await wav.samples(on_progress=told.append)
    assert told == sorted(told)
    assert len(told) >= 3
    assert told[-1] == 1.0


async def test_waveform_contains_the_extremes(recorded):
    recording = await recorded("sound")
    values = column(await recording.samples(channels=1))
    for buckets in (1, 7, 100):
        waveform = await recording.waveform(buckets)
        assert len(waveform) == buckets
        assert min(low for low, _ in waveform) == min(values)
        assert max(extreme.max for extreme in waveform) == max(values)
        size = len(values) / buckets
        place = buckets // 2
        piece = values[int(place * size) + 3 : int((place + 1) * size) - 3]
        # (A peak of the tone may be on either side of the border, so they differ slightly.)
        assert waveform[place].min <= min(piece) + 1e-4
        assert waveform[place].max >= max(piece) - 1e-4


@pytest.mark.parametrize(
    ("buckets", "error"), [(0, ValueError), (-3, ValueError), ("5", TypeError), (2.5, ValueError)]
)
async def test_invalid_bucket_counts_are_rejected(recorded, buckets, error):
    with pytest.raises(error, match="buckets"):
        await (await recorded("sound")).waveform(buckets)


@pytest.mark.parametrize(
    "call", [lambda r: r.samples(), lambda r: r.waveform(10), lambda r: anext(r.sample_blocks(1))]
)
async def test_picture_without_sound_raises_not_found_error(recorded, call):
    with pytest.raises(NotFoundError, match="no sound"):
        await call(await recorded("picture"))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"sample_rate": 0}, ValueError),
        ({"sample_rate": "48000"}, TypeError),
        ({"sample_rate": 44100.5}, ValueError),
        ({"channels": 0}, ValueError),
        ({"channels": True}, TypeError),
    ],
)
async def test_invalid_rates_and_channels_are_rejected(recorded, arguments, error):
    with pytest.raises(error, match=next(iter(arguments))):
        await (await recorded("sound")).samples(**arguments)


@pytest.mark.parametrize(
    ("seconds", "error"), [(0, ValueError), (-1, ValueError), ("1", TypeError), (None, TypeError)]
)
async def test_invalid_block_lengths_are_rejected(recorded, seconds, error):
    with pytest.raises(error, match="seconds"):
        async for _ in (await recorded("sound")).sample_blocks(seconds):
            pass


# Arrays from elsewhere


@pytest.mark.core
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (array("f", [0, 0.5, -1]), [0, 0.5, -1]),
        (array("d", [0, 0.5, -1]), [0, 0.5, -1]),
        (array("h", [0, 16384, -32768]), [0, 0.5, -1]),
        (array("i", [0, 2**30, -(2**31)]), [0, 0.5, -1]),
        (bytes([128, 192, 0]), [0, 0.5, -1]),
        (bytearray([128, 192, 0]), [0, 0.5, -1]),
    ],
)
def test_floats_are_kept_and_integers_scaled(values, expected):
    samples = AudioSamples(values, 8000)
    assert samples.shape == (3, 1)
    assert flat(samples).tolist() == expected


def test_slice_with_steps_is_accepted():
    samples = AudioSamples(memoryview(array("f", range(10)))[::2], 8000)
    assert flat(samples).tolist() == [0, 2, 4, 6, 8]


def test_samples_can_be_made_from_samples():
    samples = tones(440, 550, seconds=0.01)
    assert flat(AudioSamples(samples, 8000)).tolist() == flat(samples).tolist()


async def test_block_may_be_longer_than_the_sound(recorded):
    recording = await recorded("sound")
    [block] = [block async for block in recording.sample_blocks(86_400)]
    assert block.frames == (await recording.samples()).frames


def test_input_array_may_change_afterwards():
    values = array("f", [0.5, 0.5])
    samples = AudioSamples(values, 8000)
    values[0] = 0
    assert flat(samples).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("data", "rate", "error", "text"),
    [
        ("sound", 8000, TypeError, "data must be an array"),
        ([0.5, 0.5], 8000, TypeError, "data must be an array"),
        (None, 8000, TypeError, "data must be an array"),
        (array("f"), 8000, ValueError, "no samples"),
        (array("q", [1]), 8000, TypeError, "16 or 32 bits"),
        (array("b", [1]), 8000, TypeError, "unsigned bytes"),
        (memoryview(bytes(400)).cast("f", [2, 50]), 8000, ValueError, "Transpose"),
        (memoryview(bytes(16)).cast("f", [2, 2, 1]), 8000, ValueError, "shape"),
        (array("f", [0]), 0, ValueError, "sample_rate"),
        (array("f", [0]), None, TypeError, "sample_rate"),
        (array("f", [0]), 44100.5, ValueError, "sample_rate"),
        (array("f", [0]), "8000", TypeError, "sample_rate"),
    ],
)
def test_invalid_sound_is_rejected(data, rate, error, text):
    with pytest.raises(error, match=text):
        AudioSamples(data, rate)


async def test_values_that_are_too_loud_are_clipped():
    samples = await (
        await AudioSamples(array("f", [0, 2, -3, 0.5] * 100), 8000).to_recording("wav")
    ).samples()
    assert max(flat(samples)) == pytest.approx(1, abs=1e-4)
    assert min(flat(samples)) == -1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
async def test_non_finite_values_are_rejected(value):
    with pytest.raises(EncodingError, match="not a finite number"):
        await AudioSamples(array("f", [0.1, value]), 8000).to_recording("wav")


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
@pytest.mark.parametrize("format", ["webm", "mp3"])
async def test_encoders_get_a_supported_rate(format, rate):
    recording = await tones(440, seconds=0.6, rate=rate).to_recording(format)
    [channel] = await tone(recording)
    assert channel["frequency"] == pytest.approx(440, abs=3)
    assert recording.duration == pytest.approx(0.6, abs=0.1)


async def test_single_frame_can_be_encoded():
    wav = await AudioSamples(array("f", [0.5]), 8000).to_recording("wav")
    assert (await wav.samples()).shape == (1, 1)


async def test_six_channels_keep_their_order():
    six = tones(100, 200, 300, 400, 500, 600, seconds=0.5)
    samples = await (await six.to_recording("wav")).samples()
    assert samples.channels == 6
    assert [round(frequency(column(samples, channel), 48000)) for channel in range(6)] == [
        100,
        200,
        300,
        400,
        500,
        600,
    ]
    mean = await (await six.to_recording("wav")).samples(channels=1)
    assert flat(mean)[5000] == pytest.approx(sum(flat(samples)[30000:30006]) / 6, abs=1e-5)
