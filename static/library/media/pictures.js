// @ts-check
/** Read pictures as pixels, or one of them as a photo. */

import { EncodedPacketSink, VideoSampleSink } from "mediabunny";
import { Fault } from "../fault.js";
import { asFault } from "./faults.js";
import { isPlain, newCanvas, paint, shapeOf, straight } from "./fit.js";
import { duration, open, origin, pictureOf, reading, shownSpan } from "./input.js";
import { SLACK } from "./packets.js";
import { arrange } from "./pixels.js";
import { perform } from "./task.js";

/** The source from which Python reads frames. */
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
  /** @type {Uint8Array | undefined} */
  #pixels;
  width = 0;
  height = 0;
  /** The time of the last frame that `next` returned, in seconds. */
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
      this.#samples = new VideoSampleSink(track).samples(from, until);
      if (this.#closed) this.close();
    } catch (error) {
      this.close();
      throw asFault(error);
    }
  }

  /** The pixels of the next frame, or undefined at the end. All frames share the same memory. */
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
          // The first sample may be a picture from before the start that is still visible there.
          if (this.timestamp >= this.#start && this.timestamp < this.#end) {
            this.#pixels = arrange(await this.#pixelsOf(sample), this.#format, this.#pixels);
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

/**
 * The times of all pictures that a `FrameReader` yields, their shape, and when the last one ends.
 * @param {Blob} blob  @param {import("./task.js").Request} request
 */
export const pictureFacts = (blob, request) =>
  perform(request, () =>
    reading(blob, async (input) => {
      const track = await pictureOf(input);
      const begin = await origin(input);
      const shown = await shownSpan(track);
      let [hidden, end] = [-Infinity, 0];
      const times = [];
      for await (const { timestamp, duration: lasts } of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) {
        request.signal.throwIfAborted();
        if (timestamp < Math.max(begin, shown.from)) hidden = Math.max(hidden, timestamp);
        else if (timestamp < shown.until - SLACK) times.push(timestamp - begin);
        end = Math.max(end, timestamp + lasts - begin);
      }
      // A picture from before is still visible at the beginning.
      if (hidden >= begin && !times.some((time) => time + begin < shown.from + SLACK)) times.push(hidden - begin);
      const [codec, rotation] = [await track.getCodec(), await track.getRotation()];
      return { ...(await shapeOf(track)), codec, rotation, end, times: Float64Array.from(times).sort() };
    }),
  );

/**
 * The picture that is visible at a time.
 * @param {Blob} blob  @param {number} at  seconds  @param {number | undefined} width  @param {string} mimeType
 * @param {number} known  the duration according to the recorder, or NaN  @param {import("./task.js").Request} request
 */
export const thumbnail = (blob, at, width, mimeType, known, request) =>
  perform(request, () =>
    reading(blob, async (input) => {
      const track = await pictureOf(input);
      const begin = await origin(input);
      const longest = Math.max(await duration(input, known), known || 0);
      if (at > longest + 0.05) {
        throw new Fault("RangeError", `the recording is ${longest.toFixed(3)} s long and has no picture at ${at} s`);
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
 * The sample that is visible at a time: the last one to appear by then, or the first one if none has appeared yet.
 * @param {import("mediabunny").InputVideoTrack} track  @param {number} at
 */
async function shown(track, at) {
  const span = await shownSpan(track);
  const time = Math.max(span.from, Math.min(at, span.until - SLACK));
  const sink = new VideoSampleSink(track);
  const sample = await sink.getSample(time);
  if (sample) return sample;
  // The first picture appears later, or the decoder has dropped this one.
  const samples = sink.samples(time);
  try {
    return (await samples.next()).value;
  } finally {
    await samples.return();
  }
}
