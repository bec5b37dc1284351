// @ts-check
/** Whether a file knows its length and can be entered anywhere. */

/** Level-1 elements of Matroska, by their ids. */
const CLUSTER = [0x1f, 0x43, 0xb6, 0x75];
const CUES = [0x1c, 0x53, 0xbb, 0x6b];
/** Bytes in which the head of a file ends. */
const HEAD = 2 ** 16;

/** @param {import("mediabunny").Input} input  @param {Blob} blob */
export async function isSeekable(input, blob) {
  const kind = (await input.getFormat()).mimeType;
  if (kind.endsWith("/webm") || kind.endsWith("/x-matroska")) {
    return (await input.getDurationFromMetadata()) !== null && (await hasIndex(blob));
  }
  if (kind.endsWith("/mp4") || kind.endsWith("/quicktime")) return !(await isFragmented(blob));
  return true; // Ogg, WAV, MP3, FLAC: time follows from the place in the file
}

/** Matroska: the head, before the first cluster, says where the cues are, or holds them. @param {Blob} blob */
async function hasIndex(blob) {
  const head = new Uint8Array(await blob.slice(0, HEAD).arrayBuffer());
  const cues = indexOf(head, CUES);
  const cluster = indexOf(head, CLUSTER);
  return cues !== -1 && (cluster === -1 || cues < cluster);
}

/** @param {Uint8Array} bytes  @param {number[]} wanted */
function indexOf(bytes, wanted) {
  return bytes.findIndex((_, at) => wanted.every((byte, index) => bytes[at + index] === byte));
}

/** MP4: pieces, each with an index of its own, and no index of the whole. @param {Blob} blob */
async function isFragmented(blob) {
  for (let at = 0; at + 8 <= blob.size; ) {
    const view = new DataView(await blob.slice(at, at + 16).arrayBuffer());
    const type = view.getUint32(4);
    if (type === 0x6d6f6f66) return true; // "moof"
    const size = view.getUint32(0);
    if (size === 0) break; // to the end of the file
    at += size === 1 ? Number(view.getBigUint64(8)) : Math.max(8, size);
  }
  return false;
}
