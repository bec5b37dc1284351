// @ts-check
/** A part of a recording: what the verbs of the library make files of. */

import { duration, origin } from "./input.js";

/** @typedef {import("mediabunny").Input} Input */

export class Part {
  /** @type {Promise<number> | undefined} */
  #end;

  /**
   * @param {Input} input
   * @param {number} from  where it begins, on the file's own clock, as all times here
   * @param {number | undefined} until  where it is cut off; undefined: it goes on to the end
   * @param {number} known  how long the recorder says that the recording is, or NaN
   */
  constructor(input, from, until, known) {
    this.input = input;
    this.from = from;
    this.until = until;
    this.known = known;
  }

  /** All of a recording. @param {Input} input  @param {number} known */
  static async whole(input, known) {
    return new Part(input, await origin(input), undefined, known);
  }

  /** Where it ends. Without an index that is found only by reading the whole file: ask when you need it. */
  end() {
    this.#end ??= this.until === undefined ? this.#wholeEnd() : Promise.resolve(this.until);
    return this.#end;
  }

  async #wholeEnd() {
    return (await origin(this.input)) + (await duration(this.input, this.known));
  }

  /** In seconds. */
  async length() {
    return (await this.end()) - this.from;
  }
}
