"""Python in a worker, where browsers have neither devices nor a MediaRecorder."""

import asyncio
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = """
import json
from mediarecorder import MediaError, MediaRecorder, diagnose, media_devices, record

said = {}
for name, call in {
    "record": lambda: record(1),
    "get_user_media": lambda: media_devices.get_user_media(audio=True),
    "enumerate_devices": media_devices.enumerate_devices,
}.items():
    try:
        await call()
    except MediaError as error:
        said[name] = [error.name, str(error)]
try:
    MediaRecorder.supported_types()
except MediaError as error:
    said["supported_types"] = [error.name, str(error)]
said["realm"] = (await diagnose())["realm"]
json.dumps(said)
"""


MEDIA = """
from mediarecorder import AudioSamples, Recording, MediaError
from array import array

wav = await AudioSamples(array("h", [0, 9000] * 4800), 48000).to_recording("wav")
webm = await wav.convert("webm")
samples = await Recording.from_bytes(await webm.bytes(), webm.mime_type).samples(16000)
shown = wav._repr_html_().count("<audio")
f"{wav.extension} {webm.extension} {samples.sample_rate} {samples.channels} {shown}"
"""
WITHOUT = """
from mediarecorder import NotSupportedError, Recording

try:
    await Recording.from_bytes(b"RIFF", "audio/wav").samples()
except NotSupportedError as error:
    said = str(error)
said
"""


async def in_worker(source, module=""):
    """What this Python says at last in a worker of its own."""
    import js

    answered = asyncio.get_running_loop().create_future()
    worker = js.Worker.new("/tests/browser/worker.js", js.Object.fromEntries([["type", "module"]]))
    worker.onmessage = lambda event: answered.set_result(event.data)
    worker.onerror = lambda event: answered.set_exception(RuntimeError(event.message))
    message = {
        "pyodide": "/node_modules/pyodide",
        "bundle": "/bundle.zip",
        "root": str(ROOT),
        "source": source,
        "module": module,
    }
    worker.postMessage(js.Object.fromEntries([[name, value] for name, value in message.items()]))
    try:
        return await answered
    finally:
        worker.terminate()


@pytest.mark.time_limit(60)
async def test_a_worker_says_that_it_cannot_reach_the_page():
    said = json.loads(await in_worker(SOURCE))
    assert said.pop("realm") == "worker"
    assert len(said) == 4
    for name, text in said.values():
        assert name == "PageUnavailableError"
        assert "worker" in text


@pytest.mark.time_limit(60)
async def test_media_work_needs_no_page_where_the_engine_was_loaded():
    assert await in_worker(MEDIA, "/py/mediarecorder/js/media.js") == "wav webm 16000 1 1"


@pytest.mark.time_limit(60)
async def test_without_the_engine_a_worker_says_how_to_load_it():
    assert "registerJsModule" in await in_worker(WITHOUT)
