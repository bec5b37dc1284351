#!/usr/bin/env bash
# mediabunny drops an MP3's delay and padding when it copies the packets.
#
# Versions: mediabunny 1.61.0 (npm); PyAV 18.1.0 (FFmpeg 8) writes and reads the files.
# Input:    one second of MP3 (44100 samples), whose Info frame states the encoder's
#           delay and padding; mediabunny copies its packets to a new MP3.
# Expected: the copy decodes to the same 44100 samples.
# Observed: the copy's Xing frame ends before that field. FFmpeg decodes 46080
#           samples, 40 whole frames: silence before and after the sound.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 || exit 2
npm install --silent --no-audit --no-fund --prefix . mediabunny@1.61.0 || exit 2

PYTHONPATH=py python3 - <<'PY'
import av
with av.open("in.mp3", "w") as out:
    stream = out.add_stream("libmp3lame", rate=44100, layout="mono")
    for pts in range(0, 44100, 1050):
        sound = av.AudioFrame("fltp", "mono", 1050)
        sound.planes[0].update(bytes(sound.planes[0].buffer_size))
        sound.rate, sound.pts = 44100, pts
        out.mux(stream.encode(sound))
    out.mux(stream.encode(None))
PY

cat > copy.mjs <<'JS'
import * as M from 'mediabunny';
import { readFileSync, writeFileSync } from 'node:fs';
const input = new M.Input({ formats: M.ALL_FORMATS, source: new M.BufferSource(readFileSync('in.mp3')) });
const track = await input.getPrimaryAudioTrack();
const output = new M.Output({ format: new M.Mp3OutputFormat(), target: new M.BufferTarget() });
const source = new M.EncodedAudioPacketSource('mp3');
output.addAudioTrack(source);
await output.start();
const meta = { decoderConfig: await track.getDecoderConfig() };
for await (const packet of new M.EncodedPacketSink(track).packets()) await source.add(packet, meta);
await output.finalize();
writeFileSync('out.mp3', new Uint8Array(output.target.buffer));
JS
node copy.mjs

PYTHONPATH=py python3 - <<'PY'
import sys, av
seen = []
for name in ("in.mp3", "out.mp3"):
    with av.open(name) as file:
        seen.append(sum(frame.samples for frame in file.decode(audio=0)))
    print(f"{name}: FFmpeg decodes {seen[-1]} samples")
holds = seen[0] == 44100 and seen[1] > 44100 and seen[1] % 1152 == 0
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
