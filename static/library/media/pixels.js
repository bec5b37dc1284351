// @ts-check
/** Pixels in the formats of Python's frames. */

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
