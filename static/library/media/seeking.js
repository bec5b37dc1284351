// @ts-check
/** Check whether a file states its duration and allows seeking to any time. */

import { EBML, elementAt, numberOf } from "../ebml.js";
import { Fault } from "../fault.js";
import { duration } from "./input.js";

/** An entry of Matroska's seek head: SeekID, with a size of 4 bytes, and the id of Cues. */
const CUES_ENTRY = [0x53, 0xab, 0x84, 0x1c, 0x53, 0xbb, 0x6b];
/** The id of chapters. */
const CHAPTERS = [0x10, 0x43, 0xa7, 0x70];
/** The header ends within this many bytes. */
const HEAD = 2 ** 16;

/** The tolerated difference between a recorder's clock and its file, in seconds. */
const APART = 0.25;

/**
 * @param {import("mediabunny").Input} input  @param {Blob} blob
 * @param {number} known  the duration according to the recorder, or NaN
 */
export async function isSeekable(input, blob, known) {
  if (!(await isWhole(input, blob))) return false;
  // If the picture did not change at the end, the file ends at the time of the last picture.
  return (await duration(input, known)) <= (await duration(input)) + APART;
}

/** @param {import("mediabunny").Input} input  @param {Blob} blob */
async function isWhole(input, blob) {
  const kind = (await input.getFormat()).mimeType;
  if (kind.endsWith("/webm") || kind.endsWith("/x-matroska")) {
    const said = await input.getDurationFromMetadata();
    const head = await headOf(blob);
    if (said === null || !pointsToCues(head)) return false;
    // A file that was cut off states a longer duration than it has, and has lost the cues at its end.
    return isComplete(head, blob) || said < (await input.computeDuration()) + 0.5;
  }
  if (kind.endsWith("/mp4") || kind.endsWith("/quicktime")) return !(await isFragmented(blob));
  // Ogg, WAV, MP3, FLAC: the time follows from the position in the file, if the file is complete.
  await duration(input);
  return true;
}

/** The bytes that contain the header of a WebM or Matroska file. @param {Blob} blob */
export const headOf = async (blob) => new Uint8Array(await blob.slice(0, HEAD).arrayBuffer());

/** @param {Uint8Array} head */
export const isMatroska = (head) => numberOf(head.subarray(0, 4)) === EBML;

/** Matroska: whether the header points to cues. @param {Uint8Array} head */
export const pointsToCues = (head) => contains(head, CUES_ENTRY);

/** Matroska: whether there are chapters. @param {Uint8Array} head */
export const hasChapters = (head) => contains(head, CHAPTERS);

/** @param {Uint8Array} head  @param {number[]} bytes */
const contains = (head, bytes) =>
  head.some((byte, at) => byte === bytes[0] && bytes.every((each, offset) => head[at + offset] === each));

/** Matroska: whether the segment states its size, and ends with the file. @param {Uint8Array} head  @param {Blob} blob */
function isComplete(head, blob) {
  const segment = elementAt(head, elementAt(head, 0)?.to ?? 0);
  return Boolean(segment?.known && segment.to === blob.size);
}

/** MP4: whether it consists of fragments with their own indexes, without one of the whole file. @param {Blob} blob */
async function isFragmented(blob) {
  for (let at = 0; at + 8 <= blob.size; ) {
    const view = new DataView(await blob.slice(at, at + 16).arrayBuffer());
    const type = view.getUint32(4);
    if (type === 0x6d6f6f66) return true; // "moof"
    const size = view.getUint32(0);
    if (size === 0) break; // to the end of the file
    at += Math.max(8, size === 1 && view.byteLength === 16 ? Number(view.getBigUint64(8)) : size);
    if (at > blob.size) throw new Fault("EncodingError", "the file was cut off: its end is missing");
  }
  return false;
}
