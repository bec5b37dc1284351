"""Streams: tracks that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._host.browser import js, page, require_browser, translated, unwrap
from ._html.display import Displayed
from .errors import NotFoundError
from .event_target import BrowserEventTarget, HandlerAttribute
from .tracks import MediaStreamTrack, TrackEvent

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterable,
        AsyncIterator,
        Callable,
        Generator,
        Iterable,
    )
    from typing import Self

    from .feeding import Feeding
    from .frames import Frame, PixelFormat
    from .levels import Level
    from .photo import Photo
    from .recording import AudioSamples


class MediaStream(Displayed, BrowserEventTarget):
    """Live sound and pictures that belong together.

    It releases its devices at the end of a ``with`` block, or when you call `stop()`.

    >>> with await media_devices.get_user_media(audio=True) as stream:
    ...     recorder = MediaRecorder(stream)

    Parameters
    ----------
    js_stream
        The browser's MediaStream, such as the result of ``canvas.captureStream()``, or a list of tracks for a
        new stream.

    See https://developer.mozilla.org/docs/Web/API/MediaStream.
    """

    EVENTS = ("addtrack", "removetrack")
    onaddtrack, onremovetrack = HandlerAttribute(), HandlerAttribute()

    def __init__(self, js_stream: Any) -> None:
        require_browser()
        if isinstance(js_stream, (list, tuple)):
            with translated("MediaStream"):
                js_stream = page().MediaStream.new(
                    js.Array.of(*(MediaStreamTrack(track).js for track in js_stream))
                )
        js_stream = unwrap(js_stream)
        if not (hasattr(js_stream, "getTracks") and hasattr(js_stream, "active")):
            raise TypeError(
                f"MediaStream needs the browser's MediaStream or a list of tracks, not {js_stream!r}"
            )
        super().__init__()
        self.js = js_stream
        self._known: dict[str, MediaStreamTrack] = {}
        self._at_stop: Callable[[], None] | None = None

    @classmethod
    def from_blocks(
        cls, blocks: Iterable[Any] | AsyncIterable[Any], sample_rate: int, channels: int = 1
    ) -> FedStream:
        """A stream with the sound that an iterable yields, to record, show, mix or send on.

        >>> from array import array
        >>> from math import pi, sin
        >>> def sine(seconds, pitch=440, rate=48000):
        ...     for start in range(0, round(seconds * rate), 960):
        ...         frames = range(start, start + 960)
        ...         yield array("f", (0.3 * sin(2 * pi * pitch * frame / rate) for frame in frames))
        >>> recording = await record(10, stream=MediaStream.from_blocks(sine(0.5), 48000))

        The iterable is read while its sound is played, at most 0.2 s ahead. If a block comes too late, the
        stream is silent until it comes, and nothing is lost. When the iterable ends, so do the sound and its
        track, which fires ``ended``. `stop`, or leaving ``with``, ends it earlier. In each case the iterable
        is closed.

        An exception, whether of the iterable or about one of its blocks, ends the stream, and goes to the
        event loop's exception handler.

        The stream begins at once. Awaiting it waits until the browser's audio runs, and raises the error if
        it does not. In a worker, ``await connect()`` first.

        >>> async with await MediaStream.from_blocks(sine(2), 48000) as stream:
        ...     recording = await record(0.3, stream=stream)

        Parameters
        ----------
        blocks
            An iterable, sync or async, of `AudioSamples` or arrays of shape ``(frames, channels)`` or
            ``(frames,)``, of any length; see `AudioSamples`. A loop over `MediaStream.blocks` that yields
            changed blocks is a live effect.
        sample_rate
            Frames per second of all blocks, in hertz.
        channels
            The number of channels of all blocks, from 1 to 8.

        Raises
        ------
        TypeError, ValueError
            The arguments are not such an iterable and numbers. Errors about a block end the stream; they are
            those of `MediaWriter.block`.
        InvalidStateError
            Another stream is reading the same iterator.
        PageUnavailableError
            Python runs in a worker that is not connected yet.
        NotReadableError, NotSupportedError
            From awaiting the stream: as for `MediaStream.blocks`.
        AbortError
            From awaiting the stream: it was stopped before it began.
        """
        from .feeding import SoundFeeding

        return FedStream(SoundFeeding(blocks, sample_rate, channels))

    @classmethod
    def from_frames(cls, frames: Iterable[Any] | AsyncIterable[Any], frame_rate: float = 30) -> FedStream:
        """A stream with the pictures that an iterable yields: the counterpart of `from_blocks`.

        >>> def gray(count):
        ...     for number in range(count):
        ...         yield memoryview(bytes([number * 8]) * 320 * 240).cast("B", [240, 320])
        >>> recording = await record(10, audio=False, stream=MediaStream.from_frames(gray(15), 30))

        Each frame is shown for ``1 / frame_rate`` seconds, and longer if the next one comes late. The end,
        exceptions, and awaiting the stream are as for `from_blocks`.

        Parameters
        ----------
        frames
            An iterable, sync or async, of pictures as for `Recording.from_frames`.
        frame_rate
            Frames per second, from 0.001 to 1000.

        Raises
        ------
        NotAllowedError
            From awaiting the stream: the browser falsifies the pixels of canvases.

        Other errors are as for `from_blocks`; those about a frame are as for `Recording.from_frames`.
        """
        from .feeding import PictureFeeding

        return FedStream(PictureFeeding(frames, frame_rate))

    @property
    def id(self) -> str:
        return str(self.js.id)

    @property
    def active(self) -> bool:
        """True while at least one track is live."""
        return bool(self.js.active)

    @property
    def tracks(self) -> list[MediaStreamTrack]:
        """All tracks. Each track is always the same Python object, so its handlers stay registered."""
        return self._facades(self.js.getTracks())

    @property
    def audio_tracks(self) -> list[MediaStreamTrack]:
        return self._facades(self.js.getAudioTracks())

    @property
    def video_tracks(self) -> list[MediaStreamTrack]:
        return self._facades(self.js.getVideoTracks())

    def get_tracks(self) -> list[MediaStreamTrack]:
        """The method of the specification; the same as `tracks`."""
        return self.tracks

    def get_audio_tracks(self) -> list[MediaStreamTrack]:
        return self.audio_tracks

    def get_video_tracks(self) -> list[MediaStreamTrack]:
        return self.video_tracks

    def get_track_by_id(self, id: str) -> MediaStreamTrack | None:
        return next((track for track in self.tracks if track.id == id), None)

    def _facades(self, js_tracks: Iterable[Any]) -> list[MediaStreamTrack]:
        facades = []
        for js_track in js_tracks:
            facade = self._known.get(js_track.id)
            if facade is None:
                facade = self._known[js_track.id] = MediaStreamTrack(js_track)
            facades.append(facade)
        return facades

    def add_track(self, track: MediaStreamTrack | Any) -> None:
        """Add a track. A recorder of this stream then ends its take with `InvalidModificationError`."""
        facade = track if isinstance(track, MediaStreamTrack) else MediaStreamTrack(track)
        self._known.setdefault(facade.id, facade)
        with translated("add_track"):
            self.js.addTrack(facade.js)

    def remove_track(self, track: MediaStreamTrack | Any) -> None:
        """Remove a track without stopping it. A recorder of this stream then ends its take with
        `InvalidModificationError`."""
        facade = track if isinstance(track, MediaStreamTrack) else MediaStreamTrack(track)
        with translated("remove_track"):
            self.js.removeTrack(facade.js)
        self._known.pop(facade.id, None)

    def clone(self) -> MediaStream:
        """A stream with clones of all tracks. Stop it separately."""
        return MediaStream(self.js.clone())

    def stop(self) -> None:
        """Stop all tracks, which releases the devices. Calling it again does nothing."""
        for track in self.tracks:
            track.stop()
        self._end_subscriptions()
        at_stop, self._at_stop = self._at_stop, None
        if at_stop:
            at_stop()

    async def take_photo(self, *, mime_type: str = "image/jpeg") -> Photo:
        """Take a photo from this stream, which stays open. See `MediaStreamTrack.take_photo`.

        >>> photo = await stream.take_photo()
        """
        tracks = self.video_tracks
        if not tracks:
            raise NotFoundError("take_photo: the stream has no picture. Open it with video=True.")
        live = [track for track in tracks if track.ready_state == "live"]
        return await (live or tracks)[0].take_photo(mime_type=mime_type)

    def levels(self, interval: float = 0.05) -> AsyncIterator[Level]:
        """Yield the loudness every `interval` seconds until the stream ends: `Level(peak, rms)`, each 0 to 1.

        >>> async for level in stream.levels():
        ...     meter.value = level.peak
        ...     if enough:
        ...         break

        Raises
        ------
        NotFoundError
            The stream has no sound.
        """
        from .levels import levels

        return levels(self.js, interval)

    def blocks(
        self, seconds: float = 0.02, *, sample_rate: int | None = None, channels: int | None = None
    ) -> AsyncGenerator[AudioSamples, None]:
        """Yield the sound in blocks while it happens, until the track ends.

        >>> async for block in microphone.blocks(0.02, channels=1):
        ...     loudest = max(memoryview(block).cast("B").cast("f"))  # or numpy.abs(block).max()
        ...     print(block.timestamp, block.frames, block.lost)
        ...     if enough:
        ...         break

        The blocks follow each other without a gap. While Python is busy, up to 5 s of sound wait for it;
        then the oldest is lost, and ``block.lost`` says how many frames are missing right before the block.
        A track that is muted or not ``enabled`` is silent. Several loops and recorders of one stream do not
        disturb each other.

        Parameters
        ----------
        seconds
            The length of a block, from 0.001 to 60. The last one, and one before a gap, may be shorter.
        sample_rate
            Hertz; by default that of the microphone, or of the browser's audio.
        channels
            1 is the mean of all channels; by default as many as the track's settings say, or else 2.

        Raises
        ------
        NotFoundError
            The stream has no sound.
        InvalidStateError
            Its sound has ended.
        NotReadableError
            The browser's audio does not run: the user has not clicked the page yet, or the system has no
            audio output (Firefox).
        NotSupportedError
            A Content-Security-Policy forbids the AudioWorklet.
        """
        from .live import blocks

        return blocks(self.js.getAudioTracks(), seconds, sample_rate, channels)

    def frames(
        self, width: int | None = None, format: PixelFormat = "rgb", *, frame_rate: float | None = None
    ) -> AsyncGenerator[Frame, None]:
        """Yield the newest picture, again and again, until the track ends.

        >>> async for frame in camera.frames(width=160):
        ...     pixels = memoryview(frame)  # or numpy.asarray(frame), of shape (height, width, 3)
        ...     print(frame.timestamp, frame.lost, pixels[0, 0, 0])
        ...     if enough:
        ...         break

        A loop that is slower than the camera always gets the newest picture; ``frame.lost`` says how many it
        has skipped. A picture that does not change, such as a canvas, yields no frames. Several loops and
        recorders of one stream do not disturb each other.

        Parameters
        ----------
        width
            Pixels in a row; the height follows. By default the track's own size, which may change.
        format
            ``"rgb"``, ``"rgba"``, ``"bgr"`` (for OpenCV) or ``"gray"``.
        frame_rate
            The most frames per second, from 0.001 to 1000. Those that it leaves out do not count as lost.

        Raises
        ------
        NotFoundError
            The stream has no picture.
        InvalidStateError
            Its picture has ended.
        NotAllowedError
            The browser does not let the page read pixels.
        """
        from .live import frames

        return frames(self.js.getVideoTracks(), width, format, frame_rate)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    def _event(self, js_event: Any) -> TrackEvent:
        return TrackEvent(js_event.type, js_event)

    def _repr_html_(self) -> str:
        """A live preview, without sound."""
        from ._html.attach import live_preview

        return live_preview(self.js)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MediaStream) and bool(self.js == other.js)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        kinds = ", ".join(track.kind for track in self.tracks) or "no tracks"
        return f"<MediaStream {kinds}, {'active' if self.active else 'inactive'}>"


class FedStream(MediaStream):
    """A stream that Python feeds. Awaiting it waits until it has begun."""

    def __init__(self, feeding: Feeding) -> None:
        super().__init__(feeding.js_stream)
        self._feeding = feeding
        self._at_stop = feeding.stop

    def __await__(self) -> Generator[object, None, Self]:
        yield from self._feeding.begun.__await__()
        return self
