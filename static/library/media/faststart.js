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
  const { length } = rewritten(bytes, (offset) => offset, wide);
  const front = rewritten(bytes, moved(length), wide);
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

/**
 * A `moov` box with changed offsets of the media.
 * @param {Uint8Array<ArrayBuffer>} moov
 * @param {(offset: number) => number} moved  @param {boolean} wide  whether offsets may need more than 32 bits
 */
function rewritten(moov, moved, wide) {
  /** @param {Box} box  @param {string[]} path @returns {Uint8Array<ArrayBuffer>} */
  function box({ type, start, content, end }, path) {
    if (type === "stco" || type === "co64") return offsets(moov.subarray(content, end), type, moved, wide);
    const [next, ...rest] = path;
    const parts = [...boxesWithin(moov, content, end)].map((child) => {
      const followed = child.type === next || (!next && (child.type === "stco" || child.type === "co64"));
      return followed ? box(child, rest) : moov.subarray(child.start, child.end);
    });
    return made(type, parts);
  }
  const [whole] = boxesWithin(moov, 0, moov.length);
  return box(whole, PATH);
}

/**
 * `stco` or `co64` with changed offsets.
 * @param {Uint8Array<ArrayBuffer>} content  @param {string} type
 * @param {(offset: number) => number} moved  @param {boolean} wide
 */
function offsets(content, type, moved, wide) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const count = view.getUint32(4);
  const widely = wide || type === "co64";
  const table = new Uint8Array(8 + count * (widely ? 8 : 4));
  table.set(content.subarray(0, 8)); // version, flags, count
  const written = new DataView(table.buffer);
  for (let n = 0; n < count; n++) {
    const offset = moved(type === "co64" ? Number(view.getBigUint64(8 + n * 8)) : view.getUint32(8 + n * 4));
    if (widely) written.setBigUint64(8 + n * 8, BigInt(offset));
    else written.setUint32(8 + n * 4, offset);
  }
  return made(widely ? "co64" : "stco", [table]);
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
