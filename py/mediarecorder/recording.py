"""Recordings, and the files and arrays that can be made from them."""

from __future__ import annotations

import logging
import math
import os
import time
from typing import TYPE_CHECKING, Any

from ._checks import check_progress, checked_int, checked_number
from ._host.browser import (
    connected,
    is_nullish,
    js,
    js_object,
    realm,
    require_browser,
    settle,
    to_js,
    to_python,
)
from ._host.features import is_chromium
from ._media.engine import encoding_options, run_in_engine
from ._media.samples import Samples, all_samples, encoded, sample_blocks
from .errors import InvalidStateError, MediaError, RangeError
from .event_target import call_handler
from .events import Chunk
from .formats import TYPES, checked_format, checked_name
from .markers import between, chapters, shifted, vtt
from .media_file import MediaFile

if TYPE_CHECKING:
    import asyncio
    import builtins
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
    from typing import Literal

    from ._html.player import Preview
    from ._media.writer import FileWriter
    from .frames import Frame, PixelFormat
    from .markers import Marker
    from .photo import Photo
    from .playback import Playback
    from .upload import Response, Upload, Value
    from .waveform import Extremes

    Progress = Callable[[float], Any]
    SampleFormat = Literal["int16", "float32"]

PIECE = 8 << 20
"""Bytes to copy from Python to the browser at a time."""


log = logging.getLogger("mediarecorder")


class Recording(MediaFile):
    """Everything that one take recorded, or a media file from elsewhere.

    The data stays in the browser, as the Blob `blob`, until you ask for it. Methods such as `convert` return
    a new recording and leave this one unchanged. The media engine is loaded on first use.

    >>> recording = await record(0.5)
    >>> recording.mime_type, recording.extension
    ('audio/webm;codecs=opus', 'webm')
    >>> data = await recording.bytes()
    >>> await recording.save("interview")
    'interview.webm'
    >>> mp4 = await recording.convert("mp4")
    >>> samples = await recording.samples(16000, channels=1)

    Every method that reads the media raises `EncodingError` if the file is empty, broken or not a media file.

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
        self._in_memory = 0.0
        """Chunks of fewer bytes are known to be in memory."""
        self._walk: Any = None
        """The `LiveWalk` (static/library/webm/live.js) that has read the first `_followed` chunks."""
        self._followed = 0
        self._markers: list[Marker] = []
        self._remove: Any = None
        self.id: str | None = None
        """Its id in the `RecordingStore` that holds it; None for a recording in memory."""
        self._preview: Preview | None = None
        """The picture that the player shows before it plays, once it exists."""
        self._making_preview: asyncio.Future[Preview] | None = None
        """The task that makes it, shared by all players of this recording."""
        self._upload: Upload | None = None

    @classmethod
    def from_bytes(cls, data: builtins.bytes | bytearray | memoryview, mime_type: str) -> Recording:
        """A recording with the content of a file.

        Parameters
        ----------
        data
            The content of the file: bytes, or any object with a contiguous buffer of bytes.
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
                f"data must be bytes or another contiguous buffer of them, not {type(data).__name__}"
            ) from None
        pieces = (view[start : start + PIECE] for start in range(0, len(view), PIECE))
        return cls._from_pieces(pieces, mime_type, time.time())

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], mime_type: str | None = None) -> Recording:
        """A recording from a file in Pyodide's file system. Without `mime_type`, the file's extension
        determines the type.

        >>> await recording.write_to("/tmp/take.webm")
        >>> Recording.from_file("/tmp/take.webm").mime_type
        'video/webm'
        """
        require_browser()
        if mime_type is None:
            ending = os.path.splitext(os.fspath(path))[1].removeprefix(".").lower()
            if ending not in TYPES:
                raise ValueError(
                    f"the extension of {os.fspath(path)!r} is unknown. Pass the type: "
                    f'Recording.from_file(path, "video/webm")'
                )
            mime_type = TYPES[ending]
        with open(path, "rb") as file:
            pieces = iter(lambda: file.read(PIECE), b"")
            return cls._from_pieces(pieces, mime_type, os.path.getmtime(path))

    @classmethod
    async def from_frames(
        cls,
        frames: Iterable[Any] | AsyncIterable[Any],
        frame_rate: float = 30,
        format: str = "mp4",
        *,
        sound: AudioSamples | Recording | None = None,
        audio: str | None = None,
        bits_per_second: int | None = None,
        on_progress: Progress | None = None,
    ) -> Recording:
        """A recording made from arrays, as fast as the browser encodes them.

        Frame ``n`` appears at exactly ``n / frame_rate`` seconds (in WebM and Matroska, at the nearest
        millisecond). Only one frame is in memory at a time. `MediaWriter` does the same without an iterable.

        Parameters
        ----------
        frames
            The pictures: an iterable, sync or async, of arrays or `Frame` objects. An array has the shape
            ``(height, width)`` for gray, ``(height, width, 3)`` for red, green and blue, or
            ``(height, width, 4)`` with opacity, which is drawn on black; rows from top to bottom. It comes
            from numpy or any object with the buffer protocol, and holds bytes, or floats from 0 to 1. All
            have the same size. An odd size is made even by repeating the pixels at the edge; the logger
            `mediarecorder` reports this (INFO).
        frame_rate
            Frames per second, from 0.001 to 1000: a float, or a fraction such as `Fraction(30000, 1001)`.
        format
            ``"mp4"`` (H.264, VP9 or AV1), ``"webm"`` or ``"mkv"``.
        sound
            Samples, or a recording whose sound is used. The file lasts as long as the longer of the two.
        audio, bits_per_second
            The codec of the sound, and the bit rate of the picture; see `convert`.
        on_progress
            Called as ``on_progress(fraction)`` a few times a second if `frames` has a length, and finally
            with 1.

        Raises
        ------
        NotSupportedError
            This browser cannot encode the format, or pictures of this size.
        EncodingError
            A value is NaN or infinite, or a float is far from the range 0 to 1.
        TypeError, ValueError
            An array has another type or shape, or another size than the first one; there are no frames; or
            as for `convert`.

        These errors, and any that `frames` itself raises, have the file so far as their ``.recording``, or
        None if no frame was encoded. Cancelling the task leaves nothing behind.

        >>> pictures = (bytes([number * 8]) * 320 * 240 for number in range(30))
        >>> fade = await Recording.from_frames(memoryview(data).cast("B", [240, 320]) for data in pictures)
        >>> fade.duration, fade.extension
        (1.0, 'mp4')
        """
        from ._media.writer import WITH_PICTURES, FileWriter, Sound, checked_arrays, write_frames

        format = checked_name("format", format, WITH_PICTURES)
        if frame_rate is None:
            raise TypeError("frame_rate must be a number of frames per second, not None")
        checked_arrays("frames", frames)
        check_progress(on_progress)
        writer = FileWriter(format, frame_rate=frame_rate, audio=audio, bits_per_second=bits_per_second)
        try:
            heard = None if sound is None else await Sound.of(sound, writer)
            await write_frames(writer, frames, heard, on_progress)
            made = recording_of(await writer.finish())
        except Exception as error:
            error.recording = await so_far(writer)  # type: ignore[attr-defined]
            raise
        except BaseException:
            writer.cancel()
            raise
        if on_progress:
            call_handler(on_progress, 1.0)
        return made

    @classmethod
    def _from_pieces(
        cls, pieces: Iterable[builtins.bytes | memoryview], mime_type: str, started_at: float
    ) -> Recording:
        if not isinstance(mime_type, str):
            raise TypeError(f"mime_type must be a string, not {mime_type!r}")
        if "/" not in mime_type:
            raise ValueError(f'mime_type must look like "video/webm", not {mime_type!r}')
        parts = js.Array.new()
        for piece in pieces:
            parts.push(js.Blob.new(js.Array.of(to_js(piece))))
        blob = js.Blob.new(parts, js_object({"type": mime_type}))
        chunks = js.Array.of(blob)
        recording = cls(blob, mime_type, duration=math.nan, started_at=started_at, js_chunks=chunks)
        recording._in_memory = math.inf
        return recording

    # Facts that are known without reading the data

    @property
    def duration(self) -> float:
        """Seconds recorded, without pauses, according to the recorder's own events.

        For a file from elsewhere it is ``nan`` until the file has been read: see `measure()`.
        """
        return self._duration

    @property
    def started_at(self) -> float:
        """When recording began, in seconds since 1970, according to `time.time()` on Python's side. Use it
        only as a label."""
        return self._started_at

    @property
    def chunks(self) -> list[Chunk]:
        """The chunks in the order in which the browser delivered them; together they form the file."""
        return [Chunk(blob) for blob in self._js_chunks]

    @property
    def markers(self) -> list[Marker]:
        """The moments marked by `MediaRecorder.mark`.

        Recordings made from this one have them, too: a part has those within it, and a joined recording has
        those of all its sources.

        Files that the library makes have them as chapters: WebM, MP4, MP3, Ogg and FLAC. The browser's own
        file has none; `seekable` adds them. Chapters of a file from elsewhere are not read.
        """
        return list(self._markers)

    def markers_vtt(self) -> str:
        """The markers as the content of a WebVTT file, for the ``<track>`` of a player."""
        return vtt(self._markers, self._duration)

    @property
    def is_video(self) -> bool:
        """True when the container is a video container."""
        return self._mime_type.startswith("video/")

    # New files made from this one

    async def measure(self) -> float:
        """The duration according to the file itself, in seconds."""
        length = float(await run_in_engine("measure", "measure", self._blob))
        if math.isnan(self._duration):
            self._duration = length
        return length

    async def seekable(self, *, on_progress: Progress | None = None) -> Recording:
        """The same packets in a file that states its duration and allows seeking to any time.

        A file recorded with a timeslice, or in Firefox, lacks both. A file that has both is returned
        unchanged.

        WebM and Matroska are read once, and no packet is written again: the result consists of this recording
        or slices of it, and of a new header and index. Two pictures with the same millisecond, which Chromium
        records on a busy machine, are set apart by one. Markers become chapters of the file.
        """
        check_progress(on_progress)
        in_parts = self._may_be_in_parts()
        if in_parts and self._walk is not None and (composed := await self._composed()):
            if on_progress is not None:
                call_handler(on_progress, 1.0)
            return composed
        made = await run_in_engine(
            "seekable",
            "seekable",
            self._blob,
            self._duration,
            in_parts,
            on_progress=on_progress,
            options=_with_chapters(self._markers, self._duration),
        )
        return self if is_nullish(made) else self._became(made)

    def _may_be_in_parts(self) -> bool:
        """Whether a result may consist of slices of this recording.

        It may not if the file of a store, or a temporary one, holds the data: that can be deleted before the
        result is. And Firefox's player seeks in slices that are in its own memory, but not if one is in a
        file or came from a worker. (quirk: firefox-gets-lost-in-slices)
        """
        if self.id is not None or self._remove is not None:
            return False
        if realm() == "worker":
            return connected() and is_chromium()
        return is_chromium() or (
            self._in_memory > 0 and all(chunk.size < self._in_memory for chunk in self._js_chunks)
        )

    async def _composed(self) -> Recording | None:
        """The seekable file of a take that was read while it was recorded."""
        rest = self._js_chunks.slice(self._followed)
        try:
            found = to_js(chapters(self._markers, self._duration))
            made = await settle(
                self._walk, "seekable", rest, self._duration, self._mime_type, found, doing="seekable"
            )
        except MediaError:
            return None  # the engine will say why
        return None if is_nullish(made) else self._became(made)

    async def convert(
        self,
        format: str,
        *,
        audio: str | None = None,
        bits_per_second: int | None = None,
        sample_format: SampleFormat | None = None,
        on_progress: Progress | None = None,
    ) -> Recording:
        """The recording in another format. Packets are copied if the format allows it, and re-encoded if not.

        In Chromium, an MP4 of a WebM whose codecs it can hold consists of a new index and of a slice of this
        recording: no packet is written again.

        Parameters
        ----------
        format
            ``"webm"``, ``"mp4"`` (H.264, VP9 or AV1, with Opus), ``"wav"``, ``"ogg"`` (Opus),
            ``"mp3"`` or ``"flac"`` (24 bits if the source has more than 16, otherwise 16). The last four hold
            only sound: the picture is dropped.
        audio
            The codec of the sound: ``"aac"`` makes an ``"mp4"`` that all phones, editors and players play.
            By default, sound that the format can hold is copied.
        bits_per_second
            The bit rate of the picture, or of the sound if the result has no picture. Packets of that kind
            are then re-encoded instead of copied. The encoder uses the nearest rate that it supports. MP3
            supports 32000 to 320000 at sample rates of 32 kHz and more, 8000 to 160000 from 16 to 24 kHz,
            and 8000 to 64000 below. The default for MP3 and AAC is 96000 per channel, 64000 from 16 to
            24 kHz, and 32000 below.
        sample_format
            For ``"wav"`` only: ``"int16"``, the default, or ``"float32"``, which keeps the exact samples.
            Python's module ``wave`` reads only the first.
        on_progress
            Called as ``on_progress(fraction)`` a few times a second and finally with 1.

        Raises
        ------
        NotSupportedError
            This browser cannot do it; the message says what it can do.
        NotFoundError
            The format holds only sound, and the recording has none.
        ValueError
            The format is unknown or cannot hold `audio`, `bits_per_second` is less than 6000 or was given
            for a lossless format, or `sample_format` was given for another format than WAV.

        Cancelling the task ends the work at once.

        >>> mp4 = await recording.convert("mp4", on_progress=lambda fraction: print(f"{fraction:.0%}"))
        >>> mp4.extension
        'mp4'
        >>> small = await recording.convert("mp3", bits_per_second=64_000)
        >>> exact = await recording.convert("wav", sample_format="float32")
        """
        format = checked_format(format)
        options = encoding_options(format, bits_per_second, audio, sample_format)
        options |= _with_chapters(self._markers, self._duration)
        options["inParts"] = self._may_be_in_parts()
        arguments = (self._blob, format, self._duration)
        made = await run_in_engine("convert", "convert", *arguments, on_progress=on_progress, options=options)
        return self._became(made)

    async def _as_wav(self) -> Recording:
        """A take of sound as a WAV, which may be empty."""
        made = await run_in_engine("stop", "takenAsWav", self._blob, self._duration)
        return recording_of(made, self._started_at, self._duration)

    async def trim(
        self,
        start: float = 0.0,
        end: float | None = None,
        *,
        exact: bool = True,
        on_progress: Progress | None = None,
    ) -> Recording:
        """The part from `start` to `end`, in seconds; without `end`, to the end of the recording.

        Parameters
        ----------
        exact
            True cuts exactly at these times and keeps the codecs: packets that the cut would split are
            re-encoded. False copies all packets, which is fast and lossless, but starts at the key frame
            before `start`.

        Raises
        ------
        RangeError
            The part lies outside the recording.
        NotSupportedError
            This browser cannot encode it; ``exact=False`` may work.

        >>> opening = await recording.trim(0, 0.1)
        """
        first, last = _checked_time("start", start), _checked_time("end", end)
        if first is None:
            raise TypeError("start must be a number of seconds, not None")
        if last is not None and first >= last:
            raise RangeError(f"trim: start must be before end, but {first} is not before {last}")
        arguments = (self._blob, first, last, bool(exact), self._duration)
        options = _with_chapters(self._markers, self._duration)
        made = await run_in_engine("trim", "trim", *arguments, on_progress=on_progress, options=options)
        begin = float(made.start)
        markers = between(self._markers, begin, math.inf if last is None else last)
        return self._became(made, markers, later=begin)

    @classmethod
    async def concat(
        cls, recordings: Iterable[Recording], *, on_progress: Progress | None = None
    ) -> Recording:
        """Several recordings, one after the other, in the container of the first.

        Packets are copied if all recordings use the same codec with the same parameters, and re-encoded if
        not.

        Raises
        ------
        NotSupportedError
            Only some of the recordings have a picture, or only some have sound; or the pictures differ in
            size.
        ValueError
            `recordings` is empty.

        >>> twice = await Recording.concat([recording, recording])
        """
        several = list(recordings)
        for recording in several:
            if not isinstance(recording, Recording):
                raise TypeError(f"concat joins Recording objects, not {recording!r}")
        if not several:
            raise ValueError("concat joins at least one recording, but the list is empty")
        blobs = js.Array.of(*(recording.blob for recording in several))
        lengths = js.Array.of(*(recording.duration for recording in several))
        markers, begin = [], 0.0
        for recording in several:
            markers += shifted(recording.markers, begin)
            begin += recording.duration
        options = _with_chapters(markers, begin)
        made = await run_in_engine(
            "concat", "concat", blobs, lengths, on_progress=on_progress, options=options
        )
        return several[0]._became(made, markers)

    async def tags(self) -> dict[str, Any]:
        """The file's metadata: ``title``, ``artist``, ``date`` and so on, as in `with_tags`.

        The date is a `datetime.date` if the file has a complete one, otherwise the file's own text:
        ``"2026"``, ``"2026-11"``, ``"2026-11-24T10:20"``. Several artists or genres are joined into one
        string with ``"; "``. The tags of single tracks and chapters are not included.
        """
        from ._media.tags import from_browser

        return from_browser(to_python(await run_in_engine("tags", "tags", self._blob)))

    async def with_tags(self, **tags: Any) -> Recording:
        """The same packets, with these tags in place of tags of the same names; None removes a tag.

        The tags are ``title``, ``description``, ``artist``, ``album``, ``album_artist``, ``genre``,
        ``comment``, ``lyrics`` (strings), ``date`` (a `datetime.date`, or a string: ``"2026-11-24"``,
        ``"2026-11"``, ``"2026"``, or with a time), ``track_number``, ``tracks_total``, ``disc_number``,
        ``discs_total`` and ``beats_per_minute`` (numbers). Other tags and cover pictures stay as they are.

        Raises
        ------
        NotSupportedError
            The container cannot hold one of the tags; the message names it.

        >>> named = await recording.with_tags(title="Interview", date="2026-11-24")
        >>> (await named.tags())["title"]
        'Interview'
        """
        from ._media.tags import checked, lost, to_browser

        changes = checked(tags)
        wanted = {**await self.tags(), **changes}
        pairs = to_js(to_browser(changes))
        options = _with_chapters(self._markers, self._duration)
        arguments = (self._blob, pairs, self._duration)
        made = self._became(await run_in_engine("with_tags", "withTags", *arguments, options=options))
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
        """The sound as 32-bit floats of shape ``(frames, channels)``, from the beginning of the recording.

        Parameters
        ----------
        sample_rate
            Frames per second, in hertz; by default the rate of the recording. A lower rate filters out the
            frequencies that it cannot represent.
        channels
            The number of columns; by default the number of channels in the recording. One channel is the mean
            of all. If the recording has more than two, ``channels=2`` yields the standard down-mix (ITU-R
            BS.775), which plays the centre on both sides.

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
        """The sound in blocks of `seconds`; the last one may be shorter. Memory holds one block at a time.

        >>> async for block in recording.sample_blocks(0.1):
        ...     print(block.frames, max(memoryview(block).cast("B").cast("f")))
        """
        length = checked_number("seconds", seconds, 0.001)
        if length is None:
            raise TypeError("seconds must be a number, not None")
        async for block in sample_blocks(AudioSamples, self._blob, length, sample_rate, channels):
            yield block

    async def frames(
        self,
        width: int | None = None,
        format: PixelFormat = "rgb",
        start: float | None = None,
        end: float | None = None,
    ) -> AsyncIterator[Frame]:
        """The pictures as arrays of bytes, one after the other; memory holds one at a time.

        All pictures are upright, with square pixels, and have the size of the first one. A later picture with
        a different shape (the phone was turned, or the window resized) is scaled to fit, with bars.

        Parameters
        ----------
        width
            Width in pixels; the height follows. By default the size of the first picture.
        format
            ``"rgb"``, ``"rgba"``, ``"bgr"`` (as OpenCV expects it) or ``"gray"``. In ``"rgba"`` alpha comes
            from the recording, or is 255 if the recording has none; the colours are not multiplied by it. In
            the other formats transparent pictures are drawn on black.
        start, end
            Seconds: yield the pictures that appear at or after `start` and before `end`. A picture that
            appeared earlier and is still visible at `start` is not included: `thumbnail` returns it.

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
        """The lowest and highest sample, ``(min, max)``, in each of `buckets` sections of equal length.

        >>> for low, high in await recording.waveform(100):
        ...     print(low, high)
        """
        from .waveform import Extremes

        count = checked_int("buckets", buckets, 1, 1_000_000)
        if count is None:
            raise TypeError("buckets must be a whole number, not None")
        found = await run_in_engine("waveform", "waveform", self._blob, count, on_progress=on_progress)
        values = memoryview(found.to_bytes()).cast("f")
        return [Extremes(values[place], values[place + 1]) for place in range(0, len(values), 2)]

    async def thumbnail(
        self, at: float = 0.0, *, width: int | None = None, mime_type: str = "image/jpeg"
    ) -> Photo:
        """The picture that is visible at a time, in seconds, as a `Photo`: the last one to appear by then.

        For a time before the first picture, it is the first one. A picture that differs in shape from the
        first one is scaled to fit, with bars. Transparency is kept, except in JPEG, which draws it on black.

        >>> picture = await recording.thumbnail(0.1)
        >>> picture.width, picture.height
        (320, 240)

        Raises
        ------
        NotFoundError
            The recording has no picture.
        RangeError
            The recording ends before that time.
        """
        from .frames import WIDEST
        from .photo import Photo, checked_picture_type

        moment = _checked_time("at", at)
        if moment is None or not isinstance(mime_type, str):
            raise TypeError(f"at must be a time and mime_type a string, not {at!r} and {mime_type!r}")
        width = checked_int("width", width, 1, WIDEST)
        made = await run_in_engine(
            "thumbnail", "thumbnail", self._blob, moment, width, mime_type, self._duration
        )
        checked_picture_type("thumbnail", made.blob, mime_type)
        return Photo(made.blob, str(made.blob.type), int(made.width), int(made.height))

    # Playing, name, display and release

    def play(self) -> Playback:
        """Play the sound, and return at once. Await the result to wait until it has been heard.

        >>> await recording.play()

        Raises
        ------
        NotAllowedError
            From awaiting it: the browser plays no sound before the user has clicked the page or pressed a
            key.
        NotFoundError
            From awaiting it: the recording has no sound.
        EncodingError, NotReadableError
            From awaiting it: the recording is empty, broken or closed; this browser does not play its format;
            the system has no audio output.
        """
        from .playback import Playback

        return Playback(self)

    # Servers

    async def post(
        self,
        url: str,
        *,
        field: str = "file",
        name: str | None = None,
        data: Mapping[str, Value | Sequence[Value]] | None = None,
        headers: Mapping[str, str] | None = None,
        on_progress: Progress | None = None,
    ) -> Response:
        """Send the recording to a server as a form, as a browser sends a chosen file.

        The browser reads the data while it sends it; Python's memory does not hold it. Cancelling the task
        ends the request. The server gets nothing a second time: to survive a cut, use `upload`.

        Parameters
        ----------
        url
            Absolute, with http or https. A server of another origin must allow this page (CORS). Redirects
            to another origin are refused.
        field
            The name of the form's field with the file.
        name
            The name of the file; by default the one that `save` uses.
        data
            Other fields of the form: strings, numbers, or lists of them.
        headers
            Further headers of the request, such as ``{"Authorization": "Bearer …"}``.
        on_progress
            Called as ``on_progress(fraction)`` a few times a second and finally with 1.

        Raises
        ------
        UploadError
            The address is unusable, the server does not answer, or refuses the recording with a status of
            300 or more (``.status``, ``.response``), or the data is gone. The recording stays as it is.
        TypeError, ValueError
            An argument is invalid.

        ::

            response = await recording.post("https://example.org/talks", data={"title": "Interview"})
            print(response.status, await response.json())
        """
        from .upload import post

        return await post(self, url, field, name, data, headers, on_progress)

    async def put(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        on_progress: Progress | None = None,
    ) -> Response:
        """Send the bytes of the recording with PUT, as presigned URLs of S3 and others expect them.

        The browser sets the ``Content-Type`` to `mime_type`, unless `headers` has one. Everything else is as
        for `post`.

        ::

            await recording.put(presigned_url, headers={"Content-Type": "video/webm"})
        """
        from .upload import transfer

        return await transfer("put", self, url, headers, on_progress, method="PUT")

    def upload(
        self,
        endpoint: str,
        *,
        metadata: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        chunk_size: int | None = None,
        on_progress: Progress | None = None,
    ) -> Upload:
        """Send the recording to a server that speaks tus, as an upload that goes on after a cut.

        It begins at once. For a recording in a store, `RecordingStore.upload` does the same and goes on even
        after a reload of the page.

        Parameters
        ----------
        endpoint
            Where the server creates uploads: absolute, with http or https. A server of another origin must
            allow this page (CORS). Redirects to another origin are refused.
        metadata
            What the server is told about it: strings with keys in ASCII. ``filename`` and ``filetype`` are
            always there.
        headers
            Further headers of each request, such as ``{"Authorization": "Bearer …"}``.
        chunk_size
            Bytes of each request. By default as many as take about 2 s, because the progress is known when a
            request ends. (S3 moves parts of 5 MiB twice if requests are smaller.)
        on_progress
            Called as ``on_progress(fraction)`` after each request and finally with 1.

        Raises
        ------
        UploadError
            The address is unusable. From awaiting it: the server refuses the upload, or does not answer for a
            minute; the data is gone. The recording stays as it is.

        ::

            await recording.upload("https://example.org/files/")
        """
        from .upload import Source, Upload

        self._upload = Upload(
            Source(self),
            endpoint,
            metadata=metadata,
            headers=headers,
            chunk_size=chunk_size,
            on_progress=on_progress,
        )
        return self._upload

    @property
    def uploaded(self) -> Upload:
        """The upload of this recording: await it to wait until the server has everything.

        Raises
        ------
        InvalidStateError
            It has none: call `upload`, or record with ``upload=``.
        """
        if self._upload is None:
            raise InvalidStateError("uploaded: this recording has no upload. Call upload(endpoint).")
        return self._upload

    def _became(self, made: Any, markers: list[Marker] | None = None, later: float = 0.0) -> Recording:
        recording = recording_of(made, self._started_at + later)
        recording._markers = self.markers if markers is None else markers
        return recording

    def _default_name(self) -> str:
        return time.strftime("recording-%Y-%m-%d-%H-%M-%S", time.localtime(self._started_at))

    def close(self) -> None:
        """Release the `url`, and the temporary file that holds a large result of `convert()` and similar
        calls.

        Without such a file, the data stays readable; using `url` later creates a new one.
        """
        super().close()
        self._walk = None
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
        An array of shape ``(frames, channels)`` or ``(frames,)``: from numpy, `array.array` or any object
        with the buffer protocol. Floats are used unchanged; integers of 8, 16 and 32 bits are treated as PCM
        and scaled.
    sample_rate
        Frames per second, in hertz.

    Attributes
    ----------
    timestamp
        Of a block of `MediaStream.blocks`: when it begins, in seconds since the first frame of the loop.
    lost
        Of such a block: how many frames are missing right before it.

    Raises
    ------
    TypeError, ValueError
        `data` is not such an array or is empty, or the rate is not a whole number from 1 to 768000.
    """

    async def to_recording(
        self,
        format: str = "wav",
        *,
        audio: str | None = None,
        bits_per_second: int | None = None,
        sample_format: SampleFormat | None = None,
        on_progress: Callable[[float], Any] | None = None,
    ) -> Recording:
        """Make a recording, with its player, from the samples.

        Parameters
        ----------
        format
            ``"wav"`` (16 bits, lossless except for the rounding), ``"flac"`` (the same with 24 bits),
            ``"webm"``, ``"ogg"``, ``"mp4"`` (Opus) or ``"mp3"``. Values outside -1 to 1 are clipped. If the
            encoder does not support the sample rate, 48000 Hz is used.
        audio, bits_per_second
            The codec and its bit rate; see `Recording.convert`.
        sample_format
            ``"float32"`` makes a WAV with exactly these samples, without clipping.
        on_progress
            Called as ``on_progress(fraction)`` a few times a second and finally with 1.

        Raises
        ------
        NotSupportedError
            This browser cannot encode it.
        EncodingError
            A sample is NaN or infinite.
        ValueError
            As for `Recording.convert`.

        Examples
        --------
        >>> samples = await recording.samples()
        >>> wav = await samples.to_recording("wav")
        >>> wav.mime_type, wav.duration
        ('audio/wav', 0.3)
        """
        made = await encoded(self, format, audio, bits_per_second, sample_format, on_progress)
        return recording_of(made)

    def play(self) -> Playback:
        """Play the samples, and return at once. Await the result to wait until they have been heard.

        >>> samples = await recording.samples()
        >>> playback = samples.play()
        >>> await playback

        Values outside -1 to 1 are clipped. Errors are those of `Recording.play`; `EncodingError` also says
        that a sample is NaN or infinite.
        """
        from .playback import Playback

        return Playback(self)


async def so_far(writer: FileWriter) -> Recording | None:
    """The file of a writer after an error, or None if there is none."""
    if writer.closed:
        return None
    try:
        return recording_of(await writer.finish())
    except (MediaError, TypeError):  # nothing was written, or it is the encoder that failed
        return None


def recording_of(made: Any, started_at: float | None = None, duration: float | None = None) -> Recording:
    """A recording made from the engine's result (`Result` in static/library/media/result.js)."""
    recording = Recording(
        made.blob,
        str(made.mimeType),
        duration=float(made.duration) if duration is None else duration,
        started_at=time.time() if started_at is None else started_at,
        js_chunks=js.Array.of(made.blob),
    )
    remove = getattr(made, "remove", None)
    recording._remove = None if is_nullish(remove) else remove
    if not is_nullish(note := getattr(made, "note", None)):
        log.info("%s", note)
    return recording


def _with_chapters(markers: list[Marker], duration: float) -> dict[str, Any]:
    """Options of `run_in_engine`: the markers become chapters of the file."""
    return {"chapters": chapters(markers, duration)} if markers else {}


def _checked_time(what: str, value: Any) -> float | None:
    seconds = checked_number(what, value, -math.inf)
    if seconds is not None and seconds < 0:
        raise RangeError(f"{what} must be a time in the recording, at least 0, not {value!r}")
    return seconds
