"""An MP4 of a WebM whose media stay in their place has the packets and index of one that is written again."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from setup.node import find_node

SCRIPT = Path(__file__).with_name("in_place.mjs")
pytestmark = [
    pytest.mark.media_work,
    pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg makes the files"),
]

PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=30:d=2"]
SOUND = ["-f", "lavfi", "-i", "sine=r=48000:d=2"]
BOTH = [*PICTURE, *SOUND]
OPUS = ["-c:a", "libopus", "-b:a", "128k"]
VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "900k"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast"]
#: Boxes that say where the media are.
PLACES = {b"stsc", b"stco", b"co64"}

STAY = {
    "both.webm": [*BOTH, *VP9, *OPUS],
    "short-clusters.webm": [*BOTH, *VP9, *OPUS, "-cluster_time_limit", "200"],
    "live.webm": [*BOTH, *VP9, *OPUS, "-live", "1", "-cluster_time_limit", "900"],
    "picture.webm": [*PICTURE, *VP9],
    "sound.webm": [*SOUND, *OPUS],
    "late-sound.webm": [*PICTURE, "-itsoffset", "0.7", *SOUND, *VP9, *OPUS],
    "later.webm": [*BOTH, *VP9, *OPUS, "-output_ts_offset", "1.5"],
    "gaps.webm": [*BOTH, *VP9, *OPUS, "-vf", "select='mod(n,7)-mod(n,3)'", "-fps_mode", "vfr"],
    "transparent.webm": [*PICTURE, *VP9, "-pix_fmt", "yuva420p", "-auto-alt-ref", "0"],
    "h264.mkv": [*BOTH, *H264, *OPUS, "-bf", "0", "-g", "20"],
}
MOVE = {
    "reordered.mkv": [*BOTH, *H264, *OPUS, "-bf", "2"],
    "aac.mkv": [*BOTH, *H264, "-c:a", "aac"],
}


def ffmpeg(*arguments: str | Path) -> bytes:
    command = ["ffmpeg", "-v", "error", "-y", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def made(known: float, *paths: Path) -> list[bool]:
    """Whether the media of each file could stay."""
    command = [find_node(), SCRIPT, str(known), *paths]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    found: list[bool] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name, arguments in (STAY | MOVE).items():
        ffmpeg(*arguments, folder / name)
    return folder


def facts(data: bytes, start: int, end: int) -> list[bytes]:
    """The boxes of an MP4, without the media and their places."""
    found = []
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
        if kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            found += [kind, *facts(data, start + 8, start + size)]
        elif kind != b"mdat" and kind not in PLACES:
            found.append(data[start : start + size])
        start += size
    return found


def packets(path: Path) -> bytes:
    return ffmpeg("-i", path, "-map", "0", "-c", "copy", "-f", "framehash", "-")


@pytest.mark.parametrize("known", [float("nan"), 1.9, 2.6])
def test_both_ways_make_the_same_index(files, known):
    paths = [files / name for name in STAY]
    assert made(known, *paths) == [True] * len(paths)
    for path in paths:
        in_place, written = (path.with_name(f"{path.name}.{way}.mp4") for way in ("in-place", "written"))
        data, again = in_place.read_bytes(), written.read_bytes()
        assert facts(data, 0, len(data)) == facts(again, 0, len(again)), path.name
        assert packets(in_place) == packets(written), path.name
        at = data.index(b"mdat") + 4
        assert data[at:] in path.read_bytes(), "the media are a piece of the file"


def test_other_files_are_written_again(files, tmp_path):
    cut, wide = tmp_path / "cut.webm", tmp_path / "wide.webm"
    data = (files / "live.webm").read_bytes()
    cut.write_bytes(data[:-3000])
    second = data.index(b"\x1f\x43\xb6\x75", data.index(b"\x1f\x43\xb6\x75") + 4)
    void = b"\xec\x01" + (100_000).to_bytes(7, "big") + bytes(100_000)  # an element that readers skip
    wide.write_bytes(data[:second] + void + data[second:])
    paths = [*(files / name for name in MOVE), cut, wide]
    assert made(float("nan"), *paths) == [False] * len(paths)
