// @ts-check
/**
 * One shape for all pictures of a track, though a phone was turned or a window resized while it was recorded.
 *
 * The first picture decides: the shape is its size as it is shown, turned as the file says and with square pixels.
 * A picture of another shape is scaled until it fits in, and stands in the middle between bars. Nothing is squeezed.
 */

import { VideoSample, VideoSampleSink } from "mediabunny";
import { mustBeReadable } from "../canvas.js";
import { Fault } from "../fault.js";
import { encodedSpace, i420 } from "./i420.js";

/** @typedef {import("mediabunny").InputVideoTrack} InputVideoTrack */
/** @typedef {import("mediabunny").VideoCodec} VideoCodec */
/** @typedef {{width: number, height: number}} Size */
/** What is to be seen beside a picture and through it. @typedef {"black" | "transparent"} Ground */

/** The shape of a track. @param {InputVideoTrack} track @returns {Promise<Size>} */
export async function shapeOf(track) {
  // Where the first picture is broken, what the file says must do: later ones may be good.
  const first = await new VideoSampleSink(track).getSample(await track.getFirstTimestamp()).catch(() => null);
  if (!first) return { width: await track.getDisplayWidth(), height: await track.getDisplayHeight() };
  const { displayWidth: width, displayHeight: height } = first;
  first.close();
  return { width, height };
}

/**
 * The size at which pictures of a shape are encoded: H.264 and H.265 have no odd sizes, all others do.
 * @param {Size} shape  @param {VideoCodec} codec @returns {Size}
 */
export function encodableSize({ width, height }, codec) {
  const even = (/** @type {number} */ side) => (codec === "avc" || codec === "hevc" ? side + (side % 2) : side);
  return { width: even(width), height: even(height) };
}

/** Says that pictures were made even. @param {Size} shape  @param {Size} encoded @returns {string | undefined} */
export function paddingNote(shape, encoded) {
  if (shape.width === encoded.width && shape.height === encoded.height) return undefined;
  return `The pictures are ${encoded.width} x ${encoded.height} now, and were ${shape.width} x ${shape.height}: H.264 has no odd sizes`;
}

/**
 * A picture in a shape, ready to be encoded: upright, with square pixels, in colours that do not change from one
 * picture to the next. What comes out is to be closed; what went in is closed here if that is another one.
 * @param {VideoSample} sample  @param {number} width  @param {number} height  @param {Ground} ground
 * @param {VideoCodec} [codec]  it is encoded with @returns {Promise<VideoSample>}
 */
export async function fitted(sample, width, height, ground, codec) {
  // (Planes of green, blue and red, which ffmpeg makes of RGB for VP9, are no input of an encoder. Chromium calls them
  // I444 without a matrix.)
  const isPlanesOfRgb = sample.colorSpace.matrix === "rgb" || (sample.format === "I444" && !sample.colorSpace.matrix);
  const isReady = isPlain(sample, width, height) && !(sample.hasAlpha && ground === "black") && !isPlanesOfRgb;
  const isRgb = /^(RGB|BGR)/.test(sample.format ?? "");
  // Firefox decodes to red, green and blue, and weighs them by BT.601 for its encoders: VP8 is meant so, all others
  // say BT.709. (Its frames of I420 have no odd sizes.)
  const stays = isRgb && (codec === "vp8" || width % 2 === 1 || height % 2 === 1);
  if (isReady && (stays || !isRgb)) return sample;
  const { timestamp, duration } = sample;
  const withAlpha = ground === "transparent" && Boolean(sample.hasAlpha);
  const facts = { codedWidth: width, codedHeight: height, timestamp, duration };
  try {
    const pixels = isReady ? await straight(sample) : await painted(sample, width, height, ground);
    if (stays) return new VideoSample(pixels, { ...facts, format: withAlpha ? "RGBA" : "RGBX" });
    const colorSpace = encodedSpace(isRgb ? {} : sample.colorSpace);
    const planes = i420(pixels, width, height, colorSpace, withAlpha);
    return new VideoSample(planes, { ...facts, format: withAlpha ? "I420A" : "I420", colorSpace });
  } finally {
    sample.close();
  }
}

/** @param {VideoSample} sample  @param {number} width  @param {number} height  @param {Ground} ground */
async function painted(sample, width, height, ground) {
  const pixels = sample.hasAlpha ? await straight(sample) : undefined;
  // Nothing is awaited between drawing and taking: another track may use the canvas, too.
  const context = kept(width, height);
  paint(context, sample, pixels, ground, true);
  return context.getImageData(0, 0, width, height).data;
}

/** @type {OffscreenCanvasRenderingContext2D | undefined} */
let last;

/** The canvas that was used before, if it has this size. @param {number} width  @param {number} height */
function kept(width, height) {
  if (last?.canvas.width !== width || last.canvas.height !== height) last = newCanvas(width, height);
  return last;
}

/** One whose pixels can be read. @param {number} width  @param {number} height */
export function newCanvas(width, height) {
  mustBeReadable();
  const made = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!made) throw new Fault("NotSupportedError", `this browser has no canvas of ${width} x ${height}`);
  return made;
}

/** Whether a picture has this size and is shown as it is stored. @param {VideoSample} sample  @param {number} width  @param {number} height */
export const isPlain = (sample, width, height) =>
  sample.rotation === 0 && !sample.flip &&
  sample.codedWidth === width && sample.displayWidth === width &&
  sample.codedHeight === height && sample.displayHeight === height;

/**
 * The pixels of a picture as they are stored: red, green, blue and alpha, the colours not multiplied with it.
 * @param {VideoSample} sample
 */
export async function straight(sample) {
  const pixels = new Uint8ClampedArray(sample.codedWidth * sample.codedHeight * 4);
  await sample.copyTo(pixels, { format: "RGBA" });
  return pixels;
}

/**
 * Draw a picture into a canvas so that it fits in, in place of what was there.
 * @param {OffscreenCanvasRenderingContext2D} context  @param {VideoSample} sample
 * @param {Uint8ClampedArray<ArrayBuffer> | undefined} pixels  of one with alpha, those that are `straight`
 * @param {Ground} ground  @param {boolean} padded  fill up an odd side that was made even, instead of scaling
 */
export function paint(context, sample, pixels, ground, padded = false) {
  const { canvas } = context;
  const { displayWidth, displayHeight, rotation, flip } = sample;
  const isPadded = padded && isMadeEven(displayWidth, canvas.width) && isMadeEven(displayHeight, canvas.height);
  const [width, height] = isPadded ? [displayWidth, displayHeight] : room(displayWidth, displayHeight, canvas);
  const [x, y] = isPadded ? [0, 0] : [(canvas.width - width) >> 1, (canvas.height - height) >> 1];
  if (pixels || width < canvas.width || height < canvas.height) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (ground === "black") context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.save();
  context.translate(x + width / 2, y + height / 2);
  if (flip) context.scale(-1, 1);
  context.rotate((rotation * Math.PI) / 180);
  const [across, down] = rotation % 180 === 0 ? [width, height] : [height, width];
  context.drawImage(image(sample, pixels), -across / 2, -down / 2, across, down);
  context.restore();
  if (isPadded) {
    // The edge once more is what is seen least, and costs an encoder least.
    context.drawImage(canvas, width - 1, 0, 1, height, width, 0, 1, height);
    context.drawImage(canvas, 0, height - 1, width + 1, 1, 0, height, width + 1, 1);
  }
}

/** @param {number} side  @param {number} encoded */
const isMadeEven = (side, encoded) => side === encoded || side + (side % 2) === encoded;

/** What a picture takes of a canvas. @param {number} width  @param {number} height  @param {Size} canvas */
function room(width, height, canvas) {
  const follows = (/** @type {number} */ side, /** @type {number} */ scale) => Math.max(1, Math.round(side * scale));
  const [across, down] = [canvas.width / width, canvas.height / height];
  // It is the same shape but for the rounding, if one side follows from the other.
  if (follows(height, across) === canvas.height || follows(width, down) === canvas.width) return [canvas.width, canvas.height];
  const scale = Math.min(across, down);
  return [follows(width, scale), follows(height, scale)];
}

/**
 * What a canvas draws. Firefox takes the colours of a frame with alpha for multiplied ones, which come out wrong.
 * @param {VideoSample} sample  @param {Uint8ClampedArray<ArrayBuffer> | undefined} pixels
 */
function image(sample, pixels) {
  if (!pixels) return sample.toCanvasImageSource();
  const context = newCanvas(sample.codedWidth, sample.codedHeight);
  context.putImageData(new ImageData(pixels, sample.codedWidth), 0, 0);
  return context.canvas;
}
