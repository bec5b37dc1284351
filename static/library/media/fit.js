// @ts-check
/**
 * One shape for all pictures of a track, even if a phone was turned or a window resized during the recording.
 *
 * The first picture determines the shape: its displayed size, rotated as the file specifies and with square pixels. A
 * picture with a different shape is scaled to fit and centred between bars. No picture is distorted.
 */

import { VideoSample, VideoSampleSink } from "mediabunny";
import { mustBeReadable } from "../canvas.js";
import { Fault } from "../fault.js";
import { encodedSpace, i420 } from "./i420.js";

/** @typedef {import("mediabunny").InputVideoTrack} InputVideoTrack */
/** @typedef {import("mediabunny").VideoCodec} VideoCodec */
/** @typedef {{width: number, height: number}} Size */
/** The background beside a picture and behind it. @typedef {"black" | "transparent"} Ground */

/** The shape of a track. @param {InputVideoTrack} track @returns {Promise<Size>} */
export async function shapeOf(track) {
  // If the first picture is broken, use the size in the file: later pictures may be intact.
  const first = await new VideoSampleSink(track).getSample(await track.getFirstTimestamp()).catch(() => null);
  if (!first) return { width: await track.getDisplayWidth(), height: await track.getDisplayHeight() };
  const { displayWidth: width, displayHeight: height } = first;
  first.close();
  return { width, height };
}

/**
 * The size at which pictures of a shape are encoded: only H.264 and H.265 do not support odd sizes.
 * @param {Size} shape  @param {VideoCodec} codec @returns {Size}
 */
export function encodableSize({ width, height }, codec) {
  const even = (/** @type {number} */ side) => (codec === "avc" || codec === "hevc" ? side + (side % 2) : side);
  return { width: even(width), height: even(height) };
}

/**
 * A note that the pictures were padded to even sizes.
 * @param {Size} shape  @param {Size} encoded  @param {string} [why]  what does not support the odd size
 * @returns {string | undefined}
 */
export function paddingNote(shape, encoded, why = "H.264 does") {
  if (shape.width === encoded.width && shape.height === encoded.height) return undefined;
  const size = (/** @type {Size} */ { width, height }) => `${width} x ${height}`;
  return `The pictures are now ${size(encoded)} instead of ${size(shape)}, because ${why} not support odd sizes`;
}

/**
 * A picture in a shape, ready for the encoder: upright, with square pixels, in colours that do not change from one
 * picture to the next. The caller closes the result. If the result is a new picture, this function closes the given
 * one.
 * @param {VideoSample} sample  @param {number} width  @param {number} height  @param {Ground} ground
 * @param {VideoCodec} [codec]  the codec of the encoder @returns {Promise<VideoSample>}
 */
export async function fitted(sample, width, height, ground, codec) {
  // (Encoders do not accept planes of green, blue and red, which ffmpeg makes from RGB for VP9. Chromium calls them
  // I444 without a matrix; quirk: chromium-takes-rgb-planes-for-i444.)
  const isPlanesOfRgb = sample.colorSpace.matrix === "rgb" || (sample.format === "I444" && !sample.colorSpace.matrix);
  const isReady = isPlain(sample, width, height) && !(sample.hasAlpha && ground === "black") && !isPlanesOfRgb;
  const isRgb = /^(RGB|BGR)/.test(sample.format ?? "");
  // Firefox decodes to red, green and blue, and converts them by BT.601 for its encoders. That is correct for VP8; all
  // others declare BT.709. (Firefox's I420 frames do not support odd sizes.)
  // (quirk: firefox-encodes-rgb-by-bt601)
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
  // No await between drawing and reading: another track may use the canvas, too.
  const context = kept(width, height);
  paint(context, sample, pixels, ground, true);
  return context.getImageData(0, 0, width, height).data;
}

/** @type {OffscreenCanvasRenderingContext2D | undefined} */
let last;

/** The last canvas if it has this size, else a new one. @param {number} width  @param {number} height */
function kept(width, height) {
  if (last?.canvas.width !== width || last.canvas.height !== height) last = newCanvas(width, height);
  return last;
}

/** A new canvas whose pixels can be read. @param {number} width  @param {number} height */
export function newCanvas(width, height) {
  mustBeReadable();
  const made = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!made) throw new Fault("NotSupportedError", `this browser cannot create a canvas of ${width} x ${height}`);
  return made;
}

/**
 * Whether a picture has this size and is displayed as it is stored.
 * @param {VideoSample} sample  @param {number} width  @param {number} height
 */
export const isPlain = (sample, width, height) =>
  sample.rotation === 0 && !sample.flip &&
  sample.codedWidth === width && sample.displayWidth === width &&
  sample.codedHeight === height && sample.displayHeight === height;

/**
 * The pixels of a picture as they are stored: red, green, blue and alpha, not premultiplied.
 * @param {VideoSample} sample
 */
export async function straight(sample) {
  const pixels = new Uint8ClampedArray(sample.codedWidth * sample.codedHeight * 4);
  await sample.copyTo(pixels, { format: "RGBA" });
  return pixels;
}

/**
 * Draw a picture into a canvas so that it fits in, replacing the old content.
 * @param {OffscreenCanvasRenderingContext2D} context  @param {VideoSample} sample
 * @param {Uint8ClampedArray<ArrayBuffer> | undefined} pixels  the `straight` pixels, if the picture has alpha
 * @param {Ground} ground  @param {boolean} padded  pad a side that was made even, instead of scaling
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
    // Repeating the edge is the least visible padding, and the cheapest for an encoder.
    context.drawImage(canvas, width - 1, 0, 1, height, width, 0, 1, height);
    context.drawImage(canvas, 0, height - 1, width + 1, 1, 0, height, width + 1, 1);
  }
}

/** @param {number} side  @param {number} encoded */
const isMadeEven = (side, encoded) => side === encoded || side + (side % 2) === encoded;

/** The size that a picture takes up in a canvas. @param {number} width  @param {number} height  @param {Size} canvas */
function room(width, height, canvas) {
  const follows = (/** @type {number} */ side, /** @type {number} */ scale) => Math.max(1, Math.round(side * scale));
  const [across, down] = [canvas.width / width, canvas.height / height];
  // The shapes are equal, apart from rounding, if one side follows from the other.
  if (follows(height, across) === canvas.height || follows(width, down) === canvas.width) return [canvas.width, canvas.height];
  const scale = Math.min(across, down);
  return [follows(width, scale), follows(height, scale)];
}

/**
 * The image to draw. Firefox treats the colours of a frame with alpha as premultiplied, so they come out wrong.
 * (quirk: firefox-multiplies-colours-by-alpha)
 * @param {VideoSample} sample  @param {Uint8ClampedArray<ArrayBuffer> | undefined} pixels
 */
function image(sample, pixels) {
  if (!pixels) return sample.toCanvasImageSource();
  const context = newCanvas(sample.codedWidth, sample.codedHeight);
  context.putImageData(new ImageData(pixels, sample.codedWidth), 0, 0);
  return context.canvas;
}
