"""The reminder that a call displays if its `await` was forgotten; the call is still a coroutine."""

import asyncio
import gc
import inspect
import warnings

import pytest

import mediarecorder
from mediarecorder import AudioSamples, Recording, RecordingStore, StoredRecording, media_devices, record


@pytest.fixture
def recording():
    return Recording.from_bytes(b"no media", "audio/webm")


def reminder_of(call):
    """The text of the reminder; closes the call."""
    said = repr(call)
    call.close()
    return said


def test_reminder_shows_the_call_with_its_arguments(recording):
    assert reminder_of(record(5)) == "write: await record(5)"
    assert reminder_of(record(5, video=True)) == "write: await record(5, video=True)"
    assert reminder_of(mediarecorder.take_photo()) == "write: await take_photo()"
    assert reminder_of(mediarecorder.mix()) == "write: await mix()"
    assert reminder_of(mediarecorder.diagnose()) == "write: await diagnose()"
    assert reminder_of(mediarecorder.connect("a name")) == "write: await connect('a name')"
    wanted = "write: await media_devices.get_user_media(audio=True)"
    assert reminder_of(media_devices.get_user_media(audio=True)) == wanted
    assert reminder_of(recording.bytes()) == "write: await recording.bytes()"
    assert reminder_of(recording.convert("mp3")) == "write: await recording.convert('mp3')"
    assert reminder_of(recording.trim(1, end=2)) == "write: await recording.trim(1, end=2)"
    assert reminder_of(Recording.concat([])) == "write: await Recording.concat([])"
    assert reminder_of(RecordingStore.open("x")) == "write: await RecordingStore.open('x')"
    samples = AudioSamples(memoryview(bytes(4)).cast("f"), 8000)
    stored = tuple.__new__(StoredRecording)
    assert reminder_of(stored.open()) == "write: await stored.open()"
    assert reminder_of(samples.to_recording("wav")) == "write: await samples.to_recording('wav')"


def test_long_arguments_are_shortened():
    assert len(reminder_of(mediarecorder.connect("long" * 1000))) < 80


def test_notebooks_show_the_reminder_escaped(recording):
    call = recording.convert("<script>'&")
    html = call._repr_html_()
    assert "<script" not in html
    assert "write: await recording.convert(&quot;&lt;script&gt;&#x27;&amp;&quot;)" in html
    assert call._repr_mimebundle_()["text/html"] == call._mime_()[1] == html
    call.close()


async def test_call_works_wherever_a_coroutine_is_expected(recording):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(recording.bytes())
    assert task.result() == b"no media"
    assert await asyncio.create_task(recording.bytes()) == b"no media"
    assert await asyncio.gather(recording.bytes(), recording.bytes()) == [b"no media"] * 2
    assert await asyncio.wait_for(recording.bytes(), 30) == b"no media"
    assert await asyncio.ensure_future(recording.bytes()) == b"no media"
    with pytest.raises(ValueError, match="never end"):
        await record()
    call = recording.bytes()
    assert asyncio.iscoroutine(call)
    assert inspect.isawaitable(call)
    await call
    with pytest.raises(RuntimeError):
        await call
    assert "write:" not in repr(call)


async def test_cancelling_reaches_the_call(microphone):
    begun = asyncio.Event()
    call = record(
        stop_when=asyncio.Event(), stream=microphone, timeslice=0.1, on_progress=lambda *_: begun.set()
    )
    task = asyncio.create_task(call)
    await begun.wait()
    assert "record" in repr(task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_every_public_coroutine_function_has_a_reminder_and_keeps_its_docstring():
    things = [getattr(mediarecorder, name) for name in mediarecorder.__all__]
    functions = {
        f"{owner.__name__}.{name}": function
        for owner in (mediarecorder, *(thing for thing in things if isinstance(thing, type)))
        for name in dir(owner)
        if not name.startswith("_") and inspect.iscoroutinefunction(function := getattr(owner, name))
    }
    assert len(functions) > 40
    for name, function in functions.items():
        assert function.__doc__ == function.__wrapped__.__doc__, name
        assert "args" not in inspect.signature(function).parameters, name


def test_only_an_undisplayed_call_warns(recording):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call = recording.bytes()
        repr(call)
        del call
        gc.collect()
        assert not caught
        recording.bytes()
        gc.collect()
        assert "never awaited" in str(caught[0].message)
