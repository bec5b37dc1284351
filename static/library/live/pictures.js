// @ts-check
/** The pictures of a track while they happen: always the newest. */

import { mustBeReadable } from "../canvas.js";
import { arrange } from "../media/pixels.js";
import { Live } from "./live.js";

/** @typedef {{width: number | undefined, format: string, rate: number | undefined}} Choice */
/** @typedef {{bytes: Uint8Array, width: number, height: number, timestamp: number, lost: number}} Picture */

export class LivePictures extends Live {
  /** @type {ReturnType<typeof painter>} */
  #painter;

  /**
   * @param {MediaStreamTrack} track  @param {number | undefined} width  @param {string} format
   * @param {number | undefined} rate  the most pictures per second
   */
  constructor(track, width, format, rate) {
    super(track);
    this.#painter = painter({ width, format, rate });
  }

  begin() {
    mustBeReadable();
    this.watch();
    const { MediaStreamTrackProcessor } = /** @type {any} */ (window);
    if (MediaStreamTrackProcessor) this.#read(new MediaStreamTrackProcessor({ track: this.track }).readable.getReader());
    else this.#watchVideo();
  }

  /** (In a worker, a picture on its way was lost when the reading ended, and kept its place.) @param {any} reader */
  async #read(reader) {
    this.atEnd(() => reader.cancel().catch(() => {}));
    let before = NaN;
    while (!this.over) {
      const { done, value } = await reader.read().catch(() => ({ done: true }));
      if (done) break;
      // While the page's thread is busy, the browser keeps only the newest. The counts may be one ahead.
      const count = delivered(this.track);
      const skipped = count - before > 2 ? count - before - 1 : 0;
      before = count;
      const { timestamp, displayWidth, displayHeight } = value;
      if (!this.over) this.#painter.paint(value, timestamp / 1e6, displayWidth, displayHeight, skipped);
      value.close(); // a picture that is held keeps its place in the camera's few buffers
      this.arrived();
    }
    this.finish();
  }

  #watchVideo() {
    const video = document.createElement("video");
    video.muted = video.playsInline = true;
    video.srcObject = new MediaStream([this.track]);
    this.atEnd(() => (video.srcObject = null));
    const made = this.#painter;
    let [time, shown] = [0, 0];
    /** @type {VideoFrameCallbackMetadata | undefined} */
    let last;
    const paint = (/** @type {number} */ now, /** @type {VideoFrameCallbackMetadata} */ facts) => {
      if (this.over) return;
      if (last) {
        // Firefox's times of a shared screen are all 0.
        time += facts.mediaTime > last.mediaTime ? facts.mediaTime - last.mediaTime : (now - shown) / 1000;
      }
      const skipped = last ? facts.presentedFrames - last.presentedFrames - 1 : 0;
      made.paint(video, time, video.videoWidth, video.videoHeight, skipped);
      [last, shown] = [facts, now];
      this.arrived();
      video.requestVideoFrameCallback(paint);
    };
    video.requestVideoFrameCallback(paint);
    video.play().catch(() => {});
  }

  take() {
    return this.#painter.take();
  }
}

/** How many pictures the browser has delivered, if it keeps count. @param {any} track @returns {number} */
function delivered(track) {
  try {
    return track.stats.deliveredFrames;
  } catch {
    return NaN; // this kind of track has no counts
  }
}

/**
 * Paints each picture on one canvas, and turns the newest into bytes when it is wanted.
 * @param {Choice} choice
 */
function painter({ width, format, rate }) {
  /** @type {OffscreenCanvasRenderingContext2D | null} */
  let context = null;
  /** @type {number | undefined} */
  let first;
  let [fresh, lost, timestamp, due] = [false, 0, 0, 0];
  return {
    /**
     * @param {any} picture  @param {number} time  seconds  @param {number} across  @param {number} down  its size
     * @param {number} skipped  pictures before it that the browser has dropped
     */
    paint(picture, time, across, down, skipped) {
      if (!across || !down) return;
      first ??= time;
      const at = time - first;
      if (rate) {
        // One picture is due for each of these periods. (Cameras are a little early now and then.)
        const early = 0.1 / rate;
        if (at < due - early) return;
        const passed = Math.floor((at - due + early) * rate);
        skipped = Math.min(skipped, passed);
        due += (passed + 1) / rate;
      }
      lost += skipped + Number(fresh);
      const [w, h] = width ? [width, Math.max(1, Math.round((width * down) / across))] : [across, down];
      if (context?.canvas.width !== w || context.canvas.height !== h) {
        context = new OffscreenCanvas(w, h).getContext("2d", { willReadFrequently: true, alpha: format === "rgba" });
      }
      context?.clearRect(0, 0, w, h);
      context?.drawImage(picture, 0, 0, w, h);
      // Only reading makes Chromium draw at once; until then it keeps the picture, although it was closed.
      // (quirk: chromium-keeps-frames-until-they-are-drawn)
      context?.getImageData(0, 0, 1, 1);
      [fresh, timestamp] = [true, at];
    },
    /** The newest picture, if it was not taken yet. @returns {Picture | undefined} */
    take() {
      if (!fresh || !context) return undefined;
      const { width: w, height: h } = context.canvas;
      const bytes = arrange(context.getImageData(0, 0, w, h).data, format);
      const picture = { bytes, width: w, height: h, timestamp, lost };
      [fresh, lost] = [false, 0];
      return picture;
    },
  };
}
