"""A recording is uploaded by tus, whatever the network and the server do meanwhile."""

import asyncio

import pytest
from support.eventually import until, until_proxies_are_destroyed

from mediarecorder import AbortError, InvalidStateError, Recording, UploadError, blocking, record, upload
from mediarecorder._host.features import can_run_sync

pytestmark = pytest.mark.firefox_in_soak

DATA = bytes(range(256)) * 20_000  # 5 MB


@pytest.fixture
def recording():
    return Recording.from_bytes(DATA, "audio/webm;codecs=opus")


@pytest.fixture
def impatient(monkeypatch):
    """Uploads give up early."""
    monkeypatch.setattr(upload, "PATIENCE", 2.0)
    monkeypatch.setattr(upload, "PATIENCE_WITH_ERRORS", 2.0)


@pytest.mark.core
@pytest.mark.firefox_too
@pytest.mark.policy
async def test_upload_gives_the_address_of_the_complete_file(bench, recording):
    running = recording.upload(bench.endpoint)
    assert not running.done()
    assert (running.sent, running.size, running.progress, running.url) == (0, len(DATA), 0.0, None)
    url = await running
    assert url == running.url
    assert url.startswith(bench.endpoint)
    assert (running.sent, running.progress, running.error) == (len(DATA), 1.0, None)
    assert await bench.has(url, DATA)
    assert recording.uploaded is running


async def test_server_is_told_name_type_and_metadata(bench, recording):
    url = await recording.upload(bench.endpoint, metadata={"title": "Grüße", "empty": ""})
    assert (await bench.call("file", url=url))["metadata"] == {
        "filename": recording.file_name(),
        "filetype": "audio/webm;codecs=opus",
        "title": "Grüße",
        "empty": "",
    } | {"empty": (await bench.call("file", url=url))["metadata"]["empty"]}
    url = await recording.upload(bench.endpoint, metadata={"filename": "talk.webm"})
    assert (await bench.call("file", url=url))["metadata"]["filename"] == "talk.webm"


async def test_empty_recording_is_uploaded(bench):
    url = await Recording.from_bytes(b"", "audio/webm").upload(bench.endpoint)
    assert await bench.has(url, b"")


async def test_progress_is_what_the_server_has(bench, recording):
    told = []
    await recording.upload(bench.endpoint, chunk_size=1_000_000, on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert told.count(1.0) == 1
    assert pytest.approx(1_000_000 / len(DATA)) == next(share for share in told if share)
    assert [size for *_, size in await bench.requests("PATCH")] == [1_000_000] * 5 + [120_000]


@pytest.mark.core
@pytest.mark.firefox_too
@pytest.mark.console_errors
@pytest.mark.parametrize("cut", [0, 1, 700_000])
@pytest.mark.parametrize("method", ["PATCH", "POST", "HEAD"])
async def test_upload_goes_on_after_a_cut(bench, recording, method, cut):
    if method == "HEAD":
        await bench.call("fault", methods=["PATCH"], cut=300_000)
    await bench.call("fault", methods=[method], times=2, cut=cut)
    url = await recording.upload(bench.endpoint)
    assert await bench.has(url, DATA)


@pytest.mark.console_errors
async def test_nothing_that_the_server_has_is_sent_again(bench, recording):
    await bench.call("fault", methods=["PATCH"], cut=700_000)
    await recording.upload(bench.endpoint, chunk_size=len(DATA))
    first, second = [size for *_, size in await bench.requests("PATCH")]
    assert first == 700_000
    assert second == pytest.approx(len(DATA) - 700_000, abs=300_000)


@pytest.mark.console_errors
@pytest.mark.parametrize("method", ["POST", "PATCH", "HEAD"])
async def test_lost_answers_do_no_harm(bench, recording, method):
    if method == "HEAD":
        await bench.call("fault", methods=["PATCH"], cut=300_000)
    await bench.call("fault", methods=[method], cut_answer=0)
    await bench.call("fault", methods=[method], cut_answer=10)
    assert await bench.has(await recording.upload(bench.endpoint), DATA)


@pytest.mark.console_errors
@pytest.mark.parametrize("status", [503, 500, 502, 429, 423, 409])
async def test_upload_waits_while_the_server_is_busy(bench, recording, status):
    await bench.call("fault", methods=["POST"], status=status)
    await bench.call("fault", methods=["PATCH"], status=status)
    await bench.call("fault", methods=["HEAD"], status=status)
    running = recording.upload(bench.endpoint)
    seen = []
    while not running.done():
        if running.error:
            seen.append(running.error.status)
        await asyncio.sleep(0.02)
    assert await bench.has(await running, DATA)
    assert set(seen) == {status}
    # A client that is asked to wait must not create the upload again.
    assert [one[2] for one in await bench.requests("POST")] == [status, 201]


@pytest.mark.console_errors
async def test_upload_survives_a_killed_server(bench, recording):
    await bench.call("set", rate=2_000_000)
    running = recording.upload(bench.endpoint, chunk_size=500_000)
    await until(lambda: running.sent)
    await bench.call("kill")
    await until(lambda: running.error)
    await bench.call("start")
    assert await bench.has(await running, DATA)
    assert len(await bench.requests("POST")) == 1


@pytest.mark.console_errors
@pytest.mark.thorough
async def test_dead_server_is_waited_for_once_the_upload_has_begun(bench, recording, monkeypatch):
    monkeypatch.setattr(upload, "LONGEST_PAUSE", 1.0)
    await bench.call("set", rate=2_000_000)
    running = recording.upload(bench.endpoint, chunk_size=500_000)
    await until(lambda: running.sent)
    await bench.call("set", dead=True)
    await until(lambda: running._failures > 5, 30)
    await bench.call("set")
    assert await bench.has(await running, DATA)


@pytest.mark.console_errors
async def test_server_that_has_forgotten_the_upload_gets_it_anew(bench, recording):
    await bench.call("set", rate=3_000_000)
    running = recording.upload(bench.endpoint, chunk_size=500_000)
    await until(lambda: running.sent >= 1_000_000)
    first = running.url
    await bench.call("forget", url=first)
    url = await running
    assert url != first
    assert await bench.has(url, DATA)


@pytest.mark.console_errors
async def test_server_that_has_lost_the_end_gets_it_again(bench, recording):
    running = recording.upload(bench.endpoint, chunk_size=1_000_000)
    await until(lambda: running.sent >= 1_000_000)
    running.pause()
    await asyncio.sleep(0.3)
    await bench.call("shorten", url=running.url, size=400_000)
    running.resume()
    assert await bench.has(await running, DATA)


@pytest.mark.console_errors
@pytest.mark.parametrize("status", [401, 403, 404, 405, 413, 501])
async def test_refusal_is_an_error_at_once(bench, recording, status):
    await bench.call("fault", methods=["POST"], status=status, times=9)
    with pytest.raises(UploadError, match=f"{status}.*because of {status}") as caught:
        await recording.upload(bench.endpoint)
    assert caught.value.status == status
    assert await caught.value.response.text() == f"because of {status}"
    assert len(await bench.requests("POST")) == 1
    assert await recording.bytes() == DATA


@pytest.mark.console_errors
@pytest.mark.parametrize("status", [500, 409, 503])
@pytest.mark.thorough
async def test_server_that_only_fails_is_given_up(bench, recording, impatient, status):
    await bench.call("fault", status=status, times=99)
    with pytest.raises(UploadError, match=str(status)) as caught:
        await recording.upload(bench.endpoint)
    assert caught.value.status == status


@pytest.mark.console_errors
async def test_server_that_only_fails_to_take_the_data_is_given_up(bench, recording, impatient):
    await bench.call("fault", methods=["PATCH"], status=500, times=99)
    with pytest.raises(UploadError, match="500"):
        await recording.upload(bench.endpoint)


@pytest.mark.thorough
async def test_server_that_confirms_no_data_is_given_up(bench, recording, impatient):
    await bench.call("fault", methods=["PATCH"], status=200, headers={"Upload-Offset": "0"}, times=999)
    with pytest.raises(UploadError, match="confirmed none of the data"):
        await recording.upload(bench.endpoint)
    assert len(await bench.requests("PATCH")) < 9, "it is not asked without a pause"


@pytest.mark.console_errors
@pytest.mark.parametrize(
    ("offset", "error"),
    [("-5", "another state"), ("99999999999999999999", "another state"), ("none", "tus server")],
)
async def test_server_with_an_impossible_offset_is_given_up(bench, recording, offset, error):
    await bench.call("fault", methods=["PATCH"], cut=1000)
    await bench.call("fault", methods=["HEAD"], replace={"Upload-Offset": offset})
    with pytest.raises(UploadError, match=error):
        await recording.upload(bench.endpoint)


async def test_unusable_address_for_the_data_is_explained(bench, recording):
    await bench.call("fault", methods=["POST"], replace={"Location": "http://["})
    with pytest.raises(UploadError, match="tus server") as caught:
        await recording.upload(bench.endpoint)
    assert caught.value.status == 201


@pytest.mark.console_errors
async def test_server_that_refuses_the_data_gets_no_second_upload(bench, recording):
    await bench.call("fault", methods=["PATCH"], status=403, times=9)
    with pytest.raises(UploadError, match="403"):
        await recording.upload(bench.endpoint)
    assert len(await bench.requests("POST")) == 1


@pytest.mark.console_errors
async def test_server_that_forgets_again_and_again_is_given_up(bench, recording):
    await bench.call("fault", methods=["PATCH", "HEAD"], status=404, times=99)
    with pytest.raises(UploadError, match="404"):
        await recording.upload(bench.endpoint)
    assert len(await bench.requests("POST")) == 2


@pytest.mark.console_errors
async def test_server_that_is_down_is_given_up(bench, recording, impatient):
    with pytest.raises(UploadError, match=r"http://127\.0\.0\.1:9 does not answer"):
        await recording.upload("http://127.0.0.1:9/files")


@pytest.mark.console_errors
@pytest.mark.thorough
async def test_server_without_permission_for_this_page_is_explained(bench, recording, impatient):
    with pytest.raises(UploadError, match="CORS"):
        await recording.upload(f"{bench.receiver}/unshared")


async def test_server_without_tus_is_explained(bench, recording):
    for address in (bench.receiver, bench.here):
        with pytest.raises(UploadError, match="tus server"):
            await recording.upload(address)


@pytest.mark.core
@pytest.mark.firefox_too
@pytest.mark.console_errors
@pytest.mark.parametrize("method", ["POST", "PATCH", "HEAD"])
async def test_redirects_are_refused(bench, recording, method):
    await bench.call("fault", methods=["PATCH"], cut=1000) if method == "HEAD" else None
    await bench.call(
        "fault", methods=[method], status=307, headers={"Location": f"{bench.elsewhere}/files"}, times=9
    )
    with pytest.raises(UploadError, match="redirects to another address"):
        await recording.upload(bench.endpoint)
    assert await bench.call("elsewhere") == []


@pytest.mark.console_errors
@pytest.mark.thorough
async def test_redirect_of_the_pages_own_origin_to_another_is_refused(bench, recording, impatient):
    with pytest.raises(UploadError, match="redirected to another origin"):
        await recording.upload(f"{bench.here}/redirect/307?to={bench.elsewhere}/files")
    assert await bench.call("elsewhere") == []


async def test_address_of_another_origin_for_the_data_is_refused(bench, recording):
    await bench.call("fault", methods=["POST"], replace={"Location": f"{bench.elsewhere}/files/1"})
    with pytest.raises(UploadError, match="named an address of another origin"):
        await recording.upload(bench.endpoint)
    assert await bench.call("elsewhere") == []


async def test_relative_address_for_the_data_is_understood(bench, recording):
    await bench.call("fault", methods=["POST"], relative=True)
    url = await recording.upload(bench.endpoint)
    assert url.startswith(f"{bench.endpoint}/")
    assert await bench.has(url, DATA)


async def test_pause_sends_nothing_until_resume(bench, recording):
    await bench.call("set", rate=3_000_000)
    running = recording.upload(bench.endpoint, chunk_size=500_000)
    await until(lambda: running.sent)
    running.pause()
    running.pause()
    await asyncio.sleep(0.5)
    before = len((await bench.call("log"))["tus"])
    await asyncio.sleep(0.5)
    assert len((await bench.call("log"))["tus"]) == before
    assert not running.done()
    running.resume()
    running.resume()
    assert await bench.has(await running, DATA)
    running.pause()
    running.resume()
    running.abort()
    assert await running == running.url


async def test_paused_at_once_it_begins_with_resume(bench, recording):
    running = recording.upload(bench.endpoint)
    running.pause()
    await asyncio.sleep(0.3)
    assert (await bench.call("log"))["tus"] == []
    running.resume()
    assert await bench.has(await running, DATA)


@pytest.mark.core
@pytest.mark.firefox_too
async def test_abort_ends_the_upload(bench, recording):
    await bench.call("set", rate=2_000_000)
    running = recording.upload(bench.endpoint, chunk_size=500_000)
    await until(lambda: running.sent)
    running.abort()
    with pytest.raises(AbortError):
        await running
    assert running.done()
    assert await recording.bytes() == DATA


async def test_aborted_while_paused_it_sends_nothing_more(bench, recording):
    await bench.call("set", rate=2_000_000)
    running = recording.upload(bench.endpoint, chunk_size=500_000)
    await until(lambda: running.sent)
    running.pause()
    running.abort()
    await asyncio.sleep(0.3)
    before = len((await bench.call("log"))["tus"])
    running.resume()
    await asyncio.sleep(0.5)
    assert len((await bench.call("log"))["tus"]) == before


async def test_cancelled_waiter_does_not_end_the_upload(bench, recording):
    running = recording.upload(bench.endpoint)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(running, 0.001)
    assert await bench.has(await running, DATA)


async def test_blocking_code_uploads_too(bench, recording):
    if not can_run_sync():
        pytest.skip("this interpreter cannot wait in plain Python")
    assert await bench.has(blocking.run(recording.upload(bench.endpoint)), DATA)


@pytest.mark.console_errors
async def test_data_that_is_gone_is_an_upload_error(bench, store, microphone):
    recording = await record(0.3, stream=microphone, store=store)
    await store.delete(recording.id)
    with pytest.raises(UploadError, match="data is gone"):
        await recording.upload(bench.endpoint)


async def test_recording_without_an_upload_says_so(recording):
    with pytest.raises(InvalidStateError, match="upload"):
        assert recording.uploaded


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"metadata": "title"}, TypeError),
        ({"metadata": {"title": 1}}, TypeError),
        ({"metadata": {"a title": "x"}}, ValueError),
        ({"metadata": {"größe": "x"}}, ValueError),
        ({"metadata": {"": "x"}}, ValueError),
        ({"headers": {"a": 1}}, TypeError),
        ({"headers": {"a b": "1"}}, TypeError),
        ({"chunk_size": 0}, ValueError),
        ({"chunk_size": "1"}, TypeError),
        ({"on_progress": 1}, TypeError),
    ],
)
async def test_invalid_arguments_are_rejected_at_the_call(bench, recording, options, error):
    with pytest.raises(error):
        recording.upload(bench.endpoint, **options)
    with pytest.raises(TypeError):
        recording.upload(None)


async def test_uploads_leave_no_proxies(bench, recording, page_probe):
    own = page_probe.proxies()
    await recording.upload(bench.endpoint)
    await recording.post(bench.receiver, on_progress=lambda fraction: None)
    await until_proxies_are_destroyed(page_probe, but=own)
