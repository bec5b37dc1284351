"""What the page says: problems as something a person can act on, numbers as people write them."""

from __future__ import annotations

from mediarecorder import (
    AbortError,
    InsecureContextError,
    InvalidStateError,
    MediaError,
    NotAllowedError,
    NotFoundError,
    NotReadableError,
    NotSupportedError,
    OverconstrainedError,
    QuotaExceededError,
    RecordingError,
    SecurityError,
)
from mediarecorder.display import clock

# Keyed by what is recorded: "microphone", "camera" (with sound) or "screen".
DEVICES = {
    "microphone": "the microphone",
    "camera": "the camera and the microphone",
    "screen": "the screen",
}
HINTS = {
    "microphone": "Press Record and speak.",
    "camera": "Press Record, or look at the preview first.",
    "screen": "Press Record and choose what to share.",
}
ASKING = {
    "microphone": "Allow the microphone in the browser’s question.",
    "camera": "Allow the camera and the microphone in the browser’s question.",
    "screen": "Choose what to share in the browser’s question.",
}
NOT_FOUND = {
    "microphone": "Connect a microphone, check that the system sees it, then press Record again.",
    "camera": "Connect what is missing, then press Record again. "
    "A camera without a microphone works too: choose “No sound”.",
    "screen": "Press Record again and choose a window or a tab.",
}
LOST = {
    "microphone": "The microphone was disconnected, or its permission was withdrawn.",
    "camera": "The camera or the microphone was disconnected, or its permission was withdrawn.",
    "screen": "Sharing was ended from outside this page.",
}
KEPT = "What was recorded until then is kept."
MAKE_ROOM = "Delete takes or free disk space, then press Record again."
NOT_DELETED = (
    "The take could not be deleted",
    "Another tab may be using it. Close other tabs of this page, then delete it again.",
)
UNRECOVERABLE = (
    "Nothing of this recording can be recovered: it was cut off before any sound or picture was on disk. "
    "It can only be discarded."
)


def problem(error: Exception, source: str) -> tuple[str, str]:
    """A title, and what to do about it."""
    device = DEVICES[source]
    match error:
        case InsecureContextError():
            return (
                "This page came over plain http",
                "Browsers give camera, microphone and screen only to pages they can trust. "
                "Open this page with https:// or, on the same computer, as http://localhost.",
            )
        case NotAllowedError() if source == "screen":
            return (
                "The screen was not shared",
                "Press Record again and choose a screen, a window or a tab. If the browser does not ask, "
                "allow it to record the screen in the system’s privacy settings.",
            )
        case NotAllowedError():
            return (
                f"The browser does not let this page use {device}",
                f"Press the icon beside the address, allow {device} for this site, then press Record again. "
                "The system’s privacy settings must allow it to the browser too.",
            )
        case NotFoundError():
            return (f"The browser found nothing to record {device} with", NOT_FOUND[source])
        case NotReadableError():
            return (
                f"The browser cannot use {device} right now",
                "Another program may be using it. Close that program, or connect the device again, "
                "then press Record again.",
            )
        case OverconstrainedError():
            return (
                "The chosen device is no longer there",
                "Connect it again or choose another one, then press Record again.",
            )
        case RecordingError():
            kept = KEPT if error.recording else "What was on disk by then can be recovered."
            if isinstance(error.__cause__, QuotaExceededError):
                return ("There is no room left", f"The recording had to end. {kept} {MAKE_ROOM}")
            return (
                "The recording ended with an error",
                f"{kept} The browser says: {error.__cause__ or error}",
            )
        case QuotaExceededError():
            return ("There is no room left", MAKE_ROOM)
        case AbortError() | InvalidStateError():
            return ("The browser broke off", "Press Record again.")
        case NotSupportedError():
            return (
                f"This browser cannot record {device}",
                "Use a current Chrome, Edge, Firefox or Safari on a computer.",
            )
        case SecurityError():
            return (
                f"The page is not allowed to use {device}",
                "The site’s security policy forbids it. If the page is embedded in another, open it alone.",
            )
        case _:
            return ("That did not work", str(error))


def lost(source: str) -> tuple[str, str]:
    """What to say when a take ended and nobody had pressed Stop."""
    return ("The recording ended by itself", f"{LOST[source]} {KEPT}")


def lost_preview(source: str) -> tuple[str, str]:
    return ("The preview ended by itself", LOST[source])


def low_space(left: int) -> tuple[str, str]:
    return (
        "Little room is left on disk",
        f"There is room for {size(max(0, left))} more. When it is used up the recording ends, and what was "
        "recorded until then is kept. Deleting takes makes room.",
    )


def interrupted(at: str, safe: int) -> str:
    """What is said about a take that was cut off."""
    there = f"{size(safe)} of it are on disk" if safe else "Perhaps nothing of it is on disk"
    return f"A recording from {at} was cut off before its end. {there}."


def unread(error: Exception) -> tuple[str, str]:
    return ("Earlier takes cannot be shown", f"The browser does not give them out. Reload the page. {error}")


def unrecovered(error: MediaError) -> str:
    """Why a take that was cut off is still not whole, and what to do."""
    match error:
        case InvalidStateError():
            return "Another tab is recovering it. Look there, or try again later."
        case NotSupportedError():
            return "What recovers it could not be loaded. Check the connection, then reload the page."
        case _:
            return f"That did not work. {error}"


def hint(state: str, source: str) -> str:
    return ASKING[source] if state == "asking" else HINTS[source]


def title(state: str, name: str) -> str:
    """The page's title: whoever works in another tab sees that this one records."""
    signs = {"recording": "● Recording", "paused": "❚❚ Paused"}
    return f"{signs[state]} – {name}" if state in signs else name


def length(seconds: float) -> str:
    """
    >>> length(4.21), length(65.2)
    ('4.2 s', '1:05')
    """
    return f"{seconds:.1f} s" if seconds < 59.95 else clock(round(seconds))


def size(count: int) -> str:
    """
    >>> size(84_200), size(1_240_000), size(2_600_000_000)
    ('84 kB', '1.2 MB', '2.6 GB')
    """
    if count < 999_500:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.1f} MB" if count < 999_950_000 else f"{count / 1e9:.1f} GB"


NAMES = {
    "webm": "WebM",
    "ogg": "Ogg",
    "mp4": "MP4",
    "x-matroska": "Matroska",
    "opus": "Opus",
    "avc1": "H.264",
    "avc3": "H.264",
    "vp09": "VP9",
    "av01": "AV1",
    "mp4a": "AAC",
}


def kind(mime_type: str) -> str:
    """
    >>> kind("video/x-matroska;codecs=avc1.42001f,opus")
    'Matroska, H.264, Opus'
    """
    container, _, rest = mime_type.partition(";")
    codecs = rest.partition("codecs=")[2].strip('" ').split(",") if "codecs=" in rest else []
    parts = [container.partition("/")[2], *(codec.strip().partition(".")[0] for codec in codecs)]
    return ", ".join(NAMES.get(part, part.upper()) for part in parts if part)
