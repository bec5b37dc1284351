// @ts-check
/**
 * The page's clock, read from the worker.
 *
 * `performance.now()` starts at a different moment in each realm. `performance.timeOrigin` gives that moment on the
 * wall clock. But this clock may have been set, or the machine may have slept, before the worker started. So the worker
 * measures the difference as NTP does: it asks for the page's time and uses the answer with the shortest round trip,
 * whose error is at most half of that trip. Every event carries the time at which it was sent. If an event seems to come
 * from the future, or to arrive very late, the worker measures again before it uses the event's times: a clock may have
 * stopped while a laptop slept.
 */

/** The maximum number of round trips in one measurement. */
const TRIPS = 5;
/** A measurement starts no further round trip after this many milliseconds. */
const MEASURE_LIMIT_MS = 300;
/** A round trip of up to this many milliseconds ends the measurement. */
const SHORT = 2;
/** The rounding of clocks, in milliseconds. */
const ROUNDING = 2;
/** Milliseconds after which a message is late: the worker was busy, or a clock has changed. */
const LATE = 100;

export class PageClock {
  #ask;
  /** The page's time minus the worker's. */
  #offset = 0;
  /** The round trip that measured it. */
  #trip = Infinity;
  /** The difference before the current measurement. */
  #before = 0;
  #latest = 0;

  /** @param {() => Promise<unknown>} ask  returns the page's `performance.now()` */
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

  /** The travel time of a message in milliseconds. @param {number} said  @param {number} heard */
  #travel(said, heard, offset = this.#offset) {
    const travel = heard + offset - said;
    return travel < -ROUNDING - Math.min(this.#trip, LATE) / 2 ? Infinity : travel;
  }

  /**
   * Whether the time at which a message was sent fits the known difference.
   * @param {number} said  @param {number} heard
   */
  suits(said, heard) {
    return this.#travel(said, heard) <= LATE;
  }

  /**
   * Convert a time of the page to the worker's clock. The result is not later than the arrival of the message, and not
   * earlier than the previous result.
   * @param {number} at
   * @param {number} said  when the message was sent
   * @param {number} heard  when the message arrived, on the worker's clock
   */
  here(at, said, heard) {
    // Some of the messages that waited for a measurement were sent before the clock changed.
    const travel = Math.min(this.#travel(said, heard), this.#travel(said, heard, this.#before));
    const time = heard - Math.max(0, Number.isFinite(travel) ? travel : 0) - Math.max(0, said - at);
    this.#latest = Math.max(this.#latest, time);
    return Math.min(this.#latest, performance.now());
  }

  /** Use only the last measurement from now on. */
  settle() {
    this.#before = this.#offset;
  }
}
