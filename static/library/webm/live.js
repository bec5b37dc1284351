// @ts-check
/**
 * The walk over a take while it is recorded: when the page is idle, it reads the chunks that have arrived. After the take,
 * only the last ones are left to read, and the seekable file is composed. Python calls it (sinks.py, recording.py).
 */

import { made } from "./compose.js";
import { pass, Walk } from "./walk.js";

/** @typedef {import("./compose.js").Made} Made */

export class LiveWalk {
  #walk = new Walk();
  /** The chunks that were read together, and where they begin in the file. @type {{from: number, blob: Blob}[]} */
  #batches = [];
  #size = 0;
  #work = Promise.resolve();
  /** Ends the wait for an idle page. */
  #hurry = () => {};
  #ended = false;
  /** @type {Promise<Made | undefined> | undefined} */
  #made;

  /** Read the next chunks when the page is idle. @param {Blob[]} chunks */
  follow(chunks) {
    const batch = new Blob(chunks);
    const from = this.#size;
    this.#size += batch.size;
    this.#batches.push({ from, blob: batch });
    this.#work = this.#work.then(async () => {
      await this.#idle();
      await pass(batch, this.#walk, () => {});
    });
    this.#work.catch(() => {}); // `seekable` reports it
  }

  /** The bytes that are not read yet. */
  get behind() {
    return this.#walk.strange ? 0 : this.#size - this.#walk.position;
  }

  /**
   * The seekable file.
   * @param {Blob[]} chunks  the last ones  @param {number} known  the duration in seconds  @param {string} type
   * @param {import("./elements.js").Chapter[]} [chapters]
   * @returns {Promise<Made | undefined>}  undefined if only a general reader can handle the file
   */
  seekable(chunks, known, type, chapters) {
    this.#made ??= this.#finish(chunks, known, type, chapters);
    return this.#made;
  }

  /** @param {Blob[]} chunks  @param {number} known  @param {string} type  @param {import("./elements.js").Chapter[]} [chapters] */
  async #finish(chunks, known, type, chapters) {
    this.#ended = true;
    this.#hurry();
    this.follow(chunks);
    await this.#work;
    this.#walk.end();
    return made(this.#walk, (from, to) => this.#slices(from, to), this.#size, known, type, chapters);
  }

  #idle() {
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        if (this.#ended) resolve();
        this.#hurry = resolve;
        if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve());
        else setTimeout(resolve);
      })
    );
  }

  /** The parts of batches that hold a range of the file. @param {number} from  @param {number} to */
  #slices(from, to) {
    const slices = [];
    // Nearly always, the range is in the last batches.
    for (let n = this.#batches.length - 1; n >= 0 && to > from; n--) {
      const batch = this.#batches[n];
      if (batch.from >= to) continue;
      const start = Math.max(from, batch.from);
      const isAll = start === batch.from && to === batch.from + batch.blob.size;
      slices.push(isAll ? batch.blob : batch.blob.slice(start - batch.from, to - batch.from));
      to = start;
    }
    return slices.reverse();
  }
}
