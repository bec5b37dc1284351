// @ts-check
/**
 * Make an MP4 of a WebM without moving its media: the index of an MP4 says where each packet is, whatever lies between
 * the packets. So the result is such an index, and the bytes of the recording from its first packet to its last.
 */

import { EncodedPacket, Mp4OutputFormat, NullTarget, Output } from "mediabunny";
import { describe } from "./chapters.js";
import { beforeMedia } from "./faststart.js";
import { blobOf, duration, origin, reading } from "./input.js";
import { framesOf, RATE } from "./opus.js";
import { copyOf, Times } from "./packets.js";
import { pass, Walk } from "../webm/walk.js";

/** @typedef {import("mediabunny").InputTrack} InputTrack */
/** @typedef {import("./assemble.js").Wishes} Wishes */
/** @typedef {import("./part.js").Part} Part */
/** @typedef {import("./task.js").Task} Task */
/** @typedef {import("../webm/walk.js").Block} Block */
/** @typedef {import("./packets.js").Timed & {duration: number, from: number, size: number, cluster: number}} Placed */

/** Codecs whose packets WebM and MP4 hold in the same form. */
const CODECS = ["vp9", "av1", "avc", "opus"];
/** The share of the result that may lie between the packets, such as another track. */
const BETWEEN = 0.05;

/** Stands for the data of a packet: only its size counts. */
let blank = new Uint8Array(2 ** 16);

/** The packets of one track on their way to the index. */
class Entries {
  /** Where each packet begins in the recording. @type {number[]} */
  places = [];
  /** Bytes of all packets. */
  size = 0;
  /** The packet before the next one. @type {Placed | undefined} */
  last;
  /** The longest time in milliseconds between packets of the current cluster. */
  #apart = 0;

  /**
   * @param {InputTrack} track  @param {Part} part
   * @param {(packet: EncodedPacket) => Promise<void>} put  adds a packet to the output
   */
  constructor(track, part, put) {
    this.track = track;
    this.isSound = track.isAudioTrack();
    this.put = put;
    this.times = new Times(part, this.isSound, true);
  }

  /**
   * Add the packet before a block, whose time is known now.
   * @param {Block} block  @param {Walk} walk  which has just passed it
   * @returns {Promise<void> | undefined}
   */
  next({ time, isKey, from, size, duration = 0 }, walk) {
    const track = /** @type {import("../webm/walk.js").Track} */ (walk.tracks.get(this.track.id));
    const cluster = walk.clusters.starts.length;
    const before = this.last;
    const timestamp = time / 1000 - track.codecDelay / 1e9;
    if (before && timestamp < before.timestamp) walk.strange = "packets in another order than that of their times";
    if (this.isSound) {
      const frames = size > 0 ? framesOf(new Uint8Array([track.begins >> 8, track.begins])) : 0;
      if (frames === 0 || track.last !== track.given) walk.strange = "a packet of unknown duration";
      duration = (frames / RATE) * 1000 - (track.padding * 1000) / 1e9;
    }
    /** @type {Placed} */
    const packet = { type: isKey ? "key" : "delta", timestamp, duration: duration / 1000, sideData: {}, from, size, cluster };
    this.last = packet;
    if (!before || walk.strange) return undefined;
    if (!this.isSound) this.#measure(before, track.defaultDuration / 1e6, packet);
    const found = this.times.of(before, packet);
    return found && this.#add(before, found.at, found.lasts);
  }

  /** Add the last packet. @param {Walk} walk  @param {() => Promise<number>} end  of the recording */
  async finish(walk, end) {
    const last = /** @type {Placed} */ (this.last);
    const found = this.times.of(last, null);
    if (found) await this.#add(last, found.at, this.isSound ? found.lasts : await this.times.untilEnd(last, found.lasts, end));
  }

  /** Where the track ends, after its last packet, in seconds. @param {Walk} walk */
  end(walk) {
    const last = /** @type {Placed} */ (this.last);
    if (!this.isSound) this.#measure(last, (walk.tracks.get(this.track.id)?.defaultDuration ?? 0) / 1e6);
    return Math.round((last.timestamp + last.duration) * 1000) / 1000;
  }

  /**
   * The duration of a picture, as mediabunny reads it: what the file states counts only for the last one in a cluster.
   * @param {Placed} packet  @param {number} usual  milliseconds  @param {Placed} [following]
   */
  #measure(packet, usual, following) {
    if (following?.cluster === packet.cluster) {
      this.#apart = Math.max(this.#apart, (following.timestamp - packet.timestamp) * 1000);
      packet.duration = 0; // up to the next one
      return;
    }
    // The usual duration is wrong for pictures at a variable rate.
    if (!packet.duration && this.#apart > 0 && this.#apart < 1.5 * usual) packet.duration = usual / 1000;
    this.#apart = 0;
  }

  /** @param {Placed} packet  @param {number} at  @param {number} lasts */
  #add({ type, from, size }, at, lasts) {
    this.places.push(from);
    this.size += size;
    if (size > blank.length) blank = new Uint8Array(2 * size);
    return this.put(new EncodedPacket(blank.subarray(0, size), type, at, lasts));
  }
}

/**
 * Whether the packets of all tracks may stay where they are.
 * @param {InputTrack[]} tracks  @param {Part[]} parts
 */
export async function mayStay(tracks, parts) {
  const [part] = parts;
  const { mimeType } = await part.input.getFormat();
  if (parts.length > 1 || part.until !== undefined || part.from !== (await origin(part.input))) return false;
  if (!/\/(webm|x-matroska)$/.test(mimeType)) return false;
  for (const track of tracks) if (!CODECS.includes((await track.getCodec()) ?? "")) return false;
  return true;
}

/**
 * The MP4 of a whole recording, or undefined if it must be made in another way.
 * @param {InputTrack[]} tracks  @param {Part} part  @param {Wishes} wishes  @param {Task} task
 * @returns {Promise<import("./result.js").Result | undefined>}
 */
export async function inPlace(tracks, part, { tags, chapters }, task) {
  const blob = blobOf(part.input);
  /** @type {Record<string, Uint8Array<ArrayBuffer>>} */
  const boxes = {};
  const keep = (/** @type {string} */ name) => (/** @type {Uint8Array} */ data) => void (boxes[name] = data.slice());
  const format = new Mp4OutputFormat({ fastStart: false, onFtyp: keep("ftyp"), onMoov: keep("moov") });
  const output = new Output({ format, target: new NullTarget() });
  try {
    const all = [];
    for (const track of tracks) all.push(new Entries(track, part, (await copyOf(track, output)).put));
    describe(output, tags, chapters);
    await output.start();
    const walk = await entered(blob, all, task);
    if (walk.strange || walk.isCut || !all.every(({ last }) => last)) return undefined;
    const ends = new Map(all.map((entries) => [entries.track.id, entries.end(walk)]));
    const length = () => duration(part.input, part.known, ({ id }) => ends.get(id) ?? 0);
    for (const entries of all) await entries.finish(walk, async () => part.from + (await length()));
    await output.finalize();
    const places = all.map((entries) => entries.places);
    const from = Math.min(...places.map(([first]) => first));
    const to = Math.max(...all.map(({ last }) => (last ? last.from + last.size : 0)));
    const size = all.reduce((sum, entries) => sum + entries.size, 0);
    if (size < (1 - BETWEEN) * (to - from)) return undefined;
    const front = beforeMedia(boxes.ftyp, boxes.moov, places, from, to - from);
    const mimeType = await output.getMimeType();
    const made = new Blob([...front, blob.slice(from, to)], { type: mimeType });
    return { blob: made, mimeType, duration: await reading(made, duration) };
  } finally {
    if (output.state !== "finalized") await output.cancel();
  }
}

/**
 * Enter all packets but the last ones.
 * @param {Blob} blob  @param {Entries[]} all  @param {Task} task
 */
async function entered(blob, all, task) {
  const walk = new Walk();
  const byNumber = new Map(all.map((entries) => [entries.track.id, entries]));
  /** @type {(Promise<void> | undefined)[]} */
  let adding = [];
  walk.onBlock = (block) => adding.push(byNumber.get(block.track)?.next(block, walk));
  // (Awaiting each packet by itself takes longer.)
  const step = async () => {
    const added = adding;
    adding = [];
    await Promise.all(added);
  };
  task.report(0);
  await pass(blob, walk, step, task.signal, (fraction) => task.report(fraction));
  walk.end();
  await step();
  return walk;
}
