"""The calls most people need: `record` and `take_photo`. They are built on the public classes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ._checks import check_progress, checked_number
from ._constraints import requested
from ._host.bridge import ensure_connected
from ._host.browser import now, translated
from ._host.features import is_chromium, is_type_supported, is_webkit, storable, without_wav
from ._recorder.recorded_time import comes_from_the_start
from ._recorder.sinks import checked_store, checked_upload
from .conditions import BLOCK, Condition
from .devices import MEDIA, MediaDeviceInfo, media_devices
from .errors import EncodingError, MediaError, NotFoundError
from .event_target import call_handler
from .failures import RecordingError
from .mixing import mix
from .outcome import spawn
from .photo import checked_mime_type
from .recorder import MediaRecorder
from .streams import MediaStream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from .outcome import Outcome
    from .photo import Photo
    from .recording import Recording
    from .store import RecordingStore

PROGRESS = 0.25
"""Seconds between calls of `on_progress`, and between checks of the size."""
FIRST_DATA = 10.0
"""Seconds to wait for the first picture or sound of a stream."""
EMPTY = 1024
"""Recordings below this size, in bytes, are checked for content: the header of an empty file is smaller."""


async def record(
    duration: float | None = None,
    *,
    audio: bool | Mapping[str, Any] = True,
    video: bool | Mapping[str, Any] = False,
    screen: bool | Mapping[str, Any] = False,
    device: MediaDeviceInfo | str | None = None,
    stop_when: asyncio.Event | Condition | Awaitable[Any] | None = None,
    stream: MediaStream | Any | None = None,
    mime_type: str | Sequence[str] | None = None,
    timeslice: float | None = None,
    max_size: int | None = None,
    store: RecordingStore | None = None,
    upload: str | Mapping[str, Any] | None = None,
    on_progress: Callable[[float, int], Any] | None = None,
) -> Recording:
    """Open the devices, record, and release the devices.

    The first of `duration`, `stop_when` and `max_size` ends the recording; so does the end of all tracks.
    However the call ends (normally, by an error or by cancellation), it releases the devices that it opened.

    Parameters
    ----------
    duration
        Seconds to record, counted from the first picture or sound.
    audio, video
        True, or a dictionary of constraints. The microphone is recorded unless `audio` is False.
    screen
        True, or options of `get_display_media`: record the screen, with the microphone mixed in if
        `audio` is set. The user chooses the screen, so call this from a click or key handler.
    device
        The camera or microphone to use: a `MediaDeviceInfo`, an id, or part of a label.
    stop_when
        An `asyncio.Event`, a condition (`silence`, `sound`) or any awaitable.
    stream
        Record this stream. No device is opened, and the stream is not stopped.
    mime_type
        As for `MediaRecorder`, except that Chromium records pictures as VP9 by default. ``"audio/wav"``
        makes a WAV.
    timeslice
        Seconds between chunks. With `max_size` or `on_progress` it defaults to 0.25, because browsers
        report the size only with each chunk.
    max_size
        Bytes after which to stop. The recording includes the chunk that reaches this size.
    store
        A `RecordingStore`: record to disk, where the data survives a crash; as for `MediaRecorder`.
    upload
        With a store: upload the take while it is recorded; as for `MediaRecorder`.
    on_progress
        Called as ``on_progress(seconds, size)`` a few times a second and once at the end.

    Raises
    ------
    NotSupportedError
        `stream` has several live audio or video tracks; `mix` combines several sounds into one.
    ValueError
        Nothing would ever end the recording: pass `duration`, `stop_when` or `max_size`.
    RecordingError
        The take failed; the exception holds what was recorded. Or the stream delivered no picture and no
        sound before the end, within 10 s if `duration`, `max_size` or a condition ends the recording. An
        exception from `stop_when` propagates; its ``.recording`` holds what was recorded. If nothing was
        recorded, ``.recording`` is None, and the empty take is deleted from its store.

    Examples
    --------
    >>> recording = await record(5)
    >>> recording = await record(0.5, video=True, mime_type=["video/mp4", "video/webm"])
    >>> wav = await record(0.5, mime_type="audio/wav")
    """
    opened: MediaStream | None = None
    unused: object = stop_when
    try:
        # Check all arguments before a device is opened or the browser asks the user.
        duration = checked_number("duration", duration, 0.001)
        timeslice = checked_number("timeslice", timeslice, 0.001)
        _check(duration, stop_when, max_size, on_progress)
        if checked_store(store) is not None and mime_type is not None:
            mime_type = storable(mime_type)
        upload = checked_upload(upload, store)
        await ensure_connected()
        has_picture = wanted("video", video) or wanted("screen", screen) if stream is None else False
        MediaRecorder.choose_type(without_wav(mime_type) if mime_type and has_picture else mime_type)
        if stream is None:
            stream = opened = await _open(audio, video, screen, device)
        elif device is not None:
            raise ValueError("device= selects a device to open, but stream= opens none: pass one of the two")
        if timeslice is None and (max_size is not None or on_progress is not None):
            timeslice = PROGRESS
        stream = stream if isinstance(stream, MediaStream) else MediaStream(stream)
        mime_type = type_that_keeps_up(stream) if mime_type is None else mime_type
        recorder = MediaRecorder(stream, mime_type=mime_type, store=store, upload=upload)
        started = recorder.start(timeslice)
        unused = None
        return await _until(recorder, started, duration, stop_when, max_size, on_progress)
    finally:
        if asyncio.iscoroutine(unused):
            unused.close()  # or it would be reported as never awaited
        if opened is not None:
            opened.stop()


def _check(duration: object, stop_when: object, max_size: Any, on_progress: object) -> None:
    if duration is None and stop_when is None and max_size is None:
        raise ValueError("record would never end: pass duration, stop_when or max_size")
    if (
        stop_when is not None
        and not isinstance(stop_when, (asyncio.Event, Condition))
        and not hasattr(stop_when, "__await__")
    ):
        raise TypeError(f"stop_when must be an asyncio.Event, a condition or an awaitable, not {stop_when!r}")
    if max_size is not None:
        if isinstance(max_size, bool) or not isinstance(max_size, (int, float)):
            raise TypeError(f"max_size must be a number of bytes, not {max_size!r}")
        if not 1 <= max_size < float("inf"):
            raise ValueError(f"max_size must be at least 1 byte, not {max_size!r}")
    check_progress(on_progress)


async def _open(audio: Any, video: Any, screen: Any, device: MediaDeviceInfo | str | None) -> MediaStream:
    """The stream that the arguments of `record` ask for."""
    if wanted("screen", screen):
        if wanted("video", video):
            raise ValueError("record has one video source: pass screen or video, not both")
        return await _open_screen(audio, screen, device)
    if device is not None:
        kinds = ["videoinput", "audioinput"] if wanted("video", video) else ["audioinput", "videoinput"]
        info = await find_device(device, kinds)
        if info.kind == "videoinput":
            video = that_device(info, video)
        else:
            audio = that_device(info, audio)
    return await media_devices.get_user_media(audio=audio, video=video)


async def find_device(device: MediaDeviceInfo | str, kinds: Sequence[str]) -> MediaDeviceInfo:
    """The input device that an info, an id or part of a label refers to.

    Its kind must be one of `kinds`; earlier ones take precedence. If the browser does not show the names of a
    kind of device yet, one of that kind is opened for a moment, so that the browser asks the user.
    """
    if isinstance(device, MediaDeviceInfo):
        if device.kind not in kinds:
            raise ValueError(
                f"device must be {' or '.join(kinds)}, but {device.label or 'this one'} is {device.kind}"
            )
        return device
    if not isinstance(device, str):
        raise TypeError(f"device must be a MediaDeviceInfo, an id or part of a label, not {device!r}")
    if not device:
        raise ValueError("device is an empty string; omit it to use the default device")
    inputs = await media_devices.enumerate_devices()
    for kind in kinds:
        if found := _match(device, kind, inputs):
            return found
    for kind in kinds:
        if all(info.label for info in inputs if info.kind == kind):
            continue
        (await media_devices.get_user_media(**{MEDIA[kind]: True})).stop()
        inputs = await media_devices.enumerate_devices()
        if found := _match(device, kind, inputs):
            return found
    labels = [repr(info.label) for info in inputs if info.kind in kinds and info.label]
    raise NotFoundError(f"No device matches {device!r}. Available: {', '.join(labels) or 'none'}.")


def _match(device: str, kind: str, infos: list[MediaDeviceInfo]) -> MediaDeviceInfo | None:
    of_kind = [info for info in infos if info.kind == kind]
    by_id = (info for info in of_kind if info.device_id == device)
    by_label = (info for info in of_kind if device.casefold() in info.label.casefold())
    return next(by_id, None) or next(by_label, None)


def type_that_keeps_up(stream: MediaStream) -> str | None:
    """The default type for pictures: VP9 in Chromium, whose VP8 lags behind (docs/performance.md).

    (quirk: chromium-vp8-lags)
    """
    vp9 = "video/webm;codecs=vp9"
    keeps_up = stream.video_tracks and is_chromium() and is_type_supported(vp9)
    return vp9 if keeps_up else None


def that_device(info: MediaDeviceInfo, choice: Any) -> dict[str, Any]:
    """The constraints of `choice`, restricted to this device."""
    [demand] = info._request().values()
    return {**(choice if isinstance(choice, Mapping) else {}), **demand}


def wanted(what: str, choice: Any) -> bool:
    """Whether `audio`, `video` or `screen` is requested; an empty dictionary of constraints counts as yes."""
    return requested(what, choice) is not False


async def _open_screen(audio: Any, screen: Any, device: MediaDeviceInfo | str | None) -> MediaStream:
    # The screen comes first: its chooser requires transient user activation, which expires soon after the
    # click.
    options = dict(screen) if isinstance(screen, Mapping) else {}
    opened = [await media_devices.get_display_media(**{"audio": wanted("audio", audio), **options})]
    if not wanted("audio", audio):
        return opened[0]
    try:
        if device is not None:
            audio = that_device(await find_device(device, ["audioinput"]), audio)
        opened.append(await media_devices.get_user_media(audio=audio))
        return await mix(*opened)
    except BaseException:
        for stream in opened:
            stream.stop()
        raise


async def _until(
    recorder: MediaRecorder,
    started: Outcome[None],
    duration: float | None,
    stop_when: Any,
    max_size: float | None,
    on_progress: Callable[[float, int], Any] | None,
) -> Recording:
    """Watch a recorder that has just been started until one of the end conditions is met."""
    begun = now()
    starting, finished = (
        asyncio.ensure_future(_end_of(started)),
        asyncio.ensure_future(_end_of(recorder.finished)),
    )
    stopping: asyncio.Future[Any] | None = None
    if stop_when is not None:
        if isinstance(stop_when, asyncio.Event):
            stop_when = stop_when.wait()
        elif isinstance(stop_when, Condition):
            stop_when = _met(stop_when, recorder, starting)
        stopping = asyncio.ensure_future(stop_when)
    ends = {end for end in (finished, stopping) if end}
    patient = duration is not None or stopping is None
    """Whether nothing else would end the recording if the stream delivered nothing."""
    # Firefox's recorded time includes the time before a canvas's first picture.
    # (quirk: firefox-counts-the-time-before-a-picture)
    alone = not any(comes_from_the_start(track.js) for track in recorder.stream.tracks)
    before = 0.0
    try:
        while not any(end.done() for end in ends):
            pause = PROGRESS
            if not starting.done() and patient and now() - begun >= FIRST_DATA:
                break
            if duration is not None:
                recorded = recorder.duration - before
                if recorded >= duration:
                    break
                pause = min(pause, duration - recorded)
            if max_size is not None and recorder.size >= max_size:
                break
            if on_progress and recorder.duration:
                call_handler(on_progress, recorder.duration, recorder.size)
            # `start` also wakes the loop: from then on the recorded time is known.
            waiting = ends if starting.done() else {*ends, starting}
            await asyncio.wait(waiting, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            if alone and starting in waiting and starting.done():
                before = recorder.duration
        if recorder.state != "inactive":
            recorder.stop(drain=True)
        recording, failure = await _result(recorder)
        if on_progress and recording:
            call_handler(on_progress, recording.duration, recording.size)
        if stopping is not None and stopping.done():
            _raise_failure_of(stopping, recording)
        if failure:
            raise failure
        assert recording is not None
        return recording
    finally:
        if recorder.state != "inactive":  # cancelled: end the take without waiting for it
            recorder.stop()
            if recorder._store:
                spawn(_end_of(_result(recorder)))  # it deletes an empty take
        starting.cancel()
        finished.cancel()
        if stopping is not None and stopping is not stop_when:
            stopping.cancel()


async def _met(condition: Condition, recorder: MediaRecorder, starting: asyncio.Future[None]) -> None:
    """Wait for a condition, and until something is recorded: the recorder may begin later than the sound.

    If the stream ends first, this waits forever, because then the take ends by itself.
    """
    if await condition._heard(recorder.stream) is None:
        await asyncio.get_running_loop().create_future()
    await asyncio.wait({starting}, timeout=FIRST_DATA)
    if starting.done() and recorder.duration < BLOCK:
        await asyncio.sleep(BLOCK)


async def require_content(recording: Recording, store: RecordingStore | None) -> None:
    """Raise `RecordingError` if the recording has no picture and no sound, whatever its size. The empty
    take is then deleted from its store, so the error has no recording."""
    if recording.size >= EMPTY:
        return
    reason: MediaError | None = None
    if recording.size:
        try:
            await recording.measure()
            return
        except EncodingError as error:
            reason = error
        except MediaError:  # the page's policy blocks the engine that could check
            return
    if store is not None and recording.id is not None:
        with suppress(MediaError):  # another tab has deleted it, or the store is closed
            await store.delete(recording.id)
    raise RecordingError(
        "Nothing was recorded: the stream delivered no picture and no sound. Check that its tracks are live "
        "and not muted, that something is drawn on its canvas, that its AudioContext runs, and that no other "
        "tab has the camera open." + _known(recording)
    ) from reason


def _known(recording: Recording) -> str:
    """Further reasons, in some browsers, for an empty recording.

    (quirks: webkit-records-no-picture, webkit-records-nothing-at-first, webkit-drops-the-last-second)
    """
    if not is_webkit():
        return ""
    if recording.is_video:
        return (
            f" WebKitGTK says that it supports {recording.mime_type}, but records neither the picture nor "
            "the sound with it. Record the sound alone there."
        )
    return (
        " WebKit also records nothing if it is stopped within about 0.2 s, and in some takes loses the "
        "sound of the last second."
    )


async def _end_of(outcome: Awaitable[Any]) -> None:
    """Wait for an outcome and ignore its failure, which is handled elsewhere."""
    with suppress(Exception):
        await outcome


async def _result(recorder: MediaRecorder) -> tuple[Recording | None, RecordingError | None]:
    """The recording if it has content, and the error if the take failed or recorded nothing."""
    recording, failure = None, None
    try:
        recording = await recorder.finished
    except RecordingError as error:
        recording, failure = error.recording, error
    try:
        if recording:
            await require_content(recording, recorder._store)
    except RecordingError as nothing:
        failure = failure or nothing
        recording = failure.recording = None
    return recording, failure


def _raise_failure_of(stopping: asyncio.Future[Any], recording: Recording | None) -> None:
    try:
        with translated("stop_when"):
            stopping.result()
    except BaseException as error:
        error.recording = recording  # type: ignore[attr-defined]
        raise


async def take_photo(
    *,
    video: bool | Mapping[str, Any] = True,
    device: MediaDeviceInfo | str | None = None,
    mime_type: str = "image/jpeg",
) -> Photo:
    """Take a picture with the camera, and release the camera.

    Parameters
    ----------
    video
        True, or a dictionary of constraints, such as ``{"facing_mode": "environment"}``.
    device
        The camera to use: a `MediaDeviceInfo`, an id, or part of a label.
    mime_type
        ``"image/jpeg"``, ``"image/png"`` or another type that the browser can write.

    Examples
    --------
    >>> photo = await take_photo()
    >>> photo.width
    640
    """
    if not wanted("video", video):
        raise TypeError("take_photo needs a picture: video must be True or a dictionary of constraints")
    checked_mime_type(mime_type)
    if device is not None:
        video = that_device(await find_device(device, ["videoinput"]), video)
    with await media_devices.get_user_media(video=video) as stream:
        return await stream.take_photo(mime_type=mime_type)
