// @ts-check
/** Takes with a timeslice, and the data that the browser delivered for them. */

import RecordRTC from "recordrtc";

/** @param {number} milliseconds */
const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** The data of the recorder that was started last, on either side. @type {Blob[]} */
let delivered = [];

/** Collects the data of every recorder in this page. */
export function listen() {
  const start = MediaRecorder.prototype.start;
  MediaRecorder.prototype.start = function (timeslice) {
    /** @type {Blob[]} */
    const mine = [];
    delivered = mine;
    this.addEventListener("dataavailable", ({ data }) => mine.push(data));
    return start.call(this, timeslice);
  };
}

/**
 * A take of the peer.
 * @param {MediaStream} stream
 * @param {number} seconds
 * @param {string} mimeType
 * @returns {Promise<[milliseconds: number, blob: Blob]>}  from stop to blob
 */
export async function take(stream, seconds, mimeType) {
  const recorder = new RecordRTC(stream, {
    type: "video", mimeType, recorderType: RecordRTC.MediaStreamRecorder, timeSlice: 200, disableLogs: true,
  });
  recorder.startRecording();
  await wait(1000 * seconds);
  const begun = performance.now();
  await new Promise((resolve) => recorder.stopRecording(() => resolve(undefined)));
  const blob = recorder.getBlob();
  return [performance.now() - begun, blob];
}

/**
 * The data that is missing in the file of the last take.
 * @param {[milliseconds: number, blob: Blob]} taken
 * @param {(blob: Blob) => Promise<number>} length  in seconds
 * @returns {Promise<[milliseconds: number, bytes: number, lostMilliseconds: number]>}
 */
export async function missing([milliseconds, blob], length) {
  await wait(1000); // wait for late data
  const whole = new Blob(delivered);
  const bytes = whole.size - blob.size;
  return [milliseconds, bytes, bytes && 1000 * ((await length(whole)) - (await length(blob)))];
}
