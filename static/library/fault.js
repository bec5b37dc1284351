// @ts-check
/**
 * An error with a complete text from this library. Python raises it as the class of this name
 * (py/mediarecorder/errors.py).
 */
export class Fault extends Error {
  /** @param {string} name  @param {string} message */
  constructor(name, message) {
    super(message);
    this.name = name;
    /** Distinguishes it from the browser's own errors, to which Python adds advice. */
    this.isFault = true;
  }
}

/**
 * Wait for a promise, and throw a NotReadableError if it takes too long.
 * @template T  @param {Promise<T>} promise  @param {number} milliseconds  @param {string} otherwise
 */
export async function inTime(promise, milliseconds, otherwise) {
  /** @type {any} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Fault("NotReadableError", otherwise)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The data of a recording is no longer readable. Python supplies the text. */
export const gone = () => new Fault("NotReadableError", "");

/** The browsers' names for that error; the last one is Firefox's (quirk: firefox-aborts-reading-gone-data). */
const NAMES = ["NotReadableError", "NotFoundError", "AbortError"];

/** Whether reading failed because a file was removed or has changed since it was opened. @param {any} error */
export const isGone = (error) => error instanceof DOMException && NAMES.includes(error.name);
