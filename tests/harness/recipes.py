"""ffmpeg's recipes for the files of the corpus (`harness.corpus`); each is made once, in build/corpus."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness import corpus, painted
from harness.corpus import BEEP, BEEP_LEVEL, BEEP_TONE, CENTRE, FILES, TONE_LEVEL, TONES, File, every
from harness.places import ROOT

FOLDER = ROOT / "build" / "corpus"

#: Concurrent requests for one file make it only once.
_making = threading.Lock()


class RecipeError(Exception):
    """A file could not be made; the text gives the reason."""


def path_of(name: str) -> Path:
    """The file, made now if it does not exist."""
    path = _folder() / name
    with _making:
        if not path.exists():
            if not shutil.which("ffmpeg"):
                raise RecipeError("ffmpeg makes the corpus and is missing. As root: apt-get install ffmpeg")
            path.parent.mkdir(parents=True, exist_ok=True)
            for old in FOLDER.iterdir():
                if old != path.parent:
                    shutil.rmtree(old, ignore_errors=True)
            _make(FILES[name], path)
    return path


def _folder() -> Path:
    """A changed recipe makes a file with a different name."""
    recipe = b"".join(Path(module).read_bytes() for module in (__file__, corpus.__file__, painted.__file__))
    return FOLDER / hashlib.sha256(recipe).hexdigest()[:12]


def _make(file: File, path: Path) -> None:
    # Another process may make it, too; the last one replaces it with the same content.
    made = path.with_name(f".{secrets.token_hex(4)}-{file.name}")
    with tempfile.TemporaryDirectory() as folder:
        RECIPES[file.recipe](file, made, Path(folder))
    os.replace(made, path)


def encode(file: File, target: Path, folder: Path, *more: str) -> None:
    """The pictures and the sound of a file, with its options."""
    inputs = [*_pictures(file, folder), *_sound(file, folder)]
    _ffmpeg(*inputs, *_timing(file), *file.options.split(), *more, target)


def _pictures(file: File, folder: Path) -> list[str | Path]:
    if not file.pictures:
        return []
    width, height = file.size
    raw = folder / "pictures"
    raw.write_bytes(b"".join(painted.paint(code, width, height) for _, code in file.pictures))
    rate = _rate(file)
    # (The delay of the sound's encoder is added automatically.)
    late = ["-itsoffset", str(file.pictures[0][0])] if rate and file.pictures[0][0] >= 1 else []
    kind = ["-f", "rawvideo", "-pix_fmt", "gray", "-video_size", f"{width}x{height}"]
    return [*late, *kind, "-framerate", str(rate or 1000), "-i", raw]


def _rate(file: File) -> int:
    """Pictures a second; 0 if they are irregular."""
    # (The first picture may be shown slightly longer.)
    times = [time for time, _ in file.pictures[1:]]
    steps = {round(1 / (after - before), 3) for before, after in itertools.pairwise(times)}
    return round(steps.pop()) if len(steps) == 1 else 0


def _timing(file: File) -> list[str]:
    if not file.pictures:
        return []
    # Grey has full range; players assume that pictures have limited range. (By default, ffmpeg converts it
    # to RGB for VP9, which no browser encodes.)
    filters = ["scale=in_range=full:out_range=limited", "format=yuv420p"]
    if not _rate(file):
        places = "+".join(f"eq(N\\,{number})*{time}" for number, (time, _) in enumerate(file.pictures))
        filters.append(f"setpts=({places})/TB")
    return ["-vf", ",".join(filters), "-vsync", "passthrough"]


def _sound(file: File, folder: Path, name: str = "sound", shift: float = 0.0) -> list[str | Path]:
    if (sound := file.sound) is None:
        return []
    raw = folder / name
    pause = sound.hole[1] - sound.hole[0] if sound.hole else 0.0
    seconds = sound.end - sound.late - sound.start + sound.cut - pause
    raw.write_bytes(signal(round(seconds, 3), sound.rate, sound.channels, shift))
    late = sound.start
    if file.extension == "webm":
        # ffmpeg gives Opus times that ignore the CodecDelay that it writes, and delays pictures.
        late += corpus.OPUS_DELAY
    kind = ["-f", "f32le", "-ar", str(sound.rate), "-ac", str(sound.channels)]
    return [*(["-itsoffset", str(late)] if late else []), *kind, "-i", raw]


def signal(seconds: float, rate: int, channels: int, shift: float = 0.0) -> bytes:
    """The quiet tone with beeps, as 32-bit floats. With six channels, only the centre has the beeps."""
    import numpy as np

    time = np.arange(round(seconds * rate)) / rate
    beeps = BEEP_LEVEL * np.sin(2 * np.pi * BEEP_TONE * (time % 1)) * (time % 1 < BEEP)
    columns = [TONE_LEVEL * np.sin(2 * np.pi * (tone + shift) * time) for tone in TONES[:channels]]
    for channel, column in enumerate(columns):
        if channels < 6 or channel == CENTRE:
            column += beeps
    return np.stack(columns, axis=1).astype("<f4").tobytes()


def without_default_duration(file: File, target: Path, folder: Path) -> None:
    """As browsers write it, without durations of pictures."""
    encode(file, target, folder)
    data = target.read_bytes()
    place = data.index(b"\x23\xe3\x83")
    size = data[place + 3] & 0x7F
    # A Void element, which has no meaning, replaces it (RFC 8794).
    nothing = bytes((0xEC, 0x80 | size + 2)) + bytes(size + 2)
    target.write_bytes(data[:place] + nothing + data[place + len(nothing) :])


def hole(file: File, target: Path, folder: Path) -> None:
    """The packets of sound after the gap get later times."""
    assert file.sound
    assert file.sound.hole
    start, end = file.sound.hole
    # (In WebM the times here are milliseconds, although TB is the encoder's.)
    pause = f"{1000 * (end - start)}" if file.extension == "webm" else f"{end - start}/TB"
    later = f"if(gte(N\\,{round(start * 50)})\\,TS+{pause}\\,TS)"
    encode(file, target, folder, "-bsf:a", f"setts=ts={later}")


def cut(file: File, target: Path, folder: Path) -> None:
    """The beginning is cut off without encoding: it is still in the file, and an edit list hides it."""
    assert file.sound
    whole = folder / "whole.mp4"
    encode(replace(file, pictures=every(30, 5)), whole, folder, "-g", "150", "-sc_threshold", "0")
    _ffmpeg("-ss", str(file.sound.cut), "-i", whole, "-c", "copy", target)


def pre_skip_of_chromium(file: File, target: Path, folder: Path) -> None:
    """Chromium's recorder states 3840 frames of pre-skip, whatever the encoder's delay was."""
    encode(file, target, folder)
    data = target.read_bytes()
    place = data.index(b"dOps") + 6
    target.write_bytes(data[:place] + (3840).to_bytes(2) + data[place + 2 :])


def reshaped(file: File, target: Path, folder: Path) -> None:
    """The shape changes in the middle of the track, as when a phone is rotated."""
    half = len(file.pictures) // 2
    parts = []
    for number, size in enumerate((file.size, file.size[::-1])):
        pictures = tuple((time, code + number * half) for time, code in every(15, file.length / 2))
        part = folder / f"{number}.webm"
        encode(replace(file, pictures=pictures, size=size, sound=None), part, folder)
        parts.append(f"file '{part}'\n")
    (folder / "parts").write_text("".join(parts))
    joined = ("-f", "concat", "-safe", "0", "-i", folder / "parts")
    _ffmpeg(*joined, *_sound(file, folder), *file.options.split(), "-c:v", "copy", target)


def transparent(file: File, target: Path, folder: Path) -> None:
    """The lower left is transparent except for a moving square."""
    width, height = file.size
    raw = folder / "rgba"
    with open(raw, "wb") as pictures:
        for number, (_, code) in enumerate(file.pictures):
            grey = painted.paint(code, width, height)
            pixels = bytearray(b"".join(bytes((value, value, value, 255)) for value in grey))
            square = range(2 * number % 60, 2 * number % 60 + 16)
            for y in range(height * 3 // 4, height):
                for x in range(width // 2):
                    shown = x in square and y - height * 3 // 4 in range(4, 20)
                    at = 4 * (y * width + x)
                    pixels[at : at + 4] = b"\xff\xff\xff\xff" if shown else bytes(4)
            pictures.write(pixels)
    kind = ("-f", "rawvideo", "-pix_fmt", "rgba", "-video_size", f"{width}x{height}", "-framerate", "15")
    encoded = (*file.options.split(), "-pix_fmt", "yuva420p")
    _ffmpeg(*kind, "-i", raw, *_sound(file, folder), *encoded, target)


def rotated(file: File, target: Path, folder: Path) -> None:
    """It is stored sideways, with a matrix for the rotation."""
    upright = folder / "upright.mp4"
    encode(file, upright, folder)
    turned = folder / "turned.mp4"
    lying = ("-vf", "transpose=clock", "-c:a", "copy", *corpus.H264.split())
    _ffmpeg("-i", upright, *lying, "-crf", "18", turned)
    _ffmpeg("-i", turned, "-c", "copy", "-metadata:s:v", "rotate=90", target)


def tagged(file: File, target: Path, folder: Path) -> None:
    encode(file, target, folder, *_metadata(file))


def _metadata(file: File) -> list[str]:
    return [part for name, value in file.tags.items() for part in ("-metadata", f"{name}={value}")]


def cover(file: File, target: Path, folder: Path) -> None:
    plain = folder / "plain.mp3"
    encode(file, plain, folder)
    picture = folder / "cover.png"
    _ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", picture)
    both = ("-i", plain, "-i", picture, "-map", "0:a", "-map", "1:v", "-c", "copy")
    _ffmpeg(*both, *_metadata(file), "-id3v2_version", "3", "-metadata:s:v", "comment=Cover (front)", target)


def two_sounds(file: File, target: Path, folder: Path) -> None:
    """Two languages; the second is 1 kHz higher."""
    inputs = [
        *_pictures(file, folder),
        *_sound(file, folder),
        *_sound(file, folder, "second", 1000),
    ]
    spoken = [
        part
        for number, language in enumerate(file.languages)
        for part in ("-map", f"{number + 1}:a", f"-metadata:s:a:{number}", f"language={language}")
    ]
    _ffmpeg(*inputs, *_timing(file), "-map", "0:v", *spoken, *file.options.split(), target)


def truncated(file: File, target: Path, folder: Path) -> None:
    """It ends within the first packet at 3 s."""
    longer = replace(
        file, pictures=every(15, file.length + 2), sound=replace(file.sound, end=file.length + 2)
    )
    encode(longer, target, folder)
    place = _packet(target, file.length)[0]
    target.write_bytes(target.read_bytes()[: place + 12])


def damaged(file: File, target: Path, folder: Path) -> None:
    """The bytes of one picture are damaged, so that VP8 cannot decode it, far from a key frame."""
    assert file.damaged
    encode(file, target, folder, "-keyint_min", "600", "-g", "600")
    place, size = _packet(target, file.damaged[0])
    data = bytearray(target.read_bytes())
    # The block begins with its track, time and flags. The frame's tag (RFC 6386, 9.1) then declares a key
    # frame, but the start code of a key frame does not follow.
    start = place + 4
    data[start : start + size] = b"\xfe" * size
    target.write_bytes(data)


def _packet(path: Path, time: float) -> tuple[int, int]:
    """Position and size of the picture's first packet from this time on."""
    query = ("-select_streams", "v:0", "-show_entries", "packet=pts_time,pos,size", "-of", "compact=nokey=1")
    for line in _run("ffprobe", *query, path).decode().splitlines():
        _, at, size, place = line.split("|")
        if float(at) >= time - 0.001:
            return int(place), int(size)
    raise RecipeError(f"{path} has no picture at {time} s")


def _ffmpeg(*arguments: str | Path) -> None:
    _run("ffmpeg", "-y", "-bitexact", *arguments)


def _run(program: str, *arguments: str | Path) -> bytes:
    command = (program, "-v", "error", *arguments)
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        line = " ".join(map(str, command))
        raise RecipeError(f"{line}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


RECIPES: dict[str, Callable[[File, Path, Path], None]] = {
    recipe.__name__: recipe
    for recipe in (
        encode,
        without_default_duration,
        hole,
        cut,
        pre_skip_of_chromium,
        reshaped,
        transparent,
        rotated,
        tagged,
        cover,
        two_sounds,
        truncated,
        damaged,
    )
}
