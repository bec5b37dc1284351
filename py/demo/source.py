"""The selected source, and its open streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from js import Option

import mediarecorder
from demo import page, settings, words
from mediarecorder import MediaStream, media_devices
from mediarecorder.recorder import type_that_keeps_up

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {"camera": "videoinput", "microphone": "audioinput"}
"""The device choosers, and the browser's names for their kinds."""

stream: MediaStream | None = None
"""The stream that is shown and recorded."""
_opened: list[MediaStream] = []
"""All streams from which it is made."""


def _nobody() -> None:
    pass


on_ended: Callable[[], None] = _nobody
"""Called when a device is lost, or a screen is no longer shared."""


def chosen() -> str:
    """The selected source: microphone, camera, screen, or both screen and microphone."""
    return str(page.one("input[name=source]:checked").value)


async def open_stream(screen: MediaStream | None = None) -> MediaStream:
    """The stream of the open preview, or else a new one; a `screen` may be open already."""
    global stream
    if stream is None:
        match chosen():
            case "microphone":
                stream = await _open(audio=wanted("microphone") or True)
            case "camera":
                stream = await _open(video=wanted("camera"), audio=wanted("microphone"))
            case "screen":
                stream = await _open_screen(screen)
            case _:
                shared = await _open_screen(screen)
                voice = await _open(audio=wanted("microphone") or True)
                stream = await mediarecorder.mix(shared, voice)
        page.show_live(stream)
        # The browser reveals device names only to a page with permission.
        await list_devices()
    return stream


async def _open(**constraints: Any) -> MediaStream:
    return _watched(await media_devices.get_user_media(**constraints))


def _watched(opened: MediaStream) -> MediaStream:
    _opened.append(opened)
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


def gone() -> list[str]:
    """The lost devices of the take: "camera", "microphone" or both."""
    names = {"video": "camera", "audio": "microphone"}
    shared = _opened[:1] if chosen() in ("screen", "both") else []
    live = {track.kind for one in _opened if one not in shared for track in one.tracks if is_live(track)}
    ever = {track.kind for one in _opened if one not in shared for track in one.tracks}
    return [names[kind] for kind in ("video", "audio") if kind in ever - live]


def is_live(track: mediarecorder.MediaStreamTrack) -> bool:
    return track.ready_state == "live"


async def replace(device: str, device_id: str) -> MediaStream:
    """The stream with another device in place of the lost one."""
    global stream
    wanted_device = {"device_id": {"exact": device_id}} if device_id else True
    requests: dict[str, Any] = {
        ("video" if name == "camera" else "audio"): wanted_device if name == device else True
        for name in gone()
    }
    if requests.get("video") and stream and stream.video_tracks:
        requests["video"] = _same_picture(stream, requests["video"])
    fresh = await _open(**requests)
    if chosen() == "both":
        stream = await mediarecorder.mix(_opened[0], fresh)
    else:
        rest = stream.tracks if stream else []
        stream = MediaStream([*(track for track in rest if is_live(track)), *fresh.tracks])
    page.show_live(stream)
    return stream


def _same_picture(old: MediaStream, request: Any) -> dict[str, Any]:
    """Pictures of another size could not be joined to the existing ones."""
    size = old.video_tracks[0].settings
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
    global stream
    for one in (*_opened, *([stream] if stream else [])):
        one.stop()
    _opened.clear()
    if stream:
        stream = None
        page.show_live(None)


def wanted(kind: str) -> Any:
    """The constraint that the chooser for a `kind` of device selects."""
    device_id = page.find(kind).value
    if device_id == "none":
        return False
    constraint = {"device_id": {"exact": device_id}} if device_id else {}
    if kind == "camera":
        constraint |= settings.picture()
    return constraint or True


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
        options = [Option.new(f"Default {kind}", ""), *named]
        if kind == "microphone":
            options.append(Option.new("No sound", "none"))
        fill(page.find(kind), options)
        if kind in gone():
            fill(page.find("replacement"), [option.cloneNode(True) for option in named])
    show_choosers()


def fill(chooser: Any, options: list[Any]) -> None:
    """Put options into a chooser, and restore the selection, or that of an earlier visit."""
    wanted_before = getattr(chooser.dataset, "remember", "")
    choice = chooser.value or wanted_before
    chooser.replaceChildren(*options)
    if any(option.value == choice for option in options):
        chooser.value = choice
    elif options:
        chooser.selectedIndex = 0


def show_choosers() -> None:
    """Disable "No sound" for the microphone, where it makes no sense."""
    no_sound = page.one("#microphone option[value=none]")
    if no_sound:
        needed = chosen() in ("microphone", "both")
        no_sound.hidden = no_sound.disabled = needed
        if needed and no_sound.selected:
            page.find("microphone").value = ""
