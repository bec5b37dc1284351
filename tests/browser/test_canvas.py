"""Browsers that return falsified pixels: noise is never taken for a picture."""

import json

import pytest
from support.ask_judge import tone

from mediarecorder import MediaRecorder, MediaStream, NotAllowedError, NotSupportedError, record, take_photo
from mediarecorder._html.player import make_preview
from mediarecorder._recorder.steady import steadied

# Extensions and some browsers do this.
WHITE = """
const { prototype } = OffscreenCanvasRenderingContext2D;
const { getImageData } = prototype;
prototype.getImageData = function (...where) {
  const image = getImageData.apply(this, where);
  image.data.fill(255);
  return image;
};
globalThis.readCanvases = () => {
  prototype.getImageData = getImageData;
};
"""
# Some browsers do this, so that each reading is slightly different.
LAST_BITS = WHITE.replace(
    "image.data.fill(255)", "image.data.forEach((value, at) => (image.data[at] = value ^ 1))"
)


@pytest.fixture
def blocked():
    import js

    js.Function.new(WHITE)()
    yield
    js.readCanvases()


@pytest.mark.quirk("firefox-falsifies-canvases")
@pytest.mark.lane("firefox-resist-fingerprinting")
async def test_error_about_a_falsified_photo_names_the_setting(camera):
    for take in (take_photo, camera.take_photo, camera.tracks[0].take_photo):
        with pytest.raises(
            NotAllowedError, match=r"canvas data.*privacy\.resistFingerprinting.*about:config"
        ):
            await take()


@pytest.mark.quirk("firefox-hides-webcodecs")
@pytest.mark.lane("firefox-resist-fingerprinting")
async def test_errors_about_missing_decoders_name_the_setting():
    recording = await record(0.5, video=True)
    for call in (recording.thumbnail, recording.samples, lambda: recording.convert("wav")):
        with pytest.raises(NotSupportedError, match=r"WebCodecs.*privacy\.resistFingerprinting") as caught:
            await call()
    with pytest.raises(NotSupportedError, match="WebCodecs") as caught:
        await recording.convert("mp4")
    assert "wav" not in str(caught.value), "wav is impossible as well"
    assert (await make_preview(recording)).poster is None
    assert (await recording.seekable()).size > 0


@pytest.mark.lane("firefox-resist-fingerprinting")
async def test_falsified_canvas_is_reported_in_a_worker(open_channel, start_worker):
    source = f"""
import json, mediarecorder
await mediarecorder.connect("{open_channel()}")
said = []
recording = await mediarecorder.record(0.3, video=True)
for call in mediarecorder.take_photo, recording.thumbnail:
    try:
        await call()
    except mediarecorder.MediaError as error:
        said.append([error.name, str(error)])
json.dumps(said)
"""
    [photo, thumbnail] = json.loads(await start_worker().run(source))
    assert photo[0] == "NotAllowedError"
    assert "take_photo: the browser does not return the pixels" in photo[1]
    assert thumbnail[0] == "NotSupportedError"
    assert "privacy.resistFingerprinting" in thumbnail[1]


@pytest.mark.lane("firefox-resist-fingerprinting")
@pytest.mark.parametrize("with_sound", [False, True])
async def test_canvas_whose_stream_is_noise_is_not_recorded(canvas, microphone, with_sound):
    canvas.draw("red")
    stream = MediaStream([*canvas.stream().tracks, *(microphone.tracks if with_sound else [])])
    recorder = MediaRecorder(stream)
    with pytest.raises(NotAllowedError, match=r"start: .*noise for this canvas.*about:config"):
        recorder.start()
    with pytest.raises(NotAllowedError, match="noise"):
        await record(1, stream=stream)
    # The library does not relay pictures from other sources through its own canvas either.
    assert steadied(stream.js, None) is None


@pytest.mark.lane("firefox-resist-fingerprinting")
async def test_sound_is_not_falsified(microphone):
    """This holds for the analyser of `levels` and for the recording."""
    import js

    context = js.OfflineAudioContext.new(1, 4096, 48000)
    source, analyser = context.createConstantSource(), context.createAnalyser()
    source.offset.value = 0.5
    source.connect(analyser).connect(context.destination)
    source.start()
    await context.startRendering()
    read = js.Float32Array.new(2048)
    analyser.getFloatTimeDomainData(read)
    assert set(read.to_py()) == {0.5}
    [heard, *_] = await tone(await record(1, stream=microphone))
    assert heard["frequency"] == pytest.approx(1000, abs=10)


async def first(frames):
    async for frame in frames:
        return frame
    return None


async def test_engine_never_reads_a_falsified_canvas(recorded, blocked):
    recording = await recorded("picture")
    with pytest.raises(NotAllowedError, match="thumbnail: the browser does not return the pixels"):
        await recording.thumbnail(0)
    with pytest.raises(NotAllowedError, match="frames: the browser does not return the pixels"):
        await first(recording.frames())
    assert (await make_preview(recording)).poster is None


@pytest.mark.page_only("in a worker, the page's canvas would have to be falsified")
async def test_photo_from_a_falsified_canvas_is_refused(camera, blocked):
    with pytest.raises(NotAllowedError, match="take_photo: the browser does not return the pixels"):
        await camera.take_photo()


async def test_changed_low_bits_of_pixels_do_no_harm(recorded, camera):
    import js

    recording = await recorded("picture")
    js.Function.new(LAST_BITS)()
    try:
        assert (await recording.thumbnail(0)).size > 0
        assert await first(recording.frames(width=16))
        assert (await camera.take_photo()).size > 0
    finally:
        js.readCanvases()
