"""Several streams in one."""

from __future__ import annotations

from typing import Any

from .browser import js, translated
from .errors import NotFoundError
from .streams import MediaStream


async def mix(*streams: MediaStream | Any) -> MediaStream:
    """One stream with one picture and all sounds of several: the screen with the microphone.

    >>> screen = await media_devices.get_display_media(audio=True)
    >>> microphone = await media_devices.get_user_media(audio=True)
    >>> stream = await mix(screen, microphone)

    The picture is the first there is. The mix takes the streams over: stopping it stops them too, and
    it ends when its picture ends (the user pressed "Stop sharing") or, without one, when all sounds have.

    Raises
    ------
    NotFoundError
        None of the streams has a live track.
    """
    if not streams:
        raise TypeError("mix needs at least one stream")
    sources = [stream if isinstance(stream, MediaStream) else MediaStream(stream) for stream in streams]
    pictures = [track for source in sources for track in source.video_tracks if track.ready_state == "live"]
    sounds = [track for source in sources for track in source.audio_tracks if track.ready_state == "live"]
    if not pictures and not sounds:
        raise NotFoundError("mix: the streams have no live track")
    context = None
    parts = pictures[:1]
    if sounds:
        with translated("mix"):
            context = js.AudioContext.new()
            destination = context.createMediaStreamDestination()
            for sound in sounds:
                context.createMediaStreamSource(MediaStream([sound]).js).connect(destination)
        parts = [*parts, *MediaStream(destination.stream).tracks]
    mixed = MediaStream(parts)
    decisive = pictures[:1] or sounds

    def end(_: object) -> None:
        if all(track.ready_state == "ended" for track in decisive):
            mixed.stop()

    subscriptions = [track.on("ended", end) for track in decisive]

    def release() -> None:
        for unsubscribe in subscriptions:
            unsubscribe()
        for source in sources:
            source.stop()
        if context:
            context.close()

    mixed._at_stop = release
    return mixed
