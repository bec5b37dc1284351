// @ts-check
/** Pictures as pixels, and one of them as a photo. */

import { VideoSampleSink } from "mediabunny";
import { Fault } from "../fault.js";
import { asFault } from "./faults.js";
import { isPlain, newCanvas, paint, shapeOf, straight } from "./fit.js";
import { duration, open, origin, pictureOf, reading, shownSpan } from "./input.js";
import { SLACK } from "./packets.js";
import { perform } from "./task.js";

/** How many bytes a pixel has. @type {Record<string, number>} */
const DEPTHS = { rgb: 3, bgr: 3, rgba: 4, gray: 1 };

/** What Python pulls frames from. */
export class FrameReader {
  /** @type {AsyncGenerator<import("mediabunny").VideoSample, void, unknown> | undefined} */
  #samples;
  /** @type {import("mediabunny").Input | undefined} */
  #input;
  #closed = false;
  #start = 0;
  #end = Infinity;
  #begin = 0;
  #format = "rgb";
  #any = false;
  /** @type {import("./fit.js").Ground} */
  #ground = "black";
  /** @type {OffscreenCanvasRenderingContext2D | undefined} */
  #context;
  #pixels = new Uint8Array(0);
  width = 0;
  height = 0;
  /** Of the frame that `next` gave, in seconds. */
  timestamp = 0;

  /**
   * @param {Blob} blob  @param {number | undefined} width  @param {string} format
   * @param {number | undefined} start  @param {number | undefined} end
   */
  async open(blob, width, format, start, end) {
    try {
      this.#input = await open(blob);
      const track = await pictureOf(this.#input);
      this.#begin = await origin(this.#input);
      const shape = await shapeOf(track);
      this.width = width ?? shape.width;
      this.height = width === undefined ? shape.height : Math.max(1, Math.round((width * shape.height) / shape.width));
      this.#format = format;
      this.#start = (start ?? 0) - SLACK;
      this.#end = (end ?? Infinity) - SLACK;
      const shown = await shownSpan(track);
      const from = Math.max(this.#begin + this.#start, shown.from);
      const until = Math.min(this.#begin + this.#end, shown.until - SLACK);
      if (format === "rgba" && (await track.canBeTransparent())) this.#ground = "transparent";
      this.#context = newCanvas(this.width, this.height);
      this.#pixels = new Uint8Array(this.width * this.height * DEPTHS[format]);
      this.#samples = new VideoSampleSink(track).samples(from, until);
      if (this.#closed) this.close();
    } catch (error) {
      this.close();
      throw asFault(error);
    }
  }

  /** The pixels of the next frame, or undefined at the end. The same memory serves for all frames. */
  async next() {
    try {
      for (;;) {
        const { value: sample } = /** @type {{value: any}} */ (await this.#samples?.next());
        if (!sample) {
          if (!this.#any && this.#end === Infinity) throw new Fault("EncodingError", "no picture can be decoded");
          return undefined;
        }
        this.#any = true;
        this.timestamp = sample.timestamp - this.#begin;
        try {
          // The first one may be what is still to be seen at the start, from before it.
          if (this.timestamp >= this.#start && this.timestamp < this.#end) {
            arrange(await this.#pixelsOf(sample), this.#pixels, this.#format);
            return this.#pixels;
          }
        } finally {
          sample.close();
        }
      }
    } catch (error) {
      throw asFault(error);
    }
  }

  /** @param {import("mediabunny").VideoSample} sample */
  async #pixelsOf(sample) {
    const { width, height } = this;
    const own = sample.hasAlpha ? await straight(sample) : undefined;
    if (own && this.#ground === "transparent" && isPlain(sample, width, height)) return own;
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (this.#context);
    paint(context, sample, own, this.#ground);
    return context.getImageData(0, 0, width, height).data;
  }

  close() {
    this.#closed = true;
    this.#samples?.return().catch(() => {});
    this.#input?.dispose();
  }
}

/** @param {Uint8ClampedArray} rgba  @param {Uint8Array} out  @param {string} format */
function arrange(rgba, out, format) {
  const count = rgba.length / 4;
  if (format === "rgba") {
    out.set(rgba);
  } else if (format === "gray") {
    // Brightness as ITU-R BT.601 weighs it, the sum of the weights being 2^16.
    for (let pixel = 0, at = 0; pixel < count; pixel++, at += 4) {
      out[pixel] = (rgba[at] * 19595 + rgba[at + 1] * 38470 + rgba[at + 2] * 7471 + 32768) >> 16;
    }
  } else {
    const [first, last] = format === "rgb" ? [0, 2] : [2, 0];
    for (let pixel = 0, at = 0; pixel < count; pixel++, at += 4) {
      out[pixel * 3] = rgba[at + first];
      out[pixel * 3 + 1] = rgba[at + 1];
      out[pixel * 3 + 2] = rgba[at + last];
    }
  }
}

/**
 * What is to be seen at a time.
 * @param {Blob} blob  @param {number} at  seconds  @param {number | undefined} width  @param {string} mimeType
 * @param {number} known  how long the recorder says it is, or NaN  @param {import("./task.js").Request} request
 */
export const thumbnail = (blob, at, width, mimeType, known, request) =>
  perform(request, () =>
    reading(blob, async (input) => {
      const track = await pictureOf(input);
      const begin = await origin(input);
      const longest = Math.max(await duration(input, known), known || 0);
      if (at > longest + 0.05) {
        throw new Fault("RangeError", `the recording is ${longest.toFixed(3)} s long; there is no picture at ${at} s`);
      }
      const sample = await shown(track, begin + at + SLACK);
      if (!sample) throw new Fault("EncodingError", "no picture can be decoded");
      try {
        const shape = await shapeOf(track);
        const scale = (width ?? shape.width) / shape.width;
        const [w, h] = [shape.width, shape.height].map((side) => Math.max(1, Math.round(side * scale)));
        const context = newCanvas(w, h);
        const own = sample.hasAlpha ? await straight(sample) : undefined;
        paint(context, sample, own, (await track.canBeTransparent()) ? "transparent" : "black");
        return { blob: await context.canvas.convertToBlob({ type: mimeType }), width: w, height: h };
      } finally {
        sample.close();
      }
    }),
  );

/**
 * The picture that is seen at a time: the last one that has appeared by then, or the first one before that.
 * @param {import("mediabunny").InputVideoTrack} track  @param {number} at
 */
async function shown(track, at) {
  const span = await shownSpan(track);
  const time = Math.max(span.from, Math.min(at, span.until - SLACK));
  const sink = new VideoSampleSink(track);
  const sample = await sink.getSample(time);
  if (sample) return sample;
  // There is none yet, or the decoder has left it out.
  const samples = sink.samples(time);
  try {
    return (await samples.next()).value;
  } finally {
    await samples.return();
  }
}
