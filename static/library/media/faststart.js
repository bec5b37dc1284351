// @ts-check
/**
 * MP4 with its index in front, so that players and servers can start before the whole file has arrived. The boxes are
 * defined in ISO/IEC 14496-12.
 */

/** @typedef {{type: string, start: number, content: number, end: number}} Box */

/** The boxes on the path from `moov` to the offsets of the media. */
const PATH = ["trak", "mdia", "minf", "stbl"];

/**
 * The same MP4 with `moov` before the media. The file stays as it is if `moov` is already there, or if the file has
 * fragments. The media are not copied: the result contains slices of the given file.
 * @param {Blob} blob
 */
export async function moovInFront(blob) {
  const boxes = await topLevel(blob);
  const moov = boxes.find(({ type }) => type === "moov");
  const media = boxes.find(({ type }) => type === "mdat");
  const fragmented = boxes.some(({ type }) => type === "moof");
  if (!moov || !media || moov.start < media.start || fragmented) return blob;
  const bytes = new Uint8Array(await blob.slice(moov.start, moov.end).arrayBuffer());
  // From this offset up to the old `moov`, everything moves back by the length of `moov`.
  const place = boxes[0].type === "ftyp" ? boxes[0].end : 0;
  /** @param {number} grown @returns {(offset: number) => number} */
  const moved = (grown) => (offset) => {
    if (offset < place) return offset;
    return offset < moov.start ? offset + grown : offset + grown - bytes.length;
  };
  // Wide offsets take twice the space, so `moov` becomes less than twice as long.
  const wide = blob.size + 2 * bytes.length >= 2 ** 32;
  const withOffsets = (/** @type {(offset: number) => number} */ move) =>
    rewritten(bytes, (type, content) => {
      if (!isTable(type)) return undefined;
      return offsetBox(Array.from(offsetsIn(content, type), move), wide || type === "co64");
    });
  const { length } = withOffsets((offset) => offset);
  const front = withOffsets(moved(length));
  const parts = [blob.slice(0, place), front, blob.slice(place, moov.start), blob.slice(moov.end)];
  return new Blob(parts, { type: blob.type });
}

/** @param {Blob} blob */
async function topLevel(blob) {
  /** @type {Box[]} */
  const boxes = [];
  for (let start = 0; start + 8 <= blob.size; ) {
    const head = new Uint8Array(await blob.slice(start, start + 16).arrayBuffer());
    const box = boxAt(head, 0, start, blob.size);
    if (!box) break;
    boxes.push(box);
    start = box.end;
  }
  return boxes;
}

/**
 * @param {Uint8Array} bytes  @param {number} at  where the box begins in the bytes
 * @param {number} start  where it begins in the file  @param {number} limit  where its container ends
 * @returns {Box | undefined}
 */
function boxAt(bytes, at, start, limit) {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  if (view.byteLength < 8) return undefined;
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  let [size, header] = [view.getUint32(0), 8];
  if (size === 1 && view.byteLength >= 16) [size, header] = [Number(view.getBigUint64(8)), 16];
  else if (size === 0) size = limit - start; // up to the end
  if (size < header || start + size > limit) return undefined;
  return { type, start, content: start + header, end: start + size };
}

/** @param {Uint8Array} bytes  @param {number} start  @param {number} end */
function* boxesWithin(bytes, start, end) {
  for (let at = start; at + 8 <= end; ) {
    const box = boxAt(bytes, at, at, end);
    if (!box) throw new Error(`the index of this MP4 is broken at byte ${at}`);
    yield box;
    at = box.end;
  }
}

/** @param {string} type  of a box */
const isTable = (type) => type === "stco" || type === "co64";

/**
 * A `moov` box with other tables.
 * @param {Uint8Array<ArrayBuffer>} moov
 * @param {(type: string, content: Uint8Array<ArrayBuffer>, track: number) => Uint8Array<ArrayBuffer> | undefined} change
 *   returns the box that replaces one in an `stbl`, if any
 */
function rewritten(moov, change) {
  let track = -1;
  /** @param {Box} box  @param {string[]} path @returns {Uint8Array<ArrayBuffer>} */
  function box({ type, content, end }, [next, ...rest]) {
    if (type === "trak") track++;
    const parts = [...boxesWithin(moov, content, end)].map((child) => {
      if (child.type === next) return box(child, rest);
      const changed = next ? undefined : change(child.type, moov.subarray(child.content, child.end), track);
      return changed ?? moov.subarray(child.start, child.end);
    });
    return made(type, parts);
  }
  const [whole] = boxesWithin(moov, 0, moov.length);
  return box(whole, PATH);
}

/** The offsets in `stco` or `co64`. @param {Uint8Array} content  @param {string} type */
function* offsetsIn(content, type) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const count = view.getUint32(4);
  for (let n = 0; n < count; n++) {
    yield type === "co64" ? Number(view.getBigUint64(8 + n * 8)) : view.getUint32(8 + n * 4);
  }
}

/** `stco`, or `co64` if `wide`. @param {number[]} offsets  @param {boolean} wide */
function offsetBox(offsets, wide) {
  const table = new DataView(new ArrayBuffer(8 + offsets.length * (wide ? 8 : 4)));
  table.setUint32(4, offsets.length);
  offsets.forEach((offset, n) => {
    if (wide) table.setBigUint64(8 + n * 8, BigInt(offset));
    else table.setUint32(8 + n * 4, offset);
  });
  return made(wide ? "co64" : "stco", [new Uint8Array(table.buffer)]);
}

/** A table that says that each sample is a chunk of its own. */
function eachAlone() {
  const table = new DataView(new ArrayBuffer(20));
  for (let at = 4; at < 20; at += 4) table.setUint32(at, 1); // one entry: from chunk 1 on, 1 sample, description 1
  return made("stsc", [new Uint8Array(table.buffer)]);
}

/**
 * What comes before the media in an MP4 whose media are one piece of another file.
 * @param {Uint8Array<ArrayBuffer>} ftyp  @param {Uint8Array<ArrayBuffer>} moov  with any offsets
 * @param {number[][]} places  where the samples of each track begin in that file
 * @param {number} from  where the piece begins in it  @param {number} size  of the piece
 * @returns {BlobPart[]}
 */
export function beforeMedia(ftyp, moov, places, from, size) {
  const wide = size + 2 * moov.length + 16 * Math.max(...places.map(({ length }) => length)) * places.length >= 2 ** 32;
  const mdat = new DataView(new ArrayBuffer(wide ? 16 : 8));
  mdat.setUint32(0, wide ? 1 : size + 8);
  mdat.setUint32(4, 0x6d646174); // "mdat"
  if (wide) mdat.setBigUint64(8, BigInt(size + 16));
  const withPlaces = (/** @type {number} */ to) =>
    rewritten(moov, (type, _, track) => {
      if (type === "stsc") return eachAlone();
      return isTable(type) ? offsetBox(places[track].map((place) => place - from + to), wide) : undefined;
    });
  const { length } = withPlaces(0);
  return [ftyp, withPlaces(ftyp.length + length + mdat.byteLength), mdat];
}

/** @param {string} type  @param {Uint8Array[]} parts @returns {Uint8Array<ArrayBuffer>} */
function made(type, parts) {
  const size = parts.reduce((sum, part) => sum + part.length, 8);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, size);
  for (let n = 0; n < 4; n++) bytes[4 + n] = type.charCodeAt(n);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
