"""The one table of formats, a literal of lists and strings that `tools/bundle.mjs` copies into the engine.

output    the prefix of mediabunny's ``…OutputFormat`` class that writes the format
label     the name shown to users; a format without one can be read and copied, but is no target of `convert`
video     codecs that players support in it; the first is the one to encode
audio     the same for sound
encoders  codecs that ``js/<codec>.js`` encodes if the browser cannot
types     MIME types with their file extensions; new files get the first
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMATS: dict[str, dict[str, Any]] = {
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

SAMPLE_FORMATS = {"int16": "pcm-s16", "float32": "pcm-f32"}
"""How a WAV may store samples, with the engine's names."""

MADE = tuple(name for name, format in FORMATS.items() if "label" in format)

TYPES: dict[str, str] = {}
EXTENSIONS = {"image/jpeg": "jpg"}

for _format in FORMATS.values():
    for _type, _endings in _format["types"].items():
        EXTENSIONS[_type] = _endings[0]
        TYPES = dict.fromkeys(_endings, _type) | TYPES


def checked_format(format: object) -> str:
    return checked_name("format", format, MADE)


def checked_name(what: str, name: object, names: Iterable[str]) -> str:
    """The name in lower case and without a leading dot, if it is one of `names`."""
    if not isinstance(name, str):
        raise TypeError(f"{what} must be a string, not {name!r}")
    if (found := name.lower().removeprefix(".")) not in names:
        raise ValueError(f"unknown {what} {name!r}; choose one of {', '.join(names)}")
    return found
