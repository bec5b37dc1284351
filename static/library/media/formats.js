// @ts-check
/** The containers that can be written, and what each may hold. */

import { getFirstEncodableAudioCodec, getFirstEncodableVideoCodec } from "mediabunny";
import { FORMATS } from "formats";
import { Fault } from "../fault.js";
import { withoutCodecs } from "./faults.js";
import { Needs } from "./task.js";

/** @typedef {import("mediabunny").VideoCodec} VideoCodec */
/** @typedef {import("mediabunny").AudioCodec} AudioCodec */
/** @typedef {import("mediabunny").OutputFormat} OutputFormat */
/** @typedef {import("formats").Format} Format */

// The table is that of py/mediarecorder/formats.py.
export { FORMATS };

/**
 * The format as mediabunny writes it: WAV in the form for files beyond 4 GB where it is needed, and MP4 without its index
 * in front, for which mediabunny would have to keep everything (faststart.js).
 * @param {string} name  @param {number} [bytes]  about how many it will have
 */
export const outputFormat = (name, bytes = 0) => new FORMATS[name].Output({ fastStart: false, large: bytes > 4e9 });

/** The name in `FORMATS` of what is written. @param {OutputFormat} format */
export const nameOf = (format) => format.fileExtension.slice(1);

/** Names of the formats as people call the codecs. @type {Record<string, string>} */
const NAMES = { avc: "H.264", hevc: "H.265", vp8: "VP8", vp9: "VP9", av1: "AV1", opus: "Opus", aac: "AAC" };

/** @param {string[]} codecs */
export const named = (codecs) => codecs.map((codec) => NAMES[codec] ?? codec.toUpperCase()).join(", ");

/**
 * The codec that a track gets in a format: its own where that may stay, else the first this browser encodes.
 * @param {import("mediabunny").InputVideoTrack} track  @param {Format} format
 * @returns {Promise<VideoCodec | null>}
 */
async function pictureCodec(track, format) {
  const codec = await track.getCodec();
  if (codec && format.video.includes(codec)) return codec;
  return encodablePicture(track, format);
}

/**
 * @param {import("mediabunny").InputVideoTrack} track  @param {{video: VideoCodec[]}} format  codecs to choose from
 */
export async function encodablePicture(track, { video }) {
  const [width, height] = [even(await track.getDisplayWidth()), even(await track.getDisplayHeight())];
  const usable = (await (writesH264 ??= tryH264())) ? video : video.filter((codec) => codec !== "avc");
  return getFirstEncodableVideoCodec(usable, { width, height });
}

/** @type {Promise<boolean> | undefined} */
let writesH264;

/**
 * Whether the encoder of H.264 tells its parameters right: Firefox writes the first byte of a parameter set
 * twice, and many players take such a file for broken.
 */
async function tryH264() {
  if (!("VideoEncoder" in globalThis)) return false;
  let right = false;
  /** @param {unknown} _  @param {EncodedVideoChunkMetadata} [metadata] */
  const output = (_, metadata) => {
    const description = metadata?.decoderConfig?.description;
    if (!description) return;
    const view = ArrayBuffer.isView(description)
      ? new DataView(description.buffer, description.byteOffset, description.byteLength)
      : new DataView(description);
    // The profile stands in the record's head, and again in the parameter set after its type.
    right = view.byteLength > 9 && view.getUint8(9) === view.getUint8(1);
  };
  const encoder = new VideoEncoder({ output, error: () => {} });
  try {
    encoder.configure({ codec: "avc1.42001f", width: 64, height: 64, avc: { format: "avc" } });
    const canvas = new OffscreenCanvas(64, 64);
    canvas.getContext("2d"); // without a context it is no picture
    const frame = new VideoFrame(canvas, { timestamp: 0 });
    encoder.encode(frame, { keyFrame: true });
    frame.close();
    await encoder.flush();
  } catch {
    // it has no such encoder
  } finally {
    if (encoder.state !== "closed") encoder.close();
  }
  return right;
}

/** Encoders take even sizes only. @param {number} size */
export const even = (size) => Math.ceil(size / 2) * 2;

/** @typedef {{codec: AudioCodec, sampleRate: number, numberOfChannels: number}} SoundParameters */

/** Codecs that some format has an encoder of ours for. */
const OWN = new Set(Object.values(FORMATS).flatMap(({ encoders }) => encoders));

/**
 * Codec, rate and channels to encode a sound with; its own rate and channels where an encoder takes them.
 * @param {{sampleRate: number, channels: number}} sound  @param {AudioCodec[]} codecs  in order of preference
 * @param {AudioCodec[]} encoders  those of which the library has an encoder of its own
 * @returns {Promise<SoundParameters | null>}
 * @throws {Needs} where that encoder is to be loaded first
 */
export async function encodableSound({ sampleRate, channels }, codecs, encoders) {
  // What Firefox encodes as Vorbis is silent. And a raw stream of AAC cannot say what an encoder puts before the sound:
  // its row names no encoder, so none is used, whatever was loaded for other files.
  const usable = codecs.filter((codec) => codec !== "vorbis" && (encoders.includes(codec) || !OWN.has(codec)));
  for (const codec of usable) {
    // Opus counts in frames of 48000 Hz, whatever it is given, and our resampler is the better one.
    const rates = codec === "opus" ? [48000] : [sampleRate, 48000];
    for (const [rate, numberOfChannels] of [...rates.map((rate) => [rate, channels]), [48000, 2], [48000, 1]]) {
      const wish = { sampleRate: rate, numberOfChannels };
      if (await getFirstEncodableAudioCodec([codec], wish)) return { codec, ...wish };
    }
    if (encoders.includes(codec) && !(Symbol.for(`mediarecorder.${codec}`) in globalThis)) throw new Needs(codec);
  }
  return null;
}

/**
 * Of the formats, those that this browser can make of a recording.
 * @param {import("mediabunny").Input} input  @param {string[]} names
 */
async function possible(input, names) {
  const [picture, sound] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
  const found = [];
  for (const name of names) {
    const format = FORMATS[name];
    const pictureFits = !picture || format.video.length === 0 || (await pictureCodec(picture, format));
    const codec = await sound?.getCodec();
    const soundFits = sound
      ? (codec && format.audio.includes(codec)) ||
        ((await sound.canDecode()) &&
          // (An encoder of our own is loaded when it is needed.)
          (format.encoders.length > 0 || (await encodableSound(await soundFacts(sound), format.audio, []))))
      : format.video.length > 0;
    if (pictureFits && soundFits) found.push(name);
  }
  return found;
}

/** @param {import("mediabunny").InputAudioTrack} track */
export async function soundFacts(track) {
  return { sampleRate: await track.getSampleRate(), channels: await track.getNumberOfChannels() };
}

/**
 * Says what cannot be done and what can.
 * @param {import("mediabunny").Input} input  @param {string} name  @param {string[]} codecs
 */
export async function unsupported(input, name, codecs) {
  const names = Object.keys(FORMATS).filter((other) => FORMATS[other].label && other !== name);
  const others = await possible(input, names);
  const instead = others.length ? `It can make ${others.join(", ")} of this recording` : "It can make no other format of it";
  const why = withoutCodecs();
  return new Fault("NotSupportedError", `this browser cannot encode ${named(codecs)} for ${name}${why}. ${instead}`);
}
