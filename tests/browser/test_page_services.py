"""The page's services work alike for Python in the page and for Python in a worker."""

import asyncio
import json

import pytest
from support.eventually import until

from mediarecorder import MediaStream
from mediarecorder._host.modules import load_module
from mediarecorder._recorder.steady import Steady

pytestmark = [pytest.mark.page_only("the page starts a worker of its own"), pytest.mark.time_limit(60)]

both_realms = pytest.mark.parametrize("realm", ["page", "worker"], ids=["in_page", "in_worker"])


@pytest.fixture
def run_script():
    """Runs JavaScript in the page, and calls the function that it returns after the test."""
    import js

    ends = []
    yield lambda text: ends.append(js.Function.new(text)())
    for end in ends:
        end()


PREVIEW = """
import mediarecorder
stream = await mediarecorder.media_devices.get_user_media(video=True)
stream._repr_html_()
"""


@both_realms
@pytest.mark.parametrize("seconds", [0, pytest.param(8, marks=pytest.mark.soak)])
async def test_preview_is_live_whenever_and_wherever_it_is_inserted(python, stage, seconds):
    import js
    from pyodide.ffi import to_js

    html = await python(PREVIEW)
    await asyncio.sleep(seconds)
    hosts = [js.document.createElement("div") for _ in range(2)]
    shadow = hosts[1].attachShadow(to_js({"mode": "closed"}, dict_converter=js.Object.fromEntries))
    stage.append(*hosts)
    for place in (hosts[0], shadow):
        place.innerHTML = html
        player = place.querySelector("video")
        await until(lambda player=player: player.videoWidth and not player.paused)
        assert player.muted
        assert player.srcObject.active
    await python("stream.stop()")


@pytest.mark.lane("chromium")
async def test_preview_can_move_into_another_document(camera, stage):
    """Another document refuses this document's style sheets."""
    import js

    stage.insertAdjacentHTML("beforeend", camera._repr_html_())
    frame, view = js.document.createElement("iframe"), stage.querySelector("mediarecorder-view")
    await until(lambda: view.querySelector("video").srcObject)
    stage.append(frame)
    frame.contentDocument.body.append(view)
    assert view.querySelector("video").srcObject.active
    await asyncio.sleep(0)  # an exception of the element would be reported by now


PICKER = """
const own = window.showSaveFilePicker;
window.picker = { closed: false, gone: false, aborted: 0 };
window.showSaveFilePicker = async ({ suggestedName }) => {
  if (picker.closed) throw new DOMException("The user closed it.", "AbortError");
  const folder = await navigator.storage.getDirectory();
  const write = async () => { throw new DOMException("The file is gone.", "NotReadableError"); };
  const abort = async () => picker.aborted++;
  const torn = { name: suggestedName, createWritable: async () => ({ write, abort }) };
  return picker.gone ? torn : folder.getFileHandle(suggestedName, { create: true });
};
return () => { window.showSaveFilePicker = own; };
"""
SAVE = """
import mediarecorder
recording = mediarecorder.Recording.from_bytes(b"all of it", "audio/webm")
try:
    said = await recording.save("chosen", pick=True)
except mediarecorder.MediaError as error:
    said = f"{type(error).__name__}: {error}"
said
"""


@both_realms
@pytest.mark.firefox_in_soak
async def test_file_is_written_where_the_user_chose(python, run_script):
    import js

    run_script(PICKER)
    assert await python(SAVE) == "chosen.webm"
    folder = await js.navigator.storage.getDirectory()
    file = await (await folder.getFileHandle("chosen.webm")).getFile()
    assert await file.text() == "all of it"
    await folder.removeEntry("chosen.webm")

    js.picker.closed = True
    assert (await python(SAVE)).startswith("AbortError: save: ")

    js.picker.closed, js.picker.gone = False, True
    assert (await python(SAVE)).startswith("NotReadableError: save: This recording's data is gone")
    assert js.picker.aborted == 1


CONTEXTS = """
const Own = window.AudioContext;
window.contexts = [];
window.AudioContext = class extends Own {
  constructor(...options) {
    super(...options);
    contexts.push(this);
  }
  resume() {
    return new Promise(() => {});
  }
};
return () => { window.AudioContext = Own; };
"""
MIX = """
import asyncio
import mediarecorder
stream = await mediarecorder.media_devices.get_user_media(audio=True)
mixing = asyncio.ensure_future(mediarecorder.mix(stream, stream.clone()))
"""
CANCEL = """
mixing.cancel()
await asyncio.wait([mixing])
stream.stop()
str(mixing.cancelled())
"""
LEVELS = """
import mediarecorder
stream = await mediarecorder.media_devices.get_user_media(audio=True)
levels = stream.levels(0.02)
level = await levels.__anext__()
await levels.aclose()
stream.stop()
str(0 <= level.rms <= level.peak <= 1)
"""


@both_realms
@pytest.mark.lane("chromium")  # Firefox's contexts do not change their state without a sound card
async def test_audio_context_is_closed_however_its_use_ends(python, run_script):
    import js

    run_script(CONTEXTS)
    await python(MIX)
    await until(lambda: js.contexts.length == 1)
    assert await python(CANCEL) == "True"
    await until(lambda: js.contexts[0].state == "closed")
    assert await python(LEVELS) == "True"
    await until(lambda: js.contexts.length == 2 and js.contexts[1].state == "closed")


BUFFERS = """
const Own = window.ArrayBuffer;
window.buffers = [];
window.ArrayBuffer = new Proxy(Own, {
  construct(own, given) {
    buffers.push(given[0]);
    return new own(...given);
  },
});
return () => { window.ArrayBuffer = Own; };
"""
STORE = """
import asyncio, json
from mediarecorder import MediaRecorder, RecordingStore, media_devices
store = await RecordingStore.open("collected")
sizes = []
with await media_devices.get_user_media(audio=True) as stream:
    recorder = MediaRecorder(stream, store=store)
    subscription = recorder.on("dataavailable", lambda event: sizes.append(event.data.size))
    recorder.start(0.1)
    while len(sizes) < 3:
        await asyncio.sleep(0.02)
    await recorder.stop()
await store.clear()
store.close()
json.dumps([size for size in sizes if size])
"""


@both_realms
@pytest.mark.lane("chromium")
async def test_page_tells_the_collector_of_each_chunk(python, run_script):
    """For a worker, page.js tells it.

    In the page Python does, because a take into a store needs no page.js there.
    """
    import js

    run_script(BUFFERS)
    sizes = json.loads(await python(STORE))
    assert sizes
    assert set(sizes) <= set(js.buffers.to_py())


async def test_python_and_the_page_make_the_same_tracks_for_a_take(canvas, engine):
    """In the page Python makes them, because `start()` acts at once and page.js may not be loaded yet."""
    import js

    context = js.AudioContext.new()
    canvas.draw("red")
    [picture], [sound] = (
        canvas.stream().tracks,
        MediaStream(context.createMediaStreamDestination().stream).tracks,
    )
    stream = MediaStream([picture, sound] if engine == "chromium" else [picture])
    sources = picture.js, sound.js if engine == "chromium" else None
    page = await load_module("page")
    by_python = Steady(stream.js, *sources, 0.25)
    by_the_page = page.Steady.new(stream.js, *sources, 250)

    def made(tracks):
        return [
            (
                track.constructor.name,
                getattr(track.getSettings(), "sampleRate", None),
                getattr(track.getSettings(), "channelCount", None),
            )
            for track in tracks
        ]

    tracks = list(by_python.js_stream.getTracks())
    assert made(tracks) == made(by_the_page.stream.getTracks())
    assert not {track.id for track in tracks} & {track.id for track in stream.js.getTracks()}
    for steady in (by_python, by_the_page):
        steady.close()
    stream.stop()
    context.close()
