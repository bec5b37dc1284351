"""The actions of the page's buttons. Its elements, texts, devices and cards are in the other modules.

The library imports a name when it is first used. Names that only a take needs are written ``mediarecorder.…``
here, and the shelf imports the names that only it needs, so that the page is ready sooner.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import js
from pyodide.ffi import to_js
from pyscript import when, window

sys.path.append("demo.zip")  # all modules of the page: see pyscript.toml

import mediarecorder
from demo import keyboard as keyboard
from demo import page, settings, source, words
from mediarecorder import InvalidStateError, MediaError, NotAllowedError, RecordingError, media_devices

UNDER_WAY = ("recording", "paused", "lost", "finishing")

session = None
countdown: asyncio.Task[None] | None = None


@when("click", "#record")
async def record() -> None:
    await take()


async def take(press=None) -> None:  # type: ignore[no-untyped-def]
    """One take, from the press of Record to its card on the shelf.

    Parameters
    ----------
    press
        The early press of Record that the page kept until Python had loaded (static/demo/press.js).
    """
    global session
    if page.state not in ("idle", "preview") or not settings.checked():
        return  # pressed twice
    page.enter("asking")
    with problems_in_words():
        stream = await source.open_stream(await screen_of(press))
        if settings.countdown():
            source.on_ended = close_lost_preview
            if not await count_down(settings.countdown()):
                rest()
                return
        from demo import takes
        from demo.session import Session

        session = Session(on_lost=wait_for_a_device)
        source.on_ended = device_lost
        recordings = await session.run(stream)
        say_how_it_ended()
        rest()
        takes.latest.clear()
        for recording in recordings:
            card = await takes.add_new(recording)
            takes.latest.append(card)
            takes.uploads.begin_new(card)
            ready = words.say("{name} is ready.", name=card.shown_name)
            page.tell(f"{words.say(session.limit_reached)} {ready}".strip())
        takes.show_length_of_latest()
        for card in takes.latest[-1:]:
            card.element.scrollIntoView(to_js({"block": "nearest"}))


async def screen_of(press):  # type: ignore[no-untyped-def]
    """The screen that was opened for an early press, as the user selected it while Python was loading."""
    if not press or not press.screen:  # JavaScript's null is not Python's None
        return None
    shared = await press.screen
    if not shared:
        raise NotAllowedError("The screen was not shared.")
    return mediarecorder.MediaStream(shared)


def say_how_it_ended() -> None:
    if session.failure:
        page.complain(*words.problem(session.failure, source.asked))
    elif session.ended_by_itself:
        page.complain(*words.lost(source.chosen()))


async def count_down(seconds: int) -> bool:
    """Count down to the take; False if it was cancelled."""
    global countdown
    page.enter("countdown")
    countdown = asyncio.ensure_future(_count(seconds))
    await asyncio.wait([countdown])
    return not countdown.cancelled()


async def _count(seconds: int) -> None:
    for left in range(seconds, 0, -1):
        page.find("countdown").textContent = str(left)
        await asyncio.sleep(1)


@when("click", "#cancel")
def cancel() -> None:
    if countdown:
        countdown.cancel()


@when("click", "#pause")
def pause() -> None:
    if session.state == "recording":  # the take may just have ended by itself
        session.pause()
        page.enter("paused")


@when("click", "#resume")
def resume() -> None:
    if session.state == "paused":
        session.resume()
        page.enter("recording")


@when("click", "#mark")
def mark() -> None:
    if (seconds := session.mark()) is not None:
        page.show_mark()
        page.tell(words.say("Marked at {time}.", time=words.clock(seconds)))


@when("click", "#stop, #end-here")
def stop() -> None:
    # Not `session.state`: after a lost device the recorder has stopped before the take waits for another one.
    if page.state in ("recording", "paused", "lost"):
        page.enter("finishing")
        session.stop()


# Lost devices


def device_lost() -> None:
    """Offer a replacement. The take goes on without the device, if others remain."""
    if page.state not in ("recording", "paused", "lost") or not source.gone():
        return
    page.run(offer_replacements())


def wait_for_a_device() -> None:
    page.enter("lost")
    page.run(offer_replacements())


async def offer_replacements() -> None:
    if page.state not in ("recording", "paused", "lost"):
        return
    device = source.gone()[0]
    page.find("lost-title").textContent = words.GONE[device]
    page.find("lost-text").textContent = words.GO_ON
    page.find("go-on").hidden = page.state == "lost"
    page.find("lost").hidden = False
    page.find("lost").dataset.device = device
    await source.list_devices()
    nothing = not page.find("replacement").options.length
    page.find("continue").disabled = nothing
    if nothing:
        page.find("lost-text").textContent = words.NONE_THERE


@when("click", "#continue")
async def go_on_with_replacement() -> None:
    page.find("continue").disabled = True
    try:
        device, chosen = page.find("lost").dataset.device, page.find("replacement").value
        session.go_on_with(await source.replace(device, chosen))
        source.close_replaced()
        page.find("lost").hidden = True
        if page.state not in ("recording", "paused", "lost"):
            source.close()  # the take ended first
    except MediaError as error:
        page.find("lost-text").textContent = " ".join(words.problem(error, source.asked))
    finally:
        page.find("continue").disabled = False


@when("click", "#go-on")
def go_on_without() -> None:
    page.find("lost").hidden = True
    page.enter(page.state)


# Before a take


@when("click", "#open-preview")
async def open_preview() -> None:
    if page.state != "idle":
        return
    page.enter("asking")
    with problems_in_words():
        source.on_ended = close_lost_preview
        await source.open_stream()
        page.enter("preview")


def close_lost_preview() -> None:
    if page.state in ("preview", "countdown"):
        cancel()
        rest()
        page.complain(*words.lost_preview(source.chosen()))


@when("click", "#close-preview")
def close_preview() -> None:
    rest()


@when("change", "#sources, #extras, #devices, #resolution")
def choose() -> None:
    """Close a preview, because it shows the previous selection."""
    rest()


@when("change", "#echo-cancellation, #noise-suppression, #auto-gain-control")
def choose_processing() -> None:
    """Let an open input test go on with the choice."""
    testing = page.state == "preview" and source.chosen() != "screen"
    rest()
    if testing:
        page.run(open_preview())


@when("input", "#gain")
def show_gain() -> None:
    page.tell(words.decibels(settings.gain()), "gain-said")


@when("change", "#gain")
async def change_gain() -> None:
    show_gain()
    await source.change_gain()


@when("change", "#space-limit")
async def limit_space() -> None:
    from demo import kept, takes

    if settings.checked():
        await kept.close()
        await takes.show_space()


@when("change", "#language")
def change_language() -> None:
    from demo import interrupted, takes

    page.enter(page.state)
    for place in ("status", "shelf-status"):
        page.tell("", place)
    page.find("problem").hidden = True
    takes.fill_again()
    takes.uploads.fill_again()
    interrupted.fill_again()
    page.run(source.list_devices())
    page.run(takes.show_space())


@contextmanager
def problems_in_words() -> Iterator[None]:
    """Explain any error so that the user can act on it, and leave no device open."""
    try:
        yield
    except Exception as error:
        rest()
        page.complain(*words.problem(error, source.asked or source.chosen()))
        if isinstance(error, RecordingError | InvalidStateError):
            page.run(open_store_again())
        if not isinstance(error, MediaError):
            raise  # a bug in the page; the browser's console shows where


async def open_store_again() -> None:
    """After a failure of the store: offer the stored part of the take."""
    from demo import interrupted, kept

    await kept.close()
    await interrupted.look()


@when("pagehide", [window])
def rest() -> None:
    """Switch off camera, microphone and screen, and get ready for the next take."""
    source.close()
    page.find("lost").hidden = True
    page.enter("idle")


@when("beforeunload", [window])
def warn(event) -> None:  # type: ignore[no-untyped-def]
    if page.state in UNDER_WAY:
        event.preventDefault()


async def show_shelf() -> None:
    from demo import interrupted, takes

    await takes.delete_those_of_last_time()
    await interrupted.look()
    takes.uploads.show_where()
    takes.follow_link()
    await takes.show_space()
    takes.tell_of_changes()


async def begin() -> None:
    asyncio.get_running_loop().set_exception_handler(page.report)
    rest()
    press = js.handOver()
    if press:
        page.run(take(press))
        await asyncio.sleep(0)  # the waiting press goes first
    source.show_what_works()
    show_gain()
    with problems_in_words():
        await source.list_devices()
        media_devices.on("devicechange", source.list_devices)
        mediarecorder.MediaRecorder.supported_types()
    page.run(show_shelf())  # last, so that recording need not wait for the disk


await begin()  # noqa: F704 - PyScript runs this file in a running event loop
