// @ts-check

/**
 * Hold a Web Lock until it is let go; the browser takes it back when the page or worker dies.
 * @param {string} name  @param {LockOptions} [options]
 * @returns {Promise<() => void>} lets it go
 */
export function holdLock(name, options = {}) {
  return new Promise((held, failed) => {
    const keep = () => new Promise((/** @type {(value?: unknown) => void} */ end) => held(() => end()));
    navigator.locks.request(name, options, keep).catch(failed);
  });
}
