// @ts-check
/** Read sound as samples: interleaved 32-bit floats, frame after frame, in blocks. */

import { AudioSampleSink, EncodedPacketSink } from "mediabunny";
import { Decoding, directSound, PACKETS } from "./direct.js";
import { Fault } from "../fault.js";
import { asFault } from "./faults.js";
import { open, origin, shownSpan, soundOf } from "./input.js";
import { asBytes, isOneStream, RATE } from "./opus.js";
import { GAP } from "./packets.js";
import { Resampler } from "./resampler.js";
import { perform } from "./task.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("mediabunny").InputAudioTrack} InputAudioTrack */
/** @typedef {import("./task.js").Request} Request */

/** Seconds to decode before a part: some MP3 frames need bytes from up to ten earlier frames. */
const LEAD_IN = 0.5;

/**
 * @typedef {object} Sound
 * @property {number} sampleRate
 * @property {number} channels
 * @property {number} length  the number of frames
 * @property {() => AsyncGenerator<Float32Array>} frames  interleaved, `length` in total
 */

/**
 * The sound of a part, from the start of playback to its end. The times of the packets count, and gaps become silence.
 * @param {InputAudioTrack} track  @param {number} from  @param {number | undefined} until  by default the end of the
 * sound
 * @param {{sampleRate?: number, channels?: number}} wanted
 * @returns {Promise<Sound>}
 */
export async function sound(track, from, until, wanted = {}) {
  const native = await decoderSays(track);
  const sampleRate = wanted.sampleRate ?? native.sampleRate;
  const channels = wanted.channels ?? native.channels;
  const seconds = Math.max(0, (until ?? (await track.computeDuration())) - from);
  const length = Math.round(seconds * sampleRate);
  const own = Math.round(seconds * native.sampleRate);
  const canJoin = native.sampleRate === RATE && (await track.getCodec()) === "opus" && isOneStream(await headOf(track));
  return {
    sampleRate,
    channels,
    length,
    frames: () => {
      // (A file that was cut off has less than it states: only the length of a part with an end is certain.)
      const decode = (/** @type {Decode} */ blocks) => decoded(track, from, own, native, until !== undefined, blocks);
      const heard = canJoin ? orElse(decode(joinedBlocks), async () => decode(blocks)) : decode(blocks);
      const mixed = remixed(heard, native.channels, channels);
      return resampled(mixed, native.sampleRate, sampleRate, channels, length);
    },
  };
}

/**
 * The sound of a whole file, from the start of playback. The caller closes it.
 * @param {Blob} blob  @param {{sampleRate?: number, channels?: number}} [wanted]  @param {AbortSignal} [signal]
 * @returns {Promise<Sound & {close: () => void}>}
 */
async function soundIn(blob, wanted = {}, signal) {
  const direct = await directSound(blob, signal).catch(() => undefined);
  if (!direct) return demuxed(blob, wanted);
  const { sampleRate = direct.sampleRate, channels = direct.channels } = wanted;
  const length = Math.round(direct.seconds * sampleRate);
  /** @type {() => void} */
  let close = direct.close;
  const rest = async () => {
    const other = await demuxed(blob, wanted);
    close = other.close;
    return other.frames();
  };
  const frames = () => {
    const mixed = remixed(direct.frames, direct.channels, channels);
    return orElse(resampled(mixed, direct.sampleRate, sampleRate, channels, length), rest);
  };
  return { sampleRate, channels, length, frames, close: () => close() };
}

/** @param {Blob} blob  @param {{sampleRate?: number, channels?: number}} wanted */
async function demuxed(blob, wanted) {
  const input = await open(blob);
  const close = () => input.dispose();
  try {
    return { ...(await sound(await soundOf(input), await origin(input), undefined, wanted)), close };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * The blocks, and after an error the rest of the same samples from elsewhere.
 * @param {AsyncGenerator<Float32Array>} blocks  @param {() => Promise<AsyncGenerator<Float32Array>>} otherwise
 */
async function* orElse(blocks, otherwise) {
  let given = 0;
  try {
    for await (const block of blocks) {
      given += block.length;
      yield block;
    }
    return;
  } catch {
    // the other source knows what is wrong
  }
  for await (const block of await otherwise()) {
    const known = Math.min(given, block.length);
    given -= known;
    if (known < block.length) yield block.subarray(known);
  }
}

/** Sample rate and channels of the decoded sound, which the file may state wrongly. @param {InputAudioTrack} track */
async function decoderSays(track) {
  for await (const sample of new AudioSampleSink(track).samples()) {
    const { sampleRate, numberOfChannels } = sample;
    sample.close();
    return { sampleRate, channels: numberOfChannels };
  }
  throw new Fault("EncodingError", "the sound cannot be decoded");
}

/**
 * Decodes the packets of a track from one time to another, in seconds, and gives their frames their places.
 * @typedef {(track: InputAudioTrack, begin: number, end: number, timeline: Timeline, native: {sampleRate: number, channels: number}) => AsyncGenerator<Float32Array>} Decode
 */

/**
 * `length` frames, starting at a given time.
 * @param {InputAudioTrack} track  @param {number} from  @param {number} length
 * @param {{sampleRate: number, channels: number}} native  @param {boolean} whole  whether to pad the end with silence
 * @param {Decode} decode
 * @returns {AsyncGenerator<Float32Array>}
 */
async function* decoded(track, from, length, native, whole, decode) {
  const { sampleRate, channels } = native;
  // The decoder's lead-in, which is not heard, has times before the start.
  const before = await new EncodedPacketSink(track).getPacket(from, { metadataOnly: true });
  const begin = Math.max(await track.getFirstTimestamp(), (before?.timestamp ?? from) - LEAD_IN);
  const shown = await shownSpan(track);
  const audible = Math.round((shown.from - from) * sampleRate);
  const timeline = new Timeline(from, sampleRate, length, await drift(track, begin), audible);
  yield* decode(track, begin, from + length / sampleRate, timeline, native);
  if (whole) yield* silence(length - timeline.given, channels);
}

/** Any codec. @type {Decode} */
async function* blocks(track, begin, end, timeline, { channels }) {
  for await (const sample of new AudioSampleSink(track).samples(begin, end)) {
    const { numberOfFrames, timestamp } = sample;
    try {
      const place = timeline.place(timestamp, numberOfFrames);
      if (!place) continue;
      yield* silence(place.silence, channels);
      const frames = new Float32Array(numberOfFrames * channels);
      sample.copyTo(frames, { planeIndex: 0, format: "f32" });
      yield frames.subarray(place.from * channels, place.to * channels);
    } finally {
      sample.close();
    }
  }
}

/** Opus, of which a decoder takes long packets in less time. @type {Decode} */
async function* joinedBlocks(track, begin, end, timeline, native) {
  const sink = new EncodedPacketSink(track);
  const decoding = new Decoding({ ...native, isOpus: true, head: await headOf(track) }, timeline);
  try {
    let count = 0;
    for await (const { timestamp, data } of sink.packets((await sink.getPacket(begin)) ?? undefined)) {
      if (timestamp >= end) break;
      decoding.decode(timestamp, /** @type {Uint8Array<ArrayBuffer>} */ (data));
      if (++count % PACKETS) continue;
      await decoding.settle();
      yield* decoding.take();
    }
    await decoding.end();
    yield* decoding.take();
  } finally {
    decoding.close();
  }
}

/** The header of Opus, which some containers lack. @param {InputAudioTrack} track */
async function headOf(track) {
  const head = (await track.getDecoderConfig())?.description;
  return head && asBytes(head);
}

/**
 * The difference between the time at which a packet is heard and its time stamp, in seconds. Matroska rounds times to
 * milliseconds, and recorders' clocks vary, but playback ignores that: the time of a packet follows from the packets
 * before it.
 * @param {InputAudioTrack} track  @param {number} time  the packet's time
 */
async function drift(track, time) {
  if (!/webm|matroska/.test((await track.input.getFormat()).mimeType)) return 0;
  const sink = new EncodedPacketSink(track);
  let [heard, end, difference] = [0, NaN, 0];
  let packet = await sink.getFirstPacket({ metadataOnly: true });
  for (; packet && packet.timestamp <= time; packet = await sink.getNextPacket(packet, { metadataOnly: true })) {
    heard = Math.abs(packet.timestamp - end) <= GAP ? end : packet.timestamp;
    difference = heard - packet.timestamp;
    end = heard + packet.duration;
  }
  return difference;
}

/** Silence in blocks, because a gap can be long. @param {number} frames  @param {number} channels */
function* silence(frames, channels) {
  for (let left = frames; left > 0; left -= 48000) yield new Float32Array(Math.min(left, 48000) * channels);
}

const [HALF, ROOT] = [0.5, Math.SQRT1_2];
/**
 * The weight of each channel in a down-mix, by the numbers of input and output channels, with a row for each output
 * channel. The input order is L, R, C, LFE, SL, SR (Web Audio API, "Channel up-mixing and down-mixing", which follows
 * ITU-R BS.775; LFE is left out).
 * @type {Record<string, number[][]>}
 */
const DOWNMIX = {
  "3 2": [[1, 0, ROOT], [0, 1, ROOT]],
  "4 2": [[HALF, 0, HALF, 0], [0, HALF, 0, HALF]],
  "5 2": [[1, 0, ROOT, ROOT, 0], [0, 1, ROOT, 0, ROOT]],
  "6 2": [[1, 0, ROOT, 0, ROOT, 0], [0, 1, ROOT, 0, 0, ROOT]],
  "6 4": [[1, 0, ROOT, 0, 0, 0], [0, 1, ROOT, 0, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1]],
  "7 2": [[1, 0, ROOT, 0, HALF, ROOT, 0], [0, 1, ROOT, 0, HALF, 0, ROOT]],
  "8 2": [[1, 0, ROOT, 0, ROOT, 0, ROOT, 0], [0, 1, ROOT, 0, 0, ROOT, 0, ROOT]],
};

/** @param {number} from  @param {number} to  numbers of channels  @returns {number[][]} */
function weights(from, to) {
  const one = (/** @type {number} */ source) => Array.from({ length: from }, (_, index) => Number(index === source));
  if (to === 1) return [Array(from).fill(1 / from)];
  return DOWNMIX[`${from} ${to}`] ?? Array.from({ length: to }, (_, channel) => one(from === 1 ? 0 : channel));
}

/**
 * Change the number of channels. One output channel is the mean of all; a single input channel is repeated; more than
 * two channels become two by the standard down-mix; other extra channels are silent.
 * @param {AsyncGenerator<Float32Array>} blocks  @param {number} from  @param {number} to
 */
export function remixed(blocks, from, to) {
  return from === to ? blocks : mixing(blocks, mixer(from, to));
}

/** @param {AsyncGenerator<Float32Array>} blocks  @param {(block: Float32Array) => Float32Array} mix */
async function* mixing(blocks, mix) {
  for await (const block of blocks) yield mix(block);
}

/**
 * The same for one block.
 * @param {number} from  @param {number} to
 * @returns {(block: Float32Array) => Float32Array}
 */
export function mixer(from, to) {
  if (from === to) return (block) => block;
  const rows = weights(from, to);
  return (block) => {
    const mixed = new Float32Array((block.length / from) * to);
    for (let frame = 0; frame < block.length / from; frame++) {
      for (let channel = 0; channel < to; channel++) {
        let sum = 0;
        for (let source = 0; source < from; source++) sum += rows[channel][source] * block[frame * from + source];
        mixed[frame * to + channel] = sum;
      }
    }
    return mixed;
  };
}

/**
 * @param {AsyncGenerator<Float32Array>} blocks  @param {number} from  @param {number} to
 * @param {number} channels  @param {number} length  the number of output frames
 */
export function resampled(blocks, from, to, channels, length) {
  return from === to ? blocks : resampling(blocks, from, to, channels, length);
}

/**
 * @param {AsyncGenerator<Float32Array>} blocks  @param {number} from  @param {number} to
 * @param {number} channels  @param {number} length
 */
async function* resampling(blocks, from, to, channels, length) {
  const resampler = new Resampler(from, to, channels);
  let left = length * channels;
  const fitting = (/** @type {Float32Array} */ block) => {
    const part = block.subarray(0, left);
    left -= part.length;
    return part;
  };
  for await (const block of blocks) yield fitting(resampler.add(block));
  yield fitting(resampler.end());
}

/**
 * Blocks of exactly `size` frames; the last one may be shorter. All blocks share the same memory: use a block before
 * you ask for the next.
 * @param {AsyncGenerator<Float32Array>} blocks  @param {number} size  @param {number} channels
 */
export async function* cut(blocks, size, channels) {
  const whole = new Float32Array(size * channels);
  let filled = 0;
  for await (const block of blocks) {
    for (let used = 0; used < block.length; ) {
      const part = block.subarray(used, used + whole.length - filled);
      whole.set(part, filled);
      filled += part.length;
      used += part.length;
      if (filled === whole.length) {
        yield whole;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield whole.subarray(0, filled);
}

/** The source from which Python reads samples. */
export class SoundReader {
  /** @type {AsyncGenerator<Float32Array> | undefined} */
  #blocks;
  /** @type {(Sound & {close: () => void}) | undefined} */
  #sound;
  #closed = false;
  sampleRate = 0;
  channels = 0;
  length = 0;

  /**
   * @param {Blob} blob  @param {{sampleRate?: number, channels?: number}} wanted
   * @param {number} seconds  the length of a block
   */
  async open(blob, wanted, seconds) {
    try {
      const { sampleRate, channels, length, frames } = (this.#sound = await soundIn(blob, wanted));
      Object.assign(this, { sampleRate, channels, length });
      const size = Math.min(Math.round(seconds * sampleRate), length + sampleRate);
      this.#blocks = cut(frames(), Math.max(1, size), channels);
      if (this.#closed) this.close();
    } catch (error) {
      this.close();
      throw asFault(error);
    }
  }

  /** The next block as bytes, or undefined at the end. */
  async next() {
    try {
      const { value } = /** @type {{value: Float32Array | undefined}} */ (await this.#blocks?.next());
      return value && new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    } catch (error) {
      throw asFault(error);
    }
  }

  close() {
    this.#closed = true;
    this.#blocks?.return(undefined).catch(() => {});
    this.#sound?.close();
  }
}

/** The waveform: the lowest and highest sample in each of `buckets` sections of equal length.
 * @param {Blob} blob  @param {number} buckets  @param {Request} request
 * @returns {Promise<Float32Array>} lowest, highest, lowest, highest, …
 */
export function waveform(blob, buckets, request) {
  return perform(request, async (task) => {
    const { channels, length, frames, close } = await soundIn(blob, {}, task.signal);
    try {
      const extremes = new Float32Array(buckets * 2);
      const touched = new Uint8Array(buckets);
      let frame = 0;
      for await (const block of frames()) {
        task.signal.throwIfAborted();
        for (let at = 0; at < block.length; at += channels, frame++) {
          const bucket = Math.min(buckets - 1, Math.floor((frame * buckets) / (length || 1)));
          for (let channel = 0; channel < channels; channel++) {
            const value = block[at + channel];
            if (!touched[bucket] || value < extremes[bucket * 2]) extremes[bucket * 2] = value;
            if (!touched[bucket] || value > extremes[bucket * 2 + 1]) extremes[bucket * 2 + 1] = value;
            touched[bucket] = 1;
          }
        }
        task.report(frame / length);
      }
      return extremes;
    } finally {
      close();
    }
  });
}
