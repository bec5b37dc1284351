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

/** The data of a recording cannot be read any more: Python has the text. */
export const gone = () => new Fault("NotReadableError", "");

/** What browsers call it, Firefox by the last name. */
const NAMES = ["NotReadableError", "NotFoundError", "AbortError"];

/** Whether reading failed since a file is not there any more, or not as it was when it was opened. @param {any} error */
export const isGone = (error) => error instanceof DOMException && NAMES.includes(error.name);
