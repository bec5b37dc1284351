// @ts-check
/**
 * Stands for `mediabunny` in the bundle of an encoder: the copy that the media bundle holds. Each of `mp3.js`, `flac.js`
 * and `aac.js` beside it is the entry of such a bundle, `mediarecorder/js/<codec>.js`, which needs `media.js` first.
 */

import { inTime } from "./times.js";

const { mediabunny } = /** @type {any} */ (globalThis)[Symbol.for("mediarecorder.media")];

export const { AudioSample, CustomAudioEncoder, EncodedPacket, Logging } = mediabunny;

/** The class that a package registers. @type {any} */
let registered;

/** What the packages call. @param {typeof import("mediabunny").CustomAudioEncoder} Encoder */
export const registerEncoder = (Encoder) => {
  registered = Encoder;
};

/**
 * @param {string} codec  @param {() => void} registerPackages  the function of the encoder's package
 * @param {number} delay  samples by which what decoders make of it comes late
 * @param {number} [channels]  the highest number that it may be given
 */
export function register(codec, registerPackages, delay, channels = Infinity) {
  registerPackages();
  mediabunny.registerEncoder(inTime(registered, delay, channels));
  Object.assign(globalThis, { [Symbol.for(`mediarecorder.${codec}`)]: true });
}
