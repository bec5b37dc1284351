"""Combine several streams into one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ._host.browser import js, page, realm, settle, translated
from .errors import NotFoundError, NotReadableError
from .streams import MediaStream

if TYPE_CHECKING:
    from .tracks import MediaStreamTrack

RUNNING = 3
"""Seconds the browser's audio gets to run."""


async def mix(*streams: MediaStream | Any) -> MediaStream:
    """One stream with one picture and all sounds of several streams, such as the screen with the microphone.

    >>> screen = await media_devices.get_display_media(audio=True)
    >>> microphone = await media_devices.get_user_media(audio=True)
    >>> stream = await mix(screen, microphone)

    The picture is the first one among the streams. The mix takes over the streams: stopping it stops them,
    too. It ends when its picture ends (the user pressed "Stop sharing") or, without one, when all sounds end.

    Raises
    ------
    NotFoundError
        None of the streams has a live track.
    NotReadableError
        There are several sounds, but the browser's audio does not run: the user has not clicked the page yet,
        or the system has no audio output.
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
        mixed_sound = _mixed_sound if realm() == "page" else _sound_mixed_by_the_page
        console, sounds_together = await mixed_sound(sounds)
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


async def _mixed_sound(sounds: list[MediaStreamTrack]) -> tuple[Any, list[MediaStreamTrack]]:
    """An AudioContext that adds sounds up, and the one track of the sum."""
    with translated("mix"):
        context = js.AudioContext.new()
        destination = context.createMediaStreamDestination()
        for sound in sounds:
            context.createMediaStreamSource(MediaStream([sound]).js).connect(destination)
    try:
        # Until the page was clicked, or without a loudspeaker, a context may stand still: silence.
        # (quirk: firefox-plays-nothing-without-a-loudspeaker)
        await asyncio.wait_for(settle(context, "resume", doing="mix"), RUNNING)
    except BaseException as error:
        context.close()
        if not isinstance(error, TimeoutError):
            raise
        raise NotReadableError(
            "mix: the browser's audio does not run, so sounds cannot be mixed. Call it from a click, "
            "and check that the system has an audio output."
        ) from None
    return context, MediaStream(destination.stream).tracks


async def _sound_mixed_by_the_page(sounds: list[MediaStreamTrack]) -> tuple[Any, list[MediaStreamTrack]]:
    """The same for a worker: what keeps the sum going, and its track."""
    tracks = js.Array.of(*(sound.js for sound in sounds))
    mix = await settle(page().services, "mix", tracks, doing="mix")
    return mix, MediaStream(mix.stream).tracks
