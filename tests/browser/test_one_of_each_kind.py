"""A recorder takes one sound and one picture. Chromium would silently record only the first of several."""

import pytest
from support import ask_judge

from mediarecorder import MediaRecorder, MediaStream, NotSupportedError, mix, record

KINDS = [("audio", "2 audio tracks", r"mix\(stream\)"), ("video", "2 video tracks", "choose one")]


@pytest.fixture
def doubled(both):
    """``doubled("audio")`` has one picture and two sounds, the first of them a clone."""
    clones = []

    def doubled(kind):
        [track] = [track for track in both.tracks if track.kind == kind]
        clones.append(track.clone())
        return MediaStream([clones[-1], *both.tracks])

    yield doubled
    for clone in clones:
        clone.stop()


@pytest.mark.core
@pytest.mark.parametrize(("kind", "what", "advice"), KINDS)
async def test_two_live_tracks_of_a_kind_are_refused(doubled, event_faults, kind, what, advice):
    stream = doubled(kind)
    with pytest.raises(NotSupportedError, match=f"{what}.*{advice}"):
        MediaRecorder(stream)
    with pytest.raises(NotSupportedError, match=f"{what}.*{advice}"):
        MediaRecorder(stream.js)
    with pytest.raises(NotSupportedError, match=f"{what}.*{advice}"):
        await record(0.1, stream=stream)
    assert event_faults.logs.length == 0, "the browser was not asked"
    assert {track.ready_state for track in stream.tracks} == {"live"}


async def test_second_track_added_before_start_is_refused(microphone):
    stream = MediaStream(microphone.tracks)
    recorder = MediaRecorder(stream)
    clone = microphone.tracks[0].clone()
    stream.add_track(clone)
    with pytest.raises(NotSupportedError, match="mix"):
        recorder.start()
    assert recorder.state == "inactive"
    stream.remove_track(clone)
    clone.stop()
    await recorder.start()
    assert (await recorder.stop()).size > 0


@pytest.mark.core
@pytest.mark.parametrize("kind", ["audio", "video"])
async def test_ended_track_does_not_hide_a_live_one(doubled, kind):
    stream = doubled(kind)
    next(track for track in stream.tracks if track.kind == kind).stop()
    recording = await record(0.5, stream=stream)
    found = await ask_judge.probe(recording)
    assert sorted(stream["kind"] for stream in found["streams"]) == ["audio", "video"]


async def test_track_that_ends_between_takes_does_not_hide_a_live_one(microphone):
    stream = MediaStream([microphone.tracks[0].clone()])
    recorder = MediaRecorder(stream)
    await recorder.start()
    await recorder.stop()
    stream.tracks[0].stop()
    stream.add_track(microphone.tracks[0])
    await recorder.start()
    assert recorder.stream is stream
    assert (await ask_judge.sound(await recorder.stop()))["end"] > 0


@pytest.mark.page_only("a worker has no AudioContext")
@pytest.mark.lane("chromium")
async def test_mix_makes_one_sound_of_two(doubled):
    with await mix(doubled("audio")) as mixed:
        recording = await record(0.5, stream=mixed)
    assert len((await ask_judge.probe(recording))["streams"]) == 2


@pytest.mark.core
@pytest.mark.parametrize(
    ("kind", "options", "least"),
    [
        ("audio", {"audio_bits_per_second": 128}, 6000),
        ("audio", {"audio_bits_per_second": 5999}, 6000),
        ("audio", {"bits_per_second": 128}, 6000),
        ("video", {"video_bits_per_second": 2500}, 10000),
        ("video", {"bits_per_second": 9999}, 10000),
        ("both", {"bits_per_second": 12_000}, 60000),
        ("both", {"audio_bits_per_second": 64, "video_bits_per_second": 500_000}, 6000),
    ],
)
def test_bit_rate_in_another_unit_is_refused(both, event_faults, kind, options, least):
    stream = both if kind == "both" else MediaStream([t for t in both.tracks if t.kind == kind])
    with pytest.raises(ValueError, match=f"at least {least}, .* unit is bits per second"):
        MediaRecorder(stream, **options)
    assert event_faults.logs.length == 0


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("audio", {"audio_bits_per_second": 6000}),
        ("audio", {"bits_per_second": 6000}),
        ("both", {"video_bits_per_second": 10_000}),
        ("both", {"bits_per_second": 60_000}),
    ],
)
async def test_lowest_bit_rates_record_audible_and_visible_content(both, kind, options):
    stream = both if kind == "both" else MediaStream(both.audio_tracks)
    recorder = MediaRecorder(stream, **options)
    await recorder.start()
    while recorder.duration < 0.6:
        await recorder.request_data()
    recording = await recorder.stop()
    assert max(channel["rms"] for channel in await ask_judge.tone(recording)) > 0.02
    assert len((await ask_judge.probe(recording))["streams"]) == (2 if kind == "both" else 1)
