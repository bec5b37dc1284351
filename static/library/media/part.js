// @ts-check
/** A part of a recording, from which the library's verbs make files. */

import { duration, origin } from "./input.js";

/** @typedef {import("mediabunny").Input} Input */

export class Part {
  /** @type {Promise<number> | undefined} */
  #end;

  /**
   * @param {Input} input
   * @param {number} from  its start on the file's own clock, like all times in this class
   * @param {number | undefined} until  its end; undefined: the end of the recording
   * @param {number} known  the duration of the recording according to the recorder, or NaN
   */
  constructor(input, from, until, known) {
    this.input = input;
    this.from = from;
    this.until = until;
    this.known = known;
  }

  /** The whole recording. @param {Input} input  @param {number} known */
  static async whole(input, known) {
    return new Part(input, await origin(input), undefined, known);
  }

  /** The end. Without an index, this reads the whole file, so ask only if you need it. */
  end() {
    this.#end ??= this.until === undefined ? this.#wholeEnd() : Promise.resolve(this.until);
    return this.#end;
  }

  async #wholeEnd() {
    return (await origin(this.input)) + (await duration(this.input, this.known));
  }

  /** The length in seconds. */
  async length() {
    return (await this.end()) - this.from;
  }
}
