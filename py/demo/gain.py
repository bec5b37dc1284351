"""The microphone, louder or quieter, by the browser's Web Audio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import js

from mediarecorder import MediaStream

if TYPE_CHECKING:
    from mediarecorder import MediaStreamTrack

RUNNING = 3.0
"""Seconds to wait until the browser's audio runs; without a loudspeaker Firefox's never does."""


class Amplifier:
    """A track with the sound of another one, amplified by some decibels."""

    def __init__(self, sound: MediaStreamTrack, decibels: float) -> None:
        self._context: Any = js.AudioContext.new()
        self._gain = self._context.createGain()
        self.set(decibels)
        destination = self._context.createMediaStreamDestination()
        self._source = self._context.createMediaStreamSource(MediaStream([sound]).js)
        self._source.connect(self._gain)
        self._gain.connect(destination)
        [self.track] = MediaStream(destination.stream).tracks
        # The end of the microphone must end the take, too.
        self._unsubscribe = sound.on("ended", lambda event: self.track.stop())

    async def begin(self) -> bool:
        """Whether the browser's audio runs."""
        try:
            await asyncio.wait_for(asyncio.ensure_future(self._context.resume()), RUNNING)
        except TimeoutError:
            return False
        return True

    def set(self, decibels: float) -> None:
        self._gain.gain.value = 10 ** (decibels / 20)

    def close(self) -> None:
        self._unsubscribe()
        self.track.stop()
        self._context.close()
