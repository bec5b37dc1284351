// @ts-check
/**
 * The two ways to write a journal. Each writes records in order and returns how many are safely on disk; it cuts off
 * incomplete records.
 */

import {
  aboutEntry, BEHIND, CHANGES, CHUNK, CUES, encodeHead, encodeSlot, FINISHED, FRONT, FRONT_ELSEWHERE, HEAD, KEPT, NEXT, ROOM,
  SLOT, SLOTS,
} from "./journal.js";
import { voidHead, VOID_HEAD } from "../webm/elements.js";
import { WebmIndex } from "../webm/front.js";
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
 * @property {(from: number, to: number) => Promise<Blob>} part  a part of what the chunks on disk are together
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
/** Milliseconds between attempts to open a file, and how many there are: a closed worker releases it a moment later. */
const PAUSE_MS = 50;
const ATTEMPTS = 20;

/** The file with the records that end a take, if its journal has no space for them. */
export const END = "end";

/** The name of a journal's file; the names sort in order. @param {number} number */
export const fileName = (number) => `journal-${String(number).padStart(9, "0")}`;

/**
 * @param {FileSystemDirectoryHandle} folder  @param {boolean} isPlain  whether the file stays as the browser delivered it
 * @returns {Promise<Writer>}
 */
export async function openWriter(folder, isPlain) {
  const index = indexOf(isPlain);
  if (!hasHandles()) return new ManyFiles(folder, index);
  const file = await folder.getFileHandle(fileName(0), { create: true });
  return GrowingFile.begun(await file.createSyncAccessHandle(), folder, index);
}

/** The index of a take; that of a plain one never knows anything. @param {boolean} isPlain */
export const indexOf = (isPlain) => Object.assign(new WebmIndex(), isPlain ? { add() {} } : {});

/**
 * Write the records that end a take after its last intact chunk. Until they are written, the take is as it was; only
 * data after that chunk, which no reader trusts, is lost at once.
 * @param {FileSystemDirectoryHandle} folder  @param {import("./journal.js").Journal} journal
 * @param {WebmIndex} index  of its chunks
 * @param {boolean} isPlain
 * @returns whether they are written; otherwise the take needs another form, or the browser another way to write
 */
export async function endTake(folder, journal, index, isPlain) {
  const { end, complete, finished, room } = journal;
  if (!end) return false;
  const milliseconds =
    finished || isPlain ? journal.milliseconds : Math.round(index.duration(journal.milliseconds));
  if (end.file < complete) {
    const names = await Array.fromAsync(folder.keys());
    for (const name of names) if (name.startsWith("journal-") && name > fileName(complete)) await folder.removeEntry(name);
    await writeFile(folder, fileName(complete), new Blob(journalOf(endOf(index, milliseconds, FRONT_ELSEWHERE))));
    return true;
  }
  const isFitting = isPlain || (index.front(milliseconds, true)?.length ?? Infinity) <= room;
  if (end.file > 0 || end.slots !== SLOTS || end.slot > SLOTS - KEPT || !isFitting) return false;
  if (!hasHandles()) {
    if (isPlain) await endElsewhere(folder, journal, index, milliseconds);
    return isPlain;
  }
  const handle = await openedHandle(await folder.getFileHandle(fileName(0)));
  try {
    GrowingFile.resumed(handle, folder, journal, index).end(milliseconds);
  } catch (error) {
    // Chromium gives a growing file as much space again as it has (quirk: chromium-doubles-growing-files).
    if (finished || /** @type {any} */ (error).name !== "QuotaExceededError") throw error;
    await endElsewhere(folder, journal, index, milliseconds);
    return true;
  } finally {
    handle.close();
  }
  await folder.removeEntry(END).catch(() => {}); // of an attempt that was cut off
  return true;
}

/**
 * Write the last records into a file of their own.
 * @param {FileSystemDirectoryHandle} folder  @param {import("./journal.js").Journal} journal
 * @param {WebmIndex} index  @param {number} milliseconds
 */
function endElsewhere(folder, journal, index, milliseconds) {
  const behind = aboutEntry({ size: journal.size - journal.gap }, BEHIND);
  return writeFile(folder, END, new Blob(journalOf([behind, ...endOf(index, milliseconds, FRONT_ELSEWHERE)])));
}

const hasHandles = () => "createSyncAccessHandle" in FileSystemFileHandle.prototype;

/** @param {FileSystemFileHandle} file  @returns {Promise<FileSystemSyncAccessHandle>} */
async function openedHandle(file) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      if (/** @type {any} */ (error).name !== "NoModificationAllowedError" || attempt === ATTEMPTS) throw error;
      await new Promise((next) => setTimeout(next, PAUSE_MS));
    }
  }
}

/**
 * The records that end a take, in order.
 * @param {WebmIndex} index  @param {number} milliseconds  @param {number} kind  of the front's record
 * @param {boolean} [isIndexed]  whether it gets cues
 * @returns {Entry[]}
 */
function endOf(index, milliseconds, kind, isIndexed = true) {
  const cues = isIndexed ? index.cues() : undefined;
  const changes = cues ? index.changes() : [];
  const front = index.front(milliseconds, Boolean(cues));
  return [
    ...(cues ? [{ kind: CUES, payload: cues, milliseconds: 0 }] : []),
    ...(changes.length ? [aboutEntry(changes, CHANGES)] : []),
    ...(front ? [{ kind, payload: front, milliseconds: 0 }] : []),
    { kind: FINISHED, payload: new Uint8Array(), milliseconds },
  ];
}

/** @param {FileSystemDirectoryHandle} folder  @param {string} name */
const isIn = (folder, name) => folder.getFileHandle(name).then(() => true, () => false);

/** Where the chunks are, as ranges of files. */
class Ranges {
  /** @type {{file: number, at: number, size: number}[]} */
  #ranges = [];

  /** @param {number} file  its number  @param {number} at  @param {number} size */
  add(file, at, size) {
    const last = this.#ranges.at(-1);
    if (last && last.file === file && last.at + last.size === at) last.size += size;
    else this.#ranges.push({ file, at, size });
  }

  /**
   * @param {number} from  @param {number} to
   * @param {(file: number, from: number, to: number) => Promise<BlobPart> | BlobPart} read
   */
  async part(from, to, read) {
    const pieces = [];
    let begin = 0;
    for (const { file, at, size } of this.#ranges) {
      const [first, last] = [Math.max(from - begin, 0), Math.min(to - begin, size)];
      if (first < last) pieces.push(await read(file, at + first, at + last));
      begin += size;
    }
    return new Blob(pieces);
  }
}

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
  #ranges = new Ranges();

  /** @param {FileSystemSyncAccessHandle} handle  @param {FileSystemDirectoryHandle} folder  @param {WebmIndex} index */
  constructor(handle, folder, index) {
    this.handle = handle;
    this.folder = folder;
    this.index = index;
  }

  /**
   * @param {FileSystemSyncAccessHandle} handle  to an empty file  @param {FileSystemDirectoryHandle} folder
   * @param {WebmIndex} index
   */
  static begun(handle, folder, index) {
    const begun = new GrowingFile(handle, folder, index);
    begun.#put(encodeHead(SLOTS), 0);
    return begun;
  }

  /**
   * The writer of a take that was cut off, after its last intact chunk.
   * @param {FileSystemSyncAccessHandle} handle  @param {FileSystemDirectoryHandle} folder
   * @param {import("./journal.js").Journal} journal  @param {WebmIndex} index  of its chunks
   */
  static resumed(handle, folder, { first, end }, index) {
    const resumed = new GrowingFile(handle, folder, index);
    resumed.#first = first;
    if (end) [resumed.size, resumed.#table, resumed.#slot] = [end.at, end.table, end.slot];
    return resumed;
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
    if (!this.#table) return;
    try {
      this.end(milliseconds, room);
    } catch {
      this.#end(endOf(this.index, milliseconds, FRONT, false));
    }
  }

  /** Write the last records, with an index if the file is understood. @param {number} milliseconds */
  end(milliseconds, room = Infinity) {
    const entries = endOf(this.index, milliseconds, FRONT);
    const size = entries.reduce((sum, { kind, payload }) => sum + (kind === FRONT ? 0 : payload.length), 0);
    if (size > room) throw limitReached();
    this.#end(entries);
  }

  /**
   * Write the last records. The slots come last, so until then, the journal is as before.
   * @param {Entry[]} all
   */
  #end(all) {
    // Cues count from the start of the front.
    const isFitting = all.every(({ kind, payload }) => kind !== FRONT || payload.length <= FRONT_ROOM);
    const entries = isFitting ? all : all.slice(-1);
    let at = this.size;
    for (const { kind, payload } of entries) {
      this.#put(payload, kind === FRONT ? this.#first - payload.length : at);
      if (kind !== FRONT) at += payload.length;
    }
    try {
      this.handle.truncate(at);
    } catch {
      // readers ignore the rest
    }
    this.handle.flush();
    // The rest of the table may have slots of records that were cut off.
    const rest = new Uint8Array((SLOTS - this.#slot) * SLOT);
    rest.set(encodeSlots(entries));
    this.#put(rest, this.#table + this.#slot * SLOT);
    this.size = at;
    this.#slot += entries.length;
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

  /** @param {number} from  @param {number} to */
  async part(from, to) {
    return this.#ranges.part(from, to, (_, first, last) => {
      const piece = new Uint8Array(last - first);
      this.handle.read(piece, { at: first });
      return piece;
    });
  }

  close() {
    this.handle.close();
  }

  /**
   * Add as many entries as the table and the space hold: each system call costs as much as writing 50 kB.
   * @param {Entry[]} entries  @param {number} most
   */
  #add(entries, most) {
    const last = SLOTS - KEPT;
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
    if (fitting[0].kind === CHUNK) this.#ranges.add(0, this.size, size);
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
  #ranges = new Ranges();

  /** @param {FileSystemDirectoryHandle} folder  @param {WebmIndex} index */
  constructor(folder, index) {
    this.folder = folder;
    this.index = index;
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
    let at = content.size - entries.reduce((sum, { payload }) => sum + payload.length, 0);
    for (const { kind, payload } of entries) {
      if (kind === CHUNK) {
        this.#ranges.add(this.#count, at, payload.length);
        this.index.add(payload);
      }
      at += payload.length;
    }
    this.size += content.size;
    this.#count += 1;
    return entries.length;
  }

  /** @param {number} milliseconds  @param {number} room */
  async finish(milliseconds, room) {
    if (await this.write(endOf(this.index, milliseconds, FRONT_ELSEWHERE), room)) return;
    await this.write([{ kind: FINISHED, payload: new Uint8Array(), milliseconds }], Infinity);
  }

  isThere() {
    return isIn(this.folder, fileName(0));
  }

  content() {
    return new Blob();
  }

  /** @param {number} from  @param {number} to */
  part(from, to) {
    return this.#ranges.part(from, to, async (file, first, last) =>
      (await (await this.folder.getFileHandle(fileName(file))).getFile()).slice(first, last));
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
