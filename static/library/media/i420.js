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

/** @typedef {{primaries?: any, transfer?: any, matrix?: any, fullRange?: boolean | null}} Space */

/**
 * The target colour space of these pixels: that of the picture they come from, or BT.709 with the limited range.
 * @param {Space} space
 */
export const encodedSpace = ({ primaries, transfer, matrix, fullRange }) =>
  matrix in WEIGHTS
    ? { primaries, transfer, matrix, fullRange: Boolean(fullRange) }
    : { primaries: "bt709", transfer: "bt709", matrix: "bt709", fullRange: false };

/**
 * @param {Uint8ClampedArray} pixels  red, green, blue, alpha  @param {number} width  @param {number} height
 * @param {Space} space  @param {boolean} withAlpha
 */
export function i420(pixels, width, height, space, withAlpha) {
  const [across, down] = [(width + 1) >> 1, (height + 1) >> 1];
  const [count, quarter] = [width * height, across * down];
  const out = new Uint8ClampedArray(count + 2 * quarter + (withAlpha ? count : 0));
  const [red, blue] = WEIGHTS[space.matrix];
  const green = 1 - red - blue;
  const [black, brightness, colour] = space.fullRange ? [0, 1, 1] : [16, 219 / 255, 224 / 255];
  const [r, g, b] = [red * brightness, green * brightness, blue * brightness];
  for (let place = 0, at = 0; place < count; place++, at += 4) {
    out[place] = pixels[at] * r + pixels[at + 1] * g + pixels[at + 2] * b + black;
  }
  const [toBlue, toRed] = [colour / (8 * (1 - blue)), colour / (8 * (1 - red))];
  for (let y = 0, place = count; y < height; y += 2) {
    const below = y + 1 < height ? width * 4 : 0;
    for (let x = 0; x < width; x += 2, place++) {
      // The four pixels; at an odd edge the last one counts twice.
      const first = (y * width + x) * 4;
      const second = x + 1 < width ? first + 4 : first;
      const [third, fourth] = [first + below, second + below];
      const reds = pixels[first] + pixels[second] + pixels[third] + pixels[fourth];
      const greens = pixels[first + 1] + pixels[second + 1] + pixels[third + 1] + pixels[fourth + 1];
      const blues = pixels[first + 2] + pixels[second + 2] + pixels[third + 2] + pixels[fourth + 2];
      const bright = reds * red + greens * green + blues * blue;
      out[place] = (blues - bright) * toBlue + 128;
      out[place + quarter] = (reds - bright) * toRed + 128;
    }
  }
  if (withAlpha) {
    for (let place = count + 2 * quarter, at = 3; at < pixels.length; place++, at += 4) out[place] = pixels[at];
  }
  return out;
}
