"""The browser's MediaRecorder with Python names."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from ._checks import LOWEST_BIT_RATE, checked_bit_rate, checked_int, checked_number
from ._constraints import camel_case
from ._host.browser import is_chromium, is_nullish, js_object, media_recorder_class, realm, translated
from .errors import InvalidStateError, MediaError, NotSupportedError
from .events import Event, EventTarget, HandlerAttribute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Literal, Self

    from ._recorder.take import Take
    from .chunk import Chunk
    from .markers import Marker
    from .outcome import Outcome
    from .recording import Recording
    from .store import RecordingStore
    from .streams import MediaStream

_CANDIDATES = (
    "video/webm",
    *(f"video/webm;codecs={video},opus" for video in ("vp8", "vp9", "av1", "h264")),
    "video/mp4",
    "video/mp4;codecs=avc1.42E01E,mp4a.40.2",
    *(f"video/mp4;codecs={video},opus" for video in ("avc1.42E01E", "vp9", "av01.0.04M.08")),
    "video/x-matroska",
    "video/x-matroska;codecs=avc1,opus",
    "audio/webm",
    "audio/webm;codecs=opus",
    "audio/webm;codecs=pcm",
    "audio/ogg",
    "audio/ogg;codecs=opus",
    "audio/mp4",
    "audio/mp4;codecs=opus",
    "audio/mp4;codecs=mp4a.40.2",
)
"""Containers and codecs that some browser can record. Browsers offer no list; they only say whether they
support a given type."""
_WAV_SOURCES = ("audio/webm;codecs=pcm", "audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4")
"""What to record for a WAV, in order of preference."""
_WAV = re.compile(r'audio/(x-)?wave?(\s*;\s*codecs\s*=\s*"?1"?)?', re.IGNORECASE)
"""MIME types of a WAV; the codec 1 is PCM."""
BEGINS_WITHIN = 5.0
"""Seconds for which `async with` waits for `start` in Firefox."""
TIMESLICE = 1.0
"""Default number of seconds between the chunks of a take that goes to a store."""
WAV_TIMESLICE = 0.25
"""The same for a take that becomes a WAV: what arrives after `stop()` is still to be converted."""
LOWEST_OF_PICTURES = 10_000
"""Bits per second: Firefox's own minimum. Below 1000, Chromium's VP8 records nothing.
(quirk: chromium-vp8-records-nothing-at-low-bit-rates)"""
LOWEST_OF_BOTH = 60_000
"""Bits per second. At 12,000, Firefox leaves so little for the sound that it records silence.
(quirk: firefox-records-silence-at-low-bit-rates)"""
_ONE_OF_EACH = (
    ("audio", "audio tracks", "`await mix(stream)` combines them into one."),
    (
        "video",
        "video tracks",
        "choose one, as in MediaStream([picture, *stream.audio_tracks]).",
    ),
)


class MediaRecorder(EventTarget):
    """Records a stream.

    Every verb acts at once, when it is called, and returns an awaitable for the browser's answer. You do not
    have to await it.

    >>> recorder = MediaRecorder(stream)
    >>> recorder.start()
    >>> recording = await recorder.stop()

    Parameters
    ----------
    stream
        A `MediaStream`, or the browser's own object.
    mime_type
        Container and codecs, or a list in order of preference: the recorder takes the first one that the
        browser can record. Without it the browser chooses. With ``"audio/wav"`` the browser records PCM, or
        Opus if it cannot, as the property `mime_type` says, and the recording is a WAV of 16 bits; see
        `start`.
    audio_bits_per_second, video_bits_per_second, bits_per_second
        Bits per second (64000 means 64 kbit/s) for the sound (at least 6000), for the pictures (at least
        10000), or for both together (at least 60000).
    audio_bitrate_mode
        ``"constant"`` or ``"variable"``. Firefox ignores it.
    video_key_frame_interval_duration
        Seconds between key frames.
    video_key_frame_interval_count
        Frames between key frames. Pass at most one of these two options.
    store
        A `RecordingStore`: chunks go to disk as they arrive, and 4 MB stay in memory. The timeslice then
        defaults to 1 s, and the container to one that stays readable after a crash: WebM, where the browser
        supports it.

    Raises
    ------
    NotSupportedError
        The browser can record none of these types; the message lists the types it can record. Or the stream
        has several live audio or video tracks: a recorder records one of each, and `mix` combines several
        audio tracks into one. Or the type is ``"audio/wav"``, but the stream has a picture.
    TypeError, ValueError
        An argument is invalid, or a bit rate is so low that another unit must be meant. An MP4 cannot go to
        a store, because the browser writes the file at the very end.

    See https://developer.mozilla.org/docs/Web/API/MediaRecorder.
    """

    EVENTS = ("start", "dataavailable", "pause", "resume", "stop", "error")
    onstart, ondataavailable, onpause = HandlerAttribute(), HandlerAttribute(), HandlerAttribute()
    onresume, onstop, onerror = HandlerAttribute(), HandlerAttribute(), HandlerAttribute()

    def __init__(
        self,
        stream: MediaStream | Any,
        *,
        mime_type: str | Sequence[str] | None = None,
        audio_bits_per_second: int | None = None,
        video_bits_per_second: int | None = None,
        bits_per_second: int | None = None,
        audio_bitrate_mode: Literal["constant", "variable"] | None = None,
        video_key_frame_interval_duration: float | None = None,
        video_key_frame_interval_count: int | None = None,
        store: RecordingStore | None = None,
    ) -> None:
        # Imported late: a page needs these modules only when it records, and `start()` must find them loaded.
        from ._recorder.sinks import checked_store
        from ._recorder.steady import prepare
        from ._recorder.take import Take
        from .streams import MediaStream

        super().__init__()
        self._make_take, self._make_stream = Take, MediaStream
        self._stream = stream if isinstance(stream, MediaStream) else MediaStream(stream)
        self._store = checked_store(store)
        self._wav = False
        """Whether the browser's PCM or Opus becomes a WAV."""
        if audio_bitrate_mode not in (None, "constant", "variable"):
            raise ValueError(
                f'audio_bitrate_mode must be "constant" or "variable", not {audio_bitrate_mode!r}'
            )
        interval = checked_number(
            "video_key_frame_interval_duration", video_key_frame_interval_duration, 0.001
        )
        options = {
            "mime_type": self._type_to_record(mime_type),
            "audio_bits_per_second": checked_bit_rate("audio_bits_per_second", audio_bits_per_second),
            "video_bits_per_second": checked_bit_rate(
                "video_bits_per_second", video_bits_per_second, LOWEST_OF_PICTURES
            ),
            "bits_per_second": checked_bit_rate("bits_per_second", bits_per_second, self._lowest_bit_rate()),
            "audio_bitrate_mode": audio_bitrate_mode,
            "video_key_frame_interval_duration": None if interval is None else interval * 1000,
            "video_key_frame_interval_count": checked_int(
                "video_key_frame_interval_count", video_key_frame_interval_count
            ),
        }
        self._options = js_object(
            {camel_case(name): value for name, value in options.items() if value is not None}
        )
        js_stream = self._recordable()
        self._js = self._fresh_browser_recorder(js_stream)
        prepare(js_stream)
        self._take: Take | None = None
        self._living: list[Take] = []
        self._recording: Recording | None = None

    def _lowest_bit_rate(self) -> int:
        if not self._stream.video_tracks:
            return LOWEST_BIT_RATE
        return LOWEST_OF_BOTH if self._stream.audio_tracks else LOWEST_OF_PICTURES

    def _recordable(self) -> Any:
        """The browser's stream. If it has several tracks of a kind, the ended ones are left out: Chromium
        records the first of a kind, even an ended one (quirk: chromium-records-the-first-of-several)."""
        tracks = self._stream.tracks
        live = [track for track in tracks if track.ready_state == "live"]
        for kind, name, advice in _ONE_OF_EACH:
            count = sum(track.kind == kind for track in live)
            if count > 1:
                raise NotSupportedError(
                    f"The stream has {count} {name}, but a recorder records one of each kind: {advice}"
                )
        unclear = live and len(tracks) > len({track.kind for track in tracks})
        return (self._make_stream(live) if unclear else self._stream).js

    def _fresh_browser_recorder(self, js_stream: Any) -> Any:
        with translated("MediaRecorder"):
            return media_recorder_class().new(js_stream, self._options)

    # Types

    @staticmethod
    def is_type_supported(mime_type: str) -> bool:
        """Whether this browser says that it can record this container with these codecs. True for
        ``"audio/wav"``, which no browser records: the library makes it.

        >>> MediaRecorder.is_type_supported("audio/unheard-of")
        False
        """
        if not isinstance(mime_type, str):
            raise TypeError(f"a mime type must be a string, not {mime_type!r}")
        return bool(media_recorder_class().isTypeSupported(mime_type)) or is_wav(mime_type)

    @classmethod
    def supported_types(cls) -> list[str]:
        """The containers and codecs that this browser says it can record, out of those that any browser can
        record. (So ``"audio/wav"`` is not among them.)"""
        return [mime_type for mime_type in _CANDIDATES if cls.is_type_supported(mime_type)]

    @classmethod
    def choose_type(cls, wanted: str | Sequence[str] | None) -> str | None:
        """The first of the wanted types that this browser says it can record, or None if `wanted` is None.

        Raises
        ------
        NotSupportedError
            The browser can record none of them; the message lists the types it can record.
        """
        if wanted is None:
            return None
        choices = [wanted] if isinstance(wanted, str) else list(wanted)
        if not choices:
            raise ValueError("mime_type is an empty list; omit it to let the browser choose")
        for mime_type in choices:
            if cls.is_type_supported(mime_type):
                return mime_type
        raise NotSupportedError(
            f"This browser cannot record {' or '.join(map(repr, choices))}. It can record: "
            f"{', '.join(cls.supported_types())}."
        )

    def _type_to_record(self, wanted: str | Sequence[str] | None) -> str | None:
        """The type for the browser's recorder. For a store, only containers that stay readable wherever the
        file is cut off."""
        pictures = bool(self._stream.video_tracks)
        if wanted is None:
            webm = f"{'video' if pictures else 'audio'}/webm"
            return webm if self._store and self.is_type_supported(webm) else None
        if self._store:
            wanted = storable(wanted)
        chosen = self.choose_type(without_wav(wanted) if pictures else wanted)
        self._wav = is_wav(chosen)
        if not self._wav:
            return chosen
        sources = storable(_WAV_SOURCES) if self._store else _WAV_SOURCES
        return next(filter(self.is_type_supported, sources), None)

    # The current state

    @property
    def js(self) -> Any:
        """The browser's recorder for the current take. Each take after the first gets a new one.

        If the picture may stop changing and there is also sound, this recorder's ``stream`` is one that the
        library made: it repeats the last picture. The property `stream` is always the stream that you passed.

        After `stop()` in a busy page its state stays ``"paused"`` until it has delivered the pending data.
        """
        return self._js

    @property
    def stream(self) -> MediaStream:
        return self._stream

    @property
    def state(self) -> Literal["inactive", "recording", "paused"]:
        if self._take:
            return self._take.state
        state: Literal["inactive", "recording", "paused"] = self._js.state
        return state

    @property
    def mime_type(self) -> str:
        """The type that was requested or is being recorded. It can change when recording starts;
        `Recording.mime_type` is the type of the result."""
        asked = getattr(self._options, "mimeType", "")
        done = self._recording.mime_type if self._recording and not self._wav else ""
        return str(self._js.mimeType) or done or str(asked)

    @property
    def audio_bits_per_second(self) -> int:
        return int(self._js.audioBitsPerSecond)

    @property
    def video_bits_per_second(self) -> int:
        return int(self._js.videoBitsPerSecond)

    @property
    def audio_bitrate_mode(self) -> str:
        """``"constant"`` or ``"variable"``. A browser without this option uses a variable bit rate."""
        mode = getattr(self._js, "audioBitrateMode", None)
        return "variable" if is_nullish(mode) else str(mode)

    @property
    def duration(self) -> float:
        """Seconds recorded so far in this take, without pauses."""
        return self._take.duration if self._take else 0.0

    @property
    def size(self) -> int:
        """Bytes delivered so far in this take. Without a timeslice the browser delivers all data at the
        end."""
        return self._take.size if self._take else 0

    @property
    def recording(self) -> Recording | None:
        """The recording of the last finished take; None before the first take has finished."""
        return self._recording

    @property
    def finished(self) -> Outcome[Recording]:
        """The end of this take, whatever causes it: await it to get the `Recording`.

        It stays bound to the take that was the current one when you read the property.

        Raises
        ------
        InvalidStateError
            No take has been started yet.
        RecordingError
            (when awaited) The take ended with an error; the exception holds the recording so far.
        """
        if self._take is None:
            raise InvalidStateError("finished: no take has been started yet. Call start() first.")
        return self._take.finished

    # The verbs

    def start(self, timeslice: float | None = None) -> Outcome[None]:
        """Begin a take.

        Parameters
        ----------
        timeslice
            Seconds between ``dataavailable`` events, at least 0.001. Without it the data arrives at the end,
            every second if the take goes to a store, or every 0.25 s if it becomes a WAV. (The chunks of
            such a take are the browser's PCM or Opus. The WAV is made from them as they arrive.) Chromium
            writes the duration into a WebM file only without a timeslice.

        Returns
        -------
        Outcome[None]
            Await it for the browser's ``start`` event. Chromium fires that event when the first encoded data
            exists, so it never fires for a silent stream; the awaitable then settles with the take.

        Raises
        ------
        InvalidStateError
            A take is already running.
        NotSupportedError
            No track of the stream is live, or several of one kind are.
        NotAllowedError
            The picture comes from a canvas, and the browser falsifies canvases (Firefox,
            privacy.resistFingerprinting).

        See https://developer.mozilla.org/docs/Web/API/MediaRecorder/start.
        """
        from ._recorder.steady import refuse_noise, steadied

        # At 0, browsers flood the page with chunks (quirk: engines-accept-a-timeslice-of-0).
        timeslice = checked_number("timeslice", timeslice, 0.001)
        if timeslice is None and (self._store or self._wav):
            timeslice = TIMESLICE if self._store else WAV_TIMESLICE
        if self.state != "inactive":
            raise InvalidStateError(f"start: the recorder is already {self.state}. Stop it first.")
        if all(track.ready_state == "ended" for track in self._stream.tracks):
            # Chromium would record 110 bytes without any sound or picture.
            # (quirk: chromium-records-ended-tracks)
            raise NotSupportedError("start: the stream has no live track. Open the device again.")
        js_stream, js_recorder = self._recordable(), self._js
        refuse_noise(js_stream)
        steady = steadied(js_stream, timeslice)
        try:
            # Each take has its own recorder (quirk: engines-interleave-takes).
            if steady or self._take is not None or js_recorder.stream != js_stream:
                js_recorder = self._fresh_browser_recorder(steady.js_stream if steady else js_stream)
            take = self._make_take(js_recorder, self._hear, self._store, steady, self._wav)
            started = take.start(timeslice)
        except BaseException:
            if steady:
                steady.close()
            raise
        self._js, self._take = js_recorder, take
        self._living.append(take)
        if self._listened("dataavailable"):
            take.listen_to_data()
        return started

    def pause(self) -> Outcome[None]:
        """Pause until `resume()`; the recording skips this time. Await the call for the browser's ``pause``.

        The call does nothing if the recorder is paused, and raises `InvalidStateError` if it is inactive.
        """
        return self._running_take("pause").pause()

    def resume(self) -> Outcome[None]:
        """Continue after a pause. Await the call for the browser's ``resume``.

        The call does nothing if the recorder is recording, and raises `InvalidStateError` if it is inactive.
        """
        return self._running_take("resume").resume()

    def mark(self, text: str = "") -> Marker:
        """Mark this moment of the take. `Recording.markers` has all markers; `markers_vtt` makes captions of
        them.

        If the take goes to a store, the marker is on disk at once and survives a crash.

        >>> recorder.start()
        >>> marker = recorder.mark("Question 2")
        >>> recording = await recorder.stop()
        >>> recording.markers == [marker]
        True

        Raises
        ------
        InvalidStateError
            The recorder is inactive.
        """
        if not isinstance(text, str):
            raise TypeError(f"the text of a marker must be a string, not {text!r}")
        return self._running_take("mark").mark(text)

    def request_data(self) -> Outcome[Chunk]:
        """Request the data recorded since the last chunk. Await the call to get the `Chunk`; it can be empty.

        Raises
        ------
        InvalidStateError
            The recorder is inactive.
        AbortError
            (when awaited) The take ended before another chunk arrived.
        """
        return self._running_take("request_data").request_data()

    def stop(self, *, drain: bool = False) -> Outcome[Recording]:
        """End the take. The state is ``"inactive"`` when this returns, awaited or not.

        The browser then fires ``dataavailable`` with the rest of the data, and ``stop``. After both, the
        awaitable returns the `Recording` with every byte, including what was recorded while Python kept the
        page busy. You can write it as a bare statement in a click handler.

        Parameters
        ----------
        drain
            On a busy machine Chromium drops pictures that its encoder still holds. With True the take stops
            recording at once but ends only when all of them have arrived, after 30 s at most. Without a
            timeslice, this requires WebM.

        Raises
        ------
        InvalidStateError
            The recorder is inactive. The call raises this error, not the await. (MDN specifies it. Current
            browsers ignore the call instead, as the W3C text says, so the library checks the state.) If the
            last take ended by itself, `recording` holds its result.
        RecordingError
            (when awaited) The take ended with an error; the exception holds the recording so far.

        See https://developer.mozilla.org/docs/Web/API/MediaRecorder/stop.

        Examples
        --------
        >>> recorder.start()
        >>> recording = await recorder.stop()
        >>> recorder.state
        'inactive'
        """
        take = self._running_take("stop")
        # (quirk: chromium-drops-late-pictures-at-stop)
        return take.stop(drain=drain and bool(self._stream.video_tracks) and is_chromium())

    def _running_take(self, doing: str) -> Take:
        # Browsers ignore such a call (quirk: engines-ignore-stop-when-inactive).
        if self._take is None or self.state == "inactive":
            from ._recorder.take import refuse_inactive

            raise refuse_inactive(doing, self._take)
        return self._take

    # The whole take in one statement

    async def chunks(self, timeslice: float | None = 1.0) -> AsyncIterator[Chunk]:
        """Yield each `Chunk` as it arrives, until the take ends for any reason.

        If the recorder is inactive, this starts it with the given timeslice. If a take is running, this joins
        it, from its first chunk on, or from the next chunk on if the take goes to a store. If you leave the
        loop early, the recorder keeps recording.

        >>> async for chunk in recorder.chunks(timeslice=0.5):
        ...     upload(await chunk.bytes())
        ...     if enough and recorder.state == "recording":
        ...         recorder.stop()

        Raises
        ------
        RecordingError
            The take ended with an error, after its last chunk.
        """
        from ._recorder.take import OVER

        timeslice = checked_number("timeslice", timeslice, 0.001)
        if self.state == "inactive":
            self.start(timeslice)
        take = self._take
        assert take is not None
        coming = take.follow()
        try:
            while True:
                news = take.news()
                while coming:
                    yield coming.popleft()
                if take.phase == OVER:
                    break
                await news
        finally:
            take.unfollow(coming)
        await take.finished

    async def __aenter__(self) -> Self:
        started = self.start()
        if realm() == "page" and not is_chromium():
            # A body that keeps the page busy would delay Firefox's recorder
            # (quirk: firefox-records-from-the-next-task).
            take = self._take
            try:
                await asyncio.wait_for(started, BEGINS_WITHIN)
            except (TimeoutError, MediaError):
                pass  # a stream that delivers nothing yet; the end of the block raises the take's error
            except BaseException:
                if take is not None and take.state != "inactive":
                    take.stop()
                raise
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        take = self._take
        assert take is not None
        if take.state != "inactive":
            take.stop()
        try:
            await take.finished
        except Exception:
            if error is None:  # the body's own exception takes precedence
                raise

    # Events of the current take's browser recorder.

    def _hear(self, take: Take, event: Event) -> None:
        if event.type == "stop":
            self._recording = take.recording
            self._living.remove(take)
        self._dispatch(event)

    def _listen(self, type: str) -> None:
        if type == "dataavailable":
            for take in self._living:
                take.listen_to_data()

    def __repr__(self) -> str:
        return f"<MediaRecorder {self.state} {self.mime_type!r}>"


def type_that_keeps_up(stream: MediaStream) -> str | None:
    """The default type for pictures: VP9 in Chromium, whose VP8 lags behind (docs/performance.md).

    (quirk: chromium-vp8-lags)
    """
    vp9 = "video/webm;codecs=vp9"
    keeps_up = stream.video_tracks and is_chromium() and MediaRecorder.is_type_supported(vp9)
    return vp9 if keeps_up else None


def storable(wanted: str | Sequence[str]) -> list[str]:
    """The types whose data stays readable wherever the file is cut off."""
    choices = [wanted] if isinstance(wanted, str) else list(wanted)
    lasting = [choice for choice in choices if not _is_mp4(choice)]
    if choices and not lasting:
        raise ValueError(
            f"{' and '.join(map(repr, choices))} cannot go to a store: an MP4 is readable only once its end "
            f'is written, so a crash would lose all of it. Record WebM, then call convert("mp4").'
        )
    return lasting


def without_wav(wanted: str | Sequence[str]) -> list[str]:
    """The types that can hold a picture or are at least recorded by browsers: all but WAV."""
    choices = [wanted] if isinstance(wanted, str) else list(wanted)
    others = [choice for choice in choices if not is_wav(choice)]
    if choices and not others:
        raise NotSupportedError(
            "A WAV has no picture, but one is to be recorded. Record the sound alone "
            "(video=False, or MediaStream(stream.audio_tracks)), or record another type and call "
            'convert("wav").'
        )
    return others


def is_wav(mime_type: object) -> bool:
    return isinstance(mime_type, str) and _WAV.fullmatch(mime_type.strip()) is not None


def _is_mp4(mime_type: object) -> bool:
    return isinstance(mime_type, str) and mime_type.split(";")[0].strip().lower().endswith("/mp4")
