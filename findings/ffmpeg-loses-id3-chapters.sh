#!/usr/bin/env bash
# FFmpeg loses a chapter of an MP3 whose title is a frame of more than 127 bytes.
#
# Versions: mutagen 1.48.1, which writes the chapters; PyAV 18.1.0 (FFmpeg 8), which
#           encodes and reads the MP3.
# Input:    an MP3 with an ID3v2.4 tag and two CHAP frames, whose titles (TIT2 frames
#           in UTF-8) have 125 and 126 letters: 127 and 128 bytes with the encoding
#           before them and the terminator after them.
# Expected: both chapters. In ID3v2.4 a frame's size has 7 bits in each byte, also in
#           frames within a frame (ID3v2.4.0 structure, 4; Chapter Frame Addendum).
# Observed: one. FFmpeg reads the size of the frame in the frame with 8 bits in each
#           byte: 128 (1, 0 in 7 bits each) is 256, more than the chapter has.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 mutagen==1.48.1 || exit 2

PYTHONPATH=py python3 - <<'PY'
import sys
import av
from mutagen.id3 import CHAP, CTOC, ID3, TIT2

with av.open("tone.mp3", "w", options={"id3v2_version": "0"}) as out:
    stream = out.add_stream("libmp3lame", rate=44100, layout="mono")
    for pts in range(0, 88200, 1152):
        sound = av.AudioFrame("s16p", "mono", 1152)
        sound.planes[0].update(bytes(sound.planes[0].buffer_size))
        sound.rate, sound.pts = 44100, pts
        out.mux(stream.encode(sound))
    out.mux(stream.encode(None))

tags = ID3()
tags.add(CTOC(element_id="toc", flags=3, child_element_ids=["a", "b"], sub_frames=[]))
for name, start, length in (("a", 0, 125), ("b", 1000, 126)):
    title = TIT2(encoding=3, text="x" * length)
    tags.add(CHAP(element_id=name, start_time=start, end_time=start + 1000, sub_frames=[title]))
tags.save("tone.mp3", v2_version=4)

again = ID3("tone.mp3").getall("CHAP")
print("mutagen finds titles of", sorted(len(str(one.sub_frames["TIT2"])) for one in again), "letters")
with av.open("tone.mp3") as file:
    found = [len(one["metadata"].get("title", "")) for one in file.chapters()]
print("FFmpeg finds titles of", found, "letters")
holds = len(again) == 2 and found == [125]
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
