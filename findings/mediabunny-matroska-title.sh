#!/usr/bin/env bash
# FFmpeg reads a title that mediabunny wrote into Matroska under another name.
#
# Versions: mediabunny 1.61.0 (npm); PyAV 18.1.0 (FFmpeg 8) makes the input and reads the result.
# Input:    one second of Opus in WebM, copied by mediabunny with the tags title and artist.
# Expected: FFmpeg reads `title` and `ARTIST`, as it does from its own WebM.
# Observed: FFmpeg reads `MOVIE/TITLE` and `MOVIE/ARTIST`: mediabunny writes a target of type
#           50 with the name MOVIE before the tags, and FFmpeg puts MOVIE before their names.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 || exit 2
npm install --silent --no-audit --no-fund --prefix . mediabunny@1.61.0 || exit 2

PYTHONPATH=py python3 - <<'PY'
import av
with av.open("in.webm", "w") as out:
    stream = out.add_stream("libopus", rate=48000, layout="mono")
    for pts in range(0, 48000, 960):
        sound = av.AudioFrame("s16", "mono", 960)
        sound.planes[0].update(bytes(sound.planes[0].buffer_size))
        sound.rate, sound.pts = 48000, pts
        out.mux(stream.encode(sound))
    out.mux(stream.encode(None))
PY

cat > copy.mjs <<'JS'
import * as M from 'mediabunny';
import { readFileSync, writeFileSync } from 'node:fs';
const input = new M.Input({ formats: M.ALL_FORMATS, source: new M.BufferSource(readFileSync('in.webm')) });
const track = await input.getPrimaryAudioTrack();
const output = new M.Output({ format: new M.WebMOutputFormat(), target: new M.BufferTarget() });
const source = new M.EncodedAudioPacketSource('opus');
output.addAudioTrack(source);
output.setMetadataTags({ title: 'A', artist: 'B' });
await output.start();
const meta = { decoderConfig: await track.getDecoderConfig() };
for await (const packet of new M.EncodedPacketSink(track).packets()) await source.add(packet, meta);
await output.finalize();
writeFileSync('out.webm', new Uint8Array(output.target.buffer));
JS
node copy.mjs

PYTHONPATH=py python3 - <<'PY'
import sys, av
tags = dict(av.open("out.webm").metadata)
print("FFmpeg:", tags)
holds = "title" not in {name.lower() for name in tags} and "A" in tags.values()
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
