// @ts-check
/**
 * Mark takes as in use. Code that records, adds, recovers or deletes a take holds its Web Lock, which the browser
 * releases when the tab or the worker dies, however it dies.
 */

import { Fault } from "../fault.js";
import { holdLock } from "../lock.js";

/** Milliseconds between requests, and how many refusals make a take count as in use: a reader needs less time. */
const PAUSE_MS = 50;
const REFUSALS = 20;

/**
 * Hold a take until it is released. A busy browser may need seconds to answer a request, so refusals are counted, not
 * the time.
 * @param {string} name  @param {string} doing  @returns {Promise<() => void>} releases it
 */
export async function hold(name, doing) {
  for (let refusals = 0; refusals < REFUSALS; refusals++) {
    try {
      return await holdLock(name, { ifAvailable: true });
    } catch {
      await new Promise((next) => setTimeout(next, PAUSE_MS));
    }
  }
  throw new Fault("InvalidStateError", `${doing}: this recording is in use by a take, a recovery or an upload. Wait until it ends.`);
}

/**
 * Hold a take during some work.
 * @template T  @param {string} name  @param {string} doing  @param {() => Promise<T>} work
 */
export async function holding(name, doing, work) {
  const release = await hold(name, doing);
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * Do some work on a take, unless it is in use.
 * @param {string} name  @param {() => Promise<void>} work
 */
export const ifUnused = (name, work) =>
  navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? work() : undefined));

/**
 * Read a take that may be in use.
 * @template T  @param {string} name  @param {(inUse: boolean) => Promise<T>} look
 * @returns {Promise<T>}
 */
export const looking = (name, look) =>
  navigator.locks.request(name, { mode: "shared", ifAvailable: true }, (lock) => look(!lock));
