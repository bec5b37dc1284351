// @ts-check
/** Bundles the library's JavaScript into the package: node tools/bundle.mjs */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import * as esbuild from "esbuild";
import { minify } from "terser";
import { COPY, patched, patchNames } from "./patches.mjs";
import { workerAsFunction } from "./patches/worker-as-function.mjs";

const OUT = "py/mediarecorder/js";

/** @type {import("esbuild").BuildOptions} */
const common = {
  bundle: true,
  minify: true,
  format: "esm",
  // Every browser that supports Pyodide's `run_sync` and WebCodecs supports this.
  target: ["chrome119", "firefox130", "safari17"],
  outdir: OUT,
  legalComments: "none", // the licences are in a file of their own
  logLevel: "warning",
};

/**
 * Bundle with esbuild, and shorten the result with terser, which saves another 3 %.
 * @param {import("esbuild").BuildOptions} options
 */
async function build(options) {
  const { outputFiles } = await esbuild.build({ ...common, ...options, write: false });
  for (const { path, text } of outputFiles) {
    const { code } = await minify(text, { ecma: 2020, module: options.format !== "iife", compress: { passes: 3 } });
    writeFileSync(path, `${code}\n`);
  }
}

// The table of formats is a Python literal that is also valid JavaScript.
const [, literal] = /^FORMATS: .*? = (\{.*?^\})/ms.exec(readFileSync("py/mediarecorder/formats.py", "utf8")) ?? [];
/** @type {Record<string, {output: string, encoders: string[]}>} */
const formats = runInNewContext(`(${literal})`);
const outputs = Object.values(formats).map(({ output }) => `${output}OutputFormat as ${output}`);
const rows = Object.entries(formats).map(
  ([name, { output, ...row }]) => `${name}: { Output: ${output}, ...${JSON.stringify(row)} }`,
);

patched();
mkdirSync(OUT, { recursive: true });
const table = "build/formats.js"; // tests that run the engine in Node use it too
writeFileSync(table, `import { ${outputs} } from "mediabunny";\nexport const FORMATS = { ${rows} };\n`);
await build({
  alias: { mediabunny: COPY, formats: `./${table}` },
  entryPoints: ["static/library/media/media.js"],
});

const encoders = [...new Set(Object.values(formats).flatMap((row) => row.encoders))].sort();
for (const codec of encoders) {
  await build({
    entryPoints: [`static/library/media/encoders/${codec}.js`],
    alias: { mediabunny: "./static/library/media/encoders/mediabunny.js" },
    plugins: [workerAsFunction()],
  });
}

// The bridge. The page's half is a module from which page authors import. The worker's half is a plain script, so that
// a classic worker can load it by importScripts, and a module worker by import.
const [, library] = /__version__ = "(.+)"/.exec(readFileSync("py/mediarecorder/__init__.py", "utf8")) ?? [];
const define = { MEDIARECORDER_VERSION: JSON.stringify(library) };
await build({ define, entryPoints: ["static/library/bridge/page.js"] });
await build({ define, entryPoints: ["static/library/bridge/worker.js"], format: "iife" });
// The part of the store that accesses the disk is a script for its own worker.
await build({ entryPoints: ["static/library/store/store.js"], format: "iife" });

// The client of tus, with what the browser has in place of its packages.
const parts = "./static/library/upload/parts";
await build({
  entryPoints: ["static/library/upload/tus.js"],
  alias: { "js-base64": `${parts}/base64.js`, "url-parse": `${parts}/url.js` },
  format: "iife",
});

const licence = (/** @type {string} */ name, file = "LICENSE") =>
  readFileSync(`node_modules/${name}/${file}`, "utf8").trim();
const version = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;

// One line for each change to mediabunny, from the table of patches.
const changes = [...readFileSync("tools/patches/README.md", "utf8").matchAll(/^\| `(.+?)` \| (.+) \|$/gm)];
if (String(changes.map(([, name]) => `${name}.patch`)) !== String(patchNames())) {
  throw new Error("tools/patches/README.md does not list each patch once, in order");
}

// The files of mediabunny that the patches change.
const changed = patchNames().flatMap((name) =>
  [...readFileSync(`tools/patches/${name}`, "utf8").matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file]) => file),
);

// Third-party code in the encoders' packages.
const compiled = {
  aac: "FFmpeg's encoder of AAC (https://ffmpeg.org), under the GNU Lesser General Public License, version 2.1 or later",
  flac: "libFLAC (https://xiph.org/flac), under the licence of the Xiph.Org Foundation",
  mp3: "LAME (https://lame.sourceforge.io), under the GNU Library General Public License, version 2 or later",
};
const packages = encoders.map((codec) => `@mediabunny/${codec}-encoder`);
const text = (/** @type {string} */ name) => readFileSync(`static/library/media/encoders/${name}.txt`, "utf8").trim();

writeFileSync(
  `${OUT}/LICENSES.txt`,
  `media.js contains mediabunny ${version("mediabunny")}. Each encoder's file contains a package of the same makers:

${packages.map((name, index) => `* ${encoders[index]}.js: ${name} ${version(name)}`).join("\n")}

All are bundled and minified. Their sources are in the npm packages of these names and versions, and at
https://github.com/Vanilagy/mediabunny. Their licence is the Mozilla Public License 2.0, below.

They were changed before they were bundled, under the same licence. The workers of the encoders became functions, by
tools/patches/worker-as-function.mjs, and LAME's WebAssembly was compressed, by tools/patches/compressed-webassembly.mjs.
mediabunny was changed by the patches in tools/patches. All of it is in this project's source
distribution, mediarecorder-${library}.tar.gz. The patches:

${changes.map(([, name, why]) => `- ${name}.patch: ${why}`).join("\n")}

They change these files of mediabunny:

${[...new Set(changed)].sort().map((file) => `* ${file}`).join("\n")}

The encoders also contain, compiled to WebAssembly by the makers of the packages:

${encoders.map((codec) => `* ${codec}.js: ${compiled[/** @type {keyof compiled} */ (codec)]}`).join("\n")}

Those licences come last. Each encoder can be replaced: build its file with another encoder, using this project's
tools/bundle.mjs. aac.js and flac.js are not in the wheel, but files beside it.

store.js contains @foxglove/crc ${version("@foxglove/crc")} (https://github.com/foxglove/crc), bundled and minified, under
the MIT License, below as well. So does tus.js, with tus-js-client ${version("tus-js-client")}
(https://github.com/tus/tus-js-client).

${[licence("@foxglove/crc", "LICENSE.md"), licence("tus-js-client"), licence("mediabunny"), text("libFLAC"), text("LGPL-2.0"), text("LGPL-2.1")].join("\n\n\n")}
`,
);
