// @ts-check

/**
 * Hold a Web Lock until it is released. The browser releases it when the page or worker dies.
 * @param {string} name  @param {LockOptions} [options] with `ifAvailable`, a lock held elsewhere is an error
 * @returns {Promise<() => void>} releases it
 */
export function holdLock(name, options = {}) {
  return new Promise((held, failed) => {
    /** @param {Lock | null} lock */
    const keep = (lock) => {
      if (!lock) throw new Error("held elsewhere");
      return new Promise((/** @type {(value?: unknown) => void} */ end) => held(() => end()));
    };
    navigator.locks.request(name, options, keep).catch(failed);
  });
}
