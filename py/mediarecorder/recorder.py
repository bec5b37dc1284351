"""The browser's MediaRecorder in Python words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._checks import LOWEST_BIT_RATE, checked_bit_rate, checked_int, checked_number
from ._constraints import camel_case
from ._host.browser import is_nullish, js_object, media_recorder_class, translated
from ._recorder.sinks import checked_store
from ._recorder.steady import prepare, refuse_noise, steadied
from ._recorder.take import OVER, Take, refuse_inactive
from .errors import InvalidStateError, NotSupportedError
from .events import Event, EventTarget, HandlerAttribute
from .streams import MediaStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Literal, Self

    from .chunk import Chunk
    from .outcome import Outcome
    from .recording import Recording
    from .store import RecordingStore

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
"""Containers and codecs that some browser can record; browsers answer questions but give no list."""
TIMESLICE = 1.0
"""Seconds between two chunks of a take that goes to a store, unless told otherwise."""
LOWEST_OF_PICTURES = 10_000
"""Bits per second: Firefox's own lowest. Of less than 1000 Chromium's VP8 records nothing."""
LOWEST_OF_BOTH = 60_000
"""Bits per second: of 12,000 Firefox leaves so little to the sound that it is silence."""
_ONE_OF_EACH = (
    ("audio", "sounds", "`await mix(stream)` makes one of them."),
    (
        "video",
        "pictures",
        "choose one, as in MediaStream([picture, *stream.audio_tracks]).",
    ),
)


class MediaRecorder(EventTarget):
    """Records a stream.

    Every verb acts at once, when it is called, and returns an awaitable for the browser's answer. You
    need not await it.

    >>> recorder = MediaRecorder(stream)
    >>> recorder.start()
    >>> recording = await recorder.stop()

    Parameters
    ----------
    stream
        A `MediaStream`, or the browser's own.
    mime_type
        Container and codecs, or several in order of preference: the first that the browser can record
        is taken. Without one the browser chooses.
    audio_bits_per_second, video_bits_per_second, bits_per_second
        Bits per second (64 kbit/s are 64000) for the sound, at least 6000, the pictures, at least 10000, or
        all together, of sound and pictures at least 60000.
    audio_bitrate_mode
        ``"constant"`` or ``"variable"``. Firefox takes no notice of it.
    video_key_frame_interval_duration
        Seconds between two key frames.
    video_key_frame_interval_count
        Frames between two key frames; only one of the two may be given.
    store
        A `RecordingStore`: chunks go to disk as they come and 4 MB stay in memory. The timeslice is then 1 s
        unless given, and the container one that a crash leaves readable, WebM where the browser has it.

    Raises
    ------
    NotSupportedError
        The browser can record none of these types; the message names those it can. Or the stream has
        several live sounds or pictures: a recorder takes one of each, and `mix` makes one of several sounds.
    TypeError, ValueError
        An argument is of no use, or a bit rate so low that it must be meant in another unit. An MP4 cannot
        go to a store: it is written at the very end.

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
        super().__init__()
        self._stream = stream if isinstance(stream, MediaStream) else MediaStream(stream)
        self._store = checked_store(store)
        if audio_bitrate_mode not in (None, "constant", "variable"):
            raise ValueError(f'audio_bitrate_mode is "constant" or "variable", not {audio_bitrate_mode!r}')
        interval = checked_number(
            "video_key_frame_interval_duration", video_key_frame_interval_duration, 0.001
        )
        options = {
            "mime_type": self.choose_type(mime_type) if store is None else self._type_for_store(mime_type),
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
        """The browser's stream. Of several of a kind Chromium takes the first, even if it has ended."""
        tracks = self._stream.tracks
        live = [track for track in tracks if track.ready_state == "live"]
        for kind, name, advice in _ONE_OF_EACH:
            count = sum(track.kind == kind for track in live)
            if count > 1:
                raise NotSupportedError(
                    f"The stream has {count} {name}, and a recorder takes one of each kind: {advice}"
                )
        unclear = live and len(tracks) > len({track.kind for track in tracks})
        return (MediaStream(live) if unclear else self._stream).js

    def _fresh_browser_recorder(self, js_stream: Any) -> Any:
        with translated("MediaRecorder"):
            return media_recorder_class().new(js_stream, self._options)

    # Types

    @staticmethod
    def is_type_supported(mime_type: str) -> bool:
        """Whether this browser says that it can record this container and these codecs.

        >>> MediaRecorder.is_type_supported("audio/unheard-of")
        False
        """
        if not isinstance(mime_type, str):
            raise TypeError(f"a mime type is a string, not {mime_type!r}")
        return bool(media_recorder_class().isTypeSupported(mime_type))

    @classmethod
    def supported_types(cls) -> list[str]:
        """The containers and codecs that this browser says it can record, out of those any browser can."""
        return [mime_type for mime_type in _CANDIDATES if cls.is_type_supported(mime_type)]

    @classmethod
    def choose_type(cls, wanted: str | Sequence[str] | None) -> str | None:
        """The first of the wanted types that this browser says it can record; None if none is wanted.

        Raises
        ------
        NotSupportedError
            It can record none of them; the message names those it can.
        """
        if wanted is None:
            return None
        choices = [wanted] if isinstance(wanted, str) else list(wanted)
        if not choices:
            raise ValueError("mime_type is an empty list; leave it out to let the browser choose")
        for mime_type in choices:
            if cls.is_type_supported(mime_type):
                return mime_type
        raise NotSupportedError(
            f"This browser cannot record {' or '.join(map(repr, choices))}. It can record: "
            f"{', '.join(cls.supported_types())}."
        )

    def _type_for_store(self, wanted: str | Sequence[str] | None) -> str | None:
        """The same among containers that can be read wherever they are cut off."""
        if wanted is not None:
            return self.choose_type(storable(wanted))
        webm = f"{'video' if self._stream.video_tracks else 'audio'}/webm"
        return webm if self.is_type_supported(webm) else None

    # What it is like now

    @property
    def js(self) -> Any:
        """The browser's recorder of the current take. Each take after the first has a fresh one.

        Where a picture that may stand still is recorded with sound, its ``stream`` is one of ours, in which
        the last picture is repeated; `stream` stays yours.

        After `stop()` in a busy page it stays ``"paused"`` until it has handed over what waited.
        """
        return self._js

    @property
    def stream(self) -> MediaStream:
        return self._stream

    @property
    def state(self) -> Literal["inactive", "recording", "paused"]:
        state: Literal["inactive", "recording", "paused"] = self._js.state
        return self._take.state if self._take else state

    @property
    def mime_type(self) -> str:
        """What is asked for or being recorded. It can change when recording starts; `Recording.mime_type`
        tells what it came to."""
        asked = getattr(self._options, "mimeType", "")
        done = self._recording.mime_type if self._recording else ""
        return str(self._js.mimeType) or done or str(asked)

    @property
    def audio_bits_per_second(self) -> int:
        return int(self._js.audioBitsPerSecond)

    @property
    def video_bits_per_second(self) -> int:
        return int(self._js.videoBitsPerSecond)

    @property
    def audio_bitrate_mode(self) -> str:
        """``"constant"`` or ``"variable"``; a browser without the choice is variable."""
        mode = getattr(self._js, "audioBitrateMode", None)
        return "variable" if is_nullish(mode) else str(mode)

    @property
    def duration(self) -> float:
        """Seconds recorded so far in this take, pauses left out."""
        return self._take.duration if self._take else 0.0

    @property
    def size(self) -> int:
        """Bytes delivered so far in this take. Without a timeslice the browser delivers at the end."""
        return self._take.size if self._take else 0

    @property
    def recording(self) -> Recording | None:
        """What the last finished take left; None before."""
        return self._recording

    @property
    def finished(self) -> Outcome[Recording]:
        """The end of this take, whoever brings it about: await it for the `Recording`.

        It stays bound to the take during which it was fetched.

        Raises
        ------
        InvalidStateError
            Nothing was ever started.
        RecordingError
            (when awaited) The take ended with an error; the exception has the recording so far.
        """
        if self._take is None:
            raise InvalidStateError("finished: no take was started yet. Call start() first.")
        return self._take.finished

    # The verbs

    def start(self, timeslice: float | None = None) -> Outcome[None]:
        """Begin a take.

        Parameters
        ----------
        timeslice
            Seconds between two ``dataavailable`` events, at least 0.001. Without it the data comes at
            the end; on its way to a store, every second. Chromium's WebM carries its length only without
            a timeslice.

        Returns
        -------
        Outcome[None]
            Await it for the browser's ``start``, which Chromium fires when the first encoded data
            exists: on a silent stream never, so it settles at the latest with the take.

        Raises
        ------
        InvalidStateError
            A take is under way already.
        NotSupportedError
            No track of the stream is live, or several of a kind are.
        NotAllowedError
            The picture is a canvas's, and the browser falsifies it (Firefox, privacy.resistFingerprinting).

        See https://developer.mozilla.org/docs/Web/API/MediaRecorder/start.
        """
        timeslice = checked_number("timeslice", timeslice, 0.001)
        if timeslice is None and self._store:
            timeslice = TIMESLICE
        if self.state != "inactive":
            raise InvalidStateError(f"start: the recorder is {self.state} already. Stop it first.")
        if all(track.ready_state == "ended" for track in self._stream.tracks):
            # Chromium would record 110 bytes of nothing.
            raise NotSupportedError("start: the stream has no live track. Open the device again.")
        js_stream, js_recorder = self._recordable(), self._js
        refuse_noise(js_stream)
        steady = steadied(js_stream, timeslice)
        try:
            if steady or self._take is not None or js_recorder.stream != js_stream:
                js_recorder = self._fresh_browser_recorder(steady.js_stream if steady else js_stream)
            take = Take(js_recorder, self._hear, self._store, steady)
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
        """Pause; what happens until `resume()` is left out. Await it for the browser's ``pause``.

        When paused already it does nothing. Raises `InvalidStateError` when inactive.
        """
        return self._running_take("pause").pause()

    def resume(self) -> Outcome[None]:
        """Go on after a pause. Await it for the browser's ``resume``.

        When recording already it does nothing. Raises `InvalidStateError` when inactive.
        """
        return self._running_take("resume").resume()

    def request_data(self) -> Outcome[Chunk]:
        """Ask for what was recorded since the last chunk. Await it for that `Chunk`, which can be empty.

        Raises
        ------
        InvalidStateError
            The recorder is inactive.
        AbortError
            (when awaited) The take ended before another chunk came.
        """
        return self._running_take("request_data").request_data()

    def stop(self, *, drain: bool = False) -> Outcome[Recording]:
        """End the take. The state is ``"inactive"`` when this returns, awaited or not.

        Then ``dataavailable`` comes with the rest of the data, then ``stop``, and after both the
        awaitable gives the `Recording`, with every byte, also of what was recorded while Python kept the
        page busy. It can stand as a bare statement in a click handler.

        Parameters
        ----------
        drain
            On a busy machine Chromium drops pictures that its encoder still holds. True puts the end off,
            without recording more, until all have come, 30 s at most. That needs a timeslice; without one the
            end waits for the first picture alone, 5 s at most.

        Raises
        ------
        InvalidStateError
            The recorder is inactive: raised by this call, not by awaiting it. (So says MDN. Today's
            browsers and the W3C text do nothing instead, so the check is made here.) When the last take
            ended by itself, `recording` holds it.
        RecordingError
            (when awaited) The take ended with an error; the exception has the recording so far.

        See https://developer.mozilla.org/docs/Web/API/MediaRecorder/stop.

        Examples
        --------
        >>> recorder.start()
        >>> recording = await recorder.stop()
        >>> recorder.state
        'inactive'
        """
        take = self._running_take("stop")
        return take.stop(drain=drain and bool(self._stream.video_tracks) and drops_pictures())

    def _running_take(self, doing: str) -> Take:
        if self._take is None or self.state == "inactive":
            raise refuse_inactive(doing, self._take)
        return self._take

    # The whole take in one statement

    async def chunks(self, timeslice: float | None = 1.0) -> AsyncIterator[Chunk]:
        """Each `Chunk` as it comes, until the take ends, from whatever cause.

        An inactive recorder is started with this timeslice. A take that is under way is joined, from
        its first chunk on, or where it goes to a store, from the next one on. Leaving the loop early leaves
        the recorder recording.

        >>> async for chunk in recorder.chunks(timeslice=0.5):
        ...     upload(await chunk.bytes())
        ...     if enough and recorder.state == "recording":
        ...         recorder.stop()

        Raises
        ------
        RecordingError
            The take ended with an error, after its last chunk.
        """
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
        self.start()
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        take = self._take
        assert take is not None
        if take.state != "inactive":
            take.stop()
        try:
            await take.finished
        except Exception:
            if error is None:  # the body's own exception wins
                raise

    # Events: those of the current take's browser recorder, whichever that is.

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


def drops_pictures() -> bool:
    """Whether `stop()` drops what the encoder still holds: Chromium's, which alone writes Matroska."""
    return MediaRecorder.is_type_supported("video/x-matroska")


def type_that_keeps_up(stream: MediaStream) -> str | None:
    """What to record pictures as, unless told otherwise: Chromium's VP8 lags (docs/performance.md)."""
    vp9 = "video/webm;codecs=vp9"
    keeps_up = stream.video_tracks and drops_pictures() and MediaRecorder.is_type_supported(vp9)
    return vp9 if keeps_up else None


def storable(wanted: str | Sequence[str]) -> list[str]:
    """Those of the types whose data can be read wherever it is cut off."""
    choices = [wanted] if isinstance(wanted, str) else list(wanted)
    lasting = [choice for choice in choices if not _is_mp4(choice)]
    if choices and not lasting:
        raise ValueError(
            f"{' and '.join(map(repr, choices))} cannot go to a store: an MP4 can be read only when its end "
            f'is written, and a crash would lose it all. Record WebM, and call convert("mp4") then.'
        )
    return lasting


def _is_mp4(mime_type: object) -> bool:
    return isinstance(mime_type, str) and mime_type.split(";")[0].strip().lower().endswith("/mp4")
