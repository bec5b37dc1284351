"""Every MP4 made by the library has its index in front of the media, and players find the right times."""

import asyncio
import math
import struct

import pytest
from support.ask_judge import packets, probe
from support.eventually import until
from support.tones import column, tones

from mediarecorder import MediaStream, Recording, record

pytestmark = pytest.mark.media_work

#: A result with more bytes than this is a temporary file (static/library/media/result.js).
LARGE = 32 << 20


async def boxes(recording):
    """The kinds of the boxes of a file, in their order."""
    blob, at, found = recording.blob, 0, []
    while at < blob.size:
        head = (await blob.slice(at, at + 16).arrayBuffer()).to_bytes()
        size, kind = struct.unpack_from(">I4s", head)
        found.append(kind.decode())
        at += struct.unpack_from(">Q", head, 8)[0] if size == 1 else size
    return found


@pytest.fixture
async def played(stage):
    """``await played(recording)`` seeks to some seconds, plays a little, and returns the duration."""
    import js
    from pyodide.ffi.wrappers import add_event_listener, remove_event_listener

    player = js.document.createElement("video")
    player.muted = True
    happened = asyncio.Queue()
    types = ("loadeddata", "seeked", "error")

    def heard(event):
        happened.put_nowait(event.type)

    for type in types:
        add_event_listener(player, type, heard)
    stage.append(player)

    async def played(recording):
        player.src = recording.url
        assert await happened.get() == "loadeddata"
        for part in (0.9, 0.1, 0.5, 0):
            player.currentTime = second = part * recording.duration
            assert await happened.get() == "seeked"
            assert player.currentTime == pytest.approx(second, abs=0.05)
            assert player.readyState >= 2
        await player.play()
        await until(lambda: player.currentTime > 0.2)
        player.pause()
        return player.duration

    yield played
    for type in types:
        remove_event_listener(player, type, heard)
    player.removeAttribute("src")


async def test_every_mp4_has_its_index_in_front(recorded):
    recording = await recorded("both", 1.2, timeslice=0.2)
    mp4 = await recording.convert("mp4")
    made = [
        mp4,
        await mp4.trim(0.2, 0.6),
        await mp4.trim(0.2, 0.6, exact=False),
        await mp4.with_tags(title="A"),
        await Recording.concat([mp4, mp4]),
        await tones(440, seconds=0.5).to_recording("mp4"),
    ]
    for file in made:
        assert await boxes(file) == ["ftyp", "moov", "mdat"]
        assert (await probe(file))["errors"] == []
    assert await packets(made[3]) == await packets(mp4)


@pytest.mark.page_only("a worker has no player")
async def test_player_seeks_to_any_second(recorded, played):
    mp4 = await (await recorded("both", 1.5, timeslice=0.2)).convert("mp4")
    assert await played(mp4) == pytest.approx(mp4.duration, abs=0.1)


@pytest.mark.page_only("a worker has no AudioContext")
async def test_sound_starts_where_the_browser_starts_it():
    """Browsers subtract the time in the edit list, and the pre-skip in the description of Opus."""
    import js

    sound = tones(500, seconds=1.0)
    mp4 = await sound.to_recording("mp4")
    context = js.OfflineAudioContext.new(1, 1, sound.sample_rate)
    decoded = await context.decodeAudioData(await mp4.blob.arrayBuffer())
    found = decoded.getChannelData(0).to_py().tolist()[24_000:24_960]
    assert found == pytest.approx(column(sound)[24_000:24_960], abs=0.05)


@pytest.fixture
def noise():
    """A stream of pictures that do not compress."""
    import js
    from pyodide.ffi import create_proxy

    grain, canvas = (js.document.createElement("canvas") for _ in range(2))
    grain.width = grain.height = 128  # getRandomValues fills at most 64 KiB at a time
    canvas.width, canvas.height = 640, 512
    source, context = grain.getContext("2d"), canvas.getContext("2d")
    image = source.createImageData(128, 128)

    def draw():
        for place in range(20):
            js.crypto.getRandomValues(image.data)
            context.putImageData(image, place % 5 * 128, place // 5 * 128)

    draw()
    proxy = create_proxy(draw)
    timer = js.setInterval(proxy, 40)
    with MediaStream(canvas.captureStream(25)) as stream:
        yield stream
    js.clearInterval(timer)
    proxy.destroy()


async def temporary_files():
    import js

    root = await js.navigator.storage.getDirectory()
    folder = await root.getDirectoryHandle("mediarecorder-temporary", create=True)
    names = folder.keys()
    return sorted([name async for name in names])


@pytest.mark.soak
@pytest.mark.time_limit(300)
@pytest.mark.page_only("a worker has no player")
@pytest.mark.parametrize("is_large", [False, True], ids=["in-memory", "on-disk"])
async def test_player_seeks_to_any_second_of_a_long_file(noise, played, is_large):
    mp4 = await (await record(3, stream=noise)).convert("mp4")
    before = await temporary_files()
    count = math.ceil((1.2 if is_large else 0.8) * LARGE / mp4.size)
    long = await Recording.concat([mp4] * count)
    assert (long.size > LARGE) == is_large
    assert len(await temporary_files()) == len(before) + is_large
    assert await boxes(long) == ["ftyp", "moov", "mdat"]
    assert await played(long) == pytest.approx(long.duration, abs=0.1)
    [once], [often] = await packets(mp4), await packets(long)
    assert often["count"] == count * once["count"]
    assert (await probe(long))["errors"] == []
    long.close()
    while await temporary_files() != before:
        await asyncio.sleep(0.05)
