#!/usr/bin/env bash
# Three Python readers report hours for a short WAV that FFmpeg wrote into a pipe.
#
# Versions: mutagen 1.48.1, tinytag 2.3.2, soundfile 0.14.0 (pip), and Python's
#           own `wave`; PyAV 18.1.0 (FFmpeg 8) writes and reads the file.
# Input:    one second of 16-bit mono PCM at 48 kHz, which FFmpeg writes into an
#           output that is not seekable. FFmpeg cannot go back to fill in the sizes, so RIFF
#           and data state 0xFFFFFFFF, by convention "up to the end".
# Expected: 1 s.
# Observed: FFmpeg and soundfile report 1 s. mutagen, tinytag and `wave` trust
#           the size and report 44739.2 s (12.4 hours).
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 mutagen==1.48.1 tinytag==2.3.2 soundfile==0.14.0 || exit 2

PYTHONPATH=py python3 - <<'PY'
import sys, wave
import av, mutagen, soundfile, tinytag

class Pipe:
    """An output that can only be written."""

    def __init__(self):
        self.data = b""

    def write(self, data):
        self.data += bytes(data)
        return len(data)

pipe = Pipe()
with av.open(pipe, "w", format="wav") as out:
    stream = out.add_stream("pcm_s16le", rate=48000, layout="mono")
    for pts in range(0, 48000, 1000):
        sound = av.AudioFrame("s16", "mono", 1000)
        sound.planes[0].update(bytes(sound.planes[0].buffer_size))
        sound.rate, sound.pts = 48000, pts
        out.mux(stream.encode(sound))
    out.mux(stream.encode(None))
open("pipe.wav", "wb").write(pipe.data)
at = pipe.data.index(b"data")
print("size of RIFF:", pipe.data[4:8].hex(), "| of data:", pipe.data[at + 4:at + 8].hex(), "| file:", len(pipe.data))
with av.open("pipe.wav") as file:
    right = [sum(frame.samples for frame in file.decode(audio=0)) / 48000, soundfile.info("pipe.wav").duration]
with wave.open("pipe.wav") as file:
    wrong = [file.getnframes() / file.getframerate()]
wrong += [mutagen.File("pipe.wav").info.length, tinytag.TinyTag.get("pipe.wav").duration]
print("FFmpeg, soundfile:", right, "s")
print("wave, mutagen, tinytag:", [round(length, 1) for length in wrong], "s")
holds = right == [1, 1] and all(length > 44000 for length in wrong)
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
