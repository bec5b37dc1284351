"""What a take leaves behind, and what can be made of it."""

from __future__ import annotations

import logging
import math
import os
import time
from typing import TYPE_CHECKING, Any

from ._checks import checked_int, checked_number
from ._host.browser import is_nullish, js, js_object, require_browser, to_js, to_python
from ._media.engine import encoding_options, run_in_engine
from ._media.samples import Samples, all_samples, encoded, sample_blocks
from .chunk import Chunk
from .errors import RangeError
from .formats import TYPES, checked_format
from .media_file import MediaFile

if TYPE_CHECKING:
    import asyncio
    import builtins
    from collections.abc import AsyncIterator, Callable, Iterable

    from ._html.player import Preview
    from .frames import Frame, PixelFormat
    from .photo import Photo
    from .waveform import Extremes

    Progress = Callable[[float], Any]

PIECE = 8 << 20
"""Bytes that go from Python to the browser at a time."""

log = logging.getLogger("mediarecorder")


class Recording(MediaFile):
    """Everything that was recorded in one take, or a media file that came from elsewhere.

    The data stays in the browser, as the Blob `blob`, until you ask for it. What is made of a recording is a
    new one, and the first stays as it is. The engine for it is loaded when it is first needed.

    >>> recording = await record(0.5)
    >>> recording.mime_type, recording.extension
    ('audio/webm;codecs=opus', 'webm')
    >>> data = await recording.bytes()
    >>> await recording.save("interview")
    'interview.webm'
    >>> mp4 = await recording.convert("mp4")
    >>> samples = await recording.samples(16000, channels=1)

    Every method that reads the media raises `EncodingError` where the file is empty, broken or no media file.

    See https://developer.mozilla.org/docs/Web/API/MediaStream_Recording_API.
    """

    def __init__(
        self,
        blob: Any,
        mime_type: str,
        *,
        duration: float = 0.0,
        started_at: float = 0.0,
        js_chunks: Any = (),
    ) -> None:
        super().__init__(blob, mime_type)
        self._duration = duration
        self._started_at = started_at
        self._js_chunks = js_chunks
        self._remove: Any = None
        self.id: str | None = None
        """Its name in the `RecordingStore` where it lies; None elsewhere."""
        self._preview: Preview | None = None
        """What the player shows before it plays, once that is known."""
        self._making_preview: asyncio.Future[Preview] | None = None
        """The search for it, one for all players of this recording."""

    @classmethod
    def from_bytes(cls, data: builtins.bytes | bytearray | memoryview, mime_type: str) -> Recording:
        """A recording of a file's content.

        Parameters
        ----------
        data
            The file: bytes, or any memory of them.
        mime_type
            Its container, such as ``"video/webm"``.

        Examples
        --------
        >>> copy = Recording.from_bytes(await recording.bytes(), recording.mime_type)
        >>> copy.size == recording.size
        True
        """
        require_browser()
        try:
            view = memoryview(data).cast("B")
        except TypeError:
            raise TypeError(
                f"data is bytes or a contiguous memory of them, not {type(data).__name__}"
            ) from None
        pieces = (view[start : start + PIECE] for start in range(0, len(view), PIECE))
        return cls._from_pieces(pieces, mime_type, time.time())

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], mime_type: str | None = None) -> Recording:
        """A recording of a file in Pyodide's file system. Without a type the ending of its name tells it.

        >>> await recording.write_to("/tmp/take.webm")
        >>> Recording.from_file("/tmp/take.webm").mime_type
        'video/webm'
        """
        require_browser()
        if mime_type is None:
            ending = os.path.splitext(os.fspath(path))[1].removeprefix(".").lower()
            if ending not in TYPES:
                raise ValueError(
                    f"the name {os.fspath(path)!r} does not tell what it is. Say so: "
                    f'Recording.from_file(path, "video/webm")'
                )
            mime_type = TYPES[ending]
        with open(path, "rb") as file:
            pieces = iter(lambda: file.read(PIECE), b"")
            return cls._from_pieces(pieces, mime_type, os.path.getmtime(path))

    @classmethod
    def _from_pieces(
        cls, pieces: Iterable[builtins.bytes | memoryview], mime_type: str, started_at: float
    ) -> Recording:
        if not isinstance(mime_type, str):
            raise TypeError(f"mime_type is a string, not {mime_type!r}")
        if "/" not in mime_type:
            raise ValueError(f'{mime_type!r} is no mime type; one looks like "video/webm"')
        parts = js.Array.new()
        for piece in pieces:
            parts.push(js.Blob.new(js.Array.of(to_js(piece))))
        blob = js.Blob.new(parts, js_object({"type": mime_type}))
        return cls(blob, mime_type, duration=math.nan, started_at=started_at, js_chunks=js.Array.of(blob))

    # What is known without reading it

    @property
    def duration(self) -> float:
        """Seconds recorded, pauses left out, by the recorder's own events.

        That of a file from elsewhere is ``nan`` until it was read: see `measure()`.
        """
        return self._duration

    @property
    def started_at(self) -> float:
        """When recording began: seconds since 1970, by `time.time()` where Python runs. A label only."""
        return self._started_at

    @property
    def chunks(self) -> list[Chunk]:
        """The pieces in the order the browser delivered them; together they are the file."""
        return [Chunk(blob) for blob in self._js_chunks]

    @property
    def is_video(self) -> bool:
        """True when the container is a video container."""
        return self._mime_type.startswith("video/")

    # Other files

    async def measure(self) -> float:
        """How long the file itself says that it plays, in seconds."""
        length = float(await run_in_engine("measure", "measure", self._blob))
        if math.isnan(self._duration):
            self._duration = length
        return length

    async def seekable(self, *, on_progress: Progress | None = None) -> Recording:
        """The same packets in a file that says its length and can be entered anywhere.

        What was recorded with a timeslice, or in Firefox, lacks both. A file that has both is returned as
        it is.
        """
        made = await run_in_engine(
            "seekable", "seekable", self._blob, self._duration, on_progress=on_progress
        )
        return self if is_nullish(made) else self._became(made)

    async def convert(
        self,
        format: str,
        *,
        audio: str | None = None,
        bits_per_second: int | None = None,
        on_progress: Progress | None = None,
    ) -> Recording:
        """The recording in another format. Packets are copied where the format allows it, else encoded anew.

        Parameters
        ----------
        format
            ``"webm"``, ``"mp4"`` (H.264, VP9 or AV1, with Opus), ``"wav"`` (16 bits), ``"ogg"`` (Opus),
            ``"mp3"`` or ``"flac"`` (24 bits of what has more than 16, else 16). The last four hold sound
            only: a picture is left out.
        audio
            The codec of the sound: ``"aac"`` makes an ``"mp4"`` that all phones, editors and players play.
            Without it sound that the format holds stays as it is.
        bits_per_second
            The bit rate of the picture, or of the sound where the result has no picture. Packets of that are
            then not copied but encoded anew. The encoder takes the nearest rate that it has: that of MP3 has
            32000 to 320000 for sound of 32 kHz and more, 8000 to 160000 from 16 to 24 kHz, and 8000 to
            64000 below. Without `bits_per_second` MP3 and AAC get 96000 for each channel, 64000 from 16 to
            24 kHz, and 32000 below.
        on_progress
            Called as ``on_progress(fraction)`` a few times a second and at last with 1.

        Raises
        ------
        NotSupportedError
            This browser cannot; the message says what it can.
        NotFoundError
            There is no sound for a format of sound.
        ValueError
            There is no such format, or it does not hold `audio`, or `bits_per_second` is less than 6000, or
            the format is lossless.

        Cancelling the task ends the work at once.

        >>> mp4 = await recording.convert("mp4", on_progress=lambda fraction: print(f"{fraction:.0%}"))
        >>> mp4.extension
        'mp4'
        >>> small = await recording.convert("mp3", bits_per_second=64_000)
        """
        format = checked_format(format)
        options = encoding_options(format, bits_per_second, audio)
        arguments = (self._blob, format, self._duration)
        made = await run_in_engine("convert", "convert", *arguments, on_progress=on_progress, options=options)
        return self._became(made)

    async def trim(
        self,
        start: float = 0.0,
        end: float | None = None,
        *,
        exact: bool = True,
        on_progress: Progress | None = None,
    ) -> Recording:
        """The part from `start` to `end`, in seconds; without `end`, all the rest.

        Parameters
        ----------
        exact
            Begin and end at just these times, in the codecs that it has: what cannot be cut between two
            packets is encoded anew. False copies all packets: at once and without loss, but from the key
            frame before `start`.

        Raises
        ------
        RangeError
            The part is not within the recording.
        NotSupportedError
            This browser cannot encode it; ``exact=False`` may do.

        >>> opening = await recording.trim(0, 0.1)
        """
        first, last = _checked_time("start", start), _checked_time("end", end)
        if first is None:
            raise TypeError("start is a number of seconds, not None")
        if last is not None and first >= last:
            raise RangeError(f"trim: the start must be before the end, and {first} is not before {last}")
        arguments = (self._blob, first, last, bool(exact), self._duration)
        made = await run_in_engine("trim", "trim", *arguments, on_progress=on_progress)
        return self._became(made, later=float(made.start))

    @classmethod
    async def concat(
        cls, recordings: Iterable[Recording], *, on_progress: Progress | None = None
    ) -> Recording:
        """Several recordings, one after the other, in the container of the first.

        Packets are copied where all have the same codec with the same parameters, else encoded anew.

        Raises
        ------
        NotSupportedError
            Some have a picture, or sound, and others have none; or the pictures differ in size.
        ValueError
            There is none.

        >>> twice = await Recording.concat([recording, recording])
        """
        several = list(recordings)
        for recording in several:
            if not isinstance(recording, Recording):
                raise TypeError(f"concat joins recordings, and {recording!r} is none")
        if not several:
            raise ValueError("concat joins at least one recording, and the list is empty")
        blobs = js.Array.of(*(recording.blob for recording in several))
        lengths = js.Array.of(*(recording.duration for recording in several))
        made = await run_in_engine("concat", "concat", blobs, lengths, on_progress=on_progress)
        return several[0]._became(made)

    async def tags(self) -> dict[str, Any]:
        """What the file says about itself: ``title``, ``artist``, ``date`` and so on, as in `with_tags`.

        The date is a `datetime.date` where the file has a whole one, else the file's own text: ``"2026"``,
        ``"2026-11"``, ``"2026-11-24T10:20"``. Several artists or genres are one string, with ``"; "`` between
        them. Tags of single tracks and chapters are not among them.
        """
        from ._media.tags import from_browser

        return from_browser(to_python(await run_in_engine("tags", "tags", self._blob)))

    async def with_tags(self, **tags: Any) -> Recording:
        """The same packets, with these tags in place of those of the same names; None takes one away.

        They are ``title``, ``description``, ``artist``, ``album``, ``album_artist``, ``genre``, ``comment``,
        ``lyrics`` (strings), ``date`` (a `datetime.date`, or a string: ``"2026-11-24"``, ``"2026-11"``,
        ``"2026"``, or with a time), ``track_number``, ``tracks_total``, ``disc_number``, ``discs_total`` and
        ``beats_per_minute`` (numbers). Tags that are not named here stay as they are, cover pictures too.

        Raises
        ------
        NotSupportedError
            The container has no place for one of them; the message names it.

        >>> named = await recording.with_tags(title="Interview", date="2026-11-24")
        >>> (await named.tags())["title"]
        'Interview'
        """
        from ._media.tags import checked, lost, to_browser

        changes = checked(tags)
        wanted = {**await self.tags(), **changes}
        pairs = to_js(to_browser(changes))
        made = self._became(await run_in_engine("with_tags", "withTags", self._blob, pairs, self._duration))
        try:
            if missing := lost(wanted, await made.tags()):
                raise missing
        except BaseException:
            made.close()
            raise
        return made

    # Numbers

    async def samples(
        self,
        sample_rate: int | None = None,
        channels: int | None = None,
        *,
        on_progress: Progress | None = None,
    ) -> AudioSamples:
        """The sound as 32-bit floats of shape ``(frames, channels)``, from the moment the recording begins.

        Parameters
        ----------
        sample_rate
            Frames per second, in hertz; without it the sound's own. Going down, what the lower rate
            cannot hold is filtered out.
        channels
            How many columns; without it as many as there are. One channel is the mean of all; two of more are
            the standard down-mix (ITU-R BS.775), in which the centre is heard on both sides.

        Raises
        ------
        NotFoundError
            The recording has no sound.

        >>> samples = await recording.samples(16000, channels=1)
        >>> samples.shape
        (4800, 1)
        """
        return await all_samples(AudioSamples, self._blob, sample_rate, channels, on_progress)

    async def sample_blocks(
        self, seconds: float = 1.0, sample_rate: int | None = None, channels: int | None = None
    ) -> AsyncIterator[AudioSamples]:
        """The sound in blocks of `seconds`, the last one shorter: an hour of it never has to fit in memory.

        >>> async for block in recording.sample_blocks(0.1):
        ...     print(block.frames, max(memoryview(block).cast("B").cast("f")))
        """
        length = checked_number("seconds", seconds, 0.001)
        if length is None:
            raise TypeError("seconds is a number, not None")
        async for block in sample_blocks(AudioSamples, self._blob, length, sample_rate, channels):
            yield block

    async def frames(
        self,
        width: int | None = None,
        format: PixelFormat = "rgb",
        start: float | None = None,
        end: float | None = None,
    ) -> AsyncIterator[Frame]:
        """The pictures as arrays of bytes, one after the other; only one is in memory at a time.

        They are upright, have square pixels, and all have one size: that of the first picture. A later one of
        another shape (of a phone that was turned, or a window that was resized) is fitted in, with bars.

        Parameters
        ----------
        width
            Pixels; the height follows. Without it the size of the first picture.
        format
            ``"rgb"``, ``"rgba"``, ``"bgr"`` (as OpenCV wants it) or ``"gray"``. In ``"rgba"`` alpha is the
            recording's, and 255 where it has none; the colours are not multiplied with it. In the other
            formats transparent pictures stand on black.
        start, end
            Seconds: those pictures that appear from `start` on and before `end`. One that appeared earlier
            and is still to be seen at `start` is not among them: `thumbnail` gives it.

        Raises
        ------
        NotFoundError
            The recording has no picture.

        >>> async for frame in recording.frames(width=160, format="gray"):
        ...     print(frame.timestamp, frame.shape)
        """
        from .frames import frames

        async for frame in frames(self._blob, width, format, start, end):
            yield frame

    async def waveform(self, buckets: int = 240, *, on_progress: Progress | None = None) -> list[Extremes]:
        """The lowest and the highest sample, ``(min, max)``, of each of so many stretches of equal length.

        >>> for low, high in await recording.waveform(100):
        ...     print(low, high)
        """
        from .waveform import Extremes

        count = checked_int("buckets", buckets, 1, 1_000_000)
        if count is None:
            raise TypeError("buckets is a whole number, not None")
        found = await run_in_engine("waveform", "waveform", self._blob, count, on_progress=on_progress)
        values = memoryview(found.to_bytes()).cast("f")
        return [Extremes(values[place], values[place + 1]) for place in range(0, len(values), 2)]

    async def thumbnail(
        self, at: float = 0.0, *, width: int | None = None, mime_type: str = "image/jpeg"
    ) -> Photo:
        """What is to be seen at a time, in seconds, as a `Photo`: the last picture that has appeared by then.

        Before the first picture that is the first one. A picture of another shape than the first is fitted
        into it, with bars. A transparent one stays so, but for JPEG, where it stands on black.

        >>> picture = await recording.thumbnail(0.1)
        >>> picture.width, picture.height
        (320, 240)

        Raises
        ------
        NotFoundError
            The recording has no picture.
        RangeError
            It is shorter than that.
        """
        from .photo import Photo, checked_picture_type

        moment = _checked_time("at", at)
        if moment is None or not isinstance(mime_type, str):
            raise TypeError(f"at is a time and mime_type a string, not {at!r} and {mime_type!r}")
        width = checked_int("width", width, 1, 16384)
        made = await run_in_engine(
            "thumbnail", "thumbnail", self._blob, moment, width, mime_type, self._duration
        )
        checked_picture_type("thumbnail", made.blob, mime_type)
        return Photo(made.blob, str(made.blob.type), int(made.width), int(made.height))

    # Itself

    def _became(self, made: Any, later: float = 0.0) -> Recording:
        return recording_of(made, self._started_at + later)

    def _default_name(self) -> str:
        return time.strftime("recording-%Y-%m-%d-%H-%M-%S", time.localtime(self._started_at))

    def close(self) -> None:
        """Release the `url`, and the temporary file that a large result of `convert()` and the like lives in.

        The data of any other recording can still be read; a later `url` is a new one.
        """
        super().close()
        self._making_preview = None
        if self._preview:
            self._preview.close()
            self._preview = None
        if self._remove is not None:
            remove, self._remove = self._remove, None
            remove()

    async def _prepare(self) -> None:
        from ._html.player import preview_to_show

        await preview_to_show(self)

    def _html(self, data: str) -> str:
        from ._html.player import player_html

        return player_html(self, data)

    def __repr__(self) -> str:
        length = "length unknown" if math.isnan(self._duration) else f"{self._duration:.2f} s"
        return f"<Recording {length}, {self.size} bytes, {self.mime_type or 'no type'}>"


class AudioSamples(Samples):
    """Sound as an array of 32-bit floats from -1 to 1, of shape ``(frames, channels)``.

    Frames are rows and channels are columns, as in `sounddevice` and `soundfile`; the memory is C-contiguous.

    >>> samples = await recording.samples()
    >>> samples.shape, samples.sample_rate
    ((14400, 1), 48000)
    >>> view = memoryview(samples)  # or numpy.asarray(samples): no copy
    >>> view[0, 0]
    0.0

    Parameters
    ----------
    data
        An array of shape ``(frames, channels)`` or ``(frames,)``: of numpy, `array.array` or anything with
        the buffer protocol. Floats are taken as they are; whole numbers of 8, 16 and 32 bits are taken for
        PCM and scaled.
    sample_rate
        Frames per second, in hertz.

    Raises
    ------
    TypeError, ValueError
        It is no such array, it is empty, or the rate is no whole number from 1 to 768000.
    """

    async def to_recording(
        self,
        format: str = "wav",
        *,
        audio: str | None = None,
        bits_per_second: int | None = None,
        on_progress: Callable[[float], Any] | None = None,
    ) -> Recording:
        """Make a file, with its player, of the samples.

        Parameters
        ----------
        format
            ``"wav"`` (16 bits, lossless but for the rounding to them), ``"flac"`` (the same with 24 bits),
            ``"webm"``, ``"ogg"``, ``"mp4"`` (Opus) or ``"mp3"``. What is beyond -1 and 1 is clipped. Encoders
            that do not take the rate get 48000 Hz.
        audio, bits_per_second
            The codec, and how large it becomes; see `Recording.convert`.
        on_progress
            Called as ``on_progress(fraction)`` a few times a second and at last with 1.

        Raises
        ------
        NotSupportedError
            This browser cannot encode it.
        EncodingError
            A sample is NaN or infinite.
        ValueError
            As those of `Recording.convert`.

        Examples
        --------
        >>> samples = await recording.samples()
        >>> wav = await samples.to_recording("wav")
        >>> wav.mime_type, wav.duration
        ('audio/wav', 0.3)
        """
        return recording_of(await encoded(self, format, audio, bits_per_second, on_progress))


def recording_of(made: Any, started_at: float | None = None) -> Recording:
    """A recording of what the engine made (`Result` in static/library/media/result.js)."""
    recording = Recording(
        made.blob,
        str(made.mimeType),
        duration=float(made.duration),
        started_at=time.time() if started_at is None else started_at,
        js_chunks=js.Array.of(made.blob),
    )
    remove = getattr(made, "remove", None)
    recording._remove = None if is_nullish(remove) else remove
    if not is_nullish(note := getattr(made, "note", None)):
        log.info("%s", note)
    return recording


def _checked_time(what: str, value: Any) -> float | None:
    seconds = checked_number(what, value, -math.inf)
    if seconds is not None and seconds < 0:
        raise RangeError(f"{what} is a time in the recording, from 0 on, not {value!r}")
    return seconds
