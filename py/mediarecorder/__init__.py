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

from .capture import record, take_photo
from .chunk import Chunk
from .devices import MediaDeviceInfo, MediaDevices, media_devices
from .diagnosis import Diagnosis, diagnose
from .errors import (
    AbortError,
    BrowserRequiredError,
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

__all__ = [
    "AbortError",
    "BrowserRequiredError",
    "Chunk",
    "Diagnosis",
    "Event",
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
    "Recording",
    "RecordingError",
    "SecurityError",
    "Subscription",
    "UnknownError",
    "diagnose",
    "media_devices",
    "mix",
    "record",
    "take_photo",
]
