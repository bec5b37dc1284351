"""The recorder's other verbs, its properties and its options."""

import asyncio

import pytest

from mediarecorder import Chunk, InvalidStateError, MediaRecorder, NotSupportedError

pytestmark = pytest.mark.every_engine


@pytest.mark.core
async def test_start_resolves_on_the_browsers_start_event(recorder):
    log = []
    recorder.on("start", lambda event: log.append(event.type))
    started = recorder.start()
    assert recorder.state == "recording"
    assert log == []
    assert await started is None
    assert log == ["start"]


@pytest.mark.core
async def test_start_twice_raises_and_the_take_goes_on(delivering_recorder):
    with pytest.raises(InvalidStateError, match="already recording"):
        delivering_recorder.start()
    await delivering_recorder.pause()
    with pytest.raises(InvalidStateError, match="already paused"):
        delivering_recorder.start()
    assert (await delivering_recorder.stop()).size > 0


@pytest.mark.parametrize("verb", ["pause", "resume", "request_data", "stop"])
def test_verbs_of_an_inactive_recorder_raise_from_the_call(recorder, verb):
    with pytest.raises(InvalidStateError, match=verb):
        getattr(recorder, verb)()


@pytest.mark.core
async def test_pause_and_resume_act_at_once_and_resolve_on_their_events(recording_recorder):
    log = []
    for type in ("pause", "resume"):
        recording_recorder.on(type, lambda event: log.append(event.type))
    pausing = recording_recorder.pause()
    assert recording_recorder.state == "paused"
    await pausing
    resuming = recording_recorder.resume()
    assert recording_recorder.state == "recording"
    await resuming
    assert log == ["pause", "resume"]


@pytest.mark.core
async def test_redundant_pause_and_resume_resolve_at_once(recording_recorder):
    assert recording_recorder.resume().done()
    await recording_recorder.pause()
    again = recording_recorder.pause()
    assert again.done()
    assert await again is None


@pytest.mark.core
async def test_pause_works_before_the_browsers_start_event(recorder):
    started = recorder.start()
    await recorder.pause()
    await recorder.resume()
    recording = await recorder.stop()
    await started
    assert recorder.recording is recording


@pytest.mark.core
async def test_pause_does_not_count_as_duration(recording_recorder):
    await recording_recorder.pause()
    before = recording_recorder.duration
    await asyncio.sleep(0.3)
    assert recording_recorder.duration == before
    recording = await recording_recorder.stop()
    assert recording.duration == pytest.approx(before, abs=0.05)


@pytest.mark.core
async def test_duration_grows_while_recording(recording_recorder):
    before = recording_recorder.duration
    await recording_recorder.request_data()
    await asyncio.sleep(0.05)
    assert recording_recorder.duration > before >= 0


@pytest.mark.core
async def test_duration_and_size_are_zero_before_any_take(recorder):
    assert (recorder.duration, recorder.size, recorder.recording) == (0.0, 0, None)


@pytest.mark.core
async def test_request_data_returns_the_next_chunk(delivering_recorder):
    seen = []
    delivering_recorder.on("dataavailable", lambda event: seen.append(event.data.size))
    chunk = await delivering_recorder.request_data()
    assert isinstance(chunk, Chunk)
    assert seen == [chunk.size]
    assert len(await chunk.bytes()) == chunk.size
    assert delivering_recorder.size == chunk.size


@pytest.mark.core
async def test_n_requests_consume_n_events_in_order(recording_recorder):
    sizes = []
    recording_recorder.on("dataavailable", lambda event: sizes.append(event.data.size))
    requests = [recording_recorder.request_data() for _ in range(3)]
    assert [(await request).size for request in requests] == sizes[:3]


@pytest.mark.core
async def test_timeslice_delivers_chunks_over_time(recorder):
    sizes = []
    recorder.on("dataavailable", lambda event: sizes.append(event.data.size))
    await recorder.start(0.05)
    while sum(map(bool, sizes)) < 3:
        await recorder.request_data()
    assert recorder.size == sum(sizes)
    recording = await recorder.stop()
    assert [chunk.size for chunk in recording.chunks] == sizes


@pytest.mark.core
async def test_handler_registered_during_a_take_gets_the_remaining_events(recording_recorder):
    sizes = []
    subscription = recording_recorder.on("dataavailable", lambda event: sizes.append(event.data.size))
    await recording_recorder.request_data()
    subscription()
    await recording_recorder.request_data()
    assert len(sizes) == 1


@pytest.mark.core
async def test_chunks_starts_yields_and_ends_with_the_take(recorder):
    sizes = []
    async for chunk in recorder.chunks(timeslice=0.05):
        sizes.append(chunk.size)
        if len(sizes) == 3:
            recorder.stop()
    assert sum(sizes) == recorder.recording.size
    assert recorder.state == "inactive"


@pytest.mark.core
async def test_chunks_of_a_running_take_include_its_first_chunk(recording_recorder):
    first = await recording_recorder.request_data()
    async for chunk in recording_recorder.chunks():
        assert chunk.size == first.size
        break
    assert recording_recorder.state == "recording", "leaving the loop does not end the take"


@pytest.mark.core
async def test_chunks_ends_when_the_tracks_end(recorder):
    count = 0
    async for _ in recorder.chunks(0.05):
        count += 1
        if count == 2:
            recorder.stream.stop()
    assert count >= 2


@pytest.mark.core
@pytest.mark.two_engines_only("it records nothing if it is stopped at once")
async def test_async_with_records_its_body(microphone):
    async with MediaRecorder(microphone) as recorder:
        assert recorder.state == "recording"
        await recorder.request_data()
    assert recorder.state == "inactive"
    assert recorder.recording.size > 0


@pytest.mark.core
async def test_async_with_accepts_a_take_that_ended_by_itself(microphone):
    async with MediaRecorder(microphone) as recorder:
        microphone.stop()
        await recorder.finished
    assert recorder.recording is not None


@pytest.mark.core
async def test_exception_in_the_body_of_async_with_wins(both):
    recorder = MediaRecorder(both)

    async def body():
        async with recorder:
            await recorder.request_data()
            both.remove_track(both.audio_tracks[0])
            raise KeyError("mine")

    with pytest.raises(KeyError):
        await body()
    assert recorder.recording is not None


@pytest.mark.core
@pytest.mark.two_engines_only("WebKitGTK records no WebM")
async def test_first_supported_type_wins(microphone):
    recorder = MediaRecorder(
        microphone, mime_type=["audio/unheard-of", "audio/webm;codecs=opus", "audio/ogg"]
    )
    assert recorder.mime_type == "audio/webm;codecs=opus"
    await recorder.start()
    assert (await recorder.stop()).mime_type.startswith("audio/webm")


@pytest.mark.two_engines_only("WebKitGTK records no WebM")
def test_unknown_type_error_lists_supported_types(microphone):
    with pytest.raises(NotSupportedError, match="video/webm"):
        MediaRecorder(microphone, mime_type="audio/unheard-of")


@pytest.mark.two_engines_only("WebKitGTK records no WebM")
def test_supported_types_are_supported():
    types = MediaRecorder.supported_types()
    assert "video/webm" in types
    assert all(map(MediaRecorder.is_type_supported, types))
    assert not MediaRecorder.is_type_supported("audio/unheard-of")


@pytest.mark.core
async def test_bit_rates_reach_the_browser(both):
    recorder = MediaRecorder(both, audio_bits_per_second=64_000, video_bits_per_second=500_000.0)
    assert recorder.audio_bits_per_second == 64_000
    assert recorder.video_bits_per_second == 500_000
    assert recorder.audio_bitrate_mode in ("constant", "variable")


@pytest.mark.core
async def test_mime_type_is_still_known_after_the_take(recording_recorder):
    recording = await recording_recorder.stop()
    assert recording.mime_type.startswith("audio/")
    assert recording_recorder.mime_type


@pytest.mark.parametrize(
    ("timeslice", "error"),
    [
        (0, ValueError),
        (-1, ValueError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        (0.0009, ValueError),
        ("1", TypeError),
        (True, TypeError),
        ([1], TypeError),
    ],
)
def test_too_small_timeslice_is_rejected(recorder, timeslice, error):
    with pytest.raises(error, match="timeslice"):
        recorder.start(timeslice)
    assert recorder.state == "inactive"


@pytest.mark.parametrize("stream", [None, "microphone", 5, object()])
def test_non_stream_is_rejected(stream):
    with pytest.raises(TypeError, match="MediaStream"):
        MediaRecorder(stream)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"mime_type": 5}, TypeError),
        ({"mime_type": [5]}, TypeError),
        ({"mime_type": []}, ValueError),
        ({"audio_bits_per_second": -1}, ValueError),
        ({"audio_bits_per_second": "many"}, TypeError),
        ({"video_bits_per_second": float("nan")}, ValueError),
        ({"bits_per_second": True}, TypeError),
        ({"audio_bitrate_mode": "sometimes"}, ValueError),
        ({"video_key_frame_interval_duration": 0}, ValueError),
    ],
)
def test_invalid_options_are_rejected(microphone, options, error):
    with pytest.raises(error):
        MediaRecorder(microphone, **options)


@pytest.mark.parametrize("timeslice", [2147483.647, 2147483.648, 4294967.296, 1e9, 1e300])
async def test_very_long_timeslice_delivers_no_flood(recorder, timeslice):
    sizes = []
    recorder.on("dataavailable", lambda event: sizes.append(event.data.size))
    await recorder.start(timeslice)
    await asyncio.sleep(0.3)
    assert len(sizes) <= 1
    await recorder.stop()


def test_every_numeric_type_is_checked(recorder):
    from fractions import Fraction

    with pytest.raises(ValueError, match="timeslice"):
        recorder.start(10**400)
    with pytest.raises(ValueError, match="timeslice"):
        recorder.start(Fraction(1, 10000))


@pytest.mark.core
async def test_chunks_of_a_running_take_checks_its_timeslice(recording_recorder):
    with pytest.raises(ValueError, match="timeslice"):
        await anext(recording_recorder.chunks(-1))


@pytest.mark.core
async def test_outcomes_work_with_asyncio(recording_recorder):
    chunk, recording = await asyncio.gather(recording_recorder.request_data(), recording_recorder.stop())
    assert (await asyncio.shield(recording_recorder.finished)) is recording
    assert chunk.size <= recording.size
