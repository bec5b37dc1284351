"""What a player that honours a file's times shows and plays, and when: as ffmpeg decodes it.

Times are seconds of the file's presentation, whose beginning is 0. In containers that have no times of their
own (Ogg, MP3, WAV, FLAC, ADTS) the first frame that is heard is at 0.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench import painted
from bench.decoders import JudgeMissingError, NotMediaError

#: A step of the packets' times by more than this is a gap, or an overlap; less is a wavering clock.
WAVERING = 0.005
#: Where times follow from the numbers of frames, only a lost page is a gap.
WAVERING_UNTIMED = 0.04
#: A beep begins where the sound exceeds this part of its loudest, after so many seconds below it.
LOUD, QUIET_BEFORE = 0.45, 0.1
#: Rows of the envelope in a second.
ENVELOPE_RATE = 100
#: Pictures are shrunk to this before their number is read.
WIDTH, HEIGHT = 160, 120
#: The containers whose packets have times.
TIMED = ("matroska", "mov", "webm", "mp4")


def sound(path: Path) -> dict[str, Any] | None:
    """The first sound: ``sample_rate``, ``channels``, ``start`` and ``end`` (s) of what is heard, ``frames``
    from 0 to the end, ``exact_frames`` as ffmpeg decodes them one after the other, ``onsets`` of beeps (s),
    ``envelope`` (rms for every 10 ms) and ``gaps``, the silences (from, to); None where there is none.
    """
    import numpy as np

    about = _probe(path, "a")
    if not about["streams"]:
        return None
    stream = about["streams"][0]
    rate, channels = int(stream["sample_rate"]), int(stream["channels"])
    is_timed = any(name in about["format"]["format_name"] for name in TIMED)
    said, data = _decode(path, "-map", "0:a:0", "-af", "ashowinfo", "-f", "f32le", "-c:a", "pcm_f32le")
    values = np.frombuffer(data, "<f4").reshape(-1, channels)
    blocks = [
        (float(time), int(count))
        for time, count in re.findall(r"pts_time:(\S+) .*?nb_samples:(\d+)", said)
        if time != "NOPTS"
    ]
    origin = 0.0 if is_timed or not blocks else blocks[0][0]
    placed, taken, cursor = [], 0, 0
    start = None
    for time, count in blocks:
        place = round((time - origin) * rate)
        if start is not None and abs(place - cursor) <= (WAVERING if is_timed else WAVERING_UNTIMED) * rate:
            place = cursor
        block = values[taken : taken + count]
        taken += count
        if place < cursor:
            block = block[cursor - place :]
            place = cursor
        if not len(block):
            continue
        start = place / rate if start is None else start
        placed.append(np.zeros((place - cursor, channels), "f4"))
        placed.append(block)
        cursor = place + len(block)
    whole = np.concatenate(placed) if placed else np.zeros((0, channels), "f4")
    if is_timed and (end := _end(about["packets"])) is not None:
        # What the last packet's duration cuts off is decoded by ffmpeg, but not to be heard.
        whole = whole[: max(0, round(end * rate))]
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


def pictures(path: Path) -> list[dict[str, Any]]:
    """Every picture: ``time``, ``duration`` (s; until the next one, None for the last), ``code``, the number
    painted into it (-1 where it cannot be read)."""
    about = _probe(path, "V")
    if not about["streams"]:
        return []
    shrink = f"showinfo,scale={WIDTH}:{HEIGHT}:flags=area,format=gray"
    said, data = _decode(path, "-map", "0:V:0", "-vf", shrink, "-vsync", "passthrough", "-f", "rawvideo")
    times = [float(time) for time in re.findall(r" n: *\d+ pts: *\S+ pts_time:(\S+)", said)]
    size = WIDTH * HEIGHT
    codes = [
        painted.read(data[place : place + size], WIDTH, HEIGHT)
        for place in range(0, len(data) - size + 1, size)
    ]
    lasting = [round(b - a, 6) for a, b in itertools.pairwise(times)]
    return [
        {"time": time, "duration": duration, "code": code}
        for time, duration, code in zip(times, [*lasting, None], codes, strict=False)
    ]


def _probe(path: Path, kind: str) -> dict[str, Any]:
    query = ("-show_entries", "format=format_name:stream=sample_rate,channels:packet=pts_time,duration_time")
    command = ("ffprobe", "-v", "error", "-select_streams", f"{kind}:0", *query, "-of", "json", path)
    done = _run(*command)
    if done.returncode:
        raise NotMediaError(done.stderr.decode(errors="replace").strip())
    return {"streams": [], "packets": [], **json.loads(done.stdout)}


def _end(packets: list[dict[str, str]]) -> float | None:
    ends = [
        float(packet["pts_time"]) + float(packet["duration_time"])
        for packet in packets
        if "pts_time" in packet and "duration_time" in packet
    ]
    return max(ends, default=None)


def _decode(path: Path, *options: str) -> tuple[str, bytes]:
    """What the filters that show times said, and the decoded data."""
    with tempfile.NamedTemporaryFile() as decoded:
        # (Without its own correction of times, and with those that the file has.)
        command = ("ffmpeg", "-y", "-v", "info", "-nostats", "-copyts", "-i", path, *options, decoded.name)
        done = _run(*command)
        said = done.stderr.decode(errors="replace")
        data = Path(decoded.name).read_bytes()
    if done.returncode and not data:
        raise NotMediaError(said.strip().splitlines()[-1])
    return said, data


def _run(*command: str | Path) -> subprocess.CompletedProcess[bytes]:
    if shutil.which(str(command[0])) is None:
        raise JudgeMissingError(
            f"{command[0]} judges, and is missing. Debian, as root: apt-get install ffmpeg"
        )
    return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)


def _onsets(values: Any, rate: int) -> list[float]:
    import numpy as np

    if not len(values):
        return []
    level = np.abs(values).max(axis=1)
    threshold = max(0.05, LOUD * float(level.max()))
    loud = np.flatnonzero(level > threshold)
    if not len(loud):
        return []
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
    """Silences of 30 ms and more."""
    import numpy as np

    silent = np.abs(values).max(axis=1, initial=0) < 0.01 if len(values) else np.zeros(0, bool)
    turns = np.flatnonzero(np.diff(np.concatenate(([False], silent, [False])).astype(int)))
    pairs = zip(turns[::2], turns[1::2], strict=True)
    return [(round(int(a) / rate, 4), round(int(b) / rate, 4)) for a, b in pairs if b - a >= 0.03 * rate]
