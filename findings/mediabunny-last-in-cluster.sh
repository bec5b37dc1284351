#!/usr/bin/env bash
# mediabunny gives the last picture of every Matroska cluster a duration of 0.
#
# Versions: mediabunny 1.61.0 (npm); the input comes from PyAV 18.1.0 (FFmpeg 8).
# Input:    a WebM of 12 pictures, 0.1 s apart, in clusters of five. No block
#           states its duration, and the track has no DefaultDuration: both are
#           optional, and webm-muxer 5.1.4 (npm), for one, writes neither.
# Expected: each picture lasts until the next one, whichever cluster holds it.
# Observed: the durations of EncodedPacketSink are
#           0.1 0.1 0.1 0.1 0 0.1 0.1 0.1 0.1 0 0.1 0
#           The track's duration misses the last picture as well: 1.1 s.
#           According to mediabunny's source, a Conversion that re-encodes also omits
#           pictures of length 0. This script does not show that, because re-encoding
#           needs a browser's WebCodecs.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 || exit 2
npm install --silent --no-audit --no-fund --prefix . mediabunny@1.61.0 || exit 2

PYTHONPATH=py python3 - <<'PY'
import av
with av.open("in.webm", "w", options={"cluster_time_limit": "450"}) as out:
    stream = out.add_stream("libvpx", rate=10)
    stream.width = stream.height = 64
    stream.pix_fmt, stream.gop_size = "yuv420p", 100
    for pts in range(12):
        picture = av.VideoFrame(64, 64, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes([100 + pts]) * plane.buffer_size)
        picture.pts = pts
        out.mux(stream.encode(picture))
    out.mux(stream.encode(None))
data = open("in.webm", "rb").read()
at = data.index(b"\x23\xe3\x83\x84")  # DefaultDuration with 4 bytes; overwrite it with Void
open("in.webm", "wb").write(data[:at] + b"\xec\x86" + bytes(6) + data[at + 8:])
PY

cat > look.mjs <<'JS'
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { readFileSync } from 'node:fs';
const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(readFileSync('in.webm')) });
const track = await input.getPrimaryVideoTrack();
const durations = [];
for await (const packet of new EncodedPacketSink(track).packets()) durations.push(+packet.duration.toFixed(3));
const seen = durations.join(' ');
console.log('durations:', seen, '| track:', await track.computeDuration());
const holds = seen === '0.1 0.1 0.1 0.1 0 0.1 0.1 0.1 0.1 0 0.1 0';
console.log(holds ? 'The finding holds.' : 'The behaviour has changed.');
process.exit(holds ? 0 : 1);
JS
node look.mjs
