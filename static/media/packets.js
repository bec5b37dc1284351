// @ts-check
/** Packets and samples on their way from recordings into one output, in the order of time. */

import { EncodedAudioPacketSource, EncodedPacketSink, EncodedVideoPacketSource } from "mediabunny";

/** @typedef {import("mediabunny").InputTrack} InputTrack */
/** @typedef {import("mediabunny").Output} Output */
/** @typedef {VideoDecoderConfig | AudioDecoderConfig} Config */
/**
 * One packet or sample: its time from where its recording begins, how long it lasts (0: not known), and how
 * to add it to the output, moved by so many seconds.
 * @typedef {{at: number, lasts: number, add: (shift: number) => Promise<void>}} Piece
 */
/** What one track of the output gets of the n-th recording. @typedef {(index: number) => AsyncGenerator<Piece>} Pieces */

/**
 * A track of the output that gets the packets of one track of each recording, as they are.
 * @param {InputTrack[]} tracks  @param {number[]} begins  where their recordings begin
 * @param {Output} output
 * @returns {Promise<Pieces>}
 */
export async function copying(tracks, begins, output) {
  const [first] = tracks;
  const decoderConfig = await /** @type {any} */ (first).getDecoderConfig();
  const name = (await first.getName()) ?? undefined;
  /** @type {EncodedVideoPacketSource | EncodedAudioPacketSource} */
  let source;
  if (first.isVideoTrack()) {
    source = new EncodedVideoPacketSource(/** @type {any} */ (await first.getCodec()));
    output.addVideoTrack(source, { rotation: await first.getRotation(), flip: await first.getFlip(), name });
  } else {
    source = new EncodedAudioPacketSource(/** @type {any} */ (await first.getCodec()));
    output.addAudioTrack(source, { name });
  }
  return async function* (index) {
    let [previous, usual] = [NaN, 0];
    for await (const packet of new EncodedPacketSink(tracks[index]).packets()) {
      const at = packet.timestamp - begins[index];
      // In some containers a packet ends where the next begins, and the last one is as long as those before.
      usual = packet.duration || at - previous || usual;
      previous = at;
      const lasts = Math.max(0, usual);
      const add = (/** @type {number} */ shift) =>
        source.add(packet.clone({ timestamp: shift + at, duration: lasts }), { decoderConfig });
      yield { at, lasts, add };
    }
  };
}

/**
 * All pieces of several tracks, the earliest first. @param {AsyncGenerator<Piece>[]} tracks
 * @returns {AsyncGenerator<Piece>}
 */
export async function* inOrder(tracks) {
  const heads = await Promise.all(tracks.map((track) => track.next()));
  try {
    for (;;) {
      const times = heads.map(({ done, value }) => (done ? Infinity : value.at));
      const earliest = times.indexOf(Math.min(...times));
      if (earliest === -1 || times[earliest] === Infinity) return;
      yield heads[earliest].value;
      heads[earliest] = await tracks[earliest].next();
    }
  } finally {
    for (const track of tracks) await track.return(undefined);
  }
}

/**
 * Write recordings one after the other.
 * @param {Pieces[]} tracks  of the output, which has been started
 * @param {number[]} lengths  of the recordings  @param {import("./task.js").Task} task
 */
export async function write(tracks, lengths, task) {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let shift = 0;
  for (let index = 0; index < lengths.length; index++) {
    let end = 0;
    for await (const { at, lasts, add } of inOrder(tracks.map((of) => of(index)))) {
      task.signal.throwIfAborted();
      await add(shift);
      end = Math.max(end, at + lasts);
      task.report((shift + at) / total);
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
