// @ts-check
/** Copy a file into the store: completely, or not at all. */

import { sizeOf } from "./folder.js";
import { limitReached } from "./writers.js";
import { Fault } from "../fault.js";

/** Milliseconds between reports. */
const REPORT = 50;

export class Copy {
  /** The final size on disk, reserved from the start: simultaneous writers must not use this space. */
  size = 0;
  /** Settles when the copy is complete or removed. */
  ended = Promise.resolve();
  #written = 0;
  #cutOff = false;

  /**
   * @param {import("./folder.js").Folder} folder  @param {string} id  @param {import("./folder.js").Content} content
   * @param {(fraction: number) => void} report
   */
  constructor(folder, id, content, report) {
    this.folder = folder;
    this.id = id;
    this.content = content;
    this.report = sometimes(report);
  }

  /** Write the copy. The caller holds the take. @param {number} room  the space in bytes */
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
      await this.folder.remove(this.id).catch(() => {}); // leftovers do not count as a take and are removed later
      this.size = 0;
      throw error;
    }
  }

  /** Cancel the copy. */
  cutOff() {
    this.#cutOff = true;
  }

  #goOn() {
    if (this.#cutOff) throw new Fault("AbortError", "the copy was cancelled");
  }

  /** Report progress, which is never 1, because the journal is still to be written. @param {number} written */
  #tell(written) {
    this.#written += written;
    this.report(this.#written / this.size);
  }
}

/** The same function, which acts only a few times a second. @param {(fraction: number) => void} report */
export function sometimes(report) {
  let reported = -Infinity;
  return (/** @type {number} */ fraction) => {
    const now = performance.now();
    if (now - reported < REPORT) return;
    reported = now;
    report(fraction);
  };
}
