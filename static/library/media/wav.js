// @ts-check
/** WAV files from the sound of a WebM as browsers record it: afterwards, or while it is recorded. */

import { Decoding, directSound, SoundWalk } from "./direct.js";
import { ResultFile } from "./result.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("./result.js").Result} Result */

const HEAD = 44;
/** Collect this many bytes before they are written to a file that may be large. */
const PIECE = 4 * 2 ** 20;
/** Collect this many bytes before they become a Blob: at the end, few parts make the file faster. */
const PACKED = 2 ** 17;
/** A larger file needs another header (RF64), which mediabunny writes. */
const LARGEST = 4e9;

/** Bytes of a sample in a WAV. @param {{audio?: string}} task */
export const sampleSize = ({ audio }) => (audio === "pcm-f32" ? 4 : 2);

/** Samples as 16-bit integers. @param {Float32Array} samples */
export function asInt16(samples) {
  const whole = new Int16Array(samples.length);
  for (let at = 0; at < whole.length; at++) {
    const value = samples[at] * 32768;
    // (Math.round takes three times as long.)
    whole[at] = value >= 32767 ? 32767 : value <= -32768 ? -32768 : Math.floor(value + 0.5);
  }
  return whole;
}

/** A WAV while it is being written. */
class WavFile {
  /** @type {(Blob | Int16Array<ArrayBuffer> | Float32Array<ArrayBuffer>)[]} */
  #parts = [];
  #waiting = 0;
  #packed = 0;
  /** Bytes in the file. */
  #written = HEAD;
  /** @type {ResultFile | undefined} */
  #file;

  /** @param {number} sampleRate  @param {number} channels  @param {boolean} isFloat */
  constructor(sampleRate, channels, isFloat) {
    this.sampleRate = sampleRate;
    this.channels = channels;
    this.isFloat = isFloat;
  }

  /** @param {Float32Array<ArrayBuffer>} samples */
  async add(samples) {
    const part = this.isFloat ? samples : asInt16(samples);
    this.#parts.push(part);
    this.#waiting += part.byteLength;
    if (this.#waiting > PIECE) await this.#write();
  }

  /** Pass the samples so far to the browser. */
  pack() {
    if (this.#waiting - this.#packed < PACKED) return;
    this.#parts = [new Blob(this.#parts)];
    this.#packed = this.#waiting;
  }

  async #write() {
    this.#file ??= new ResultFile();
    if (this.#written === HEAD) await this.#file.write(this.#head(0), 0);
    const data = new Blob(this.#parts.splice(0));
    await this.#file.write(data, this.#written);
    this.#written += data.size;
    this.#waiting = this.#packed = 0;
  }

  /** @param {number} size  bytes of samples */
  #head(size) {
    const { sampleRate, channels, isFloat } = this;
    const bytes = isFloat ? 4 : 2;
    const view = new DataView(new ArrayBuffer(HEAD));
    const words = [0x52494646, HEAD - 8 + size, 0x57415645, 0x666d7420, 16, 0, sampleRate, sampleRate * channels * bytes, 0, 0x64617461, size];
    for (const [index, word] of words.entries()) view.setUint32(4 * index, word, ![0, 2, 3, 9].includes(index));
    for (const [at, half] of [[20, isFloat ? 3 : 1], [22, channels], [32, channels * bytes], [34, 8 * bytes]]) view.setUint16(at, half, true);
    return new Uint8Array(view.buffer);
  }

  /** @param {number} length  frames; what was added beyond is cut off  @returns {Promise<Result>} */
  async finish(length) {
    const frame = this.channels * (this.isFloat ? 4 : 2);
    const size = Math.min(this.#written + this.#waiting - HEAD, length * frame);
    const [type, to] = ["audio/wav", HEAD + size];
    const duration = size / frame / this.sampleRate;
    if (!this.#file) {
      // (The browser would have to be asked for a shorter Blob once more.)
      const [last, excess] = [this.#parts.at(-1), HEAD + this.#waiting - to];
      if (last && ArrayBuffer.isView(last) && excess <= last.byteLength) {
        this.#parts[this.#parts.length - 1] = last.subarray(0, (last.byteLength - excess) / last.BYTES_PER_ELEMENT);
      }
      const blob = new Blob([this.#head(size), ...this.#parts], { type });
      return { blob: blob.size > to ? blob.slice(0, to, type) : blob, mimeType: type, duration };
    }
    await this.#write();
    await this.#file.write(this.#head(size), 0);
    return { ...(await this.#file.finish(type, false, to)), mimeType: type, duration };
  }

  async discard() {
    await this.#file?.discard();
  }
}

/**
 * The sound of a file as a WAV; undefined if the demuxer must read it.
 * @param {Blob} blob  @param {import("./task.js").Task} task
 */
export async function directWav(blob, task) {
  /** @type {WavFile | undefined} */
  let file;
  /** @type {import("./direct.js").DirectSound | undefined} */
  let sound;
  task.report(0);
  try {
    sound = await directSound(blob, task.signal);
    if (!sound || sound.isTagged || sound.length * sound.channels * 4 > LARGEST) return undefined;
    file = new WavFile(sound.sampleRate, sound.channels, sampleSize(task) === 4);
    let given = 0;
    for await (const samples of sound.frames) {
      task.signal.throwIfAborted();
      await file.add(samples);
      given += samples.length / sound.channels;
      task.report(given / sound.length);
    }
    return await file.finish(given);
  } catch {
    await file?.discard();
    task.signal.throwIfAborted();
    return undefined; // the demuxer knows what is wrong
  } finally {
    sound?.close();
  }
}

/** A WAV without a frame. */
export const emptyWav = () => new WavFile(48000, 1, false).finish(0);

/** Whether a file of a recorder has no packet. @param {Blob} blob */
export async function isEmpty(blob) {
  const found = new SoundWalk();
  if (blob.size > PIECE) return false;
  found.walk.add(new Uint8Array(await blob.arrayBuffer()));
  found.walk.end();
  return blob.size === 0 || found.isEmpty;
}

/** The WAV of a take, made from its chunks as they arrive: after the last one, little is left to do. */
export class WavTake {
  #found = new SoundWalk();
  /** @type {Decoding | undefined} */
  #decoding;
  /** @type {WavFile | undefined} */
  #file;
  #read = 0;
  #decoded = 0;
  /** Bytes that may belong to an incomplete packet, and their place in the file. */
  #held = new Uint8Array();
  #heldAt = 0;
  #working = Promise.resolve();
  #failed = false;

  /** @param {BlobEvent[]} events  the events of the take, to which more are appended */
  constructor(events) {
    this.events = events;
    /** The listener for more events. @param {Event} [event] */
    this.hear = (event) => {
      const isOver = /** @type {MediaRecorder | undefined} */ (event?.target)?.state === "inactive";
      this.#working = this.#working.then(() => this.#advance(isOver)).catch(() => { this.#failed = true; });
    };
    this.hear();
  }

  /** @param {boolean} isOver  whether someone waits for the end */
  async #advance(isOver) {
    const chunks = this.events.slice(this.#read).map(({ data }) => data);
    this.#read += chunks.length;
    if (this.#failed || !chunks.some(({ size }) => size)) return;
    const bytes = new Uint8Array(await (chunks.length === 1 ? chunks[0] : new Blob(chunks)).arrayBuffer());
    const { walk, froms, sizes } = this.#found;
    walk.add(bytes);
    if (walk.strange || walk.position > LARGEST) throw new Error(walk.strange);
    const held = this.#held.length ? joined(this.#held, bytes) : bytes;
    for (; this.#decoded < this.#found.count; this.#decoded++) {
      const at = froms.values[this.#decoded] - this.#heldAt;
      const packet = held.subarray(at, at + sizes.values[this.#decoded]);
      this.#begun().decode(this.#found.timeOf(this.#decoded), packet);
    }
    // The packets that are found are complete.
    const used = this.#decoded ? froms.last + sizes.last - this.#heldAt : 0;
    this.#held = held.slice(used);
    this.#heldAt += used;
    await this.#write();
    if (!isOver) this.#file?.pack();
  }

  #begun() {
    if (this.#decoding) return this.#decoding;
    const facts = /** @type {import("./direct.js").Facts} */ (this.#found.facts);
    this.#file = new WavFile(facts.sampleRate, facts.channels, false);
    return (this.#decoding = new Decoding(facts, new Timeline(this.#found.origin, facts.sampleRate, Infinity)));
  }

  async #write() {
    for (const samples of this.#decoding?.take() ?? []) await this.#file?.add(samples);
  }

  /** The WAV, after the last event; undefined if the demuxer must read the take. @returns {Promise<Result | undefined>} */
  async finish() {
    this.hear();
    await this.#working;
    const found = this.#found;
    found.walk.end();
    try {
      if (!this.#failed && found.isSimple) {
        await this.#decoding?.end();
        await this.#write();
        return await this.#file?.finish(found.length);
      }
    } catch {
      // the demuxer knows what is wrong
    } finally {
      this.#decoding?.close();
    }
    await this.#file?.discard();
    return undefined;
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} one  @param {Uint8Array<ArrayBuffer>} other
 */
function joined(one, other) {
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}
