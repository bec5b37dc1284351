"""The page's texts: problems that people can act on, and numbers as people write them.

The page itself translates texts without values, wherever they appear (static/demo/language.js).
"""

from __future__ import annotations

import math
import re

import js

from mediarecorder import (
    AbortError,
    EncodingError,
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
    UploadError,
)

# Keyed by what the browser is asked for: a microphone, a camera, "both" of them, or a screen.
DEVICES = {
    "microphone": "the microphone",
    "camera": "the camera",
    "both": "the camera and the microphone",
    "screen": "the screen",
}
NOT_FOUND = {
    "microphone": "Connect a microphone, check that the system sees it, then press Record again.",
    "camera": "Connect a camera, check that the system sees it, then press Record again.",
    "both": "Connect what is missing, then press Record again. "
    "A camera without a microphone works too: switch the microphone off.",
    "screen": "This browser shows no screen to share. Use another source, or a browser with a desktop.",
}
# Keyed by the source.
HINTS = {
    "microphone": "Press Record and speak.",
    "camera": "Press Record, or look at the preview first.",
    "screen": "Press Record and choose what to share.",
}
ASKING = {
    "microphone": "Allow the microphone when the browser asks.",
    "camera": "Allow the camera when the browser asks.",
    "both": "Allow the camera and the microphone when the browser asks.",
    "screen": "Choose what to share when the browser asks.",
}
LOST = {
    "microphone": "The microphone was disconnected, or its permission was withdrawn.",
    "camera": "The camera or the microphone was disconnected, or its permission was withdrawn.",
    "screen": "Sharing was ended from outside this page.",
}
UNNAMED = {"camera": "Camera {number}", "microphone": "Microphone {number}"}
GONE = {"camera": "The camera is gone", "microphone": "The microphone is gone"}
GO_ON = (
    "Everything recorded so far is safe. To continue this take, reconnect the device or choose another one."
)
NONE_THERE = "No such device is connected. Connect one, and it appears here."
TIME_IS_UP = "The time limit is reached."
SIZE_IS_REACHED = "The size limit is reached."
NO_GAIN = "The gain has no effect: the browser’s audio does not run, perhaps because there is no loudspeaker."
HEARS_NOTHING = "We hear nothing. Check that the right microphone is chosen and not muted."
TOO_LOUD = "Too loud. Lower the gain, or move away from the microphone."
SOUNDS_GOOD = "The level is good."
QUIET = "Say something, and watch the level."
KEPT = "Everything recorded until then is kept."
MAKE_ROOM = "Delete takes or free disk space, then press Record again."
NOT_DELETED = (
    "The take could not be deleted. Another tab may be using it: close other tabs of this page, "
    "then delete it again."
)
TOO_LONG = "This take is too long for that. Keep a part of it first."
NOT_JOINED = (
    "These takes cannot be joined: all of them need sound, or none, and pictures of the same size, or none."
)
TOO_SHORT = "The selection is too short. Select at least a tenth of a second."
NOT_HERE = (
    "The take for this link is not here",
    "Takes stay in the browser that recorded them. "
    "Perhaps this take was deleted, or it is in another browser.",
)
MADE = (
    "{name} (trimmed)",
    "{name} (cut)",
    "{name} (without silence)",
    "{name} (normalised)",
    "{name} (joined)",
)
"""Names of takes that were made from others."""
UNRECOVERABLE = (
    "This recording cannot be recovered: it was cut off before any sound or picture was on disk. "
    "It can only be discarded."
)


def say(text: str, **values: object) -> str:
    """The text in the page's language, with the values filled in."""
    translated = js.say(text) if hasattr(js, "say") else text
    return str(translated).format(**values)


def problem(error: Exception, source: str) -> tuple[str, str]:
    """A title, and the remedy. `source` is what the browser was asked for."""
    device = say(DEVICES[source])
    match error:
        case InsecureContextError():
            return (
                "This page was loaded over plain http",
                "Browsers let only pages that they can trust use the camera, the microphone and the screen. "
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
                say("The browser does not let this page use {device}", device=device),
                say(
                    "Press the icon beside the address, allow {device} for this site, then press Record "
                    "again. The system’s privacy settings must also allow the browser to use it.",
                    device=device,
                ),
            )
        case NotFoundError():
            title = say("The browser did not find {device}", device=device)
            return (title, NOT_FOUND[source])
        case NotReadableError():
            return (
                say("The browser cannot use {device} right now", device=device),
                "Another program may be using it. Close that program, or connect the device again, "
                "then press Record again.",
            )
        case OverconstrainedError():
            return (
                "The chosen device is no longer there",
                "Connect it again or choose another one, then press Record again.",
            )
        case RecordingError():
            kept = say(KEPT if error.recording else "Everything on disk by then can be recovered.")
            if isinstance(error.__cause__, QuotaExceededError):
                return (
                    "The disk space is used up",
                    f"{say('The recording had to end.')} {kept} {say(MAKE_ROOM)}",
                )
            return (
                "The recording ended with an error",
                f"{kept} {say('The browser says:')} {error.__cause__ or error}",
            )
        case QuotaExceededError():
            return ("The disk space is used up", MAKE_ROOM)
        case AbortError() | InvalidStateError():
            return ("The browser aborted the request", "Press Record again.")
        case NotSupportedError():
            return (
                say("This browser cannot record {device}", device=device),
                "Use a current Chrome, Edge, Firefox or Safari on a computer.",
            )
        case SecurityError():
            return (
                say("The page is not allowed to use {device}", device=device),
                "The site’s security policy forbids it. If another page embeds this page, open it in a tab "
                "of its own.",
            )
        case _:
            return ("That did not work.", str(error))


def lost(source: str) -> tuple[str, str]:
    """The message when a take ended without Stop."""
    return ("The recording ended by itself", f"{say(LOST[source])} {say(KEPT)}")


def lost_preview(source: str) -> tuple[str, str]:
    return ("The preview ended by itself", LOST[source])


def low_space(left: int) -> tuple[str, str]:
    return (
        "Little disk space is left",
        say(
            "{room} is left. When the space is used up, the recording ends, and everything recorded until "
            "then is kept. Delete takes to free space.",
            room=size(max(0, left)),
        ),
    )


def interrupted(at: str, safe: int) -> str:
    """The text about an interrupted take."""
    if not safe:
        text = "A recording from {at} was cut off before its end. Perhaps none of it is on disk."
        return say(text, at=at)
    text = "A recording from {at} was cut off before its end. {size} of it is on disk."
    return say(text, at=at, size=size(safe))


def unread(error: Exception) -> tuple[str, str]:
    what = say("The browser denies access to them. Reload the page.")
    return ("Earlier takes cannot be shown", f"{what} {error}")


def unrecovered(error: MediaError) -> str:
    """The reason why an interrupted take is still incomplete, and the remedy."""
    match error:
        case InvalidStateError():
            return "Another tab is recovering it. Look there, or try again later."
        case NotSupportedError():
            return "The recovery tool could not be loaded. Check the connection, then reload the page."
        case _:
            return f"{say('That did not work.')} {error}"


def not_uploaded(error: UploadError, host: str) -> str:
    """Why a server did not take a take."""
    status = error.status
    if isinstance(error.__cause__, InvalidStateError):
        text = "Another tab is using this take. Look there, or try again later."
    elif isinstance(error.__cause__, MediaError):
        return unmade(error.__cause__)
    elif status is None:
        text = "{host} cannot be reached, or this page is not allowed to upload there. The take is safe here."
    elif status < 300 or status in (404, 405):
        text = "There is no tus server at this address. Check it in the settings."
    elif status == 413:
        text = "The take is too large for {host}."
    else:
        text = "{host} refused the take (status {status})."
    return say(text, host=host, status=status or 0)


def unmade(error: MediaError) -> str:
    """The reason why trimming or converting failed, and the remedy."""
    match error:
        case QuotaExceededError():
            return say("The disk space is used up. Delete takes or free disk space, then try again.")
        case NotSupportedError():
            return say(
                "This browser cannot make that, or the tool for it could not be loaded. Choose another "
                "format, or check the connection and reload the page."
            )
        case EncodingError():
            return say("This take cannot be processed: it is broken or empty.")
        case NotFoundError():
            return say("Something is missing: the take has no sound, or another tab has deleted it.")
        case _:
            return f"{say('That did not work.')} {say('The browser says:')} {error}"


def name(kept: str) -> str:
    """A take's displayed name. Names that the page gives are stored in English.

    >>> name("Take 3 (trimmed)"), name("Interview")
    ('Take 3 (trimmed)', 'Interview')
    """
    if numbered := re.fullmatch(r"Take (\d+)", kept):
        return say("Take {number}", number=numbered[1])
    for text in MADE:
        if part := re.fullmatch(re.escape(text).replace(r"\{name\}", "(.+)"), kept):
            return say(text, name=name(part[1]))
    return kept


def hint(state: str, source: str, asked: str) -> str:
    return ASKING[asked] if state == "asking" else HINTS[source]


def title(state: str, name: str) -> str:
    """The page's title, which shows users of other tabs that this one records."""
    signs = {"recording": ("●", "Recording"), "paused": ("❚❚", "Paused"), "lost": ("⚠", "A device is gone")}
    if state not in signs:
        return say(name)
    sign, words = signs[state]
    return f"{sign} {say(words)} – {say(name)}"


def clock(seconds: float) -> str:
    """
    >>> clock(754), clock(3723)
    ('12:34', '1:02:03')
    """
    minutes, second = divmod(int(cut(seconds, 1)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def length(seconds: float) -> str:
    """The length as clocks and players show it: incomplete units do not count.

    >>> length(4.29), length(59.99), length(65.9)
    ('4.2 s', '59.9 s', '1:05')
    """
    return f"{decimal(cut(seconds, 10))} s" if seconds < 60 else clock(seconds)


def cut(number: float, parts: int) -> float:
    """A number truncated to a multiple of 1 / `parts`, for example to tenths.

    >>> cut(4.29, 10), cut(0.7, 10), cut(4.567, 100)
    (4.2, 0.7, 4.56)
    """
    return math.floor(number * parts + 1e-6) / parts


def decibels(level: float) -> str:
    """
    >>> decibels(-17.6), decibels(3), decibels(-0.2)
    ('−18 dB', '3 dB', '0 dB')
    """
    return f"{round(level)} dB".replace("-", "−")


def size(count: int) -> str:
    """
    >>> size(84_200), size(1_240_000), size(2_600_000_000)
    ('84 kB', '1.2 MB', '2.6 GB')
    """
    if count < 999_500:
        return f"{count / 1e3:.0f} kB"
    return f"{decimal(count / 1e6)} MB" if count < 999_950_000 else f"{decimal(count / 1e9)} GB"


def decimal(number: float) -> str:
    """A number with one decimal place, with the language's decimal separator.

    >>> decimal(2.25)
    '2.2'
    """
    return f"{number:.1f}".replace(".", say("."))


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


PICTURES = ("avc1", "avc3", "av01", "hev1", "hvc1", "vp8", "vp9", "vp09")


def kind(mime_type: str) -> str:
    """
    >>> kind("video/x-matroska;codecs=avc1.42001f,opus"), kind('video/webm; codecs="opus, vp8"')
    ('Matroska, H.264, Opus', 'WebM, VP8, Opus')
    """
    container, codecs = _parts(mime_type)
    names = [container.partition("/")[2], *(codec.partition(".")[0] for codec in codecs)]
    return ", ".join(NAMES.get(name, name.upper()) for name in names)


def mime_type(mime_type: str) -> str:
    """
    >>> mime_type('video/webm; codecs="opus, vp8"')
    'video/webm;codecs=vp8,opus'
    """
    container, codecs = _parts(mime_type)
    return f"{container};codecs={','.join(codecs)}" if codecs else container


def _parts(mime_type: str) -> tuple[str, list[str]]:
    """The container and its codecs, the picture's codec first; browsers and files name them in any order."""
    container, _, rest = mime_type.partition(";")
    codecs = [codec.strip() for codec in rest.partition("codecs=")[2].strip('" ').split(",")]
    return container, sorted(filter(None, codecs), key=lambda codec: codec.partition(".")[0] not in PICTURES)
