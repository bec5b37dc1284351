/**
 * Reads a Matroska file with the patched mediabunny, and answers in JSON. For test_matroska_times.py.
 *
 *     node matroska.mjs packets FILE                 for each track: kind and packets
 *     node matroska.mjs search FILE QUERIES          for each [track, method, seconds]: the packet's time, the bytes it cost
 *     node matroska.mjs copy FILE TO CHANGES         into another file; CHANGES: {moved, lastLasts}
 */

import { readFileSync, writeFileSync } from "node:fs";
import {
  BufferTarget, CustomSource, EncodedAudioPacketSource, EncodedPacketSink, EncodedVideoPacketSource, Input, MATROSKA,
  MkvOutputFormat, Output, WEBM, WebMOutputFormat,
} from "../../build/mediabunny/dist/modules/src/index.js";

const [verb, from, ...rest] = process.argv.slice(2);
const bytes = readFileSync(from);
let bytesRead = 0;
const source = new CustomSource({
  getSize: () => bytes.length,
  read: (start, end) => {
    bytesRead += end - start;
    return bytes.subarray(start, end);
  },
  prefetchProfile: "none",
  maxCacheSize: 0,
});
const input = new Input({ source, formats: [WEBM, MATROSKA] });
const tracks = await input.getTracks();

/** @param {import("mediabunny").EncodedPacket | null} packet */
const facts = (packet) =>
  packet && { timestamp: packet.timestamp, duration: packet.duration, type: packet.type, size: packet.byteLength };

async function packets() {
  const all = [];
  for (const track of tracks) {
    const found = [];
    for await (const packet of new EncodedPacketSink(track).packets()) found.push(facts(packet));
    all.push({ kind: track.type, packets: found });
  }
  return all;
}

/** @param {string} queries */
async function search(queries) {
  const sinks = tracks.map((track) => new EncodedPacketSink(track));
  const found = [];
  for (const [track, method, at] of JSON.parse(queries)) {
    bytesRead = 0;
    const packet = await sinks[track][method](at ?? Infinity);
    found.push({ timestamp: packet && packet.timestamp, bytes: bytesRead });
  }
  return found;
}

/** @param {string} to  @param {string} changes */
async function copy(to, changes) {
  const { moved = 0, lastLasts } = JSON.parse(changes);
  const format = to.endsWith("webm") ? new WebMOutputFormat() : new MkvOutputFormat();
  const output = new Output({ format, target: new BufferTarget() });
  const copies = [];
  for (const track of tracks) {
    const codec = await track.getCodec();
    const added = track.isVideoTrack() ? new EncodedVideoPacketSource(codec) : new EncodedAudioPacketSource(codec);
    if (track.isVideoTrack()) output.addVideoTrack(added);
    else output.addAudioTrack(added);
    copies.push({ sink: new EncodedPacketSink(track), added, meta: { decoderConfig: await track.getDecoderConfig() } });
  }
  await output.start();
  await Promise.all(
    copies.map(async ({ sink, added, meta }) => {
      for (let packet = await sink.getFirstPacket(); packet; ) {
        const next = await sink.getNextPacket(packet);
        const duration = next ? packet.duration : (lastLasts ?? packet.duration);
        await added.add(packet.clone({ timestamp: packet.timestamp + moved, duration }), meta);
        packet = next;
      }
      added.close();
    }),
  );
  await output.finalize();
  writeFileSync(to, new Uint8Array(output.target.buffer));
}

const verbs = { packets, search, copy };
console.log(JSON.stringify((await verbs[verb](...rest)) ?? null));
