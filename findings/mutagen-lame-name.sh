#!/usr/bin/env bash
# mutagen subtracts an MP3's padding from its length only if the encoder's name is LAME.
#
# Versions: mutagen 1.48.1 (pip); PyAV 18.1.0 (FFmpeg 8) writes the file.
# Input:    six seconds of MP3 (264600 samples). Its Info frame states the number of
#           frames, the delay and the padding, and FFmpeg's name: Lavf. A copy
#           differs only in the name: LAME3.100.
# Expected: 6 s for both; FFmpeg decodes 264600 samples from either.
# Observed: mutagen reports 6.034 s for FFmpeg's own file, and 6.000 s for the copy.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 mutagen==1.48.1 || exit 2

PYTHONPATH=py python3 - <<'PY'
import sys
import av, mutagen

with av.open("lavf.mp3", "w") as out:
    stream = out.add_stream("libmp3lame", rate=44100, layout="mono")
    for pts in range(0, 264600, 1050):
        sound = av.AudioFrame("fltp", "mono", 1050)
        sound.planes[0].update(bytes(sound.planes[0].buffer_size))
        sound.rate, sound.pts = 44100, pts
        out.mux(stream.encode(sound))
    out.mux(stream.encode(None))
data = open("lavf.mp3", "rb").read()
name = data.index(b"Lavf", data.index(b"Info"))  # nine bytes hold the name
open("lame.mp3", "wb").write(data[:name] + b"LAME3.100" + data[name + 9:])

seen = []
for path in ("lavf.mp3", "lame.mp3"):
    with av.open(path) as file:
        decoded = sum(frame.samples for frame in file.decode(audio=0))
    seen.append((decoded, round(mutagen.File(path).info.length, 3)))
    print(f"{path}: FFmpeg decodes {decoded} samples ({decoded / 44100} s), mutagen says {seen[-1][1]} s")
holds = seen == [(264600, 6.034), (264600, 6.0)]
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
