"""How recordings show themselves where Python is used interactively."""

import asyncio

import pytest
from tones import tones

from mediarecorder import Recording


@pytest.fixture
def addresses():
    """The ``blob:`` addresses that were made and not yet released."""
    import js
    from pyodide.ffi import create_proxy

    made = set()
    own = js.URL.createObjectURL, js.URL.revokeObjectURL

    def create(blob):
        url = own[0].call(js.URL, blob)
        made.add(url)
        return url

    def revoke(url):
        made.discard(url)
        own[1].call(js.URL, url)

    proxies = create_proxy(create), create_proxy(revoke)
    js.URL.createObjectURL, js.URL.revokeObjectURL = proxies
    yield made
    js.URL.createObjectURL, js.URL.revokeObjectURL = own
    for proxy in proxies:
        proxy.destroy()


async def own_copy(recording):
    """One that a test may close."""
    return Recording(recording.blob, recording.mime_type, duration=recording.duration)


@pytest.mark.core
async def test_sound_is_a_player_with_a_waveform(recorded, stage):
    recording = await own_copy(await recorded("sound"))
    stage.innerHTML = recording._repr_html_()
    player = stage.querySelector("figure audio[controls]")
    assert player.getAttribute("aria-label") == "Recording of 0:01"
    picture = stage.querySelector("figure svg[role=img][aria-label]")
    assert picture.getBoundingClientRect().width > 100
    assert len(picture.querySelector("path").getAttribute("d").split("M")) == 241
    facts = stage.querySelector("figcaption").textContent
    assert "0:01" in facts
    assert "kB" in facts
    assert recording.mime_type in facts
    link = stage.querySelector("figcaption a[download]")
    assert link.download.endswith(f".{recording.extension}")
    assert link.href == recording.url
    recording.close()


@pytest.mark.core
async def test_a_picture_is_a_player_with_a_poster(recorded, stage):
    import js

    recording = await own_copy(await recorded("both", timeslice=0.2))
    stage.innerHTML = recording._repr_html_()
    player = stage.querySelector("figure video[controls][playsinline]")
    image = js.Image.new()
    image.src = player.poster
    await image.decode()
    assert (image.naturalWidth, image.naturalHeight) == (640, 480)
    recording.close()


async def test_notebooks_of_both_kinds_get_it(recorded):
    recording = await own_copy(await recorded("sound"))
    bundle = recording._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/html"] == recording._repr_html_()
    assert bundle["text/plain"] == repr(recording)
    assert recording._mime_() == ("text/html", bundle["text/html"])
    recording.close()


async def test_where_nobody_can_wait_the_picture_comes_later(recorded, stage):
    """In the handler of an event Python cannot wait for the browser."""
    import js
    from pyodide.ffi import create_proxy

    sound, film = await own_copy(await recorded("sound")), await own_copy(await recorded("both"))

    def show(event):
        stage.innerHTML = sound._repr_html_() + film._repr_html_()

    proxy = create_proxy(show)
    stage.addEventListener("click", proxy)
    stage.click()
    stage.removeEventListener("click", proxy)
    proxy.destroy()
    assert not stage.querySelector("svg")
    async with asyncio.timeout(10):
        while not (
            stage.querySelector("audio")
            and stage.querySelector("svg")
            and stage.querySelector("video").poster
        ):
            await asyncio.sleep(0.02)
    assert stage.querySelector("svg + br + audio")
    assert js.document.getElementById(stage.querySelector("audio").id)
    sound.close()
    film.close()


async def test_closing_releases_every_address(recorded, addresses):
    for kind in ("sound", "both"):
        recording = await own_copy(await recorded(kind))
        for _ in range(3):
            recording._repr_html_()
        assert addresses
        recording.close()
        assert not addresses


async def test_work_leaves_no_address(recorded, addresses):
    recording = await recorded("both")
    await (await recording.convert("mp3")).samples()
    await recording.thumbnail()
    assert not addresses


async def test_what_comes_from_outside_stays_text(stage):
    import js

    nasty = 'video/"><img src=x onerror="document.title = 1"><script>alert(1)</script>'
    for blob in (js.Blob.new(), js.Blob.new(["no media"])):
        recording = Recording(blob, nasty)
        html = recording._repr_html_()
        assert "<script" not in html
        stage.innerHTML = html
        assert stage.querySelectorAll("img, script").length == 0
        assert nasty in stage.querySelector("figcaption").textContent
        assert "style=" not in html
        recording.close()


async def test_a_file_that_is_no_media_shows_itself_all_the_same(stage):
    recording = Recording.from_bytes(b"no media", "audio/webm")
    stage.innerHTML = recording._repr_html_()
    assert stage.querySelector("audio[aria-label=Recording]")
    assert not stage.querySelector("svg")
    recording.close()


async def test_a_file_from_elsewhere_shows_its_length(stage):
    wav = await tones(440, seconds=2).to_recording("wav")
    recording = Recording.from_bytes(await wav.bytes(), "audio/wav")
    stage.innerHTML = recording._repr_html_()
    assert "0:02" in stage.querySelector("figcaption").textContent
    recording.close()
