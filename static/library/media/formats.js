// @ts-check
/** The containers that can be written, and the codecs that each may hold. */

import { getFirstEncodableAudioCodec, getFirstEncodableVideoCodec } from "mediabunny";
import { FORMATS } from "formats";
import { Fault } from "../fault.js";
import { withoutCodecs } from "./faults.js";
import { Needs } from "./task.js";

/** @typedef {import("mediabunny").VideoCodec} VideoCodec */
/** @typedef {import("mediabunny").AudioCodec} AudioCodec */
/** @typedef {import("mediabunny").OutputFormat} OutputFormat */
/** @typedef {import("formats").Format} Format */

// The table is in py/mediarecorder/formats.py.
export { FORMATS };

/**
 * mediabunny's output format: WAV in the form for files over 4 GB if needed, and MP4 without its index in front,
 * because mediabunny would have to keep everything in memory for that (faststart.js).
 * @param {string} name  @param {number} [bytes]  the approximate size of the file
 */
export const outputFormat = (name, bytes = 0) => new FORMATS[name].Output({ fastStart: false, large: bytes > 4e9 });

/** The name in `FORMATS` of an output format. @param {OutputFormat} format */
export const nameOf = (format) => format.fileExtension.slice(1);

/** The names of codecs, as messages spell them. @type {Record<string, string>} */
const NAMES = { avc: "H.264", hevc: "H.265", vp8: "VP8", vp9: "VP9", av1: "AV1", opus: "Opus", aac: "AAC" };

/** @param {string[]} codecs */
export const named = (codecs) => codecs.map((codec) => NAMES[codec] ?? codec.toUpperCase()).join(", ");

/**
 * The codec that a track gets in a format: its own if the format allows it, else the first that this browser encodes.
 * @param {import("mediabunny").InputVideoTrack} track  @param {Format} format
 * @returns {Promise<VideoCodec | null>}
 */
async function pictureCodec(track, format) {
  const codec = await track.getCodec();
  if (codec && format.video.includes(codec)) return codec;
  return encodablePicture(await evenSize(track), format.video);
}

/** @param {import("mediabunny").InputVideoTrack} track */
export async function evenSize(track) {
  return { width: even(await track.getDisplayWidth()), height: even(await track.getDisplayHeight()) };
}

/** @param {{width: number, height: number}} size  even  @param {VideoCodec[]} codecs  in order of preference */
export async function encodablePicture(size, codecs) {
  const usable = (await (writesH264 ??= tryH264())) ? codecs : codecs.filter((codec) => codec !== "avc");
  return getFirstEncodableVideoCodec(usable, size);
}

/** @type {Promise<boolean> | undefined} */
let writesH264;

/**
 * Whether the H.264 encoder reports its parameters correctly: Firefox writes the first byte of a parameter set twice,
 * and many players treat such a file as broken (quirk: firefox-writes-a-byte-of-h264-twice).
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
    // The profile is in the header of the record, and again in the parameter set after its type.
    right = view.byteLength > 9 && view.getUint8(9) === view.getUint8(1);
  };
  const encoder = new VideoEncoder({ output, error: () => {} });
  try {
    encoder.configure({ codec: "avc1.42001f", width: 64, height: 64, avc: { format: "avc" } });
    const canvas = new OffscreenCanvas(64, 64);
    canvas.getContext("2d"); // a VideoFrame needs a canvas with a context
    const frame = new VideoFrame(canvas, { timestamp: 0 });
    encoder.encode(frame, { keyFrame: true });
    frame.close();
    await encoder.flush();
  } catch {
    // the browser has no such encoder
  } finally {
    if (encoder.state !== "closed") encoder.close();
  }
  return right;
}

/** Encoders accept only even sizes. @param {number} size */
export const even = (size) => Math.ceil(size / 2) * 2;

/** @typedef {{codec: AudioCodec, sampleRate: number, numberOfChannels: number}} SoundParameters */

/** Codecs for which the library has encoders of its own. */
const OWN = new Set(Object.values(FORMATS).flatMap(({ encoders }) => encoders));

/**
 * The codec, sample rate and channels for encoding a sound; its own rate and channels if an encoder supports them.
 * @param {{sampleRate: number, channels: number}} sound  @param {AudioCodec[]} codecs  in order of preference
 * @param {AudioCodec[]} encoders  the codecs for which the library has an encoder of its own
 * @returns {Promise<SoundParameters | null>}
 * @throws {Needs} if such an encoder must be loaded first
 */
export async function encodableSound({ sampleRate, channels }, codecs, encoders) {
  // Firefox's Vorbis encoder produces silence. And a raw AAC stream cannot declare the samples that an encoder puts
  // before the sound: its row names no encoder, so none is used, even if one was loaded for another file.
  // (quirk: firefox-encodes-vorbis-as-silence)
  const usable = codecs.filter((codec) => codec !== "vorbis" && (encoders.includes(codec) || !OWN.has(codec)));
  for (const codec of usable) {
    // Opus always works at 48000 Hz, and our resampler is better than the encoder's.
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
 * The formats, out of `names`, that this browser can make from a recording.
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
          // (The library's own encoders are loaded on demand.)
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
 * An error that says what this browser cannot do and what it can.
 * @param {import("mediabunny").Input} input  @param {string} name  @param {string[]} codecs
 */
export async function unsupported(input, name, codecs) {
  const names = Object.keys(FORMATS).filter((other) => FORMATS[other].label && other !== name);
  const others = await possible(input, names);
  const instead = others.length
    ? `It can convert this recording to ${others.join(", ")}`
    : "It cannot convert this recording to any other format";
  const why = withoutCodecs();
  return new Fault("NotSupportedError", `this browser cannot encode ${named(codecs)} for ${name}${why}. ${instead}`);
}
