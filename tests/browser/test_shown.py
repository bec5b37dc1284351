"""The display of arrays and of lists of stored takes in interactive Python."""

import base64
import math
import re
import sys
import time
from array import array
from xml.etree import ElementTree

import pytest
from support.eventually import until

from mediarecorder import AudioSamples, Frame, Outcome
from mediarecorder._host.browser import js, js_object, to_js
from mediarecorder.store import StoredRecording, StoredRecordings

RATE = 8000
SVG = "{http://www.w3.org/2000/svg}"


def drawn(samples):
    """The picture and the caption, as an XML parser reads them."""
    figure = ElementTree.fromstring(samples._repr_html_())
    return figure.find(f"{SVG}svg"), figure.find("figcaption").text


def texts(svg, anchor):
    """The x coordinate of each text, in the units of the lines."""
    width = float(svg.find(f"{SVG}svg").get("viewBox").split()[2])
    words = [one for one in svg.iter(f"{SVG}text") if one.get("text-anchor") == anchor]
    return [(float(one.get("x").removesuffix("%")) / 100 * width, one.text) for one in words]


def lanes(svg):
    """The points of each channel's line."""
    paths = [one.get("d") for one in svg.iter(f"{SVG}path") if "L" in one.get("d")]
    return [[tuple(map(float, point.split())) for point in re.split("[ML]", path)[1:]] for path in paths]


def sound(seconds, *channels):
    """Channels computed from functions of time."""
    frames = range(round(seconds * RATE))
    values = array("f", [channel(frame / RATE) for frame in frames for channel in channels])
    return AudioSamples(memoryview(values).cast("B").cast("f", [len(frames), len(channels)]), RATE)


@pytest.mark.core
def test_samples_display_a_waveform_over_seconds():
    svg, caption = drawn(sound(2.5, lambda at: 0.5 if at >= 1 else 0, lambda at: -1 if at < 0.5 else 0))
    assert caption == "2.5 s · 8000 Hz · 2 channels"
    ticks = texts(svg, "middle")
    assert [text for _, text in ticks] == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "s"]
    assert [text for _, text in texts(svg, "end")] == ["1", "0", "-1"] * 2
    second = ticks[2][0]
    first, other = lanes(svg)
    [rise] = {x for (x, y), (_, before) in zip(first[1:], first, strict=False) if before - y > 10}
    assert rise == pytest.approx(second, abs=3), "the step at 1 s is above the tick of 1 s"
    assert min(y for _, y in first) == 8 + 16, "0.5 is half way between 0 and 1"
    assert max(y for _, y in other) == 80 + 8 + 64, "-1 is the bottom of the second lane"


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (1 / RATE, ["0.00000", "0.00005", "0.00010"]),
        (0.3, ["0.00", "0.05", "0.10", "0.15", "0.20", "0.25", "0.30"]),
        (6, ["0", "1", "2", "3", "4", "5", "6"]),
        (75, ["0", "20", "40", "60"]),
    ],
)
def test_ticks_are_round_seconds(seconds, labels):
    svg, _ = drawn(sound(seconds, lambda at: 0))
    assert [text for _, text in texts(svg, "middle")] == [*labels, "s"]


def test_waveform_has_the_text_colour_and_no_style():
    html = sound(0.1, lambda at: 0.1)._repr_html_()
    assert 'stroke="currentColor"' in html
    assert "style" not in html
    assert not re.search("#|rgb|black|white", html)


def test_nan_values_leave_a_gap():
    odd = [math.nan, 0.5, math.nan, math.inf, -math.inf, 7]
    svg, _ = drawn(AudioSamples(array("f", odd), RATE))
    [points] = lanes(svg)
    assert [y for _, y in points[::2]] == [24, 8, 72, 8]
    svg, _ = drawn(AudioSamples(array("f", [math.nan] * 1000), RATE))
    assert lanes(svg) == []
    many = array("f", [math.nan, 0.5, math.nan, -0.5] * 1000)
    [points] = lanes(drawn(AudioSamples(many, RATE))[0])
    assert {y for _, y in points} == {24, 56}


def test_waveform_handles_no_frames_one_frame_and_twelve_channels():
    svg, caption = drawn(sound(1 / RATE, lambda at: 1))
    assert lanes(svg) == [[(56, 8), (56, 8)]]
    assert caption.endswith("1 channel")
    nothing = AudioSamples._of(bytearray(), 1, RATE)
    assert nothing._repr_html_() == "<figure><figcaption>0 s · 8000 Hz · 1 channel</figcaption></figure>"
    svg, caption = drawn(sound(0.01, *[lambda at: 0.5] * 12))
    assert len(lanes(svg)) == 8
    assert caption.endswith("12 channels (8 shown)")


def test_long_waveform_samples_each_stretch_without_numpy(monkeypatch):
    """With numpy, all values count."""
    monkeypatch.setitem(sys.modules, "numpy", None)
    period = array("f", [math.sin(2 * math.pi * place / 48) for place in range(48)])
    samples = AudioSamples(period * (600 * 1000), 48000)
    [points] = lanes(drawn(samples)[0])
    assert all(y in (8, 72) for _, y in points), "each stretch shows the level of the tone"


async def pixels_of(html):
    """Size and bytes of the picture, as the browser decodes it."""
    png = base64.b64decode(re.search('src="data:image/png;base64,([^"]+)"', html)[1])
    blob = js.Blob.new(to_js([to_js(png)]), js_object({"type": "image/png"}))
    bitmap = await js.createImageBitmap(blob)
    context = js.OffscreenCanvas.new(bitmap.width, bitmap.height).getContext("2d")
    context.drawImage(bitmap, 0, 0)
    data = context.getImageData(0, 0, bitmap.width, bitmap.height).data.to_bytes()
    return (bitmap.width, bitmap.height), data


RGBA = bytes.fromhex("ff0000ff 008007ff 0908ffff 010203ff c86432ff 5a5046ff")


@pytest.mark.core
@pytest.mark.policy
@pytest.mark.parametrize("format", ["rgb", "rgba", "bgr", "gray"])
async def test_frame_displays_its_picture(format):
    order = {"rgb": (0, 1, 2), "rgba": (0, 1, 2, 3), "bgr": (2, 1, 0), "gray": (0,)}[format]
    data = bytearray(RGBA[at + place] for at in range(0, len(RGBA), 4) for place in order)
    html = Frame(data, 3, 2, format, 1.25)._repr_html_()
    shape, shown = await pixels_of(html)
    assert shape == (3, 2)
    if format == "gray":
        assert [shown[at : at + 4] for at in range(0, 24, 4)] == [bytes([one] * 3 + [255]) for one in data]
    else:
        assert shown == RGBA
    assert 'width="3" height="2"' in html
    assert f"3 × 2 · {format} · at 1.250 s" in html


async def test_frame_keeps_transparency():
    data = bytearray(RGBA)
    data[3] = 0
    _, shown = await pixels_of(Frame(data, 3, 2, "rgba", 0)._repr_html_())
    assert shown == bytes(4) + RGBA[4:]


async def test_large_frame_shows_only_some_pixels():
    width, height = 1921, 5
    data = bytearray(value for y in range(height) for x in range(width) for value in (x % 251, y, 7))
    html = Frame(data, width, height, "rgb", 0)._repr_html_()
    (shown_width, shown_height), shown = await pixels_of(html)
    assert (shown_width, shown_height) == (481, 2)
    at = 4 * (shown_width + 300)
    assert tuple(shown[at : at + 4]) == (1200 % 251, 4, 7, 255)
    assert "1921 × 5 · rgb · at 0.000 s · shown: 1 of 4 pixels each way" in html


def test_notebooks_of_both_kinds_get_arrays():
    for array_ in (sound(0.1, lambda at: 0), Frame(bytearray(3), 1, 1, "rgb", 0)):
        bundle = array_._repr_mimebundle_(include=None, exclude=None)
        assert bundle == {"text/html": array_._repr_html_(), "text/plain": repr(array_)}
        assert array_._mime_() == ("text/html", bundle["text/html"])


@pytest.mark.page_only("a worker has no element to show it in")
async def test_arrays_display_in_the_page(stage):
    sound(1, lambda at: math.sin(6.28 * 5 * at)).show_in(stage)
    svg = stage.querySelector("figure svg[role=img]")
    assert svg.getAttribute("aria-label") == "Waveform of 1 s"
    assert svg.getBoundingClientRect().width > 600
    assert [one.textContent for one in svg.querySelectorAll("text[text-anchor=middle]")][:2] == ["0.0", "0.2"]
    stage.style.width = "302px"
    try:
        boxes = [one.getBoundingClientRect() for one in (svg, *svg.querySelectorAll("text"))]
        own, *words = [(box.left, box.right, box.top, box.bottom) for box in boxes]
        assert own[1] - own[0] <= 222
        assert all(bottom - top > 9 for *_, top, bottom in words), "as large as on a wide page"
        for at, (left, right, top, bottom) in enumerate(words):
            assert own[0] <= left < right <= own[1]
            assert own[2] <= top < bottom <= own[3] + 1
            for other_left, other_right, other_top, other_bottom in words[:at]:
                assert right < other_left or other_right < left or bottom <= other_top or other_bottom <= top
    finally:
        stage.removeAttribute("style")
    Frame(bytearray(30), 5, 2, "rgb", 0).show_in(stage)
    image = stage.querySelector("img")
    await image.decode()
    assert (image.naturalWidth, image.naturalHeight) == (5, 2)


def test_empty_store_table_says_so():
    assert StoredRecordings()._repr_html_() == "<p>No recordings</p>"


def taken(id="1", title="", started_at=0.0, state="finished"):
    return StoredRecording(id, title, started_at, "audio/webm", 81_400, 754.0, state)


def rows(html):
    table = ElementTree.fromstring(html.replace(" controls playsinline", ""))
    return [["".join(cell.itertext()) for cell in row] for row in table.find("tbody")], table


def test_external_text_is_escaped():
    title = "<img src=x onerror=alert(1)>\"'&"
    [[_, date, shown, length, size, state, play]], _ = rows(
        StoredRecordings([taken("'<b>", title, 1e300, "interrupted")])._repr_html_()
    )
    assert (date, shown, length, size, state) == ("", title, "12:34", "81.4 kB", "interrupted")
    assert play == 'await store.recover("\'<b>")'


def test_long_table_shows_the_newest_takes():
    takes = StoredRecordings(taken(str(at), state="recording") for at in range(250))
    found, table = rows(takes._repr_html_())
    assert [row[0] for row in found] == [str(at) for at in range(150, 250)]
    assert table.find("caption").text == "The newest 100 of 250 recordings"
    found, _ = rows(takes[10:20]._repr_html_())
    assert len(found) == 10
    assert takes[3] == takes[3:4][0]


@pytest.mark.media_work
@pytest.mark.core
@pytest.mark.policy
async def test_stored_takes_display_a_table(store):
    began = time.time()
    for number in range(22):
        samples = sound(0.05, lambda at: 0.1)
        if not number:
            made = await samples.to_recording("wav")
        await store.add(made, title=f"Take <{number}>")
    listed = await store.recordings()
    assert isinstance(listed, list)
    found, table = rows(listed._repr_html_())
    assert len(found) == 22
    assert {row[2] for row in found} == {f"Take <{number}>" for number in range(22)}
    date = time.mktime(time.strptime(found[0][1], "%Y-%m-%d %H:%M:%S"))
    assert date == pytest.approx(began, abs=60), "in local time"
    assert found[0][3:] == ["0:00", f"{listed[0].size} bytes", "finished", "await recordings[0].open()"]
    assert len(list(table.iter("audio"))) == 20
    assert listed._repr_mimebundle_()["text/plain"] == repr(listed)


@pytest.mark.page_only("a worker has no element to show it in")
@pytest.mark.media_work
async def test_stored_takes_play_in_the_table(store, stage, recorded):
    for kind in ("sound", "picture"):
        await store.add(await recorded(kind), title=kind)
    listed = await store.recordings()
    listed.show_in(stage)
    assert [cell.textContent for cell in stage.querySelectorAll("thead th")] == [
        *("", "Date", "Title", "Length", "Size", "State", "Play"),
    ]
    cell = stage.querySelector("td")
    await until(lambda: float(js.getComputedStyle(cell).paddingLeft.removesuffix("px")) > 5)
    for player in stage.querySelectorAll("audio, video"):
        await until(lambda player=player: player.readyState >= 1)
        player.muted = True
        await player.play()
        await until(lambda player=player: player.currentTime > 0.1)
        player.pause()
    # (They are in the order of recording, by any test.)
    assert {player.tagName for player in stage.querySelectorAll("audio, video")} == {"AUDIO", "VIDEO"}
    addresses = [player.src for player in stage.querySelectorAll("audio, video")]
    listed[1].show_in(stage)
    await until(lambda: stage.querySelector("audio, video").src)
    assert stage.querySelector("audio, video").src in addresses, "one address for each take"


@pytest.mark.media_work
async def test_address_of_a_player_yields_the_take(store):
    made = await sound(0.05, lambda at: 0.1).to_recording("wav")
    await store.add(made)
    listed = await store.recordings()
    address = await store.address(listed[0])
    assert await store.address(listed[0]) == address
    data = await (await js.fetch(address)).arrayBuffer()
    assert data.to_bytes() == await made.bytes()


async def test_outcome_displays_that_it_must_be_awaited():
    outcome = Outcome()
    assert repr(outcome) == "<Outcome pending; to get the result, write: await ...>"
    outcome._resolve(1)
    assert "done" in repr(outcome)
