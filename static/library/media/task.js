// @ts-check
/** One piece of work that Python waits for. */

import { asFault } from "./faults.js";

/**
 * What Python hands over: how it cancels the work, whom to tell how far it is, how many bits a second the picture may
 * have, or the sound where there is no picture, and the codec of the sound.
 * @typedef {object} Request
 * @property {AbortSignal} signal
 * @property {(fraction: number) => void} [progress]
 * @property {number} [bitsPerSecond]
 * @property {import("mediabunny").AudioCodec} [audio]
 */

/** Thrown before anything is written: an encoder is to be loaded, and the work begun again. */
export class Needs extends Error {
  /** @param {string} module  `mediarecorder/js/<module>.js` */
  constructor(module) {
    super(`${module}.js is not loaded`);
    this.module = module;
  }
}

/** Milliseconds between two reports. */
const REPORT = 50;

export class Task {
  #reported = -Infinity;
  #furthest = 0;

  /** @param {Request} request */
  constructor({ signal, progress, bitsPerSecond, audio }) {
    this.signal = signal;
    this.tell = progress;
    this.bitsPerSecond = bitsPerSecond;
    this.audio = audio;
    /** What whoever called should know about the result. @type {string | undefined} */
    this.note = undefined;
  }

  /** A fraction that never goes back, a few times a second. @param {number} fraction */
  report(fraction) {
    const now = performance.now();
    if (!this.tell || this.signal.aborted || now - this.#reported < REPORT) return;
    this.#reported = now;
    this.#furthest = Math.max(this.#furthest, Math.min(fraction || 0, 1));
    this.tell(this.#furthest);
  }
}

/**
 * Do the work and turn whatever goes wrong into an error with a clear text. The last report is 1.
 * @template T
 * @param {Request} request
 * @param {(task: Task) => Promise<T>} work
 * @returns {Promise<T>}  or `{needs}`, the module without which it cannot be done, for engine.py
 */
export async function perform(request, work) {
  /** @type {any} */
  let result;
  try {
    request.signal.throwIfAborted();
    result = await work(new Task(request));
    request.signal.throwIfAborted();
    // Cancelled between here and Python, it is nobody's.
    request.signal.addEventListener("abort", () => result?.remove?.());
    request.progress?.(1);
    return result;
  } catch (error) {
    await result?.remove?.();
    if (error instanceof Needs && !request.signal.aborted) return /** @type {any} */ ({ needs: error.module });
    throw asFault(error, request.signal);
  }
}
