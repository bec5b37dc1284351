"""Takes of several hours: memory does not grow with them, and they can be saved."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.browser import all_heaps
from killable import Profile

from harness.uploads import Bench

pytestmark = pytest.mark.soak

MEGABYTE = 1 << 20
LIMIT = 20 * MEGABYTE
"""Bytes by which all heaps together may grow."""
SECOND = 2_500_000 // 8
"""Bytes per second of a recording at 2.5 Mbit/s."""

OPEN = """
store = await RecordingStore.open("hours")
await store.clear()
stream = await media_devices.get_user_media(audio=True, video={"width": 1280, "height": 720})
recorder = MediaRecorder(stream, store=store, bits_per_second=2_500_000)
js.tell("opened")
"null"
"""
# Fires the events that a recorder would fire, one for each second, as fast as the store accepts them.
FEED = """
noise = js.Uint8Array.new(4 << 20)
for start in range(0, noise.length, 65536):
    js.crypto.getRandomValues(noise.subarray(start, start + 65536))

def event(number, size):
    at = number * 4099 % (noise.length - size)
    blob = js.Blob.new(js.Array.of(noise.subarray(at, at + size)), type="video/webm")
    return js.BlobEvent.new("dataavailable", data=blob)

async def feed(count, size):
    for number in range(count):
        if recorder.state == "inactive":
            await recorder.finished  # says why
        recorder.js.dispatchEvent(event(number, size))
        if store.waiting > 8 << 20:
            await store.flush()
    await store.flush()
"null"
"""


@pytest.fixture
def chromium(profile: Callable[[str], Profile]) -> Profile:
    """A page with a recorder that has a store; it reports its memory immediately."""
    chromium = profile("chromium")
    chromium.flags = ["--enable-blink-features=ForceEagerMeasureMemory"]
    chromium.open()
    chromium.run(OPEN)
    return chromium


def test_storing_an_hour_does_not_grow_memory(chromium: Profile) -> None:
    chromium.run(FEED)
    chromium.run(f"await recorder.start(3600); await feed(60, {SECOND}); 'null'")
    before = all_heaps(chromium.page)
    chromium.run(f"await feed(3540, {SECOND}); 'null'")
    during = all_heaps(chromium.page)
    size = chromium.run("recording = await recorder.stop(); recording.size")
    after = all_heaps(chromium.page)
    print(f"grown by {during - before} bytes, and {after - before} after the end")
    assert size > 3600 * SECOND
    assert max(during, after) - before <= LIMIT


def test_uploading_an_hour_does_not_grow_memory(chromium: Profile, bench: Bench) -> None:
    chromium.run(FEED)
    chromium.run(f"recorder = MediaRecorder(stream, store=store, upload={bench.endpoint!r}); 'null'")
    chromium.run(f"await recorder.start(3600); await feed(60, {SECOND}); 'null'")
    before = all_heaps(chromium.page)
    chromium.run(f"await feed(3540, {SECOND}); 'null'")
    during = all_heaps(chromium.page)
    url, size = chromium.run(
        "recording = await recorder.stop()\njson.dumps([await recording.uploaded, recording.size])"
    )
    after = all_heaps(chromium.page)
    sent = [entry[3] for entry in bench.proxy.log if entry[0] == "PATCH"]
    print(f"grown by {during - before} bytes, and {after - before} after the end; {len(sent)} requests")
    assert size > 3600 * SECOND
    assert max(during, after) - before <= LIMIT
    digest = chromium.run(
        """
import hashlib
digest = hashlib.sha256()
async for part in recording.iter_bytes(8 << 20):
    digest.update(part)
json.dumps(digest.hexdigest())
"""
    )
    found = bench.file(url)
    assert (found["size"], found["sha256"]) == (size, digest)


def test_recording_five_minutes_is_exact_and_does_not_grow_memory(chromium: Profile) -> None:
    chromium.run("await recorder.start(); await asyncio.sleep(10); 'null'")
    before = all_heaps(chromium.page)
    chromium.run("await asyncio.sleep(290); 'null'")
    during = all_heaps(chromium.page)
    found = chromium.run(
        "recording = await recorder.stop()\n"
        "json.dumps([recording.duration, await ask_judge.probe(recording)])"
    )
    print(f"grown by {during - before} bytes; {found}")
    assert during - before <= LIMIT
    duration, judged = found
    assert duration == pytest.approx(300, abs=5)
    assert judged["decoded_duration"] == pytest.approx(duration, abs=0.3)
    assert judged["errors"] == []


def test_three_gigabytes_are_saved(chromium: Profile) -> None:
    chromium.run(FEED)
    chunk = 4 * MEGABYTE - 4099
    count = 800
    chromium.run(f"await recorder.start(3600); await feed({count}, {chunk}); 'null'")
    size = chromium.run("recording = await recorder.stop(); recording.size")
    assert size > 3_000_000_000
    before = all_heaps(chromium.page)
    with chromium.page.expect_download(timeout=300_000) as coming:
        chromium.begin("await recording.save('long')")
    path = coming.value.path()  # waits until it has finished
    assert path.stat().st_size == size
    found = chromium.run(
        """
import zlib
checksum = 0
async for part in recording.iter_bytes(8 << 20):
    checksum = zlib.crc32(part, checksum)
json.dumps(checksum)
"""
    )
    assert all_heaps(chromium.page) - before <= LIMIT
    assert found == checksum_of(path)


def test_gigabyte_is_added(chromium: Profile) -> None:
    chromium.run(FEED)
    chromium.run(f"await recorder.start(3600); await feed(256, {4 * MEGABYTE - 4099}); 'null'")
    size = chromium.run("recording = await recorder.stop(); recording.size")
    before = all_heaps(chromium.page)
    chromium.begin(
        "copy = await store.add(recording, on_progress=lambda part: js.tell('half' if part > 0.5 else ''))\n"
        "js.tell('added')"
    )
    chromium.wait_for("half")
    during = all_heaps(chromium.page)
    chromium.wait_for("added")
    after = all_heaps(chromium.page)
    print(f"grown by {during - before} bytes, and {after - before} after the end")
    assert chromium.run("copy.size") == size
    assert max(during, after) - before <= LIMIT


# In place of the AudioWorklet, this posts the blocks that it would post, as fast as Python takes them: at
# most 2 s of sound wait for Python. So an hour passes in a few minutes.
POST = """() => {
  let port, size, posted = 0;
  window.AudioWorkletNode = class extends AudioWorkletNode {
    constructor(context, name, options) {
      super(context, name, options);
      this.port.onmessage = () => {}; // or its messages would be kept
      const channel = new MessageChannel();
      Object.defineProperty(this, "port", { value: channel.port1 });
      [port, size] = [channel.port2, options.processorOptions.size];
    }
  };
  window.taken = 0;
  window.post = async (count) => {
    for (const end = posted + count; posted < end; posted++) {
      while (!port || posted - taken >= 100) await new Promise((resolve) => setTimeout(resolve));
      const block = new Float32Array(size);
      port.postMessage({ start: posted * size, block }, [block.buffer]);
    }
  };
}"""
LISTEN = """
blocks = stream.blocks(0.02, channels=1)

async def take(count):
    for _ in range(count):
        block = await anext(blocks)
        assert block.duration == 0.02 and not block.lost
        js.taken += 1

async def listen(minutes):
    count = minutes * 3000
    await asyncio.gather(js.post(count), take(count))
"null"
"""


def test_listening_for_an_hour_does_not_grow_memory(chromium: Profile) -> None:
    chromium.page.evaluate(POST)
    chromium.run(LISTEN)
    chromium.run("await listen(1); 'null'")
    before = all_heaps(chromium.page)
    chromium.run("await listen(59); 'null'")
    during = all_heaps(chromium.page)
    end = chromium.run("block, _ = await asyncio.gather(anext(blocks), js.post(1)); str(block.timestamp)")
    print(f"grown by {during - before} bytes")
    assert end == 3600
    assert during - before <= MEGABYTE


def checksum_of(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while part := file.read(8 * MEGABYTE):
            checksum = zlib.crc32(part, checksum)
    return checksum
