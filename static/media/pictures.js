// @ts-check
/** Pictures as pixels, and one of them as a photo. */

import { VideoSampleSink } from "mediabunny";
import { Fault } from "../fault.js";
import { asFault } from "./faults.js";
import { duration, open, origin, pictureOf, reading } from "./input.js";
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
      const [ownWidth, ownHeight] = [await track.getDisplayWidth(), await track.getDisplayHeight()];
      this.width = width ?? ownWidth;
      this.height = width === undefined ? ownHeight : Math.max(1, Math.round((width * ownHeight) / ownWidth));
      this.#format = format;
      this.#start = start ?? 0;
      this.#end = end ?? Infinity;
      this.#context = context(this.width, this.height);
      this.#pixels = new Uint8Array(this.width * this.height * DEPTHS[format]);
      this.#samples = new VideoSampleSink(track).samples(this.#begin + this.#start, this.#begin + this.#end);
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
        if (!sample) return undefined;
        this.timestamp = sample.timestamp - this.#begin;
        try {
          // The first one may be what is still to be seen at the start, from before it.
          if (this.timestamp >= this.#start - 1e-6 && this.timestamp < this.#end) {
            sample.draw(this.#context, 0, 0, this.width, this.height);
            break;
          }
        } finally {
          sample.close();
        }
      }
      const image = this.#context?.getImageData(0, 0, this.width, this.height);
      if (image) arrange(image.data, this.#pixels, this.#format);
      return this.#pixels;
    } catch (error) {
      throw asFault(error);
    }
  }

  close() {
    this.#closed = true;
    this.#samples?.return().catch(() => {});
    this.#input?.dispose();
  }
}

/** @param {number} width  @param {number} height */
function context(width, height) {
  const made = new OffscreenCanvas(width, height).getContext("2d", { alpha: false, willReadFrequently: true });
  if (!made) throw new Fault("NotSupportedError", `this browser has no canvas of ${width} x ${height}`);
  return made;
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
      const sink = new VideoSampleSink(track);
      // Before the first picture comes, the first is shown.
      const sample = (await sink.getSample(begin + at)) ?? (await sink.getSample(await track.getFirstTimestamp()));
      if (!sample) throw new Fault("EncodingError", "no picture can be decoded");
      try {
        const scale = (width ?? sample.displayWidth) / sample.displayWidth;
        const [w, h] = [sample.displayWidth, sample.displayHeight].map((side) => Math.max(1, Math.round(side * scale)));
        const canvas = context(w, h);
        sample.draw(canvas, 0, 0, w, h);
        return { blob: await canvas.canvas.convertToBlob({ type: mimeType }), width: w, height: h };
      } finally {
        sample.close();
      }
    }),
  );
