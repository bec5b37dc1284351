"""Record the camera, the microphone or the screen from Python in the browser.

    stream = await media_devices.get_user_media(audio=True, video=True)
    recorder = MediaRecorder(stream)
    recorder.start()
    ...
    recording = await recorder.stop()     # resolves after the browser fired `dataavailable` and `stop`

or, for most people, ``recording = await record(5)``.

All times are seconds, all sizes bytes. Logging goes to ``logging.getLogger("mediarecorder")``.
"""

__version__ = "0.1.0"

import sys

if sys.implementation.name == "micropython":  # it must be able to parse all of this file, too
    raise ImportError('mediarecorder needs Pyodide: <script type="py">, not <script type="mpy">')

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import blocking as blocking
    from .bridge import connect
    from .capture import record, take_photo
    from .chunk import Chunk
    from .devices import MediaDeviceInfo, MediaDevices, media_devices
    from .diagnosis import Diagnosis, diagnose
    from .errors import (
        AbortError,
        BrowserRequiredError,
        EncodingError,
        InsecureContextError,
        InvalidModificationError,
        InvalidStateError,
        MediaError,
        NotAllowedError,
        NotFoundError,
        NotReadableError,
        NotSupportedError,
        OverconstrainedError,
        PageUnavailableError,
        QuotaExceededError,
        RangeError,
        RecordingError,
        SecurityError,
        UnknownError,
    )
    from .events import Event, Subscription
    from .frames import Frame
    from .levels import Level
    from .mixing import mix
    from .outcome import Outcome
    from .panel import RecorderPanel
    from .photo import Photo
    from .recorder import MediaRecorder
    from .recording import Recording
    from .samples import AudioSamples
    from .store import RecordingStore, StoredRecording, StoreEvent, StoreUsage
    from .streams import MediaStream
    from .tracks import MediaStreamTrack
    from .waveform import Extremes

__all__ = [
    "AbortError",
    "AudioSamples",
    "BrowserRequiredError",
    "Chunk",
    "Diagnosis",
    "EncodingError",
    "Event",
    "Extremes",
    "Frame",
    "InsecureContextError",
    "InvalidModificationError",
    "InvalidStateError",
    "Level",
    "MediaDeviceInfo",
    "MediaDevices",
    "MediaError",
    "MediaRecorder",
    "MediaStream",
    "MediaStreamTrack",
    "NotAllowedError",
    "NotFoundError",
    "NotReadableError",
    "NotSupportedError",
    "Outcome",
    "OverconstrainedError",
    "PageUnavailableError",
    "Photo",
    "QuotaExceededError",
    "RangeError",
    "RecorderPanel",
    "Recording",
    "RecordingError",
    "RecordingStore",
    "SecurityError",
    "StoreEvent",
    "StoreUsage",
    "StoredRecording",
    "Subscription",
    "UnknownError",
    "connect",
    "diagnose",
    "media_devices",
    "mix",
    "record",
    "take_photo",
]

_MODULES = {
    "bridge": "connect",
    "capture": "record take_photo",
    "chunk": "Chunk",
    "devices": "MediaDeviceInfo MediaDevices media_devices",
    "diagnosis": "Diagnosis diagnose",
    "errors": "AbortError BrowserRequiredError EncodingError InsecureContextError InvalidModificationError "
    "InvalidStateError MediaError NotAllowedError NotFoundError NotReadableError NotSupportedError "
    "OverconstrainedError PageUnavailableError QuotaExceededError RangeError RecordingError SecurityError "
    "UnknownError",
    "events": "Event Subscription",
    "frames": "Frame",
    "levels": "Level",
    "mixing": "mix",
    "outcome": "Outcome",
    "panel": "RecorderPanel",
    "photo": "Photo",
    "recorder": "MediaRecorder",
    "recording": "Recording",
    "samples": "AudioSamples",
    "store": "RecordingStore StoreEvent StoreUsage StoredRecording",
    "streams": "MediaStream",
    "tracks": "MediaStreamTrack",
    "waveform": "Extremes",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}
"""Each public name is imported from its module when it is asked for: a page that starts waits for no more."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "blocking":
        return import_module(".blocking", __name__)
    if name in _MODULE_OF:
        value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
        if name in ("connect", "diagnose", "mix", "record", "take_photo"):
            from .reminder import reminding

            value = reminding(value)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()).union(_MODULE_OF, ["blocking"]))
