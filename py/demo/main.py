"""What the buttons of the page do. Its elements, words, devices and cards are in the modules beside it.

The library imports a name when it is asked for. What only a take needs is written ``mediarecorder.…`` here,
so that the page is ready sooner.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pyscript import when, window

sys.path.append("demo.zip")  # all modules of the page: see pyscript.toml

import mediarecorder
from demo import interrupted, kept, page, source, takes, words
from mediarecorder import InvalidStateError, MediaError, RecordingError, media_devices

recorder: mediarecorder.MediaRecorder


@when("click", "#record")
async def record() -> None:
    """One take, from the press of Record to its card in the list."""
    global recorder
    if page.state not in ("idle", "preview"):
        return  # pressed twice
    page.enter("asking")
    with problems_in_words():
        stream = await source.open_stream()
        mime_type = source.container(stream)
        store = await kept.store()
        recorder = mediarecorder.MediaRecorder(stream, mime_type=mime_type, store=store)
        recorder.start(timeslice=0.5)  # so that the size can be seen growing, and a crash takes no more
        page.enter("recording")
        page.follow(recorder)
        recording = await recorder.finished
        if page.state != "finishing":
            page.complain(*words.lost(source.chosen()))
        rest()
        page.tell(f"{takes.add_new(recording)} is ready.")


@when("click", "#pause")
def pause() -> None:
    if recorder.state == "recording":  # the take may just have ended by itself
        recorder.pause()
        page.enter("paused")


@when("click", "#resume")
def resume() -> None:
    if recorder.state == "paused":
        recorder.resume()
        page.enter("recording")


@when("click", "#stop")
def stop() -> None:
    if recorder.state != "inactive":
        page.enter("finishing")
        recorder.stop()


@when("click", "#open-preview")
async def open_preview() -> None:
    if page.state != "idle":
        return
    page.enter("asking")
    with problems_in_words():
        stream = await source.open_stream()
        page.enter("preview")
        for track in stream.tracks:
            track.on("ended", lambda event: close_lost_preview())


def close_lost_preview() -> None:
    if page.state == "preview":
        rest()
        page.complain(*words.lost_preview(source.chosen()))


@when("click", "#close-preview")
def close_preview() -> None:
    rest()


@when("change", "#sources, #devices")
def choose() -> None:
    """A preview shows what was chosen before: it is closed."""
    source.show_choosers()
    rest()


@contextmanager
def problems_in_words() -> Iterator[None]:
    """Whatever goes wrong is said so that a person can act on it, and nothing stays switched on."""
    try:
        yield
    except Exception as error:
        rest()
        page.complain(*words.problem(error, source.chosen()))
        if isinstance(error, RecordingError) and error.recording:
            takes.add_new(error.recording)
        elif isinstance(error, RecordingError | InvalidStateError):
            page.run(open_store_again())
        if not isinstance(error, MediaError):
            raise  # a mistake in the page: the browser's console shows where


async def open_store_again() -> None:
    """After a failure of the store's: what it has of the take is offered."""
    await kept.close()
    await interrupted.look()


@when("pagehide", [window])
def rest() -> None:
    """Camera, microphone and screen off; ready for the next take."""
    source.close()
    page.enter("idle")


@when("beforeunload", [window])
def warn(event) -> None:  # type: ignore[no-untyped-def]
    if page.state in ("recording", "paused"):
        event.preventDefault()


async def begin() -> None:
    rest()
    source.show_choosers()
    with problems_in_words():
        await source.list_devices()
        media_devices.on("devicechange", source.list_devices)
        mediarecorder.MediaRecorder.supported_types()
    page.run(interrupted.look())  # last: whoever wants to record need not wait for the disk


await begin()  # noqa: F704 - PyScript runs this file in a running event loop
