// @ts-check
/**
 * The use of takes. Code that records, adds, recovers or deletes a take holds its Web Lock, which the browser releases
 * when the tab or the worker dies, however it dies.
 */

import { Fault } from "../fault.js";
import { holdLock } from "../lock.js";

/** Wait this many milliseconds for readers to release a take. */
const LOCK_TIMEOUT_MS = 1000;

/** Hold a take until it is released. @param {string} name  @param {string} doing  @returns {Promise<() => void>}
 * releases it */
export async function hold(name, doing) {
  try {
    return await holdLock(name, { signal: AbortSignal.timeout(LOCK_TIMEOUT_MS) });
  } catch {
    throw new Fault("InvalidStateError", `${doing}: this recording is in use, being recorded or recovered. Wait for its end.`);
  }
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
