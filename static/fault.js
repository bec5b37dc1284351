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
