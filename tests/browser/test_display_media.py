"""The options that `get_display_media` passes to the browser, and the methods of a shared tab."""

import asyncio
import time

import pytest
from support.ask_judge import probe
from support.eventually import until

from mediarecorder import MediaRecorder, MediaStream, NotSupportedError, media_devices, record

# Logs the requests to the browser, and their controllers.
SPY = """
const asked = [];
const { getDisplayMedia } = MediaDevices.prototype;
navigator.mediaDevices.getDisplayMedia = function (options) {
  asked.push(options);
  return getDisplayMedia.call(this, options);
};
const behaviors = [];
const setFocusBehavior = globalThis.CaptureController?.prototype.setFocusBehavior;
if (setFocusBehavior) {
  CaptureController.prototype.setFocusBehavior = function (behavior) {
    behaviors.push([this, behavior, asked.length]);
    return setFocusBehavior.call(this, behavior);
  };
}
globalThis.spy = {
  asked,
  behaviors,
  end() {
    delete navigator.mediaDevices.getDisplayMedia;
    if (setFocusBehavior) CaptureController.prototype.setFocusBehavior = setFocusBehavior;
  },
};
"""


@pytest.fixture
def spy():
    import js

    js.Function.new(SPY)()
    yield js.spy
    js.spy.end()


@pytest.mark.page_only("a controller cannot cross from a worker")
@pytest.mark.lane("chromium")
async def test_controller_is_passed_to_the_browser_unchanged(spy):
    import js

    controller = js.CaptureController.new()
    with await media_devices.get_display_media(controller=controller) as stream:
        assert stream.video_tracks
    assert spy.asked[0].controller == controller
    assert spy.asked[0].video is True

    class Facade:
        js = controller

    with pytest.raises(Exception, match="get_display_media"):  # a controller can be used once
        await media_devices.get_display_media(controller=Facade())
    assert spy.asked[1].controller == controller


@pytest.mark.page_only("only the page sees the requests")
@pytest.mark.lane("chromium")
@pytest.mark.parametrize("focus", [True, False])
async def test_focus_is_set_before_the_user_is_asked(spy, focus):
    with await media_devices.get_display_media(focus=focus, prefer_current_tab=True) as stream:
        assert stream.active
    [[controller, behavior, asked_before]] = spy.behaviors
    assert behavior == ("focus-captured-surface" if focus else "no-focus-change")
    assert asked_before == 0
    assert spy.asked[0].controller == controller
    assert spy.asked[0].preferCurrentTab is True
    assert not hasattr(spy.asked[0], "focus")


@pytest.mark.page_only("only the page sees the requests")
@pytest.mark.lane("chromium")
async def test_focus_works_with_a_given_controller_and_with_record(spy):
    import js

    own = js.CaptureController.new()
    (await media_devices.get_display_media(controller=own, focus=True)).stop()
    assert [spy.behaviors[0][0] == own, spy.behaviors[0][1]] == [True, "focus-captured-surface"]
    assert (await record(0.3, audio=False, screen={"focus": False})).size > 0
    assert spy.behaviors[1][1] == "no-focus-change"


@pytest.mark.page_only("the test removes the browser's own controller in the page")
@pytest.mark.lane("chromium")
async def test_focus_is_ignored_without_a_controller(spy):
    import js

    js.Function.new("globalThis.kept = CaptureController; delete globalThis.CaptureController")()
    try:
        (await media_devices.get_display_media(focus=False)).stop()
    finally:
        js.Function.new("globalThis.CaptureController = kept")()
    assert not hasattr(spy.asked[0], "controller")


@pytest.mark.lane("firefox", "firefox-worker")
async def test_focus_is_ignored_in_a_browser_without_it():
    # This browser has no screen here, and raises the same error as without `focus`.
    said = []
    for options in ({}, {"focus": True}):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            await media_devices.get_display_media(**options)
        said.append((type(caught.value), str(caught.value)))
    assert said[0] == said[1]


@pytest.mark.lane("chromium-worker", "firefox-worker")
async def test_controller_cannot_cross_from_a_worker():
    import js

    with pytest.raises(NotSupportedError, match="focus=True or focus=False"):
        await media_devices.get_display_media(controller=js.Object.new())
    with pytest.raises(TypeError, match="could not be cloned"):
        await media_devices.get_display_media(video={"advanced": [{"width": js.Function.new("")}]})


@pytest.mark.lane("chromium-worker")
async def test_focus_crosses_from_a_worker():
    with await media_devices.get_display_media(focus=False) as stream:
        assert stream.active
    assert (await record(0.3, audio=False, screen={"focus": True})).size > 0


@pytest.mark.parametrize("focus", ["window", 1, 0.0])
async def test_focus_must_be_true_or_false(focus):
    with pytest.raises(TypeError, match="focus"):
        await media_devices.get_display_media(focus=focus)


# The picture of a tab itself (the lane shares it without a prompt)


@pytest.fixture
async def tab():
    with await media_devices.get_display_media(prefer_current_tab=True) as stream:
        yield stream


@pytest.fixture
def slides(stage):
    """An element to crop to and to restrict to."""
    import js

    element = js.document.createElement("div")
    element.style = "width: 200px; height: 100px; background: red; isolation: isolate"
    stage.append(element)
    return element


async def size_of(stream, width):
    """Whether pictures of this width eventually arrive."""

    async def look():
        return (await stream.take_photo()).width == width

    for _ in range(50):
        if await look():
            return True
        await asyncio.sleep(0.1)
    return False


@pytest.mark.lane("chromium-permissions")
@pytest.mark.parametrize(("verb", "kind"), [("crop_to", "CropTarget"), ("restrict_to", "RestrictionTarget")])
async def test_tab_is_cropped_to_one_element_and_back(tab, slides, verb, kind):
    import js

    [picture] = tab.video_tracks
    limit = getattr(picture, verb)
    whole = (await tab.take_photo()).width
    assert whole != 200
    await limit(slides)
    assert await size_of(tab, 200)
    await limit(None)
    assert await size_of(tab, whole)
    await limit(await getattr(js, kind).fromElement(slides))
    assert await size_of(tab, 200)
    with pytest.raises(TypeError):
        await limit("slides")


def six_within_two_seconds(times):
    return any(after - before < 2 for before, after in zip(times, times[5:], strict=False))


@pytest.mark.lane("chromium-permissions")
@pytest.mark.media_work
async def test_unchanging_tab_does_not_delay_sound(tab, microphone):
    """Such a tab delivers one picture per second, and a recorder writes no sound before the next picture."""
    recorder = MediaRecorder(MediaStream([*tab.video_tracks, *microphone.audio_tracks]))
    arrivals = []
    recorder.on("dataavailable", lambda event: event.data.size and arrivals.append(time.monotonic()))
    await recorder.start(0.1)
    # Without the library, such a tab yields at most one chunk of data per second.
    await until(lambda: recorder.duration >= 4 and six_within_two_seconds(arrivals))
    recording = await recorder.stop()
    found = await probe(recording)
    assert {stream["kind"] for stream in found["streams"]} == {"audio", "video"}
    assert found["decoded_duration"] == pytest.approx(recording.duration, abs=1.5)


WORKER = """
import json, js
from mediarecorder import NotSupportedError, media_devices
stream = await media_devices.get_display_media(prefer_current_tab=True, focus=False)
[picture] = stream.video_tracks
asked = js.BroadcastChannel.new("targets")
import asyncio
from pyodide.ffi import create_once_callable
got = asyncio.get_running_loop().create_future()
asked.onmessage = create_once_callable(lambda event: got.set_result(event.data))
asked.postMessage("a target")
target = await got
asked.close()
sizes = []

async def until_width(right):
    for _ in range(300):
        sizes.append((await stream.take_photo()).width)
        if right(sizes[-1]):
            return
        await asyncio.sleep(0.1)

await until_width(lambda width: width > 0)
await picture.crop_to(target)
await until_width(lambda width: width == 200)
await picture.crop_to(None)
await until_width(lambda width: width == sizes[0])

class Element:
    nodeType = 1

try:
    await picture.restrict_to(Element())
except NotSupportedError as error:
    said = str(error)
stats = picture.stats
for _ in range(300):
    if picture.stats["total_frames"] > stats["total_frames"]:
        break
    await asyncio.sleep(0.1)
grown = picture.stats["total_frames"] > stats["total_frames"]
stream.stop()
json.dumps([sizes[0], 200 in sizes, sizes[-1], said, grown])
"""


@pytest.mark.lane("chromium-permissions")
@pytest.mark.page_only("it starts a worker")
@pytest.mark.time_limit(180)
async def test_worker_crops_a_tab_with_a_posted_target(open_channel, start_worker, slides):
    import json

    import js
    from pyodide.ffi import create_proxy

    targets = js.BroadcastChannel.new("targets")

    async def give(_):
        targets.postMessage(await js.CropTarget.fromElement(slides))

    proxy = create_proxy(give)
    targets.onmessage = proxy
    source = f'import mediarecorder\nawait mediarecorder.connect("{open_channel()}")\n{WORKER}'
    try:
        whole, cropped, again, said, grown = json.loads(await start_worker().run(source))
    finally:
        targets.close()
        proxy.destroy()
    assert whole == again != 200
    assert cropped
    assert "RestrictionTarget.fromElement" in said
    assert grown


RECORD_IN_A_WORKER = """
import asyncio, json, time
from mediarecorder import MediaRecorder, MediaStream, media_devices
tab = await media_devices.get_display_media(prefer_current_tab=True, focus=False)
microphone = await media_devices.get_user_media(audio=True)
recorder = MediaRecorder(MediaStream([*tab.video_tracks, *microphone.audio_tracks]))
arrivals = []
recorder.on("dataavailable", lambda event: event.data.size and arrivals.append(time.monotonic()))
await recorder.start(0.1)
# Without the library, such a tab yields at most one chunk of data per second.
while recorder.duration < 4 or not any(after - before < 2 for before, after in zip(arrivals, arrivals[5:])):
    await asyncio.sleep(0.05)
recording = await recorder.stop()
tab.stop(), microphone.stop()
json.dumps([recording.duration, await recording.measure(), (await recording.samples()).duration])
"""


@pytest.mark.lane("chromium-permissions")
@pytest.mark.page_only("it starts a worker")
async def test_worker_records_sound_with_a_still_tab(open_channel, start_worker):
    import json

    source = f'import mediarecorder\nawait mediarecorder.connect("{open_channel()}")\n{RECORD_IN_A_WORKER}'
    seconds, length, heard = json.loads(await start_worker().run(source))
    assert length == pytest.approx(seconds, abs=1.5)
    assert heard == pytest.approx(seconds, abs=1.5)


async def test_camera_cannot_be_cropped(camera):
    for limit in (camera.tracks[0].crop_to, camera.tracks[0].restrict_to):
        with pytest.raises(NotSupportedError, match="tab"):
            await limit(None)


# Facts about devices and tracks


async def test_track_stats_count_delivered_frames(both, engine):
    [sound], [picture] = both.audio_tracks, both.video_tracks
    if engine == "firefox":
        assert (sound.stats, picture.stats) == ({}, {})
        return
    await until(lambda: picture.stats["total_frames"] > 3 and sound.stats["total_frames"] > 4800)
    counted = picture.stats
    assert set(counted) == {"delivered_frames", "discarded_frames", "total_frames"}
    counted = sound.stats
    # In seconds, like all times here; the specification uses milliseconds.
    assert counted["total_frames_duration"] == pytest.approx(counted["total_frames"] / 48000, rel=0.2)
    assert 0 <= counted["minimum_latency"] <= counted["maximum_latency"] < 10


@pytest.mark.page_only("a worker has no canvas with a stream")
async def test_canvas_track_has_no_stats(drawing):
    assert drawing(32, 32).tracks[0].stats == {}


async def test_devices_report_their_capabilities(engine):
    (await media_devices.get_user_media(audio=True, video=True)).stop()
    infos = await media_devices.enumerate_devices()
    [camera, *_] = [info for info in infos if info.kind == "videoinput"]
    if engine == "chromium":
        assert camera.capabilities["width"]["max"] >= 320
        assert camera.capabilities["device_id"] == camera.device_id
        assert camera.get_capabilities() == camera.capabilities
    else:
        assert camera.capabilities == {}
    assert all(info.capabilities == {} for info in infos if info.kind == "audiooutput")
