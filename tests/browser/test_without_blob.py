"""A page whose Content-Security-Policy allows no code from `blob:` addresses."""

from itertools import count

import pytest
from support.ask_judge import colours, pictures, probe
from test_steady import LATE, assert_whole, recorded_so_far, with_sound

from mediarecorder import MediaRecorder, MediaStream, record
from mediarecorder._host.browser import js
from mediarecorder._host.modules import load_into_page, registered

pytestmark = [
    pytest.mark.lane("chromium-no-blob", "firefox-no-blob"),
    pytest.mark.firefox_in_soak,
    pytest.mark.console_errors,  # the browser logs each blocked script
]

TIMES = count()


@pytest.fixture
async def loaded_by_the_page():
    """The page's author loads the module by a tag."""
    # (The browser evaluates a module once for each address.)
    await load_into_page(f"{js.location.origin}/py/mediarecorder/js/page.js?{next(TIMES)}")
    assert registered("page") is not None
    yield
    js.Reflect.deleteProperty(js.globalThis, getattr(js.Symbol, "for")("mediarecorder.page"))


async def test_devices_are_recorded_completely(both):
    recording = await record(0.7, stream=both)
    found = await probe(recording)
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
    assert found["errors"] == []


@pytest.mark.lane("chromium-no-blob")
async def test_file_keeps_the_length_that_the_browser_writes(camera):
    """The take does not wait for data that the encoder holds, because the file's length would be lost."""
    found = await probe(await record(0.7, stream=camera))
    assert found["duration"] == pytest.approx(found["decoded_duration"], abs=0.25)


async def test_pictures_of_a_canvas_are_passed_on_with_a_warning(drawing, microphone, caplog):
    recording = await record(2, stream=MediaStream([*drawing(160, 120).tracks, *microphone.tracks]))
    assert len(await pictures(recording)) > 5
    assert_whole(await probe(recording), recording)
    assert "A still picture will hold back the sound." in caplog.text
    assert "js/page.js" in caplog.text


async def test_still_picture_delays_nothing_if_the_page_loads_the_module(
    loaded_by_the_page, canvas, microphone, caplog
):
    canvas.draw("red")
    recorder = MediaRecorder(with_sound(canvas, microphone))
    blob, seconds = await recorded_so_far(recorder, 2)
    assert (await probe(blob))["decoded_duration"] >= seconds - 0.25 - LATE
    recording = await recorder.stop()
    assert_whole(await probe(recording), recording)
    assert {colour["name"] for colour in await colours(recording)} == {"red"}
    assert caplog.text == ""


@pytest.mark.lane("chromium-no-blob")
async def test_sound_while_it_happens_comes_if_the_page_loads_the_module(loaded_by_the_page, microphone):
    blocks = microphone.blocks(0.02)
    assert (await anext(blocks)).frames > 0
    await blocks.aclose()


@pytest.mark.lane("chromium-no-blob")
async def test_pictures_while_they_happen_come_if_the_page_loads_the_module(loaded_by_the_page, camera):
    frames = camera.frames(160)
    assert (await anext(frames)).shape == (120, 160, 3)
    assert (await anext(frames)).timestamp > 0
    camera.stop()
    assert len([frame async for frame in frames]) <= 1
