// @ts-check
/** Stands for `mediabunny` in the bundle of the MP3 encoder: the copy that the media bundle holds. */

import { inTime } from "./mp3-times.js";

const { mediabunny } = /** @type {any} */ (globalThis)[Symbol.for("mediarecorder.media")];

export const { AudioSample, CustomAudioEncoder, EncodedPacket, Logging } = mediabunny;

/** @param {typeof import("mediabunny").CustomAudioEncoder} Encoder */
export const registerEncoder = (Encoder) => mediabunny.registerEncoder(inTime(Encoder));
