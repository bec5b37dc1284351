#!/usr/bin/env bash
# mediabunny writes an MP4's disc number under a name that other tools do not read.
#
# Versions: mediabunny 1.61.0 (npm), mutagen 1.48.1, PyAV 18.1.0 (FFmpeg 8).
# Input:    one second of AAC in MP4, copied by mediabunny with the tags
#           title A, track 1 of 9, disc 2 of 3.
# Expected: a `disk` atom in `ilst`, the name that iTunes, mutagen and FFmpeg use.
# Observed: mediabunny writes a `disc` atom, and reads it back itself. mutagen and
#           FFmpeg see the title and the track, and no disc number.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 mutagen==1.48.1 || exit 2
npm install --silent --no-audit --no-fund --prefix . mediabunny@1.61.0 || exit 2

PYTHONPATH=py python3 - <<'PY'
import av
with av.open("in.m4a", "w", format="mp4") as out:
    stream = out.add_stream("aac", rate=48000, layout="mono")
    for pts in range(0, 48000, 1000):
        sound = av.AudioFrame("fltp", "mono", 1000)
        sound.planes[0].update(bytes(sound.planes[0].buffer_size))
        sound.rate, sound.pts = 48000, pts
        out.mux(stream.encode(sound))
    out.mux(stream.encode(None))
PY

cat > copy.mjs <<'JS'
import * as M from 'mediabunny';
import { readFileSync, writeFileSync } from 'node:fs';
const open = (bytes) => new M.Input({ formats: M.ALL_FORMATS, source: new M.BufferSource(bytes) });
const track = await open(readFileSync('in.m4a')).getPrimaryAudioTrack();
const output = new M.Output({ format: new M.Mp4OutputFormat(), target: new M.BufferTarget() });
const source = new M.EncodedAudioPacketSource(track.codec);
output.addAudioTrack(source);
output.setMetadataTags({ title: 'A', trackNumber: 1, tracksTotal: 9, discNumber: 2, discsTotal: 3 });
await output.start();
const meta = { decoderConfig: await track.getDecoderConfig() };
for await (const packet of new M.EncodedPacketSink(track).packets()) await source.add(packet, meta);
await output.finalize();
writeFileSync('out.m4a', new Uint8Array(output.target.buffer));
console.log('mediabunny reads disc', (await open(output.target.buffer).getMetadataTags()).discNumber);
JS
node copy.mjs

PYTHONPATH=py python3 - <<'PY'
import sys, av, mutagen
mp4, ffmpeg = dict(mutagen.File("out.m4a").tags), av.open("out.m4a").metadata
data = open("out.m4a", "rb").read()
print("mutagen:", mp4)
print("FFmpeg: ", {name: ffmpeg.get(name) for name in ("title", "track", "disc")})
print("atom disc:", b"disc" in data, "| atom disk:", b"disk" in data)
holds = b"disc" in data and b"disk" not in data and "trkn" in mp4 and "disk" not in mp4 and "disc" not in ffmpeg
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
