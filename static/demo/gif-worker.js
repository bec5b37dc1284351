// @ts-check
/** Encodes the pictures that gif.js sends. The message without a picture asks for the file. */

import { GIFEncoder, applyPalette, quantize } from "../../node_modules/gifenc/dist/gifenc.esm.js";

const COLOURS = 256;
const encoder = GIFEncoder();

self.onmessage = ({ data: { pixels, width, height, delay } }) => {
  if (!pixels) {
    encoder.finish();
    self.postMessage(new Blob([encoder.bytes()], { type: "image/gif" }));
    return;
  }
  const palette = quantize(pixels, COLOURS);
  encoder.writeFrame(applyPalette(pixels, palette), width, height, { palette, delay });
  self.postMessage(null);
};
