"""Files of several megabytes: the engine writes them in pieces, and changes what it has written."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from setup.node import find_node

ENGINE = Path(__file__).with_name("engine.mjs")
pytestmark = [
    pytest.mark.media_work,
    pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg makes the files"),
]


def packets(path: Path) -> bytes:
    """The packets with their bytes."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0", "-c", "copy", "-f", "framehash", "-"]
    done = subprocess.run(command, check=True, capture_output=True)
    assert done.stderr == b""
    return done.stdout


@pytest.mark.parametrize("ending", ["mkv", "wav"])
def test_every_packet_of_a_long_file_is_written(tmp_path, ending):
    given, made = tmp_path / f"given.{ending}", tmp_path / f"made.{ending}"
    noise = ["-f", "lavfi", "-i", "anoisesrc=r=48000:d=40", "-ac", "1", "-c:a", "pcm_s16le"]
    subprocess.run(["ffmpeg", "-v", "error", *noise, given], check=True)
    assert given.stat().st_size > 3 << 20
    steps = [["withTags", str(given), str(made), [["title", "Long"]]]]
    subprocess.run([find_node(), ENGINE], input=json.dumps(steps), text=True, check=True)
    assert packets(made) == packets(given)
