"""Players and pictures after their addresses were revoked: in saved notebooks, and for missing recordings."""

import asyncio
import base64
import math
import re

import pytest
from support.eventually import until

from mediarecorder import NotReadableError, RecordingStore, record
from mediarecorder._host.browser import JsException, js


def data_in(html):
    """The base64 of the one ``data:`` address in it."""
    [data] = re.findall(r'src="data:[a-z]+/[a-z0-9]+;base64,([^"]*)"', html)
    return data


async def show(stage, html):
    """Put it into the page, and wait until the player has read its metadata."""
    stage.innerHTML = html
    player = stage.querySelector("audio, video")
    while not (player.readyState or player.error):
        await asyncio.sleep(0.01)


in_a_page = pytest.mark.page_only("a worker has no element to show it in")


def in_a_worker(test):
    """Run a test in a worker of both engines, in `make test` too."""
    return pytest.mark.core(pytest.mark.lane("chromium-worker", "firefox-worker")(test))


NOTE = "Run this cell again to play"
GONE = f"Its data is gone, or this browser cannot read it. {NOTE}"


@in_a_worker
@pytest.mark.parametrize("kind", ["sound", "both"])
async def test_short_recording_is_embedded_in_its_html(copy_of, kind):
    recording = await copy_of(kind)
    html = recording._repr_html_()
    assert base64.b64decode(data_in(html)) == await recording.bytes()
    assert f'<p hidden="hidden">{NOTE}</p>' in html
    recording.embed_limit = recording.size
    assert "data:" in recording._repr_html_()


@in_a_worker
async def test_long_recording_shows_a_note_in_a_saved_notebook(copy_of):
    recording = await copy_of("sound")
    recording.embed_limit = recording.size - 1
    html = recording._repr_html_()
    assert "data:" not in html
    assert f"<p>{NOTE}</p>" in html


@in_a_worker
async def test_long_recording_is_not_read(copy_of, monkeypatch):
    recording = await copy_of("sound")
    monkeypatch.setattr(js, "FileReaderSync", None)
    with pytest.raises(AttributeError):
        recording._repr_html_()
    recording.embed_limit = recording.size - 1
    recording._repr_html_()


@in_a_worker
async def test_deleted_recording_is_not_embedded(store, microphone):
    recording = await record(0.3, stream=microphone, store=store)
    await store.delete(recording.id)
    assert f"<p>{NOTE}</p>" in recording._repr_html_()


@in_a_page
@pytest.mark.parametrize("kind", ["sound", "both"])
async def test_embedded_recording_plays_after_its_address_is_revoked(copy_of, stage, kind):
    recording = await copy_of(kind)
    html, length = (await recording.embed())._repr_html_(), recording.duration
    recording.close()
    await show(stage, html)
    player = stage.querySelector("audio, video")
    assert player.currentSrc.startswith("data:")
    assert player.duration == math.inf or abs(player.duration - length) < 0.5
    assert stage.querySelector("p").hidden


@in_a_page
@pytest.mark.lane("chromium-csp")
@pytest.mark.console_errors  # the console lists violations of the policy
async def test_embedded_recording_plays_under_a_policy_without_data_urls(copy_of, stage):
    recording = await copy_of("sound")
    await show(stage, (await recording.embed())._repr_html_())
    player = stage.querySelector("audio")
    await until(lambda: player.readyState)
    assert player.currentSrc == recording.url
    assert stage.querySelector("p").hidden


@in_a_page
@pytest.mark.core
async def test_recording_shown_by_the_page_plays_from_its_address(copy_of, stage):
    """The lane of a strict policy forbids data: addresses in players."""
    recording = await copy_of("sound")
    await show(stage, recording._repr_html_())
    assert stage.querySelector("audio").currentSrc == recording.url
    assert stage.querySelector("p").hidden


@in_a_page
@pytest.mark.console_errors  # the console reports a revoked address
async def test_player_with_a_revoked_address_says_so(copy_of, stage):
    recording = await copy_of("sound")
    html = recording._repr_html_()
    recording.close()
    await show(stage, html)
    await until(lambda: not stage.querySelector("p").hidden)
    assert stage.querySelector("p").textContent == GONE
    assert stage.querySelector("p").getBoundingClientRect().height > 10


async def test_embed_works_whatever_the_size(copy_of):
    recording = await copy_of("both")
    recording.embed_limit = 0
    assert "data:" not in recording._repr_html_()
    embedded = await recording.embed()
    assert base64.b64decode(data_in(embedded._repr_html_())) == await recording.bytes()
    assert repr(embedded) == f"<Embedded {recording!r}>"


@in_a_worker
async def test_photos_are_embedded_in_their_html(copy_of):
    photo = await (await copy_of("both")).thumbnail()
    assert base64.b64decode(data_in(photo._repr_html_())) == await photo.bytes()
    photo.embed_limit = 0
    html = photo._repr_html_()
    assert "data:" not in html
    assert "<p>Run this cell again to see it</p>" in html
    assert base64.b64decode(data_in((await photo.embed())._repr_html_())) == await photo.bytes()
    photo.close()


@in_a_page
@pytest.mark.console_errors  # the console reports a revoked address
async def test_photo_with_a_revoked_address_says_so(copy_of, stage):
    photo = await (await copy_of("both")).thumbnail()
    html, embedded = photo._repr_html_(), (await photo.embed())._repr_html_()
    photo.close()  # Firefox caches pictures that it has shown
    stage.innerHTML = html
    await until(lambda: not stage.querySelector("p").hidden)
    assert stage.querySelector("p").textContent == GONE.replace("play", "see it")
    stage.innerHTML = embedded
    await until(lambda: stage.querySelector("img").naturalWidth)
    assert stage.querySelector("p").hidden


@in_a_page
async def test_embedding_missing_data_raises(store, microphone):
    recording = await record(0.3, stream=microphone, store=store)
    await store.delete(recording.id)
    with pytest.raises(NotReadableError, match="data is gone"):
        await recording.embed()


async def deleted(store, recording):
    await store.delete(recording.id)


async def removed_by_script(store, recording):
    root = await js.navigator.storage.getDirectory()
    await root.removeEntry(f"mediarecorder-store-{store.name}", recursive=True)


@in_a_page
@pytest.mark.console_errors  # the console reports missing data
@pytest.mark.parametrize("end", [deleted, removed_by_script])
async def test_player_with_a_missing_file_says_so(store, stage, both, end):
    recording = await record(0.3, stream=both, store=store)
    html = recording._repr_html_()
    await end(store, recording)
    stage.innerHTML = html
    await until(lambda: not stage.querySelector("p").hidden)
    assert stage.querySelector("p").textContent == GONE
    recording.show_in(stage)
    await until(lambda: not stage.querySelector("p").hidden)
    recording.close()


@in_a_page
@pytest.mark.console_errors  # the console reports a revoked address
async def test_table_revokes_addresses_of_deleted_takes(store, stage, microphone):
    """This holds for every way of deleting; the others keep their addresses."""
    for _ in range(4):
        await record(0.2, stream=microphone, store=store)
    listed = await store.recordings()
    listed.show_in(stage)
    players = list(stage.querySelectorAll("audio"))
    await until(lambda: all(player.readyState for player in players))
    assert all(note.hidden for note in stage.querySelectorAll("p"))
    addresses = [player.src for player in players]
    await store.delete(listed[0].id)
    async with await RecordingStore.open(store.name) as other_tab:
        await other_tab.delete(listed[1].id)
    await store.recordings()
    assert [await alive(address) for address in addresses] == [False, False, True, True]
    await store.rename(listed[2].id, "Three")
    (await store.recordings()).show_in(stage)
    await until(lambda: all(player.src for player in stage.querySelectorAll("audio")))
    assert [player.src for player in stage.querySelectorAll("audio")] == addresses[2:]
    listed.show_in(stage)
    notes = list(stage.querySelectorAll("p"))
    await until(lambda: not notes[0].hidden and not notes[1].hidden)
    assert notes[0].textContent == GONE
    assert notes[2].hidden
    await store.clear()
    assert not await alive(addresses[2])


async def alive(address):
    """Whether a blob: address still works."""
    try:
        await js.fetch(address)
    except JsException:
        return False
    return True
