"""What is chosen to be recorded, and the stream that is open from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from js import Option

import mediarecorder
from demo import page
from mediarecorder import media_devices

if TYPE_CHECKING:
    from mediarecorder import MediaStream

stream: MediaStream | None = None


def chosen() -> str:
    """What the page is set to record: microphone, camera or screen."""
    return str(page.one("input[name=source]:checked").value)


async def open_stream() -> MediaStream:
    """The stream of the open preview, or else a new one from the chosen devices."""
    global stream
    if stream is None:
        match chosen():
            case "microphone":
                stream = await media_devices.get_user_media(audio=wanted("microphone") or True)
            case "camera":
                stream = await media_devices.get_user_media(
                    video=wanted("camera"), audio=wanted("microphone")
                )
            case "screen":
                stream = await media_devices.get_display_media(video=True, audio=True)
        page.show_live(stream)
        # The names of the devices are only told to a page that has been let in.
        await list_devices()
    return stream


def container(stream: MediaStream) -> str | None:
    """What to record it as; None leaves it to the recorder.

    In a WebM of sound alone that came in slices Firefox cannot seek, nor find its length; in an Ogg it can.
    """
    ogg = "audio/ogg"
    supported = mediarecorder.MediaRecorder.is_type_supported
    return ogg if not stream.video_tracks and supported(ogg) else None


def close() -> None:
    """Let go of camera, microphone and screen, so that their lights go out."""
    global stream
    if stream:
        stream.stop()
        stream = None
        page.show_live(None)


def wanted(kind: str) -> Any:
    """The constraint that the chooser for a `kind` of device stands for."""
    device_id = page.find(kind).value
    if device_id == "none":
        return False
    return {"device_id": {"exact": device_id}} if device_id else True


async def list_devices(_event: object = None) -> None:
    """Fill the choosers with what is connected now, keeping the choice where it is still there."""
    devices = await media_devices.enumerate_devices()
    for kind, api_kind in {"camera": "videoinput", "microphone": "audioinput"}.items():
        options = [Option.new(f"Default {kind}", "")]
        # Chromium lists the system's default once more under an id of its own.
        real = [
            d for d in devices if d.kind == api_kind and d.device_id not in ("", "default", "communications")
        ]
        options += [
            Option.new(d.label or f"{kind} {n}".capitalize(), d.device_id) for n, d in enumerate(real, 1)
        ]
        if kind == "microphone":
            options.append(Option.new("No sound", "none"))
        chooser = page.find(kind)
        choice = chooser.value
        chooser.replaceChildren(*options)
        chooser.value = choice if any(option.value == choice for option in options) else ""
    show_choosers()


def show_choosers() -> None:
    """Show what belongs to the chosen source."""
    source = chosen()
    for element in page.every("[data-source]"):
        page.show(element, source in element.dataset.source.split())
    # Recording a microphone without sound is no choice.
    no_sound = page.one("#microphone option[value=none]")
    if no_sound:
        no_sound.hidden = no_sound.disabled = source == "microphone"
        if source == "microphone" and no_sound.selected:
            page.find("microphone").value = ""
