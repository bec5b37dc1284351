// @ts-check
/** Python in a page that another site embeds, and in that page's worker: `run(realm, source)`. */

import { openChannel } from "/py/mediarecorder/js/page.js";

const options = { pyodide: "/node_modules/pyodide", bundle: "/library.zip", root: "/repository" };

async function boot() {
  const { loadPyodide } = await import(`${options.pyodide}/pyodide.mjs`);
  const pyodide = await loadPyodide();
  pyodide.unpackArchive(await (await fetch(options.bundle)).arrayBuffer(), "zip", { extractDir: options.root });
  pyodide.pyimport("sys").path.insert(0, `${options.root}/py`);
  return pyodide;
}

/** @type {Promise<any> | undefined} */
let booting;
/** @type {Worker | undefined} */
let worker;

/** @type {Record<string, (source: string) => Promise<string>>} */
const realms = {
  async page(source) {
    return String(await (await (booting ??= boot())).runPythonAsync(source));
  },
  worker(source) {
    const python = (worker ??= new Worker("/tests/browser/support/worker.js", { type: "module" }));
    return new Promise((resolve, reject) => {
      python.onmessage = ({ data: { value, error } }) => (error ? reject(new Error(error)) : resolve(value));
      python.onerror = ({ message }) => reject(new Error(message));
      python.postMessage({ ...options, id: 0, source });
    });
  },
};

Object.assign(window, {
  channel: openChannel(),
  run: (/** @type {string} */ realm, /** @type {string} */ source) => realms[realm](source),
  die: () => worker?.terminate(),
});
