"""Pages whose Content-Security-Policy says `require-trusted-types-for 'script'`."""

import asyncio

import pytest
from support.ask_judge import probe
from support.eventually import until
from support.workers import trusted_address

from mediarecorder import (
    MediaError,
    RecorderPanel,
    Recording,
    RecordingStore,
    SecurityError,
    media_devices,
    record,
    take_photo,
)
from mediarecorder._host.modules import registered

TRUSTED = pytest.mark.lane("chromium-trusted-types", "firefox-trusted-types")
UNTRUSTED = pytest.mark.lane("chromium-untrusted", "firefox-untrusted")
pytestmark = pytest.mark.firefox_in_soak


@TRUSTED
@pytest.mark.console_errors
async def test_page_really_requires_trusted_types(stage):
    import js

    with pytest.raises(Exception, match=r"TrustedHTML|Sink type mismatch"):
        stage.innerHTML = "<p>text</p>"
    with pytest.raises(Exception, match=r"TrustedScriptURL|Sink type mismatch"):
        js.Worker.new("/tests/browser/support/worker.js")


@TRUSTED
async def test_everything_works_with_the_librarys_policy(stage, store):
    photo = await take_photo()
    assert photo.size > 0
    recording = await record(0.6, video={"width": 320, "height": 240}, store=store)
    assert (await store.recordings())[0].state == "finished"
    made = [await recording.seekable(), await recording.trim(0.1, 0.4)]
    sound = await (await record(0.4)).convert("mp3")
    assert (await sound.samples()).frames > 0
    for file in (*made, sound):
        assert (await probe(file))["errors"] == []
    assert (await recording.thumbnail(0)).size > 0
    assert await recording.save("take")
    for thing in (photo, recording, sound):
        thing.show_in(stage)
        assert stage.querySelector("img, video, audio").getAttribute("src").startswith("blob:")
    await until(lambda: stage.querySelector("svg"))  # the sound's waveform
    with await media_devices.get_user_media(audio=True, video=True) as stream:
        async for level in stream.levels():
            assert 0 <= level.rms <= level.peak <= 1
            break
        stream.show_in(stage)
        await until(lambda: hasattr(stage.querySelector("video").srcObject, "getTracks"))


@TRUSTED
async def test_panel_works_with_the_librarys_policy(stage):
    panel = RecorderPanel()
    panel.show_in(stage)
    waiting = asyncio.ensure_future(panel.recording())
    await until(lambda: panel_root(stage) is not None)
    root = panel_root(stage)
    root.querySelector(".record").click()
    await until(lambda: panel.state == "recording")
    await asyncio.sleep(0.3)
    root.querySelector(".stop").click()
    assert (await waiting).size > 0
    await until(lambda: root.querySelector("audio"))
    panel.close()


def panel_root(stage):
    hosts = [element.shadowRoot for element in stage.querySelectorAll("*") if element.shadowRoot]
    return hosts[0] if hosts else None


WORKER = """
import mediarecorder
await mediarecorder.connect("{channel}")
recording = await mediarecorder.record(0.4)
photo = await mediarecorder.take_photo()
mp3 = await recording.convert("mp3")
store = await mediarecorder.RecordingStore.open("trusted-types")
await store.clear()
await mediarecorder.record(0.3, store=store)
kept = [stored.state for stored in await store.recordings()]
await store.clear()
f"{{recording.size > 0}} {{photo.size > 0}} {{mp3.extension}} {{kept}}"
"""


@TRUSTED
async def test_python_in_a_worker_works_with_the_librarys_policy(open_channel, start_worker):
    assert await start_worker().run(WORKER.format(channel=open_channel())) == "True True mp3 ['finished']"


@UNTRUSTED
@pytest.mark.console_errors
async def test_error_names_the_missing_policy(stage):
    import js

    recording = await record(0.4)  # the browser's own work needs no policy
    assert recording.size > 0
    stream = await media_devices.get_user_media(audio=True)
    services = {
        "photo": take_photo,
        "save": lambda: recording.save("take"),
        "levels": lambda: stream.levels().__anext__(),
    }
    calls = {
        **services,
        "seekable": recording.seekable,
        "samples": recording.samples,
        "mp3": lambda: recording.convert("mp3"),
        "store": RecordingStore.open,
        "from bytes": Recording.from_bytes(b"not media", "video/webm").measure,
        "show": lambda: shown(recording, stage),
        "panel": lambda: shown(RecorderPanel(), stage),
    }
    for name, call in calls.items():
        with pytest.raises(SecurityError, match="trusted-types mediarecorder") as caught:
            await call()
        assert isinstance(caught.value, MediaError), name
    assert registered("media") is registered("page") is None
    script = js.document.createElement("script")
    script.type, script.src = "module", trusted_address("/py/mediarecorder/js/page.js")  # as its author does
    js.document.head.append(script)
    await until(lambda: registered("page") is not None)
    for call in services.values():
        await call()
    stream.stop()
    script.remove()


async def shown(thing, stage):
    thing.show_in(stage)


@UNTRUSTED
@pytest.mark.console_errors
async def test_error_in_a_worker_names_the_missing_policy(start_worker):
    source = """
import mediarecorder
try:
    await mediarecorder.connect("a-channel-9d0c6d5e-6b0c-4c5e-8f2a-1b7e43a9c0d8")
except mediarecorder.MediaError as error:
    said = str(error)
said
"""
    assert "trusted-types mediarecorder" in await start_worker().run(source)
