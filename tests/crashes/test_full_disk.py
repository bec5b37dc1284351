"""The browser's own quota is used up during a take, or during a copy."""

from __future__ import annotations

import pytest
from killable import Profile

# Pictures that do not compress, so that the disk is full soon; Chromium allocates space in large steps.
NOISE = """() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 240];
  const context = canvas.getContext("2d"), image = context.createImageData(320, 240);
  setInterval(() => {
    for (let at = 0; at < image.data.length; at += 65536) {
      crypto.getRandomValues(image.data.subarray(at, at + 65536));
    }
    for (let at = 3; at < image.data.length; at += 4) image.data[at] = 255;
    context.putImageData(image, 0, 0);
  }, 60);
  window.noise = canvas.captureStream(15);
}"""
OPEN = """
store = await RecordingStore.open("full")
low = []
store.on("low_space", low.append)
stream = MediaStream(js.noise)
recorder = MediaRecorder(stream, store=store, video_bits_per_second=4_000_000)
delivered = []
recorder.on("dataavailable", lambda event: delivered.append(event.data))
await recorder.start(0.2)
async for chunk in recorder.chunks():
    if len(delivered) >= 3:
        break
(await store.usage()).used
"""
END = """
try:
    await recorder.finished
    raise AssertionError("nothing failed")
except RecordingError as error:
    failure = error
[stored] = await store.recordings()
data = await failure.recording.bytes()
chunks = b"".join([await chunk.bytes() for chunk in failure.recording.chunks])
json.dumps({
    "cause": failure.__cause__.name,
    "state": [recorder.state, stored.state],
    "live": [track.ready_state for track in stream.tracks],
    "sizes": [len(data), stored.size, failure.recording.size],
    "complete": b"".join([await chunk.bytes() for chunk in delivered]).startswith(chunks),
    # (The last chunk may end within a frame, which a decoder reports.)
    "judged": await ask_judge.probe(await failure.recording.seekable()),
    "again": (await (await store.open_recording(stored.id)).bytes()) == data,
    "low": [event.type for event in low],
})
"""


@pytest.mark.thorough
@pytest.mark.quirk("chromium-miscounts-on-a-full-disk")
def test_written_data_is_kept(shared_chromium: Profile) -> None:
    chromium = shared_chromium
    chromium.page.evaluate(NOISE)
    used = chromium.run(OPEN)
    chromium.limit_disk(used + 200_000)
    found = chromium.run(END)
    assert found["cause"] == "QuotaExceededError"
    assert found["state"] == ["inactive", "finished"]
    assert found["live"] == ["live"], "the stream still belongs to the caller"
    assert found["sizes"] == [found["sizes"][0]] * 3
    assert found["sizes"][0] > 100_000
    assert found["complete"]
    assert found["again"]
    assert found["judged"]["errors"] == []
    assert found["low"] == ["low_space"]


# Chromium doubles the space of a growing file. This file gets 16 MiB, and 23 chunks leave 0.3 MiB of it free.
ROOM = 20 << 20
CHUNK = 700 << 10
OPEN_FOR_CHUNKS = """
store = await RecordingStore.open("full")
stream = await media_devices.get_user_media(audio=True)
recorder = MediaRecorder(stream, store=store)
await recorder.start(3600)
(await store.usage()).used
"""
ALL_AT_ONCE = """
for _ in range(40):
    chunk = js.Blob.new([js.Uint8Array.new(700 << 10)])
    recorder.js.dispatchEvent(js.BlobEvent.new("dataavailable", data=chunk))
try:
    await recorder.finished
    raise AssertionError("nothing failed")
except RecordingError as error:
    failure = error
json.dumps([failure.__cause__.name, failure.recording.size, len(await failure.recording.bytes())])
"""


@pytest.mark.thorough
def test_simultaneous_chunks_are_kept_if_they_fit(shared_chromium: Profile) -> None:
    chromium = shared_chromium
    used = chromium.run(OPEN_FOR_CHUNKS)
    chromium.limit_disk(used + ROOM)
    cause, size, read = chromium.run(ALL_AT_ONCE)
    assert cause == "QuotaExceededError"
    assert size == read
    assert size == 23 * CHUNK


TOO_LARGE = """
part = js.Blob.new([js.Uint8Array.new(1 << 20)])
large = Recording(js.Blob.new([part] * (2 * ROOM >> 20)), "video/webm", duration=1)
low = []
store.on("low_space", low.append)
failed = None
try:
    await store.add(large)
except QuotaExceededError as error:
    failed = error.name
root = await js.navigator.storage.getDirectory()
folder = await root.getDirectoryHandle("mediarecorder-store-full")
json.dumps({
    "failed": failed,
    "low": [event.type for event in low],
    "listed": await store.recordings(),
    "there": [name for name in await js.Array.fromAsync(folder.keys()) if name != "index"],
    "fits": (await store.add(Recording(part, "video/webm", duration=1))).size,
})
"""


def test_addition_that_does_not_fit_leaves_nothing_behind(shared_chromium: Profile) -> None:
    chromium = shared_chromium
    used = chromium.run('store = await RecordingStore.open("full")\n(await store.usage()).used')
    chromium.limit_disk(used + ROOM)
    found = chromium.run(f"ROOM = {ROOM}\n{TOO_LARGE}")
    assert found == {
        "failed": "QuotaExceededError",
        "low": ["low_space"],
        "listed": [],
        "there": [],
        "fits": 1 << 20,
    }


INTERRUPTED = """
from contextlib import suppress
store = await RecordingStore.open("full")
dying = await RecordingStore.open("full")
stream = MediaStream(js.noise)
recorder = MediaRecorder(stream, store=dying, video_bits_per_second=4_000_000)
await recorder.start(0.2)
async for chunk in recorder.chunks():
    if recorder.size > 1_200_000:
        break
await dying.flush()
dying.close()
with suppress(MediaError):
    await recorder.finished
while (await store.recordings())[0].state == "recording":
    pass  # the closed store releases its take a moment later
(await js.navigator.storage.estimate()).usage
"""
RECOVER = """
[before] = await store.recordings()
recording = await store.recover(before.id)
[stored] = await store.recordings()
json.dumps({
    "states": [before.state, stored.state],
    "sizes": [before.size, recording.size],
    "judged": await ask_judge.probe(recording),
    "index": await ask_judge.index(recording),
    "again": (await (await store.open_recording(stored.id)).bytes()) == await recording.bytes(),
})
"""


@pytest.mark.thorough
@pytest.mark.quirk("chromium-doubles-growing-files")
def test_take_is_recovered_with_kilobytes_of_space(shared_chromium: Profile) -> None:
    chromium = shared_chromium
    chromium.page.evaluate(NOISE)
    used = chromium.run(INTERRUPTED)
    chromium.limit_disk(used + 64_000)
    found = chromium.run(RECOVER)
    assert found["states"] == ["interrupted", "finished"]
    assert 0 < found["sizes"][1] - found["sizes"][0] < 20_000
    assert found["judged"]["errors"] == []
    assert found["index"]
    assert found["again"]
