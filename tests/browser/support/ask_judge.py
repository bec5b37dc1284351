"""Ask the judge outside the browser (tests/harness/judge.py) for the real content of a recording.

Each function takes a Blob, bytes, or an object whose ``.blob`` is a Blob (a ``Recording``).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

from harness.corpus import FILES
from mediarecorder import Recording


async def probe(media: Any) -> dict[str, Any]:
    """``format``, ``duration`` (as stated, or None), ``decoded_duration``, ``errors`` and ``streams``;
    ``longest_picture`` is the longest time from one picture to the next.

    Each stream has ``kind``, ``codec``, ``width``, ``height``, ``channels``, ``sample_rate`` and ``start``,
    the time of its first packet. Times are seconds; ``errors`` are the decoder's complaints.
    """
    return await _ask("probe", media)


def last_packet(found: dict[str, Any]) -> float:
    """Seconds by which two lengths of a probed file may differ: the duration of its last packet.

    Chromium's own files are valid, but their length leaves out the last packet of sound, which is 60 ms long.
    No file states how long its last picture is visible; on a busy machine, that may be as long as the longest
    of its other pictures.
    """
    has_picture = any(stream["kind"] == "video" for stream in found["streams"])
    return max(0.25, found["longest_picture"]) if has_picture else 0.08


async def tone(media: Any) -> list[dict[str, float]]:
    """``frequency`` (the strongest, in Hz, 0.0 in silence) and ``rms`` (0 to 1) of each channel."""
    return await _ask("tone", media)


async def colours(media: Any) -> list[dict[str, Any]]:
    """The colours in order: ``name``, and ``at``, the time of its first frame in seconds."""
    return await _ask("colours", media)


CAMERA = ("red", "green", "blue", "white")
"""The colours that Chromium's fake camera repeats, each for a second if the machine is not busy."""


def in_the_cameras_order(names: Iterable[str]) -> bool:
    """Whether each colour is the camera's next one or the one after that: a busy machine skips pictures."""
    places = [CAMERA.index(name) for name in names]
    return all((after - before) % len(CAMERA) in (1, 2) for before, after in itertools.pairwise(places))


async def packets(media: Any) -> list[dict[str, Any]]:
    """``kind``, ``count`` and ``digest`` of the packets of each stream, in file order."""
    return await _ask("packets", media)


async def index(media: Any) -> list[float] | None:
    """The times of the file's index entries, in seconds; None without an index."""
    return await _ask("index", media)


async def chapters(media: Any) -> list[tuple[float, str]]:
    """Start, in seconds, and title of each chapter."""
    return [(start, title) for start, title in await _ask("chapters", media)]


async def sound(media: Any) -> dict[str, Any] | None:
    """The content of the first sound, with times; None without sound.

    ``sample_rate``, ``channels``; ``start`` and ``end`` of the audible part, in seconds of the presentation,
    which begins at 0; ``frames`` from 0 to the end; ``exact_frames``, as ffmpeg decodes them in sequence;
    ``onsets``, the start of each beep; ``envelope``, the rms of every 10 ms from 0 on; ``gaps``, the start
    and end of each silence of 30 ms or more.
    """
    return await _ask("sound", media)


async def pictures(media: Any) -> list[dict[str, Any]]:
    """Every decoded picture: ``time``, ``duration`` (seconds; None for the last) and ``code``, the
    number painted into the pictures of the corpus (-1 if none can be read)."""
    return await _ask("pictures", media)


async def played(media: Any) -> dict[str, Any]:
    """``sound`` and ``pictures`` at once, ``kinds``, the sorted kinds of all tracks, and ``languages``,
    those of the sounds."""
    return await _ask("played", media)


async def encoded(media: Any) -> dict[str, Any]:
    """How exactly a file shows the moving picture (tests/harness/moving.py): ``size``, ``frame_rate`` and
    ``time_base`` of the picture, ``times`` of its packets in units of the time base, ``psnr`` of each frame,
    ``colours``, the matrix and range that ffprobe reports.
    """
    return await _ask("encoded", media)


async def boxes(media: Any) -> list[str]:
    """The names of an MP4 file's top-level boxes, in order."""
    return await _ask("boxes", media)


async def readers(media: Any) -> dict[str, dict[str, Any]]:
    """The reports of other programs, each for the formats that it reads: ``duration`` (seconds, or None),
    ``warnings`` (texts) and ``tags``; from ``mediainfo``, ``mkvmerge`` and ``pyav`` also ``languages``, from
    ``pyav`` and ``soundfile`` also the number of decoded ``frames``.

    They are mediainfo, mkvmerge, mkvinfo, opusinfo, mp3val, mutagen, soundfile, pyav and exiftool.
    """
    return await _ask("readers", media)


async def foreign(name: str) -> Recording:
    """A recording made from a file of the corpus (tests/harness/corpus.py)."""
    from js import fetch

    response = await fetch(f"/corpus/{name}")
    if not response.ok:
        raise LookupError(f"the corpus file {name} could not be made: {await response.text()}")
    data = await response.arrayBuffer()
    return Recording.from_bytes(data.to_bytes(), FILES[name].mime_type)


async def _ask(question: str, media: Any) -> Any:
    from js import Object, fetch
    from pyodide.ffi import to_js

    is_bytes = isinstance(media, bytes | bytearray | memoryview)
    body = to_js(media) if is_bytes else getattr(media, "blob", media)
    options = to_js({"method": "POST", "body": body}, dict_converter=Object.fromEntries)
    response = await fetch(f"/judge/{question}", options)
    # Do not go through JavaScript, whose null differs between versions of Pyodide.
    answer = json.loads(await response.text())
    if "missing" in answer:
        raise LookupError(answer["missing"])
    if "error" in answer:
        raise ValueError(f"not a media file: {answer['error']}")
    return answer["found"]
