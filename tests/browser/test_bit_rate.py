"""`bits_per_second`: the size that encoders produce."""

import pytest
from support.ask_judge import packets
from support.rows import in_soak
from support.tones import noise

from mediarecorder import MediaStream, record

pytestmark = pytest.mark.media_work


def bit_rate(recording, samples):
    """Bits per second of a file, roughly: LAME and the header add some frames."""
    return recording.size * 8 / samples.duration


@pytest.mark.parametrize(
    ("rate", "channels", "asked", "right"),
    [
        *((48000, 2, None, 192000), (48000, 1, 100000, 96000), (8000, 1, 320000, 64000)),
        *in_soak((48000, 1, None, 96000), (16000, 1, None, 64000), (8000, 1, None, 32000)),
        *in_soak((48000, 1, 64000, 64000), (48000, 2, 320000, 320000)),
    ],
)
async def test_mp3_gets_the_nearest_bit_rate(rate, channels, asked, right):
    samples = noise(rate, channels, seconds=2)
    mp3 = await samples.to_recording("mp3", bits_per_second=asked)
    assert bit_rate(mp3, samples) == pytest.approx(right, rel=0.15)


async def test_different_bit_rate_encodes_packets_again():
    mp3 = await noise(48000, 1).to_recording("mp3")
    assert (await mp3.convert("mp3", bits_per_second=32000)).size < mp3.size / 2
    assert await packets(await mp3.convert("mp3")) == await packets(mp3)


@pytest.mark.parametrize("format", ["webm", "ogg", "mp4"])
async def test_opus_gets_the_requested_bit_rate(format):
    samples = noise(48000, 1, seconds=2)
    small, large = [await samples.to_recording(format, bits_per_second=rate) for rate in (16_000, 1_000_000)]
    assert bit_rate(small, samples) < 30_000
    assert large.size > 4 * small.size


@pytest.fixture
async def snow():
    """A recording of pictures that are hard to encode."""
    import js
    from pyodide.ffi import create_proxy

    canvas = js.document.createElement("canvas")
    canvas.width, canvas.height = 128, 96
    context = canvas.getContext("2d")
    image = context.createImageData(128, 96)

    def draw():
        js.crypto.getRandomValues(image.data)
        context.putImageData(image, 0, 0)

    draw()
    proxy = create_proxy(draw)
    timer = js.setInterval(proxy, 40)
    with MediaStream(canvas.captureStream(25)) as stream:
        yield await record(1, stream=stream)
    js.clearInterval(timer)
    proxy.destroy()


@pytest.mark.page_only("a worker has no canvas with a stream")
@pytest.mark.parametrize("format", ["webm", "mp4"])
async def test_pictures_get_the_requested_bit_rate(snow, format):
    small, large = [await snow.convert(format, bits_per_second=rate) for rate in (50_000, 2_500_000)]
    assert small.size < 0.8 * large.size  # encoders reach the rate only roughly in such a short time


async def test_sound_beside_a_picture_is_copied(recorded):
    recording = await recorded("both")
    converted = await recording.convert("webm", bits_per_second=100_000)
    [kept, own] = [
        [stream for stream in await packets(file) if stream["kind"] == "audio"]
        for file in (converted, recording)
    ]
    assert kept == own


@pytest.mark.parametrize(
    ("rate", "error", "text"),
    [
        (128, ValueError, "unit is bits per second"),
        (5999, ValueError, "at least 6000"),
        (0, ValueError, "whole number"),
        (64000.5, ValueError, "whole number"),
        ("64k", TypeError, "whole number"),
        (True, TypeError, "whole number"),
    ],
)
async def test_invalid_bit_rate_is_rejected(rate, error, text):
    samples = noise(8000, 1, seconds=0.1)
    with pytest.raises(error, match=text):
        await samples.to_recording("mp3", bits_per_second=rate)
    with pytest.raises(error, match=text):
        await (await samples.to_recording("wav")).convert("ogg", bits_per_second=rate)


@pytest.mark.parametrize("format", ["wav", "flac"])
async def test_lossless_formats_reject_a_bit_rate(format):
    with pytest.raises(ValueError, match=f"{format} is lossless"):
        await noise(8000, 1, seconds=0.1).to_recording(format, bits_per_second=64000)
