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

/** The data of a recording is no longer readable. Python supplies the text. */
export const gone = () => new Fault("NotReadableError", "");

/** The browsers' names for it; the last one is Firefox's (quirk: firefox-aborts-reading-gone-data). */
const NAMES = ["NotReadableError", "NotFoundError", "AbortError"];

/** Whether reading failed because a file was removed or has changed since it was opened. @param {any} error */
export const isGone = (error) => error instanceof DOMException && NAMES.includes(error.name);
