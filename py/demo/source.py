"""The selected sources, and their open streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import js
from js import Option

import mediarecorder
from demo import page, settings, words
from mediarecorder import MediaStream, media_devices
from mediarecorder.capture import type_that_keeps_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.gain import Amplifier
    from mediarecorder import MediaStreamTrack

KINDS = {"camera": "videoinput", "microphone": "audioinput"}
"""The device choosers, and the browser's names for their kinds."""
SMALL = {"width": {"ideal": 640}, "height": {"ideal": 480}}
"""The picture of a camera that is shown in a corner of the screen."""

stream: MediaStream | None = None
"""The stream that is shown and recorded."""
asked = ""
"""What the browser was last asked for: "microphone", "camera", "both" of them, or "screen"."""
_screen: MediaStream | None = None
_devices: list[MediaStream] = []
"""The opened devices; a replacement of a lost one is behind it."""
_amplifier: Amplifier | None = None
_bubble: Any = None
_replaced: list[Any] = []
"""What has another amplifier or bubble in its place. The recorder needs it until it has the other one: it
stops by itself when all its tracks have ended."""


def _nobody() -> None:
    pass


on_ended: Callable[[], None] = _nobody
"""Called when a device is lost, or a screen is no longer shared."""


def chosen() -> str:
    """The selected source: microphone, camera or screen."""
    return str(page.one("input[name=source]:checked").value)


def with_microphone() -> bool:
    return chosen() == "microphone" or bool(page.find("with-microphone").checked)


def with_camera() -> bool:
    """Whether a camera is recorded: alone, or in a corner of the screen."""
    corner = page.find("with-camera")
    return chosen() == "camera" or (chosen() == "screen" and corner.checked and not corner.disabled)


def devices_asked_for() -> str:
    """The key of the selected devices in the page's texts; "" if only a screen is selected."""
    if with_camera():
        return "both" if with_microphone() else "camera"
    return "microphone" if with_microphone() else ""


async def open_stream(screen: MediaStream | None = None) -> MediaStream:
    """The stream of the open preview, or else a new one; a `screen` may be open already."""
    global stream, asked, _screen
    if stream is None:
        if chosen() == "screen":
            asked = "screen"
            _screen = await _open_screen(screen)
        if devices := devices_asked_for():
            asked = devices
            video = _camera() if with_camera() else False
            await _open(video=video, audio=_microphone() if with_microphone() else False)
        stream = await _composed()
        page.show_live(stream)
        # The browser reveals device names only to a page with permission.
        await list_devices()
    return stream


async def _open(**constraints: Any) -> MediaStream:
    opened = _watched(await media_devices.get_user_media(**constraints))
    _devices.append(opened)
    return opened


def _watched(opened: MediaStream) -> MediaStream:
    for track in opened.tracks:
        track.on("ended", lambda event: on_ended())
    return opened


async def _open_screen(screen: MediaStream | None) -> MediaStream:
    shared = _watched(
        screen or await media_devices.get_display_media(video=settings.picture() or True, audio=True)
    )
    if screen and (wanted_picture := settings.picture()):  # it was opened before the settings could be read
        for track in shared.video_tracks:
            await track.apply_constraints(wanted_picture)
    return shared


async def _composed() -> MediaStream:
    """One stream with the picture and the sound of all that is open."""
    pictures = [track for one in _devices for track in one.video_tracks if is_live(track)][-1:]
    sounds = [track for one in _devices for track in one.audio_tracks if is_live(track)][-1:]
    sounds = [await _amplified(sound) for sound in sounds]
    if not _screen:
        # (An opened stream itself, where it can be: its tracks then are the recorder's.)
        tracks, last = [*pictures, *sounds], _devices[-1]
        is_last = len(tracks) == len(last.tracks) and all(track in last.tracks for track in tracks)
        return last if is_last else MediaStream(tracks)
    if not pictures and not sounds:
        return _screen
    [shared] = _screen.video_tracks
    picture = await _with_bubble(shared, pictures[0]) if pictures else shared
    heard = [*_screen.audio_tracks, *sounds]
    return await mediarecorder.mix(MediaStream([picture]), *(MediaStream([sound]) for sound in heard))


async def _amplified(sound: MediaStreamTrack) -> MediaStreamTrack:
    """The microphone's track; another one if a gain is set."""
    global _amplifier
    if _amplifier:
        _replaced.append(_amplifier)
        _amplifier = None
    if not settings.gain():
        return sound
    from demo.gain import Amplifier

    amplifier = Amplifier(sound, settings.gain())
    if not await amplifier.begin():
        amplifier.close()
        page.tell(words.NO_GAIN)
        return sound
    _amplifier = amplifier
    return amplifier.track


async def change_gain() -> None:
    """Use another gain from now on, in an open preview too."""
    global stream
    if _amplifier:
        _amplifier.set(settings.gain())
    elif stream and not _screen and settings.gain():
        stream = await _composed()
        page.show_live(stream)


async def _with_bubble(shared: MediaStreamTrack, camera: MediaStreamTrack) -> mediarecorder.MediaStreamTrack:
    """A track that shows the camera in a corner of the screen (static/demo/bubble.js)."""
    global _bubble
    from pyscript import js_import

    [module] = await js_import(js.URL.new("static/demo/bubble.js", js.document.baseURI).href)
    if _bubble:
        _replaced.append(_bubble)
    _bubble = module.bubble(shared.js, camera.js)
    return mediarecorder.MediaStreamTrack(_bubble.track)


def gone() -> list[str]:
    """The lost devices of the take: "camera", "microphone" or both. None is lost if the screen has ended."""
    if _screen and not any(map(is_live, _screen.video_tracks)):
        return []
    names = {"video": "camera", "audio": "microphone"}
    live = {track.kind for one in _devices for track in one.tracks if is_live(track)}
    ever = {track.kind for one in _devices for track in one.tracks}
    return [names[kind] for kind in ("video", "audio") if kind in ever - live]


def is_live(track: mediarecorder.MediaStreamTrack) -> bool:
    return track.ready_state == "live"


async def replace(device: str, device_id: str) -> MediaStream:
    """The stream with another device in place of the lost one."""
    global stream, asked
    asked = device
    wanted_device = {"device_id": {"exact": device_id}} if device_id else True
    requests: dict[str, Any] = {
        ("video" if name == "camera" else "audio"): wanted_device if name == device else True
        for name in gone()
    }
    if requests.get("video") and not _screen:
        requests["video"] = _same_picture(requests["video"])
    await _open(**requests)
    stream = await _composed()
    page.show_live(stream)
    return stream


def close_replaced() -> None:
    """The recorder has the stream that `replace` returned."""
    while _replaced:
        _replaced.pop().close()


def _same_picture(request: Any) -> dict[str, Any]:
    """Pictures of another size could not be joined to the existing ones."""
    size = next(track for one in _devices for track in one.video_tracks).settings
    same = {side: {"ideal": size[side]} for side in ("width", "height") if side in size}
    return {**(request if isinstance(request, dict) else {}), **same}


def container(stream: MediaStream) -> str | None:
    """The type to record; None leaves it to the recorder.

    Firefox can neither seek in a WebM with only sound that was recorded with a timeslice nor find its length.
    In an Ogg file it can do both.
    """
    ogg = "audio/ogg"
    if not stream.video_tracks and mediarecorder.MediaRecorder.is_type_supported(ogg):
        return ogg
    return type_that_keeps_up(stream)


def close() -> None:
    """Release camera, microphone and screen, so that their lights go out."""
    global stream, _screen, _amplifier, _bubble
    for one in (*_devices, *filter(None, (_screen, stream))):
        one.stop()
    for more in filter(None, (_amplifier, _bubble)):
        more.close()
    close_replaced()
    _devices.clear()
    _screen = _amplifier = _bubble = None
    if stream:
        stream = None
        page.show_live(None)


def _microphone() -> Any:
    return {**settings.sound(), **_device("microphone")} or True


def _camera() -> Any:
    picture = settings.picture() if chosen() == "camera" else SMALL
    return {**picture, **_device("camera")} or True


def _device(kind: str) -> dict[str, Any]:
    """The constraint that the chooser for a `kind` of device selects."""
    device_id = page.find(kind).value
    return {"device_id": {"exact": device_id}} if device_id else {}


async def list_devices(_event: object = None) -> None:
    """Fill the choosers with the connected devices, keeping the selection if it still exists."""
    devices = await media_devices.enumerate_devices()
    for kind, api_kind in KINDS.items():
        # Chromium lists the system's default a second time, under a special id.
        real = [
            d for d in devices if d.kind == api_kind and d.device_id not in ("", "default", "communications")
        ]
        named = [
            Option.new(d.label or words.say(words.UNNAMED[kind], number=n), d.device_id)
            for n, d in enumerate(real, 1)
        ]
        for option in named:
            option.translate = False
        fill(page.find(kind), [Option.new(f"Default {kind}", ""), *named])
        if kind in gone():
            fill(page.find("replacement"), [option.cloneNode(True) for option in named])


def fill(chooser: Any, options: list[Any]) -> None:
    """Put options into a chooser, and restore the selection, or that of an earlier visit."""
    wanted_before = getattr(chooser.dataset, "remember", "")
    choice = chooser.value or wanted_before
    chooser.replaceChildren(*options)
    if any(option.value == choice for option in options):
        chooser.value = choice
    elif options:
        chooser.selectedIndex = 0


def show_what_works() -> None:
    """Say which choices this browser does not have."""
    devices = getattr(js.navigator, "mediaDevices", None)
    shares = not devices or hasattr(devices, "getDisplayMedia")  # over plain http, an error explains it
    screen = page.one("[name=source][value=screen]")
    screen.disabled = not shares
    page.find("no-screen").hidden = shares
    if screen.disabled and screen.checked:
        page.one("[name=source][value=microphone]").checked = True
    draws = hasattr(js, "MediaStreamTrackProcessor") and hasattr(js, "MediaStreamTrackGenerator")
    page.find("with-camera").disabled = not draws
    page.find("no-bubble").hidden = draws
