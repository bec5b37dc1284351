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
