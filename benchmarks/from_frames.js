// @ts-check
/** The baseline for `from_frames()` in plain JavaScript: mediabunny's own loop over pictures in memory. */

import {
  Mp4OutputFormat, Output, QUALITY_HIGH, StreamTarget, VideoSample, VideoSampleSource,
} from "/node_modules/mediabunny/dist/bundles/mediabunny.min.mjs";

/**
 * An MP4 of `count` pictures, which are taken from `pictures` in turn.
 * @param {Uint8Array[]} pictures  red, green, blue, and a byte that does not count  @param {number} width
 * @param {number} height  @param {number} frameRate  @param {number} count
 */
export async function encode(pictures, width, height, frameRate, count) {
  let file = new Blob();
  /** @param {import("mediabunny").StreamTargetChunk} chunk */
  const write = ({ data, position }) => {
    file = new Blob([file.slice(0, position), data, file.slice(position + data.byteLength)]);
  };
  const target = new StreamTarget(new WritableStream({ write }), { chunked: true, chunkSize: 2 ** 20 });
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: false }), target });
  const source = new VideoSampleSource({ codec: "avc", quality: QUALITY_HIGH });
  output.addVideoTrack(source, { frameRate });
  await output.start();
  for (let number = 0; number < count; number++) {
    const facts = { codedWidth: width, codedHeight: height, timestamp: number / frameRate, duration: 1 / frameRate };
    const sample = new VideoSample(pictures[number % pictures.length], { format: "RGBX", ...facts });
    await source.add(sample);
    sample.close();
  }
  await output.finalize();
  return file;
}
