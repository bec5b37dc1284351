// @ts-check
/** Python in a worker: boots Pyodide on the first message, and runs the source in each message; the source may await. */

import "./page_probe.js";

/** @type {Promise<any> | undefined} */
let booting;

/** @param {{pyodide: string, bundle: string, root: string, module?: string, interrupts?: Uint8Array}} options */
async function boot({ pyodide: folder, bundle, root, module, interrupts }) {
  if (module) await import(module);
  const { loadPyodide } = await import(`${folder}/pyodide.mjs`);
  const pyodide = await loadPyodide();
  if (interrupts) pyodide.setInterruptBuffer(exchanged(interrupts));
  const response = await fetch(bundle);
  if (!response.ok) throw new Error(`${bundle}: ${response.status}`);
  pyodide.unpackArchive(await response.arrayBuffer(), "zip", { extractDir: root });
  pyodide.pyimport("sys").path.insert(0, `${root}/py`);
  return pyodide;
}

/**
 * The buffer, in one step: Pyodide 314 reads a signal and then clears it, and busy Python lost one of a hundred
 * (cpython#157548).
 * @param {Uint8Array} interrupts
 */
const exchanged = (interrupts) => ({
  get 0() {
    return Atomics.exchange(interrupts, 0, 0);
  },
  set 0(_) {},
});

addEventListener("message", async ({ data: { id, source, ...options } }) => {
  try {
    const pyodide = await (booting ??= boot(options));
    postMessage({ id, value: String(await pyodide.runPythonAsync(source)) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
