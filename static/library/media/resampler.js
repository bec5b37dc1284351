// @ts-check
/**
 * Convert sound from one sample rate to another, block by block, without the artefacts of a naive interpolation: for a
 * lower rate, all frequencies above half of it are removed before they can alias. (mediabunny interpolates linearly,
 * and the browser's own resampler needs the whole sound at once, in a page.)
 *
 * A windowed sinc: each new sample is a weighted sum of the old ones around its time. The weights are in a table.
 */

/** Zero crossings of the sinc on either side: the steepness of the filter. */
const CROSSINGS = 48;
/** Table entries from one crossing to the next; weights between two entries are interpolated. */
const RESOLUTION = 256;
/** Shape of the Kaiser window: it attenuates unwanted frequencies by about 80 dB. */
const BETA = 8;
/** The end of the passband, as a fraction of half the lower rate. */
const PASSBAND = 0.95;

export class Resampler {
  /** Input frames that are still needed. @type {Float32Array} */
  #held = new Float32Array(0);
  /** Number of the first frame held. */
  #first = 0;
  /** Number of the next output frame. */
  #next = 0;
  #received = 0;

  /** @param {number} from  @param {number} to  Hertz.  @param {number} channels */
  constructor(from, to, channels) {
    this.step = from / to;
    this.channels = channels;
    this.cutoff = Math.min(1, to / from) * PASSBAND;
    this.reach = Math.ceil(CROSSINGS / this.cutoff);
    this.table = kernel();
  }

  /** Add input and return the output so far. @param {Float32Array} frames  interleaved  @returns {Float32Array} */
  add(frames) {
    const held = new Float32Array(this.#held.length + frames.length);
    held.set(this.#held);
    held.set(frames, this.#held.length);
    this.#held = held;
    this.#received += frames.length / this.channels;
    return this.#emit(this.#received - this.reach);
  }

  /** Return the rest, after the last input. */
  end() {
    return this.#emit(this.#received);
  }

  /** All output frames whose time is before input frame `limit`. @param {number} limit */
  #emit(limit) {
    const { step, channels, cutoff, reach, table } = this;
    const count = Math.max(0, Math.ceil(limit / step) - this.#next);
    const out = new Float32Array(count * channels);
    const last = this.#first + this.#held.length / channels - 1;
    for (let index = 0; index < count; index++, this.#next++) {
      const at = this.#next * step;
      const from = Math.max(this.#first, Math.ceil(at - reach));
      const to = Math.min(last, Math.floor(at + reach));
      for (let frame = from; frame <= to; frame++) {
        const place = Math.abs(at - frame) * cutoff * RESOLUTION;
        const entry = place | 0;
        if (entry + 1 >= table.length) continue;
        const weight = cutoff * (table[entry] + (table[entry + 1] - table[entry]) * (place - entry));
        const source = (frame - this.#first) * channels;
        for (let channel = 0; channel < channels; channel++) {
          out[index * channels + channel] += weight * this.#held[source + channel];
        }
      }
    }
    const passed = Math.max(0, Math.floor(this.#next * step) - reach - this.#first);
    if (passed > 0) {
      this.#held = this.#held.slice(passed * channels);
      this.#first += passed;
    }
    return out;
  }
}

/** One half of the windowed sinc. */
function kernel() {
  const table = new Float32Array(CROSSINGS * RESOLUTION + 1);
  for (let entry = 0; entry < table.length; entry++) {
    const at = entry / RESOLUTION;
    const sinc = at === 0 ? 1 : Math.sin(Math.PI * at) / (Math.PI * at);
    table[entry] = (sinc * bessel(BETA * Math.sqrt(Math.max(0, 1 - (at / CROSSINGS) ** 2)))) / bessel(BETA);
  }
  return table;
}

/** The modified Bessel function I0. @param {number} x */
function bessel(x) {
  let [sum, term] = [1, 1];
  for (let n = 1; term > sum * 1e-12; n++) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}
