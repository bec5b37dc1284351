/**
 * Walks over WebM files and composes seekable ones, in Node. For test_webm_walk.py. It reads requests, each one line of
 * JSON, and answers each with one:
 *
 *     ["compose", from, to, known]    writes the file; `known` is the recorder's duration, or null
 *     ["follow", from, to, size]      the same, from chunks of this size; also answers how many parts are slices of chunks
 *     ["blocks", file, size]          what the walk finds in pieces of this size
 *     ["cuts", file, step]            the file cut off after every `step` bytes
 *     ["flips", file, count]          the file with flipped bits, `count` times
 *     ["pieces", file, source, stop]  the sizes of its pieces from this source, `stop` at most, and whether its stream was
 *                                     cancelled
 */

import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { composed } from "../../static/library/webm/compose.js";
import { LiveWalk } from "../../static/library/webm/live.js";
import { pieces } from "../../static/library/webm/pieces.js";
import { Walk } from "../../static/library/webm/walk.js";

/** The file of the request. */
let bytes = new Uint8Array();

/** @param {Uint8Array} data */
async function walked(data, size = Infinity) {
  const walk = new Walk();
  const blocks = [];
  walk.onBlock = (block) => blocks.push(block);
  for (let at = 0; at < data.length; at += size) walk.add(data.slice(at, at + size));
  walk.end();
  const { starts, ends, contents, sizes } = walk.clusters;
  const list = (/** @type {any} */ column) => [...column.values.slice(0, column.length)];
  return {
    strange: walk.strange,
    isCut: walk.isCut,
    blocks,
    clusters: list(starts).map((start, n) => [start, contents.values[n], ends.values[n], sizes.values[n]]),
    cues: list(walk.cues.times),
    apart: list(walk.apart.values),
    tracks: [...walk.tracks.values()].map(({ codecPrivate, ...track }) => track),
  };
}

/** The result is a file that the walk understands, has the same blocks, and ends where its segment ends. */
async function checked(/** @type {Uint8Array} */ data) {
  const result = await composed(new Blob([data]), NaN);
  if (!result) return false;
  const [before, after] = [await walked(data), await walked(new Uint8Array(await result.blob.arrayBuffer()))];
  const sizes = ({ blocks }) => JSON.stringify(blocks.map(({ track, size, isKey }) => [track, size, isKey]));
  if (before.strange || after.strange || after.isCut) throw new Error(`strange: ${before.strange} ${after.strange} ${after.isCut}`);
  if (sizes(before) !== sizes(after)) throw new Error("other blocks");
  if (!after.clusters.every(([, , , size]) => size === 1)) throw new Error("a cluster without a size");
  if (!(result.duration >= 0)) throw new Error(`a duration of ${result.duration}`);
  return true;
}

/** Blobs with streams of other browsers. */
const sources = {
  whole: (/** @type {BlobPart[]} */ parts) => new Blob(parts),
  withoutBuffers: (/** @type {BlobPart[]} */ parts) =>
    Object.assign(new Blob(parts), { stream: () => new ReadableStream({ pull: () => {} }) }),
  failing(/** @type {BlobPart[]} */ parts) {
    let left = 3;
    const pull = (/** @type {ReadableByteStreamController} */ controller) => {
      if (left-- === 0) throw new TypeError("network error");
      controller.enqueue(new Uint8Array(bytes.slice(7 * (2 - left), 7 * (3 - left))));
    };
    return Object.assign(new Blob(parts), { stream: () => new ReadableStream({ type: "bytes", pull }) });
  },
};

const verbs = {
  async compose(to, known) {
    const result = await composed(new Blob([bytes]), known ?? NaN);
    if (result) writeFileSync(to, new Uint8Array(await result.blob.arrayBuffer()));
    return result ? { duration: result.duration, mimeType: result.mimeType } : null;
  },
  async follow(to, size) {
    const chunks = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(new Blob([bytes.slice(at, at + size)]));
    const last = chunks.pop();
    const walk = new LiveWalk();
    for (let n = 0; n < chunks.length; n += 3) {
      walk.follow(chunks.slice(n, n + 3));
      if (n % 2) await new Promise((resolve) => setTimeout(resolve));
    }
    const { slice } = Blob.prototype;
    let slices = 0;
    Blob.prototype.slice = function (...words) {
      slices++;
      return slice.apply(this, words);
    };
    const result = await walk.seekable([last], NaN, "");
    Blob.prototype.slice = slice;
    if (result) writeFileSync(to, new Uint8Array(await result.blob.arrayBuffer()));
    return result ? { duration: result.duration, mimeType: result.mimeType, slices } : null;
  },
  blocks: (size) => walked(bytes, size),
  async pieces(source, stop) {
    const blob = sources[source]([bytes]);
    let cancelled = false;
    const stream = blob.stream.bind(blob);
    blob.stream = () => {
      const made = stream();
      const getReader = made.getReader.bind(made);
      made.getReader = (/** @type {any} */ options) => {
        const reader = getReader(options);
        const cancel = reader.cancel.bind(reader);
        reader.cancel = () => ((cancelled = true), cancel());
        return reader;
      };
      return made;
    };
    const sizes = [];
    let at = 0;
    for await (const piece of pieces(blob)) {
      if (Buffer.compare(piece, bytes.subarray(at, at + piece.length))) throw new Error(`other bytes at ${at}`);
      sizes.push(piece.length);
      at += piece.length;
      if (sizes.length === stop) break;
    }
    return { sizes, cancelled };
  },
  async cuts(step) {
    let made = 0;
    for (let end = 0; end <= bytes.length; end += step) made += await checked(bytes.subarray(0, end));
    return made;
  },
  async flips(count) {
    let [made, state] = [0, 1];
    const chance = (/** @type {number} */ most) => (state = (state * 48271) % 2147483647) % most;
    for (let n = 0; n < count; n++) {
      const data = new Uint8Array(bytes);
      for (let flip = 0; flip <= n % 4; flip++) data[chance(data.length)] ^= 1 << chance(8);
      made += await checked(data);
    }
    return made;
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, from, ...rest] = JSON.parse(line);
  bytes = readFileSync(from);
  const answer = await verbs[verb](...rest).catch((/** @type {Error} */ error) => ({ error: error.stack }));
  console.log(JSON.stringify(answer));
}
