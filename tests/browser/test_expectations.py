"""Behaviour of each engine that the library works around. When one of these fails, a browser has changed, and
the code named in the test may become simpler."""

import asyncio

import pytest
from support.ask_judge import played, probe, tone
from support.loopback import connected

from mediarecorder import MediaRecorder

pytestmark = pytest.mark.page_only("these tests concern the browser itself, without a bridge")


async def native_events(recorder, end):
    """The browser's own events from `end()` until shortly after `stop`."""
    from pyodide.ffi import create_proxy

    seen, stopped = [], asyncio.Event()

    def heard(event):
        seen.append((event.type, event.data.size if event.type == "dataavailable" else None))
        if event.type == "stop":
            stopped.set()

    proxy = create_proxy(heard)
    for type in ("start", "pause", "resume", "dataavailable", "error", "stop"):
        recorder.addEventListener(type, proxy)
    result = end()
    try:
        await asyncio.wait_for(stopped.wait(), 30)
    except TimeoutError:
        seen.append(("nothing", None))
    for type in ("start", "pause", "resume", "dataavailable", "error", "stop"):
        recorder.removeEventListener(type, proxy)
    proxy.destroy()
    return seen, result


def native_recorder(stream):
    import js

    return js.MediaRecorder.new(stream.js)


@pytest.mark.quirk("engines-ignore-stop-when-inactive")
async def test_stop_on_an_inactive_recorder_is_silent_in_the_browser(microphone):
    """MediaRecorder.stop therefore checks the state itself."""
    recorder = native_recorder(microphone)
    assert recorder.stop() is None


@pytest.mark.quirk("engines-accept-a-timeslice-of-0")
async def test_timeslice_of_zero_is_not_refused_by_the_browser(microphone):
    """MediaRecorder.start refuses it, because it would cause a flood of chunks."""
    recorder = native_recorder(microphone)
    recorder.start(0)
    recorder.stop()


@pytest.mark.quirk("chromium-records-ended-tracks")
@pytest.mark.lane("chromium")
async def test_chromium_records_nothing_from_ended_tracks_or_refuses(microphone):
    """MediaRecorder.start refuses it, as the specification says. Chromium does so in a fresh page only."""
    from pyodide.ffi import JsException

    microphone.stop()
    recorder = native_recorder(microphone)
    try:
        outcome = [type for type, _ in (await native_events(recorder, recorder.start))[0]]
    except JsException as error:
        outcome = error.name
    assert outcome in ("NotSupportedError", ["start", "dataavailable", "stop"])


@pytest.mark.quirk("chromium-fires-start-with-the-first-data")
@pytest.mark.lane("chromium")
async def test_chromium_fires_no_start_for_a_silent_stream(silence):
    """Take therefore settles `start` when the take ends, if not before."""
    recorder = native_recorder(silence)

    async def stop():
        await asyncio.sleep(0.5)
        stopped_at.append(js.performance.now())
        recorder.stop()

    import js

    started_at, stopped_at = [], []
    recorder.onstart = lambda event: started_at.append(event.timeStamp)
    await native_events(recorder, lambda: (recorder.start(), asyncio.ensure_future(stop())))
    assert not started_at or started_at[0] >= stopped_at[0]
    recorder.onstart = None


@pytest.mark.lane("chromium")
async def test_chromium_remembers_its_type_after_stop(microphone):
    recorder = MediaRecorder(microphone)
    await recorder.start()
    await recorder.stop()
    assert recorder.js.mimeType


@pytest.mark.quirk("firefox-data-after-stop")
async def test_chromium_makes_the_last_chunk_and_stop_within_the_call(both, engine):
    """A take whose last chunk is empty therefore ends with `stop` in Chromium. Firefox makes both later."""
    import js
    from pyodide.ffi import create_proxy

    recorder, made, stopped = native_recorder(both), {}, asyncio.Event()

    def heard(event):
        made[event.type] = event.timeStamp
        if event.type == "stop":
            stopped.set()

    proxy = create_proxy(heard)
    for type in ("dataavailable", "stop"):
        recorder.addEventListener(type, proxy)
    recorder.start()
    await asyncio.sleep(0.3)
    called = js.performance.now()
    recorder.stop()
    returned = js.performance.now()
    while (later := js.performance.now()) <= returned:
        pass  # clocks advance in steps
    await asyncio.wait_for(stopped.wait(), 30)
    for type in ("dataavailable", "stop"):
        recorder.removeEventListener(type, proxy)
    proxy.destroy()
    within = [called <= made[type] < later for type in ("dataavailable", "stop")]
    assert within == ([True, True] if engine == "chromium" else [False, False])


@pytest.mark.quirk("firefox-forgets-its-type-after-stop")
@pytest.mark.lane("firefox")
async def test_firefox_forgets_its_type_after_stop(microphone):
    """A finished recording therefore takes its type from the data."""
    recorder = MediaRecorder(microphone)
    await recorder.start()
    await recorder.stop()
    assert not recorder.js.mimeType


@pytest.mark.quirk("firefox-has-no-image-capture")
@pytest.mark.lane("firefox")
def test_firefox_has_no_image_capture():
    """take_photo therefore uses a video element and a canvas."""
    import js

    assert not hasattr(js, "ImageCapture")


@pytest.mark.quirk("firefox-plays-nothing-without-a-loudspeaker")
@pytest.mark.lane("firefox")
async def test_firefox_does_not_run_audio_contexts_without_an_output():
    """mix() of several sounds therefore raises NotReadableError, rather than record silence."""
    import js

    context = js.AudioContext.new()
    state = context.state
    context.close()
    assert state in ("suspended", "running"), "on a machine with a sound card it is running"


@pytest.mark.quirk("engines-interleave-takes")
async def test_reusing_a_browser_recorder_interleaves_events(both, engine):
    """Each take therefore has its own browser recorder."""
    recorder, started = native_recorder(both), asyncio.Event()
    recorder.onstart = lambda event: started.set()
    recorder.start()
    await started.wait()
    recorder.onstart = None
    seen, _ = await native_events(recorder, lambda: (recorder.stop(), recorder.start()))
    types = [type for type, _ in seen]
    assert ("start" in types[: types.index("stop")]) == (engine == "firefox")
    recorder.stop()


@pytest.mark.quirk("chromium-says-level-0-of-vp9")
@pytest.mark.lane("chromium")
async def test_chromium_mp4_declares_vp9_level_0(recorded):
    """static/library/media/input.js states an existing level, because no decoder accepts this one."""
    data = await (await recorded("both", mime_type="video/mp4;codecs=vp9,opus")).bytes()
    place = data.index(b"vpcC")
    version, profile, level = data[place + 4], data[place + 8], data[place + 9]
    assert (version, profile, level) == (1, 0, 0)


@pytest.mark.quirk("firefox-writes-a-byte-of-h264-twice")
async def test_only_firefox_writes_a_byte_of_its_h264_parameters_twice(engine):
    """static/library/media/formats.js tests for this, and then avoids H.264."""
    import js
    from pyodide.ffi import create_proxy, to_js

    records = []

    def keep(chunk, metadata):
        if hasattr(metadata, "decoderConfig"):
            description = metadata.decoderConfig.description
            records.append(js.Uint8Array.new(getattr(description, "buffer", description)).to_bytes())

    proxies = create_proxy(keep), create_proxy(print)
    handlers = js.Object.fromEntries(to_js([["output", proxies[0]], ["error", proxies[1]]]))
    encoder = js.VideoEncoder.new(handlers)
    settings = {"codec": "avc1.42001f", "width": 64, "height": 64, "avc": {"format": "avc"}}
    encoder.configure(to_js(settings, dict_converter=js.Object.fromEntries))
    image = js.OffscreenCanvas.new(64, 64)
    image.getContext("2d")
    frame = js.VideoFrame.new(image, js.Object.fromEntries(to_js([["timestamp", 0]])))
    encoder.encode(frame)
    frame.close()
    await encoder.flush()
    encoder.close()
    for proxy in proxies:
        proxy.destroy()
    [record] = records
    # The profile is the second byte of the record, and of the parameter set that begins at byte 8.
    assert (record[9] == record[1]) == (engine == "chromium")


def in_browser(source):
    """The value of a JavaScript expression."""
    from pyodide.code import run_js

    return run_js(source)


async def recorded_natively(js_stream, milliseconds=700, **options):
    """The Blob of a plain browser recorder."""
    import js

    record = in_browser("""(async (stream, options, milliseconds) => {
      const recorder = new MediaRecorder(stream, options), chunks = [];
      recorder.ondataavailable = ({ data }) => chunks.push(data);
      const stopped = new Promise((resolve) => (recorder.onstop = resolve));
      recorder.start();
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      recorder.stop();
      await stopped;
      return new Blob(chunks, { type: chunks[0].type });
    })""")
    return await record(js_stream, js.Object.fromEntries(list(options.items())), milliseconds)


async def loudest(blob):
    return max(channel["rms"] for channel in await tone(blob))


@pytest.mark.quirk("chromium-records-silence-at-low-bit-rates")
@pytest.mark.lane("chromium")
async def test_chromium_records_silence_at_2000_bits_per_second(microphone):
    assert await loudest(await recorded_natively(microphone.js, audioBitsPerSecond=2000)) < 0.001


@pytest.mark.quirk("firefox-records-silence-at-low-bit-rates")
@pytest.mark.lane("firefox")
async def test_firefox_records_silence_at_12000_bits_per_second(both):
    assert await loudest(await recorded_natively(both.js, bitsPerSecond=12000)) < 0.001


@pytest.mark.quirk("chromium-vp8-records-nothing-at-low-bit-rates")
@pytest.mark.lane("chromium")
async def test_chromium_vp8_has_no_picture_at_500_bits_per_second(camera):
    blob = await recorded_natively(camera.js, mimeType="video/webm;codecs=vp8", videoBitsPerSecond=500)
    assert blob.size < 200, "only the header of a file"


@pytest.mark.quirk("chromium-records-the-first-of-several")
@pytest.mark.lane("chromium")
async def test_chromium_records_one_of_two_sounds(microphone):
    import js

    [sound] = microphone.audio_tracks
    blob = await recorded_natively(js.MediaStream.new(js.Array.of(sound.js, sound.clone().js)))
    assert [stream["kind"] for stream in (await probe(blob))["streams"]] == ["audio"]


@pytest.mark.quirk("chromium-drops-all-beside-an-empty-track")
@pytest.mark.lane("chromium")
async def test_chromium_drops_the_sound_beside_an_empty_canvas(canvas, microphone):
    import js

    canvas.element.getContext("2d")
    [picture] = canvas.element.captureStream(0).getVideoTracks()
    blob = await recorded_natively(js.MediaStream.new(js.Array.of(picture, microphone.audio_tracks[0].js)))
    assert blob.size < 200, "only the header of a file"


RECORD_BUSY = """(async (stream, afterStart) => {
  const recorder = new MediaRecorder(stream), chunks = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const begun = new Promise((resolve) => (recorder.onstart = resolve));
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  if (afterStart) await begun;
  for (const end = performance.now() + 1500; performance.now() < end; );
  if (!afterStart) await begun;
  recorder.stop();
  await stopped;
  return new Blob(chunks);
})"""
"""Record while the thread is busy for 1.5 s, beginning at the call of `start` or at its event."""


@pytest.mark.quirk("chromium-drops-queued-data-at-stop")
@pytest.mark.lane("chromium")
async def test_chromium_drops_queued_data_at_stop(microphone):
    recorded = await in_browser(RECORD_BUSY)(microphone.js, True)
    assert (await probe(recorded))["decoded_duration"] < 1.2


@pytest.mark.quirk("firefox-records-from-the-next-task")
@pytest.mark.lane("firefox")
async def test_firefox_records_from_the_next_task(microphone):
    sound = await played(await in_browser(RECORD_BUSY)(microphone.js, False))
    assert sound["sound"] is None or sound["sound"]["end"] < 1.2


@pytest.mark.quirk("chromium-takes-long-timeslices-for-0")
@pytest.mark.lane("chromium")
async def test_chromium_treats_a_timeslice_of_33_bits_as_zero(microphone):
    flood = in_browser("""((stream, timeslice) => new Promise((resolve) => {
      const recorder = new MediaRecorder(stream);
      let chunks = 0;
      recorder.ondataavailable = () => ++chunks === 20 && recorder.stop();
      recorder.onstop = () => resolve(chunks);
      recorder.start(timeslice);
    }))""")
    assert await asyncio.wait_for(flood(microphone.js, 2**32), 30) >= 20


@pytest.mark.quirk("engines-have-different-error-events")
async def test_error_events_differ_in_class(both, engine):
    failed = in_browser("""((stream) => new Promise((resolve) => {
      const recorder = new MediaRecorder(stream);
      recorder.onstart = () => stream.removeTrack(stream.getAudioTracks()[0]);
      recorder.onerror = (event) => resolve(`${event.constructor.name} ${event.error?.name}`);
      recorder.start(100);
    }))""")
    said = await failed(both.js)
    assert (
        said
        == {
            "chromium": "ErrorEvent InvalidModificationError",
            "firefox": "MediaRecorderErrorEvent InvalidModificationError",
        }[engine]
    )


@pytest.mark.quirk("chromium-goes-on-without-its-device")
@pytest.mark.lane("chromium-permissions")
async def test_chromium_continues_recording_after_device_loss(microphone, lose_devices):
    recorder = native_recorder(microphone)
    ended = in_browser("((track) => new Promise((resolve) => (track.onended = resolve)))")(
        microphone.tracks[0].js
    )
    recorder.start()
    await lose_devices()
    await ended
    await asyncio.sleep(0.5)
    assert recorder.state == "recording"
    recorder.stop()


@pytest.mark.quirk("chromium-silences-connections-nobody-plays")
@pytest.mark.lane("chromium")
async def test_chromium_connection_is_silent_until_played(microphone):
    loudness = in_browser("""(async (stream, played) => {
      const context = new AudioContext(), player = new Audio();
      const analyser = context.createAnalyser(), values = new Float32Array(analyser.fftSize);
      context.createMediaStreamSource(stream).connect(analyser);
      player.muted = true;
      if (played) player.srcObject = stream;
      if (played) await player.play();
      let most = 0;
      for (let n = 0; n < (played ? 200 : 20) && most < 0.01; n++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        analyser.getFloatTimeDomainData(values);
        most = Math.max(most, ...values);
      }
      player.srcObject = null;
      await context.close();
      return most;
    })""")
    async with connected(microphone) as (remote, _):
        assert await loudness(remote.js, False) == 0
        assert await loudness(remote.js, True) > 0.01


@pytest.mark.quirk("firefox-counts-the-time-before-a-picture")
@pytest.mark.lane("firefox")
async def test_firefox_records_the_time_before_the_first_picture(canvas):
    record = in_browser("""(async (canvas) => {
      const context = canvas.getContext("2d"), recorder = new MediaRecorder(canvas.captureStream());
      const chunks = [];
      recorder.ondataavailable = ({ data }) => chunks.push(data);
      const stopped = new Promise((resolve) => (recorder.onstop = resolve));
      recorder.start();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      for (let n = 0; n < 10; n++) {
        context.fillStyle = `hsl(${n * 40} 90% 50%)`;
        context.fillRect(0, 0, 9, 9);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      recorder.stop();
      await stopped;
      return new Blob(chunks, { type: chunks[0].type });
    })""")
    assert (await played(await record(canvas.element)))["pictures"][-1]["time"] > 0.9


@pytest.mark.quirk("firefox-has-no-feature-policy")
def test_only_chromium_has_feature_policy(engine):
    import js

    assert hasattr(js.document, "featurePolicy") == (engine == "chromium")


@pytest.mark.quirk("firefox-aborts-reading-gone-data")
async def test_error_of_reading_a_removed_file_differs(engine):
    read = in_browser("""(async () => {
      const folder = await navigator.storage.getDirectory();
      const handle = await folder.getFileHandle("gone", { create: true });
      const writable = await handle.createWritable();
      await writable.write("gone");
      await writable.close();
      const file = await handle.getFile();
      await folder.removeEntry("gone");
      return file.arrayBuffer().then(() => "", ({ name }) => name);
    })""")
    assert await read() == {"chromium": "NotFoundError", "firefox": "AbortError"}[engine]


@pytest.mark.quirk("firefox-needs-several-pictures")
@pytest.mark.lane("firefox")
async def test_firefox_has_no_data_before_several_pictures(canvas):
    size = in_browser("""(async (canvas, pictures) => {
      const context = canvas.getContext("2d"), recorder = new MediaRecorder(canvas.captureStream());
      let size = 0;
      recorder.ondataavailable = ({ data }) => (size += data.size);
      recorder.start(100);
      for (let n = 0; n < pictures && !size; n++) {
        context.fillStyle = `hsl(${n * 40} 90% 50%)`;
        context.fillRect(0, 0, 9, 9);
        await new Promise((resolve) => setTimeout(resolve, 33));
      }
      if (pictures < 9) await new Promise((resolve) => setTimeout(resolve, 1000));
      const found = size;
      recorder.stop();
      return found;
    })""")
    assert await size(canvas.element, 2) == 0
    assert await size(canvas.element, 1000) > 0


@pytest.mark.quirk("firefox-labels-no-canvas")
async def test_only_chromium_labels_the_track_of_a_canvas(camera, canvas, engine):
    canvas.draw("red")
    assert camera.tracks[0].label
    assert bool(canvas.stream(10).tracks[0].label) == (engine == "chromium")
