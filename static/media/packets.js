// @ts-check
/** Packets and samples on their way from recordings into one output, in the order of time. */

import { EncodedAudioPacketSource, EncodedPacketSink, EncodedVideoPacketSource } from "mediabunny";

/** @typedef {import("mediabunny").EncodedPacket} EncodedPacket */
/** @typedef {import("mediabunny").InputTrack} InputTrack */
/** @typedef {import("mediabunny").Output} Output */
/** @typedef {VideoDecoderConfig | AudioDecoderConfig} Config */
/**
 * One packet or sample: its time from where its recording begins, how long it lasts (0: not known), and how
 * to add it to the output, moved by so many seconds.
 * @typedef {{at: number, lasts: number, add: (shift: number) => Promise<void>}} Piece
 */
/** What one track of the output gets of the n-th recording. @typedef {(index: number) => AsyncIterator<Piece>} Pieces */

/**
 * A track of the output that gets the packets of one track of each recording, as they are.
 * @param {InputTrack[]} tracks  @param {number[]} begins  where their recordings begin
 * @param {Output} output
 * @returns {Promise<Pieces>}
 */
export async function copying(tracks, begins, output) {
  const [first] = tracks;
  const meta = { decoderConfig: await /** @type {any} */ (first).getDecoderConfig() };
  const name = (await first.getName()) ?? undefined;
  const languageCode = await first.getLanguageCode();
  /** @type {EncodedVideoPacketSource | EncodedAudioPacketSource} */
  let source;
  if (first.isVideoTrack()) {
    source = new EncodedVideoPacketSource(/** @type {any} */ (await first.getCodec()));
    output.addVideoTrack(source, { rotation: await first.getRotation(), flip: await first.getFlip(), name, languageCode });
  } else {
    source = new EncodedAudioPacketSource(/** @type {any} */ (await first.getCodec()));
    output.addAudioTrack(source, { name, languageCode });
  }
  return (index) => {
    // One packet at a time: `sink.packets()` reads a second's worth ahead, and so fast that is the whole file.
    const sink = new EncodedPacketSink(tracks[index]);
    const begin = begins[index];
    /** @type {EncodedPacket | null | undefined} */
    let packet;
    let [previous, usual] = [NaN, 0];
    return {
      async next() {
        packet = packet ? await sink.getNextPacket(packet) : packet === null ? null : await sink.getFirstPacket();
        if (!packet) return { done: true, value: undefined };
        const { timestamp, duration } = packet;
        const at = timestamp - begin;
        // In some containers a packet ends where the next begins, and the last one is as long as those before.
        usual = duration || at - previous || usual;
        previous = at;
        const lasts = Math.max(0, usual);
        const whole = packet;
        const add = (/** @type {number} */ shift) => {
          const stays = shift + at === timestamp && lasts === duration;
          return source.add(stays ? whole : whole.clone({ timestamp: shift + at, duration: lasts }), meta);
        };
        return { done: false, value: { at, lasts, add } };
      },
    };
  };
}

/** The pieces of several tracks, the earliest first. (No generator: for so many packets their cost would show.) */
export class InOrder {
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
 * Write recordings one after the other.
 * @param {Pieces[]} tracks  of the output, which has been started
 * @param {number[]} lengths  of the recordings  @param {import("./task.js").Task} task
 */
export async function write(tracks, lengths, task) {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let shift = 0;
  for (let index = 0; index < lengths.length; index++) {
    const pieces = new InOrder(tracks.map((of) => of(index)));
    let end = 0;
    try {
      await pieces.begin();
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
  const bytes = ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : description && new Uint8Array(description);
  return JSON.stringify([Object.entries(rest).sort(), bytes ? [...bytes] : null]);
}
