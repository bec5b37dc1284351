// @ts-check
/** fix-webm-duration, and the time that a player takes to seek in a file. */

import fixWebmDuration from "fix-webm-duration";

/**
 * @param {Blob} blob
 * @param {number} seconds  the length, which the peer cannot determine
 * @returns {Promise<[milliseconds: number, webm: Blob]>}
 */
export async function fix(blob, seconds) {
  const begun = performance.now();
  const webm = await fixWebmDuration(blob, 1000 * seconds, { logger: false });
  return [performance.now() - begun, webm];
}

/**
 * @param {Blob} blob
 * @param {number} seconds  the target
 * @returns {Promise<number>}  milliseconds from the request to the picture
 */
export async function seek(blob, seconds) {
  const video = document.createElement("video");
  const address = URL.createObjectURL(blob);
  /** @param {string} type */
  const event = (type) => new Promise((resolve, reject) => {
    video.addEventListener(type, resolve, { once: true });
    video.addEventListener("error", () => reject(new Error(video.error?.message)), { once: true });
  });
  try {
    const loaded = event("loadeddata");
    video.preload = "auto";
    video.muted = true;
    video.src = address;
    await loaded;
    const begun = performance.now();
    const there = event("seeked");
    video.currentTime = seconds;
    await there;
    return performance.now() - begun;
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(address);
  }
}

/** The chunks of a recording. @type {Blob[]} */
let chunks = [];
/** The last recorder that was made. @type {FedRecorder | undefined} */
let recorder;
const { MediaRecorder } = globalThis;

/** A recorder that delivers these chunks, the last one at its end, in place of what it has recorded. */
class FedRecorder extends MediaRecorder {
  /** @param {MediaStream} stream  @param {MediaRecorderOptions} [options] */
  constructor(stream, options) {
    super(stream, options);
    recorder = this;
    this.addEventListener("dataavailable", (event) => {
      if (!event.isTrusted) return;
      event.stopImmediatePropagation();
      this.deliver(/** @type {Blob} */ (chunks.at(-1)));
    });
  }

  /** @param {Blob} data */
  deliver(data) {
    this.dispatchEvent(new BlobEvent("dataavailable", { data }));
  }
}

/**
 * Let all recorders deliver this file.
 * @param {Blob} file
 * @param {number} count  of chunks
 */
export async function feed(file, count) {
  chunks = [];
  for (let n = 0; n < count; n++) {
    const part = file.slice((n * file.size) / count, ((n + 1) * file.size) / count);
    chunks.push(new Blob([await part.arrayBuffer()], { type: file.type }));
  }
  globalThis.MediaRecorder = FedRecorder;
}

/** Deliver all chunks but the last one. */
export function deliver() {
  for (const data of chunks.slice(0, -1)) recorder?.deliver(data);
}

export function endFeeding() {
  globalThis.MediaRecorder = MediaRecorder;
  chunks = [];
}

/**
 * Record in plain JavaScript.
 * @param {MediaStream} stream
 * @param {number} seconds  the length
 * @returns {Promise<[milliseconds: number, webm: Blob]>}  from `stop()` on
 */
export async function take(stream, seconds) {
  const mine = new globalThis.MediaRecorder(stream);
  /** @type {Blob[]} */
  const taken = [];
  mine.ondataavailable = ({ data }) => taken.push(data);
  const started = new Promise((resolve) => { mine.onstart = resolve; });
  mine.start(2 ** 31 - 1);
  await started;
  deliver();
  const begun = performance.now();
  const stopped = new Promise((resolve) => { mine.onstop = resolve; });
  mine.stop();
  await stopped;
  const [, webm] = await fix(new Blob(taken, { type: "video/webm" }), seconds);
  return [performance.now() - begun, webm];
}
