// @ts-check
/**
 * Who uses a take. Whoever records, adds, recovers or deletes it holds its Web Lock, which the browser takes back when
 * the tab or the worker dies, however it dies.
 */

import { Fault } from "../fault.js";
import { holdLock } from "../lock.js";

/** Milliseconds for those who only look to be gone. */
const LOCK_TIMEOUT_MS = 1000;

/** Hold a take for good. @param {string} name  @param {string} doing  @returns {Promise<() => void>} lets it go */
export async function hold(name, doing) {
  try {
    return await holdLock(name, { signal: AbortSignal.timeout(LOCK_TIMEOUT_MS) });
  } catch {
    throw new Fault("InvalidStateError", `${doing}: this recording is in use, being recorded or recovered. Wait for its end.`);
  }
}

/**
 * Hold it for as long as some work lasts.
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
 * Do something to a take that nobody uses; to one in use it is not done.
 * @param {string} name  @param {() => Promise<void>} work
 */
export const ifUnused = (name, work) =>
  navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? work() : undefined));

/**
 * Look at a take that is perhaps in use.
 * @template T  @param {string} name  @param {(inUse: boolean) => Promise<T>} look
 * @returns {Promise<T>}
 */
export const looking = (name, look) =>
  navigator.locks.request(name, { mode: "shared", ifAvailable: true }, (lock) => look(!lock));
