// @ts-check
/** A file on its way into the store, from anywhere. All of it gets there or nothing. */

import { sizeOf } from "./folder.js";
import { limitReached } from "./writers.js";
import { Fault } from "../fault.js";

/** Milliseconds between two reports. */
const REPORT = 50;

export class Copy {
  /** Bytes on disk, as they will be in the end: who writes at the same time must not count on their room. */
  size = 0;
  /** Settled when all of it is there, or nothing. */
  ended = Promise.resolve();
  #written = 0;
  #reported = -Infinity;
  #cutOff = false;

  /**
   * @param {import("./folder.js").Folder} folder  @param {string} id  @param {import("./folder.js").Content} content
   * @param {(fraction: number) => void} report
   */
  constructor(folder, id, content, report) {
    this.folder = folder;
    this.id = id;
    this.content = content;
    this.report = report;
  }

  /** Write it, held by the caller. @param {number} room  bytes that it may take */
  async write(room) {
    try {
      const size = sizeOf(this.content);
      if (size > room) throw limitReached();
      this.size = size;
      this.#goOn();
      await this.folder.add(this.id, this.content, (written) => {
        this.#goOn();
        this.#tell(written);
      });
      this.#goOn();
    } catch (error) {
      await this.folder.remove(this.id).catch(() => {}); // what stays is no take, and will be swept
      this.size = 0;
      throw error;
    }
  }

  /** Give it up. */
  cutOff() {
    this.#cutOff = true;
  }

  #goOn() {
    if (this.#cutOff) throw new Fault("AbortError", "it was cancelled");
  }

  /** The journal is still to be written, so this is never 1. @param {number} written */
  #tell(written) {
    this.#written += written;
    const now = performance.now();
    if (now - this.#reported < REPORT) return;
    this.#reported = now;
    this.report(this.#written / this.size);
  }
}
