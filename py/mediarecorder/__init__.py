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

from typing import TYPE_CHECKING, Any

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
from .levels import Level
from .mixing import mix
from .outcome import Outcome
from .photo import Photo
from .recorder import MediaRecorder
from .recording import Recording
from .streams import MediaStream
from .tracks import MediaStreamTrack

if TYPE_CHECKING:
    from . import blocking as blocking
    from .frames import Frame
    from .panel import RecorderPanel
    from .samples import AudioSamples
    from .store import RecordingStore, StoredRecording, StoreEvent, StoreUsage
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

_LATER = {
    "AudioSamples": "samples",
    "Extremes": "waveform",
    "Frame": "frames",
    "RecorderPanel": "panel",
    "RecordingStore": "store",
    "StoreEvent": "store",
    "StoreUsage": "store",
    "StoredRecording": "store",
}
"""Names that few programs use, and their modules, which are imported when they are asked for."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "blocking":
        return import_module(".blocking", __name__)
    if name in _LATER:
        value = globals()[name] = getattr(import_module(f".{_LATER[name]}", __name__), name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
