// @ts-check
/** Copy packets from recordings into one output. */

import { EncodedAudioPacketSource, EncodedPacketSink, EncodedVideoPacketSource } from "mediabunny";
import { renumbered } from "./flac.js";
import { nameOf } from "./formats.js";
import { mayHide } from "./input.js";
import { asBytes, RATE, withPreSkip } from "./opus.js";

/** @typedef {import("mediabunny").EncodedPacket} EncodedPacket */
/** @typedef {import("mediabunny").InputTrack} InputTrack */
/** @typedef {import("mediabunny").Output} Output */
/** @typedef {import("./part.js").Part} Part */
/** @typedef {VideoDecoderConfig | AudioDecoderConfig} Config */
/**
 * One packet or sample: its time from the start of its part, its duration, and a function that adds it to the output,
 * moved by `shift` seconds. Packets with times before 0 are for the decoder, and neither seen nor heard.
 * @typedef {{at: number, lasts: number, add: (shift: number) => Promise<void>}} Piece
 */
/**
 * The pieces of the n-th part for one track of the output.
 * @typedef {(index: number) => AsyncIterator<Piece>} Pieces
 */

/** Differences up to this many seconds are not gaps: the recorders' time stamps vary by some milliseconds. */
export const GAP = 0.04;
/**
 * The rounding of times in files, in seconds: in WebM, and in copies of it, a picture at 1.5667 s has the time 1.567 s,
 * and must still be found at 1.5667 s.
 */
export const SLACK = 5e-4 + 1e-6;
/** The last picture is shown for at most this many seconds if its duration is unknown. */
export const LAST = 0.1;
/** The error of a time stamp that was rounded to milliseconds and written again, in seconds. */
const ROUNDING = 0.0015;
/**
 * Seconds of sound before a part that a decoder needs to settle: 80 ms for Opus (RFC 7845, 4.6), three frames of MP3.
 */
const LEAD_IN = 0.08;

/**
 * A track of the output for the packets of a track: its codec, and a function that adds a packet.
 * @param {InputTrack} track  @param {Output} output  @param {boolean} [isChanged]  whether it gets only some of the packets
 */
export async function copyOf(track, output, isChanged = false) {
  const meta = { decoderConfig: await /** @type {any} */ (track).getDecoderConfig() };
  const labels = await labelsOf(track);
  const codec = /** @type {any} */ (await track.getCodec());
  /** @type {EncodedVideoPacketSource | EncodedAudioPacketSource} */
  let source;
  if (track.isVideoTrack()) {
    source = new EncodedVideoPacketSource(codec);
    output.addVideoTrack(source, { rotation: await track.getRotation(), flip: await track.getFlip(), ...labels });
  } else {
    source = new EncodedAudioPacketSource(codec);
    output.addAudioTrack(source, labels);
  }
  let begun = false;
  const put = (/** @type {EncodedPacket} */ packet) => {
    if (!begun && codec === "opus") {
      const { description } = meta.decoderConfig;
      const skipped = Math.max(0, Math.round(-packet.timestamp * RATE));
      meta.decoderConfig = { ...meta.decoderConfig, description: withPreSkip(description, skipped) };
    }
    begun = true;
    // FLAC frames are numbered: in a part, or after joining parts, they need new numbers.
    const rate = codec === "flac" && isChanged ? meta.decoderConfig.sampleRate : 0;
    return source.add(rate ? packet.clone({ data: renumbered(packet.data, Math.round(packet.timestamp * rate)) }) : packet, meta);
  };
  return { codec, put };
}

/**
 * A track of the output that gets the packets of one track of each part.
 * @param {InputTrack[]} tracks  @param {Part[]} parts
 * @param {Output} output
 * @returns {Promise<Pieces>}
 */
export async function copying(tracks, parts, output) {
  const isChanged = parts.length > 1 || parts.some(({ from, until }) => from > 0 || until !== undefined);
  const { codec, put } = await copyOf(tracks[0], output, isChanged);
  const name = nameOf(output.format);
  const leadIn = canHide(name, codec) && ["opus", "mp3", "aac", "vorbis"].includes(codec) ? LEAD_IN : 0;
  return (index) => packetsOf(tracks[index], parts[index], put, leadIn, !["webm", "mkv"].includes(name));
}

/** The name and language of a track, which the output keeps. @param {InputTrack} track */
export const labelsOf = async (track) => ({
  name: (await track.getName()) ?? undefined,
  languageCode: await track.getLanguageCode(),
});

/**
 * Whether a container can tell players to skip the first frames of one packet, and the last ones of another.
 * @param {string} name  a format's name  @param {string} codec
 */
export const canHide = (name, codec) =>
  ["webm", "mkv", "mp4"].includes(name) || (name === "ogg" && codec === "opus") || (name === "mp3" && codec === "mp3");

/** What the time of a packet depends on. @typedef {Pick<EncodedPacket, "type" | "timestamp" | "duration" | "sideData">} Timed */

/** The times of the packets of one track in the output, computed one packet after the other. */
export class Times {
  #usual = 0;
  #expected = NaN;
  // The fragments of an MP4 may overlap in time, although no packet was meant to be dropped.
  #latest = -Infinity;
  #end = -Infinity;
  #delay = 0;

  /**
   * @param {Part} part  @param {boolean} isSound
   * @param {boolean} smooth  whether the times in the output are finer than milliseconds
   */
  constructor(part, isSound, smooth) {
    this.part = part;
    this.isSound = isSound;
    this.smooth = smooth && isSound;
  }

  /**
   * The time of a packet from the start of the part, and its duration. Undefined after the last packet of the part.
   * @param {Timed} packet  @param {Timed | null} following
   */
  of(packet, following) {
    const { from, until = Infinity } = this.part;
    const { timestamp, duration } = packet;
    // A picture after the end is needed to decode the next packet, if that one is shown before the end.
    const isBeyond = !this.isSound && timestamp >= until - SLACK;
    if (isBeyond && !(following && following.timestamp < until - SLACK)) return undefined;
    let at = timestamp - from;
    if (this.smooth && Math.abs(at - this.#expected) < ROUNDING) at = this.#expected;
    // Some containers store no duration: a packet ends where the next one begins.
    const apart = following ? following.timestamp - timestamp : 0;
    // Hidden by an edit list of MP4, and needed only by the decoder.
    const hidden = isBeyond || sideData(packet).hidden;
    let lasts = hidden ? 0 : duration || (apart > 0 ? apart : this.#usual);
    this.#usual = lasts || this.#usual;
    lasts = Math.max(0, Math.min(lasts, until - timestamp));
    // In the order of a file, a key packet comes after everything that is shown or heard before it.
    if (packet.type === "key") this.#delay = at < this.#latest ? this.#end - at : 0;
    at += this.#delay;
    this.#latest = Math.max(this.#latest, at);
    this.#end = Math.max(this.#end, at + lasts);
    this.#expected = at + lasts;
    return { at, lasts, hidden, isBeyond };
  }

  /**
   * The duration of the last picture, which is shown until the end.
   * @param {Timed} packet  @param {number} lasts  according to `of`  @param {() => Promise<number>} end  of the recording
   */
  async untilEnd({ timestamp, duration }, lasts, end) {
    if (duration && !this.part.known) return lasts;
    const longest = Math.max(duration, (await end()) - timestamp) || Math.min(lasts || LAST, LAST);
    return Math.max(0, Math.min(longest, (this.part.until ?? Infinity) - timestamp));
  }
}

/**
 * Read one packet at a time: `sink.packets()` reads a second of real time ahead, which is the whole file at this speed.
 * @param {InputTrack} track  @param {Part} part  @param {(packet: EncodedPacket) => Promise<void>} put
 * @param {number} leadIn  seconds of inaudible sound before the part
 * @param {boolean} smooth  whether the times in the output are finer than milliseconds
 * @returns {AsyncIterator<Piece>}
 */
function packetsOf(track, part, put, leadIn, smooth) {
  const sink = new EncodedPacketSink(track);
  const isSound = track.isAudioTrack();
  const times = new Times(part, isSound, smooth);
  const until = part.until ?? Infinity;
  /** @type {EncodedPacket | null | undefined} */
  let following;
  return {
    async next() {
      const packet = following === undefined ? await firstOf(sink, track, part, leadIn) : following;
      if (!packet || (isSound && packet.timestamp >= until - 1e-6)) return { done: true, value: undefined };
      following = await sink.getNextPacket(packet);
      const found = times.of(packet, following);
      if (!found) return { done: true, value: undefined };
      const { at, hidden, isBeyond } = found;
      const isLast = !following && !isSound && !hidden;
      const lasts = isLast ? await times.untilEnd(packet, found.lasts, () => part.end()) : found.lasts;
      const add = (/** @type {number} */ shift) => {
        const stays = shift + at === packet.timestamp && (hidden || lasts === packet.duration);
        const own = /** @type {{}} */ (isBeyond ? { hidden } : packet.sideData);
        return put(stays && !isBeyond ? packet : packet.clone({ timestamp: shift + at, duration: lasts, sideData: own }));
      };
      return { done: false, value: { at, lasts, add } };
    },
  };
}

/**
 * The first packet to copy: the key frame for the picture that is visible at the start, or the sound at the start with
 * its lead-in.
 * @param {EncodedPacketSink} sink  @param {InputTrack} track  @param {Part} part  @param {number} leadIn
 */
async function firstOf(sink, track, part, leadIn) {
  const first = await sink.getFirstPacket();
  if (!first || part.from <= first.timestamp) return first;
  if (track.isVideoTrack()) return (await sink.getKeyPacket(part.from + SLACK)) ?? first;
  const wanted = await sink.getPacket(part.from - leadIn);
  if (!wanted) return first;
  // A Vorbis packet completes the one before it.
  if (!leadIn && (await track.getCodec()) === "vorbis") return (await sink.getPacket(wanted.timestamp - 1e-6)) ?? first;
  return wanted.timestamp + wanted.duration > part.from - leadIn + 1e-6 ? wanted : sink.getNextPacket(wanted);
}

/** The facts that the patched MP4 reader adds to a packet. @param {Timed} packet */
const sideData = (packet) => /** @type {{hidden?: boolean, hiddenFor?: number}} */ (packet.sideData);

/**
 * Whether an edit list of MP4 hides part of a track in a way that only MP4 supports: at its end, or after a pause.
 * @param {InputTrack} track
 */
export async function isHiddenInPart(track) {
  if (!(await mayHide(track))) return false;
  const sink = new EncodedPacketSink(track);
  const [first, last] = [await sink.getFirstPacket({ metadataOnly: true }), await sink.getPacket(Infinity, { metadataOnly: true })];
  return Boolean(first && last && (sideData(first).hiddenFor || sideData(last).hidden));
}

/**
 * Whether a track has sound from the beginning of a part to its end, without a gap.
 * @param {InputTrack} track  @param {Part} part
 */
export async function isContinuous(track, part) {
  const sink = new EncodedPacketSink(track);
  let [end, shortest] = [part.from, Infinity];
  let packet = await sink.getFirstPacket({ metadataOnly: true });
  for (; packet; packet = await sink.getNextPacket(packet, { metadataOnly: true })) {
    // (In an MP4, a packet before a gap has a duration up to the next packet.)
    if (packet.timestamp - end > GAP || packet.duration - shortest > GAP) return false;
    end = Math.max(end, packet.timestamp + packet.duration);
    shortest = Math.min(shortest, packet.duration || Infinity);
  }
  return true;
}

/** The pieces of several tracks, earliest first. (Not a generator, which would be too slow for this many packets.) */
class InOrder {
  /** @type {(Piece | undefined)[]} */
  #heads = [];
  #earliest = 0;

  /** @param {AsyncIterator<Piece>[]} tracks */
  constructor(tracks) {
    this.tracks = tracks;
  }

  /** The next piece, if any. */
  get head() {
    return this.#heads[this.#earliest];
  }

  async begin() {
    for (const track of this.tracks) this.#heads.push(await nextOf(track));
    this.#choose();
  }

  async advance() {
    this.#heads[this.#earliest] = await nextOf(this.tracks[this.#earliest]);
    this.#choose();
  }

  #choose() {
    const at = (/** @type {number} */ index) => this.#heads[index]?.at ?? Infinity;
    for (let index = 0; index < this.#heads.length; index++) {
      if (at(index) < at(this.#earliest)) this.#earliest = index;
    }
  }

  async end() {
    for (const track of this.tracks) await track.return?.();
  }
}

/** @param {AsyncIterator<Piece>} track @returns {Promise<Piece | undefined>} */
const nextOf = async (track) => (await track.next()).value;

/**
 * Write parts one after the other.
 * @param {Pieces[]} tracks  the tracks of the output, which has been started
 * @param {Part[]} parts  @param {import("./task.js").Task} task
 */
export async function write(tracks, parts, task) {
  const several = parts.length > 1;
  const lengths = [];
  // Without an index, only reading the whole file yields the length: skip that if it is not needed.
  for (const part of parts) lengths.push(task.tell || several ? await part.length() : 0);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let shift = 0;
  for (let index = 0; index < parts.length; index++) {
    const pieces = new InOrder(tracks.map((of) => of(index)));
    let end = 0;
    try {
      await pieces.begin();
      // The decoder's lead-in lies before 0, and must not overlap the previous part.
      if (index > 0) shift += Math.max(0, -(pieces.head?.at ?? 0));
      for (let piece = pieces.head; piece; piece = pieces.head) {
        task.signal.throwIfAborted();
        await piece.add(shift);
        end = Math.max(end, piece.at + piece.lasts);
        task.report((shift + piece.at) / total);
        await pieces.advance();
      }
    } finally {
      await pieces.end();
    }
    // The next part must not begin before this one ends.
    shift += Math.max(end, lengths[index]);
  }
}

/**
 * Whether a decoder with one configuration can decode packets with the other.
 * @param {Config | null} one  @param {Config | null} other
 */
export function isSame(one, other) {
  return one !== null && other !== null && fingerprint(one) === fingerprint(other);
}

/** @param {Config} config */
function fingerprint({ description, ...rest }) {
  return JSON.stringify([Object.entries(rest).sort(), description ? [...asBytes(description)] : null]);
}
