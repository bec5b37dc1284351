"""Reading a damaged journal: everything before the damage, and no data without a valid checksum."""

import random
import struct
import zlib

import pytest
from support.ask_judge import last_packet, probe

from mediarecorder import MediaError, MediaRecorder, media_devices
from mediarecorder._host.browser import js, to_js

JOURNAL = "journal-000000000"
HEAD, SLOT = 12, 20
CHUNK, ROOM, FRONT, CUES = 2, 5, 6, 8


async def folder_of(store, id):
    root = await js.navigator.storage.getDirectory()
    folder = await root.getDirectoryHandle(f"mediarecorder-store-{store.name}")
    return await folder.getDirectoryHandle(id)


async def content(folder):
    file = await (await folder.getFileHandle(JOURNAL)).getFile()
    return (await file.arrayBuffer()).to_bytes()


async def put(folder, data):
    writable = await (await folder.getFileHandle(JOURNAL)).createWritable()
    await writable.write(to_js(data) if data else js.Uint8Array.new(0))
    await writable.close()


class Journal:
    """A journal read by code other than the store's: byte ranges that each record needs, and the chunks."""

    def __init__(self, data):
        magic, slots, checksum = struct.unpack_from("<4sII", data)
        assert magic == b"MRJ1"
        assert checksum == zlib.crc32(data[:8])
        self.spans, self.chunks, self.front = [], [], []
        first = None
        table, at = HEAD, HEAD + slots * SLOT
        for slot in range(slots):
            place = table + slot * SLOT
            kind, length, _, checksum, own = struct.unpack_from("<5I", data, place)
            if not kind:
                break
            assert own == zlib.crc32(data[place : place + 16])
            if kind == CHUNK:
                first = first or at
            start = first - length if kind == FRONT else at
            payload = data[start : start + length]
            # Reserved space has no content to damage, but it must exist.
            assert kind == ROOM or checksum == zlib.crc32(payload)
            self.spans.append(
                ((place, place + SLOT), (start + length if kind == ROOM else start, start + length))
            )
            self.chunks.append(payload if kind in (CHUNK, CUES) else b"")
            self.front.append(payload if kind == FRONT else b"")
            at += 0 if kind == FRONT else length

    def before(self, whole):
        """The chunks of the records before the first one for which ``whole(start, end)`` is false."""
        kept = []
        if whole(0, HEAD):
            for spans, chunk, front in zip(self.spans, self.chunks, self.front, strict=True):
                if not all(whole(*span) for span in spans):
                    break
                kept.append(chunk)
                kept.insert(0, front)
        return b"".join(kept)


@pytest.fixture
async def taken(store):
    """A store with one take, its id, and its pristine journal."""
    with await media_devices.get_user_media(audio=True, video={"width": 160, "height": 120}) as stream:
        recorder = MediaRecorder(stream, store=store)
        await recorder.start(0.05)
        async for chunk in recorder.chunks():
            if recorder.duration > 0.8 and chunk.size and recorder.state == "recording":
                recorder.stop()
    return store, recorder.recording.id, await content(await folder_of(store, recorder.recording.id))


async def test_complete_journal_yields_the_whole_take(taken):
    store, id, data = taken
    recording = await store.open_recording(id)
    # (The recording may have changes: times that Chromium repeated on a busy machine are set apart.)
    chunks = (await store._disk.call("open", id)).chunks
    assert Journal(data).before(lambda *_: True) == (await chunks.arrayBuffer()).to_bytes()
    found = await probe(recording)
    recovered = await store.recover(id)
    assert recovered.duration == pytest.approx(found["decoded_duration"], abs=last_packet(found))
    assert await (await store.recover(id)).bytes() == await recovered.bytes()


@pytest.mark.page_only("the file format is the same there")
@pytest.mark.firefox_in_soak
@pytest.mark.parametrize(
    "count",
    [
        60,
        pytest.param(300, marks=[pytest.mark.soak, pytest.mark.time_limit(300)]),
        pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.time_limit(1800)]),
    ],
)
async def test_damaged_journal_is_read_up_to_the_damage(taken, count):
    store, id, data = taken
    journal, folder, chance = Journal(data), await folder_of(store, id), random.Random(count)
    used = [place for spans in journal.spans for span in spans for place in span]
    refused = 0
    for number in range(count):
        # Half of the places are next to the bounds of records, the others anywhere.
        place = min(chance.choice([chance.randrange(len(data)), chance.choice(used)]), len(data) - 1)
        if number % 2:
            damaged = data[:place]
            expected = journal.before(lambda start, end: end <= place)  # noqa: B023
        else:
            flipped = bytes([data[place] ^ 1 << chance.randrange(8)])
            damaged = data[:place] + flipped + data[place + 1 :]
            expected = journal.before(lambda start, end: not start <= place < end)  # noqa: B023
        await put(folder, damaged)
        found = await store._disk.call("verify", id, "check")
        try:
            assert (await found.chunks.arrayBuffer()).to_bytes() == expected, (number, place)
        finally:
            await store._disk.call("leave", "check")
        if number % 10 == 0:
            try:
                recording = await store.recover(id)
                assert recording.size > 0
            except MediaError:
                refused += 1
    assert refused < count / 10
