"""`convert()`: another format, with packets copied where possible."""

import asyncio
from contextlib import suppress

import pytest
from support.ask_judge import index, last_packet, packets, probe, tone

from mediarecorder import NotFoundError, NotSupportedError, Recording, record
from mediarecorder.formats import FORMATS, MADE

pytestmark = pytest.mark.media_work

#: ffprobe's names where they differ from ours.
CONTAINERS = {"webm": "matroska,webm", "mp4": "mov,mp4"}
CODECS = {"avc": "h264", "pcm-s16": "pcm_s16le"}
WITH_PICTURE = [format for format in MADE if FORMATS[format]["video"]]
#: Names in MIME types for ffprobe's names.
SPELLED = {
    "h264": "avc1",
    "av1": "av01",
    "vp9": "vp09",
    "pcm_s16le": "audio/wav",
    "mp3": "audio/mpeg",
    "aac": "mp4a.40.2",
}


def codecs_of(format):
    """The codecs that ffprobe may find in it."""
    return {CODECS.get(codec, codec) for codec in (*FORMATS[format]["video"], *FORMATS[format]["audio"])}


@pytest.mark.parametrize("kind", ["both", "sound", "picture"])
@pytest.mark.parametrize("format", MADE)
async def test_other_programs_confirm_the_result(recorded, kind, format):
    recording = await recorded(kind, timeslice=0.2)
    if kind == "picture" and format not in WITH_PICTURE:
        with pytest.raises(NotFoundError, match="no sound"):
            await recording.convert(format)
        return
    before = await recording.bytes()
    converted = await recording.convert(format)
    found = await probe(converted)
    assert CONTAINERS.get(format, format) in found["format"]
    assert found["errors"] == []
    assert found["duration"] == pytest.approx(found["decoded_duration"], abs=last_packet(found))
    assert await index(converted)
    kinds = (
        {"audio", "video"}
        if kind == "both" and format in WITH_PICTURE
        else {stream["kind"] for stream in found["streams"]}
    )
    assert {stream["kind"] for stream in found["streams"]} == kinds
    for stream in found["streams"]:
        assert stream["codec"] in codecs_of(format)
        assert SPELLED.get(stream["codec"], stream["codec"]) in converted.mime_type
    assert converted.mime_type.startswith("video/" if "video" in kinds else "audio/")
    assert converted.extension == {"mp4": "mp4" if "video" in kinds else "m4a"}.get(format, format)
    assert await recording.bytes() == before


@pytest.mark.firefox_too
async def test_vp8_becomes_a_codec_that_most_players_support_in_mp4(recorded, engine):
    """H.264, or VP9 if the browser's H.264 is not accepted by players (test_expectations.py)."""
    converted = await (await recorded("picture", mime_type="video/webm;codecs=vp8")).convert("mp4")
    [stream] = (await probe(converted))["streams"]
    assert stream["codec"] == {"chromium": "h264", "firefox": "vp9"}[engine]


@pytest.mark.parametrize("format", ["webm", "mp4", "ogg"])
async def test_sound_is_copied_if_the_format_has_its_codec(recorded, format):
    recording = await recorded("both", timeslice=0.2)
    [copied] = [
        stream for stream in await packets(await recording.convert(format)) if stream["kind"] == "audio"
    ]
    [own] = [stream for stream in await packets(recording) if stream["kind"] == "audio"]
    assert copied == own


@pytest.mark.lane("chromium")
@pytest.mark.parametrize("mime_type", ["video/mp4;codecs=avc1.42E01E,opus", "video/mp4;codecs=vp9,opus"])
async def test_pictures_are_copied_if_the_format_has_their_codec(recorded, mime_type):
    recording = await recorded("both", mime_type=mime_type)
    converted = await recording.convert("mp4")
    digests = [sorted(stream["digest"] for stream in await packets(file)) for file in (recording, converted)]
    assert digests[0] == digests[1]


@pytest.mark.lane("chromium")
@pytest.mark.parametrize("format", [format for format in MADE if format != "mp4"])
async def test_raw_sound_becomes_a_codec_of_the_format(recorded, format):
    converted = await (await recorded("sound", mime_type="audio/webm;codecs=pcm")).convert(format)
    found = await probe(converted)
    assert {stream["codec"] for stream in found["streams"]} <= codecs_of(format)
    assert found["errors"] == []


@pytest.mark.core
@pytest.mark.policy
@pytest.mark.parametrize("format", ["wav", "mp3", "mp4"])
async def test_converted_sound_has_the_same_tone(recorded, format):
    for channel in await tone(await (await recorded("both", timeslice=0.2)).convert(format)):
        assert channel["frequency"] == pytest.approx(1000, abs=15)
        assert channel["rms"] > 0.01


@pytest.mark.parametrize("format", [".MP4", "Wav"])
async def test_format_name_may_have_capitals_and_a_dot(recorded, format):
    recording = await recorded("sound")
    assert (await recording.convert(format)).size


@pytest.mark.parametrize(("format", "error"), [("avi", ValueError), ("", ValueError), (None, TypeError)])
async def test_unknown_format_is_rejected(recorded, format, error):
    with pytest.raises(error, match=rf"{', '.join(MADE)}|format must be a string"):
        await (await recorded("sound")).convert(format)


async def test_progress_grows_to_one(recorded):
    told = []
    await (await recorded("both", 3)).convert("mp4", on_progress=told.append)
    assert told[0] < 1
    assert told == sorted(told)
    assert told[-1] == 1.0


async def test_failing_progress_callback_does_not_end_the_work(recorded, loop_errors):
    def fail(fraction):
        raise ValueError("in on_progress")

    assert (await (await recorded("sound")).convert("wav", on_progress=fail)).size
    assert "in on_progress" in str(loop_errors[0]["exception"])
    with pytest.raises(TypeError, match="on_progress must be callable"):
        await (await recorded("sound")).convert("wav", on_progress=5)


@pytest.mark.parametrize("format", ["mp4", "wav", "mp3"])
async def test_cancelling_ends_the_work_at_once(recorded, no_leaks, format):
    recording = await recorded("both", 3)
    async with no_leaks:
        begun, told = asyncio.Event(), []
        work = recording.convert(format, on_progress=lambda fraction: (told.append(fraction), begun.set()))
        task = asyncio.ensure_future(work)
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        count = len(told)
        assert told[-1] < 1
        await asyncio.sleep(0.3)
        assert len(told) == count, "nothing more is reported"
        del task, work
    assert (await recording.convert("wav")).size, "the next conversion works"


async def test_early_cancelling_leaves_nothing_behind(recorded, no_leaks):
    recording = await recorded("both", 3)
    async with no_leaks:
        for format in ("mp4", "ogg", "mp3"):
            for turns in range(4):
                task = asyncio.ensure_future(recording.convert(format))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                with suppress(asyncio.CancelledError):  # a copy may be over by then
                    await task
        del task


async def test_conversion_leaves_nothing_behind(recorded, no_leaks):
    recording = await recorded("both")
    async with no_leaks:
        for format in ("webm", "mp4", "wav", "mp3"):
            await recording.convert(format, on_progress=lambda fraction: None)


async def test_error_without_an_encoder_lists_possible_formats():
    import js

    # Use a size that no other test uses, because the browser's abilities are queried only once for each size.
    vp8 = "video/webm;codecs=vp8,opus"  # MP4 cannot contain VP8, so it must be encoded
    recording = await record(0.5, video={"width": 300, "height": 200}, mime_type=vp8)
    encoder = js.VideoEncoder
    try:
        del js.VideoEncoder
        with pytest.raises(
            NotSupportedError,
            match=r"cannot encode .*VP9.* for mp4\. It can convert this recording to webm, wav, ogg, mp3",
        ):
            await recording.convert("mp4")
    finally:
        js.VideoEncoder = encoder


async def test_picture_is_never_dropped_silently(recorded, engine):
    """Only formats without a picture leave it out."""
    recording = await recorded("both")
    for format in WITH_PICTURE:
        kinds = {stream["kind"] for stream in (await probe(await recording.convert(format)))["streams"]}
        assert kinds == {"audio", "video"}


async def test_result_can_be_converted_again(recorded):
    wav = await (await recorded("sound")).convert("wav")
    again = await (await wav.convert("ogg")).convert("webm")
    found = await probe(again)
    assert found["errors"] == []
    assert isinstance(again, Recording)
    assert found["duration"] == pytest.approx(wav.duration, abs=0.07)
