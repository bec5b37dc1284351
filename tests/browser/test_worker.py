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


@pytest.mark.time_limit(60)
async def test_a_worker_says_that_it_cannot_reach_the_page():
    import js

    answered = asyncio.get_running_loop().create_future()
    worker = js.Worker.new("/tests/browser/worker.js", js.Object.fromEntries([["type", "module"]]))
    worker.onmessage = lambda event: answered.set_result(event.data)
    worker.onerror = lambda event: answered.set_exception(RuntimeError(event.message))
    message = {
        "pyodide": "/node_modules/pyodide",
        "bundle": "/bundle.zip",
        "root": str(ROOT),
        "source": SOURCE,
    }
    worker.postMessage(js.Object.fromEntries([[name, value] for name, value in message.items()]))
    try:
        said = json.loads(await answered)
    finally:
        worker.terminate()
    assert said.pop("realm") == "worker"
    assert len(said) == 4
    for name, text in said.values():
        assert name == "PageUnavailableError"
        assert "worker" in text
