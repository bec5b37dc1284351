"""Inspect a media file with ffmpeg, or with PyAV if ffmpeg is missing.

Both decoders offer the same functions: ``describe`` (container and streams), ``samples`` (of the first sound
stream, one list for each channel), ``pictures`` (time and average colour of the frames), ``packets`` (of each
stream: kind, number, digest) and ``key_times`` (of the key frames, or of the packets of sound alone).
"""

from __future__ import annotations

import array
import hashlib
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

#: Enough for tones up to 8 kHz, and a third of the work.
SAMPLE_RATE = 16_000
#: Pictures are shrunk to this before they are averaged.
WIDTH, HEIGHT = 8, 6

RGB = tuple[float, float, float]


class NotMediaError(Exception):
    """The file cannot be read as sound or pictures; the text comes from the decoder."""


class JudgeMissingError(Exception):
    """A program or a package is not installed; the text says how to install it."""


class Decoder(Protocol):
    def describe(self, path: Path) -> dict[str, Any]: ...
    def samples(self, path: Path) -> list[list[float]]: ...
    def pictures(self, path: Path) -> Iterator[tuple[float, RGB]]: ...
    def packets(self, path: Path) -> list[dict[str, Any]]: ...
    def key_times(self, path: Path) -> list[float]: ...


def decoder() -> Decoder:
    return FFmpeg() if shutil.which("ffmpeg") and shutil.which("ffprobe") else PyAV()


#: ffmpeg's complaint about a time that is not later than the one before; a pattern for that time replaces the
#: braces. (ffmpeg counts equal messages in a separate line.)
NOT_LATER = (
    r"(?m)^.*non monotonically increasing dts to muxer in stream \d+: (\d+) >= {}\n"
    r"(?: +Last message repeated \d+ times\n)?"
)
#: On a busy machine, Chromium gives two or more frames the same millisecond; this is harmless.
SAME_MILLISECOND = re.compile(NOT_LATER.format(r"\1"))
#: In rare cases on a busy machine, ffmpeg 5.1 reports every picture except the last as earlier than the last
#: ("900 >= 50", "900 >= 100" …). The packets of the file show whether its times go back.
ANY_ORDER = re.compile(NOT_LATER.format(r"\d+"))


def errors_in(said: str, times: Mapping[int, list[float]]) -> list[str]:
    """The lines in which ffmpeg reports damage.

    Parameters
    ----------
    times
        The times of each stream's packets, in the order of the file.
    """
    in_order = all(each == sorted(each) for each in times.values())
    return (ANY_ORDER if times and in_order else SAME_MILLISECOND).sub("", said).splitlines()


class FFmpeg:
    #: Frames are resampled to this many a second, so that their number gives their time.
    frame_rate = 50

    def describe(self, path: Path) -> dict[str, Any]:
        query = (
            "-show_format",
            "-show_streams",
            "-show_entries",
            "packet=stream_index,pts_time",
            "-of",
            "json",
        )
        probe = json.loads(self._output("ffprobe", *query, path))
        # The output is discarded; the progress report gives the duration, and stderr the damage.
        # (This uses the file's own clock: with the average frame rate, two frames may coincide.)
        to_nothing = ("-enc_time_base", "-1", "-f", "null", "-progress", "-", "-")
        decoding = self._run("ffmpeg", "-i", path, *to_nothing)
        times = re.findall(rb"out_time_us=(\d+)", decoding.stdout)
        duration = probe["format"].get("duration")
        packet_times: dict[int, list[float]] = {}
        for packet in probe.get("packets", ()):
            if "pts_time" in packet:
                packet_times.setdefault(packet["stream_index"], []).append(float(packet["pts_time"]))
        pictures = [stream["index"] for stream in probe["streams"] if stream["codec_type"] == "video"]
        return {
            "format": probe["format"]["format_name"],
            "duration": float(duration) if duration else None,
            "tags": {name.lower(): value for name, value in probe["format"].get("tags", {}).items()},
            "decoded_duration": int(times[-1]) / 1e6 if times else 0.0,
            "longest_picture": _longest_step(
                time for index in pictures for time in packet_times.get(index, ())
            ),
            "errors": errors_in(decoding.stderr.decode(errors="replace"), packet_times),
            "streams": [
                {
                    "kind": stream["codec_type"],
                    "codec": stream.get("codec_name"),
                    "width": stream.get("width"),
                    "height": stream.get("height"),
                    "channels": stream.get("channels"),
                    "sample_rate": int(stream["sample_rate"]) if "sample_rate" in stream else None,
                    "start": float(stream["start_time"]) if "start_time" in stream else None,
                }
                for stream in probe["streams"]
            ],
        }

    def samples(self, path: Path) -> list[list[float]]:
        query = ("-select_streams", "a:0", "-show_entries", "stream=channels", "-of", "csv=p=0")
        if not (channels := self._output("ffprobe", *query, path).strip()):
            return []
        output = ("-map", "0:a:0", "-ar", str(SAMPLE_RATE), "-f", "f32le", "-")
        values = array.array("f", self._output("ffmpeg", "-i", path, *output))
        return [values[index :: int(channels)].tolist() for index in range(int(channels))]

    def pictures(self, path: Path) -> Iterator[tuple[float, RGB]]:
        shrink = f"fps={self.frame_rate}:start_time=0,scale={WIDTH}:{HEIGHT}:flags=area"
        output = ("-map", "0:v:0?", "-vf", shrink, "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
        data = self._output("ffmpeg", "-i", path, *output)
        size = WIDTH * HEIGHT * 3
        for index in range(len(data) // size):
            yield index / self.frame_rate, _average(data[index * size : (index + 1) * size])

    def packets(self, path: Path) -> list[dict[str, Any]]:
        copied = self._output("ffmpeg", "-i", path, "-map", "0", "-c", "copy", "-f", "framehash", "-")
        kinds: dict[str, str] = {}
        digests: dict[str, list[str]] = {}
        for line in copied.decode().splitlines():
            if line.startswith(media_type := "#media_type "):
                stream, kind = line.removeprefix(media_type).split(": ")
                kinds[stream] = kind
            elif not line.startswith("#"):
                stream, _, _, _, _, digest, *_ = line.split(",")
                digests.setdefault(stream.strip(), []).append(digest.strip())
        return [
            {
                "kind": kinds[stream],
                "count": len(each),
                "digest": hashlib.sha256("".join(each).encode()).hexdigest(),
            }
            for stream, each in sorted(digests.items())
        ]

    def key_times(self, path: Path) -> list[float]:
        query = ("-show_entries", "stream=index,codec_type:packet=stream_index,pts_time,flags", "-of", "json")
        about = json.loads(self._output("ffprobe", *query, path))
        kinds = {stream["codec_type"]: stream["index"] for stream in reversed(about["streams"])}
        entered = kinds.get("video", kinds.get("audio"))
        return [
            float(packet["pts_time"])
            for packet in about["packets"]
            if packet["stream_index"] == entered and "K" in packet["flags"]
        ]

    @staticmethod
    def _run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
        command = (program, "-v", "error", *arguments)
        return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)

    def _output(self, program: str, *arguments: str | Path) -> bytes:
        result = self._run(program, *arguments)
        if result.returncode:
            raise NotMediaError(result.stderr.decode(errors="replace").strip())
        return result.stdout


class PyAV:
    def __init__(self) -> None:
        import av

        self.av = av

    def describe(self, path: Path) -> dict[str, Any]:
        errors: list[str] = []
        end = 0.0
        with self._open(path) as container:
            duration = container.duration
            streams = [
                {
                    "kind": stream.type,
                    "codec": stream.codec_context.name.removeprefix("lib"),
                    "width": getattr(stream, "width", None),
                    "height": getattr(stream, "height", None),
                    "channels": getattr(stream, "channels", None),
                    "sample_rate": getattr(stream, "sample_rate", None),
                    "start": None
                    if stream.start_time is None
                    else float(stream.start_time * stream.time_base),
                }
                for stream in container.streams
            ]
            start, shown = None, []
            try:
                for frame in container.decode():
                    start = frame.time if start is None else min(start, frame.time)
                    if isinstance(frame, self.av.VideoFrame):
                        shown.append(frame.time)
                    end = max(end, frame.time + float((frame.duration or 0) * frame.time_base))
            except self.av.error.FFmpegError as error:
                errors.append(str(error))
            return {
                "format": container.format.name,
                "duration": duration / self.av.time_base if duration else None,
                "tags": {name.lower(): value for name, value in container.metadata.items()},
                "decoded_duration": end - (start or 0.0),
                "longest_picture": _longest_step(shown),
                "errors": errors,
                "streams": streams,
            }

    def samples(self, path: Path) -> list[list[float]]:
        with self._open(path) as container:
            if not container.streams.audio:
                return []
            channels: list[list[float]] = [[] for _ in range(container.streams.audio[0].channels)]
            resampler = self.av.AudioResampler(format="fltp", rate=SAMPLE_RATE)
            for frame in container.decode(audio=0):
                for part in resampler.resample(frame):
                    for values, plane in zip(channels, part.planes, strict=True):
                        values.extend(array.array("f", bytes(plane))[: part.samples])
            return channels

    def pictures(self, path: Path) -> Iterator[tuple[float, RGB]]:
        with self._open(path) as container:
            start = None
            for frame in container.decode(video=0) if container.streams.video else ():
                start = frame.time if start is None else start
                plane = frame.reformat(WIDTH, HEIGHT, "rgb24", interpolation="AREA").planes[0]
                rows = (bytes(plane)[row * plane.line_size :][: WIDTH * 3] for row in range(HEIGHT))
                yield frame.time - start, _average(b"".join(rows))

    def packets(self, path: Path) -> list[dict[str, Any]]:
        with self._open(path) as container:
            found = [
                {"kind": stream.type, "count": 0, "digest": hashlib.sha256()} for stream in container.streams
            ]
            for packet in container.demux():
                if packet.size:
                    found[packet.stream_index]["count"] += 1
                    found[packet.stream_index]["digest"].update(bytes(packet))
        return [{**stream, "digest": stream["digest"].hexdigest()} for stream in found]

    def key_times(self, path: Path) -> list[float]:
        with self._open(path) as container:
            stream = (container.streams.video or container.streams.audio)[0]
            packets = [packet for packet in container.demux(stream) if packet.is_keyframe and packet.size]
            return [float(packet.pts * packet.time_base) for packet in packets]

    def _open(self, path: Path) -> Any:
        try:
            return self.av.open(str(path))
        except self.av.error.FFmpegError as error:
            raise NotMediaError(str(error)) from None


def _longest_step(times: Iterable[float]) -> float:
    """Seconds between two pictures that follow each other; 0 if there are fewer than two."""
    return max((after - before for before, after in itertools.pairwise(sorted(times))), default=0.0)


def _average(rgb: bytes) -> RGB:
    red, green, blue = (sum(rgb[channel::3]) * 3 / len(rgb) for channel in range(3))
    return red, green, blue
