#!/usr/bin/env bash
# FFmpeg decodes more sound from an MP4 than the file's edit list states.
#
# Version:  PyAV 18.1.0 (FFmpeg 8), which writes and reads the files.
# Input:    six seconds of sound (288000 samples), as Opus in Ogg, and as Opus and
#           as AAC in MP4. Each file states 6 s; the MP4s by their edit list.
# Expected: the decoder returns 288000 samples for each.
# Observed: Ogg yields 288000. The MP4s yield 288648 (Opus) and 288768 (AAC): FFmpeg
#           drops the start that the edit list excludes, and keeps the rest
#           of the last packet after the edit's end.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 || exit 2

PYTHONPATH=py python3 - <<'PY'
import sys
import av

def write(name, codec, form, sample_format):
    with av.open(name, "w", format=form) as out:
        stream = out.add_stream(codec, rate=48000, layout="mono")
        for pts in range(0, 288000, 1000):
            sound = av.AudioFrame(sample_format, "mono", 1000)
            sound.planes[0].update(bytes(sound.planes[0].buffer_size))
            sound.rate, sound.pts = 48000, pts
            out.mux(stream.encode(sound))
        out.mux(stream.encode(None))

seen = []
for name, codec, form, sample_format in [
    ("opus.ogg", "libopus", "ogg", "flt"),
    ("opus.mp4", "libopus", "mp4", "flt"),
    ("aac.mp4", "aac", "mp4", "fltp"),
]:
    write(name, codec, form, sample_format)
    with av.open(name) as file:
        decoded = sum(frame.samples for frame in file.decode(audio=0))
        stated = file.streams[0].duration if form == "mp4" else 288000
        print(f"{name}: stated {stated}, decoded {decoded}")
    seen.append((stated, decoded))
holds = seen == [(288000, 288000), (288000, 288648), (288000, 288768)]
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
