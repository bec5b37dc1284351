// @ts-check
/**
 * Replaces `mediabunny` in the bundle of an encoder with the copy in the media bundle. Each of `mp3.js`, `flac.js` and
 * `aac.js` in this folder is the entry of such a bundle, `mediarecorder/js/<codec>.js`, which needs `media.js` first.
 */

import { inTime } from "./times.js";

const { mediabunny } = /** @type {any} */ (globalThis)[Symbol.for("mediarecorder.media")];

export const { AudioSample, CustomAudioEncoder, EncodedPacket, Logging } = mediabunny;

/** The class that a package registers. @type {any} */
let registered;

/** The packages call this function. @param {typeof import("mediabunny").CustomAudioEncoder} Encoder */
export const registerEncoder = (Encoder) => {
  registered = Encoder;
};

/**
 * @param {string} codec  @param {() => void} registerPackages  the function of the encoder's package
 * @param {number} delay  samples by which the decoded sound is late
 * @param {number} [channels]  the highest number of channels
 */
export function register(codec, registerPackages, delay, channels = Infinity) {
  registerPackages();
  mediabunny.registerEncoder(inTime(registered, delay, channels));
  Object.assign(globalThis, { [Symbol.for(`mediarecorder.${codec}`)]: true });
}
