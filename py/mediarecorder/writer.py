"""Files written picture by picture, and block by block."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ._media.writer import FileWriter
from ._reminder import Reminding
from .recording import recording_of, so_far

if TYPE_CHECKING:
    from typing import Self

    from .recording import Recording


class MediaWriter(Reminding):
    """Writes arrays into a file, one at a time: the counterpart of `Recording.from_frames` for code that has
    no iterable.

    Pictures and sound are independent: frame ``n`` appears at ``n / frame_rate`` seconds, and the blocks of
    sound follow one another from 0 on. Write them about in step, because encoded data waits in memory until
    both tracks have come that far.

    Leaving ``async with`` closes the writer. If its body raises an exception, the writer keeps the file so
    far as its `recording`, and the exception goes on. Without ``async with``, call `close`.

    >>> gray = bytearray(320 * 240)
    >>> async with MediaWriter("mp4", frame_rate=10) as writer:
    ...     for number in range(10):
    ...         gray[number * 3200 : number * 3200 + 320] = bytes([255]) * 320
    ...         await writer.frame(memoryview(gray).cast("B", [240, 320]))
    >>> writer.recording.duration
    1.0

    Parameters
    ----------
    format
        ``"mp4"``, ``"webm"`` or ``"mkv"``; or, for sound alone, any format of `AudioSamples.to_recording`.
    frame_rate
        Pictures per second, from 0.001 to 1000; None for sound alone.
    sample_rate
        Frames of sound per second, in hertz; None for pictures alone.
    channels
        The number of channels of all blocks.
    audio, bits_per_second
        The codec of the sound, and the bit rate of the picture (of the sound if there is no picture); see
        `Recording.convert`.

    Raises
    ------
    TypeError, ValueError
        The format is unknown, a rate is 0 or otherwise impossible, or neither pictures nor sound are wanted.
    """

    def __init__(
        self,
        format: str = "mp4",
        *,
        frame_rate: float | None = 30,
        sample_rate: int | None = None,
        channels: int = 1,
        audio: str | None = None,
        bits_per_second: int | None = None,
    ) -> None:
        self._writer = FileWriter(
            format,
            frame_rate=frame_rate,
            sample_rate=sample_rate,
            channels=channels,
            audio=audio,
            bits_per_second=bits_per_second,
        )
        self._recording: Recording | None = None
        self._closing: asyncio.Future[Recording] | None = None

    @property
    def recording(self) -> Recording | None:
        """The file, once the writer is closed; None before, and if nothing could be written."""
        return self._recording

    async def frame(self, array: Any) -> None:
        """Add a picture, and wait until the encoder can take another one.

        Parameters
        ----------
        array
            A picture as for `Recording.from_frames`. The array may be changed afterwards.

        Raises
        ------
        InvalidStateError
            The writer is closed, or its file has no pictures.
        NotSupportedError, EncodingError, TypeError, ValueError
            As for `Recording.from_frames`. After an error about an array, the writer can go on.
        """
        await self._writer.frame(array)

    async def block(self, samples: Any) -> None:
        """Add sound, and wait until the encoder can take more.

        Parameters
        ----------
        samples
            `AudioSamples` of the writer's rate, or an array that `AudioSamples` accepts, of any length. All
            blocks have the same number of channels.

        Raises
        ------
        InvalidStateError
            The writer is closed, or its file has no sound.
        NotSupportedError, EncodingError, TypeError, ValueError
            The browser cannot encode it; a sample is NaN or infinite; the array is not sound, or has another
            rate or number of channels.

        >>> async with MediaWriter("wav", sample_rate=8000) as writer:
        ...     await writer.block(bytes([128, 255, 128, 0]) * 2000)
        >>> writer.recording.duration
        1.0
        """
        await self._writer.block(samples)

    async def close(self) -> Recording:
        """End the file, and return it. A closed writer returns its file again.

        Raises
        ------
        EncodingError
            Nothing was written, or the browser's encoder failed.
        """
        if self._recording is None:
            # Simultaneous calls share one end, and cancelling one of them does not stop it for the others.
            self._closing = self._closing or asyncio.ensure_future(self._finish())
            return await asyncio.shield(self._closing)
        return self._recording

    async def _finish(self) -> Recording:
        self._recording = recording_of(await self._writer.finish())
        return self._recording

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            await self.close()
        elif not self._writer.closed:
            self._recording = await so_far(self._writer)

    def __repr__(self) -> str:
        state = "closed" if self._writer.closed else f"{self._writer.frames} frames"
        return f"<MediaWriter {self._writer.format}, {state}>"
