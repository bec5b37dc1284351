"""A finished take in a store has its length and an index, in players and files, without a copy."""

import random

import pytest
from support.ask_judge import index, last_packet, probe
from support.eventually import until

from mediarecorder import MediaRecorder, RecordingStore
from mediarecorder._host.browser import js, to_js
from mediarecorder._recorder.sinks import InStore

pytestmark = pytest.mark.media_work


class Player:
    """A recording in the page's own player."""

    def __init__(self, recording, stage):
        self.element = js.document.createElement("video" if recording.is_video else "audio")
        self.element.muted = True
        self.element.preload = "auto"
        self.element.src = recording.url
        stage.append(self.element)

    async def ready(self):
        await until(lambda: self.element.readyState >= 1 or self.element.error)
        assert not self.element.error, self.element.error.message
        return self

    async def seek(self, time):
        self.element.currentTime = time
        await until(lambda: not self.element.seeking and self.element.readyState >= 2)
        return self.element.currentTime

    async def assert_seeks_anywhere(self, duration, count):
        """Seek to random times, and release the file."""
        assert self.element.duration == pytest.approx(duration, abs=0.05)
        chance = random.Random(count)
        for time in (chance.uniform(0, duration - 0.1) for _ in range(count)):
            assert await self.seek(time) == pytest.approx(time, abs=0.05)
        self.element.removeAttribute("src")
        self.element.load()


async def taken(stream, store, seconds, timeslice=0.1, **options):
    recorder = MediaRecorder(stream, store=store, **options)
    await recorder.start(timeslice)
    await until(lambda: recorder.duration >= seconds)
    return await recorder.stop()


@pytest.mark.quirk("firefox-gets-lost-in-slices")
@pytest.mark.page_only("a worker has no player")
@pytest.mark.firefox_too
@pytest.mark.parametrize("kind", ["both", "sound"])
async def test_players_know_the_length_and_seek(store, both, microphone, stage, kind):
    await assert_plays(await taken(both if kind == "both" else microphone, store, 2.5), store, stage)


@pytest.mark.thorough
@pytest.mark.lane("firefox")
async def test_players_of_ogg_know_the_length_and_seek(store, microphone, stage):
    await assert_plays(await taken(microphone, store, 2.5, mime_type="audio/ogg"), store, stage)


async def assert_plays(recording, store, stage):
    for one in (recording, await store.open_recording(recording.id)):
        player = await Player(one, stage).ready()
        assert player.element.duration == pytest.approx(recording.duration, abs=0.3)
        for time in (1.7, 0.3, 1.2):
            assert await player.seek(time) == pytest.approx(time, abs=0.05)
        seekable = player.element.seekable
        assert seekable.end(seekable.length - 1) == pytest.approx(player.element.duration, abs=0.1)


def elements(data):
    """The ends of the elements in a recorder's WebM: blocks, and the elements before them."""
    ends, at = [], 0
    while at < len(data):
        start = at
        for mask in (0, 1):  # id, size
            length = 9 - data[at].bit_length()
            value = int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1 if mask else -1)
            at += length
            if not mask:
                id = value
        opens = id in (0x18538067, 0x1F43B675)
        at += 0 if opens else value
        ends.append(at)
        assert at > start
    return ends


async def stored_in_parts(store, recording, count, duration=None):
    """The same take, as if it had arrived in this many chunks, each with whole elements or a part of one.

    Its recorder's clock shows `duration` instead of the recording's own.
    """
    data = b"".join([await chunk.bytes() for chunk in recording.chunks])
    ends = elements(data)
    halves = [end - (end - start) // 2 for start, end in zip([0, *ends], ends, strict=False)]
    cuts = sorted({*ends, *halves})
    # Surplus chunks are empty: to the journal, an empty part is a chunk as well.
    cuts = [0] * (count - len(cuts) + (count - len(cuts)) % 2) + cuts
    taken = InStore(store, lambda: recording.duration, pytest.fail)
    taken.begin(recording.started_at, recording.mime_type)
    for start, end in zip([0, *cuts], cuts, strict=False):
        store._append(taken._id, recording_slice(data, start, end), end - start, recording.duration)
    made = await store._finish(taken._id, duration or recording.duration)
    taken.release()
    return data, made


def recording_slice(data, start, end):
    return js.Blob.new(js.Array.of(to_js(data[start:end])), type="video/webm")


@pytest.mark.thorough
@pytest.mark.page_only("a worker has no player")
@pytest.mark.firefox_in_soak
async def test_takes_with_several_tables_play_and_seek(store, both, stage):
    recording = await taken(both, store, 2.5)
    data, made = await stored_in_parts(store, recording, 600)
    assert b"".join([await chunk.bytes() for chunk in made.chunks]) == data
    player = await Player(made, stage).ready()
    for time in (2.0, 0.5, 1.5):
        assert await player.seek(time) == pytest.approx(time, abs=0.05)
    assert player.element.seekable.end(0) == pytest.approx(player.element.duration, abs=0.1)
    found = await probe(made)
    assert found["errors"] == []
    assert found["duration"] == pytest.approx(found["decoded_duration"], abs=last_packet(found))
    assert (await made.seekable()) is made


@pytest.mark.core
@pytest.mark.policy
@pytest.mark.parametrize("kind", ["both", "sound"])
async def test_other_programs_know_length_and_index(store, both, microphone, kind):
    recording = await taken(both if kind == "both" else microphone, store, 2.5)
    found = await probe(recording)
    assert found["errors"] == []
    assert found["duration"] == pytest.approx(found["decoded_duration"], abs=last_packet(found))
    assert found["duration"] == pytest.approx(recording.duration, abs=0.3)
    entries = await index(recording)
    assert entries
    assert entries[0] < 0.2
    assert entries == sorted(entries)
    if kind == "sound":
        assert len(entries) >= 2
    assert (await recording.seekable()) is recording
    assert (await store.recover(recording.id)).size == recording.size
    [stored] = await store.recordings()
    assert stored.size == recording.size


@pytest.mark.lane("chromium")
@pytest.mark.parametrize("kind", ["both", "camera"])
async def test_file_ends_with_its_sound_or_by_the_clock(store, both, camera, kind):
    """(The clock starts with the call; the recorded data can start some tenths later on a busy machine.)"""
    recording = await taken(both if kind == "both" else camera, store, 1)
    _, made = await stored_in_parts(store, recording, 2, recording.duration + 2)
    found = await probe(made)
    if kind == "both":
        assert found["duration"] == pytest.approx(found["decoded_duration"], abs=last_packet(found))
    else:
        assert found["duration"] == pytest.approx(recording.duration + 2, abs=0.01)


async def test_file_contains_the_browsers_data_unchanged(store, both, engine):
    recording = await taken(both, store, 1.5)
    delivered = b"".join([await chunk.bytes() for chunk in recording.chunks])
    whole = await recording.bytes()
    start = whole.index(delivered[:200], 1)
    changed = [one for one, other in zip(delivered, whole[start:], strict=False) if one != other]
    # (On a busy machine, Chromium gives pictures the same time; these are set apart.)
    assert len(changed) <= (20 if engine == "chromium" else 0)
    assert whole[:4] == delivered[:4] == b"\x1a\x45\xdf\xa3"
    assert len(whole) - len(delivered) < 2000


@pytest.mark.page_only("a worker needs no other worker")
async def test_takes_stored_without_a_worker_have_length_and_index(store, both, monkeypatch):
    monkeypatch.setattr(js.globalThis, "Worker", None)
    async with await RecordingStore.open(store.name) as alone:
        recording = await taken(both, alone, 1.2)
        found = await probe(recording)
        assert found["errors"] == []
        assert found["duration"] == pytest.approx(found["decoded_duration"], abs=last_packet(found))
        assert await index(recording)
        assert (await recording.seekable()) is recording
