"""The display of recordings in interactive Python."""

import asyncio

import pytest
from support.eventually import until
from support.tones import tones

from mediarecorder import Recording
from mediarecorder._html.text import clock

pytestmark = pytest.mark.media_work


@pytest.fixture
def addresses():
    """The ``blob:`` addresses that were created and not yet released."""
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


async def show(stage, html):
    """Put it into the page, and wait until the player has read its metadata."""
    stage.innerHTML = html
    player = stage.querySelector("audio, video")
    while not (player.readyState or player.error):
        await asyncio.sleep(0.01)


@pytest.mark.page_only("a worker has no element to show it in")
@pytest.mark.core
@pytest.mark.policy
async def test_sound_displays_a_player_with_a_waveform(copy_of, stage):
    recording = await copy_of("sound")
    await show(stage, recording._repr_html_())
    player = stage.querySelector("figure audio[controls]")
    assert player.getAttribute("aria-label") == f"Recording of {clock(recording.duration)}"
    picture = stage.querySelector("figure svg[role=img][aria-label]")
    assert picture.getBoundingClientRect().width > 100
    assert len(picture.querySelector("path").getAttribute("d").split("M")) == 151
    facts = stage.querySelector("figcaption").textContent
    assert clock(recording.duration) in facts
    assert "kB" in facts
    assert recording.mime_type in facts
    link = stage.querySelector("figcaption a[download]")
    assert link.download.endswith(f".{recording.extension}")
    assert link.href == recording.url
    # marimo's stylesheet shows links like other text.
    assert link.querySelector("u").textContent == "Download"


@pytest.mark.page_only("a worker has no element to show it in")
@pytest.mark.core
@pytest.mark.policy
async def test_video_displays_a_player_with_a_poster(copy_of, stage):
    import js

    recording = await copy_of("both", timeslice=0.2)
    await show(stage, recording._repr_html_())
    player = stage.querySelector("figure video[controls][playsinline]")
    image = js.Image.new()
    image.src = player.poster
    await image.decode()
    assert (image.naturalWidth, image.naturalHeight) == (640, 480)


@pytest.mark.page_only("a worker has no element to show it in")
@pytest.mark.parametrize("kind", ["sound", "both"])
async def test_player_is_no_wider_than_a_narrow_page(copy_of, stage, kind):
    stage.style.width = "240px"
    try:
        await show(stage, (await copy_of(kind))._repr_html_())
        player = stage.querySelector("figure :is(audio, video)")
        await until(
            lambda: 0 < player.getBoundingClientRect().width <= 160
        )  # a figure's margins are 40 pixels
        caption = stage.querySelector("figcaption")
        caption.append("video/mp4;codecs=avc1.42E01E,mp4a.40.2")
        assert caption.scrollWidth <= caption.clientWidth, "long names of types are wrapped"
        if kind == "both":
            assert player.clientHeight == pytest.approx(player.clientWidth * 3 / 4, abs=1)
        else:
            assert player.clientHeight >= 30, "browsers' own style sheets give it this height"
    finally:
        stage.removeAttribute("style")


async def test_both_kinds_of_notebooks_get_the_html(copy_of):
    recording = await copy_of("sound")
    bundle = recording._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/html"] == recording._repr_html_()
    assert bundle["text/plain"] == repr(recording)
    assert recording._mime_() == ("text/html", bundle["text/html"])


@pytest.mark.page_only("a worker has no element to show it in")
async def test_picture_comes_later_if_python_cannot_wait(copy_of, stage):
    """Python cannot wait for the browser in an event handler."""
    from pyodide.ffi import create_proxy

    sound, film = await copy_of("sound"), await copy_of("both")

    def show(event):
        stage.innerHTML = sound._repr_html_() + film._repr_html_()

    proxy = create_proxy(show)
    stage.addEventListener("click", proxy)
    stage.click()
    stage.removeEventListener("click", proxy)
    proxy.destroy()
    assert not stage.querySelector("svg")
    await until(
        lambda: (
            stage.querySelector("audio")
            and stage.querySelector("svg")
            and stage.querySelector("video").poster
        ),
        40,
    )
    assert stage.querySelector("svg + br + audio")


async def test_closing_releases_every_address(copy_of, addresses):
    for kind in ("sound", "both"):
        recording = await copy_of(kind)
        for _ in range(3):
            recording._repr_html_()
        assert addresses
        recording.close()
        assert not addresses


async def test_processing_leaves_no_address(recorded, addresses):
    recording = await recorded("both")
    await (await recording.convert("mp3")).samples()
    await recording.thumbnail()
    assert not addresses


@pytest.mark.page_only("a worker has no element to show it in")
async def test_external_text_is_escaped(stage):
    import js

    nasty = 'video/"><img src=x onerror="document.title = 1"><script>alert(1)</script>'
    recording = Recording(js.Blob.new(["no media"]), nasty)
    html = recording._repr_html_()
    assert "<script" not in html
    await show(stage, html)
    assert stage.querySelectorAll("img, script").length == 0
    assert nasty in stage.querySelector("figcaption").textContent
    assert "style=" not in html
    stage.replaceChildren()
    recording.close()


@pytest.mark.page_only("a worker has no element to show it in")
async def test_non_media_file_displays_itself_anyway(stage):
    recording = Recording.from_bytes(b"no media", "audio/webm")
    await show(stage, recording._repr_html_())
    assert stage.querySelector("audio[aria-label=Recording]")
    assert not stage.querySelector("svg")
    stage.replaceChildren()
    recording.close()


@pytest.mark.page_only("a worker has no element to show it in")
async def test_file_from_elsewhere_shows_its_length(stage):
    wav = await tones(440, seconds=2).to_recording("wav")
    recording = Recording.from_bytes(await wav.bytes(), "audio/wav")
    await show(stage, recording._repr_html_())
    assert "0:02" in stage.querySelector("figcaption").textContent
    stage.replaceChildren()
    recording.close()
