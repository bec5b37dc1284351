// @ts-check
/**
 * The two ways to write a journal. Each writes records in order and returns how many are safely on disk; it cuts off
 * incomplete records.
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
 *   writes entries whose payloads are adjacent in one buffer, using at most `room` bytes; returns how many are on disk
 * @property {(milliseconds: number, room: number) => Promise<void>} finish  writes the last records, including
 *   an index if it fits
 * @property {() => Promise<boolean>} isThere  whether the file still exists
 * @property {() => Blob} content  the content of a removed file, as far as it can be read
 * @property {WebmIndex} index
 * @property {unknown} failure  the error, if some entries were not written
 * @property {number} size      bytes on disk
 * @property {() => void} close
 */

const TABLE = SLOTS * SLOT;
/** A table may end at any of this many slots before the reserved ones. */
const EARLY = 8;
/** Bytes reserved before the first chunk for the front of a seekable WebM. */
const FRONT_ROOM = 1024;
/** Bytes to copy between progress reports. */
const PIECE = 4 * 2 ** 20;

/** The name of a journal's file; the names sort in order. @param {number} number */
export const fileName = (number) => `journal-${String(number).padStart(9, "0")}`;

/** @param {FileSystemDirectoryHandle} folder  @returns {Promise<Writer>} */
export async function openWriter(folder) {
  if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) return new ManyFiles(folder);
  const file = await folder.getFileHandle(fileName(0), { create: true });
  return new GrowingFile(await file.createSyncAccessHandle(), folder);
}

/** @param {FileSystemDirectoryHandle} folder  @param {string} name */
const isIn = (folder, name) => folder.getFileHandle(name).then(() => true, () => false);

/** One growing file, in a worker: written data reaches the operating system at once, and the disk after `flush`. */
class GrowingFile {
  /** @type {unknown} */
  failure;
  /** The position of the next payload. */
  size = HEAD;
  #table = 0;
  /** The next slot of the table; at first no table exists. */
  #slot = SLOTS;
  /** The position of the first chunk. */
  #first = 0;
  index = new WebmIndex();

  /** @param {FileSystemSyncAccessHandle} handle  to an empty file  @param {FileSystemDirectoryHandle} folder */
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
        together = 1; // single entries may fit
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

  /** A file whose name was removed can often still be read. */
  content() {
    const pieces = [];
    try {
      for (let at = 0; at < this.size; ) {
        const piece = new Uint8Array(Math.min(PIECE, this.size - at));
        if (this.handle.read(piece, { at }) !== piece.length) break;
        pieces.push(new Blob([piece]));
        at += piece.length;
      }
    } catch {
      // Firefox has closed it
    }
    return new Blob(pieces);
  }

  close() {
    this.handle.close();
  }

  /**
   * Add as many entries as the table and the space hold: each system call costs as much as writing 50 kB.
   * @param {Entry[]} entries  @param {number} most
   */
  #add(entries, most) {
    const last = entries[0].kind === CUES ? SLOTS : SLOTS - KEPT;
    // If possible, a table ends at the end of an element, so that the next table can be hidden.
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
    this.#put(new Uint8Array(TABLE), at); // reserves the space now: later the disk may be full
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
   * Write, and throw if the disk is full: Chromium itself does not throw, but returns a wrong number.
   * (quirk: chromium-miscounts-on-a-full-disk)
   * @param {Uint8Array<ArrayBuffer>} bytes  @param {number} at
   */
  #put(bytes, at) {
    if (this.handle.write(bytes, { at }) !== bytes.length) throw new DOMException("", "QuotaExceededError");
  }

  /** Cut off incomplete data. If even that fails, the checksums reveal it. */
  #cut() {
    try {
      this.handle.truncate(this.size);
      this.#put(new Uint8Array((SLOTS - this.#slot) * SLOT), this.#table + this.#slot * SLOT);
    } catch {
      // readers ignore the rest
    }
  }
}

/** One file per call, for browsers without synchronous handles: a file appears only when it is complete. */
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

/** A complete journal with these records. @param {Entry[]} entries */
export function journalOf(entries) {
  const end = new Uint8Array(SLOT); // the last slot stays empty
  return [encodeHead(entries.length + 1), encodeSlots(entries), end, ...entries.map(({ payload }) => payload)];
}

/** @param {Entry[]} entries */
function encodeSlots(entries) {
  const slots = new Uint8Array(entries.length * SLOT);
  entries.forEach((entry, slot) => slots.set(encodeSlot(entry), slot * SLOT));
  return slots;
}

/**
 * Replace a file atomically.
 * @param {FileSystemDirectoryHandle} folder  @param {string} name  @param {Blob} content
 * @param {(size: number) => void} [written]  called with the size of each piece; if it throws, writing ends
 */
export async function writeFile(folder, name, content, written) {
  const file = await folder.getFileHandle(name, { create: true });
  const writable = await file.createWritable();
  try {
    for (let at = 0; at < content.size; at += PIECE) {
      const piece = content.slice(at, at + PIECE);
      // (Reading the piece here and writing bytes took two to five times as long.)
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

/** Whether writing failed because the piece cannot be read. @param {Blob} piece */
const isUnreadable = (piece) => piece.arrayBuffer().then(() => false, () => true);

export const limitReached = () =>
  new Fault(
    "QuotaExceededError",
    "the store has reached its limit. Delete recordings, or open the store with a higher limit.",
  );
