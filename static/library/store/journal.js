// @ts-check
/**
 * The format of a take on disk: one or more append-only files, one after the other.
 *
 *     file    = head table payloads table payloads …
 *     head    = "MRJ1", number of slots in a table, checksum
 *     table   = slots of 20 bytes, zero until they are used
 *     slot    = kind, length, milliseconds, checksum of the payload, checksum of this slot
 *     payload = a chunk as the browser delivered it, JSON about the take, or data that makes a WebM seekable (../webm/front.js)
 *
 * (All numbers have 32 bits, little-endian.) The payloads of a table follow it without a gap. The reader trusts only
 * data that its checksum confirms: the first torn slot or payload ends the take. The last slots of a table are reserved
 * for the records that end the take, which then need no space on a full disk. `recover()` writes the same records after
 * the last intact chunk of a take that was cut off.
 *
 * A finished WebM is one slice of the file: its front is written into space that was left before the first chunk, and a
 * table between chunks is the content of a Void element. (Firefox's player cannot seek in a Blob that consists of
 * several slices of a file; quirk: firefox-gets-lost-in-slices.)
 */

import { crc32, crc32Final, crc32Init, crc32Update } from "@foxglove/crc";

/** Kinds of records: JSON about the take, a chunk, the end of the take, or the move of its media to a separate file. */
export const ABOUT = 1, CHUNK = 2, FINISHED = 3, MOVED = 4;
/**
 * More kinds of records: space for a front, a front in that space or elsewhere, cues, the end of a table, which is the
 * header of the element that contains the next table, or the bytes of the chunks that differ in the file (JSON).
 */
export const ROOM = 5, FRONT = 6, FRONT_ELSEWHERE = 7, CUES = 8, NEXT = 9, CHANGES = 10;
/** In a separate file: the size of the media that the records after this one belong to (JSON). */
export const BEHIND = 11;

export const HEAD = 12, SLOT = 20;
/** The number of slots in a table of a growing file. */
export const SLOTS = 512;
/** Slots that chunks may not use: for cues, changes, a front and the end, or for the record that leads to the next table. */
export const KEPT = 4;

const MAGIC = 0x314a524d;
/** Bytes to read at a time when verifying checksums. */
const PIECE = 2 ** 20;

/** @typedef {{kind: number, payload: Uint8Array<ArrayBuffer>, milliseconds: number}} Entry */
/** @typedef {{startedAt: number, mimeType: string, size: number, milliseconds: number}} About */
/** @typedef {{file: Blob, from: number, to: number}} Part */
/** @typedef {(file: Blob, from: number, to: number) => Promise<Uint8Array<ArrayBuffer>>} Read */

/**
 * Other bytes for a range of the media: its start, counted from the first chunk, its length, and these bytes.
 * @typedef {[at: number, length: number, bytes: number[]]} Change
 */

/**
 * Where the last chunk ends: the number of its file, the size of the tables there, the position of its table, the slot
 * after its own, and the position after its payload.
 * @typedef {{file: number, slots: number, table: number, slot: number, at: number}} End
 */

/**
 * How to read a journal.
 * @typedef {object} How
 * @property {boolean} [verify]  whether to compare the chunks with their checksums, which requires reading all of them
 * @property {import("../webm/front.js").WebmIndex} [index]  gets the chunks that are intact, if they are verified
 * @property {(size: number, journal: Journal) => void} [passed]  called with the bytes of each record
 * @property {Blob} [end]  the records that end the take, if they are in a separate file
 * @property {Read} [read]
 */

/**
 * The content of a journal, as far as it is intact.
 * @typedef {object} Journal
 * @property {Partial<About>} about
 * @property {Part[]} parts       the ranges of the file; adjacent ranges are one part
 * @property {number[]} spans     two numbers per chunk: the gap before it and its length, in bytes
 * @property {number} size        the size of the file
 * @property {number} milliseconds  the time recorded up to the last chunk
 * @property {boolean} finished
 * @property {boolean} moved      whether the media are in a separate file
 * @property {number} gap         bytes after the last chunk that belong to no chunk
 * @property {number} room        the space before the first chunk
 * @property {number} first       the position of the first chunk
 * @property {number} front       the size of the front
 * @property {boolean} hasCues
 * @property {Change[]} changes   in order
 * @property {number} complete    how many files are complete
 * @property {End} [end]          of the last chunk
 */

/** @param {number} slots  @returns {Uint8Array<ArrayBuffer>} */
export function encodeHead(slots) {
  const bytes = new Uint8Array(HEAD);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, slots, true);
  view.setUint32(8, crc32(bytes.subarray(0, 8)), true);
  return bytes;
}

/** @param {Entry} entry  @returns {Uint8Array<ArrayBuffer>} */
export function encodeSlot({ kind, payload, milliseconds }) {
  const bytes = new Uint8Array(SLOT);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, kind, true);
  view.setUint32(4, payload.length, true);
  view.setUint32(8, milliseconds, true);
  view.setUint32(12, crc32(payload), true);
  view.setUint32(16, crc32(bytes.subarray(0, 16)), true);
  return bytes;
}

/** @param {Partial<About> | Change[] | {size: number}} about  @returns {Entry} */
export const aboutEntry = (about, kind = ABOUT) => ({
  kind,
  payload: new TextEncoder().encode(JSON.stringify(about)),
  milliseconds: 0,
});

/** @returns {Journal} */
export const emptyJournal = () => ({
  about: {},
  parts: [],
  spans: [],
  size: 0,
  milliseconds: 0,
  finished: false,
  moved: false,
  gap: 0,
  room: 0,
  first: 0,
  front: 0,
  hasCues: false,
  changes: [],
  complete: 0,
});

/**
 * Read a take's journal, up to the first damaged part.
 * @param {Blob[]} files  in order  @param {How} [how]
 * @returns {Promise<Journal>}
 */
export async function readJournal(files, how = {}) {
  const journal = emptyJournal();
  while (journal.complete < files.length && (await readFile(files[journal.complete], journal, how))) {
    journal.complete += 1;
  }
  if (how.end && !journal.finished && journal.parts.length) await readFile(how.end, journal, how);
  return journal;
}

/** @type {Read} */
export async function readRange(file, from, to) {
  return new Uint8Array(await file.slice(from, to).arrayBuffer());
}

/**
 * @param {Blob} file  @param {Journal} journal  @param {How} how
 * @returns whether another file may follow
 */
async function readFile(file, journal, how) {
  const { read = readRange } = how;
  const head = await read(file, 0, HEAD);
  const slots = head.length === HEAD ? new DataView(head.buffer).getUint32(4, true) : 0;
  if (slots < 2 || slots > SLOTS || !same(head, encodeHead(slots))) return false;
  let at = HEAD;
  while (at < file.size) {
    const [start, table] = [at, new DataView((await read(file, at, at + slots * SLOT)).buffer)];
    at += slots * SLOT;
    for (let slot = 0; slot < slots; slot++) {
      const record = decodeSlot(table, slot * SLOT);
      const last = slot === slots - 1;
      if (!record) {
        if (last) break; // this slot was not needed
        return false;
      }
      // A front lies before the first chunk.
      const place = record.kind === FRONT ? journal.first - record.length : at;
      if (place < 0 || place + record.length > file.size) return false;
      if (!(await readRecord(file, place, record, journal, slots, how))) return false;
      if (record.kind !== FRONT) at += record.length;
      if (record.kind === CHUNK) journal.end = { file: journal.complete, slots, table: start, slot: slot + 1, at };
      how.passed?.(record.length, journal);
      if (record.kind === NEXT) break;
    }
  }
  return true;
}

/** @param {DataView} table  @param {number} at */
function decodeSlot(table, at) {
  if (at + SLOT > table.byteLength) return undefined;
  const bytes = new Uint8Array(table.buffer, at, SLOT);
  if (crc32(bytes.subarray(0, 16)) !== table.getUint32(at + 16, true)) return undefined;
  return {
    kind: table.getUint32(at, true),
    length: table.getUint32(at + 4, true),
    milliseconds: table.getUint32(at + 8, true),
    checksum: table.getUint32(at + 12, true),
  };
}

/**
 * @param {Blob} file  @param {number} at  @param {NonNullable<ReturnType<typeof decodeSlot>>} record
 * @param {Journal} journal  @param {number} slots  @param {How} how
 * @returns whether it is intact
 */
async function readRecord(file, at, { kind, length, milliseconds, checksum }, journal, slots, how) {
  const { verify, index, read = readRange } = how;
  const pieces = piecesOf(at, at + length);
  let bytes = new Uint8Array();
  if (kind !== ROOM && (verify || kind !== CHUNK)) {
    let found = crc32Init();
    for (const [from, to] of pieces) found = crc32Update(found, (bytes = await read(file, from, to)));
    if (crc32Final(found) !== checksum) return false;
  }
  if (journal.moved && kind === CHUNK) return true;
  if (kind === ROOM) {
    journal.room = length;
  } else if (kind === CHUNK || kind === CUES) {
    if (journal.parts.length === 0) journal.first = at;
    extend(journal, file, at, length);
    if (kind === CHUNK) {
      if (journal.gap) index?.skip(journal.gap);
      // (All of a long chunk is not in memory.)
      if (index) for (const [from, to] of pieces) index.add(pieces.length > 1 ? await read(file, from, to) : bytes);
      journal.spans.push(journal.gap, length);
      journal.gap = 0;
      journal.milliseconds = milliseconds;
    } else {
      journal.hasCues = true;
    }
  } else if (kind === NEXT) {
    const around = length ? length + slots * SLOT : 0;
    if (around) extend(journal, file, at, around);
    journal.gap += around;
  } else if (kind === FRONT || kind === FRONT_ELSEWHERE) {
    if (kind === FRONT) journal.parts[0].from = at;
    else journal.parts.unshift({ file, from: at, to: at + length });
    journal.spans[0] += length;
    journal.size += length;
    journal.front = length;
  } else if (kind === FINISHED) {
    journal.finished = true;
    journal.milliseconds = milliseconds;
  } else {
    const content = JSON.parse(new TextDecoder().decode(await read(file, at, at + length)));
    if (kind === CHANGES) {
      journal.changes = content;
      for (const [, length, bytes] of journal.changes) journal.size += bytes.length - length;
      return true;
    }
    if (kind === BEHIND) {
      leaveOutGap(journal);
      return content.size === journal.size;
    }
    Object.assign(journal.about, content);
    if (kind === MOVED) {
      const { size = 0, milliseconds = 0 } = journal.about;
      Object.assign(journal, { moved: true, finished: true, parts: [], spans: [0, size], size, milliseconds });
    }
  }
  return true;
}

/** @param {Journal} journal  @param {Blob} file  @param {number} at  @param {number} length */
function extend(journal, file, at, length) {
  const part = journal.parts.at(-1);
  if (part && part.file === file && part.to === at) part.to += length;
  else journal.parts.push({ file, from: at, to: at + length });
  journal.size += length;
}

/** Leave out a table after the last chunk. @param {Journal} journal */
function leaveOutGap(journal) {
  const last = /** @type {Part} */ (journal.parts.at(-1));
  last.to -= journal.gap;
  journal.size -= journal.gap;
  journal.gap = 0;
}

/** The ranges to read one by one. @param {number} from  @param {number} to */
function piecesOf(from, to) {
  const pieces = [];
  for (let at = from; at < to; at += PIECE) pieces.push([at, Math.min(at + PIECE, to)]);
  return pieces;
}

/** @param {Uint8Array} one  @param {Uint8Array} other */
const same = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);
