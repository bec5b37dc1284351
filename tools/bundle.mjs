// @ts-check
/** Bundles the library's JavaScript into the package: node tools/bundle.mjs */

import { readFileSync, writeFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { COPY, patched, patchNames } from "./patches.mjs";

const OUT = "py/mediarecorder/js";

/** @type {import("esbuild").BuildOptions} */
const common = {
  bundle: true,
  minify: true,
  format: "esm",
  // What Pyodide with `run_sync` needs, and the browsers that have WebCodecs, know all of this.
  target: ["chrome119", "firefox130", "safari17"],
  outdir: OUT,
  legalComments: "none", // the licences are in a file of their own
  logLevel: "warning",
};

patched();
await build({ ...common, alias: { mediabunny: COPY }, entryPoints: ["static/media/media.js"] });
/**
 * The encoder of MP3 carries the text of its worker in a string. Here it becomes a function, so that it can also work
 * without a worker (static/media/worker-of-mp3.js).
 * @type {import("esbuild").Plugin}
 */
const workerAsFunction = {
  name: "worker as function",
  setup({ onLoad, onResolve }) {
    /** @type {string} */
    let text;
    onLoad({ filter: /mp3-encoder\.mjs$/ }, ({ path }) => {
      const parts = readFileSync(path, "utf8").split(/return inlineWorker\(('(?:[^'\\]|\\.)*')\)/s);
      if (parts.length !== 3) throw new Error(`${path} has changed: look where it keeps its worker`);
      text = runInNewContext(parts[1]);
      const start = `import { startWorker } from "./static/media/worker-of-mp3.js";`;
      return { contents: `${start}${parts[0]}return startWorker()${parts[2]}`, resolveDir: "." };
    });
    onResolve({ filter: /^lame$/ }, () => ({ path: "lame", namespace: "lame" }));
    onLoad({ filter: /.*/, namespace: "lame" }, () => ({
      contents: `export default function work(self, setInterval) {${text}\n}`,
    }));
  },
};

await build({
  ...common,
  entryPoints: ["static/media/mp3.js"],
  alias: { mediabunny: "./static/media/mediabunny-of-media.js" },
  plugins: [workerAsFunction],
});

// The bridge. The page's half is a module that its author imports from. The worker's half is a plain script, so that
// a classic worker can load it by importScripts and any other by import.
const [, library] = /__version__ = "(.+)"/.exec(readFileSync("py/mediarecorder/__init__.py", "utf8")) ?? [];
const define = { MEDIARECORDER_VERSION: JSON.stringify(library) };
await build({ ...common, define, entryPoints: ["static/bridge/page.js"] });
await build({ ...common, define, entryPoints: ["static/bridge/worker.js"], format: "iife" });
// The store's half that touches the disk is a script for a worker of its own.
await build({ ...common, entryPoints: ["static/store/store.js"], format: "iife" });

const licence = (/** @type {string} */ name) => readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim();
const version = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;

// Each change to mediabunny in one line, from the table of the patches.
const changes = [...readFileSync("tools/patches/README.md", "utf8").matchAll(/^\| `(.+?)` \| (.+) \|$/gm)];
if (String(changes.map(([, name]) => `${name}.patch`)) !== String(patchNames())) {
  throw new Error("tools/patches/README.md does not list each patch once, in order");
}

writeFileSync(
  `${OUT}/LICENSES.txt`,
  `media.js contains mediabunny ${version("mediabunny")}, and mp3.js contains @mediabunny/mp3-encoder
${version("@mediabunny/mp3-encoder")}, both bundled and minified. Their sources are the npm packages of these names
and versions, and at https://github.com/Vanilagy/mediabunny. Their licence is the Mozilla Public License 2.0, below.

Both were changed before they were bundled, under the same licence. The worker of @mediabunny/mp3-encoder became a
function, by tools/bundle.mjs. mediabunny was changed by the patches in tools/patches. All of it is in this project's
source distribution, mediarecorder-${library}.tar.gz. The patches:

${changes.map(([, name, why]) => `- ${name}.patch: ${why}`).join("\n")}

mp3.js also contains LAME (https://lame.sourceforge.io), compiled to WebAssembly by the makers of that package,
under the GNU Library General Public License, version 2 or later, which comes last. It can be exchanged: build
mp3.js with another one, by tools/bundle.mjs of this project.

store.js contains crc-32 ${version("crc-32")} (https://git.io/crc32), bundled and minified, under the Apache License 2.0,
below as well.

${licence("mediabunny")}


${licence("crc-32")}


${readFileSync("static/media/LGPL-2.0.txt", "utf8").trim()}
`,
);
