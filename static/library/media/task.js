// @ts-check
/** A task that Python waits for. */

import { asFault } from "./faults.js";

/**
 * Python's request: a signal that cancels the work, a function for progress, the bit rate of the picture (or of the
 * sound if there is no picture), and the codec of the sound.
 * @typedef {object} Request
 * @property {AbortSignal} signal
 * @property {(fraction: number) => void} [progress]
 * @property {number} [bitsPerSecond]
 * @property {import("mediabunny").AudioCodec} [audio]
 * @property {boolean} [inParts]  whether the result may consist of slices of the recording
 * @property {import("../webm/elements.js").Chapter[]} [chapters]  of the recording, if it has markers
 */

/** Thrown before anything is written: the caller must load an encoder and start the work again. */
export class Needs extends Error {
  /** @param {string} module  `mediarecorder/js/<module>.js` */
  constructor(module) {
    super(`${module}.js is not loaded`);
    this.module = module;
  }
}

/** Milliseconds between reports. */
const REPORT = 50;

export class Task {
  #reported = -Infinity;
  #furthest = 0;

  /** @param {Request} request */
  constructor({ signal, progress, bitsPerSecond, audio, inParts, chapters }) {
    this.signal = signal;
    this.tell = progress;
    this.bitsPerSecond = bitsPerSecond;
    this.audio = audio;
    this.inParts = inParts;
    this.chapters = chapters;
    /** A sentence about the result for the caller. @type {string | undefined} */
    this.note = undefined;
  }

  /** Report a fraction, which never decreases, a few times a second. @param {number} fraction */
  report(fraction) {
    const now = performance.now();
    if (!this.tell || this.signal.aborted || now - this.#reported < REPORT) return;
    this.#reported = now;
    this.#furthest = Math.max(this.#furthest, Math.min(fraction || 0, 1));
    this.tell(this.#furthest);
  }
}

/**
 * Do the work and convert any failure to an error with a clear text. The last reported fraction is 1.
 * @template T
 * @param {Request} request
 * @param {(task: Task) => Promise<T>} work
 * @returns {Promise<T>}  or `{needs}`, the module that engine.py must load first
 */
export async function perform(request, work) {
  /** @type {any} */
  let result;
  try {
    request.signal.throwIfAborted();
    result = await work(new Task(request));
    request.signal.throwIfAborted();
    // If it is cancelled on the way to Python, no one else removes the result.
    request.signal.addEventListener("abort", () => result?.remove?.());
    request.progress?.(1);
    return result;
  } catch (error) {
    await result?.remove?.();
    if (error instanceof Needs && !request.signal.aborted) return /** @type {any} */ ({ needs: error.module });
    throw asFault(error, request.signal);
  }
}
