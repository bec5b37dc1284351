// @ts-check
/** Pixels in the formats of Python's frames. */

import { Fault } from "../fault.js";

/** @typedef {import("./i420.js").Layout} Layout */

/** The places of the values of a pixel. @type {Record<string, Layout>} */
export const LAYOUTS = { rgb: [3, 0, 1, 2], bgr: [3, 2, 1, 0], rgba: [4, 0, 1, 2], gray: [1, 0, 0, 0] };
/** Floats beyond this are not from 0 to 1; smaller excesses are clipped. */
const LARGEST = 2;

/**
 * Bytes in this format.
 * @param {Uint8ClampedArray} rgba  @param {string} format  "rgb", "rgba", "bgr" or "gray"  @param {Uint8Array} [out]
 */
export function arrange(rgba, format, out) {
  const count = rgba.length / 4;
  const depth = format === "rgba" ? 4 : format === "gray" ? 1 : 3;
  const bytes = out?.length === count * depth ? out : new Uint8Array(count * depth);
  if (format === "rgba") {
    bytes.set(rgba);
  } else if (format === "gray") {
    // Luma by ITU-R BT.601; the sum of the weights is 2^16.
    for (let pixel = 0, at = 0; pixel < count; pixel++, at += 4) {
      bytes[pixel] = (rgba[at] * 19595 + rgba[at + 1] * 38470 + rgba[at + 2] * 7471 + 32768) >> 16;
    }
  } else {
    const [first, last] = format === "rgb" ? [0, 2] : [2, 0];
    for (let pixel = 0, at = 0; pixel < count; pixel++, at += 4) {
      bytes[pixel * 3] = rgba[at + first];
      bytes[pixel * 3 + 1] = rgba[at + 1];
      bytes[pixel * 3 + 2] = rgba[at + last];
    }
  }
  return bytes;
}

/**
 * The numbers of a picture as bytes. Floats are from 0 to 1.
 * @param {Uint8Array} bytes  @param {string} kind
 */
export function inBytes(bytes, kind) {
  if (kind === "B") return bytes;
  const Floats = kind === "f" ? Float32Array : Float64Array;
  const size = Floats.BYTES_PER_ELEMENT;
  const { buffer, byteOffset } = bytes.byteOffset % size ? bytes.slice() : bytes;
  const floats = new Floats(/** @type {ArrayBuffer} */ (buffer), byteOffset, bytes.length / size);
  const pixels = new Uint8ClampedArray(floats.length);
  for (let place = 0; place < floats.length; place++) {
    const value = floats[place];
    if (!(Math.abs(value) <= LARGEST)) throw notAPixel(value);
    pixels[place] = value * 255;
  }
  return new Uint8Array(pixels.buffer);
}

/** @param {number} value */
const notAPixel = (value) =>
  new Fault(
    "EncodingError",
    Number.isFinite(value)
      ? `a pixel is ${value}, but floats must be from 0 to 1: divide them by 255, or pass bytes (uint8)`
      : "a pixel is not a finite number (NaN or infinite)",
  );

/**
 * The opposite of `arrange`, with the picture drawn on black.
 * @param {Uint8Array} bytes  @param {string} format
 */
export function spread(bytes, format) {
  const [depth, red, green, blue] = LAYOUTS[format];
  const rgba = new Uint8ClampedArray((bytes.length / depth) * 4);
  for (let from = 0, at = 0; from < bytes.length; from += depth, at += 4) {
    const opacity = depth === 4 ? bytes[from + 3] / 255 : 1;
    rgba[at] = bytes[from + red] * opacity;
    rgba[at + 1] = bytes[from + green] * opacity;
    rgba[at + 2] = bytes[from + blue] * opacity;
    rgba[at + 3] = 255;
  }
  return rgba;
}
