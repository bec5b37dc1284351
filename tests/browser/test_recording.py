"""`Recording`: its content, judged by ffmpeg outside, and its methods."""

import re
import time

import pytest
from support.ask_judge import CAMERA, colours, in_the_cameras_order, probe, tone
from support.eventually import until
from support.rows import of_types, supported

from mediarecorder import Recording, record
from mediarecorder._host.browser import realm


@pytest.fixture
async def recording(recorded):
    return await recorded("sound", 0.5)


@pytest.mark.core
@pytest.mark.policy
async def test_recording_contains_the_recorded_tone(microphone):
    recording = await record(1.5, stream=microphone)
    for channel in await tone(recording):
        assert channel["frequency"] == pytest.approx(1000, abs=15)
        assert channel["rms"] > 0.01


async def test_recording_contains_the_recorded_colours_in_order(camera, engine):
    if engine != "chromium":
        pytest.skip("Firefox's fake camera shows a pattern of its own")
    recording = await record(3, stream=camera)
    names = [colour["name"] for colour in await colours(recording) if colour["name"] in CAMERA]
    assert len(names) >= 2
    assert in_the_cameras_order(names)


@of_types
async def test_container_and_codecs_match_mime_type(both, types):
    for mime_type in supported(types):
        if not mime_type.startswith("video/") or "matroska" in mime_type:
            continue
        recording = await record(0.6, stream=both, mime_type=mime_type)
        found = await probe(recording)
        assert {"mkv": "matroska"}.get(recording.extension, recording.extension) in found["format"], (
            mime_type,
            found,
        )
        assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
        for stream in found["streams"]:
            assert spelled(stream["codec"], recording.mime_type), (recording.mime_type, found)


def spelled(codec, mime_type):
    names = {"h264": ("avc1", "h264"), "av1": ("av01", "av1"), "vp9": ("vp9", "vp09"), "vp8": ("vp8",)}
    return any(name in mime_type for name in names.get(codec, (codec,)))


async def test_duration_is_the_length_of_the_file(both):
    differences = []
    while len(differences) < 3 and min(differences, default=1) >= 0.3:  # a busy machine skips pictures
        recording = await record(2, stream=both)
        assert 1.9 < recording.duration < 10
        found = await probe(recording)
        differences.append(abs(found["decoded_duration"] - recording.duration))
    assert min(differences) < 0.3


@pytest.mark.core
async def test_bytes_and_pieces_are_the_same_file(recording):
    data = await recording.bytes()
    assert len(data) == recording.size > 0
    for size in (1000, len(data), len(data) + 1):
        parts = [part async for part in recording.iter_bytes(size)]
        assert b"".join(parts) == data
        assert all(len(part) == size for part in parts[:-1])


@pytest.mark.parametrize(
    ("size", "error"), [(0, ValueError), (-5, ValueError), (1.5, TypeError), (True, TypeError)]
)
async def test_invalid_piece_sizes_are_rejected(recording, size, error):
    with pytest.raises(error, match="size"):
        async for _ in recording.iter_bytes(size):
            pass


async def test_url_plays_until_it_is_closed(recording):
    import js

    with recording:
        url = recording.url
        assert url == recording.url
        response = await js.fetch(url)
        assert (await response.arrayBuffer()).byteLength == recording.size
    assert recording.url != url
    recording.close()
    assert len(await recording.bytes()) == recording.size, "closing releases the address, not the data"


@pytest.mark.core
async def test_recording_is_written_to_pyodides_file_system(recording, tmp_path):
    path = tmp_path / f"take.{recording.extension}"
    await recording.write_to(path)
    assert path.read_bytes() == await recording.bytes()


@pytest.fixture
def downloads(lane):
    """The file names of clicked download links; real downloads are prevented.

    A worker sees none of them; the harness's page (harness.js) prevents the real ones.
    """
    import js
    from pyodide.ffi import create_proxy

    names = []
    if lane.endswith("worker"):
        yield names
        return

    def clicked(event):
        if event.target.hasAttribute("download"):
            names.append(event.target.download)
            event.preventDefault()

    proxy = create_proxy(clicked)
    js.document.addEventListener("click", proxy)
    yield names
    js.document.removeEventListener("click", proxy)
    proxy.destroy()


@pytest.mark.page_only("a worker asks the page for it")
@pytest.mark.core
@pytest.mark.policy
async def test_save_downloads_whether_awaited_or_not(recording, downloads):
    outcome = recording.save("interview")
    await until(lambda: downloads == [f"interview.{recording.extension}"])
    assert await outcome == f"interview.{recording.extension}"


async def test_save_without_a_name_uses_the_time(recording, downloads):
    name = await recording.save()
    assert re.fullmatch(rf"recording-\d{{4}}(-\d\d){{5}}\.{recording.extension}", name)


async def test_save_keeps_an_existing_ending(recording, downloads):
    for name in ("my take.mkv", "a.b.mp4", "sound.m4a"):
        assert await recording.save(name) == name


@pytest.mark.parametrize("name", ["Meeting 12.05.2026", "v1.2 take", "ends.with.", ".hidden"])
async def test_single_dot_does_not_count_as_an_ending(recording, downloads, name):
    assert await recording.save(name) == f"{name}.{recording.extension}"


@pytest.mark.page_only("a worker has no document")
async def test_html_in_a_file_name_stays_a_name(recording, downloads):
    import js

    name = '"><img src=x onerror="document.title = 1">.webm'
    before = js.document.querySelectorAll("img").length
    assert await recording.save(name) == name
    assert js.document.querySelectorAll("img").length == before


@pytest.mark.parametrize(("name", "error"), [("", ValueError), ("  ", ValueError), (5, TypeError)])
async def test_save_rejects_invalid_names(recording, name, error):
    with pytest.raises(error, match="name"):
        recording.save(name)


async def test_started_at_is_in_seconds(microphone):
    before = time.time()
    recording = await record(0.2, stream=microphone)
    assert before <= recording.started_at <= time.time()


@pytest.mark.core
@pytest.mark.policy
def test_html_contains_a_player(recording):
    html = recording._repr_html_()
    attribute = "src" if realm() == "page" else "data-url"  # a worker puts the data into `src`
    assert re.search(rf'<audio controls[^>]* {attribute}="{recording.url}"', html)
    assert "Download" in html
    assert "style=" not in html
    recording.close()


def test_html_escapes_external_text():
    import js

    nasty = 'video/"><script>alert(1)</script>'
    recording = Recording(js.Blob.new(), nasty)
    html = recording._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    recording.close()


@pytest.mark.parametrize(
    ("mime_type", "extension"),
    [
        ("video/webm;codecs=vp8,opus", "webm"),
        ('audio/ogg; codecs="opus"', "ogg"),
        ("video/mp4", "mp4"),
        ("video/x-matroska;codecs=avc1", "mkv"),
        ("audio/mp4", "m4a"),
        ("", "bin"),
    ],
)
def test_extension_follows_the_container(mime_type, extension):
    import js

    assert Recording(js.Blob.new(), mime_type).extension == extension


def test_repr_says_length_size_and_type(recording):
    assert f"{recording.size} bytes" in repr(recording)
    assert recording.mime_type in repr(recording)
