// @ts-check
/**
 * The two ways to write a journal. Each writes records in order and says how many are safe on disk; what it could not
 * write whole it cuts off again.
 */

import { encodeHead, encodeSlot, FINISHED, HEAD, SLOT, SLOTS } from "./journal.js";
import { Fault } from "../fault.js";

/** @typedef {import("./journal.js").Entry} Entry */

/**
 * @typedef {object} Writer
 * @property {(entries: Entry[], room: number) => Promise<number>} write
 *   whose payloads lie end to end in one buffer, in no more room than so many bytes; returns how many records are safe
 * @property {unknown} failure  why it was not all of them
 * @property {number} size      bytes on disk
 * @property {() => void} close
 */

const TABLE = SLOTS * SLOT;
/** Bytes that are copied between two reports. */
const PIECE = 4 * 2 ** 20;

/** The names of a journal's files stand in order. @param {number} number */
export const fileName = (number) => `journal-${String(number).padStart(9, "0")}`;

/** @param {FileSystemDirectoryHandle} folder  @returns {Promise<Writer>} */
export async function openWriter(folder) {
  if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) return new ManyFiles(folder);
  const file = await folder.getFileHandle(fileName(0), { create: true });
  return new GrowingFile(await file.createSyncAccessHandle());
}

/** One file that grows, in a worker: what was written is the system's at once, and on the disk after `flush`. */
class GrowingFile {
  /** @type {unknown} */
  failure;
  /** Where the next payload goes. */
  size = HEAD;
  #table = 0;
  /** The next one of the table; at first there is no table. */
  #slot = SLOTS;

  /** @param {FileSystemSyncAccessHandle} handle  of an empty file */
  constructor(handle) {
    this.handle = handle;
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

  close() {
    this.handle.close();
  }

  /**
   * As many as the table and the room hold: each call of the system costs as much as 50 kB.
   * @param {Entry[]} entries  @param {number} most
   */
  #add(entries, most) {
    const last = entries[0].kind === FINISHED ? SLOTS : SLOTS - 1;
    const full = this.#slot >= last;
    let end = this.size + (full ? TABLE : 0);
    const free = full ? SLOTS - 1 : last - this.#slot;
    const fitting = entries.slice(0, free).filter(({ payload }) => (end += payload.length) <= most);
    if (fitting.length === 0) throw limitReached();
    if (full) this.#beginTable();
    const { buffer, byteOffset } = fitting[0].payload;
    const size = fitting.reduce((sum, { payload }) => sum + payload.length, 0);
    this.#put(new Uint8Array(buffer, byteOffset, size), this.size);
    this.#put(encodeSlots(fitting), this.#table + this.#slot * SLOT);
    this.size += size;
    this.#slot += fitting.length;
    return fitting.length;
  }

  #beginTable() {
    this.#put(new Uint8Array(TABLE), this.size); // takes the room now: later the disk may be full
    this.#table = this.size;
    this.size += TABLE;
    this.#slot = 0;
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
    return entries.length;
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
        throw (await isGone(piece)) ? gone() : error;
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
const isGone = (piece) => piece.arrayBuffer().then(() => false, () => true);

const gone = () =>
  new Fault("NotReadableError", "the file is gone: its recording was closed or deleted, or the browser removed it");

export const limitReached = () =>
  new Fault("QuotaExceededError", "the limit of the store is reached. Delete recordings, or open it with a higher limit.");
