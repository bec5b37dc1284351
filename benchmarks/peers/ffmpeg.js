// @ts-check
/** ffmpeg.wasm, with the single-threaded core. */

import { FFmpeg } from "@ffmpeg/ffmpeg";

const HOME = "/benchmarks/peers/node_modules/@ffmpeg";
const CORE = `${location.origin}${HOME}/core/dist/esm/ffmpeg-core`;

const ffmpeg = new FFmpeg();
await ffmpeg.load({
  classWorkerURL: `${location.origin}${HOME}/ffmpeg/dist/esm/worker.js`,
  coreURL: `${CORE}.js`,
  wasmURL: `${CORE}.wasm`,
});

/**
 * The same packets in an mp4.
 * @param {Blob} blob
 * @returns {Promise<[milliseconds: number, mp4: Blob]>}
 */
export async function remux(blob) {
  const begun = performance.now();
  await ffmpeg.writeFile("in.webm", new Uint8Array(await blob.arrayBuffer()));
  const failed = await ffmpeg.exec(["-v", "error", "-i", "in.webm", "-c", "copy", "out.mp4"]);
  if (failed) throw new Error(`ffmpeg ended with ${failed}`);
  const mp4 = new Blob([await ffmpeg.readFile("out.mp4")], { type: "video/mp4" });
  const milliseconds = performance.now() - begun;
  await ffmpeg.deleteFile("in.webm");
  await ffmpeg.deleteFile("out.mp4");
  return [milliseconds, mp4];
}
