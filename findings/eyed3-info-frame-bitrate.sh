#!/usr/bin/env bash
# eyeD3 halves the duration of FFmpeg's MP3s with a low bit rate.
#
# Versions: eyeD3 0.9.9 and mutagen 1.48.1 (pip); PyAV 18.1.0 (FFmpeg 8) writes the files.
# Input:    ten seconds of stereo MP3 with a constant bit rate, 128 and 32 kb/s.
# Expected: 10.03 s (384 frames of 1152 samples at 44100 Hz), as mutagen reports.
# Observed: eyeD3 reports 10.08 s at 128 kb/s, and 5.06 s at 32 kb/s. FFmpeg's Info
#           frame does not fit into 32 kb/s, so that frame has 64 kb/s. eyeD3 divides
#           the file's size by the length of this one frame, though the frame states
#           how many follow.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 mutagen==1.48.1 eyed3==0.9.9 || exit 2

PYTHONPATH=py python3 - <<'PY'
import sys
import av, eyed3, mutagen

seen = {}
for rate in (128, 32):
    with av.open("in.mp3", "w") as out:
        stream = out.add_stream("libmp3lame", rate=44100, layout="stereo")
        stream.bit_rate = rate * 1000
        for pts in range(0, 441000, 1050):
            sound = av.AudioFrame("fltp", "stereo", 1050)
            for plane in sound.planes:
                plane.update(bytes(plane.buffer_size))
            sound.rate, sound.pts = 44100, pts
            out.mux(stream.encode(sound))
        out.mux(stream.encode(None))
    eye, right = eyed3.load("in.mp3").info, mutagen.File("in.mp3").info
    print(f"{rate} kb/s: eyeD3 {eye.time_secs} s at {eye.bit_rate[1]} kb/s, "
          f"mutagen {right.length:.2f} s at {right.bitrate // 1000} kb/s")
    seen[rate] = eye.time_secs, round(right.length, 2)
holds = abs(seen[128][0] - 10) < 0.2 and abs(seen[32][0] - 5) < 0.2 and seen[32][1] == 10.03
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
