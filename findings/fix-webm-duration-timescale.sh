#!/usr/bin/env bash
# fix-webm-duration rewrites the time unit of a WebM, and so changes its speed.
#
# Versions: fix-webm-duration 1.0.6 (npm); PyAV 18.1.0 (FFmpeg 8) writes and reads the file.
# Input:    a WebM without Duration (FFmpeg's option `live`), 30 pictures, whose
#           TimestampScale is 500000 ns, so that they are 50 ms apart. The specification
#           only recommends the usual 1000000 ns.
# Expected: fixWebmDuration(blob, 1500) adds a Duration of 1.5 s and changes nothing else.
# Observed: it sets TimestampScale to 1000000 ns, but does not convert the timestamps
#           of the clusters and blocks. The pictures are now 100 ms apart, the last
#           starts at 2.9 s instead of 1.45 s, and the file states 1.5 s.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 || exit 2
npm install --silent --no-audit --no-fund --prefix . fix-webm-duration@1.0.6 || exit 2

PYTHONPATH=py python3 - <<'PY'
import av
with av.open("in.webm", "w", options={"live": "1"}) as out:
    stream = out.add_stream("libvpx", rate=10)
    stream.width = stream.height = 64
    stream.pix_fmt = "yuv420p"
    for pts in range(30):
        picture = av.VideoFrame(64, 64, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes([100]) * plane.buffer_size)
        picture.pts = pts
        out.mux(stream.encode(picture))
    out.mux(stream.encode(None))
data = open("in.webm", "rb").read()
unit = b"\x2a\xd7\xb1\x83"  # TimestampScale, three bytes
data = data.replace(unit + (1000000).to_bytes(3, "big"), unit + (500000).to_bytes(3, "big"), 1)
at = data.index(b"\x23\xe3\x83\x84")  # DefaultDuration (100 ms); overwrite it with Void
open("in.webm", "wb").write(data[:at] + b"\xec\x86" + bytes(6) + data[at + 8:])
PY

cat > fix.cjs <<'JS'
const fs = require('fs');
globalThis.FileReader = class { // the part of the browser's class that the package uses
  readAsArrayBuffer(blob) { blob.arrayBuffer().then((bytes) => { this.result = bytes; this.onloadend(); }); }
};
const fix = require('fix-webm-duration');
fix(new Blob([fs.readFileSync('in.webm')]), 1500, { logger: false })
  .then((blob) => blob.arrayBuffer()).then((bytes) => fs.writeFileSync('out.webm', Buffer.from(bytes)));
JS
node fix.cjs

PYTHONPATH=py python3 - <<'PY'
import sys, av
seen = {}
for name in ("in.webm", "out.webm"):
    with av.open(name) as file:
        times = [round(float(packet.pts * packet.time_base), 3) for packet in file.demux(video=0) if packet.size]
        seen[name] = times[1], times[-1], file.duration and file.duration / 1e6
    print(f"{name}: second picture at {times[1]} s, last at {times[-1]} s, duration {seen[name][2]}")
holds = seen == {"in.webm": (0.05, 1.45, None), "out.webm": (0.1, 2.9, 1.5)}
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
