"""How exactly a file shows the moving picture of moving.py, as ffmpeg decodes it."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

from harness import moving
from harness.decoders import JudgeMissingError, NotMediaError


def encoded(path: Path) -> dict[str, Any]:
    """``size``, ``frame_rate`` and ``time_base`` of the picture, ``times`` of its packets in order, in units
    of the time base, ``psnr`` (dB) of each frame, and ``colours``, the matrix and range that ffprobe reports.
    """
    import numpy as np

    query = "stream=width,height,time_base,avg_frame_rate,color_space,color_range:packet=pts"
    probe = ("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", query, "-of", "json", path)
    about = json.loads(_output(*probe))
    [stream] = about["streams"]
    width, height = stream["width"], stream["height"]
    # (ffmpeg 5.1 ignores the colr box of an MP4 if a VP9 stream itself does not name its matrix.)
    matrix = ("-vf", "scale=in_color_matrix=bt709:in_range=tv")
    raw = (*matrix, "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    data = _output("ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", *raw)
    decoded = np.frombuffer(data, "u1").reshape(-1, width * height * 3)
    psnr = []
    for number, frame in enumerate(decoded):
        original = np.frombuffer(moving.picture(number, width, height), "u1")
        error = float(np.mean((frame.astype("f8") - original) ** 2))
        psnr.append(10 * math.log10(255**2 / error) if error else math.inf)
    return {
        "size": [width, height],
        "frame_rate": stream["avg_frame_rate"],
        "time_base": stream["time_base"],
        "times": sorted(packet["pts"] for packet in about["packets"]),
        "psnr": psnr,
        "colours": [stream.get("color_space"), stream.get("color_range")],
    }


def _output(*command: str | Path) -> bytes:
    if shutil.which(str(command[0])) is None:
        raise JudgeMissingError(
            f"{command[0]}, one of the judges, is missing. Debian, as root: apt-get install ffmpeg"
        )
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise NotMediaError(done.stderr.decode(errors="replace").strip())
    return done.stdout
