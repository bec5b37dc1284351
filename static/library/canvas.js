// @ts-check
/** Whether what is read from a canvas is what was drawn (py/mediarecorder/_host/canvas.py asks the same). */

import { Fault } from "./fault.js";

const DRAWN = [200, 64, 16];
/** How far each may be off: some browsers change the last bits, which harms no picture. */
const NOISE = 8;

/**
 * Refuse where the browser hands out noise, stripes or white instead, as Firefox does with
 * `privacy.resistFingerprinting`.
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
      "the browser hands out other pixels than were drawn. Allow this site canvas data (icon beside the address), or " +
        "switch off privacy.resistFingerprinting (Firefox, about:config).",
    );
  }
}
