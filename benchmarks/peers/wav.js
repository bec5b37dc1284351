// @ts-check
/** extendable-media-recorder with its WAV encoder. */

import { MediaRecorder, register } from "extendable-media-recorder";
import { connect } from "extendable-media-recorder-wav-encoder";

await register(await connect());

/**
 * @param {MediaStream} stream
 * @param {number} seconds
 * @returns {Promise<[milliseconds: number, wav: Blob]>}  from stop to file
 */
export async function take(stream, seconds) {
  const recorder = new MediaRecorder(stream, { mimeType: "audio/wav" });
  /** @type {Blob[]} */
  const chunks = [];
  recorder.addEventListener("dataavailable", ({ data }) => chunks.push(data));
  const started = new Promise((resolve) => recorder.addEventListener("start", resolve));
  recorder.start();
  await started;
  await new Promise((resolve) => { setTimeout(resolve, 1000 * seconds); });
  const begun = performance.now();
  await new Promise((resolve) => {
    recorder.addEventListener("stop", resolve);
    recorder.stop();
  });
  const wav = new Blob(chunks, { type: recorder.mimeType });
  return [performance.now() - begun, wav];
}
