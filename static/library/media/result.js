// @ts-check
/**
 * A file in the making. It grows outside of every heap: as a Blob, which the browser keeps, and beyond
 * `LARGE` as a temporary file of the origin private file system.
 */

import { Mp4OutputFormat, Output, StreamTarget } from "mediabunny";
import { moovInFront } from "./faststart.js";
import { duration, reading } from "./input.js";
import { holdLock } from "../lock.js";

/**
 * What Python gets: `remove` where the Blob is a temporary file, to be called when nobody needs it any more; `note`
 * where it differs from what was asked for, as a sentence for the log.
 * @typedef {{blob: Blob, mimeType: string, duration: number, remove?: () => Promise<void>, note?: string}} Result
 */

/** Bytes beyond which a result lives on disk. */
const LARGE = 32 * 2 ** 20;
/** Bytes that are gathered before they are handed on. */
const PIECE = 2 ** 20;
const FOLDER = "mediarecorder-temporary";

class ResultFile {
  #blob = new Blob();
  /** @type {TemporaryFile | undefined} */
  #temporary;
  /** @type {FileSystemWritableFileStream | undefined} */
  #writable;
  #diskMissing = false;

  /** Where mediabunny writes. */
  get target() {
    const write = this.#write.bind(this);
    return new StreamTarget(new WritableStream({ write }), { chunked: true, chunkSize: PIECE });
  }

  /** @param {import("mediabunny").StreamTargetChunk} chunk */
  async #write({ data, position }) {
    if (this.#writable) {
      await this.#writable.write({ type: "write", data, position });
      return;
    }
    // Nearly always the end; at last the head is written again, with the length in it.
    const after = this.#blob.slice(position + data.byteLength);
    this.#blob = new Blob([this.#blob.slice(0, position), data, after]);
    if (this.#blob.size > LARGE && !this.#diskMissing) await this.#moveToDisk();
  }

  async #moveToDisk() {
    try {
      this.#temporary = await TemporaryFile.create();
      this.#writable = await this.#temporary.handle.createWritable();
    } catch {
      // A private window, perhaps, or a browser without such files: it has to keep it all.
      this.#diskMissing = true;
      await this.#temporary?.remove();
      this.#temporary = undefined;
      return;
    }
    await this.#writable.write(this.#blob);
    this.#blob = new Blob();
  }

  /** Close the file. @param {string} mimeType  @param {boolean} isMp4 */
  async finish(mimeType, isMp4) {
    // mediabunny would have to keep all media in memory to have their index in front.
    const front = (/** @type {Blob} */ blob) => (isMp4 ? moovInFront(blob) : blob);
    const typed = (/** @type {Blob} */ blob) => blob.slice(0, blob.size, mimeType);
    const temporary = this.#temporary;
    if (!temporary) return { blob: typed(await front(this.#blob)) };
    await this.#writable?.close();
    const file = await temporary.handle.getFile();
    const moved = await front(file);
    if (moved !== file) await this.#rewrite(temporary, moved);
    return { blob: typed(await temporary.handle.getFile()), remove: temporary.remove };
  }

  /**
   * Write the file again. (Firefox's player goes to the wrong places in a Blob that is made of slices of a file.)
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
      // Until it is closed there are two files, and perhaps no room for them: then the index stays at the end.
      await writable?.abort().catch(() => {});
    }
  }

  /** Give it up: nothing of it stays. */
  async discard() {
    this.#blob = new Blob();
    await this.#writable?.abort().catch(() => {});
    await this.#temporary?.remove();
  }
}

/**
 * Write a file; when the work fails, nothing of it stays.
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
 * A file that this page or worker may use as long as it lives. A Web Lock says that it does; what no lock
 * holds was left behind by a page that is gone, and is removed by the next one.
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

/** Remove what pages left behind that are gone. @param {FileSystemDirectoryHandle} folder */
async function sweep(folder) {
  for await (const name of folder.keys()) {
    await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
      if (lock) await folder.removeEntry(name).catch(() => {});
    });
  }
}

/** Remove what earlier pages left behind, when this one begins. */
export async function sweepTemporaryFiles() {
  try {
    const root = await navigator.storage.getDirectory();
    await sweep(await root.getDirectoryHandle(FOLDER));
  } catch {
    // no such folder, or no file system at all
  }
}
