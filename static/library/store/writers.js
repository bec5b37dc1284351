// @ts-check
/**
 * The two ways to write a journal. Each writes records in order and says how many are safe on disk; what it could not
 * write whole it cuts off again.
 */

import {
  CHUNK, CUES, encodeHead, encodeSlot, FINISHED, FRONT, FRONT_ELSEWHERE, HEAD, KEPT, NEXT, ROOM, SLOT, SLOTS,
} from "./journal.js";
import { voidHead, VOID_HEAD, WebmIndex } from "./webm.js";
import { Fault, gone } from "../fault.js";

/** @typedef {import("./journal.js").Entry} Entry */

/**
 * @typedef {object} Writer
 * @property {(entries: Entry[], room: number) => Promise<number>} write
 *   whose payloads lie end to end in one buffer, in no more room than so many bytes; returns how many records are safe
 * @property {(milliseconds: number, room: number) => Promise<void>} finish  the last records: with an index, where it has room
 * @property {() => Promise<boolean>} isThere  whether the file is still where it was made
 * @property {() => Blob} content  of a file that is not there any more, as far as it can be had
 * @property {WebmIndex} index
 * @property {unknown} failure  why it was not all of them
 * @property {number} size      bytes on disk
 * @property {() => void} close
 */

const TABLE = SLOTS * SLOT;
/** Slots before the last ones, at each of which a table can end. */
const EARLY = 8;
/** Bytes before the first chunk, for what makes a WebM seekable. */
const FRONT_ROOM = 1024;
/** Bytes that are copied between two reports. */
const PIECE = 4 * 2 ** 20;

/** The names of a journal's files stand in order. @param {number} number */
export const fileName = (number) => `journal-${String(number).padStart(9, "0")}`;

/** @param {FileSystemDirectoryHandle} folder  @returns {Promise<Writer>} */
export async function openWriter(folder) {
  if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) return new ManyFiles(folder);
  const file = await folder.getFileHandle(fileName(0), { create: true });
  return new GrowingFile(await file.createSyncAccessHandle(), folder);
}

/** @param {FileSystemDirectoryHandle} folder  @param {string} name */
const isIn = (folder, name) => folder.getFileHandle(name).then(() => true, () => false);

/** One file that grows, in a worker: what was written is the system's at once, and on the disk after `flush`. */
class GrowingFile {
  /** @type {unknown} */
  failure;
  /** Where the next payload goes. */
  size = HEAD;
  #table = 0;
  /** The next one of the table; at first there is no table. */
  #slot = SLOTS;
  /** Where the first chunk lies. */
  #first = 0;
  index = new WebmIndex();

  /** @param {FileSystemSyncAccessHandle} handle  of an empty file  @param {FileSystemDirectoryHandle} folder */
  constructor(handle, folder) {
    this.handle = handle;
    this.folder = folder;
    this.#put(encodeHead(SLOTS), 0);
  }

  /** @param {Entry[]} entries  @param {number} room */
  async write(entries, room) {
    const most = this.size + room;
    let [written, together] = [0, entries.length];
    while (written < entries.length) {
      try {
        written += this.#add(entries.slice(written, written + together), most);
      } catch (error) {
        this.failure = error;
        this.#cut();
        if (together === 1) break;
        together = 1; // some of them may fit
      }
    }
    this.handle.flush();
    return written;
  }

  /** @param {number} milliseconds  @param {number} room */
  async finish(milliseconds, room) {
    const cues = this.index.cues();
    const hasCues = Boolean(cues && (await this.write([{ kind: CUES, payload: cues, milliseconds: 0 }], room)));
    if (!this.#table) return;
    const front = this.index.front(milliseconds, hasCues);
    if (front && front.length <= FRONT_ROOM) {
      this.#put(front, this.#first - front.length);
      this.#putSlots([{ kind: FRONT, payload: front, milliseconds: 0 }]);
    }
    this.#putSlots([{ kind: FINISHED, payload: new Uint8Array(), milliseconds }]);
    this.handle.flush();
  }

  isThere() {
    return isIn(this.folder, fileName(0));
  }

  /** What has no name any more can often still be read. */
  content() {
    const pieces = [];
    for (let at = 0; at < this.size; ) {
      const piece = new Uint8Array(Math.min(PIECE, this.size - at));
      if (this.handle.read(piece, { at }) !== piece.length) break;
      pieces.push(new Blob([piece]));
      at += piece.length;
    }
    return new Blob(pieces);
  }

  close() {
    this.handle.close();
  }

  /**
   * As many as the table and the room hold: each call of the system costs as much as 50 kB.
   * @param {Entry[]} entries  @param {number} most
   */
  #add(entries, most) {
    const last = entries[0].kind === CUES ? SLOTS : SLOTS - KEPT;
    // Where it can, a table ends with an element, so that the next one can be hidden.
    const early = entries[0].kind === CHUNK ? last - EARLY : last;
    const full = this.#slot >= last || (this.#slot >= early && this.index.isAtElement);
    const before = this.#first || entries[0].kind !== CHUNK ? 0 : FRONT_ROOM;
    let end = this.size + (full ? VOID_HEAD + TABLE : 0) + before;
    const slots = full ? SLOTS - KEPT - EARLY : Math.max(1, early - this.#slot);
    const free = slots - (before && 1);
    const fitting = entries.slice(0, free).filter(({ payload }) => (end += payload.length) <= most);
    if (fitting.length === 0) throw limitReached();
    if (full) this.#beginTable();
    if (before) this.#leaveRoom();
    const { buffer, byteOffset } = fitting[0].payload;
    const size = fitting.reduce((sum, { payload }) => sum + payload.length, 0);
    this.#put(new Uint8Array(buffer, byteOffset, size), this.size);
    this.size += size;
    this.#putSlots(fitting);
    for (const { kind, payload } of fitting) if (kind === CHUNK) this.index.add(payload);
    return fitting.length;
  }

  #beginTable() {
    const isHidden = this.index.isAtElement;
    const head = isHidden ? voidHead(TABLE) : new Uint8Array();
    const at = this.size + head.length;
    this.#put(head, this.size);
    this.#put(new Uint8Array(TABLE), at); // takes the room now: later the disk may be full
    if (this.#table) this.#putSlots([{ kind: NEXT, payload: head, milliseconds: 0 }]);
    if (isHidden) this.index.skip(head.length + TABLE);
    this.#table = at;
    this.size = at + TABLE;
    this.#slot = 0;
  }

  #leaveRoom() {
    const room = new Uint8Array(FRONT_ROOM);
    this.#put(room, this.size);
    this.#putSlots([{ kind: ROOM, payload: room, milliseconds: 0 }]);
    this.size += FRONT_ROOM;
    this.#first = this.size;
  }

  /** @param {Entry[]} entries */
  #putSlots(entries) {
    this.#put(encodeSlots(entries), this.#table + this.#slot * SLOT);
    this.#slot += entries.length;
  }

  /**
   * Chromium does not throw on a full disk, it returns a wrong number.
   * @param {Uint8Array<ArrayBuffer>} bytes  @param {number} at
   */
  #put(bytes, at) {
    if (this.handle.write(bytes, { at }) !== bytes.length) throw new DOMException("", "QuotaExceededError");
  }

  /** Take back what is torn. Where even that fails, the checksums tell. */
  #cut() {
    try {
      this.handle.truncate(this.size);
      this.#put(new Uint8Array((SLOTS - this.#slot) * SLOT), this.#table + this.#slot * SLOT);
    } catch {
      // nothing that could be read
    }
  }
}

/** A file for each call, where there are no handles to write with at once: it is there when it is whole. */
class ManyFiles {
  /** @type {unknown} */
  failure;
  size = 0;
  #count = 0;
  index = new WebmIndex();

  /** @param {FileSystemDirectoryHandle} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** @param {Entry[]} entries  @param {number} room */
  async write(entries, room) {
    const name = fileName(this.#count);
    const content = new Blob(journalOf(entries));
    try {
      if (content.size > room) throw limitReached();
      await writeFile(this.folder, name, content);
    } catch (error) {
      this.failure = error;
      await this.folder.removeEntry(name).catch(() => {});
      return 0;
    }
    this.size += content.size;
    this.#count += 1;
    for (const { kind, payload } of entries) if (kind === CHUNK) this.index.add(payload);
    return entries.length;
  }

  /** @param {number} milliseconds  @param {number} room */
  async finish(milliseconds, room) {
    const cues = this.index.cues();
    const hasCues = Boolean(cues && (await this.write([{ kind: CUES, payload: cues, milliseconds: 0 }], room)));
    const front = this.index.front(milliseconds, hasCues);
    const end = { kind: FINISHED, payload: new Uint8Array(), milliseconds };
    if (front && (await this.write([{ kind: FRONT_ELSEWHERE, payload: front, milliseconds: 0 }, end], room)) === 2) return;
    await this.write([end], Infinity);
  }

  isThere() {
    return isIn(this.folder, fileName(0));
  }

  content() {
    return new Blob();
  }

  close() {}
}

/** A whole journal of these records. @param {Entry[]} entries */
export function journalOf(entries) {
  const end = new Uint8Array(SLOT); // the last slot is kept free
  return [encodeHead(entries.length + 1), encodeSlots(entries), end, ...entries.map(({ payload }) => payload)];
}

/** @param {Entry[]} entries */
function encodeSlots(entries) {
  const slots = new Uint8Array(entries.length * SLOT);
  entries.forEach((entry, slot) => slots.set(encodeSlot(entry), slot * SLOT));
  return slots;
}

/**
 * Replace a file, all at once.
 * @param {FileSystemDirectoryHandle} folder  @param {string} name  @param {Blob} content
 * @param {(size: number) => void} [written]  hears of so many bytes more; what it throws ends the writing
 */
export async function writeFile(folder, name, content, written) {
  const file = await folder.getFileHandle(name, { create: true });
  const writable = await file.createWritable();
  try {
    for (let at = 0; at < content.size; at += PIECE) {
      const piece = content.slice(at, at + PIECE);
      // (Read here and written as bytes it took from two to five times as long.)
      await writable.write(piece).catch(async (error) => {
        throw (await isUnreadable(piece)) ? gone() : error;
      });
      written?.(piece.size);
    }
    await writable.close();
  } catch (error) {
    await writable.abort().catch(() => {});
    throw error;
  }
}

/** Whether it was for reading that it could not be written. @param {Blob} piece */
const isUnreadable = (piece) => piece.arrayBuffer().then(() => false, () => true);

export const limitReached = () =>
  new Fault("QuotaExceededError", "the limit of the store is reached. Delete recordings, or open it with a higher limit.");
