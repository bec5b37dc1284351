"""Recordings made from bytes and from files."""

import math
import os
import time

import pytest

from mediarecorder import Recording

pytestmark = pytest.mark.media_work


@pytest.mark.core
@pytest.mark.policy
@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview])
async def test_bytes_become_a_recording(recorded, wrap):
    original = await recorded("both", timeslice=0.2)
    data = await original.bytes()
    recording = Recording.from_bytes(wrap(data), original.mime_type)
    assert await recording.bytes() == data
    assert recording.mime_type == original.mime_type
    assert recording.extension == "webm"
    assert recording.is_video
    assert [chunk.size for chunk in recording.chunks] == [len(data)]
    assert abs(recording.started_at - time.time()) < 30
    assert (await recording.seekable()).duration == pytest.approx(await original.measure(), abs=0.2)


async def test_length_is_known_after_measuring(recorded):
    original = await recorded("both", timeslice=0.2)
    recording = Recording.from_bytes(await original.bytes(), original.mime_type)
    assert math.isnan(recording.duration)
    assert "length unknown" in repr(recording)
    length = await recording.measure()
    assert length == recording.duration == await original.measure()


async def test_large_data_is_copied_in_pieces():
    data = os.urandom(20 << 20)
    recording = Recording.from_bytes(data, "video/webm")
    assert recording.size == len(data)
    assert b"".join([part async for part in recording.iter_bytes(3 << 20)]) == data


@pytest.mark.parametrize(
    ("data", "mime_type", "error"),
    [
        ("text", "video/webm", TypeError),
        (5, "video/webm", TypeError),
        (b"x", None, TypeError),
        (b"x", "webm", ValueError),
        (memoryview(bytes(8))[::2], "video/webm", TypeError),
    ],
)
def test_invalid_data_is_rejected(data, mime_type, error):
    with pytest.raises(error):
        Recording.from_bytes(data, mime_type)


@pytest.mark.core
async def test_file_becomes_a_recording(recorded, tmp_path):
    original = await recorded("sound")
    path = tmp_path / f"take.{original.extension}"
    await original.write_to(path)
    recording = Recording.from_file(path)
    assert await recording.bytes() == await original.bytes()
    assert recording.extension == original.extension
    assert (await recording.convert("wav")).size
    assert Recording.from_file(str(path), "audio/ogg").mime_type == "audio/ogg"


def test_type_follows_from_the_file_ending(tmp_path):
    for ending, mime_type in {
        "MP4": "video/mp4",
        "wav": "audio/wav",
        "m4a": "audio/mp4",
        "mp3": "audio/mpeg",
    }.items():
        path = tmp_path / f"a.b.{ending}"
        path.write_bytes(b"x")
        assert Recording.from_file(path).mime_type == mime_type


def test_files_without_a_known_ending_need_a_type(tmp_path):
    (tmp_path / "noise").write_bytes(b"x")
    with pytest.raises(ValueError, match="Pass the type"):
        Recording.from_file(tmp_path / "noise")
    with pytest.raises(FileNotFoundError):
        Recording.from_file(tmp_path / "none.webm")
