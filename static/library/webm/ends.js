// @ts-check
/** Where a WebM or Matroska file begins and ends in time, as `media/input.js` and `media/packets.js` determine it. */

/** @typedef {import("./walk.js").Walk} Walk */
/** @typedef {import("./walk.js").Track} Track */

/** The last picture is shown for at most this many milliseconds if its duration is unknown. */
const LAST = 100;
/** Milliseconds by which files from FFmpeg overstate their duration: they count packets that only a decoder needs. */
const OVERSTATED = 10;
/** Milliseconds by which a recorder's clock may be ahead of its sound (`CLOCK_AHEAD` in `media/input.js`). */
const CLOCK_AHEAD = 1500;

/**
 * The start and the end of playback in milliseconds.
 * @param {Walk} walk  after its end
 * @param {number} known  the duration according to the recorder, or NaN: the last picture is shown until then. But if
 *   the sound lasts until the end, its end counts, because sound has no gaps.
 * @param {number} [ahead]  milliseconds by which the recorder's clock may be ahead of the sound
 */
export function spanOf(walk, known, ahead = CLOCK_AHEAD) {
  const tracks = [...walk.tracks.values()].filter(({ count, type }) => count > 0 && type !== "other");
  const sounds = tracks.filter(({ type }) => type === "audio"), pictures = tracks.filter(({ type }) => type === "video");
  const begin = Math.max(0, Math.min(...tracks.map((track) => track.first - track.codecDelay / 1e6)));
  const heard = Math.max(-Infinity, ...sounds.map(endOfSound));
  const found = Math.max(heard, ...pictures.map(({ last, lasts }) => last + Math.max(0, lasts)));
  const stated = walk.isCut ? NaN : walk.stated;
  let end = stated > found + OVERSTATED ? stated : found;
  if (pictures.length > 0 && begin + known > end && begin + known - heard >= ahead) end = begin + known;
  // Without any of that, the last picture is shown as long as the one before it.
  const seen = pictures.map(({ last, lasts, step }) => last + (lasts > 0 ? lasts : Math.min(step || LAST, LAST)));
  return { begin, end: found >= end ? Math.max(end, ...seen) : end };
}

/** @param {Track} track */
function endOfSound(track) {
  const lasts = track.lasts > 0 ? track.lasts : lengthOfPacket(track);
  return track.last + lasts - (track.codecDelay + track.padding) / 1e6;
}

/** The length in milliseconds of the last packet, or of the one before it. @param {Track} track */
function lengthOfPacket({ codecId, begins, size, channels, bitDepth, sampleRate, step, defaultDuration }) {
  if (codecId === "A_OPUS" && size > 0) return lengthOfOpus(begins >> 8, begins & 255);
  if (codecId.startsWith("A_PCM") && bitDepth) return (size / (channels * (bitDepth / 8)) / sampleRate) * 1000;
  return defaultDuration / 1e6 || step;
}

/** RFC 6716, 3.1 and 3.2. @param {number} toc  the first byte of a packet  @param {number} second */
function lengthOfOpus(toc, second) {
  const config = toc >> 3;
  const frame = config < 12 ? [10, 20, 40, 60][config & 3] : config < 16 ? [10, 20][config & 1] : [2.5, 5, 10, 20][config & 3];
  return frame * [1, 2, 2, second & 63][toc & 3];
}
