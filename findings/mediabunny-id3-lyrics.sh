#!/usr/bin/env bash
# mediabunny counts the length of ID3 lyrics in characters, and so loses the tags after them.
#
# Versions: mediabunny 1.61.0 (npm), mutagen 1.48.1; the input comes from PyAV 18.1.0.
# Input:    one second of MP3, copied by mediabunny with the tags title, lyrics
#           (eight Japanese characters, 24 bytes of UTF-8), comment and track.
# Expected: a USLT frame of 30 bytes (one for the encoding, three for the language, one
#           for the empty description, 24 for the text, one for its end), and both
#           frames after it.
# Observed: the size of USLT is 14, counted in characters. The lyrics are truncated,
#           and the reader continues in the rest of the text: mutagen finds no comment and
#           no track. With English lyrics all four tags are there.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py av==18.1.0 mutagen==1.48.1 || exit 2
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
for (const [name, lyrics] of [['english', 'Spring sea'], ['japanese', '春の海ひねもす哉']]) {
  const input = new M.Input({ formats: M.ALL_FORMATS, source: new M.BufferSource(readFileSync('in.mp3')) });
  const track = await input.getPrimaryAudioTrack();
  const output = new M.Output({ format: new M.Mp3OutputFormat(), target: new M.BufferTarget() });
  const source = new M.EncodedAudioPacketSource('mp3');
  output.addAudioTrack(source);
  output.setMetadataTags({ title: 'A', lyrics, comment: 'C', trackNumber: 3 });
  await output.start();
  const meta = { decoderConfig: await track.getDecoderConfig() };
  for await (const packet of new M.EncodedPacketSink(track).packets()) await source.add(packet, meta);
  await output.finalize();
  writeFileSync(name + '.mp3', new Uint8Array(output.target.buffer));
}
JS
node copy.mjs

PYTHONPATH=py python3 - <<'PY'
import sys, mutagen
seen = {}
for name in ("english", "japanese"):
    data = open(name + ".mp3", "rb").read()
    at = data.index(b"USLT") + 4
    size, frames = int.from_bytes(data[at:at + 4], "big"), sorted(mutagen.File(name + ".mp3").tags)
    print(f"{name}: size of USLT {size}, mutagen reads {frames}")
    seen[name] = size, frames
holds = len(seen["english"][1]) == 4 and seen["japanese"] == (14, ["TIT2", "USLT::und"])
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
