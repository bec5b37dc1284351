"""The output of a player that honours a file's times, as ffmpeg decodes it.

Times are seconds of the file's presentation, which begins at 0. In containers without times of their own
(Ogg, MP3, WAV, FLAC, ADTS), the first audible frame is at 0.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import painted
from harness.agreement import GAP, LOUD, QUIET_BEFORE, SILENT
from harness.decoders import JudgeMissingError, NotMediaError

#: A step of the packets' times by more than this is a gap or an overlap; less is jitter of the clock.
WAVERING = 0.005
#: If times follow from the numbers of frames, only a lost page is a gap.
WAVERING_UNTIMED = 0.04
#: Rows of the envelope in a second.
ENVELOPE_RATE = 100
#: Pictures are shrunk to this before their number is read.
WIDTH, HEIGHT = 160, 120
#: The containers whose packets have times.
TIMED = ("matroska", "mov", "webm", "mp4")


def sound(path: Path) -> dict[str, Any] | None:
    """The first sound: ``sample_rate``, ``channels``, ``start`` and ``end`` (s) of the audible part,
    ``frames`` from 0 to the end, ``exact_frames`` as ffmpeg decodes them in sequence, ``onsets`` of beeps
    (s), ``envelope`` (rms for every 10 ms) and ``gaps``, the silences (from, to); None without sound.
    """
    return _sound(_decode(path, "a"))


def pictures(path: Path) -> list[dict[str, Any]]:
    """Every picture: ``time``, ``duration`` (s; until the next one, None for the last), ``code``, the number
    painted into it (-1 if it cannot be read)."""
    return _pictures(_decode(path, "V"))


def played(path: Path) -> dict[str, Any]:
    """``sound`` and ``pictures`` at once, the ``kinds`` of the tracks, the ``languages`` of the sounds."""
    decoded = _decode(path, "aV")
    streams = decoded.about["streams"]
    return {
        "sound": _sound(decoded),
        "pictures": _pictures(decoded),
        "kinds": sorted(stream["codec_type"] for stream in streams),
        "languages": [
            stream.get("tags", {}).get("language") for stream in streams if stream["codec_type"] == "audio"
        ],
    }


@dataclass(frozen=True)
class _Decoded:
    #: ffprobe's output: format, streams and packets.
    about: dict[str, Any]
    #: Lines of the filters that show times.
    said: str
    sound: bytes
    pictures: bytes

    def first(self, kind: str) -> dict[str, Any] | None:
        return next((stream for stream in self.about["streams"] if stream["codec_type"] == kind), None)


def _decode(path: Path, kinds: str) -> _Decoded:
    about = _probe(path)
    has = {stream["codec_type"] for stream in about["streams"]}
    with tempfile.TemporaryDirectory() as folder:
        outputs: list[str | Path] = []
        heard, seen = Path(folder, "sound"), Path(folder, "pictures")
        if "a" in kinds and "audio" in has:
            outputs += ["-map", "0:a:0", "-af", "ashowinfo", "-c:a", "pcm_f32le", "-f", "f32le", heard]
        if "V" in kinds and "video" in has:
            shrink = f"showinfo,scale={WIDTH}:{HEIGHT}:flags=area,format=gray"
            outputs += ["-map", "0:V:0", "-vf", shrink, "-vsync", "passthrough", "-f", "rawvideo", seen]
        if not outputs:
            return _Decoded(about, "", b"", b"")
        # (The times are those in the file, without correction.)
        done = _run("ffmpeg", "-y", "-v", "info", "-nostats", "-copyts", "-i", path, *outputs)
        said = done.stderr.decode(errors="replace")
        data = [file.read_bytes() if file.exists() else b"" for file in (heard, seen)]
    if done.returncode and not any(data):
        raise NotMediaError(said.strip().splitlines()[-1])
    return _Decoded(about, said, *data)


def _probe(path: Path) -> dict[str, Any]:
    query = (
        "format=format_name:stream=index,codec_type,sample_rate,channels,start_time,duration:stream_tags=language"
        ":stream_disposition=attached_pic:packet=stream_index,pts_time,duration_time"
    )
    done = _run("ffprobe", "-v", "error", "-show_entries", query, "-of", "json", path)
    if done.returncode:
        raise NotMediaError(done.stderr.decode(errors="replace").strip())
    about = {"packets": [], **json.loads(done.stdout)}
    # A cover is not played.
    about["streams"] = [
        stream for stream in about["streams"] if not stream.get("disposition", {}).get("attached_pic")
    ]
    return about


def _run(*command: str | Path) -> subprocess.CompletedProcess[bytes]:
    if shutil.which(str(command[0])) is None:
        raise JudgeMissingError(
            f"{command[0]}, one of the judges, is missing. Debian, as root: apt-get install ffmpeg"
        )
    return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)


def _sound(decoded: _Decoded) -> dict[str, Any] | None:
    import numpy as np

    if (stream := decoded.first("audio")) is None:
        return None
    rate, channels = int(stream["sample_rate"]), int(stream["channels"])
    values = np.frombuffer(decoded.sound, "<f4").reshape(-1, channels)
    is_timed = any(name in decoded.about["format"]["format_name"] for name in TIMED)
    blocks = [
        (float(time), int(count))
        for time, count in re.findall(r"ashowinfo.* pts_time:(\S+) .*?nb_samples:(\d+)", decoded.said)
        if time != "NOPTS"
    ]
    whole, start = _in_place(values, blocks, rate, is_timed)
    ends = [
        float(packet["pts_time"]) + float(packet["duration_time"])
        for packet in decoded.about["packets"]
        if packet["stream_index"] == stream["index"] and {"pts_time", "duration_time"} <= packet.keys()
    ]
    own = [packet for packet in decoded.about["packets"] if packet["stream_index"] == stream["index"]]
    if own and "duration_time" not in own[-1] and {"start_time", "duration"} <= stream.keys():
        # (After a pause at the start of an MP4, ffmpeg does not report the duration of the last packet.)
        ends.append(float(stream["start_time"]) + float(stream["duration"]))
    if is_timed and ends:
        # ffmpeg decodes the frames that the last packet's duration cuts off, but they must not be heard.
        whole = whole[: max(0, round(max(ends) * rate))]
    return {
        "sample_rate": rate,
        "channels": channels,
        "start": start,
        "end": len(whole) / rate,
        "frames": len(whole),
        "exact_frames": len(values),
        "onsets": _onsets(whole, rate),
        "envelope": [round(float(value), 4) for value in _envelope(whole, rate)],
        "gaps": _gaps(whole, rate),
    }


def _in_place(values: Any, blocks: list[tuple[float, int]], rate: int, is_timed: bool) -> tuple[Any, float]:
    """The sound from 0 on, with gaps as silence, and its start (s).

    Parameters
    ----------
    values
        The decoded frames.
    blocks
        Time (s) and number of frames of each block of them.
    is_timed
        Whether the file itself states these times.
    """
    import numpy as np

    wavering = rate * (WAVERING if is_timed else WAVERING_UNTIMED)
    origin = 0.0 if is_timed or not blocks else blocks[0][0]
    placed, taken, cursor, start = [np.zeros((0, values.shape[1]), "f4")], 0, 0, -1.0
    for time, count in blocks:
        block, place = values[taken : taken + count], round((time - origin) * rate)
        taken += count
        if start >= 0 and abs(place - cursor) <= wavering:
            place = cursor
        if place < cursor:
            block, place = block[cursor - place :], cursor
        if len(block):
            start = place / rate if start < 0 else start
            placed += [np.zeros((place - cursor, values.shape[1]), "f4"), block]
            cursor = place + len(block)
    return np.concatenate(placed), max(0.0, start)


def _pictures(decoded: _Decoded) -> list[dict[str, Any]]:
    said, data, size = decoded.said, decoded.pictures, WIDTH * HEIGHT
    times = [
        float(time) for time in re.findall(r"\[Parsed_showinfo.* n: *\d+ pts: *\S+ pts_time:(\S+)", said)
    ]
    codes = [
        painted.read(data[place : place + size], WIDTH, HEIGHT)
        for place in range(0, len(data) - size + 1, size)
    ]
    lasting = [round(after - before, 6) for before, after in itertools.pairwise(times)]
    return [
        {"time": time, "duration": duration, "code": code}
        for time, duration, code in zip(times, [*lasting, None], codes, strict=False)
    ]


def _onsets(values: Any, rate: int) -> list[float]:
    import numpy as np

    if not len(values):
        return []
    level = np.abs(values).max(axis=1)
    loud = np.flatnonzero(level > max(0.05, LOUD * float(level.max())))
    before = np.diff(loud, prepend=-rate)
    return [round(float(place) / rate, 5) for place in loud[before > QUIET_BEFORE * rate]]


def _envelope(values: Any, rate: int) -> Any:
    import numpy as np

    if not len(values):
        return np.zeros(0)
    power = (values.astype("f8") ** 2).mean(axis=1)
    edges = (np.arange(-(-len(power) * ENVELOPE_RATE // rate)) * rate / ENVELOPE_RATE).astype(int)
    counts = np.diff(edges, append=len(power))
    return np.sqrt(np.add.reduceat(power, edges) / np.maximum(counts, 1))


def _gaps(values: Any, rate: int) -> list[tuple[float, float]]:
    import numpy as np

    silent = np.abs(values).max(axis=1, initial=0) < SILENT
    turns = np.flatnonzero(np.diff(np.concatenate(([False], silent, [False])).astype(int)))
    pairs = zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True)
    return [(round(a / rate, 4), round(b / rate, 4)) for a, b in pairs if b - a >= GAP * rate]
