"""The recorder panel as a person uses it: the tests press its buttons and read its texts."""

import asyncio
import gc

import pytest
from support.eventually import until, until_proxies_are_destroyed
from support.rows import in_soak

from mediarecorder import (
    AbortError,
    InvalidStateError,
    MediaStream,
    NotAllowedError,
    RecorderPanel,
    RecordingStore,
    media_devices,
)
from mediarecorder._host.browser import js, js_object
from mediarecorder._html.text import clock

pytestmark = pytest.mark.page_only("a worker has no panel to press; tests/notebooks presses one")


class Seen:
    """The parts of a panel in the page."""

    def __init__(self, host):
        self.root = host.shadowRoot

    def button(self, name):
        for button in self.root.querySelectorAll("button"):
            if button.textContent == name and not button.hidden:
                return button
        return None

    def press(self, name):
        self.button(name).click()

    def text(self, selector):
        return self.root.querySelector(selector).textContent


@pytest.fixture
async def put(stage):
    """``await put(panel)`` shows a panel in the page."""
    panels = []

    async def put(panel):
        panels.append(panel)
        stage.insertAdjacentHTML("beforeend", panel._repr_html_())
        host = stage.lastElementChild
        await until(lambda: getattr(host, "shadowRoot", None))
        seen = Seen(host)
        await until(lambda: seen.text("[role=status]") == "Ready")
        return seen

    yield put
    for panel in panels:
        panel.close()


async def test_record_and_stop_buttons_make_a_recording(put):
    panel = RecorderPanel()
    seen = await put(panel)
    assert panel.last is None
    waiting = asyncio.ensure_future(panel.recording())
    seen.press("Record")
    await until(lambda: seen.text("[role=timer]") >= "0:01")
    assert panel.state == "recording"
    assert seen.text("[role=status]") == "Recording"
    seen.press("Stop")
    recording = await waiting
    assert recording is panel.last
    assert recording.mime_type.startswith("audio/")
    assert recording.duration > 0.9
    await until(lambda: seen.root.querySelector("audio"))
    assert seen.text("[role=status]").startswith(f"Recorded {clock(recording.duration)}")
    assert seen.button("Record")
    assert not seen.button("Stop")


async def test_panel_records_into_a_store(put):
    async with await RecordingStore.open("panel") as store:
        await store.clear()
        seen = await put(panel := RecorderPanel(store=store))
        waiting = asyncio.ensure_future(panel.recording())
        seen.press("Record")
        await until(lambda: seen.button("Stop"))
        seen.press("Stop")
        recording = await waiting
        assert [stored.id for stored in await store.recordings()] == [recording.id]
        await until(lambda: (player := seen.root.querySelector("audio")) and player.readyState)


@pytest.mark.thorough
async def test_still_picture_does_not_delay_the_sound(put, canvas, microphone, store, monkeypatch):
    """(The canvas stands for a camera that delivers only one picture, as virtual cameras do.)"""
    canvas.draw("red")

    async def opened(**_):
        return MediaStream([*canvas.stream().tracks, *microphone.tracks])

    monkeypatch.setattr(media_devices, "get_user_media", opened)
    panel = RecorderPanel(video=True, store=store, timeslice=0.25)
    seen = await put(panel)
    waiting = asyncio.ensure_future(panel.recording())
    seen.press("Record")
    await until(lambda: seen.text("[role=timer]") >= "0:02")
    await store.flush()
    [take] = await store.recordings()
    assert take.state == "recording"
    assert take.duration > 0.5
    assert take.size > 2000
    seen.press("Stop")
    assert (await waiting).id == take.id
    # It must have loaded before the store's files are deleted.
    await until(lambda: (player := seen.root.querySelector("[controls]")) and player.readyState)


async def test_pause_and_resume_buttons_work(put):
    panel = RecorderPanel()
    seen = await put(panel)
    seen.press("Record")
    await until(lambda: seen.button("Pause"))
    seen.press("Pause")
    await until(lambda: seen.button("Resume"))
    assert panel.state == "paused"
    assert seen.text("[role=status]") == "Paused"
    seen.press("Resume")
    await until(lambda: seen.button("Pause"))
    waiting = asyncio.ensure_future(panel.recording())
    await asyncio.sleep(0)
    seen.press("Stop")
    assert (await waiting).size > 0


async def test_pictures_are_shown_live_and_played(put):
    panel = RecorderPanel(audio=False, video={"width": 320, "height": 240})
    seen = await put(panel)
    assert seen.root.querySelector("select").parentElement.hidden, "without sound there is no choice"
    seen.press("Record")
    preview = seen.root.querySelector("video")
    await until(lambda: preview.videoWidth == 320)
    assert not preview.hidden
    await until(lambda: seen.button("Stop"))
    seen.press("Stop")
    await until(lambda: panel.last)
    await until(lambda: seen.root.querySelector("video[controls]"))
    assert preview.hidden
    assert panel.last.mime_type.startswith("video/")


@pytest.mark.lane("chromium")
async def test_take_stopped_before_its_first_picture_still_has_one(put):
    """Chromium's `stop()` would leave only the header of a file, which no player loads."""
    panel = RecorderPanel(audio=False, video=True)
    seen = await put(panel)
    seen.press("Record")
    await until(lambda: panel.state == "recording")
    panel._act("stop")  # its button appears a moment later
    await until(lambda: (player := seen.root.querySelector("video[controls]")) and player.readyState)
    assert seen.text("[role=alert]") == ""


@pytest.mark.parametrize("is_stored", [False, True], ids=["in memory", "in a store"])
async def test_empty_take_is_reported_and_not_kept(put, store, monkeypatch, short_waits, is_stored):
    import js

    async def never_drawn(**_):
        return MediaStream(js.document.createElement("canvas").captureStream())

    monkeypatch.setitem(media_devices.__dict__, "get_user_media", never_drawn)
    panel = RecorderPanel(audio=False, video=True, store=store if is_stored else None)
    seen = await put(panel)
    waiting = asyncio.ensure_future(panel.recording())
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    seen.press("Stop")
    await until(lambda: seen.button("Record") and seen.text("[role=alert]"))
    assert seen.text("[role=alert]").startswith("Nothing was recorded: the stream delivered no picture")
    assert seen.text("[role=status]") == "Nothing was recorded"
    assert not seen.root.querySelector("video[controls]")
    assert panel.last is None
    assert await store.recordings() == []
    assert not waiting.done(), "Record can be pressed again"
    panel.close()
    with pytest.raises(AbortError, match="closed"):
        await waiting


async def test_selected_device_is_used(put, engine):
    (await media_devices.get_user_media(audio=True)).stop()  # now the browser reveals their names
    microphones = [d for d in await media_devices.enumerate_devices() if d.kind == "audioinput"]
    panel = RecorderPanel()
    seen = await put(panel)
    select = seen.root.querySelector("select")
    await until(lambda: select.options.length == len(microphones) + 1)
    import js

    select.value = microphones[-1].device_id
    select.dispatchEvent(js.Event.new("change"))
    opened = []
    original = panel._open

    async def remember():
        opened.append(await original())
        return opened[0]

    panel._open = remember
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    assert opened[0].audio_tracks[0].settings["device_id"] == microphones[-1].device_id
    seen.press("Stop")
    await until(lambda: panel.last)


async def test_devices_are_released(put):
    panel = RecorderPanel()
    seen = await put(panel)
    streams = []
    opened = media_devices.get_user_media

    async def remember(**request):
        streams.append(await opened(**request))
        return streams[-1]

    media_devices.__dict__["get_user_media"] = remember
    try:
        seen.press("Record")
        await until(lambda: seen.button("Stop"))
    finally:
        del media_devices.__dict__["get_user_media"]
    panel.close()
    await until(lambda: panel.last)
    assert not streams[0].active


async def test_lost_device_keeps_the_recording_so_far(put):
    panel = RecorderPanel()
    seen = await put(panel)
    seen.press("Record")
    await until(lambda: seen.text("[role=timer]") >= "0:01")
    for track in panel._recorder.stream.tracks:
        track.js.stop()
    await until(lambda: panel.last)
    assert panel.last.size > 0
    assert seen.button("Record")


async def test_keyboard_focus_stays_where_it_was(put):
    panel = RecorderPanel()
    seen = await put(panel)
    seen.button("Record").focus()
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    assert seen.root.activeElement.textContent == "Stop"
    seen.press("Stop")
    await until(lambda: seen.button("Record"))
    assert seen.root.activeElement.textContent == "Record"
    await until(lambda: panel.last)


async def test_refused_permission_is_shown_and_can_be_retried(put, monkeypatch):
    async def refuse(**_):
        raise NotAllowedError("get_user_media: <b>not</b> allowed")

    panel = RecorderPanel()
    seen = await put(panel)
    with monkeypatch.context() as patch:
        patch.setitem(media_devices.__dict__, "get_user_media", refuse)
        seen.press("Record")
        await until(lambda: "<b>not</b> allowed" in seen.text("[role=alert]"))
    assert seen.text("[role=status]") == "Nothing was recorded"
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    assert seen.text("[role=alert]") == ""
    seen.press("Stop")
    await until(lambda: panel.last)


class Opened:
    """The streams that panels open."""

    def __init__(self, monkeypatch, permission=None):
        self.streams = []
        opened = media_devices.get_user_media

        async def remember(**request):
            if permission:
                await permission.wait()
            self.streams.append(await opened(**request))
            return self.streams[-1]

        monkeypatch.setitem(media_devices.__dict__, "get_user_media", remember)

    @property
    def live(self):
        import js

        tracks = [track.js for stream in self.streams for track in stream.tracks]
        return [track for track in tracks if js.Reflect.get(track, "readyState") == "live"]


class LabCell:
    """A cell like JupyterLab 4's, with this element in its output (tests/notebooks uses a real one)."""

    def __init__(self, stage, host):
        stage.innerHTML = (
            '<div class="jp-Cell"><div class="jp-Cell-outputWrapper"><div class="jp-OutputArea">'
            '<div class="jp-OutputArea-child"></div></div></div></div>'
        )
        self.cell = stage.firstElementChild
        self.wrapper = self.cell.firstElementChild
        self.area = self.wrapper.firstElementChild
        self.area.firstElementChild.append(host)

    def collapse(self):
        self.area.remove()

    def expand(self):
        self.wrapper.append(self.area)

    def clear(self):
        self.area.replaceChildren()

    def delete(self):
        self.cell.remove()


REMOVALS = {
    "element removed": lambda stage, host: host.remove(),
    "output cleared": lambda stage, host: stage.replaceChildren(),
    "cell ran again": lambda stage, host: setattr(stage, "innerHTML", "another output"),
}


@pytest.mark.parametrize(
    "removal",
    [
        pytest.param(name, marks=[pytest.mark.firefox_in_soak] if number else [])
        for number, name in enumerate(REMOVALS)
    ],
)
async def test_removed_panel_keeps_its_recording_and_releases_the_device(put, stage, monkeypatch, removal):
    opened = Opened(monkeypatch)
    panel = RecorderPanel()
    seen = await put(panel)
    waiting = asyncio.ensure_future(panel.recording())
    seen.press("Record")
    await until(lambda: seen.text("[role=timer]") >= "0:01")
    REMOVALS[removal](stage, seen.root.host)
    await must_be_gone(panel, waiting, opened)


async def must_be_gone(panel, waiting, opened):
    with pytest.raises(AbortError, match=r"removed from the page.*panel\.last"):
        await waiting
    assert panel.last.size > 0
    assert panel.last.duration > 0.9
    assert panel.state == "inactive"
    await until(lambda: not opened.live)
    with pytest.raises(InvalidStateError, match="show the panel first"):
        await panel.recording()


@pytest.mark.thorough
async def test_element_can_change_from_one_panel_to_another(put, stage, monkeypatch):
    """As marimo does when a cell runs again."""
    opened = Opened(monkeypatch)
    first, second = RecorderPanel(), RecorderPanel()
    seen = await put(first)
    host = seen.root.host
    waiting = asyncio.ensure_future(first.recording())
    seen.press("Record")
    await until(lambda: seen.text("[role=timer]") >= "0:01")
    second._repr_html_()
    await until(lambda: second._view)
    host.dataset.name = second._name
    await until(lambda: seen.root.querySelector(".panel") and seen.button("Record"))
    await must_be_gone(first, waiting, opened)
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    assert second.state == "recording"
    seen.press("Stop")
    await until(lambda: second.last)
    host.dataset.name = "no panel"
    host.innerHTML = '<b style="display: block">a player</b>'
    await until(lambda: host.firstChild.offsetWidth)
    assert not seen.button("Record")
    second.close()


@pytest.mark.parametrize(
    ("removal", "was_collapsed"),
    [
        *((LabCell.clear, False), (LabCell.delete, True)),
        *in_soak((LabCell.clear, True), (LabCell.delete, False)),
    ],
)
@pytest.mark.lane("chromium")
async def test_panel_ends_with_its_output_or_its_cell(put, stage, monkeypatch, was_collapsed, removal):
    opened = Opened(monkeypatch)
    panel = RecorderPanel()
    seen = await put(panel)
    cell = LabCell(stage, seen.root.host)
    waiting = asyncio.ensure_future(panel.recording())
    seen.press("Record")
    await until(lambda: seen.text("[role=timer]") >= "0:01")
    if was_collapsed:
        cell.collapse()
        # (A panel that counts as removed would have ended before that.)
        await until(lambda: panel._recorder.duration > 2.5)
        assert panel.state == "recording"
    removal(cell)
    await must_be_gone(panel, waiting, opened)


@pytest.mark.thorough
async def test_panel_in_a_collapsed_output_goes_on(put, stage):
    panel = RecorderPanel(video=True)
    seen = await put(panel)
    cell = LabCell(stage, seen.root.host)
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    cell.collapse()
    collapsed = panel._recorder.duration
    await until(lambda: panel._recorder.duration > collapsed + 2.5 or panel.state == "inactive")
    assert panel.state == "recording"
    cell.expand()
    preview = seen.root.querySelector("video")
    await until(lambda: preview.videoWidth and not preview.paused)
    cell.collapse()
    panel.close()
    await until(lambda: panel.last)
    assert panel.last.duration > 2.5
    assert seen.text("[role=status]") == "This recorder is closed.", "messages arrive while it is collapsed"


async def test_moved_panel_goes_on(put, stage):
    import js

    panel = RecorderPanel(video=True)
    seen = await put(panel)
    host = seen.root.host
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    elsewhere = js.document.createElement("div")
    stage.append(elsewhere)
    elsewhere.append(host)  # the element leaves the document and enters it again
    host.remove()
    await asyncio.sleep(0.3)  # some hosts need a few frames
    stage.prepend(host)
    moved = panel._recorder.duration
    await until(lambda: panel._recorder.duration > moved + 1.5)
    assert panel.state == "recording"
    await until(lambda: seen.root.querySelector("video").videoWidth)
    waiting = asyncio.ensure_future(panel.recording())
    await asyncio.sleep(0)
    seen.press("Stop")
    assert (await waiting).duration > 1.5


@pytest.mark.thorough
async def test_html_can_be_replaced_by_itself_while_recording(put, stage):
    """As hosts do when they render an output again."""
    panel = RecorderPanel()
    seen = await put(panel)
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    stage.innerHTML = stage.innerHTML
    again = Seen(stage.lastElementChild)
    await until(lambda: again.text("[role=timer]") >= "0:02")
    again.press("Stop")
    await until(lambda: panel.last and again.button("Record"))


async def test_panel_returns_with_its_html(put, stage):
    panel = RecorderPanel()
    seen = await put(panel)
    host = seen.root.host
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    host.remove()
    await until(lambda: panel.last)
    first = panel.last
    stage.append(host)
    await until(lambda: seen.button("Record"))
    waiting = asyncio.ensure_future(panel.recording())
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    seen.press("Stop")
    assert await waiting is panel.last is not first


async def test_panel_removed_before_permission_records_nothing(put, monkeypatch):
    opened = Opened(monkeypatch, permission := asyncio.Event())
    panel = RecorderPanel()
    seen = await put(panel)
    waiting = asyncio.ensure_future(panel.recording())
    seen.press("Record")
    seen.root.host.remove()
    with pytest.raises(AbortError, match="removed"):
        await waiting
    permission.set()
    await until(lambda: opened.streams and not opened.live)
    assert panel.last is None
    assert panel.state == "inactive"


async def test_recording_raises_when_the_panel_is_closed(put):
    for recorded in (False, True):
        panel = RecorderPanel()
        seen = await put(panel)
        waiting = asyncio.ensure_future(panel.recording())
        if recorded:
            seen.press("Record")
            await until(lambda seen=seen: seen.button("Stop"))
        await asyncio.sleep(0)
        panel.close()
        with pytest.raises(AbortError, match="closed"):
            await waiting
        assert bool(panel.last) is recorded
        assert not seen.button("Record")
        assert seen.text("[role=status]") == "This recorder is closed."
        with pytest.raises(InvalidStateError, match="closed"):
            await panel.recording()


async def test_recording_raises_when_the_panel_is_not_shown(monkeypatch):
    monkeypatch.setattr("mediarecorder.panel.SHOW_TIMEOUT", 0.5)
    panel = RecorderPanel()
    panel._repr_html_()
    with pytest.raises(InvalidStateError, match="show the panel first"):
        await panel.recording()
    panel.close()


@pytest.mark.parametrize("mode", ["open", "closed"])
async def test_panel_works_in_a_shadow_tree_and_when_inserted_late(put, stage, mode):
    import js
    from pyodide.ffi import to_js

    await put(RecorderPanel())  # the module is loaded
    panel = RecorderPanel()
    html = panel._repr_html_()
    await until(lambda: panel._view)
    host = js.document.createElement("div")
    stage.append(host)
    tree = host.attachShadow(to_js({"mode": mode}, dict_converter=js.Object.fromEntries))
    tree.innerHTML = html
    await until(lambda: tree.firstElementChild.shadowRoot)
    seen = Seen(tree.firstElementChild)
    await until(lambda: seen.text("[role=status]") == "Ready")
    panel.close()


async def test_picture_keeps_its_size_from_preview_to_player(put, stage):
    panel = RecorderPanel(audio=False, video={"width": 320, "height": 240})
    seen = await put(panel)
    seen.press("Record")
    preview = seen.root.querySelector("video")
    await until(lambda: preview.videoWidth == 320 and seen.button("Stop"))
    sizes = [(preview.clientWidth, preview.clientHeight)]
    seen.press("Stop")
    await until(lambda: (player := seen.root.querySelector("video[controls]")) and player.clientWidth)
    player = seen.root.querySelector("video[controls]")
    sizes.append((player.clientWidth, player.clientHeight))
    await until(lambda: player.readyState)
    sizes.append((player.clientWidth, player.clientHeight))
    assert len(set(sizes)) == 1, sizes
    assert sizes[0][0] > 300


async def test_long_device_names_stay_inside_the_panel(put, stage):
    stage.style.width = "240px"
    panel = RecorderPanel()
    seen = await put(panel)
    panel._show(microphones=[{"id": "1", "label": "A microphone with a very long name" * 5}])
    select = seen.root.querySelector("select")
    await until(lambda: "very long" in select.textContent)
    right = select.getBoundingClientRect().right
    stage.removeAttribute("style")
    assert right <= 8 + 240, "the body's margin and the stage"


async def test_panel_takes_its_colours_from_a_dark_page(put, stage):
    """A dark page need not tell the browser that it is dark (with `color-scheme`)."""
    stage.style.color = "rgb(238, 238, 238)"
    panel = RecorderPanel()
    seen = await put(panel)
    seen.press("Record")
    await until(lambda: seen.button("Stop"))
    seen.press("Stop")
    await until(lambda: seen.root.querySelector("a[download]"))
    record = seen.button("Record")
    record.focus(js_object({"focusVisible": True}))
    assert js.getComputedStyle(record).outlineColor == stage.style.color
    assert js.getComputedStyle(seen.root.querySelector("a")).color == stage.style.color
    stage.removeAttribute("style")


async def test_two_views_show_the_same_panel(put):
    panel = RecorderPanel()
    one, other = await put(panel), await put(panel)
    one.press("Record")
    await until(lambda: other.button("Stop"))
    other.press("Stop")
    await until(lambda: one.button("Record") and panel.last)


async def test_recording_of_a_panel_never_shown_raises():
    with pytest.raises(InvalidStateError, match="show the panel first"):
        await RecorderPanel().recording()


@pytest.mark.parametrize(("options", "error"), [({"audio": False}, TypeError), ({"audio": "yes"}, TypeError)])
def test_invalid_arguments_are_rejected(options, error):
    with pytest.raises(error):
        RecorderPanel(**options)


async def test_collected_panel_leaves_nothing_behind(put, stage, page_probe):
    import js

    await put(RecorderPanel())  # load the module, which stays loaded
    gc.collect()
    page_probe.begin()
    await asyncio.sleep(0.02)
    own = page_probe.proxies()
    stage.insertAdjacentHTML("beforeend", RecorderPanel()._repr_html_())
    host = stage.lastElementChild
    await until(lambda: getattr(host, "shadowRoot", None))
    await until(lambda: Seen(host).text("[role=status]") == "This recorder is closed.")
    await until_proxies_are_destroyed(page_probe, but=own)
    del js


def test_repr_describes_the_panel():
    assert repr(RecorderPanel(video=True)) == "<RecorderPanel for audio and video, inactive>"
    assert MediaStream.__name__ == "MediaStream"
