// @ts-check
/**
 * A page whose clocks differ from its worker's, as real ones do after a laptop has slept or its clock was set.
 *
 *     otherClock.set(ms)   the wall clock was set before the worker began: another `timeOrigin`
 *     otherClock.step(ms)  from now on `performance.now()` and the time stamps of events are later, or earlier
 */

const { now } = Performance.prototype;
const { get: origin } = Object.getOwnPropertyDescriptor(Performance.prototype, "timeOrigin") ?? {};
const { get: stamp } = Object.getOwnPropertyDescriptor(Event.prototype, "timeStamp") ?? {};
const wall = Date.now;
let set = 0;
/** The time of each step of the clock, and its size. @type {[number, number][]} */
const steps = [];

/** @param {number} real */
const shown = (real) => steps.reduce((time, [at, by]) => (real >= at ? time + by : time), real);

Performance.prototype.now = function () {
  return shown(now.call(this));
};
Object.defineProperty(Performance.prototype, "timeOrigin", {
  get() {
    return origin?.call(this) + set;
  },
});
Object.defineProperty(Event.prototype, "timeStamp", {
  get() {
    return shown(stamp?.call(this));
  },
});
Date.now = () => wall() + set + shown(0);

Object.assign(globalThis, {
  otherClock: {
    /** @param {number} milliseconds */
    set: (milliseconds) => void (set += milliseconds),
    /** @param {number} milliseconds */
    step: (milliseconds) => void steps.push([now.call(performance), milliseconds]),
  },
});
