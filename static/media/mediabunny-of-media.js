// @ts-check
/** Stands for `mediabunny` in the bundle of the MP3 encoder: the copy that the media bundle holds. */

const { mediabunny } = /** @type {any} */ (globalThis)[Symbol.for("mediarecorder.media")];

export const { AudioSample, CustomAudioEncoder, EncodedPacket, Logging, registerEncoder } = mediabunny;
