// @ts-check
/**
 * Runs a Python file in the page's own interpreter: node tools/in_pyodide.mjs FILE. There /repository is this
 * repository.
 */

import { readFileSync } from "node:fs";
import { argv, cwd } from "node:process";
import { loadPyodide } from "pyodide";

const python = await loadPyodide();
python.mountNodeFS("/repository", cwd());
await python.runPythonAsync(readFileSync(argv[2], "utf8"));
