"""Ask the judge outside the browser (tests/harness/judge.py) what a recording really contains.

Each function takes a Blob, bytes, or anything with ``.blob`` that is one (a ``Recording``).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

from harness.corpus import FILES
from mediarecorder import Recording


async def probe(media: Any) -> dict[str, Any]:
    """``format``, ``duration`` (as stated, or None), ``decoded_duration``, ``errors`` and ``streams``.

    Each stream has ``kind``, ``codec``, ``width``, ``height``, ``channels``, ``sample_rate`` and ``start``,
    the time of its first packet. Times are seconds; ``errors`` are the decoder's complaints.
    """
    return await _ask("probe", media)


def last_packet(found: dict[str, Any]) -> float:
    """Seconds by which two may differ about the length of what `probe` found: how long its last packet lasts.

    Chromium's own good files do not count that of sound, which is 60 ms long. How long the last picture is to
    be seen is not in the file; on a busy machine there are few in a second.
    """
    return 0.25 if any(stream["kind"] == "video" for stream in found["streams"]) else 0.08


async def tone(media: Any) -> list[dict[str, float]]:
    """``frequency`` (the strongest, in Hz, 0.0 in silence) and ``rms`` (0 to 1) of each channel."""
    return await _ask("tone", media)


async def colours(media: Any) -> list[dict[str, Any]]:
    """The colours in order: ``name``, and ``at``, the time of its first frame in seconds."""
    return await _ask("colours", media)


CAMERA = ("red", "green", "blue", "white")
"""What Chromium's fake camera shows over and over, a second each where the machine is not busy."""


def in_the_cameras_order(names: Iterable[str]) -> bool:
    """Whether each colour is the next one, or the one after it: a busy machine leaves pictures out."""
    places = [CAMERA.index(name) for name in names]
    return all((after - before) % len(CAMERA) in (1, 2) for before, after in itertools.pairwise(places))


async def packets(media: Any) -> list[dict[str, Any]]:
    """``kind``, ``count`` and ``digest`` of the packets of each stream, as they lie in the file."""
    return await _ask("packets", media)


async def index(media: Any) -> list[float] | None:
    """The times at which the file says that one can enter it, in seconds; None if it does not say."""
    return await _ask("index", media)


async def sound(media: Any) -> dict[str, Any] | None:
    """What is heard of the first sound, and when; None where there is none.

    ``sample_rate``, ``channels``; ``start`` and ``end`` of what is heard, in seconds of the presentation,
    which begins at 0; ``frames`` from 0 to the end; ``exact_frames``, as ffmpeg decodes them one after the
    other; ``onsets``, when each beep begins; ``envelope``, the rms of every 10 ms from 0 on; ``gaps``, the
    silences of 30 ms and more, each from when to when.
    """
    return await _ask("sound", media)


async def pictures(media: Any) -> list[dict[str, Any]]:
    """Every picture that is decoded: ``time``, ``duration`` (seconds; None for the last) and ``code``, the
    number that is painted into the pictures of the corpus (-1 where none can be read)."""
    return await _ask("pictures", media)


async def played(media: Any) -> dict[str, Any]:
    """``sound`` and ``pictures`` at once, ``kinds``, the sorted kinds of all tracks, and ``languages``,
    those of the sounds."""
    return await _ask("played", media)


async def boxes(media: Any) -> list[str]:
    """The names of an MP4 file's boxes that lie in no other, in order."""
    return await _ask("boxes", media)


async def readers(media: Any) -> dict[str, dict[str, Any]]:
    """What other programs say, each of the formats that it reads: ``duration`` (seconds, or None),
    ``warnings`` (texts) and ``tags``; of ``mediainfo``, ``mkvmerge`` and ``pyav`` also ``languages``, of
    ``pyav`` and ``soundfile`` also ``frames``, which they decoded.

    They are mediainfo, mkvmerge, mkvinfo, opusinfo, mp3val, mutagen, soundfile, pyav and exiftool.
    """
    return await _ask("readers", media)


async def foreign(name: str) -> Recording:
    """A recording of a file of the corpus (tests/harness/corpus.py)."""
    from js import fetch

    response = await fetch(f"/corpus/{name}")
    if not response.ok:
        raise LookupError(f"{name} of the corpus was not made: {await response.text()}")
    data = await response.arrayBuffer()
    return Recording.from_bytes(data.to_bytes(), FILES[name].mime_type)


async def _ask(question: str, media: Any) -> Any:
    from js import Object, fetch
    from pyodide.ffi import to_js

    is_bytes = isinstance(media, bytes | bytearray | memoryview)
    body = to_js(media) if is_bytes else getattr(media, "blob", media)
    options = to_js({"method": "POST", "body": body}, dict_converter=Object.fromEntries)
    response = await fetch(f"/judge/{question}", options)
    # Not by way of JavaScript, whose null is another thing in each Pyodide.
    answer = json.loads(await response.text())
    if "missing" in answer:
        raise LookupError(answer["missing"])
    if "error" in answer:
        raise ValueError(f"not a media file: {answer['error']}")
    return answer["found"]
