"""The browser's MediaRecorder with Python names.

The import of the library waits for this module. So it has the interface only, and `MediaRecorder.__init__`
imports what a take needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .event_target import EventTarget, HandlerAttribute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from typing import Literal, Self

    from ._recorder.take import Take
    from .events import Chunk, Event
    from .markers import Marker
    from .outcome import Outcome
    from .recording import Recording
    from .store import RecordingStore
    from .streams import MediaStream


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
    upload
        With a store: the endpoint of a server that speaks tus, or a dictionary of the arguments of
        `Recording.upload`, such as ``{"endpoint": …, "headers": …}``. Each take is uploaded while it is
        recorded, as far as it is on disk; `Recording.uploaded` waits until the server has all of it. A slow
        or dead network affects only the upload. The file is the one that the browser delivers, without
        length and index, which `Recording.seekable` adds to a copy.

    Raises
    ------
    NotSupportedError
        The browser can record none of these types; the message lists the types it can record. Or the stream
        has several live audio or video tracks: a recorder records one of each, and `mix` combines several
        audio tracks into one. Or the type is ``"audio/wav"``, but the stream has a picture.
    TypeError, ValueError
        An argument is invalid, or a bit rate is so low that another unit must be meant. An MP4 cannot go to
        a store, because the browser writes the file at the very end. A WAV cannot be uploaded while it is
        recorded.
    UploadError
        The endpoint is not an absolute address with http or https.

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
        upload: str | Mapping[str, Any] | None = None,
    ) -> None:
        # Imported late: a page needs it only when it records, and `start()` must find it loaded.
        from ._recorder.setup import Setup

        super().__init__()
        self._setup = Setup(
            stream,
            store,
            mime_type,
            upload,
            audio_bits_per_second=audio_bits_per_second,
            video_bits_per_second=video_bits_per_second,
            bits_per_second=bits_per_second,
            audio_bitrate_mode=audio_bitrate_mode,
            video_key_frame_interval_duration=video_key_frame_interval_duration,
            video_key_frame_interval_count=video_key_frame_interval_count,
        )
        self._store = self._setup.store
        self._js = self._setup.first_recorder()
        self._take: Take | None = None
        self._living: list[Take] = []
        self._recording: Recording | None = None

    # Types

    @staticmethod
    def is_type_supported(mime_type: str) -> bool:
        """Whether this browser says that it can record this container with these codecs. True for
        ``"audio/wav"``, which no browser records: the library makes it.

        >>> MediaRecorder.is_type_supported("audio/unheard-of")
        False
        """
        from ._host.features import is_type_supported

        return is_type_supported(mime_type)

    @staticmethod
    def supported_types() -> list[str]:
        """The containers and codecs that this browser says it can record, out of those that any browser can
        record. (So ``"audio/wav"`` is not among them.)"""
        from ._host.features import supported_types

        return supported_types()

    @staticmethod
    def choose_type(wanted: str | Sequence[str] | None) -> str | None:
        """The first of the wanted types that this browser says it can record, or None if `wanted` is None.

        Raises
        ------
        NotSupportedError
            The browser can record none of them; the message lists the types it can record.
        """
        from ._host.features import choose_type

        return choose_type(wanted)

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
        return self._setup.stream

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
        asked = getattr(self._setup.options, "mimeType", "")
        done = self._recording.mime_type if self._recording and not self._setup.wav else ""
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
        return str(getattr(self._js, "audioBitrateMode", None) or "variable")

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
            from .errors import InvalidStateError

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
        timeslice = self._setup.checked_timeslice(timeslice)
        if self.state != "inactive":
            from .errors import InvalidStateError

            raise InvalidStateError(f"start: the recorder is already {self.state}. Stop it first.")
        unused = self._js if self._take is None else None
        take, started = self._setup.begin(timeslice, unused, self._hear)
        self._js, self._take = take.js, take
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
        return self._running_take("stop").stop(drain=drain)

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
        from ._checks import checked_number
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
        assert self._take is not None
        await self._take.wait_for_start(started)
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        assert self._take is not None
        await self._take.end_block(error)

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
