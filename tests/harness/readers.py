"""Findings of other programs in a media file, each for the formats that it reads."""

from __future__ import annotations

import importlib
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.decoders import JudgeMissingError

#: Containers by the first bytes of a file, from an offset on.
SIGNATURES = (
    ("matroska", 0, rb"\x1a\x45\xdf\xa3"),
    ("mp4", 4, rb"ftyp"),
    ("wav", 0, rb"RIFF....WAVE"),
    ("opus", 0, rb"OggS.{24,}OpusHead"),
    ("ogg", 0, rb"OggS"),
    ("flac", 0, rb"fLaC"),
    ("adts", 0, rb"\xff[\xf0\xf1\xf8\xf9]"),
    ("mp3", 0, rb"ID3|\xff[\xe2-\xfb]"),
)
#: The programs' names of tags, and ours.
NAMES = {
    "performer": "artist",
    "recorded_date": "date",
    "year": "date",
    "createdate": "date",
    "datetimeoriginal": "date",
    "contentcreatedate": "date",
    "albumartist": "album_artist",
    "album_performer": "album_artist",
    "albumperformer": "album_artist",
    "track_position": "track_number",
    "tracknumber": "track_number",
    "track": "title",
    "desc": "description",
}
KNOWN = (
    *("title", "artist", "album", "album_artist", "genre", "comment", "description", "date", "lyrics"),
    "track_number",
)

Finding = dict[str, Any]


def readers(path: Path) -> dict[str, Finding]:
    """By reader: ``duration`` (s, or None), ``warnings``, ``tags``; some add ``frames`` and ``languages``."""
    container = container_of(path)
    found = {name: read(path) for name, (formats, read) in READERS.items() if container in formats}
    if container == "matroska":
        found["exiftool"]["tags"].pop("track_number", None)  # the number of a track in the file
    return found


def container_of(path: Path) -> str:
    with open(path, "rb") as file:
        head = file.read(64)
    for name, offset, signature in SIGNATURES:
        if re.match(signature, head[offset:], re.DOTALL):
            return name
    return ""


def boxes(path: Path) -> list[str]:
    """The top-level boxes of an MP4 file, in order (ISO 14496-12)."""
    found = []
    with open(path, "rb") as file:
        end = file.seek(0, 2)
        place = 0
        while place + 8 <= end:
            file.seek(place)
            size, name = int.from_bytes(file.read(4)), file.read(4)
            if size == 1:
                size = int.from_bytes(file.read(8))
            found.append(name.decode("latin-1"))
            if size == 0:
                break
            place += max(8, size)
    return found


def _mediainfo(path: Path) -> Finding:
    about = json.loads(_program("mediainfo", "mediainfo", "--Output=JSON", path).stdout)
    tracks = about["media"]["track"] if about.get("media") else []
    general = tracks[0] if tracks else {}
    warnings = [
        f"{track['@type']}: {name}: {value}"
        for track in tracks
        for name, value in (track.get("extra") or {}).items()
        if name in ("IsTruncated", "ConformanceErrors", "ConformanceWarnings")
    ]
    tags = {**general, **{name.lower(): value for name, value in (general.get("extra") or {}).items()}}
    languages = [track.get("Language", "") for track in tracks if track["@type"] == "Audio"]
    return _finding(general.get("Duration"), warnings, tags, languages=languages)


def _mkvmerge(path: Path) -> Finding:
    about = json.loads(_program("mkvmerge", "mkvtoolnix", "-J", path).stdout)
    properties = about["container"].get("properties", {})
    duration = properties.get("duration")
    languages = [
        track["properties"].get("language", "") for track in about["tracks"] if track["type"] == "audio"
    ]
    return _finding(
        None if duration is None else duration / 1e9,
        [*about["warnings"], *about["errors"]],
        properties,
        languages=languages,
    )


def _mkvinfo(path: Path) -> Finding:
    done = _program("mkvinfo", "mkvtoolnix", "--all", path)
    lines = done.stdout.splitlines()
    value = next((line.split(": ", 1)[1] for line in lines if "+ Duration: " in line), None)
    duration = None
    if value:
        hours, minutes, seconds = value.split(":")
        duration = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    bad = re.compile(r"error|warning|unknown element|invalid", re.IGNORECASE)
    names, tags = [line.split(": ", 1) for line in lines if re.search(r"\+ (Name|String): ", line)], {}
    for (head, name), (tail, text) in itertools.pairwise(names):
        if head.endswith("Name") and tail.endswith("String"):
            tags[name] = text
    if title := next((line.split(": ", 1)[1] for line in lines if "+ Title: " in line), None):
        tags["title"] = title
    warnings = [line for line in [*lines, *done.stderr.splitlines()] if bad.search(line.split(": ")[0])]
    return _finding(duration, warnings, tags)


def _opusinfo(path: Path) -> Finding:
    said = _program("opusinfo", "opus-tools", path)
    lines = (said.stdout + said.stderr).splitlines()
    length = re.search(r"Playback length: (?:(\d+)h:)?(\d+)m:([\d.]+)s", said.stdout)
    duration = None
    if length:
        duration = int(length[1] or 0) * 3600 + int(length[2]) * 60 + float(length[3])
    tags = dict(line.strip().split("=", 1) for line in lines if re.match(r"\t\w+=", line))
    return _finding(duration, [line for line in lines if line.startswith("WARNING")], tags)


def _mp3val(path: Path) -> Finding:
    said = _program("mp3val", "mp3val", path)
    warnings = [
        line.split(": ", 1)[-1] for line in said.stdout.splitlines() if line.startswith(("WARNING", "ERROR"))
    ]
    return _finding(None, warnings, {})


def _mutagen(path: Path) -> Finding:
    mutagen = _package("mutagen")
    # (It also considers the file name, which the judge's files do not have.)
    with open(path, "rb") as content:
        try:
            file = mutagen.File(content, easy=True)
        except mutagen.MutagenError as error:
            return _finding(None, [str(error)], {})
    if file is None:
        return _finding(None, ["mutagen does not know the file"], {})
    if type(file).__name__ == "WAVE":
        easy = importlib.import_module("mutagen.easyid3").EasyID3
        tags = {name: text for name in easy.valid_keys for text in _easy(easy, file, name)}
    else:
        tags = {name: values[0] for name, values in (file.tags or {}).items() if values}
    return _finding(file.info.length, [], tags)


def _easy(easy: Any, file: Any, name: str) -> list[str]:
    if file.tags is None:
        return []
    frame = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "date": "TDRC", "genre": "TCON"}.get(name)
    return [str(file.tags[frame].text[0])] if frame in file.tags else []


def _soundfile(path: Path) -> Finding:
    soundfile = _package("soundfile")
    try:
        about = soundfile.info(str(path))
    except soundfile.LibsndfileError as error:
        return _finding(None, [str(error)], {})
    with soundfile.SoundFile(str(path)) as file:
        decoded = sum(len(block) for block in file.blocks(65_536, dtype="float32"))
        tags = file.copy_metadata()
    return _finding(about.duration, [], tags, frames=decoded)


def _pyav(path: Path) -> Finding:
    av = _package("av")
    av.logging.set_level(av.logging.WARNING)
    frames = 0
    with av.logging.Capture(local=False) as said:
        try:
            with av.open(str(path)) as container:
                duration = container.duration / av.time_base if container.duration else None
                tags = {**container.metadata}
                for stream in container.streams:
                    tags = {**stream.metadata, **tags}
                languages = [stream.language or "" for stream in container.streams.audio]
                if container.streams.audio:
                    frames = sum(frame.samples for frame in container.decode(audio=0))
        except av.error.FFmpegError as error:
            return _finding(None, [str(error)], {})
    warnings = [f"{name}: {text.strip()}" for _, name, text in said]
    return _finding(duration, warnings, tags, frames=frames, languages=languages)


def _exiftool(path: Path) -> Finding:
    [about] = json.loads(_program("exiftool", "libimage-exiftool-perl", "-json", "-n", path).stdout)
    warnings = [about[name] for name in ("Warning", "Error") if name in about]
    duration = about.get("Duration")
    if isinstance(duration, str):
        duration = float(re.sub(r"[^\d.]", "", duration) or 0)
    return _finding(duration, warnings, about)


READERS: dict[str, tuple[tuple[str, ...], Callable[[Path], Finding]]] = {
    "mediainfo": (("matroska", "mp4", "wav", "opus", "ogg", "flac", "mp3", "adts"), _mediainfo),
    "mkvmerge": (("matroska",), _mkvmerge),
    "mkvinfo": (("matroska",), _mkvinfo),
    "opusinfo": (("opus",), _opusinfo),
    "mp3val": (("mp3",), _mp3val),
    "mutagen": (("mp4", "wav", "opus", "ogg", "flac", "mp3"), _mutagen),
    "soundfile": (("wav", "opus", "ogg", "flac", "mp3"), _soundfile),
    "pyav": (("matroska", "mp4", "wav", "opus", "ogg", "flac", "mp3", "adts"), _pyav),
    "exiftool": (("matroska", "mp4", "wav", "opus", "ogg", "flac", "mp3"), _exiftool),
}


def _finding(duration: Any, warnings: list[str], tags: dict[str, Any], **more: Any) -> Finding:
    normalised = {}
    for name, value in tags.items():
        plain = name.lower().rsplit("/", 1)[-1].replace(" ", "_")
        plain = NAMES.get(plain, plain)
        # (exiftool's date of MP4 is a number in its header, and often empty.)
        if str(value).startswith("0000:00:00"):
            continue
        if plain in KNOWN and plain not in normalised and isinstance(value, str | int | float):
            normalised[plain] = str(value)
    return {
        "duration": None if duration is None else float(duration),
        "warnings": warnings,
        "tags": normalised,
        **more,
    }


def _program(name: str, package: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    if shutil.which(name) is None:
        raise JudgeMissingError(
            f"{name}, one of the judges, is missing. Debian, as root: apt-get install {package}; "
            f"macOS: brew install {package}"
        )
    command = (name, *arguments)
    return subprocess.run(
        command, capture_output=True, check=False, stdin=subprocess.DEVNULL, text=True, errors="replace"
    )


def _package(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise JudgeMissingError(
            f"{name}, one of the judges, is missing ({error}): run make test, or "
            "python3 tools/prepare.py test"
        ) from None
