// @ts-check
/** Check that a canvas returns the pixels that were drawn (py/mediarecorder/_host/features.py does the same). */

import { Fault } from "./fault.js";

const DRAWN = [200, 64, 16];
/** The tolerated difference: some browsers change the last bits, which is harmless. */
const NOISE = 8;

/**
 * Throw if the browser returns noise, stripes or white instead of the drawn pixels, as Firefox does with
 * `privacy.resistFingerprinting` (quirk: firefox-falsifies-canvases).
 */
export function mustBeReadable() {
  const context = new OffscreenCanvas(2, 2).getContext("2d", { willReadFrequently: true });
  if (!context) return;
  context.fillStyle = `rgb(${DRAWN})`;
  context.fillRect(0, 0, 2, 2);
  const { data } = context.getImageData(0, 0, 2, 2);
  if (data.some((value, at) => at % 4 < 3 && Math.abs(value - DRAWN[at % 4]) > NOISE)) {
    throw new Fault(
      "NotAllowedError",
      "the browser does not return the pixels that were drawn. Allow this site to read canvas data (the icon beside " +
        "the address), or switch off privacy.resistFingerprinting (Firefox, about:config).",
    );
  }
}
