// @ts-check
/** Read a recording. */

import {
  ADTS, CustomSource, EncodedPacketSink, FLAC, Input, MATROSKA, MP3, MP4, OGG, QTFF, WAVE, WEBM,
} from "mediabunny";
import { Blocks } from "./blocks.js";
import { EBML, elementAt, numberOf, SEGMENT } from "../ebml.js";
import { Fault } from "../fault.js";
import { withoutCodecs } from "./faults.js";
import { withPreSkip } from "./opus.js";

/** @typedef {import("mediabunny").InputAudioTrack} InputAudioTrack */
/** @typedef {import("mediabunny").InputVideoTrack} InputVideoTrack */

const FORMATS = [WEBM, MATROSKA, MP4, QTFF, OGG, WAVE, MP3, FLAC, ADTS];

/** Bytes of a file that mediabunny keeps in memory itself. */
const CACHE = 2 ** 20;

/** Open a file. The caller disposes of it. @param {Blob} blob */
export async function open(blob) {
  if (blob.size === 0) throw new Fault("EncodingError", "the recording is empty: it has 0 bytes");
  const blocks = new Blocks(blob);
  const source = new CustomSource({
    getSize: () => blob.size,
    read: (start, end) => blocks.read(start, end),
    maxCacheSize: CACHE,
    prefetchProfile: "fileSystem",
  });
  const input = new Input({ source, formats: FORMATS });
  blobs.set(input, blob);
  try {
    if (!(await input.canRead())) {
      throw new Fault(
        "EncodingError",
        "this is not a media file that the library can read (WebM, Matroska, MP4, Ogg, WAV, MP3, FLAC, AAC), or its " +
          "start is missing",
      );
    }
    const tracks = await input.getTracks();
    const first = await Promise.all(
      tracks.map((track) => new EncodedPacketSink(track).getFirstPacket({ metadataOnly: true })),
    );
    if (!first.some(Boolean)) throw new Fault("EncodingError", "this file has no sound and no picture");
    if (await isCutOff(blob)) cutOff.add(input);
    for (const track of tracks) {
      if (track.isVideoTrack() && ["vp9", "avc"].includes(String(await track.getCodec()))) sayLevel(track);
      if (track.isAudioTrack() && (await track.getCodec()) === "opus") skipNothing(track);
    }
  } catch (error) {
    input.dispose();
    throw error;
  }
  return input;
}

/** @type {WeakMap<Input, Blob>} */
const blobs = new WeakMap();

/** The file that an input reads. @param {Input} input */
export const blobOf = (input) => /** @type {Blob} */ (blobs.get(input));

/** Files that end before their declared size. @type {WeakSet<Input>} */
const cutOff = new WeakSet();

/** Whether a Matroska file ends before its segment does (RFC 9559, 5.1; RFC 8794, 4 and 6.2). @param {Blob} blob */
async function isCutOff(blob) {
  const head = new Uint8Array(await blob.slice(0, 4096).arrayBuffer());
  if (numberOf(head.subarray(0, 4)) !== EBML) return false;
  try {
    const ebml = elementAt(head, 0);
    const segment = ebml && elementAt(head, ebml.to);
    return segment?.id === SEGMENT && segment.known && segment.to > blob.size;
  } catch {
    return false; // other data follows
  }
}

/**
 * Open a file for the duration of some work.
 * @template T
 * @param {Blob} blob
 * @param {(input: Input) => Promise<T>} work
 */
export async function reading(blob, work) {
  const input = await open(blob);
  try {
    return await work(input);
  } finally {
    input.dispose();
  }
}

/**
 * The start of the file's time: some recorders do not begin at 0. Packets that only a decoder needs lie before it.
 * @param {Input} input
 */
export async function origin(input) {
  return Math.max(0, await input.getFirstTimestamp());
}

/** Seconds by which WebM files from FFmpeg overstate their duration: they count packets that only a decoder needs. */
const OVERSTATED = 0.01;

/**
 * Seconds by which a recorder's clock may be ahead of its sound: the clock starts at the call, which is long before the
 * sound on a busy machine.
 */
const CLOCK_AHEAD = 1.5;

/**
 * The duration of playback, in seconds.
 * @param {Input} input
 * @param {number} [known]  the duration according to the recorder, or NaN: the last picture is shown until then. But if
 *   the sound lasts until the end, its end counts, because sound has no gaps.
 * @param {(track: import("mediabunny").InputTrack) => number | Promise<number>} [endOf]  where a track ends; by default,
 *   the last packet is read, and without an index everything before it
 */
export async function duration(input, known = 0, endOf = (track) => track.computeDuration()) {
  const begin = await origin(input);
  const computed = Math.max(0, ...(await Promise.all((await input.getTracks()).map(endOf))));
  // Some containers do not store the duration of a packet. Then the duration in the header includes the last packet.
  const said = cutOff.has(input) ? 0 : ((await input.getDurationFromMetadata()) ?? 0);
  const length = (said > computed + OVERSTATED ? said : computed) - begin;
  if (!(known > length) || !(await input.getPrimaryVideoTrack())) return length;
  const sound = await input.getPrimaryAudioTrack();
  const heard = (sound ? await endOf(sound) : -Infinity) - begin;
  return known - heard < CLOCK_AHEAD ? length : known;
}

/** Whether the track's container has edit lists. @param {import("mediabunny").InputTrack} track */
export const mayHide = async (track) => /mp4|quicktime/.test((await track.input.getFormat()).mimeType);

/**
 * The span in which a track is seen or heard. An edit list of MP4 may hide media before and after it, which the decoder
 * nevertheless returns.
 * @param {import("mediabunny").InputTrack} track
 */
export async function shownSpan(track) {
  if (!(await mayHide(track))) return { from: -Infinity, until: Infinity };
  const from = Math.max(0, await track.getFirstTimestamp());
  const until = await track.computeDuration();
  const last = await new EncodedPacketSink(track).getPacket(Infinity, { metadataOnly: true });
  // (Some files give the last picture a duration of 0.)
  const isOpen = last?.duration === 0 && !(/** @type {{hidden?: boolean}} */ (last.sideData).hidden);
  return { from, until: isOpen ? Infinity : until };
}

/** The audio track, which must be decodable. @param {Input} input @returns {Promise<InputAudioTrack>} */
export async function soundOf(input) {
  const track = await input.getPrimaryAudioTrack();
  if (!track) throw new Fault("NotFoundError", "this recording has no sound");
  return decodable(track);
}

/** The video track, which must be decodable. @param {Input} input @returns {Promise<InputVideoTrack>} */
export async function pictureOf(input) {
  const track = await input.getPrimaryVideoTrack();
  if (!track) throw new Fault("NotFoundError", "this recording has no picture");
  return decodable(track);
}

/** @template {InputAudioTrack | InputVideoTrack} T  @param {T} track  @returns {Promise<T>} */
export async function decodable(track) {
  if (!(await track.canDecode())) {
    const codec = (await track.getCodec()) ?? "an unknown codec";
    throw new Fault("NotSupportedError", `this browser cannot decode ${codec}${withoutCodecs()}`);
  }
  return track;
}

/**
 * Correct the level of a track's codec. Chromium's MP4 declares VP9 at level 0, which does not exist, so every decoder
 * refuses it. Chromium's encoder makes H.264 at level 1b from small pictures at a low bit rate; its decoder accepts
 * 1.1. (quirks: chromium-says-level-0-of-vp9, chromium-encodes-h264-of-level-1b)
 * @param {InputVideoTrack} track
 */
function sayLevel(track) {
  const said = track.getDecoderConfig.bind(track);
  const level = async () => {
    const config = await said();
    const pixels = (await track.getCodedWidth()) * (await track.getCodedHeight());
    const vp9 = pixels > 1920 * 1152 ? "$1.51" : "$1.41";
    const codec = config?.codec.replace(/^(vp09\.\d\d)\.00/, vp9).replace(/^(avc1\.[\da-f]{4})09$/i, "$10b") ?? "";
    return config && { ...config, codec };
  };
  track.getDecoderConfig = level;
  track.canDecode = async () => {
    const config = await level();
    return Boolean(config && "VideoDecoder" in globalThis && (await VideoDecoder.isConfigSupported(config)).supported);
  };
}

/**
 * An Opus header says how many frames players skip at the start. In this library the packets have times before 0
 * instead, and sound before 0 is cut off. So the decoder must return all frames: after skipped frames, browsers assign
 * different times to the others.
 * (quirk: engines-skip-opus-differently)
 * @param {InputAudioTrack} track
 */
function skipNothing(track) {
  const said = track.getDecoderConfig.bind(track);
  track.getDecoderConfig = async () => {
    const config = await said();
    return config && { ...config, description: withPreSkip(config.description, 0) };
  };
}
