// @ts-check
/** Sound as samples: interleaved 32-bit floats, frame after frame, in blocks. */

import { AudioSample, AudioSampleSink, AudioSampleSource, Quality, QUALITY_HIGH } from "mediabunny";
import { Fault } from "../fault.js";
import { asFault } from "./faults.js";
import { encodableSound, FORMATS, named, wav } from "./formats.js";
import { open, origin, reading, soundOf } from "./input.js";
import { Resampler } from "./resampler.js";
import { writing } from "./result.js";
import { perform } from "./task.js";

/** @typedef {import("./task.js").Request} Request */
/** @typedef {import("./task.js").Task} Task */

/**
 * Seconds by which sound may come late before silence is put in its place. Time stamps of recorders waver by
 * some milliseconds, and silence for each would be a click; what was really lost must not shift the rest.
 */
const GAP = 0.04;
/** Seconds of a gap that is none: the time stamp is broken, and the silence would fill every memory. */
const LONGEST_GAP = 600;

/**
 * The sound of a recording from the moment at which it begins to play, whatever its first track is.
 * @param {import("mediabunny").Input} input
 * @param {{sampleRate?: number, channels?: number}} wanted
 */
export async function sound(input, wanted = {}) {
  const track = await soundOf(input);
  const begin = await origin(input);
  const native = await decoderSays(track);
  const sampleRate = wanted.sampleRate ?? native.sampleRate;
  const channels = wanted.channels ?? native.channels;
  const seconds = Math.max(0, (await track.computeDuration()) - begin);
  return {
    sampleRate,
    channels,
    /** About how many frames it will be. */
    length: Math.round(seconds * sampleRate),
    frames: () => resampled(remixed(decoded(track, begin), native.channels, channels), native.sampleRate, sampleRate, channels),
  };
}

/** Rate and channels of what is decoded, which a file may have wrong. @param {import("mediabunny").InputAudioTrack} track */
async function decoderSays(track) {
  for await (const sample of new AudioSampleSink(track).samples()) {
    const { sampleRate, numberOfChannels } = sample;
    sample.close();
    return { sampleRate, channels: numberOfChannels };
  }
  throw new Fault("EncodingError", "the sound cannot be decoded");
}

/**
 * @param {import("mediabunny").InputAudioTrack} track  @param {number} begin
 * @returns {AsyncGenerator<Float32Array>}
 */
async function* decoded(track, begin) {
  let given = 0;
  for await (const sample of new AudioSampleSink(track).samples()) {
    const { numberOfFrames, numberOfChannels, sampleRate, timestamp } = sample;
    const frames = new Float32Array(numberOfFrames * numberOfChannels);
    try {
      sample.copyTo(frames, { planeIndex: 0, format: "f32" });
    } finally {
      sample.close();
    }
    const place = Math.round((timestamp - begin) * sampleRate);
    if (given === 0 && place < 0) {
      // Before the beginning: what a decoder needs to get going, and nobody is to hear.
      const audible = frames.subarray(Math.min(-place, numberOfFrames) * numberOfChannels);
      given = audible.length / numberOfChannels;
      yield audible;
      continue;
    }
    const missing = place - given;
    if (missing > LONGEST_GAP * sampleRate) {
      throw new Fault("EncodingError", `the times in this file are broken: there is no sound for ${Math.round(missing / sampleRate)} s`);
    }
    if (missing > (given === 0 ? 0 : GAP * sampleRate)) {
      yield* silence(missing, numberOfChannels);
      given += missing;
    }
    given += numberOfFrames;
    yield frames;
  }
}

/** In blocks, for a gap can be long. @param {number} frames  @param {number} channels */
function* silence(frames, channels) {
  for (let left = frames; left > 0; left -= 48000) yield new Float32Array(Math.min(left, 48000) * channels);
}

/**
 * One channel is the mean of all; more than there are repeat a single one, else they are silent.
 * @param {AsyncGenerator<Float32Array>} blocks  @param {number} from  @param {number} to
 */
function remixed(blocks, from, to) {
  return from === to ? blocks : mixing(blocks, from, to);
}

/** @param {AsyncGenerator<Float32Array>} blocks  @param {number} from  @param {number} to */
async function* mixing(blocks, from, to) {
  for await (const block of blocks) {
    const frames = block.length / from;
    const mixed = new Float32Array(frames * to);
    for (let frame = 0; frame < frames; frame++) {
      if (to === 1) {
        let sum = 0;
        for (let channel = 0; channel < from; channel++) sum += block[frame * from + channel];
        mixed[frame] = sum / from;
      } else {
        for (let channel = 0; channel < to; channel++) {
          const source = from === 1 ? 0 : channel;
          if (source < from) mixed[frame * to + channel] = block[frame * from + source];
        }
      }
    }
    yield mixed;
  }
}

/**
 * @param {AsyncGenerator<Float32Array>} blocks  @param {number} from  @param {number} to
 * @param {number} channels
 */
function resampled(blocks, from, to, channels) {
  return from === to ? blocks : resampling(blocks, from, to, channels);
}

/**
 * @param {AsyncGenerator<Float32Array>} blocks  @param {number} from  @param {number} to
 * @param {number} channels
 */
async function* resampling(blocks, from, to, channels) {
  const resampler = new Resampler(from, to, channels);
  for await (const block of blocks) yield resampler.add(block);
  yield resampler.end();
}

/**
 * Blocks of exactly `size` frames, the last one shorter. One memory serves for all: use a block before you ask
 * for the next.
 * @param {AsyncGenerator<Float32Array>} blocks  @param {number} size  @param {number} channels
 */
async function* cut(blocks, size, channels) {
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

/** What Python pulls samples from. */
export class SoundReader {
  /** @type {AsyncGenerator<Float32Array> | undefined} */
  #blocks;
  /** @type {import("mediabunny").Input | undefined} */
  #input;
  #closed = false;
  sampleRate = 0;
  channels = 0;
  length = 0;

  /**
   * @param {Blob} blob  @param {{sampleRate?: number, channels?: number}} wanted
   * @param {number} seconds  length of a block
   */
  async open(blob, wanted, seconds) {
    try {
      this.#input = await open(blob);
      const { sampleRate, channels, length, frames } = await sound(this.#input, wanted);
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
    this.#input?.dispose();
  }
}

/**
 * @param {AudioSampleSource} source  @param {Float32Array} data  which the encoder may keep
 * @param {{sampleRate: number, channels: number}} facts  @param {number} timestamp
 */
export async function addSamples(source, data, { sampleRate, channels }, timestamp) {
  const own = /** @type {Float32Array<ArrayBuffer>} */ (data);
  const sample = new AudioSample({ data: own, format: "f32", numberOfChannels: channels, sampleRate, timestamp });
  try {
    await source.add(sample);
  } finally {
    sample.close();
  }
}

/**
 * The quality that a sound is encoded in.
 * @param {import("mediabunny").AudioCodec} codec  @param {number} sampleRate  @param {number} channels
 * @param {number} [bitsPerSecond]
 */
export function soundQuality(codec, sampleRate, channels, bitsPerSecond) {
  // Browsers refuse for Opus what is too high (Firefox 510 kbit/s for one channel). LAME takes the nearest.
  const highest = codec === "opus" ? Math.min(255000 * channels, 510000) : Infinity;
  if (bitsPerSecond) return new Quality({ bitrate: Math.min(bitsPerSecond, highest) });
  // mediabunny's would be 320 kbit/s, also for a voice. The lower rates are those of MPEG-2 and 2.5.
  const perChannel = sampleRate >= 32000 ? 96000 : sampleRate >= 16000 ? 64000 : 32000;
  return codec === "mp3" ? new Quality({ bitrate: perChannel * channels }) : QUALITY_HIGH;
}

/**
 * Encode a sound.
 * @param {string} name  a format
 * @param {{sampleRate: number, channels: number, length: number, frames: () => AsyncGenerator<Float32Array>}} sound
 * @param {Task} task
 * @param {import("mediabunny").MetadataTags} [tags]
 */
export async function encoded(name, sound, task, tags = {}) {
  const format = FORMATS[name];
  const parameters = await encodableSound(sound, format.audio);
  if (!parameters) {
    throw new Fault("NotSupportedError", `this browser cannot encode ${named(format.audio)} for ${name}. It can make wav`);
  }
  const { codec, sampleRate, numberOfChannels } = parameters;
  const mixed = remixed(sound.frames(), sound.channels, numberOfChannels);
  const frames = resampled(mixed, sound.sampleRate, sampleRate, numberOfChannels);
  const bytes = (sound.length * sampleRate * numberOfChannels * 2) / sound.sampleRate;
  return writing(name === "wav" ? wav(bytes, tags) : format.make(), async (output) => {
    const source = new AudioSampleSource({ codec, quality: soundQuality(codec, sampleRate, numberOfChannels, task.bitsPerSecond) });
    output.addAudioTrack(source);
    output.setMetadataTags(tags);
    await output.start();
    let given = 0;
    for await (const block of cut(frames, sampleRate, numberOfChannels)) {
      task.signal.throwIfAborted();
      await addSamples(source, block.slice(), { sampleRate, channels: numberOfChannels }, given / sampleRate);
      given += block.length / numberOfChannels;
      task.report((given / sampleRate) * (sound.sampleRate / sound.length));
    }
  });
}

/**
 * A file of samples that Python has.
 * @param {string} name  a format
 * @param {{sampleRate: number, channels: number, length: number}} facts
 * @param {(start: number, end: number) => Uint8Array} read  gives the bytes of these frames
 * @param {Request} request
 */
export function encodeSamples(name, facts, read, request) {
  async function* frames() {
    for (let start = 0; start < facts.length; start += 48000) {
      const bytes = read(start, Math.min(start + 48000, facts.length));
      const block = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
      if (!block.every(Number.isFinite)) {
        throw new Fault("EncodingError", "there is a sample that is no number (NaN or infinite)");
      }
      yield block;
    }
  }
  return perform(request, (task) => encoded(name, { ...facts, frames }, task));
}

/** How loud it is over the time: the lowest and highest sample of each of so many stretches of equal length.
 * @param {Blob} blob  @param {number} buckets  @param {Request} request
 * @returns {Promise<Float32Array>} lowest, highest, lowest, highest, …
 */
export function waveform(blob, buckets, request) {
  return perform(request, (task) =>
    reading(blob, async (input) => {
      const { channels, length, frames } = await sound(input);
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
    }),
  );
}
