// @ts-check
/** Bundles the library's JavaScript into the package: node tools/bundle.mjs */

import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

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

await build({ ...common, entryPoints: ["static/media/media.js"] });
await build({
  ...common,
  entryPoints: ["static/media/mp3.js"],
  alias: { mediabunny: "./static/media/mediabunny-of-media.js" },
  inject: ["./static/media/worker-of-mp3.js"],
});

const licence = (/** @type {string} */ name) => readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim();
const version = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;

writeFileSync(
  `${OUT}/LICENSES.txt`,
  `media.js contains mediabunny ${version("mediabunny")}, and mp3.js contains @mediabunny/mp3-encoder
${version("@mediabunny/mp3-encoder")}, both bundled and minified, not otherwise changed. Their sources are the npm
packages of these names and versions, and at https://github.com/Vanilagy/mediabunny; their licence is the Mozilla
Public License 2.0, below.

mp3.js also contains LAME (https://lame.sourceforge.io), compiled to WebAssembly by the makers of that package,
under the GNU Library General Public License, version 2 or later, which comes last. It can be exchanged: build
mp3.js with another one, by tools/bundle.mjs of this project.

${licence("mediabunny")}


${readFileSync("static/media/LGPL-2.0.txt", "utf8").trim()}
`,
);
