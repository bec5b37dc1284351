"""Combine several streams into one."""

from __future__ import annotations

from typing import Any

from ._host.bridge import page_services
from ._host.browser import js, settle
from .errors import NotFoundError
from .streams import MediaStream


async def mix(*streams: MediaStream | Any) -> MediaStream:
    """One stream with one picture and the sound of several streams, such as the screen with the microphone.

    >>> screen = await media_devices.get_display_media(audio=True)
    >>> microphone = await media_devices.get_user_media(audio=True)
    >>> stream = await mix(screen, microphone)

    The picture is the first one that the streams have. The mix takes over the streams: stopping it stops
    them, too. It ends when its picture ends (the user pressed "Stop sharing") or, if it has no picture, when
    all audio tracks end.

    Raises
    ------
    NotFoundError
        None of the streams has a live track.
    NotReadableError
        There are several audio tracks, but the browser's audio does not run: the user has not clicked the
        page yet, or the system has no audio output.
    """
    if not streams:
        raise TypeError("mix needs at least one stream")
    sources = [stream if isinstance(stream, MediaStream) else MediaStream(stream) for stream in streams]
    pictures = [track for source in sources for track in source.video_tracks if track.ready_state == "live"]
    sounds = [track for source in sources for track in source.audio_tracks if track.ready_state == "live"]
    if not pictures and not sounds:
        raise NotFoundError("mix: the streams have no live track")
    console = None
    if len(sounds) > 1:
        console = (await page_services()).mix(js.Array.of(*(sound.js for sound in sounds)))
        try:
            js_sum = await settle(console, "begin", doing="mix")
        except BaseException:
            console.close()
            raise
        sounds_together = MediaStream(js_sum).tracks
    else:
        sounds_together = sounds
    mixed = MediaStream([*pictures[:1], *sounds_together])
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
        if console:
            console.close()

    mixed._at_stop = release
    return mixed
