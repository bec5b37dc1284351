// @ts-check
/** A file from pictures and sound in Python's memory, which arrive one after the other. */

import { QUALITY_HIGH, Quality, VideoSample, VideoSampleSource } from "mediabunny";
import { Fault } from "../fault.js";
import { SoundEncoding } from "./encoding.js";
import { asFault, withoutCodecs } from "./faults.js";
import { paddingNote } from "./fit.js";
import { floats } from "./floats.js";
import { encodablePicture, encodableSound, even, FORMATS, named, outputFormat } from "./formats.js";
import { encodedSpace, i420 } from "./i420.js";
import { inBytes, LAYOUTS } from "./pixels.js";
import { Resampler } from "./resampler.js";
import { writing } from "./result.js";
import { mixer } from "./sound.js";
import { Needs } from "./task.js";

/** A proxy of Python's. @typedef {{getBuffer(type: "u8"): {data: Uint8Array, release(): void}}} PythonBuffer */

/** The codec of the picture is chosen for this size if sound arrives before the first picture. */
const USUAL = { width: 1280, height: 720 };

/**
 * @typedef {object} Wishes
 * @property {number} [frameRate]  pictures per second; without it, the file has no picture
 * @property {number} [sampleRate]  Hertz; without it, the file has no sound
 * @property {number} channels
 * @property {number} [bitsPerSecond]  of the picture, or of the sound if there is no picture
 * @property {import("mediabunny").AudioCodec} [audio]
 */

export class FileWriter {
  /** @type {VideoSampleSource | undefined} */
  #pictures;
  /** @type {SoundEncoding | undefined} */
  #sound;
  /** @type {Resampler | undefined} */
  #resampler;
  /** @type {ReturnType<typeof mixer>} */
  #mix = (block) => block;
  /** The pictures, and the frames of encoded sound, so far. */
  #count = 0;
  #heard = 0;
  /** The planes of the last picture. @type {Uint8ClampedArray<ArrayBuffer> | undefined} */
  #planes;
  /** @type {string | undefined} */
  #note;
  /** @type {Promise<import("./result.js").Result> | undefined} */
  #result;
  #end = () => {};
  /** @type {(error: Error) => void} */
  #abandon = () => {};
  /** Settles when no more pictures and no more sound come. @type {Promise<void>} */
  #ended = new Promise((resolve, reject) => {
    this.#end = resolve;
    this.#abandon = reject;
  });

  /** @param {string} name  a format  @param {Wishes} wishes */
  constructor(name, wishes) {
    this.name = name;
    this.wishes = wishes;
    this.#ended.catch(() => {}); // it may be cancelled before anything waits for it
  }

  /**
   * Begin the file.
   * @param {number} [width]  @param {number} [height]  the size of the first picture
   * @returns {Promise<{needs?: string}>}  the module that Python must load before it calls this again
   */
  async open(width, height) {
    try {
      const { frameRate, sampleRate, bitsPerSecond } = this.wishes;
      const size = width && height ? { width, height } : USUAL;
      const picture = frameRate ? await this.#pictureCodec(size) : undefined;
      const sound = sampleRate ? await this.#soundParameters() : undefined;
      await new Promise((opened, failed) => {
        this.#result = writing(outputFormat(this.name), async (output) => {
          if (picture) {
            const quality = bitsPerSecond ? new Quality({ bitrate: bitsPerSecond }) : QUALITY_HIGH;
            this.#pictures = new VideoSampleSource({ codec: picture, quality });
            // With the rate, an MP4 counts time in frames, so no time is rounded.
            output.addVideoTrack(this.#pictures, { frameRate });
          }
          if (sound) {
            this.#sound = new SoundEncoding(sound, picture ? undefined : bitsPerSecond, 24);
            this.#mix = mixer(this.wishes.channels, sound.numberOfChannels);
            if (sound.sampleRate !== sampleRate) {
              this.#resampler = new Resampler(Number(sampleRate), sound.sampleRate, sound.numberOfChannels);
            }
            output.addAudioTrack(this.#sound.source);
          }
          await output.start();
          opened(undefined);
          await this.#ended;
        });
        this.#result.catch(failed);
      });
      return {};
    } catch (error) {
      if (error instanceof Needs) return { needs: error.module };
      throw failure(error);
    }
  }

  /** @param {{width: number, height: number}} size */
  async #pictureCodec({ width, height }) {
    const { video } = FORMATS[this.name];
    const codec = await encodablePicture({ width: even(width), height: even(height) }, video);
    if (codec) return codec;
    throw this.#unsupported(`pictures of ${width} x ${height} as ${named(video)}`);
  }

  async #soundParameters() {
    const { audio, encoders } = FORMATS[this.name];
    const { channels, sampleRate } = this.wishes;
    const codecs = this.wishes.audio ? [this.wishes.audio] : audio;
    const parameters = await encodableSound({ channels, sampleRate: Number(sampleRate) }, codecs, encoders);
    if (parameters) return parameters;
    throw this.#unsupported(named(codecs));
  }

  /** @param {string} what */
  #unsupported(what) {
    return new Fault("NotSupportedError", `this browser cannot encode ${what} for ${this.name}${withoutCodecs()}`);
  }

  /**
   * Add a picture. Resolves when the encoder can take another one; it reads the picture at once.
   * @param {PythonBuffer} data  its numbers, of the type `kind` (as in Python's module struct)
   * @param {string} kind  @param {string} layout  a key of LAYOUTS  @param {number} width  @param {number} height
   */
  async frame(data, kind, layout, width, height) {
    const duration = 1 / Number(this.wishes.frameRate);
    try {
      const buffer = data.getBuffer("u8"); // Python's memory, not a copy
      let frame;
      try {
        frame = this.#converted(inBytes(buffer.data, kind), layout, width, height);
      } finally {
        buffer.release();
      }
      const sample = new VideoSample(frame, { timestamp: this.#count++ / Number(this.wishes.frameRate), duration });
      try {
        await this.#pictures?.add(sample);
      } finally {
        sample.close();
      }
    } catch (error) {
      throw failure(error);
    }
  }

  /** @param {Uint8Array} pixels  @param {string} layout  @param {number} width  @param {number} height */
  #converted(pixels, layout, width, height) {
    const [codedWidth, codedHeight] = [even(width), even(height)];
    let whole = layout === "rgba" ? onBlack(pixels) : pixels;
    if (width !== codedWidth || height !== codedHeight) {
      whole = padded(whole, width, height, LAYOUTS[layout][0]);
      this.#note ??= paddingNote({ width, height }, { width: codedWidth, height: codedHeight }, "encoders do");
    }
    const colorSpace = encodedSpace({});
    this.#planes = i420(whole, codedWidth, codedHeight, colorSpace, false, LAYOUTS[layout], this.#planes);
    return new VideoFrame(this.#planes, { format: "I420", codedWidth, codedHeight, colorSpace, timestamp: 0 });
  }

  /** Add sound. Resolves when the encoder can take more. @param {Uint8Array} bytes  interleaved 32-bit floats */
  async block(bytes) {
    try {
      const mixed = this.#mix(floats(bytes));
      await this.#encode(this.#resampler ? this.#resampler.add(mixed) : mixed);
    } catch (error) {
      throw failure(error);
    }
  }

  /** @param {Float32Array} block */
  async #encode(block) {
    const { sampleRate, channels } = /** @type {SoundEncoding} */ (this.#sound);
    if (!block.length) return;
    const at = this.#heard / sampleRate;
    this.#heard += block.length / channels;
    await this.#sound?.add(block, at);
  }

  /** End the file. @returns {Promise<import("./result.js").Result>} */
  async finish() {
    try {
      if (this.#resampler) await this.#encode(this.#resampler.end());
      this.#end();
      const result = await /** @type {Promise<import("./result.js").Result>} */ (this.#result);
      return { ...result, note: this.#note };
    } catch (error) {
      this.cancel();
      throw failure(error);
    }
  }

  /** Give the file up. Nothing is left of it. */
  cancel() {
    this.#result?.then(({ remove }) => remove?.()).catch(() => {});
    this.#abandon(new Fault("AbortError", "the file was given up"));
  }
}

/** @param {unknown} error */
const failure = (error) => asFault(error, undefined, "the browser's encoder failed");

/** A picture with alpha, drawn on black. @param {Uint8Array} pixels */
function onBlack(pixels) {
  let drawn = pixels;
  for (let at = 0; at < pixels.length; at += 4) {
    const alpha = pixels[at + 3];
    if (alpha === 255) continue;
    if (drawn === pixels) drawn = pixels.slice();
    for (let channel = at; channel < at + 3; channel++) drawn[channel] = Math.round((pixels[channel] * alpha) / 255);
  }
  return drawn;
}

/**
 * A picture with even sides. The last column and the last row are repeated.
 * @param {Uint8Array} pixels  @param {number} width  @param {number} height  @param {number} depth
 */
function padded(pixels, width, height, depth) {
  const [stride, line, lines] = [width * depth, even(width) * depth, even(height)];
  const whole = new Uint8Array(line * lines);
  for (let y = 0; y < lines; y++) {
    const start = Math.min(y, height - 1) * stride;
    whole.set(pixels.subarray(start + stride - depth, start + stride), (y + 1) * line - depth);
    whole.set(pixels.subarray(start, start + stride), y * line);
  }
  return whole;
}
