// @ts-check
/**
 * Join parts of recordings into one file: every verb that makes a file from recordings uses this module. Each track of
 * the output copies the packets of its source tracks if that gives the correct picture or sound; otherwise it
 * re-encodes.
 */

import { EncodedPacketSink } from "mediabunny";
import { describe } from "./chapters.js";
import { Fault } from "../fault.js";
import { encodingPictures, encodingSound } from "./encoding.js";
import { encodablePicture, encodableSound, evenSize, FORMATS, nameOf, named, soundFacts, unsupported } from "./formats.js";
import { inPlace, mayStay } from "./inplace.js";
import { decodable, reading } from "./input.js";
import { canHide, copying, GAP, isContinuous, isHiddenInPart, isSame, SLACK, write } from "./packets.js";
import { inOnePart, writing } from "./result.js";

/** @typedef {import("mediabunny").Input} Input */
/** @typedef {import("mediabunny").InputTrack} InputTrack */
/** @typedef {import("mediabunny").InputAudioTrack} InputAudioTrack */
/** @typedef {import("mediabunny").InputVideoTrack} InputVideoTrack */
/** @typedef {import("mediabunny").OutputFormat} OutputFormat */
/** @typedef {import("mediabunny").MetadataTags} MetadataTags */
/** @typedef {import("mediabunny").VideoCodec} VideoCodec */
/** @typedef {import("mediabunny").AudioCodec} AudioCodec */
/** @typedef {import("./part.js").Part} Part */
/** @typedef {import("./task.js").Task} Task */

/** The number of packets to check for pictures that are not stored in the order in which they are shown. */
const REORDERED_WITHIN = 100;

/**
 * @typedef {object} Wishes
 * @property {MetadataTags} tags
 * @property {import("./chapters.js").Chapter[]} [chapters]  without them, those among the tags stay
 * @property {VideoCodec[]} [video]  the allowed codecs, in order of preference; by default the track's own, then any
 * @property {AudioCodec[]} [audio]
 * @property {"exact" | "copy"} [mode]  "copy" encodes nothing
 */

/**
 * @param {Part[]} parts  @param {InputTrack[][]} tracks  for each output track, the track of each part
 * @param {OutputFormat} format  @param {Wishes} wishes  @param {Task} task
 */
export async function assembled(parts, tracks, format, wishes, task) {
  // A bit rate requires re-encoding the picture, or the sound if there is no picture.
  const picture = tracks.some(([track]) => track.isVideoTrack());
  const rateOf = (/** @type {InputTrack} */ track) => (track.isVideoTrack() === picture ? task.bitsPerSecond : undefined);
  const mayCopy = async (/** @type {InputTrack[]} */ [first]) =>
    !rateOf(first) && (await codecsFor(first, format, wishes)).includes(/** @type {any} */ (await first.getCodec()));
  const copied = new Set();
  for (const several of tracks) {
    if ((await mayCopy(several)) && (await fits(several, parts, format, wishes))) copied.add(several);
  }
  const all = tracks.map(([first]) => first);
  const stays = nameOf(format) === "mp4" && copied.size === tracks.length && (await mayStay(all, parts));
  const made = stays ? await inPlace(all, parts[0], wishes, task) : undefined;
  const result = made ? await (task.inParts ? made : inOnePart(made)) : await writing(format, async (output) => {
    const pieces = [];
    for (const several of tracks) pieces.push(await piecesOf(several));
    describe(output, wishes.tags, wishes.chapters);
    await output.start();
    await write(pieces, parts, task);

    /** @param {InputTrack[]} several */
    async function piecesOf(several) {
      const [first] = several;
      if (copied.has(several)) return copying(several, parts, output);
      const may = await mayCopy(several);
      const allowed = await codecsFor(first, format, wishes);
      // (A part with a still picture, or with silence, has no packet to copy.)
      if (wishes.mode === "copy" && !(await isEmpty(several, parts))) {
        throw cannotCopy(first, format, (await first.getCodec()) ?? undefined);
      }
      if (first.isVideoTrack()) {
        const pictures = /** @type {InputVideoTrack[]} */ (several);
        const codec = await encodablePicture(await evenSize(first), /** @type {VideoCodec[]} */ (allowed));
        if (!codec) throw await unsupported(first.input, nameOf(format), allowed);
        for (const track of pictures) await decodable(track);
        return encodingPictures(pictures, parts, output, codec, rateOf(first), task);
      }
      const sounds = /** @type {InputAudioTrack[]} */ (several);
      const facts = await widest(sounds);
      // Do not encode AAC a second time if an edit list can hide the rest of the packets.
      const own = /** @type {AudioCodec} */ (await first.getCodec());
      const { encoders } = FORMATS[nameOf(format)];
      if (may && nameOf(format) === "mp4" && encoders.includes(own)) {
        if (await fits(several, parts, format, { ...wishes, mode: "copy" })) return copying(several, parts, output);
      }
      const parameters = await encodableSound(facts, /** @type {AudioCodec[]} */ (allowed), encoders);
      if (!parameters) throw await unsupported(first.input, nameOf(format), allowed);
      for (const track of sounds) await decodable(track);
      return encodingSound(sounds, parts, output, parameters, rateOf(first));
    }
  });
  await nothingLost(result, tracks);
  return { ...result, note: task.note };
}

/**
 * The codecs that a track may have in the output, in order of preference.
 * @param {InputTrack} track  @param {OutputFormat} format  @param {Wishes} wishes
 * @returns {Promise<(VideoCodec | AudioCodec)[]>}
 */
async function codecsFor(track, format, wishes) {
  const wished = track.isVideoTrack() ? wishes.video : wishes.audio;
  if (wished) return wished;
  const held = /** @type {(VideoCodec | AudioCodec)[]} */ (
    track.isVideoTrack() ? format.getSupportedVideoCodecs() : format.getSupportedAudioCodecs()
  );
  const own = /** @type {any} */ (await track.getCodec());
  const others = track.isVideoTrack() ? ["vp9", "vp8", "avc", "av1"] : ["opus", "aac", "pcm-s16"];
  return [own, ...others.filter((codec) => codec !== own)].filter((codec) => held.includes(codec));
}

/**
 * Whether the packets of these tracks can form the track of the output unchanged.
 * @param {InputTrack[]} tracks  @param {Part[]} parts  @param {OutputFormat} format  @param {Wishes} wishes
 */
async function fits(tracks, parts, format, wishes) {
  const [first] = tracks;
  const configs = await Promise.all(tracks.map((track) => /** @type {any} */ (track).getDecoderConfig()));
  if (nameOf(format) !== "mp4" || parts.length > 1) {
    for (const track of tracks) if (await isHiddenInPart(track)) return false;
  }
  if (configs[0] === null || !configs.every((config) => configs.length === 1 || isSame(config, configs[0]))) return false;
  const codec = /** @type {string} */ (await first.getCodec());
  const anyhow = wishes.mode === "copy";
  for (let index = 0; index < parts.length; index++) {
    const place = { isFirst: index === 0, isLast: index === parts.length - 1 };
    const good = first.isVideoTrack()
      ? await pictureFits(tracks[index], parts[index], nameOf(format), codec, place.isFirst, anyhow)
      : await soundFits(tracks[index], parts[index], nameOf(format), codec, place, anyhow);
    if (!good) return false;
  }
  return true;
}

/**
 * @param {InputTrack} track  @param {Part} part  @param {string} name  the format's name  @param {string} codec
 * @param {boolean} isFirst  whether this is the first part of the output
 * @param {boolean} anyhow  whether packets after the end may be copied, if others need them
 */
async function pictureFits(track, part, name, codec, isFirst, anyhow) {
  const sink = new EncodedPacketSink(track);
  const first = await sink.getFirstPacket({ metadataOnly: true });
  if (!first || (part.until !== undefined && first.timestamp >= part.until)) return false;
  if (first.timestamp < part.from - SLACK) {
    const key = await sink.getKeyPacket(part.from + SLACK, { metadataOnly: true });
    // A file that was cut without encoding hides pictures before 0. An MP4 with only this part can hide them, too.
    const hidden = name === "mp4" && isFirst && part.from === 0 && first.timestamp < 0;
    if (!hidden && (!key || Math.abs(key.timestamp - part.from) > SLACK)) return false;
  }
  return anyhow || part.until === undefined || !["avc", "hevc"].includes(codec) || !(await isReordered(sink));
}

/** Whether the order in which pictures are stored differs from the display order. @param {EncodedPacketSink} sink */
async function isReordered(sink) {
  let packet = await sink.getFirstPacket({ metadataOnly: true });
  let latest = -Infinity;
  for (let count = 0; packet && count < REORDERED_WITHIN; count++) {
    if (packet.timestamp < latest) return true;
    latest = packet.timestamp;
    packet = await sink.getNextPacket(packet, { metadataOnly: true });
  }
  return false;
}

/**
 * @param {InputTrack} track  @param {Part} part  @param {string} name  the format's name  @param {string} codec
 * @param {{isFirst: boolean, isLast: boolean}} place  the part's place in the output
 * @param {boolean} anyhow  whether packets before the start may be copied, if they are not heard
 */
async function soundFits(track, part, name, codec, { isFirst, isLast }, anyhow) {
  const sink = new EncodedPacketSink(track);
  const first = await sink.getFirstPacket({ metadataOnly: true });
  if (!first) return false;
  const hides = canHide(name, codec);
  const until = part.until ?? Infinity;
  const at = await sink.getPacket(Math.max(part.from, first.timestamp), { metadataOnly: true });
  // The whole part is silent.
  if (first.timestamp >= until || !at) return false;
  if (at.timestamp + at.duration <= part.from) {
    const next = await sink.getNextPacket(at, { metadataOnly: true });
    if (!next || next.timestamp >= until) return false;
    // (Without a picture, readers treat the first sound as the beginning.)
    if (next.timestamp - part.from > GAP && !(await track.input.getPrimaryVideoTrack())) return false;
  }
  const early = part.from - first.timestamp;
  const beginsBeside = Math.abs(at.timestamp - part.from) < SLACK;
  if (isFirst) {
    // Packets before 0 in the recording are for the decoder and not part of the sound.
    const hidden = first.timestamp < 0 && part.from === 0;
    if (early > SLACK && !(hides && (hidden || anyhow)) && !(anyhow && beginsBeside)) return false;
  } else if (early > SLACK) return false;
  if (!isLast) {
    const last = await sink.getPacket(part.until ?? Infinity, { metadataOnly: true });
    const following = last && (await sink.getNextPacket(last, { metadataOnly: true }));
    if (following || (last && (await isShortened(sink, last)))) return false;
  }
  if (part.until !== undefined && !hides && !anyhow) {
    const last = await sink.getPacket(part.until - 1e-6, { metadataOnly: true });
    if (last && last.timestamp + last.duration > part.until + SLACK) return false;
  }
  // Containers without time stamps would close a gap.
  return ["webm", "mkv", "mp4"].includes(name) || isContinuous(track, part);
}

/** Whether the track of some part is empty within that part. @param {InputTrack[]} tracks  @param {Part[]} parts */
async function isEmpty(tracks, parts) {
  for (const [index, track] of tracks.entries()) {
    const { from, until = Infinity } = parts[index];
    const sink = new EncodedPacketSink(track);
    const last = await sink.getPacket(until - 1e-6, { metadataOnly: true });
    if (!last || (track.isAudioTrack() && last.timestamp + last.duration <= from)) return true;
    const at = track.isAudioTrack() && !(await track.input.getPrimaryVideoTrack()) && (await sink.getPacket(from, { metadataOnly: true }));
    if (at && at.timestamp + at.duration <= from) return true;
  }
  return false;
}

/**
 * Whether a sound ends within its last packet.
 * @param {EncodedPacketSink} sink  @param {import("mediabunny").EncodedPacket} last
 */
async function isShortened(sink, last) {
  const before = await sink.getPacket(last.timestamp - 1e-6, { metadataOnly: true });
  return before !== null && before.duration - last.duration > 2e-3;
}

/** The highest number of channels, and the sample rate of the first track. @param {InputAudioTrack[]} tracks */
async function widest(tracks) {
  const facts = await Promise.all(tracks.map(soundFacts));
  return { sampleRate: facts[0].sampleRate, channels: Math.max(...facts.map(({ channels }) => channels)) };
}

/** @param {InputTrack} track  @param {OutputFormat} format  @param {string | undefined} codec */
function cannotCopy(track, format, codec) {
  const what = track.isVideoTrack() ? "picture" : "sound";
  const said = codec ? named([codec]) : "an unknown codec";
  return new Fault("NotSupportedError", `the ${what} (${said}) cannot be put into ${nameOf(format)} as it is`);
}

/**
 * Throw if the result lacks a track: no verb may lose one silently.
 * @param {import("./result.js").Result} result  @param {InputTrack[][]} tracks
 */
async function nothingLost(result, tracks) {
  const kinds = (/** @type {InputTrack[]} */ all) => all.map(({ type }) => type).sort().join();
  const came = await reading(result.blob, async (input) => kinds(await input.getTracks()));
  const went = kinds(tracks.map(([first]) => first));
  if (came === went) return;
  await result.remove?.();
  throw new Fault("EncodingError", `the tracks of the result (${came}) differ from those of its sources (${went})`);
}
