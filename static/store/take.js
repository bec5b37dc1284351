// @ts-check
/** A take that is being recorded: its chunks go to disk in the order they come. */

import { aboutEntry, CHUNK, FINISHED } from "./journal.js";
import { openWriter } from "./writers.js";

/** Bytes that are written in one go when the disk lags behind. */
const BATCH = 4 * 2 ** 20;

/** @typedef {import("./journal.js").Entry} Entry */
/** @typedef {import("./journal.js").About} About */
/** @typedef {{blob: Blob, milliseconds: number}} Chunk */

/**
 * What a take asks of its store, and tells it.
 * @typedef {object} Owner
 * @property {() => number} room  bytes that it may still write
 * @property {(size: number) => void} written  so many bytes of chunks more are safe
 * @property {(error: unknown) => void} failed
 */

export class Take {
  /** @type {Chunk[]} */
  #waiting = [];
  /** @type {Promise<void>} */
  #writing;
  #mimeType = "";
  #failed = false;
  /** @type {import("./writers.js").Writer | undefined} */
  #writer;

  /** @param {() => Promise<FileSystemDirectoryHandle>} folder  @param {Partial<About>} about  @param {Owner} owner */
  constructor(folder, about, owner) {
    this.owner = owner;
    this.#writing = this.#attempt(async () => {
      this.#writer = await openWriter(await folder());
      await this.#write([aboutEntry(about)]);
    });
  }

  /** Bytes on disk. */
  get size() {
    return this.#writer?.size ?? 0;
  }

  /** @param {Chunk} chunk */
  append(chunk) {
    if (this.#failed) return;
    this.#waiting.push(chunk);
    if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#attempt(() => this.#drain()));
  }

  /** Write what is left, and that this is all. @param {number} milliseconds */
  async finish(milliseconds) {
    await this.#writing;
    // After a failure too: what was written before it is whole.
    await this.#writer?.write([{ kind: FINISHED, payload: new Uint8Array(), milliseconds }], Infinity);
    this.#writer?.close();
  }

  /** Leave it as it is. */
  cutOff() {
    this.#failed = true;
    this.#waiting.length = 0;
    this.#writer?.close();
  }

  /** @param {() => Promise<void>} work */
  async #attempt(work) {
    try {
      if (!this.#failed) await work();
    } catch (error) {
      this.#failed = true;
      this.#waiting.length = 0;
      this.owner.failed(error);
    }
  }

  /** While one batch is written, the browser already reads the next. */
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

  /** The next chunks of those that wait, out of the browser's keeping. */
  #read() {
    let size = 0;
    const end = this.#waiting.findIndex(({ blob }, place) => (size += blob.size) > BATCH && place > 0);
    const batch = this.#waiting.splice(0, end < 0 ? Infinity : end);
    return batch.length ? readBatch(batch) : undefined;
  }

  /** The first chunk knows what the recorder makes. @param {string} mimeType */
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
