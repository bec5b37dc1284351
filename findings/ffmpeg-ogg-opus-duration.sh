#!/usr/bin/env bash
# FFmpeg's duration for Ogg Opus includes the pre-skip, which it never plays.
#
# Versions: PyAV 18.1.0 (FFmpeg 8), mutagen 1.48.1, tinytag 2.3.2.
# Input:    two seconds of Opus in Ogg, with the pre-skip of its encoder (312), and
#           the same file with 3840 (as RFC 7845 recommends) and 48000 instead.
# Expected: the duration is the last granule position minus the pre-skip.
# Observed: FFmpeg states the last granule position itself, and a start of 0. It
#           decodes the length that mutagen and tinytag state. With a pre-skip of 48000
#           FFmpeg states 2.0065 s, and a player gets 1.0065 s.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 mutagen==1.48.1 tinytag==2.3.2 || exit 2

PYTHONPATH=py python3 - <<'PY'
import struct, sys
import av, mutagen, tinytag

with av.open("in.opus", "w") as out:
    stream = out.add_stream("libopus", rate=48000, layout="mono")
    for pts in range(0, 96000, 1000):
        sound = av.AudioFrame("flt", "mono", 1000)
        sound.planes[0].update(bytes(sound.planes[0].buffer_size))
        sound.rate, sound.pts = 48000, pts
        out.mux(stream.encode(sound))
    out.mux(stream.encode(None))

def checksum(page):
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x104C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value

data, holds = open("in.opus", "rb").read(), True
second = data.index(b"OggS", 4)
for skip in (312, 3840, 48000):
    head = bytearray(data[:second])  # the first page holds only OpusHead
    struct.pack_into("<H", head, head.index(b"OpusHead") + 10, skip)
    head[22:26] = bytes(4)
    head[22:26] = struct.pack("<I", checksum(head))
    open("skip.opus", "wb").write(head + data[second:])
    with av.open("skip.opus") as file:
        stated, start = file.streams[0].duration, file.streams[0].start_time
        decoded = sum(frame.samples for frame in file.decode(audio=0))
    others = [mutagen.File("skip.opus").info.length, tinytag.TinyTag.get("skip.opus").duration]
    print(f"pre-skip {skip}: FFmpeg states {stated} from {start}, decodes {decoded}; mutagen, tinytag {others}")
    holds &= (stated, start, decoded) == (96312, 0, 96312 - skip) and others == [decoded / 48000] * 2
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
