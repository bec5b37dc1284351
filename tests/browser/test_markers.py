"""Markers of a take, in memory and in a store, and what becomes of them in files made from it."""

from __future__ import annotations

import asyncio

import pytest
from support.ask_judge import chapters

from mediarecorder import InvalidStateError, Marker, MediaRecorder, Recording, RecordingStore


async def marked(stream, store=None) -> tuple[Recording, list[Marker]]:
    """A take with a marker before a pause of 0.6 s, one in it and one after it."""
    recorder = MediaRecorder(stream, store=store)
    await recorder.start(timeslice=0.1)
    await asyncio.sleep(0.3)
    markers = [recorder.mark("one")]
    await recorder.pause()
    await asyncio.sleep(0.6)
    markers.append(recorder.mark())
    await recorder.resume()
    await asyncio.sleep(0.3)
    markers.append(recorder.mark("<three>"))
    return await recorder.stop(), markers


async def test_markers_have_times_without_pauses_and_stay_with_the_stored_take(microphone):
    async with await RecordingStore.open("markers") as store:
        await store.clear()
        recording, markers = await marked(microphone, store)
        assert recording.markers == markers
        [one, two, three] = markers
        assert [marker.text for marker in markers] == ["one", "", "<three>"]
        assert one.time <= two.time <= three.time <= recording.duration
        assert two.time - one.time < 0.5, "the pause does not count"
        for again in (await store.open_recording(recording.id), await store.recover(recording.id)):
            assert again.markers == markers
        copied = await store.add(recording)
        assert copied.markers == markers
        assert (await store.open_recording(copied.id)).markers == markers
        await store.clear()


@pytest.mark.media_work
async def test_files_made_from_a_recording_have_its_markers(microphone):
    recording, [one, two, three] = await marked(microphone)
    assert (await recording.convert("wav")).markers == [one, two, three]
    begin = (one.time + three.time) / 2
    [left] = (await (await recording.convert("wav")).trim(begin)).markers
    assert left == (pytest.approx(three.time - begin, abs=0.001), "<three>")
    twice = await Recording.concat([recording, recording])
    assert [marker.text for marker in twice.markers] == ["one", "", "<three>"] * 2
    assert twice.markers[3].time == pytest.approx(one.time + recording.duration)


@pytest.mark.media_work
async def test_markers_become_chapters(microphone):
    """Of the composed WebM, whose walk begins during the take, and of the MP4."""
    recording, markers = await marked(microphone)
    assert await chapters(recording) == []
    expected = [(pytest.approx(marker.time, abs=0.06), marker.text) for marker in markers]
    found = await chapters(await recording.seekable())
    assert found == expected
    assert await chapters(await recording.convert("mp4")) == expected
    twice = await chapters(await Recording.concat([recording, recording]))
    assert [text for _, text in twice] == ["one", "", "<three>"] * 2


@pytest.mark.media_work
async def test_seekable_adds_chapters_to_a_stored_take(microphone):
    async with await RecordingStore.open("chapters") as store:
        await store.clear()
        recording, _ = await marked(microphone, store)
        assert await chapters(recording) == []
        seekable = await recording.seekable()
        assert [text for _, text in await chapters(seekable)] == ["one", "", "<three>"]
        assert await seekable.seekable() is seekable
        await store.clear()


async def test_markers_become_captions(microphone):
    recording, [one, *_] = await marked(microphone)
    first, *cues = recording.markers_vtt().split("\n\n")
    assert first == "WEBVTT"
    assert len(cues) == 3
    assert cues[2].splitlines()[1] == "&lt;three&gt;"
    assert cues[0].partition(" --> ")[0] == f"00:00:00.{round(one.time * 1000):03}"


async def test_only_a_running_take_can_be_marked(microphone):
    recorder = MediaRecorder(microphone)
    with pytest.raises(InvalidStateError, match="mark"):
        recorder.mark("too early")
    recorder.start()
    with pytest.raises(TypeError, match="string"):
        recorder.mark(1)
    await recorder.stop()
