"""Takes that end without `stop()`, and takes that never begin."""

import asyncio

import pytest

from mediarecorder import (
    InvalidModificationError,
    InvalidStateError,
    MediaRecorder,
    MediaStream,
    NotSupportedError,
    RecordingError,
    media_devices,
)

pytestmark = pytest.mark.core


async def test_take_ends_when_all_tracks_are_stopped(both):
    recorder = MediaRecorder(both)
    await recorder.start()
    both.stop()
    recording = await recorder.finished
    assert recording.size > 0
    assert recorder.state == "inactive"
    assert recorder.recording is recording


async def test_take_ends_when_javascript_stops_the_tracks(both):
    recorder = MediaRecorder(both)
    await recorder.start()
    for track in both.js.getTracks():
        track.stop()
    assert (await recorder.finished).size > 0


@pytest.mark.every_engine
async def test_tracks_ending_in_the_same_tick_as_start_end_the_take(both):
    recorder = MediaRecorder(both)
    started = recorder.start()
    both.stop()
    await recorder.finished
    assert await started is None


@pytest.mark.every_engine
async def test_start_with_ended_tracks_raises(both):
    recorder = MediaRecorder(both)
    both.stop()
    with pytest.raises(NotSupportedError, match="no live track"):
        recorder.start()
    with pytest.raises(InvalidStateError):
        recorder.stop()


@pytest.mark.every_engine
async def test_start_without_tracks_raises():
    with pytest.raises(NotSupportedError):
        MediaRecorder(MediaStream([])).start()


async def test_one_of_two_tracks_ending_does_not_end_the_take(both):
    recorder = MediaRecorder(both)
    await recorder.start()
    both.video_tracks[0].stop()
    assert not recorder.finished.done()
    assert (await recorder.stop()).size > 0


@pytest.mark.parametrize("change", ["add", "remove"])
async def test_changing_tracks_fails_the_take_with_its_recording_attached(both, change):
    recorder = MediaRecorder(both)
    errors = []
    recorder.on("error", lambda event: errors.append(event.error))
    await recorder.start()
    finished = recorder.finished
    with await media_devices.get_user_media(audio=True) as other:
        if change == "add":
            both.add_track(other.audio_tracks[0])
        else:
            both.remove_track(both.audio_tracks[0])
        with pytest.raises(RecordingError) as caught:
            await finished
    assert caught.value.recording.size > 0
    assert isinstance(caught.value.__cause__, InvalidModificationError)
    assert [type(error) for error in errors] == [InvalidModificationError]
    assert recorder.recording is caught.value.recording
    assert recorder.state == "inactive"


@pytest.mark.every_engine
async def test_error_of_a_take_settles_everything_pending(both, event_faults):
    recorder = MediaRecorder(both)
    await recorder.start()
    event_faults.rule = "nothing after stop()"
    pending = [recorder.pause(), recorder.resume(), recorder.request_data(), recorder.finished]
    event_faults.fail(recorder.js)
    errors = await asyncio.gather(*pending, return_exceptions=True)
    failure = errors[-1]
    assert isinstance(failure, RecordingError)
    assert all(error is failure or error is None or hasattr(error, "size") for error in errors)


async def test_new_take_works_after_an_error(both):
    recorder = MediaRecorder(both)
    await recorder.start()
    both.remove_track(both.audio_tracks[0])
    with pytest.raises(RecordingError):
        await recorder.finished
    await recorder.start()
    assert (await recorder.stop()).size > 0


async def test_recorder_stays_usable_after_a_type_is_refused(microphone):
    if not MediaRecorder.is_type_supported("video/webm"):
        pytest.fail("every engine here records video/webm")
    recorder = MediaRecorder(microphone, mime_type="video/webm")
    await recorder.start()
    assert (await recorder.stop()).size > 0


@pytest.mark.page_only("a worker has no AudioContext")
async def test_start_of_a_silent_stream_settles_with_the_take(silence):
    recorder = MediaRecorder(silence)
    started = recorder.start()
    await recorder.stop()
    assert started.done()
    assert await started is None


@pytest.mark.page_only("a worker has no canvas with a stream")
async def test_canvas_without_frames_can_be_stopped():
    import js

    canvas = js.document.createElement("canvas")
    canvas.getContext("2d")
    with MediaStream(canvas.captureStream()) as stream:
        recorder = MediaRecorder(stream)
        recorder.start()
        recording = await recorder.stop()
    assert recording.mime_type.startswith("video/webm")
