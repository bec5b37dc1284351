// @ts-check
/**
 * A file while it is being written. It grows outside all heaps: as a Blob, which the browser stores, and beyond `LARGE`
 * as a temporary file in the origin private file system.
 */

import { Mp4OutputFormat, Output, Target } from "mediabunny";
import { moovInFront } from "./faststart.js";
import { duration, reading } from "./input.js";
import { holdLock } from "../lock.js";

/**
 * The result for Python. If the Blob is a temporary file, call `remove` when it is no longer needed. If the result
 * differs from the request, `note` is a sentence for the log.
 * @typedef {{blob: Blob, mimeType: string, duration: number, remove?: () => Promise<void>, note?: string}} Result
 */

/** Results larger than this many bytes are stored on disk. */
const LARGE = 32 * 2 ** 20;
/** Bytes to collect before they are passed on. */
const PIECE = 2 ** 20;
/** Pieces that stay in memory, because the size of a cluster is written after its content. */
const HELD = 2;
const FOLDER = "mediarecorder-temporary";

/** What mediabunny writes, in pieces. (Its own target for streams copies everything three times.) */
class Pieces extends Target {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #held = [];
  /** Where the first of them begins in the file. */
  #from = 0;
  #end = 0;
  /** Changes of what was passed on. @type {[data: Uint8Array<ArrayBuffer>, position: number][]} */
  #changes = [];
  /** @type {Promise<void>} */
  #passing = Promise.resolve();

  /** @param {(data: Uint8Array<ArrayBuffer>, position: number) => Promise<void>} pass */
  constructor(pass) {
    super();
    this.pass = pass;
  }

  _start() {}

  /** @param {Uint8Array} data  @param {number} position */
  _write(data, position) {
    this.#end = Math.max(this.#end, position + data.length);
    if (position < this.#from) {
      this.#changes.push([data.slice(0, this.#from - position), position]);
      data = data.subarray(this.#from - position);
      position = this.#from;
    }
    while (data.length > 0) {
      const at = (position - this.#from) % PIECE;
      const index = (position - this.#from - at) / PIECE;
      while (this.#held.length <= index) this.#held.push(new Uint8Array(PIECE));
      const part = data.subarray(0, PIECE - at);
      this.#held[index].set(part, at);
      position += part.length;
      data = data.subarray(part.length);
    }
  }

  async _flush() {
    while (this.#held.length > HELD) await this.#passOn();
    for (const change of this.#changes.splice(0)) await this.#next(...change);
  }

  async _finalize() {
    while (this.#held.length > 0) await this.#passOn();
    await this._flush();
    await this.#passing;
  }

  async _close() {
    await this.#passing.catch(() => {});
  }

  async #passOn() {
    const [piece] = this.#held.splice(0, 1);
    const position = this.#from;
    this.#from += piece.length;
    await this.#next(piece.subarray(0, this.#end - position), position);
  }

  /**
   * Pass on, once the piece before it has been written.
   * @param {Uint8Array<ArrayBuffer>} data  @param {number} position
   */
  async #next(data, position) {
    await this.#passing;
    this.#passing = this.pass(data, position);
    this.#passing.catch(() => {}); // the next call will throw it
  }
}

export class ResultFile {
  /** @type {Blob[]} */
  #parts = [];
  #size = 0;
  /** @type {TemporaryFile | undefined} */
  #temporary;
  /** @type {FileSystemWritableFileStream | undefined} */
  #writable;
  #diskMissing = false;

  /** The target for mediabunny. */
  get target() {
    return new Pieces((data, position) => this.write(data, position));
  }

  /** @param {Blob | Uint8Array<ArrayBuffer>} data  @param {number} position */
  async write(data, position) {
    if (this.#writable) {
      await this.#writable.write({ type: "write", data, position });
      return;
    }
    const end = position + (data instanceof Blob ? data.size : data.length);
    // Nearly always an append; finally the header is written again, with the length.
    if (position < this.#size) {
      const blob = this.#blob;
      this.#parts = [blob.slice(0, position), new Blob([data]), blob.slice(end)];
    } else this.#parts.push(new Blob([data]));
    this.#size = Math.max(this.#size, end);
    if (this.#size > LARGE && !this.#diskMissing) await this.#moveToDisk();
  }

  get #blob() {
    return new Blob(this.#parts);
  }

  async #moveToDisk() {
    try {
      this.#temporary = await TemporaryFile.create();
      this.#writable = await this.#temporary.handle.createWritable();
    } catch {
      // A private window, perhaps, or a browser without such files: the browser must keep the whole Blob.
      this.#diskMissing = true;
      await this.#temporary?.remove();
      this.#temporary = undefined;
      return;
    }
    await this.#writable.write(this.#blob);
    this.#parts = [];
  }

  /** Close the file. @param {string} mimeType  @param {boolean} isMp4  @param {number} [size]  where to cut it off */
  async finish(mimeType, isMp4, size) {
    // mediabunny would have to keep all media in memory to write the index in front.
    const front = (/** @type {Blob} */ blob) => (isMp4 ? moovInFront(blob) : blob);
    const typed = (/** @type {Blob} */ blob) => blob.slice(0, size ?? blob.size, mimeType);
    const temporary = this.#temporary;
    if (!temporary) return { blob: typed(await front(this.#blob)) };
    await this.#writable?.close();
    const file = await temporary.handle.getFile();
    const moved = await front(file);
    if (moved !== file) await this.#rewrite(temporary, moved);
    return { blob: typed(await temporary.handle.getFile()), remove: temporary.remove };
  }

  /**
   * Write the file again. (Firefox's player seeks to wrong positions in a Blob that consists of slices of a file.
   * quirk: firefox-gets-lost-in-slices)
   * @param {TemporaryFile} temporary  @param {Blob} blob
   */
  async #rewrite(temporary, blob) {
    /** @type {FileSystemWritableFileStream | undefined} */
    let writable;
    try {
      writable = await temporary.handle.createWritable();
      await writable.write(blob);
      await writable.close();
    } catch {
      // Until it is closed, both files exist. If the disk has no space for them, the index stays at the end.
      await writable?.abort().catch(() => {});
    }
  }

  /** Delete the file. */
  async discard() {
    this.#parts = [];
    await this.#writable?.abort().catch(() => {});
    await this.#temporary?.remove();
  }
}

/**
 * Write a file. If the work fails, nothing is left behind.
 * @param {import("mediabunny").OutputFormat} format
 * @param {(output: Output) => Promise<void>} work  adds tracks and media, and may finalize
 * @returns {Promise<Result>}
 */
export async function writing(format, work) {
  const file = new ResultFile();
  const output = new Output({ format, target: file.target });
  try {
    await work(output);
    if (output.state === "started") await output.finalize();
    const mimeType = await output.getMimeType();
    const result = await file.finish(mimeType, format instanceof Mp4OutputFormat);
    return { ...result, mimeType, duration: await reading(result.blob, duration) };
  } catch (error) {
    if (output.state !== "canceled") await output.cancel().catch(() => {});
    await file.discard();
    throw error;
  }
}

/**
 * The same result in one piece of memory or one file. (quirk: firefox-gets-lost-in-slices)
 * @param {Result} result
 * @returns {Promise<Result>}
 */
export async function inOnePart(result) {
  const { blob } = result;
  if (blob.size <= LARGE) return { ...result, blob: new Blob([await blob.arrayBuffer()], { type: blob.type }) };
  /** @type {TemporaryFile | undefined} */
  let temporary;
  try {
    temporary = await TemporaryFile.create();
    const writable = await temporary.handle.createWritable();
    await writable.write(blob);
    await writable.close();
    const file = await temporary.handle.getFile();
    return { ...result, blob: file.slice(0, file.size, blob.type), remove: temporary.remove };
  } catch {
    await temporary?.remove();
    return result; // without a disk, only seeking suffers
  }
}

/**
 * A file that this page or worker may use during its lifetime, which a Web Lock signals. A file without a held lock was
 * left behind by a page that is gone; the next page removes it.
 */
class TemporaryFile {
  /** @type {Promise<void> | undefined} */
  static #swept;
  /** @type {() => void} */
  #release = () => {};

  /** @param {FileSystemDirectoryHandle} folder  @param {FileSystemFileHandle} handle */
  constructor(folder, handle) {
    this.folder = folder;
    this.handle = handle;
    this.remove = this.remove.bind(this);
  }

  static async create() {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER, { create: true });
    await (this.#swept ??= sweep(folder).catch(() => {}));
    const name = crypto.randomUUID();
    const release = await holdLock(lockOf(name));
    const temporary = new TemporaryFile(folder, await folder.getFileHandle(name, { create: true }));
    temporary.#release = release;
    return temporary;
  }

  async remove() {
    await this.folder.removeEntry(this.handle.name).catch(() => {});
    this.#release();
  }
}

/** @param {string} name */
const lockOf = (name) => `${FOLDER}/${name}`;

/** Remove the files of pages that are gone. @param {FileSystemDirectoryHandle} folder */
async function sweep(folder) {
  for await (const name of folder.keys()) {
    await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
      if (lock) await folder.removeEntry(name).catch(() => {});
    });
  }
}

/** Remove the files that earlier pages left behind. Called when this one starts. */
export async function sweepTemporaryFiles() {
  try {
    const root = await navigator.storage.getDirectory();
    await sweep(await root.getDirectoryHandle(FOLDER));
  } catch {
    // no such folder, or no file system at all
  }
}
