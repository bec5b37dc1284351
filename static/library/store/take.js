// @ts-check
/** A running take: its chunks go to disk in the order in which they arrive. */

import { aboutEntry, CHUNK, emptyJournal, readJournal } from "./journal.js";
import { MARKERS } from "./folder.js";
import { openWriter, writeFile } from "./writers.js";
import { gone } from "../fault.js";

/** Bytes to write at a time when the disk lags behind. */
const BATCH = 4 * 2 ** 20;
/** Bytes of the last chunks to keep in memory in case their file is removed. */
const HELD = 4 * 2 ** 20;
/** Milliseconds between checks that the file still exists. */
const LOOK = 1000;

/** @typedef {import("./journal.js").Entry} Entry */
/** @typedef {import("./journal.js").About} About */
/** @typedef {import("./journal.js").Journal} Journal */
/** @typedef {{blob: Blob, milliseconds: number}} Chunk */

/**
 * The take's interface to its store.
 * @typedef {object} Owner
 * @property {() => number} room  the bytes that it may still write
 * @property {(size: number) => void} written  called when more bytes of chunks are on disk
 * @property {(error: unknown) => void} failed
 */

export class Take {
  /** @type {Chunk[]} */
  #waiting = [];
  /** @type {FileSystemDirectoryHandle | undefined} */
  #folder;
  /** @type {Promise<void>} */
  #writing;
  #mimeType = "";
  #failed = false;
  /** The last chunks. @type {Chunk[]} */
  #held = [];
  #holds = 0;
  #count = 0;
  /** Whether the user has cleared the data of this site, or a script has removed it. */
  #removed = false;
  #looked = 0;
  /** @type {import("./writers.js").Writer | undefined} */
  #writer;

  /**
   * @param {() => Promise<FileSystemDirectoryHandle>} folder  @param {Partial<About>} about  @param {Owner} owner
   * @param {boolean} isPlain  whether the file stays as the browser delivered it
   */
  constructor(folder, about, owner, isPlain) {
    this.owner = owner;
    this.about = about;
    this.#writing = this.#attempt(async () => {
      this.#folder = await folder();
      this.#writer = await openWriter(this.#folder, isPlain);
      await this.#write([aboutEntry(about)]);
    });
  }

  /** Bytes on disk. */
  get size() {
    return this.#writer?.size ?? 0;
  }

  /** @param {Chunk} chunk */
  append(chunk) {
    this.#hold(chunk);
    if (this.#failed) return;
    this.#waiting.push(chunk);
    if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#attempt(() => this.#drain()));
  }

  /** Write the markers so far: JSON, from Python. @param {string} markers */
  mark(markers) {
    // A take is worth more than its markers: if they do not fit, it goes on.
    const write = async () => this.#folder && writeFile(this.#folder, MARKERS, new Blob([markers])).catch(() => {});
    this.#writing = this.#writing.then(write);
  }

  /**
   * Write the rest, and the record that ends the take.
   * @param {number} milliseconds
   * @returns {Promise<Journal | undefined>} the recoverable data, if its file was removed
   */
  async finish(milliseconds) {
    await this.#writing;
    const writer = this.#writer;
    // Do this after a failure, too: the data written before it is intact.
    await writer?.finish(milliseconds, this.owner.room()).catch(() => {});
    if (await this.#isThere()) {
      writer?.close();
      return undefined;
    }
    if (!this.#failed && !this.#removed) this.#fail(gone());
    // A file whose name was removed can often still be read.
    const journal = await readJournal([writer?.content() ?? new Blob()], { verify: true });
    return journal.size > 0 ? journal : this.#heldOnly(milliseconds);
  }

  /**
   * The chunks in memory, if the file of the take cannot be read.
   * @param {number} milliseconds
   * @returns {Promise<Journal>}
   */
  async #heldOnly(milliseconds) {
    const held = new Blob(this.#held.map(({ blob }) => blob));
    const whole = this.#held.length === this.#count;
    const blob = whole ? held : ((await this.#writer?.index.entered(held)) ?? new Blob());
    return {
      ...emptyJournal(),
      about: { ...this.about, mimeType: this.#held[0]?.blob.type || this.#mimeType || this.about.mimeType },
      parts: [{ file: blob, from: 0, to: blob.size }],
      spans: [0, blob.size],
      size: blob.size,
      milliseconds: whole ? milliseconds : 0,
      finished: true,
    };
  }

  /**
   * A part of what is on disk, as long as the file can be read this way: until the take ends.
   * @param {number} from  @param {number} to
   */
  async part(from, to) {
    const part = await this.#writer?.part(from, to).catch(() => undefined);
    return part?.slice(0, part.size, this.#mimeType || this.about.mimeType);
  }

  /** Stop writing and leave the take as it is. */
  async cutOff() {
    this.#failed = true;
    this.#waiting.length = 0;
    // (In Chromium, closing a removed file was seen to hang. The end of the worker closes it.
    // quirk: chromium-hangs-in-closing-removed-files)
    if (await this.#isThere()) this.#writer?.close();
  }

  async #isThere() {
    return !this.#writer || this.#writer.isThere();
  }

  /** @param {unknown} error  @returns {true} */
  #fail(error) {
    this.owner.failed(error);
    return true;
  }

  /** @param {() => Promise<void>} work */
  async #attempt(work) {
    try {
      if (!this.#failed) await work();
    } catch (error) {
      this.#waiting.length = 0;
      this.#failed = this.#fail((await this.#isThere()) ? error : gone());
    }
  }

  /** Write all batches. The browser reads the next one while this one is written. */
  async #drain() {
    let reading = this.#read();
    while (reading) {
      const { type, entries } = await reading;
      reading = this.#read();
      reading?.catch(() => {}); // it is awaited after the writing, if that does not fail
      await this.#sayType(type);
      await this.#write(entries);
    }
  }

  /** Read the next waiting chunks from the browser. */
  #read() {
    let size = 0;
    const end = this.#waiting.findIndex(({ blob }, place) => (size += blob.size) > BATCH && place > 0);
    const batch = this.#waiting.splice(0, end < 0 ? Infinity : end);
    return batch.length ? readBatch(batch) : undefined;
  }

  /** @param {Chunk} chunk */
  #hold(chunk) {
    this.#held.push(chunk);
    this.#count += 1;
    this.#holds += chunk.blob.size;
    while (this.#holds > HELD && this.#held.length > 1) this.#holds -= this.#held.shift()?.blob.size ?? 0;
  }

  /** Check whether the file was removed. No event reports that, and a removed file can still be written. */
  async #look() {
    if (performance.now() - this.#looked < LOOK) return;
    this.#looked = performance.now();
    // Later chunks are written, too: they can be read back.
    if (!(await this.#isThere()) && !this.#removed) this.#removed = this.#fail(gone());
  }

  /** Write the MIME type, which is known from the first chunk on. @param {string} mimeType */
  async #sayType(mimeType) {
    if (this.#mimeType || !mimeType) return;
    this.#mimeType = mimeType;
    await this.#write([aboutEntry({ mimeType })]);
  }

  /** @param {Entry[]} entries */
  async #write(entries) {
    const writer = this.#writer;
    if (!writer) return;
    const written = await writer.write(entries, this.owner.room());
    const safe = entries.slice(0, written).filter(({ kind }) => kind === CHUNK);
    this.owner.written(safe.reduce((sum, { payload }) => sum + payload.length, 0));
    if (written < entries.length) throw writer.failure;
    await this.#look();
  }
}

/** @param {Chunk[]} batch */
async function readBatch(batch) {
  const data = new Uint8Array(await new Blob(batch.map(({ blob }) => blob)).arrayBuffer());
  let at = 0;
  const entries = batch.map(({ blob, milliseconds }) => ({
    kind: CHUNK,
    payload: data.subarray(at, (at += blob.size)),
    milliseconds,
  }));
  return { type: batch[0].blob.type, entries };
}
