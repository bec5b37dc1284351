// @ts-check
/**
 * The page's clock, read from the worker.
 *
 * `performance.now()` counts from another moment in each realm. `performance.timeOrigin` tells that moment on the wall
 * clock, which may have been set, or have slept, before the worker began. So the difference is measured as NTP does it:
 * the worker asks for the page's time, and the answer with the shortest round trip counts, which is wrong by half of
 * that at most. Every event says when it was sent. One that seems to come from the future, or to have travelled for
 * long, has the difference measured again before it is believed: a clock may have stopped during a laptop's sleep.
 */

/** Round trips of one measurement, at most. */
const TRIPS = 5;
/** Milliseconds that a measurement may take before its next round trip begins. */
const MEASURE_LIMIT_MS = 300;
/** Milliseconds of a round trip that needs no better one. */
const SHORT = 2;
/** Milliseconds by which clocks are rounded. */
const ROUNDING = 2;
/** Milliseconds after which a message is late: the worker was busy, or a clock has changed. */
const LATE = 100;

export class PageClock {
  #ask;
  /** The page's time less that of this worker. */
  #offset = 0;
  /** The round trip that told it. */
  #trip = Infinity;
  /** The difference that there was before the measurement under way. */
  #before = 0;
  #latest = 0;

  /** @param {() => Promise<unknown>} ask  for `performance.now()` of the page */
  constructor(ask) {
    this.#ask = ask;
  }

  async measure() {
    this.#before = this.#offset;
    const begun = performance.now();
    for (let trips = 0; trips < TRIPS && performance.now() - begun < MEASURE_LIMIT_MS; trips++) {
      const sent = performance.now();
      const there = await this.#ask();
      const heard = performance.now();
      if (typeof there !== "number" || !Number.isFinite(there)) continue;
      const [offset, trip] = [there - (sent + heard) / 2, heard - sent];
      const isKnown = Number.isFinite(this.#trip);
      const hasChanged = Math.abs(offset - this.#offset) > (trip + this.#trip) / 2 + ROUNDING;
      if (hasChanged || trip <= this.#trip) [this.#offset, this.#trip] = [offset, trip];
      if (trip <= SHORT || (isKnown && !hasChanged)) return;
    }
  }

  /** Milliseconds for which a message has travelled. @param {number} said  @param {number} heard */
  #travel(said, heard, offset = this.#offset) {
    const travel = heard + offset - said;
    return travel < -ROUNDING - Math.min(this.#trip, LATE) / 2 ? Infinity : travel;
  }

  /** Whether a message may have been sent then, as far as is known. @param {number} said  @param {number} heard */
  suits(said, heard) {
    return this.#travel(said, heard) <= LATE;
  }

  /**
   * A time of the page on the worker's clock: no later than it was heard of, and no earlier than the last one.
   * @param {number} at
   * @param {number} said  when that was sent
   * @param {number} heard  when that came, on the worker's clock
   */
  here(at, said, heard) {
    // Of those that waited for a measurement some were sent before the clock changed.
    const travel = Math.min(this.#travel(said, heard), this.#travel(said, heard, this.#before));
    const time = heard - Math.max(0, Number.isFinite(travel) ? travel : 0) - Math.max(0, said - at);
    this.#latest = Math.max(this.#latest, time);
    return Math.min(this.#latest, performance.now());
  }

  /** The last measurement holds from now on. */
  settle() {
    this.#before = this.#offset;
  }
}
