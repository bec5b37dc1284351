#!/usr/bin/env bash
# FFmpeg loses AAC's encoder delay when it copies packets from MP4 to Matroska.
#
# Version:  PyAV 18.1.0 (FFmpeg 8), which writes, copies and reads the files.
# Input:    one second of AAC and one of Opus in MP4, whose edit lists leave out
#           the encoder's delay; the packets are copied to Matroska unchanged.
# Expected: Matroska's CodecDelay states the delay, so the sound stays where it was.
# Observed: Opus gets a CodecDelay (6.5 ms, from its own header). AAC gets none: a
#           decoder plays 1024 extra samples at the start, the sound after them is
#           21 ms late, and the file states 1.021 s.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 || exit 2

PYTHONPATH=py python3 - <<'PY'
import sys
import av

def look(name):
    with av.open(name) as file:
        frames = list(file.decode(audio=0))
        return file.duration / 1e6, sum(frame.samples for frame in frames)

seen = []
for codec, sample_format in [("libopus", "flt"), ("aac", "fltp")]:
    with av.open("in.mp4", "w") as out:
        stream = out.add_stream(codec, rate=48000, layout="mono")
        for pts in range(0, 48000, 1000):
            sound = av.AudioFrame(sample_format, "mono", 1000)
            sound.planes[0].update(bytes(sound.planes[0].buffer_size))
            sound.rate, sound.pts = 48000, pts
            out.mux(stream.encode(sound))
        out.mux(stream.encode(None))
    with av.open("in.mp4") as file, av.open("out.mkv", "w") as out:
        copy = out.add_stream_from_template(file.streams[0])
        for packet in file.demux(audio=0):
            if packet.dts is not None:
                packet.stream = copy
                out.mux(packet)
    head = open("out.mkv", "rb").read().split(b"\x1f\x43\xb6\x75")[0]  # all before the first Cluster
    delay = b"\x56\xaa" in head
    print(f"{codec}: MP4 {look('in.mp4')}, Matroska {look('out.mkv')} (seconds, samples), CodecDelay {delay}")
    seen.append((delay, look("out.mkv")[1] - look("in.mp4")[1]))
print("more samples in Matroska:", [more for _, more in seen])
holds = seen[0] == (True, 0) and seen[1][0] is False and seen[1][1] >= 1024
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
