// @ts-check
/** The baseline for `seekable()` in plain JavaScript: mediabunny's own conversion that copies all packets. */

import {
  BlobSource, Conversion, Input, MATROSKA, Output, StreamTarget, WEBM, WebMOutputFormat,
} from "/node_modules/mediabunny/dist/bundles/mediabunny.min.mjs";

/**
 * @param {Blob} blob
 * @param {boolean} [live]  whether to write it as a recorder does, without length and index
 */
export async function remux(blob, live = false) {
  const input = new Input({ source: new BlobSource(blob), formats: [WEBM, MATROSKA] });
  let file = new Blob();
  /** @param {import("mediabunny").StreamTargetChunk} chunk */
  const write = ({ data, position }) => {
    file = new Blob([file.slice(0, position), data, file.slice(position + data.byteLength)]);
  };
  const target = new StreamTarget(new WritableStream({ write }), { chunked: true, chunkSize: 2 ** 20 });
  const output = new Output({ format: new WebMOutputFormat({ appendOnly: live }), target });
  const conversion = await Conversion.init({ input, output, copy: { mode: "forced", shiftTolerance: Infinity } });
  await conversion.execute();
  input.dispose();
  return file;
}
