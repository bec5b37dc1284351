"""The table of formats: containers, the codecs that they hold, MIME types, endings, and encoders of our own.

It is the only one. `tools/bundle.mjs` copies the literal `FORMATS` into the media engine, so it has strings,
lists and dictionaries only; the messages, the demo page's choices and the tests read it here.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict


class Format(TypedDict):
    """What is known about a format, by its name."""

    output: str
    """Which of mediabunny's ``…OutputFormat`` writes it."""
    label: NotRequired[str]
    """What people call it. One without a label can be read and copied, but `convert` does not make it."""
    video: list[str]
    """The codecs of pictures that players take in it, in mediabunny's spelling; the first is encoded."""
    audio: list[str]
    """The same for sound."""
    encoders: list[str]
    """Codecs of sound that are encoded by ``js/<codec>.js`` where the browser cannot."""
    types: dict[str, list[str]]
    """Its MIME types, each with the endings of file names; the first ending is the one that files get."""


FORMATS: dict[str, Format] = {
    "webm": {
        "output": "WebM",
        "label": "WebM",
        "video": ["vp9", "vp8", "av1"],
        "audio": ["opus", "vorbis"],
        "encoders": [],
        "types": {"video/webm": ["webm"], "audio/webm": ["webm", "weba"]},
    },
    "mp4": {
        "output": "Mp4",
        "label": "MP4",
        "video": ["avc", "vp9", "av1"],
        "audio": ["opus", "aac", "mp3", "flac"],
        "encoders": ["aac", "mp3", "flac"],
        "types": {"video/mp4": ["mp4", "m4v"], "audio/mp4": ["m4a"], "video/quicktime": ["mov"]},
    },
    "wav": {
        "output": "Wav",
        "label": "WAV",
        "video": [],
        "audio": ["pcm-s16"],
        "encoders": [],
        "types": {"audio/wav": ["wav"], "audio/wave": ["wav"], "audio/x-wav": ["wav"]},
    },
    "ogg": {
        "output": "Ogg",
        "label": "Ogg",
        "video": [],
        "audio": ["opus", "vorbis"],
        "encoders": [],
        "types": {"audio/ogg": ["ogg", "oga", "opus"], "application/ogg": ["ogg"]},
    },
    "mp3": {
        "output": "Mp3",
        "label": "MP3",
        "video": [],
        "audio": ["mp3"],
        "encoders": ["mp3"],
        "types": {"audio/mpeg": ["mp3"]},
    },
    "flac": {
        "output": "Flac",
        "label": "FLAC",
        "video": [],
        "audio": ["flac"],
        "encoders": ["flac"],
        "types": {"audio/flac": ["flac"], "audio/x-flac": ["flac"]},
    },
    "aac": {
        "output": "Adts",
        "video": [],
        "audio": ["aac"],
        "encoders": [],
        "types": {"audio/aac": ["aac"]},
    },
    "mkv": {
        "output": "Mkv",
        "video": ["avc", "vp9", "vp8", "av1", "hevc"],
        "audio": ["opus", "aac", "mp3", "flac", "vorbis", "pcm-s16", "pcm-s24", "pcm-s32", "pcm-f32"],
        "encoders": ["aac", "mp3", "flac"],
        "types": {"video/x-matroska": ["mkv"], "audio/x-matroska": ["mka"]},
    },
}

MADE = tuple(name for name, format in FORMATS.items() if "label" in format)
"""The formats that recordings are converted to."""
LOSSLESS = ("pcm-s16", "flac")
"""Codecs without a bit rate to choose."""

TYPES: dict[str, str] = {}
"""The MIME type that the ending of a file's name tells."""
EXTENSIONS = {"image/jpeg": "jpg"}
"""The ending that files of a MIME type get, where that is not the end of the type."""

for _format in FORMATS.values():
    for _type, _endings in _format["types"].items():
        EXTENSIONS[_type] = _endings[0]
        for _ending in _endings:
            TYPES.setdefault(_ending, _type)


def checked_format(format: object) -> str:
    """A name of `MADE`; capitals and a leading dot do no harm."""
    if not isinstance(format, str):
        raise TypeError(f"a format is a string, not {format!r}")
    name = format.lower().removeprefix(".")
    if name not in MADE:
        raise ValueError(f"unknown format {format!r}; choose one of {', '.join(MADE)}")
    return name


def checked_codec(audio: object, format: str) -> str | None:
    """A codec that the format holds, in any spelling of capitals; None if the format's own is to be taken."""
    if audio is None:
        return None
    if not isinstance(audio, str):
        raise TypeError(f"audio is a codec's name, not {audio!r}")
    held = FORMATS[format]["audio"]
    if (codec := audio.lower()) not in held:
        raise ValueError(f"{format} holds no {audio!r}; choose audio from {', '.join(held)}")
    return codec


def own_encoder(format: str) -> list[str]:
    """The module with the encoder of this format, where browsers have none: one name or none."""
    row = FORMATS[format]
    return [codec for codec in row["audio"][:1] if codec in row["encoders"]]
