// @ts-check
/** Makes a GIF in a worker, picture by picture (`demo/gif.py`). */

/** @param {number} width @param {number} height pixels */
export function gif(width, height) {
  const worker = new Worker(new URL("gif-worker.js", import.meta.url), { type: "module" });
  /** The last picture, which stays visible until the next one. @type {{ pixels: Uint8Array, time: number } | undefined} */
  let last;

  /** @param {object} message @param {Transferable[]} [given] */
  const ask = (message, given = []) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message || "the worker that makes the GIF could not be loaded"));
      worker.postMessage(message, given);
    });

  /** @param {number} until seconds */
  async function write(until) {
    if (!last) return;
    const { pixels, time } = last;
    await ask({ pixels, width, height, delay: 1000 * (until - time) }, [pixels.buffer]);
  }

  return {
    /** @param {Uint8Array} pixels red, green, blue, opacity  @param {number} time seconds */
    async add(pixels, time) {
      await write(time);
      last = { pixels, time };
    },
    /** @param {number} until seconds  @returns {Promise<Blob>} */
    async finish(until) {
      await write(until);
      return await ask({});
    },
    close: () => worker.terminate(),
  };
}
