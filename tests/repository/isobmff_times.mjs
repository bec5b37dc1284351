// @ts-check
/**
 * Reads and writes files with the patched mediabunny: node isobmff_times.mjs read FILE…, copy FROM TO CHANGES, front FROM TO,
 * or wide. Answers are JSON.
 */

import { readFileSync, writeFileSync } from "node:fs";
import {
  ALL_FORMATS, BufferSource, BufferTarget, EncodedAudioPacketSource, EncodedPacketSink, EncodedVideoPacketSource,
  Input, Mp4OutputFormat, Output,
} from "../../build/mediabunny/dist/modules/src/index.js";
import { moovInFront } from "../../static/library/media/faststart.js";

const open = (/** @type {string} */ file) => new Input({ source: new BufferSource(readFileSync(file)), formats: ALL_FORMATS });

/** @param {string} file */
async function read(file) {
  const found = [];
  for (const track of await open(file).getTracks()) {
    const sink = new EncodedPacketSink(track);
    const packets = [];
    for await (const { type, timestamp, duration, sideData } of sink.packets(undefined, undefined, { metadataOnly: true })) {
      packets.push({ type, at: timestamp, lasts: duration, hidden: sideData.hidden ?? false });
    }
    const at = async (/** @type {number} */ time) => (await sink.getPacket(time))?.timestamp ?? null;
    found.push({
      kind: track.type,
      packets,
      first: await track.getFirstTimestamp(),
      length: await track.computeDuration(),
      said: await track.getDurationFromMetadata(),
      language: await track.getLanguageCode(),
      name: await track.getName(),
      last_packet: await at(Infinity),
      last_key: (await sink.getKeyPacket(Infinity))?.timestamp ?? null,
    });
  }
  return found;
}

/**
 * @param {string} from  @param {string} to
 * @param {{shift?: Record<string, number>, end?: Record<string, number>, about?: object, fragmented?: boolean}} changes
 */
async function copy(from, to, { shift = {}, end = {}, about = {}, fragmented = false }) {
  const fastStart = fragmented ? "fragmented" : false;
  const output = new Output({ format: new Mp4OutputFormat({ fastStart }), target: new BufferTarget() });
  const copies = [];
  for (const track of await open(from).getTracks()) {
    const codec = /** @type {any} */ (await track.getCodec());
    const meta = { decoderConfig: await /** @type {any} */ (track).getDecoderConfig() };
    const source = track.isVideoTrack() ? new EncodedVideoPacketSource(codec) : new EncodedAudioPacketSource(codec);
    if (source instanceof EncodedVideoPacketSource) output.addVideoTrack(source, about);
    else output.addAudioTrack(source, about);
    copies.push(async () => {
      for await (const packet of new EncodedPacketSink(track).packets()) {
        const timestamp = packet.timestamp + (shift[track.type] ?? 0);
        const left = (end[track.type] ?? Infinity) - timestamp;
        if (left > 1e-9) await source.add(packet.clone({ timestamp, duration: Math.min(packet.duration, left) }), meta);
      }
      source.close();
    });
  }
  await output.start();
  await Promise.all(copies.map((one) => one()));
  await output.finalize();
  writeFileSync(to, new Uint8Array(/** @type {ArrayBuffer} */ (output.target.buffer)));
}

/** @param {string} from  @param {string} to */
async function front(from, to) {
  const blob = new Blob([readFileSync(from)], { type: "video/mp4" });
  const result = await moovInFront(blob);
  writeFileSync(to, new Uint8Array(await result.arrayBuffer()));
  return { same: result === blob, type: result.type };
}

/** An MP4 of nearly 4 GiB with `moov` at its end, which uses no memory. @returns {Promise<object>} */
async function wide() {
  const word = (/** @type {number[]} */ ...values) => values.flatMap((value) => [24, 16, 8, 0].map((by) => (value >>> by) & 255));
  /** @param {string} type  @param {number[]} content @returns {number[]} */
  const box = (type, content) => [...word(content.length + 8), ...Buffer.from(type), ...content];
  const places = [24, 2 ** 32 - 500];
  const moov = box("moov", box("trak", box("mdia", box("minf", box("stbl", box("stco", word(0, 2, ...places)))))));
  const media = 2 ** 32 - 100 - moov.length - 16;
  const head = [...box("ftyp", []), ...word(media + 8), ...Buffer.from("mdat")];
  const million = new Blob([new Uint8Array(2 ** 20)]);
  const parts = [...Array(4095).fill(million), million.slice(0, media - 4095 * 2 ** 20)];
  const whole = await moovInFront(new Blob([new Uint8Array(head), ...parts, new Uint8Array(moov)]));
  const view = new DataView(await whole.slice(0, 200).arrayBuffer());
  const table = 8 + 5 * 8; // after ftyp and the headers of five boxes
  const type = Buffer.from(view.buffer, table + 4, 4).toString();
  const moved = places.map((place, n) => Number(view.getBigUint64(table + 16 + 8 * n)) - place);
  return { type, moved, by: view.getUint32(8) };
}

const [verb, ...rest] = process.argv.slice(2);
const answer =
  verb === "read"
    ? await Promise.all(rest.map((file) => read(file).catch((error) => error.message)))
    : verb === "copy"
      ? await copy(rest[0], rest[1], JSON.parse(rest[2]))
      : verb === "front"
        ? await front(rest[0], rest[1])
        : await wide();
console.log(JSON.stringify(answer ?? null));
