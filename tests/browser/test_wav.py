"""WAV: sound that is read directly from a browser's WebM, and takes that become a WAV."""

import asyncio
import io
import wave

import pytest
from support.ask_judge import probe, tone
from support.rows import in_soak, thorough
from support.tones import flat, tones

from mediarecorder import (
    MediaError,
    MediaRecorder,
    NotSupportedError,
    Recording,
    RecordingError,
    blocking,
    record,
)
from mediarecorder._host.browser import js_object
from mediarecorder._media import engine
from mediarecorder.recording import recording_of

pytestmark = pytest.mark.media_work

PCM, OPUS, WAV = "audio/webm;codecs=pcm", "audio/webm;codecs=opus", "audio/wav"
UNKNOWN = b"\xaf\x81\x00"
"""An element that the direct reader does not know, and that the demuxer skips."""


def recordable(mime_type):
    return MediaRecorder.is_type_supported(mime_type)


async def demuxed(recording):
    """The same recording as a file that only the demuxer reads."""
    return Recording.from_bytes(await recording.bytes() + UNKNOWN, recording.mime_type)


async def sound_of(recording):
    """Everything that a recording says about its sound, as bytes."""
    samples = await recording.samples()
    blocks = [bytes(flat(block)) async for block in recording.sample_blocks(0.1)]
    other = await recording.samples(16000, channels=1)
    wav = await recording.convert("wav")
    return {
        "shape": (samples.shape, samples.sample_rate),
        "samples": bytes(flat(samples)),
        "blocks": blocks,
        "resampled": bytes(flat(other)),
        "waveform": await recording.waveform(50),
        "wav": (await wav.bytes(), wav.mime_type, wav.duration),
    }


async def is_the_same(recording):
    direct, other = await sound_of(recording), await sound_of(await demuxed(recording))
    same = {what: value == other[what] for what, value in direct.items()}
    assert all(same.values()), same


def elements(data, start, end):
    """Identifier, start and content of each element; the content of segments and clusters follows them."""
    at = start
    while at < end:
        width = 9 - data[at].bit_length()
        id, place = int.from_bytes(data[at : at + width], "big"), at + width
        length = 9 - data[place].bit_length()
        size = int.from_bytes(data[place : place + length], "big") & ((1 << 7 * length) - 1)
        content = place + length
        yield id, at, content, content + size
        at = content if id in (0x18538067, 0x1F43B675) else content + size


def moved(data, seconds, first, last=None):
    """The file with the times of some of its blocks (SimpleBlock) moved."""
    data, number = bytearray(data), 0
    for id, _, content, _ in elements(bytes(data), 0, len(data)):
        if id == 0xA3:
            number += 1
            if number > first and (last is None or number <= last):
                time = int.from_bytes(data[content + 1 : content + 3], "big", signed=True)
                time += round(seconds * 1000)
                data[content + 1 : content + 3] = time.to_bytes(2, "big", signed=True)
    assert number > first
    return bytes(data)


# Sound that is read directly


@pytest.mark.firefox_too
@pytest.mark.parametrize("mime_type", [PCM, OPUS])
async def test_direct_sound_is_that_of_the_demuxer(mime_type, microphone):
    """In a take with a pause, and with times that rise late, early and not at all."""
    if not recordable(mime_type):
        pytest.skip(f"this browser does not record {mime_type}")
    recorder = MediaRecorder(microphone, mime_type=mime_type)
    await recorder.start(0.1)
    await asyncio.sleep(0.4)
    await recorder.pause()
    await asyncio.sleep(0.2)
    await recorder.resume()
    await asyncio.sleep(0.4)
    recording = await recorder.stop()
    await is_the_same(recording)
    data = await recording.bytes()
    for seconds, first, last in [(1.5, 3, None), (0.03, 2, 4), (0.06, 3, None), (2, 0, None), (-0.005, 3, 5)]:
        await is_the_same(Recording.from_bytes(moved(data, seconds, first, last), mime_type))


async def decoded_one_by_one(data):
    """All frames of the packets in a WebM with one sound, in Opus, as the browser's decoder returns them."""
    import js
    from pyodide.ffi import create_proxy, to_js

    frames, errors = [], []

    def collect(sound):
        array = js.Float32Array.new(sound.numberOfFrames * sound.numberOfChannels)
        sound.copyTo(array, js_object({"planeIndex": 0, "format": "f32"}))
        frames.append(array.to_bytes())
        sound.close()

    output, error = create_proxy(collect), create_proxy(errors.append)
    decoder = js.AudioDecoder.new(js_object({"output": output, "error": error}))
    decoder.configure(js_object({"codec": "opus", "sampleRate": 48000, "numberOfChannels": 1}))
    for id, _, content, end in elements(data, 0, len(data)):
        if id == 0xA3:
            packet = {"type": "key", "timestamp": 0, "data": to_js(data[content + 4 : end])}
            decoder.decode(js.EncodedAudioChunk.new(js_object(packet)))
    await decoder.flush()
    decoder.close()
    output.destroy()
    error.destroy()
    assert not errors
    return b"".join(frames)


@pytest.mark.firefox_too
@pytest.mark.parametrize("format", ["webm", "ogg", "mp4"])
async def test_opus_decodes_to_the_samples_of_its_packets(format, microphone):
    """Whatever the container, and although the library joins packets."""
    take = await record(0.5, stream=microphone, mime_type=OPUS)
    samples = await (take if format == "webm" else await take.convert(format)).samples()
    assert samples.channels == 1
    assert samples.duration > 0.4
    assert bytes(flat(samples)) in await decoded_one_by_one(await take.bytes())


@pytest.mark.lane("chromium")
@pytest.mark.parametrize("mime_type", [PCM, *thorough(OPUS)])
async def test_direct_sound_of_two_channels_is_that_of_the_demuxer(mime_type, stereo):
    recording = await record(0.4, stream=stereo, mime_type=mime_type)
    assert (await recording.samples()).channels == 2
    await is_the_same(recording)


@pytest.mark.lane("chromium")
@pytest.mark.parametrize(
    "options", list(in_soak({"audio_bits_per_second": 6000}, {"audio_bitrate_mode": "constant"}))
)
async def test_direct_sound_of_any_bit_rate_is_that_of_the_demuxer(options, microphone):
    """A low bit rate, for which Opus changes its coding, and a constant one."""
    recorder = MediaRecorder(microphone, mime_type=OPUS, **options)
    await recorder.start()
    await asyncio.sleep(0.6)
    await is_the_same(await recorder.stop())


async def test_direct_sound_beside_a_picture_is_that_of_the_demuxer(recorded):
    recording = await recorded("both", timeslice=0.2)
    await is_the_same(recording)
    late = moved(await recording.bytes(), 3, 20)
    await is_the_same(Recording.from_bytes(late, recording.mime_type))


@pytest.mark.lane("chromium")
@pytest.mark.parametrize("part", [0.5, *in_soak(0.05, 0.9, 0.99)])
async def test_damaged_pcm_is_read_like_any_damaged_file(part, recorded):
    data = await (await recorded("sound", mime_type=PCM, timeslice=0.2)).bytes()
    cut = data[: int(part * len(data))]
    middle = int(part * len(data))
    overwritten = data[:middle] + bytes(300) + data[middle + 300 :]
    for damaged in (cut, overwritten):
        results = []
        for content in (damaged, damaged + UNKNOWN):
            try:
                results.append(bytes(flat(await Recording.from_bytes(content, PCM).samples())))
            except MediaError as error:
                results.append(error.name)
        assert results[0] == results[1]
        assert results[0] in ("EncodingError",) or len(results[0]) > 1000


# Formats of samples


@pytest.mark.parametrize("mime_type", [None, PCM])
async def test_float_wav_has_exactly_the_samples(mime_type, recorded):
    if mime_type and not recordable(mime_type):
        pytest.skip(f"this browser does not record {mime_type}")
    recording = await recorded("sound", **({"mime_type": mime_type, "timeslice": 0.2} if mime_type else {}))
    before = await recording.samples()
    for wav in (
        await recording.convert("wav", sample_format="float32"),
        await before.to_recording("wav", sample_format="float32"),
    ):
        [stream] = (await probe(wav))["streams"]
        assert stream["codec"] == "pcm_f32le"
        assert flat(await wav.samples()).tobytes() == flat(before).tobytes()


async def test_loud_samples_are_not_clipped_in_a_float_wav():
    loud = tones(440, seconds=0.05, level=3)
    again = await (await loud.to_recording(sample_format="float32")).samples()
    assert flat(again).tobytes() == flat(loud).tobytes()


async def test_integers_are_the_default_sample_format(recorded):
    recording = await recorded("sound")
    default = await recording.convert("wav")
    assert await default.bytes() == await (await recording.convert("wav", sample_format="int16")).bytes()


@pytest.mark.parametrize(
    ("format", "options", "error", "text"),
    [
        ("wav", {"sample_format": "int24"}, ValueError, "int16, float32"),
        ("wav", {"sample_format": 16}, TypeError, "sample_format"),
        ("flac", {"sample_format": "float32"}, ValueError, "is for wav"),
        ("wav", {"sample_format": "float32", "audio": "pcm-s16"}, ValueError, "contradict"),
    ],
)
async def test_invalid_sample_formats_are_rejected(format, options, error, text, recorded):
    recording = await recorded("sound")
    for convert in (recording.convert, tones(440, seconds=0.01).to_recording):
        with pytest.raises(error, match=text):
            await convert(format, **options)


# Takes that become a WAV


@pytest.mark.core
async def test_take_becomes_a_wav(microphone):
    recorder = MediaRecorder(microphone, mime_type=WAV)
    assert recorder.mime_type == (PCM if recordable(PCM) else OPUS)
    chunks = []
    recorder.on("dataavailable", lambda event: chunks.append(event.data))
    await recorder.start()
    await asyncio.sleep(0.8)
    recording = await recorder.stop()
    assert (recording.mime_type, recording.extension) == ("audio/wav", "wav")
    assert recorder.recording is recording
    assert recorder.mime_type != "audio/wav"
    data = await recording.bytes()
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getsampwidth(), file.getframerate()) == (2, 48000)
        assert file.getnframes() / 48000 == pytest.approx(recording.duration, abs=0.5)
    [channel, *_] = await tone(recording)
    assert channel["frequency"] == pytest.approx(1000, abs=5)
    found = await probe(recording)
    assert found["errors"] == []
    # The chunks are the browser's, and contain the same samples.
    webm = Recording.from_bytes(b"".join([await chunk.bytes() for chunk in chunks]), recorder.mime_type)
    assert await (await webm.convert("wav")).bytes() == data


@pytest.mark.core
async def test_two_takes_in_one_breath_become_wavs(microphone):
    recorder = MediaRecorder(microphone, mime_type=["audio/unheard-of", WAV])
    await recorder.start(0.1)
    await asyncio.sleep(0.3)
    first = recorder.stop()
    recorder.start()
    await asyncio.sleep(0.3)
    recordings = [await first, await recorder.stop()]
    assert [recording.mime_type for recording in recordings] == ["audio/wav"] * 2
    for recording in recordings:
        assert (await recording.samples()).duration == pytest.approx(0.3, abs=0.25)


async def test_take_whose_tracks_end_becomes_a_wav(microphone):
    recorder = MediaRecorder(microphone, mime_type=WAV)
    await recorder.start()
    await asyncio.sleep(0.3)
    finished = recorder.finished
    microphone.stop()
    assert (await finished).mime_type == "audio/wav"


@pytest.mark.thorough
@pytest.mark.lane("chromium")
async def test_take_without_any_sound_becomes_an_empty_wav(silence):
    recorder = MediaRecorder(silence, mime_type=WAV)
    recorder.start()
    recording = await recorder.stop()
    with wave.open(io.BytesIO(await recording.bytes())) as file:
        assert file.getnframes() == 0
    with pytest.raises(RecordingError, match="Nothing was recorded"):
        await record(0.1, stream=silence, mime_type=WAV)


async def test_take_is_kept_as_recorded_if_it_cannot_become_a_wav(microphone, monkeypatch):
    async def fail():
        raise NotSupportedError("the page blocks it")

    monkeypatch.setattr(engine, "load", fail)
    recorder = MediaRecorder(microphone, mime_type=WAV)
    await recorder.start()
    await asyncio.sleep(0.2)
    with pytest.raises(RecordingError, match="blocks it") as caught:
        await recorder.stop()
    assert "webm" in caught.value.recording.mime_type
    monkeypatch.undo()
    assert await caught.value.recording.measure() > 0


@pytest.mark.core
async def test_upper_layer_records_wavs():
    recording = await record(0.3, mime_type="audio/x-wav")
    assert recording.mime_type == "audio/wav"
    assert await recording.measure() == pytest.approx(0.3, abs=0.3)


@pytest.mark.lane("chromium")
def test_blocking_layer_records_wavs():
    assert blocking.record(0.2, mime_type=WAV).mime_type == "audio/wav"


async def test_wav_of_pictures_is_refused(both):
    with pytest.raises(NotSupportedError, match="audio_tracks"):
        MediaRecorder(both, mime_type=WAV)
    with pytest.raises(NotSupportedError, match="no picture"):
        await record(1, video=True, mime_type=[WAV])
    assert "wav" not in MediaRecorder(both, mime_type=[WAV, "video/webm"]).mime_type


async def test_which_types_are_a_wav():
    for mime_type in ("audio/wav", "Audio/Wave", "audio/x-wav", 'audio/wav; codecs="1"'):
        assert recordable(mime_type), mime_type
    for mime_type in ("audio/wav;codecs=opus", "video/wav", "audio/wavpack"):
        assert not recordable(mime_type), mime_type


async def test_stored_take_becomes_a_wav(store):
    recording = await record(0.4, mime_type=WAV, store=store)
    assert recording.mime_type == "audio/wav"
    [stored] = await store.recordings()
    assert (stored.id, stored.mime_type, stored.state) == (recording.id, "audio/wav", "finished")
    assert stored.size == recording.size
    again = await stored.open()
    with wave.open(io.BytesIO(await again.bytes())) as file:
        assert file.getnframes() / 48000 == pytest.approx(0.4, abs=0.25)
    assert again.duration == pytest.approx(recording.duration, abs=0.001)


async def test_store_without_space_for_the_wav_keeps_the_take(store, monkeypatch):
    async def no_space():
        return type(usage)(used=usage.used, limit=usage.used - 10**9, persistent=False)

    usage = await store.usage()
    monkeypatch.setattr(store, "usage", no_space)
    recording = await record(0.3, mime_type=WAV, store=store)
    assert recording.mime_type == "audio/wav"
    [stored] = await store.recordings()
    assert stored.id == recording.id
    assert "webm" in (await stored.open()).mime_type


def repeated(data, times):
    """The file with its clusters several times, one after the other."""
    clusters, stamps, last = [], [], 0
    for id, at, content, end in elements(data, 0, len(data)):
        if id == 0x1F43B675:
            clusters.append(at)
        elif id == 0xE7:
            stamps.append((content, int.from_bytes(data[content:end], "big")))
        elif id == 0xA3:
            last = stamps[-1][1] + int.from_bytes(data[content + 1 : content + 3], "big") + 10
    # Each cluster states its time in eight bytes, and no size.
    parts = [data[: clusters[0]]]
    for number in range(times):
        for start, (content, stamp), end in zip(clusters, stamps, [*clusters[1:], len(data)], strict=True):
            time = (stamp + number * last).to_bytes(8, "big")
            head = bytes.fromhex("1f43b67501ffffffffffffff")
            width = data[content - 1] & 0x7F
            parts.append(head + b"\xe7\x88" + time + data[content + width : end])
            assert data[start:].startswith(head[:4])
    return b"".join(parts)


@pytest.mark.soak
@pytest.mark.time_limit(180)
@pytest.mark.lane("chromium", "firefox")
async def test_long_wavs_are_like_those_of_the_demuxer(recorded):
    """Longer than what is kept in memory: 80 MB of PCM, and the same in the chunks of a take."""
    import js

    mime_type = PCM if recordable(PCM) else OPUS
    data = await (await recorded("sound", mime_type=mime_type, timeslice=0.2)).bytes()
    long = Recording.from_bytes(
        repeated(data, 80_000_000 // len(data) if mime_type == PCM else 20), mime_type
    )
    other = await demuxed(long)
    with await long.convert("wav") as direct, await other.convert("wav") as slow:
        assert await direct.bytes() == await slow.bytes()
        live = (await engine.load()).wavTake(js.Array.new())
        for start in range(0, long.size, 3_000_001):
            live.events.push(js_object({"data": long.blob.slice(start, start + 3_000_001)}))
            live.hear()
        with recording_of(await live.finish()) as taken:
            assert taken.size == direct.size
            assert await taken.bytes() == await direct.bytes()
    lengths = [[block.frames async for block in made.sample_blocks(5)] for made in (long, other)]
    assert lengths[0] == lengths[1]
    with await long.convert("wav", sample_format="float32") as exact:
        assert exact.size == 44 + 4 * sum(lengths[0])
