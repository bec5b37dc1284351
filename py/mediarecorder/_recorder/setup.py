"""What all takes of a recorder have in common: the stream, the checked options, the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._checks import LOWEST_BIT_RATE, checked_bit_rate, checked_int, checked_number
from .._constraints import camel_case
from .._host.browser import js_object, translated
from .._host.features import media_recorder_class, type_to_record
from ..errors import NotSupportedError
from ..streams import MediaStream
from .sinks import checked_store, checked_upload
from .steady import prepare, refuse_noise, steadied
from .take import Take

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..events import Event
    from ..outcome import Outcome
    from ..store import RecordingStore

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


class Setup:
    """Makes the browser's recorders and the takes of one `MediaRecorder`, whose arguments it gets."""

    def __init__(
        self,
        stream: MediaStream | Any,
        store: RecordingStore | None,
        mime_type: str | Sequence[str] | None,
        upload: Any = None,
        **options: Any,
    ) -> None:
        self.stream = stream if isinstance(stream, MediaStream) else MediaStream(stream)
        self.store = checked_store(store)
        mode, interval = "audio_bitrate_mode", "video_key_frame_interval_duration"
        if options[mode] not in (None, "constant", "variable"):
            raise ValueError(f'{mode} must be "constant" or "variable", not {options[mode]!r}')
        if (seconds := checked_number(interval, options[interval], 0.001)) is not None:
            options[interval] = seconds * 1000
        options["mime_type"], self.wav = type_to_record(
            mime_type, pictures=bool(self.stream.video_tracks), stored=self.store is not None
        )
        self.upload = checked_upload(upload, store, self.wav)
        for name, least in (
            ("audio_bits_per_second", LOWEST_BIT_RATE),
            ("video_bits_per_second", LOWEST_OF_PICTURES),
            ("bits_per_second", self._lowest_bit_rate()),
        ):
            options[name] = checked_bit_rate(name, options[name], least)
        count = "video_key_frame_interval_count"
        options[count] = checked_int(count, options[count])
        self.options = js_object(
            {camel_case(name): value for name, value in options.items() if value is not None}
        )

    def first_recorder(self) -> Any:
        """The browser's recorder for the first take. A module that the take needs begins to load."""
        js_stream = self._recordable()
        js_recorder = self._browser_recorder(js_stream)
        prepare(js_stream)
        return js_recorder

    def _lowest_bit_rate(self) -> int:
        if not self.stream.video_tracks:
            return LOWEST_BIT_RATE
        return LOWEST_OF_BOTH if self.stream.audio_tracks else LOWEST_OF_PICTURES

    def _recordable(self) -> Any:
        """The browser's stream. If it has several tracks of a kind, the ended ones are left out: Chromium
        records the first of a kind, even an ended one (quirk: chromium-records-the-first-of-several)."""
        tracks = self.stream.tracks
        live = [track for track in tracks if track.ready_state == "live"]
        for kind, name, advice in _ONE_OF_EACH:
            count = sum(track.kind == kind for track in live)
            if count > 1:
                raise NotSupportedError(
                    f"The stream has {count} {name}, but a recorder records one of each kind: {advice}"
                )
        unclear = live and len(tracks) > len({track.kind for track in tracks})
        return (MediaStream(live) if unclear else self.stream).js

    def _browser_recorder(self, js_stream: Any) -> Any:
        with translated("MediaRecorder"):
            return media_recorder_class().new(js_stream, self.options)

    def checked_timeslice(self, timeslice: float | None) -> float | None:
        # At 0, browsers flood the page with chunks (quirk: engines-accept-a-timeslice-of-0).
        timeslice = checked_number("timeslice", timeslice, 0.001)
        if timeslice is None and (self.store or self.wav):
            return TIMESLICE if self.store else WAV_TIMESLICE
        return timeslice

    def begin(
        self, timeslice: float | None, unused: Any, notify: Callable[[Take, Event], None]
    ) -> tuple[Take, Outcome[None]]:
        """Begin a take, with the browser's recorder `unused` unless that is None or cannot record the stream.

        Returns
        -------
        tuple[Take, Outcome[None]]
            The take, and the outcome of its start.
        """
        if all(track.ready_state == "ended" for track in self.stream.tracks):
            # Chromium would record 110 bytes without any sound or picture.
            # (quirk: chromium-records-ended-tracks)
            raise NotSupportedError("start: the stream has no live track. Open the device again.")
        js_stream, js_recorder = self._recordable(), unused
        refuse_noise(js_stream)
        steady = steadied(js_stream, timeslice)
        try:
            # Each take has its own recorder (quirk: engines-interleave-takes).
            if steady or js_recorder is None or js_recorder.stream != js_stream:
                js_recorder = self._browser_recorder(steady.js_stream if steady else js_stream)
            take = Take(js_recorder, notify, self.store, steady, self.wav, self.upload)
            return take, take.start(timeslice)
        except BaseException:
            if steady:
                steady.close()
            raise
