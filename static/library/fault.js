// @ts-check
/**
 * An error whose text is ours and complete; Python gives it the class of this name (py/mediarecorder/errors.py).
 */
export class Fault extends Error {
  /** @param {string} name  @param {string} message */
  constructor(name, message) {
    super(message);
    this.name = name;
    /** Tells it from the browser's own errors, to whose texts Python adds advice. */
    this.isFault = true;
  }
}

/**
 * What the promise brings, or a NotReadableError when that takes longer.
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

/** The data of a recording cannot be read any more: Python has the text. */
export const gone = () => new Fault("NotReadableError", "");

/** What browsers call it, Firefox by the last name. */
const NAMES = ["NotReadableError", "NotFoundError", "AbortError"];

/** Whether reading failed since a file is not there any more, or not as it was when it was opened. @param {any} error */
export const isGone = (error) => error instanceof DOMException && NAMES.includes(error.name);
