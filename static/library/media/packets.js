// @ts-check
/** Packets on their way from recordings into one output, as they are. */

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
 * One packet or sample: its time from where its part begins, how long it lasts, and how to add it to the output, moved
 * by so many seconds. What has a time before 0 is for the decoder, and neither seen nor heard.
 * @typedef {{at: number, lasts: number, add: (shift: number) => Promise<void>}} Piece
 */
/** What one track of the output gets of the n-th part. @typedef {(index: number) => AsyncIterator<Piece>} Pieces */

/** Seconds that are no gap: time stamps of recorders waver by some milliseconds. */
export const GAP = 0.04;
/**
 * Seconds by which times in files are rounded: in WebM, and in what was copied from there, a picture of 1.5667 s is one
 * of 1.567 s, and is to be had at 1.5667 s all the same.
 */
export const SLACK = 5e-4 + 1e-6;
/** Seconds that the last picture is shown at the most if nothing tells how long. */
export const LAST = 0.1;
/** Seconds by which a time stamp that was rounded to milliseconds, and written again, may be off. */
const ROUNDING = 0.0015;
/** Seconds of sound before a part that a decoder needs to swing in: 80 ms for Opus (RFC 7845, 4.6), three frames of MP3. */
const LEAD_IN = 0.08;

/**
 * A track of the output that gets the packets of one track of each part.
 * @param {InputTrack[]} tracks  @param {Part[]} parts
 * @param {Output} output
 * @returns {Promise<Pieces>}
 */
export async function copying(tracks, parts, output) {
  const [first] = tracks;
  const meta = { decoderConfig: await /** @type {any} */ (first).getDecoderConfig() };
  const labels = await labelsOf(first);
  const codec = /** @type {any} */ (await first.getCodec());
  /** @type {EncodedVideoPacketSource | EncodedAudioPacketSource} */
  let source;
  if (first.isVideoTrack()) {
    source = new EncodedVideoPacketSource(codec);
    output.addVideoTrack(source, { rotation: await first.getRotation(), flip: await first.getFlip(), ...labels });
  } else {
    source = new EncodedAudioPacketSource(codec);
    output.addAudioTrack(source, labels);
  }
  let begun = false;
  const isChanged = parts.length > 1 || parts.some(({ from, until }) => from > 0 || until !== undefined);
  const put = (/** @type {EncodedPacket} */ packet) => {
    if (!begun && codec === "opus") {
      const { description } = meta.decoderConfig;
      const skipped = Math.max(0, Math.round(-packet.timestamp * RATE));
      meta.decoderConfig = { ...meta.decoderConfig, description: withPreSkip(description, skipped) };
    }
    begun = true;
    // Frames of FLAC are numbered: those of a part, or of several, begin anew.
    const rate = codec === "flac" && isChanged ? meta.decoderConfig.sampleRate : 0;
    return source.add(rate ? packet.clone({ data: renumbered(packet.data, Math.round(packet.timestamp * rate)) }) : packet, meta);
  };
  const name = nameOf(output.format);
  const leadIn = canHide(name, codec) && ["opus", "mp3", "aac", "vorbis"].includes(codec) ? LEAD_IN : 0;
  return (index) => packetsOf(tracks[index], parts[index], put, leadIn, !["webm", "mkv"].includes(name));
}

/** What a track is called, which goes with it. @param {InputTrack} track */
export const labelsOf = async (track) => ({
  name: (await track.getName()) ?? undefined,
  languageCode: await track.getLanguageCode(),
});

/**
 * Whether a container can say that the first frames of a packet, and the last ones of another, are not to be heard.
 * @param {string} name  of a format  @param {string} codec
 */
export const canHide = (name, codec) =>
  ["webm", "mkv", "mp4"].includes(name) || (name === "ogg" && codec === "opus") || (name === "mp3" && codec === "mp3");

/**
 * One packet at a time: `sink.packets()` reads a second's worth ahead, and so fast that is the whole file.
 * @param {InputTrack} track  @param {Part} part  @param {(packet: EncodedPacket) => Promise<void>} put
 * @param {number} leadIn  seconds of sound before the part that nobody is to hear
 * @param {boolean} smooth  whether the output has finer times than milliseconds
 * @returns {AsyncIterator<Piece>}
 */
function packetsOf(track, part, put, leadIn, smooth) {
  const sink = new EncodedPacketSink(track);
  const { from, until = Infinity } = part;
  const isSound = track.isAudioTrack();
  /** @type {EncodedPacket | null | undefined} */
  let following;
  let [usual, expected] = [0, NaN];
  return {
    async next() {
      const packet = following === undefined ? await firstOf(sink, track, part, leadIn) : following;
      if (!packet || (isSound && packet.timestamp >= until - 1e-6)) return { done: true, value: undefined };
      following = await sink.getNextPacket(packet);
      const { timestamp, duration } = packet;
      // A picture that is shown behind the end may be needed for one before, which then comes next.
      const isBeyond = !isSound && timestamp >= until - SLACK;
      if (isBeyond && !(following && following.timestamp < until - SLACK)) return { done: true, value: undefined };
      let at = timestamp - from;
      if (smooth && isSound && Math.abs(at - expected) < ROUNDING) at = expected;
      // In some containers a packet ends where the next begins, and only that tells how long it lasts.
      const apart = following ? following.timestamp - timestamp : 0;
      // By an edit list of MP4, and there for the decoder.
      const hidden = isBeyond || sideData(packet).hidden;
      let lasts = hidden ? 0 : duration || (apart > 0 ? apart : usual);
      usual = lasts || usual;
      // The last picture is shown until the end.
      if (!following && !isSound && !hidden && (!duration || part.known)) {
        lasts = Math.max(duration, (await part.end()) - timestamp) || Math.min(lasts || LAST, LAST);
      }
      lasts = Math.max(0, Math.min(lasts, until - timestamp));
      expected = at + lasts;
      const add = (/** @type {number} */ shift) => {
        const stays = shift + at === timestamp && (hidden || lasts === duration);
        const own = /** @type {{}} */ (isBeyond ? { hidden } : packet.sideData);
        return put(stays && !isBeyond ? packet : packet.clone({ timestamp: shift + at, duration: lasts, sideData: own }));
      };
      return { done: false, value: { at, lasts, add } };
    },
  };
}

/**
 * The packet to begin with: the key frame to see what is to be seen at the start, or the sound that is to be heard
 * then, and some before it.
 * @param {EncodedPacketSink} sink  @param {InputTrack} track  @param {Part} part  @param {number} leadIn
 */
async function firstOf(sink, track, part, leadIn) {
  const first = await sink.getFirstPacket();
  if (!first || part.from <= first.timestamp) return first;
  if (track.isVideoTrack()) return (await sink.getKeyPacket(part.from + SLACK)) ?? first;
  const wanted = await sink.getPacket(part.from - leadIn);
  if (!wanted) return first;
  // A packet of Vorbis completes the one before it.
  if (!leadIn && (await track.getCodec()) === "vorbis") return (await sink.getPacket(wanted.timestamp - 1e-6)) ?? first;
  return wanted.timestamp + wanted.duration > part.from - leadIn + 1e-6 ? wanted : sink.getNextPacket(wanted);
}

/** What the patched reader of MP4 says of a packet. @param {EncodedPacket} packet */
const sideData = (packet) => /** @type {{hidden?: boolean, hiddenFor?: number}} */ (packet.sideData);

/**
 * Whether an edit list of MP4 hides some of a track in a way that only MP4 can: at its end, or behind a pause.
 * @param {InputTrack} track
 */
export async function isHiddenInPart(track) {
  if (!(await mayHide(track))) return false;
  const sink = new EncodedPacketSink(track);
  const [first, last] = [await sink.getFirstPacket({ metadataOnly: true }), await sink.getPacket(Infinity, { metadataOnly: true })];
  return Boolean(first && last && (sideData(first).hiddenFor || sideData(last).hidden));
}

/**
 * Whether there is sound from the beginning of a part to its end, without a gap.
 * @param {InputTrack} track  @param {Part} part
 */
export async function isContinuous(track, part) {
  const sink = new EncodedPacketSink(track);
  let [end, shortest] = [part.from, Infinity];
  let packet = await sink.getFirstPacket({ metadataOnly: true });
  for (; packet; packet = await sink.getNextPacket(packet, { metadataOnly: true })) {
    // (An MP4 says that a packet before a gap lasts until the next.)
    if (packet.timestamp - end > GAP || packet.duration - shortest > GAP) return false;
    end = Math.max(end, packet.timestamp + packet.duration);
    shortest = Math.min(shortest, packet.duration || Infinity);
  }
  return true;
}

/** The pieces of several tracks, the earliest first. (No generator: for so many packets their cost would show.) */
class InOrder {
  /** @type {(Piece | undefined)[]} */
  #heads = [];
  #earliest = 0;

  /** @param {AsyncIterator<Piece>[]} tracks */
  constructor(tracks) {
    this.tracks = tracks;
  }

  /** The piece that comes next, if there is one. */
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
 * @param {Pieces[]} tracks  of the output, which has been started
 * @param {Part[]} parts  @param {import("./task.js").Task} task
 */
export async function write(tracks, parts, task) {
  const several = parts.length > 1;
  const lengths = [];
  // Without an index the length is found only by reading the whole file: not where nobody asks for it.
  for (const part of parts) lengths.push(task.tell || several ? await part.length() : 0);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let shift = 0;
  for (let index = 0; index < parts.length; index++) {
    const pieces = new InOrder(tracks.map((of) => of(index)));
    let end = 0;
    try {
      await pieces.begin();
      // What a decoder needs first lies before 0, and must not fall into the part before.
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
    // Nothing of the next may begin before this one ends.
    shift += Math.max(end, lengths[index]);
  }
}

/**
 * Whether one decoder can go on with what was encoded for the other.
 * @param {Config | null} one  @param {Config | null} other
 */
export function isSame(one, other) {
  return one !== null && other !== null && fingerprint(one) === fingerprint(other);
}

/** @param {Config} config */
function fingerprint({ description, ...rest }) {
  return JSON.stringify([Object.entries(rest).sort(), description ? [...asBytes(description)] : null]);
}
