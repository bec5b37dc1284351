#!/usr/bin/env bash
# FFmpeg drops the second artist of an MP3 or an MP4, and joins both artists of an Ogg Opus.
#
# Versions: PyAV 18.1.0 (FFmpeg 8), mutagen 1.48.1, tinytag 2.3.2.
# Input:    one second of sound as MP3, MP4 and Ogg Opus. mutagen writes two artists,
#           A and B, as each format requires: two strings in one ID3v2.4 frame, two
#           data atoms in one `ilst` item, two Vorbis comments.
# Expected: FFmpeg reads both artists from each file, or the same one from each.
# Observed: mutagen and tinytag read A and B from each. FFmpeg reads A from
#           the MP3 and the MP4, and "A;B" from the Ogg.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 mutagen==1.48.1 tinytag==2.3.2 || exit 2

PYTHONPATH=py python3 - <<'PY'
import sys
import av, mutagen, tinytag
from mutagen.id3 import TPE1

seen = {}
for name, codec, sample_format, key in [
    ("in.mp3", "libmp3lame", "fltp", "TPE1"),
    ("in.m4a", "aac", "fltp", "\xa9ART"),
    ("in.opus", "libopus", "flt", "artist"),
]:
    with av.open(name, "w", format="mp4" if name == "in.m4a" else None) as out:
        stream = out.add_stream(codec, rate=48000, layout="mono")
        for pts in range(0, 48000, 1000):
            sound = av.AudioFrame(sample_format, "mono", 1000)
            sound.planes[0].update(bytes(sound.planes[0].buffer_size))
            sound.rate, sound.pts = 48000, pts
            out.mux(stream.encode(sound))
        out.mux(stream.encode(None))
    file = mutagen.File(name)
    if file.tags is None:
        file.add_tags()
    file[key] = TPE1(encoding=3, text=["A", "B"]) if key == "TPE1" else ["A", "B"]
    file.save()
    tiny = tinytag.TinyTag.get(name)
    both = [list(mutagen.File(name)[key]), [tiny.artist, *tiny.other.get("artist", [])]]
    with av.open(name) as file:
        ffmpeg = {**file.metadata, **file.streams[0].metadata}["artist"]
    print(f"{name}: mutagen {both[0]}, tinytag {both[1]}, FFmpeg {ffmpeg!r}")
    seen[name] = ffmpeg if both == [["A", "B"]] * 2 else both
holds = seen == {"in.mp3": "A", "in.m4a": "A", "in.opus": "A;B"}
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
