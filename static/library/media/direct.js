// @ts-check
/**
 * The sound of a WebM as browsers record it, PCM or Opus, straight from the blocks of the file. A demuxer takes several
 * times as long as this sound itself. The samples are those of `sound.js`, which reads every other file: for those
 * `directSound` returns nothing, or its frames end with an error at a packet that the decoder refuses.
 */

import { asBytes, framesOf, isOneStream, Joining, RATE, withPreSkip } from "./opus.js";
import { Timeline } from "./timeline.js";
import { children, Column, pass, Walk } from "../webm/walk.js";

/** A file of at most this many bytes is read once, and kept while it is decoded. */
const KEPT = 8 * 2 ** 20;
/** Packets to decode at a time. */
export const PACKETS = 512;
/** Bytes of the file to read at a time. */
const WINDOW = 4 * 2 ** 20;
/** Packets that may wait in the decoder; and at the end, while the caller uses the frames of those before them. */
const AHEAD = 256, LAST = 24;
/** Samples in a block of the result. */
const BLOCK = 2 ** 16;
/** Packets that begin this many seconds before 0 are more than a decoder's delay. */
const LEAD_IN = 0.4;
/** The title of the segment, in its Info. */
const TITLE = 0x7ba9;

/**
 * The facts about a sound: whether its packets are Opus or 32-bit floats, and the delay of its times in seconds.
 * @typedef {{number: number, isOpus: boolean, sampleRate: number, channels: number, delay: number, head: Uint8Array}} Facts
 */

/** The packets of the one sound in a WebM, found while its bytes pass. */
export class SoundWalk {
  /** Known with the first packet. @type {Facts | undefined} */
  facts;
  /** Milliseconds, and the places of the packets in the file. */
  times = new Column();
  froms = new Column();
  sizes = new Column();
  walk = new Walk();

  constructor() {
    this.walk.onBlock = this.#found.bind(this);
  }

  get count() {
    return this.times.length;
  }

  /** Whether the whole file, now at its end, is as simple as a browser writes it. */
  get isSimple() {
    return !this.walk.strange && !this.walk.isCut && this.count > 0;
  }

  /** Whether the file has tags or the like, which a copy would keep. */
  get isTagged() {
    return this.walk.kept.length > 0 || children(this.walk.info).some(({ id }) => id === TITLE);
  }

  /** Whether the file, now at its end, has no packets. */
  get isEmpty() {
    const { strange, tracks } = this.walk;
    return this.count === 0 && (!strange || (tracks.size > 0 && [...tracks.values()].every(({ count }) => count === 0)));
  }

  /** The beginning of playback, in seconds. */
  get origin() {
    const tracks = [...this.walk.tracks.values()].filter(({ count }) => count > 0);
    return Math.max(0, Math.min(...tracks.map(({ first, codecDelay }) => first / 1000 - codecDelay / 1e9)));
  }

  /** The time of a packet, in seconds. @param {number} index */
  timeOf(index) {
    return this.times.values[index] / 1000 - /** @type {Facts} */ (this.facts).delay;
  }

  /** The length in seconds, after the last packet. Its end is as exact as the times in the file. */
  get seconds() {
    const { number, isOpus, sampleRate, channels } = /** @type {Facts} */ (this.facts);
    const begins = Number(this.walk.tracks.get(number)?.begins);
    const frames = isOpus ? framesOf(new Uint8Array([begins >> 8, begins])) : this.sizes.last / channels / 4;
    const end = this.timeOf(this.count - 1) + frames / sampleRate;
    return Math.max(0, Math.round(end * 1000) / 1000 - this.origin);
  }

  /** The length in frames. */
  get length() {
    return Math.round(this.seconds * /** @type {Facts} */ (this.facts).sampleRate);
  }

  /** @param {import("../webm/walk.js").Block} block */
  #found({ track, time, from, size, isKey }) {
    this.facts ??= factsOf(this.walk);
    if (!this.facts) {
      this.walk.strange = "not one sound in PCM or Opus";
      return;
    }
    const { number, isOpus, sampleRate, channels, delay } = this.facts;
    if (track !== number) return;
    const isOdd =
      !isKey ||
      (isOpus ? size === 0 || Number(this.walk.tracks.get(number)?.padding) > 0 : size % (channels * 4) > 0) ||
      // (So short a packet might lie beyond the end, which is exact to the millisecond.)
      (!isOpus && size < (channels * 4 * sampleRate) / 1000) ||
      (this.count > 0 ? time < this.times.last + Number(this.count === 1) : time / 1000 - delay < -LEAD_IN);
    if (isOdd) this.walk.strange = "a sound that browsers do not record";
    this.times.push(time);
    this.froms.push(from);
    this.sizes.push(size);
  }
}

/** @param {Walk} walk  @returns {Facts | undefined} */
function factsOf({ tracks }) {
  const all = [...tracks.values()];
  const [sound, ...others] = all.filter(({ type }) => type === "audio");
  if (!sound || others.length > 0 || all.length > 2) return undefined;
  const { number, codecId, bitDepth, sampleRate, channels, codecDelay, codecPrivate: head = new Uint8Array() } = sound;
  const isOpus = codecId === "A_OPUS" && isOneStream(head);
  if (!isOpus && !(codecId === "A_PCM/FLOAT/IEEE" && bitDepth === 32 && Number.isInteger(sampleRate))) return undefined;
  return { number, isOpus, sampleRate: isOpus ? RATE : sampleRate, channels, delay: codecDelay / 1e9, head };
}

/**
 * Decodes packets and collects their frames, each in its place. Frames after the end of the sound are included if the
 * length is not known yet.
 *
 * A browser's decoder gets its next packet only when the page's thread has got the frames of the one before it, which
 * takes about as long as decoding 20 ms of Opus. So packets of Opus are joined to the longest that the format allows.
 */
export class Decoding {
  /** Called at each output and error of the decoder. @type {(() => void) | undefined} */
  #wake;
  /** @type {unknown} */
  #error;
  /** @type {Float32Array<ArrayBuffer>[]} */
  #blocks = [];
  #block = new Float32Array(0);
  #filled = 0;
  #silence = new Float32Array(0);
  /** @type {AudioDecoder | undefined} */
  #decoder;
  #joining = new Joining();
  /** The packets whose frames are still to come: their times in seconds, and the first frame. @type {{time: number, place: number}[]} */
  #fed = [];
  /** The frames of all packets, of those that were passed to the decoder, and of those that came out of it. */
  #place = 0;
  #passed = 0;
  #heard = 0;
  #time = NaN;

  /** @param {Pick<Facts, "isOpus" | "sampleRate" | "channels"> & {head?: Uint8Array}} facts  @param {Timeline} timeline */
  constructor(facts, timeline) {
    this.facts = facts;
    this.timeline = timeline;
    if (!facts.isOpus) return;
    const { sampleRate, channels: numberOfChannels, head } = facts;
    this.#decoder = new AudioDecoder({ output: this.#output.bind(this), error: this.#fail.bind(this) });
    // (What players skip at the start has times before 0: see input.js.)
    this.#decoder.configure({ codec: "opus", sampleRate, numberOfChannels, description: withPreSkip(head, 0) });
  }

  /** @param {number} time  in seconds  @param {Uint8Array<ArrayBuffer>} packet */
  decode(time, packet) {
    if (this.#error) throw this.#error;
    const { isOpus, sampleRate, channels } = this.facts;
    const frames = isOpus ? framesOf(packet) : packet.length / channels / 4;
    if (!frames) throw new Error("an empty packet");
    if (isOpus) {
      this.#fed.push({ time, place: this.#place });
      this.#place += frames;
      this.#pass(this.#joining.add(packet));
      return;
    }
    const seconds = frames / sampleRate;
    // The times of packets are rounded, so they count only if they differ by a packet.
    if (!(Math.abs(time - this.#time) < seconds)) this.#time = time;
    this.#put(this.#time, frames, (target, from) => {
      asBytes(target).set(packet.subarray(from * channels * 4, from * channels * 4 + target.byteLength));
    });
    this.#time += seconds;
  }

  /** @param {Uint8Array<ArrayBuffer>[]} packets  joined */
  #pass(packets) {
    for (const data of packets) {
      const frames = framesOf(data);
      const [timestamp, duration] = [this.#passed, frames].map((count) => Math.round((1e6 * count) / RATE));
      this.#decoder?.decode(new EncodedAudioChunk({ type: "key", timestamp, duration, data }));
      this.#passed += frames;
    }
  }

  /** @param {AudioData} data */
  #output(data) {
    try {
      const { sampleRate, channels } = this.facts;
      if (data.sampleRate !== sampleRate || data.numberOfChannels !== channels) throw new Error("other sound than stated");
      for (let used = 0; used < data.numberOfFrames; ) {
        // A frame belongs to the packet at its place. (Chromium's decoder counts on from the first time.)
        while (this.#fed.length > 1 && this.#fed[1].place <= this.#heard) this.#fed.shift();
        const [{ time, place }, next] = this.#fed;
        const frames = Math.min(data.numberOfFrames - used, (next?.place ?? Infinity) - this.#heard);
        const at = Math.round(time * sampleRate + this.#heard - place) / sampleRate;
        const begin = used;
        this.#put(at, frames, (target, from) => {
          const part = { frameOffset: begin + from, frameCount: target.length / channels };
          data.copyTo(target, { planeIndex: 0, format: "f32", ...part });
        });
        used += frames;
        this.#heard += frames;
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      data.close();
    }
    this.#wake?.();
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#error ??= error;
    this.#wake?.();
  }

  /**
   * @param {number} time  @param {number} frames
   * @param {(target: Float32Array<ArrayBuffer>, from: number) => void} copy  copies frames, from one on
   */
  #put(time, frames, copy) {
    const place = this.timeline.place(time, frames);
    if (!place) return;
    const { channels, sampleRate } = this.facts;
    if (place.silence > 0) {
      this.#close();
      if (!this.#silence.length) this.#silence = new Float32Array(sampleRate * channels);
      for (let left = place.silence * channels; left > 0; left -= this.#silence.length) {
        this.#blocks.push(this.#silence.subarray(0, left));
      }
    }
    const size = (place.to - place.from) * channels;
    if (this.#filled + size > this.#block.length) {
      this.#close();
      this.#block = new Float32Array(Math.max(BLOCK, size));
    }
    copy(this.#block.subarray(this.#filled, this.#filled + size), place.from);
    this.#filled += size;
  }

  /** Begin another block. */
  #close() {
    if (this.#filled) this.#blocks.push(this.#block.subarray(0, this.#filled));
    this.#block = this.#block.subarray(this.#filled);
    this.#filled = 0;
  }

  /** The frames decoded since the last call. */
  take() {
    this.#close();
    return this.#blocks.splice(0);
  }

  /** Wait until at most `most` packets are in the decoder. @param {number} [most] */
  async settle(most = AHEAD) {
    this.#pass(this.#joining.end());
    while (this.#decoder && this.#fed.length > most && !this.#error) {
      await new Promise((resolve) => { this.#wake = () => resolve(undefined); });
    }
    if (this.#error) throw this.#error;
  }

  /** No more packets follow: wait for all frames. */
  async end() {
    this.#pass(this.#joining.end());
    await this.#decoder?.flush();
    if (this.#error) throw this.#error;
  }

  close() {
    if (this.#decoder && this.#decoder.state !== "closed") this.#decoder.close();
  }
}

/**
 * The sound of a file. The caller closes it.
 * @typedef {Facts & {seconds: number, length: number, isTagged: boolean, frames: AsyncGenerator<Float32Array<ArrayBuffer>>, close: () => void}} DirectSound
 */

/**
 * The sound of a file; undefined if only the demuxer can read it.
 * @param {Blob} blob  @param {AbortSignal} [signal]
 * @returns {Promise<DirectSound | undefined>}
 */
export async function directSound(blob, signal) {
  const found = new SoundWalk();
  /** @type {Uint8Array<ArrayBuffer> | undefined} */
  let whole;
  if (blob.size > KEPT) await pass(blob, found.walk, () => {}, signal);
  else found.walk.add((whole = new Uint8Array(await blob.arrayBuffer())));
  found.walk.end();
  if (!found.isSimple) return undefined;
  /** @param {number} from  @param {number} to */
  const read = async (from, to) => whole?.subarray(from, to) ?? new Uint8Array(await blob.slice(from, to).arrayBuffer());
  const facts = /** @type {Facts} */ (found.facts);
  const { origin, seconds, length, isTagged } = found;
  const frames = decoded(found, new Decoding(facts, new Timeline(origin, facts.sampleRate, length)), read);
  // A decoder that does not accept the sound says so here.
  const first = await frames.next();
  if (first.done) return undefined;
  const close = () => void frames.return(undefined).catch(() => {});
  return { ...facts, seconds, length, isTagged, frames: beginning(first.value, frames), close };
}

/**
 * @param {SoundWalk} found  @param {Decoding} decoding
 * @param {(from: number, to: number) => Promise<Uint8Array<ArrayBuffer>>} read
 */
async function* decoded(found, decoding, read) {
  const { froms: { values: froms }, sizes: { values: sizes }, count } = found;
  try {
    for (let index = 0; index < count; ) {
      const from = froms[index];
      let to = from;
      let end = index;
      for (; end < count && end - index < PACKETS && froms[end] + sizes[end] - from <= WINDOW; end++) to = froms[end] + sizes[end];
      const bytes = await read(from, to);
      for (; index < end; index++) {
        const at = froms[index] - from;
        decoding.decode(found.timeOf(index), bytes.subarray(at, at + sizes[index]));
      }
      await decoding.settle(index < count ? AHEAD : LAST);
      yield* decoding.take();
    }
    await decoding.end();
    yield* decoding.take();
  } finally {
    decoding.close();
  }
}

/** @template T  @param {T} first  @param {AsyncGenerator<T>} rest */
async function* beginning(first, rest) {
  yield first;
  yield* rest;
}
