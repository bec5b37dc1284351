"""A recording is sent in one request: as a form, or with PUT."""

import asyncio
import hashlib

import pytest

from mediarecorder import Recording, UploadError, record
from mediarecorder._host.browser import js

pytestmark = pytest.mark.firefox_in_soak

DATA = bytes(range(256)) * 4096


@pytest.fixture
def recording():
    return Recording.from_bytes(DATA, "audio/webm;codecs=opus")


def is_of(found, data=DATA):
    return (found["size"], found["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.core
@pytest.mark.firefox_too
@pytest.mark.policy
async def test_form_arrives_with_its_file_and_fields(bench, recording):
    response = await recording.post(
        bench.here, field="audio", name="talk", data={"title": "Grüße", "tags": ["one", "two"], "rate": 1.5}
    )
    assert response.status == 200
    found = await response.json()
    assert is_of(found)
    assert (found["method"], found["field"], found["name"]) == ("POST", "audio", "talk.webm")
    assert found["part_type"] == "audio/webm;codecs=opus"
    assert found["fields"] == [["title", "Grüße"], ["tags", "one"], ["tags", "two"], ["rate", "1.5"]]


async def test_quotes_and_lines_in_names_stay_in_their_header(bench, recording):
    response = await recording.post(bench.here, field='a"\r\nX: 1', name='b"; name="c\n.webm')
    found = await response.json()
    assert is_of(found)
    assert (found["field"], found["name"]) == ("a%22%0D%0AX: 1", "b%22; name=%22c%0A.webm")


@pytest.mark.core
@pytest.mark.firefox_too
async def test_another_origin_that_allows_it_gets_the_form(bench, recording):
    response = await recording.post(bench.receiver, headers={"Authorization": "Bearer abc"})
    found = await response.json()
    assert is_of(found)
    assert found["authorization"] == "Bearer abc"
    assert found["name"] == recording.file_name()


async def test_put_sends_the_bare_bytes(bench, recording):
    found = await (await recording.put(bench.receiver)).json()
    assert (found["method"], found["type"]) == ("PUT", "audio/webm;codecs=opus")
    assert is_of(found)
    typed = await recording.put(bench.receiver, headers={"Content-Type": "video/webm"})
    assert (await typed.json())["type"] == "video/webm"


async def test_stored_recording_is_sent_from_disk(bench, store, microphone):
    recording = await record(0.3, stream=microphone, store=store)
    found = await (await recording.post(bench.receiver)).json()
    assert is_of(found, await recording.bytes())


async def test_response_has_headers_text_and_bytes(bench, recording):
    response = await recording.post(f"{bench.receiver}/text")
    assert response.status == 201
    assert response.headers["X-Answer"] == response.headers["x-answer"] == response.headers.get("X-ANSWER")
    assert "X-Answer" in response.headers
    assert "X-Other" not in response.headers
    with pytest.raises(KeyError):
        response.headers["X-Other"]
    with pytest.raises(KeyError):
        response.headers["1"]
    assert await response.text() == "grüße"
    assert await response.bytes() == "grüße".encode()
    with pytest.raises(ValueError, match=r"JSON|Expecting"):
        await response.json()
    assert response.url == f"{bench.receiver}/text"


@pytest.mark.core
@pytest.mark.firefox_too
async def test_progress_ends_with_1(bench):
    told = []
    large = Recording.from_bytes(bytes(40_000_000), "video/webm")
    await large.post(f"{bench.receiver}/slow", on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert told.count(1.0) == 1
    assert len(told) > 1


@pytest.mark.console_errors
@pytest.mark.parametrize("status", [500, 413, 401, 403, 404, 409])
@pytest.mark.parametrize("verb", ["post", "put"])
async def test_refusal_has_status_response_and_advice(bench, recording, verb, status):
    with pytest.raises(UploadError, match=f"{verb}.*{status}.*because of {status}") as caught:
        await getattr(recording, verb)(f"{bench.receiver}/status/{status}")
    assert caught.value.status == status
    assert await caught.value.response.text() == f"because of {status}"
    assert await recording.bytes() == DATA


@pytest.mark.console_errors
@pytest.mark.core
@pytest.mark.firefox_too
@pytest.mark.parametrize("on_progress", [None, lambda fraction: None], ids=["quiet", "progress"])
@pytest.mark.parametrize("status", [307, 308, 302])
@pytest.mark.parametrize("origin", ["here", "receiver"])
async def test_redirect_to_another_origin_is_refused(bench, recording, origin, status, on_progress):
    address = f"{getattr(bench, origin)}/redirect/{status}?to={bench.elsewhere}/stolen"
    with pytest.raises(UploadError, match="redirects to another"):
        await recording.post(address, on_progress=on_progress)
    assert await bench.call("elsewhere") == []


async def test_redirect_within_the_origin_is_followed(bench, recording):
    response = await recording.post(f"{bench.receiver}/redirect/307?to=/other")
    assert is_of(await response.json())
    assert response.url == f"{bench.receiver}/other"
    # As servers answer a form that was sent by a person.
    response = await recording.post(f"{bench.receiver}/redirect/303?to=/text")
    assert await response.text() == "grüße"


@pytest.mark.console_errors
async def test_missing_permission_of_another_origin_is_explained(bench, recording):
    with pytest.raises(UploadError, match=r"CORS.*Access-Control-Allow-Origin|CORS") as caught:
        await recording.post(f"{bench.receiver}/unshared")
    assert js.location.origin in str(caught.value)
    assert caught.value.status is None


@pytest.mark.console_errors
@pytest.mark.lane("chromium-csp")
@pytest.mark.parametrize("verb", ["post", "upload"])
async def test_policy_of_the_page_is_named(bench, recording, verb):
    address = bench.receiver.replace("127.0.0.1", "localhost")
    with pytest.raises(UploadError, match=rf"Add {address} to its connect-src"):
        await getattr(recording, verb)(address)


@pytest.mark.console_errors
async def test_server_that_is_down_is_named(bench, recording):
    with pytest.raises(UploadError, match=r"http://127.0.0.1:9 does not answer"):
        await recording.put("http://127.0.0.1:9/files")


@pytest.mark.console_errors
async def test_cut_connection_is_an_upload_error(bench, recording):
    with pytest.raises(UploadError, match=r"cut the connection|does not answer"):
        await recording.post(f"{bench.receiver}/cut")
    assert await recording.bytes() == DATA


@pytest.mark.console_errors
@pytest.mark.firefox_too
@pytest.mark.quirk("firefox-sends-gone-data-forever")
async def test_gone_data_is_an_upload_error(bench, store, microphone):
    recording = await record(0.3, stream=microphone, store=store)
    await store.delete(recording.id)
    with pytest.raises(UploadError, match="data is gone"):
        await recording.post(bench.receiver)


@pytest.mark.parametrize(
    "address",
    ["files/", "/files/", "//example.org", "ftp://example.org/", "blob:x", "https://", "https://a:b@c/"],
)
async def test_unusable_address_is_refused_before_anything_is_sent(bench, recording, address):
    for verb in (recording.post, recording.put, recording.upload):
        with pytest.raises(UploadError, match="address") as caught:
            await verb(address)
        assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"field": 1}, TypeError),
        ({"name": 1}, TypeError),
        ({"name": " "}, ValueError),
        ({"data": "title"}, TypeError),
        ({"data": {"title": None}}, TypeError),
        ({"data": {1: "title"}}, TypeError),
        ({"headers": ["Authorization"]}, TypeError),
        ({"headers": {"Authorization": None}}, TypeError),
        ({"headers": {"a b": "c"}}, TypeError),
        ({"headers": {"a": "b\r\nc: d"}}, TypeError),
        ({"headers": {"content-type": "text/plain"}}, ValueError),
        ({"on_progress": 1}, TypeError),
    ],
)
async def test_invalid_arguments_are_rejected(bench, recording, options, error):
    with pytest.raises(error):
        await recording.post(bench.receiver, **options)
    assert (await bench.call("log"))["receiver"] == []


async def test_cancelling_ends_the_request_and_leaves_nothing(bench, page_probe):
    large = Recording.from_bytes(bytes(100_000_000), "video/webm")
    begun = asyncio.Event()

    def told(fraction):
        begun.set()

    task = asyncio.ensure_future(large.put(f"{bench.receiver}/slow", on_progress=told))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    if hasattr(js, "document"):
        assert js.document.querySelectorAll("iframe").length == 0


async def test_blocking_call_sends_too(bench, recording):
    from mediarecorder import blocking
    from mediarecorder._host.features import can_run_sync

    if not can_run_sync():
        pytest.skip("this interpreter cannot wait in plain Python")
    assert blocking.run(recording.post(bench.receiver)).status == 200
