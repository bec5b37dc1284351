"""`seekable()` composes a file of slices of the recording, also while the take is recorded."""

from itertools import pairwise

import pytest
from support.ask_judge import index, packets, probe, readers
from support.eventually import until
from support.rows import in_soak
from test_stored_takes_play import Player, elements

from mediarecorder import MediaRecorder, Recording
from mediarecorder._host.browser import js, js_object, realm, to_js
from mediarecorder._recorder import sinks

pytestmark = pytest.mark.media_work

TIMES = [6, *in_soak(50)]


@pytest.fixture
def read_at_once(monkeypatch):
    """Takes are read from their first byte on."""
    monkeypatch.setattr(sinks, "FOLLOWED_FROM", 1)
    monkeypatch.setattr(sinks, "FOLLOWED_BY", 1)


async def taken(stream, seconds, ready):
    """A take of at least so many seconds, stopped when ``ready(its sink)``."""
    recorder = MediaRecorder(stream)
    await recorder.start(0.1)
    await until(lambda: recorder.duration >= seconds and ready(recorder._take._chunks))
    return await recorder.stop()


def unread(recording):
    """The same recording, as if it had not been read while it was recorded."""
    return Recording(
        recording.blob,
        recording.mime_type,
        duration=recording.duration,
        js_chunks=js.Array.of(recording.blob),
    )


@pytest.mark.core
@pytest.mark.firefox_too
async def test_take_is_composed_while_it_is_recorded(both, read_at_once, monkeypatch):
    recording = await taken(both, 1.5, lambda sink: sink._followed)
    assert recording._walk is not None
    assert 0 < recording._followed < len(recording.chunks)
    if realm() == "page":
        with monkeypatch.context() as patched:
            patched.delattr("mediarecorder.recording.run_in_engine")  # the media engine is not needed
            seekable = await recording.seekable()
            assert await (await recording.seekable()).bytes() == await seekable.bytes()
    else:
        seekable = await recording.seekable()
    afterwards = await unread(recording).seekable()
    assert await seekable.bytes() == await afterwards.bytes()
    assert (seekable.mime_type, seekable.duration) == (afterwards.mime_type, afterwards.duration)
    assert await packets(seekable) == await packets(recording)
    assert (await probe(seekable))["errors"] == []
    assert await index(seekable)
    assert (await seekable.seekable()) is seekable


async def test_seekable_file_of_a_stored_take_outlives_the_take(recorded, store):
    stored = await store.add(await recorded("both", timeslice=0.2))
    seekable = await stored.seekable()
    expected = await packets(stored)
    await store.delete(stored.id)
    assert await packets(seekable) == expected


async def test_other_programs_find_nothing_to_complain_about(recorded):
    recording = await recorded("both", timeslice=0.2)
    seekable = await recording.seekable()
    before = await readers(recording)
    for program, found in (await readers(seekable)).items():
        # (MKVToolNix does not know an element that Chromium writes into Tracks.)
        assert found["warnings"] == [line for line in before[program]["warnings"] if "AlphaMode" in line]
        assert found["duration"] is None or found["duration"] == pytest.approx(seekable.duration, abs=0.1)


async def test_unread_take_is_composed_after_a_failure(both, read_at_once, monkeypatch, caplog):
    """The take does not need the module."""

    async def blocked(name):
        raise sinks.NotSupportedError("blocked")

    monkeypatch.setattr(sinks, "load_module", blocked)
    monkeypatch.setattr(sinks, "_blocked", False)
    with caplog.at_level("INFO", "mediarecorder"):
        recording = await taken(
            both, 0.8, lambda _: "The take is not read while it is recorded. blocked" in caplog.text
        )
    assert recording._walk is None
    assert (await probe(await recording.seekable()))["errors"] == []


async def kept_in_a_file(recording):
    """The recording, whose data is in a file."""
    root = await js.navigator.storage.getDirectory()
    handle = await root.getFileHandle("take", js_object({"create": True}))
    writable = await handle.createWritable()
    await writable.write(recording.blob)
    await writable.close()
    return Recording(await handle.getFile(), recording.mime_type, duration=recording.duration)


async def in_bytes(recording):
    return Recording.from_bytes(await recording.bytes(), recording.mime_type)


async def as_it_is(recording):
    return recording


@pytest.mark.quirk("firefox-gets-lost-in-slices")
@pytest.mark.page_only("a worker has no player")
@pytest.mark.firefox_too
@pytest.mark.parametrize("count", TIMES)
@pytest.mark.parametrize("place", [kept_in_a_file, as_it_is, *in_soak(in_bytes)])
async def test_player_seeks_to_random_times(recorded, stage, place, count):
    recording = await place(await recorded("both", 3, timeslice=0.2))
    seekable = await recording.seekable()
    player = await Player(seekable, stage).ready()
    await player.assert_seeks_anywhere(seekable.duration, count)
    seekable.close()


@pytest.mark.lane("chromium")
@pytest.mark.thorough
async def test_laced_file_goes_through_the_demuxer(recorded):
    """The walk does not know lacing, with which a block has several packets, or as here a lace of one."""
    recording = await recorded("sound", timeslice=0.2)
    data = await recording.bytes()
    start, end = next(place for place in pairwise(elements(data)) if data[place[0]] == 0xA3)
    content = start + 1 + (9 - data[start + 1].bit_length())
    block = data[content : content + 3] + bytes([data[content + 3] | 0x04, 0]) + data[content + 4 : end]
    laced = b"\xa3" + (1 << 56 | len(block)).to_bytes(8) + block
    file = Recording.from_bytes(data[:start] + laced + data[end:], recording.mime_type)
    seekable = await file.seekable()
    assert laced not in await seekable.bytes()
    assert await packets(seekable) == await packets(recording)
    assert (await probe(seekable))["errors"] == []
    assert await index(seekable)


@pytest.mark.lane("firefox")
async def test_large_file_is_put_into_one_file_for_firefox(recorded):
    recording = await recorded("both", timeslice=0.2)
    size = 34_000_000
    void = b"\xec\x01" + size.to_bytes(7)  # an element that readers skip
    parts = js.Array.of(recording.blob, to_js(void), js.Uint8Array.new(size))
    large = Recording(js.Blob.new(parts), recording.mime_type, duration=recording.duration)
    seekable = await large.seekable()
    assert seekable.size > size
    assert seekable._remove is not None, "it is in a temporary file"
    assert await packets(seekable) == await packets(recording)
    seekable.close()
