// @ts-check
/** Packs the demo page's Python into one file: node tools/pack.mjs. The page's own interpreter compiles it. */

import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const python = await loadPyodide();
python.mountNodeFS("/repository", process.cwd());
await python.runPythonAsync(readFileSync("tools/pack.py", "utf8"));
