"""The servers of the guide receive recordings, unchanged."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from pathlib import Path

import pytest

from conftest import PYTHON
from harness.uploads import free_port

pytestmark = pytest.mark.thorough

#: Records while it uploads, then uploads a finished recording; tells address and digest of both.
UPLOADS = """
store = await RecordingStore.open("recipes")
found = []
with await media_devices.get_user_media(audio=True, video=True) as stream:
    options = dict(endpoint=ENDPOINT, headers=HEADERS, metadata={"title": "Grüße"})
    live = await record(1.5, stream=stream, store=store, timeslice=0.2, upload=options)
    found.append([await live.uploaded, hashlib.sha256(await live.bytes()).hexdigest()])
    done = await record(0.5, stream=stream)
    url = await done.upload(ENDPOINT, headers=HEADERS, chunk_size=5000)
    found.append([url, hashlib.sha256(await done.bytes()).hexdigest()])
json.dumps(found)
"""


def uploads(python, endpoint, headers):
    return python(f"ENDPOINT, HEADERS = {endpoint!r}, {headers!r}\n{UPLOADS}")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_tus_server_keeps_uploads_as_files(tus_server, python, tmp_path):
    server, endpoint = tus_server(TOKEN="secret")
    for url, expected in uploads(python, endpoint, {"Authorization": "Bearer secret"}):
        name = url.rpartition("/")[2]
        assert digest(tmp_path / "files" / name) == expected
        assert name in server.said("complete:")
    assert json.loads((tmp_path / "files" / f"{name}.json").read_text())["metadata"]["filename"]


@pytest.mark.console_errors
def test_tus_server_refuses_strangers(tus_server, python):
    _, endpoint = tus_server(TOKEN="secret")
    found = python(
        f"""
recording = Recording.from_bytes(b"abc", "video/webm")
try:
    await recording.upload({endpoint!r}, headers={{"Authorization": "Bearer wrong"}})
except UploadError as error:
    found = [error.status, await error.response.text()]
json.dumps(found)
"""
    )
    assert found == [401, "who are you?"]


def test_tus_server_keeps_uploads_in_s3(tus_server, start, python, tmp_path):
    port = free_port()
    storage = f"http://127.0.0.1:{port}"
    start([PYTHON / "moto_server", "-H", "127.0.0.1", "-p", str(port)], tmp_path, "Running on")
    urllib.request.urlopen(urllib.request.Request(f"{storage}/talks", method="PUT"))
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    _, endpoint = tus_server(BUCKET="talks", S3_ENDPOINT=storage, **keys)
    for url, expected in uploads(python, endpoint, {}):
        name = url.rpartition("/")[2]
        stored = urllib.request.urlopen(f"{storage}/talks/{name}").read()
        assert hashlib.sha256(stored).hexdigest() == expected


def test_fastapi_receives_uploads(fastapi_server, python, tmp_path):
    server, address = fastapi_server
    for url, expected in uploads(python, f"{address}/files/", {}):
        name = url.rpartition("/")[2]
        assert digest(tmp_path / "files" / name) == expected
        assert name in server.said("complete:")


def test_fastapi_receives_forms(fastapi_server, python, tmp_path):
    _, address = fastapi_server
    found, expected = python(
        f"""
recording = await record(0.5)
response = await recording.post({f"{address}/talks"!r}, data={{"title": "Grüße"}})
json.dumps([await response.json(), hashlib.sha256(await recording.bytes()).hexdigest()])
"""
    )
    assert found["title"] == "Grüße"
    path = tmp_path / "talks" / found["name"]
    assert (digest(path), path.stat().st_size) == (expected, found["size"])
