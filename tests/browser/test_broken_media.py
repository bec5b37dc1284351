"""Files that are not media, or are damaged: a clear error, no harm, nothing left behind."""

import random
from contextlib import suppress

import pytest
from support.rows import in_soak

from mediarecorder import MediaError, Recording
from mediarecorder.formats import MADE

pytestmark = pytest.mark.media_work

WORK = {
    "measure": lambda r: r.measure(),
    "seekable": lambda r: r.seekable(),
    "convert": lambda r: r.convert("mp4"),
    "convert to wav": lambda r: r.convert("wav"),
    "convert to mp3": lambda r: r.convert("mp3"),
    "convert to flac": lambda r: r.convert("flac"),
    "trim": lambda r: r.trim(0, 0.1),
    "trim copied": lambda r: r.trim(0, 0.1, exact=False),
    "concat": lambda r: Recording.concat([r, r]),
    "samples": lambda r: r.samples(),
    "sample_blocks": lambda r: anext(r.sample_blocks(1)),
    "frames": lambda r: anext(r.frames()),
    "waveform": lambda r: r.waveform(10),
    "thumbnail": lambda r: r.thumbnail(),
    "tags": lambda r: r.tags(),
    "with_tags": lambda r: r.with_tags(title="x"),
}
HEADS = {
    "noise": random.Random(1).randbytes(5000),
    "nothing": b"",
    "text": b"This is not a recording. " * 50,
    "the header of a WebM": bytes.fromhex(
        "1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff"
    ),
    "the header of an MP4": bytes.fromhex("000000206674797069736f6d0000020069736f6d69736f32617663316d703431"),
    "an MP4 with a box that ends before it begins": bytes.fromhex(
        "000000206674797069736f6d0000020069736f6d69736f32617663316d703431000000016672656500000000"
    )
    + bytes(4),
    "the header of an Ogg": b"OggS\x00\x02" + bytes(60),
    "the header of a WAV": b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00",
}


@pytest.mark.core
@pytest.mark.parametrize("head", HEADS)
async def test_non_media_files_are_reported_as_such(head, no_leaks):
    recording = Recording.from_bytes(HEADS[head], "video/webm")
    async with no_leaks:
        for name, work in WORK.items():
            with pytest.raises(MediaError) as caught:
                await work(recording)
            assert caught.value.name == "EncodingError", (name, caught.value)
            assert len(str(caught.value)) > 30, name
            del caught
    assert await recording.bytes() == HEADS[head]


@pytest.mark.parametrize(
    ("format", "part"),
    [
        *((format, 0.5) for format in MADE),
        *((format, part) for format in ("webm", "mp4") for part in (0.05, 0.97)),
        *in_soak(*((format, 0.01) for format in MADE)),
        *in_soak(
            *((format, part) for format in MADE if format not in ("webm", "mp4") for part in (0.05, 0.97))
        ),
    ],
)
async def test_truncated_file_is_read_to_its_end_or_rejected(recorded, format, part, no_leaks):
    whole = await (await recorded("both", timeslice=0.2)).convert(format)
    data = await whole.bytes()
    data = data[: int(len(data) * part)]
    recording = Recording.from_bytes(data, whole.mime_type)
    async with no_leaks:
        for name, work in WORK.items():
            result = None
            with suppress(MediaError):
                result = await work(recording)
            if isinstance(result, Recording):
                length = await result.measure()
                assert length <= (2 if name == "concat" else 1) * whole.duration + 0.3, name
    assert await recording.bytes() == data


async def test_reading_webm_with_junk_after_its_last_cluster_ends(recorded, no_leaks):
    """The search for the next cluster goes on to the end of the file, and must notice that end."""
    whole = await recorded("both", timeslice=0.2)
    cluster_at_0 = b"\x1f\x43\xb6\x75\x83\xe7\x81\x00"
    data = await whole.bytes() + cluster_at_0 + b"junk" * 10
    async with no_leaks:
        await try_all(Recording.from_bytes(data, whole.mime_type))


async def test_reading_mp4_with_oversized_chunks_ends(recorded, no_leaks):
    whole = await (await recorded("both", timeslice=0.2)).convert("mp4")
    data = bytearray(await whole.bytes())
    samples_in_a_chunk = data.find(b"stsc") + 16
    assert int.from_bytes(data[samples_in_a_chunk:][:4], "big") in range(1, 1000)
    data[samples_in_a_chunk] = 0xFF
    async with no_leaks:
        await try_all(Recording.from_bytes(data, whole.mime_type))


@pytest.mark.parametrize("seed", [0, 1, *in_soak(2, 3, 4)])
async def test_flipped_bits_do_no_harm(recorded, seed, no_leaks):
    whole = await recorded("both", timeslice=0.2)
    data = bytearray(await whole.bytes())
    chance = random.Random(seed)
    for _ in range(30):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    recording = Recording.from_bytes(data, whole.mime_type)
    async with no_leaks:
        await try_all(recording)


async def try_all(recording):
    for work in WORK.values():
        with suppress(MediaError, StopAsyncIteration):  # there may be no pictures
            await work(recording)


@pytest.mark.core
@pytest.mark.parametrize("name", WORK)
async def test_empty_recording_is_rejected(name):
    import js

    recording = Recording(js.Blob.new(), "video/webm")
    with pytest.raises(MediaError, match="empty"):
        await WORK[name](recording)
