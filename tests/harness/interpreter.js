// @ts-check
/** Loads Pyodide and pytest into this realm, and runs one test at a time there (tests/harness/in_page.py). */

/**
 * @typedef {object} Options
 * @property {string} pyodide      folder of the interpreter
 * @property {string} bundle       address of the zip with the repository's files (tests/harness/bundle.py)
 * @property {string} wheel        address of a wheel to install first, or ""
 * @property {string} root        target folder: the same path as outside, so that tracebacks point to the files
 * @property {string[]} arguments  pytest's: options, and the test files to collect
 * @property {string} [channel]    of the page, for Python in a worker
 */

/**
 * The part of Pyodide's interface that is used here.
 * @typedef {object} Pyodide
 * @property {(buffer: ArrayBuffer, format: string, options: {extractDir: string}) => void} unpackArchive
 * @property {(name: string) => any} pyimport
 */

export class Interpreter {
  /** @type {any} Python's Session */
  #session;

  /**
   * Resolves when pytest has collected the tests.
   * @param {Options} options
   */
  async start({ pyodide: folder, bundle: address, wheel, root, arguments: pytestArguments, channel }) {
    const { loadPyodide } = await import(`${folder}/pyodide.mjs`);
    /** @type {[Pyodide, ArrayBuffer]} */
    const [pyodide, bundle] = await Promise.all([loadPyodide(), download(address)]);
    pyodide.unpackArchive(bundle, "zip", { extractDir: root });
    if (wheel) pyodide.unpackArchive(await download(wheel), "zip", { extractDir: `${root}/wheel` });
    const sys = pyodide.pyimport("sys");
    for (const part of ["wheel", "build/inner-site", "tests", "py"]) sys.path.insert(0, `${root}/${part}`);
    if (channel) await pyodide.pyimport("mediarecorder").connect(channel);
    const inner = pyodide.pyimport("harness.in_page");
    this.#session = inner.open_session();
    // With JSPI this never resolves: pytest stays in its loop as long as the page lives.
    const running = "Suspending" in WebAssembly || "Suspender" in WebAssembly
      ? inner.main.callPromising(root, pytestArguments)
      : inner.main(root, pytestArguments);
    await Promise.race([running, this.#session.ready]);
    await this.#session.ready;
  }

  /**
   * @param {string} nodeId          as pytest knows the test in the page
   * @param {string | null} nextId  the test that follows, if it is known
   * @returns {Promise<string>} JSON, see Session.run in in_page.py
   */
  run(nodeId, nextId) {
    return this.#session.run(nodeId, nextId ?? undefined);
  }
}

/** @param {string} address */
async function download(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} is missing (${response.status}). Run make test, or tools/prepare.py test`);
  return response.arrayBuffer();
}
