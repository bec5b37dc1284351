#!/usr/bin/env bash
# mediabunny finds no key packet in a WebM without Cues after packets have been read.
#
# Versions: mediabunny 1.61.0 (npm); the input comes from PyAV 18.1.0 (FFmpeg 8).
# Input:    a WebM without Cues (FFmpeg's option `live`), 30 pictures, 0.1 s
#           apart, with key frames at 0, 1 and 2 s in clusters of 0.5 s.
# Expected: getKeyPacket(1.7) returns the key frame at 1 s, whatever ran before.
# Observed: a fresh Input returns the key frame at 1 s. After all packets have been
#           read from the same Input, the same call returns null.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 || exit 2
npm install --silent --no-audit --no-fund --prefix . mediabunny@1.61.0 || exit 2

PYTHONPATH=py python3 - <<'PY'
import av
with av.open("in.webm", "w", options={"live": "1", "cluster_time_limit": "500"}) as out:
    stream = out.add_stream("libvpx", rate=10)
    stream.width = stream.height = 64
    stream.pix_fmt, stream.gop_size = "yuv420p", 10
    for pts in range(30):
        picture = av.VideoFrame(64, 64, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes([100]) * plane.buffer_size)
        picture.pts = pts
        out.mux(stream.encode(picture))
    out.mux(stream.encode(None))
PY

cat > look.mjs <<'JS'
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { readFileSync } from 'node:fs';
const open = async () => {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(readFileSync('in.webm')) });
  return new EncodedPacketSink(await input.getPrimaryVideoTrack());
};
const fresh = await (await open()).getKeyPacket(1.7);
const sink = await open();
for await (const packet of sink.packets()) if (packet.type === 'key') console.log('key frame at', packet.timestamp);
const read = await sink.getKeyPacket(1.7);
console.log('getKeyPacket(1.7), fresh Input:  ', fresh && fresh.timestamp);
console.log('getKeyPacket(1.7), after reading:', read && read.timestamp);
const holds = fresh?.timestamp === 1 && read === null;
console.log(holds ? 'The finding holds.' : 'The behaviour has changed.');
process.exit(holds ? 0 : 1);
JS
node look.mjs
