// @ts-check
/** Where decoded frames are heard: their times decide, and gaps become silence. */

import { Fault } from "../fault.js";
import { GAP } from "./packets.js";

/** A gap longer than this many seconds means a broken time stamp; its silence would fill the memory. */
const LONGEST_GAP = 600;

/** The frames of silence before a sample, and the part of it that is heard. @typedef {{silence: number, from: number, to: number}} Place */

export class Timeline {
  #given = 0;
  #expected = NaN;
  #early;

  /**
   * @param {number} from  the time of the first frame, in seconds
   * @param {number} sampleRate
   * @param {number} length  the frames until the end
   * @param {number} [early]  seconds by which the first sample is heard later than its time states
   * @param {number} [audible]  the first frame that is not hidden
   */
  constructor(from, sampleRate, length, early = 0, audible = -Infinity) {
    this.from = from;
    this.sampleRate = sampleRate;
    this.length = length;
    this.#early = early;
    this.audible = audible;
  }

  /** The frames that have a place so far. */
  get given() {
    return this.#given;
  }

  /**
   * The place of the next sample; undefined if none of it is heard.
   * @param {number} timestamp  in seconds  @param {number} frames
   * @returns {Place | undefined}
   */
  place(timestamp, frames) {
    let place = Math.round((timestamp + this.#early - this.from) * this.sampleRate);
    if (Math.abs(place - this.#expected) <= GAP * this.sampleRate || place < this.#expected) place = this.#expected;
    else if (!Number.isNaN(this.#expected)) this.#early = 0;
    this.#expected = place + frames;
    const [first, last] = [Math.max(place, this.#given, this.audible), Math.min(this.#expected, this.length)];
    if (last <= first) return undefined;
    const silence = first - this.#given;
    if (silence > LONGEST_GAP * this.sampleRate) {
      const seconds = Math.round(silence / this.sampleRate);
      throw new Fault("EncodingError", `the times in this file are broken: it has no sound for ${seconds} s`);
    }
    this.#given = last;
    return { silence, from: first - place, to: last - place };
  }
}
