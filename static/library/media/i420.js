// @ts-check
/**
 * Convert pixels to the encoders' format: luma for each pixel, chroma for every four (I420; with alpha I420A).
 *
 * An encoder also accepts red, green and blue, but then the browser decides how to convert them: Chromium uses the full
 * range, even if earlier pictures had the limited range, and Firefox converts by BT.601 but declares BT.709.
 * (quirks: chromium-encodes-rgb-in-full-range, firefox-encodes-rgb-by-bt601)
 */

/** The weights of red and blue in the luma. @type {Record<string, [number, number]>} */
const WEIGHTS = {
  bt709: [0.2126, 0.0722],
  smpte170m: [0.299, 0.114],
  bt470bg: [0.299, 0.114],
  "bt2020-ncl": [0.2627, 0.0593],
};

/**
 * The number of values of a pixel, and the places of red, green and blue among them. Gray has one place for all.
 * @typedef {[number, number, number, number]} Layout
 */
/** @type {Layout} */
const RGBA = [4, 0, 1, 2];

/** @typedef {{primaries?: any, transfer?: any, matrix?: any, fullRange?: boolean | null}} Space */

/**
 * The target colour space of these pixels: that of the picture they come from, or BT.709 with the limited range.
 * @param {Space} space
 */
export const encodedSpace = ({ primaries, transfer, matrix, fullRange }) =>
  matrix in WEIGHTS
    ? { primaries, transfer, matrix, fullRange: Boolean(fullRange) }
    : { primaries: "bt709", transfer: "bt709", matrix: "bt709", fullRange: false };

/** One, in the whole numbers of the loop, which are faster than fractions. */
const ONE = 1 << 16;

/**
 * @param {Uint8ClampedArray | Uint8Array} pixels  @param {number} width  @param {number} height
 * @param {Space} space  @param {boolean} withAlpha  @param {Layout} [layout]  @param {Uint8ClampedArray<ArrayBuffer>} [out]  to reuse
 */
export function i420(pixels, width, height, space, withAlpha, [depth, atRed, atGreen, atBlue] = RGBA, out) {
  const [across, down] = [(width + 1) >> 1, (height + 1) >> 1];
  const [count, quarter] = [width * height, across * down];
  const planes = out ?? new Uint8ClampedArray(count + 2 * quarter + (withAlpha ? count : 0));
  const from = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength); // (of one type, for the compiler)
  const [red, blue] = WEIGHTS[space.matrix];
  const [black, brightness, colour] = space.fullRange ? [0, 1, 1] : [16, 219 / 255, 224 / 255];
  const whole = (/** @type {number} */ weight) => Math.round(weight * ONE);
  const [r, b] = [whole(red * brightness), whole(blue * brightness)];
  const g = whole(brightness) - r - b;
  // Of the sum of four pixels. The three weights of a chroma cancel out for gray.
  const [toBlue, toRed] = [colour / (8 * (1 - blue)), colour / (8 * (1 - red))];
  const [redOfU, blueOfU] = [whole(-red * toBlue), whole((1 - blue) * toBlue)];
  const [redOfV, blueOfV] = [whole((1 - red) * toRed), whole(-blue * toRed)];
  const [greenOfU, greenOfV] = [-redOfU - blueOfU, -redOfV - blueOfV];
  const [dark, middle] = [black * ONE + ONE / 2, 128 * ONE + ONE / 2];
  for (let y = 0, chroma = count; y < height; y += 2) {
    const below = y + 1 < height ? width : 0;
    for (let x = 0; x < width; x += 2, chroma++) {
      // The four pixels; at an odd edge the last one counts twice.
      const first = y * width + x;
      const second = x + 1 < width ? first + 1 : first;
      const third = first + below;
      const fourth = second + below;
      // (No arrays are taken apart in this loop: browsers take ten times as long for it.)
      let at = first * depth;
      const r1 = from[at + atRed];
      const g1 = from[at + atGreen];
      const b1 = from[at + atBlue];
      at = second * depth;
      const r2 = from[at + atRed];
      const g2 = from[at + atGreen];
      const b2 = from[at + atBlue];
      at = third * depth;
      const r3 = from[at + atRed];
      const g3 = from[at + atGreen];
      const b3 = from[at + atBlue];
      at = fourth * depth;
      const r4 = from[at + atRed];
      const g4 = from[at + atGreen];
      const b4 = from[at + atBlue];
      planes[first] = (r1 * r + g1 * g + b1 * b + dark) >> 16;
      planes[second] = (r2 * r + g2 * g + b2 * b + dark) >> 16;
      planes[third] = (r3 * r + g3 * g + b3 * b + dark) >> 16;
      planes[fourth] = (r4 * r + g4 * g + b4 * b + dark) >> 16;
      const reds = r1 + r2 + r3 + r4;
      const greens = g1 + g2 + g3 + g4;
      const blues = b1 + b2 + b3 + b4;
      planes[chroma] = (reds * redOfU + greens * greenOfU + blues * blueOfU + middle) >> 16;
      planes[chroma + quarter] = (reds * redOfV + greens * greenOfV + blues * blueOfV + middle) >> 16;
    }
  }
  if (withAlpha) {
    for (let place = count + 2 * quarter, at = 3; at < from.length; place++, at += 4) planes[place] = from[at];
  }
  return planes;
}
