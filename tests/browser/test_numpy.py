"""numpy shares the memory of the library's arrays, and its arrays become recordings."""

import pytest
from support.ask_judge import tone
from support.eventually import until

from mediarecorder import AudioSamples, MediaStream

pytestmark = pytest.mark.lane("chromium-numpy")


async def test_samples_are_a_numpy_array(recorded):
    import numpy

    samples = await (await recorded("sound")).samples()
    array = numpy.asarray(samples)
    assert array.dtype == numpy.float32
    assert array.shape == samples.shape
    assert array.flags.c_contiguous
    array[5, 0] = 0.125
    assert memoryview(samples)[5, 0] == 0.125, "one memory"
    spectrum = numpy.abs(numpy.fft.rfft(array[:, 0] * numpy.hanning(samples.frames)))
    assert numpy.argmax(spectrum) * samples.sample_rate / samples.frames == pytest.approx(1000, abs=2)


async def test_copies_and_conversions_of_samples_work(recorded):
    import numpy

    samples = await (await recorded("sound")).samples()
    copy = numpy.array(samples)
    copy[0, 0] = 9
    assert memoryview(samples)[0, 0] != 9
    assert numpy.asarray(samples, dtype="float64").dtype == numpy.float64
    assert numpy.frombuffer(samples, dtype=numpy.float32).size == samples.frames * samples.channels
    with pytest.raises(ValueError, match="copy"):
        samples.__array__(dtype="float64", copy=False)


async def test_frames_are_numpy_arrays(recorded):
    import numpy

    recording = await recorded("both", timeslice=0.2)
    pictures = numpy.stack([numpy.asarray(frame) async for frame in recording.frames(width=32)])
    assert pictures.shape[1:] == (24, 32, 3)
    assert pictures.dtype == numpy.uint8
    async for frame in recording.frames(width=32, format="gray"):
        assert numpy.asarray(frame).shape == (24, 32)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int32", "uint8", ">f4"])
async def test_numpy_arrays_become_a_recording(dtype):
    import numpy

    time = numpy.arange(24000) / 48000
    wave = numpy.stack([numpy.sin(2 * numpy.pi * hertz * time) * 0.5 for hertz in (440, 1100)], axis=1)
    full, silence = {"int16": (2**15, 0), "int32": (2**31, 0), "uint8": (128, 128)}.get(dtype, (1, 0))
    samples = AudioSamples((wave * full + silence).astype(dtype), 48000)
    assert samples.shape == (24000, 2)
    assert numpy.asarray(samples) == pytest.approx(wave, abs=1 / 64 if dtype == "uint8" else 1e-4)
    heard = await tone(await samples.to_recording("wav"))
    assert [channel["frequency"] for channel in heard] == pytest.approx([440, 1100], abs=2)


async def test_any_memory_layout_is_accepted():
    import numpy

    wave = numpy.arange(12, dtype="f").reshape(2, 6) / 12
    assert numpy.asarray(AudioSamples(wave.T, 8000)).tolist() == wave.T.tolist()
    assert numpy.asarray(AudioSamples(wave[:, ::2], 8000)).tolist() == wave[:, ::2].tolist()
    assert AudioSamples(wave[0], 8000).shape == (6, 1)


@pytest.mark.parametrize("shape", [(2, 2, 2), (0, 1), (3, 0)])
def test_invalid_shapes_are_rejected(shape):
    import numpy

    with pytest.raises(ValueError, match="shape"):
        AudioSamples(numpy.zeros(shape, dtype="f"), 8000)


def test_invalid_dtypes_are_rejected():
    import numpy

    for dtype in ("complex64", "int64", "bool", "U1", "object"):
        with pytest.raises(TypeError):
            AudioSamples(numpy.zeros(4, dtype=dtype), 8000)


async def test_samples_keep_their_place_after_the_first_encoding(recorded):
    import numpy

    first = await (await recorded("both")).samples()
    again = await (await first.to_recording("wav")).samples()
    before, after = numpy.asarray(first).clip(-1, 1), numpy.asarray(again)
    assert before.shape == after.shape
    assert numpy.abs(before - after).max() <= 1.01 / 32768


async def test_numbers_in_place_of_blocks_are_rejected(loop_errors):
    """An array in one dimension yields its numbers."""
    import numpy

    with pytest.raises(ValueError, match=r"shape of sound must be .* not \(\)"):
        AudioSamples(numpy.float32(1), 8000)
    stream = MediaStream.from_blocks(numpy.zeros(48000, "float32"), 48000)
    await until(lambda: loop_errors)
    assert "the shape of sound must be" in str(loop_errors[0]["exception"])
    assert not stream.active
