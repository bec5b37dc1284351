#!/usr/bin/env bash
# mediabunny returns the previous packet when asked for the one at a WAV packet's own start.
#
# Versions: mediabunny 1.61.0 (npm).
# Input:    ten seconds of 16-bit mono WAV, which mediabunny reads in packets of 2048 frames,
#           at seven sample rates.
# Expected: getPacket(t) returns the last packet that does not begin after t. So, for the
#           timestamp of a packet, it returns that packet.
# Observed: it returns the previous packet for 0 of 40 timestamps at 8000 Hz, but for 13 of 216
#           at 44100 Hz and 17 of 235 at 48000 Hz. A timestamp is a frame's number divided by the
#           rate; multiplied by the rate again, it can be slightly less than that number.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
npm install --silent --no-audit --no-fund --prefix . mediabunny@1.61.0 || exit 2

cat > look.mjs <<'JS'
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
const wav = (rate, frames) => {
  const data = Buffer.alloc(44 + frames * 2);
  data.write('RIFF', 0); data.writeUInt32LE(data.length - 8, 4); data.write('WAVEfmt ', 8);
  data.writeUInt32LE(16, 16); data.writeUInt16LE(1, 20); data.writeUInt16LE(1, 22);
  data.writeUInt32LE(rate, 24); data.writeUInt32LE(rate * 2, 28); data.writeUInt16LE(2, 32);
  data.writeUInt16LE(16, 34); data.write('data', 36); data.writeUInt32LE(frames * 2, 40);
  return data;
};
let wrong = 0;
for (const rate of [8000, 11025, 16000, 22050, 44100, 48000, 88200]) {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(wav(rate, rate * 10)) });
  const sink = new EncodedPacketSink(await input.getPrimaryAudioTrack());
  const times = [];
  for await (const packet of sink.packets()) times.push(packet.timestamp);
  const missed = [];
  for (const time of times) if ((await sink.getPacket(time)).timestamp !== time) missed.push(time);
  console.log(`${rate} Hz: ${missed.length} of ${times.length} packets are not found at their own start`, missed[0] ?? '');
  wrong += missed.length;
}
console.log(wrong ? 'The finding holds.' : 'The behaviour has changed.');
process.exit(wrong ? 0 : 1);
JS
node look.mjs
