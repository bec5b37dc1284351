// @ts-check
/**
 * A change to the encoders' packages, made while they are bundled. Each contains the text of its worker as a string. Here
 * it becomes a function, so that it can also run without a worker (static/library/media/encoders/worker.js).
 */

import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { compressed } from "./compressed-webassembly.mjs";

/** @returns {import("esbuild").Plugin}  for the bundle of one package */
export function workerAsFunction() {
  let text = "";
  return {
    name: "worker as function",
    setup({ onLoad, onResolve }) {
      onLoad({ filter: /-encoder\.mjs$/ }, async ({ path }) => {
        const parts = readFileSync(path, "utf8").split(/return inlineWorker\((.+?)\);\n\}/s);
        if (parts.length !== 3) throw new Error(`${path} has changed: find its worker again`);
        text = await compressed(runInNewContext(parts[1]));
        const start = `import { startWorker } from "./static/library/media/encoders/worker.js";`;
        return { contents: `${start}${parts[0]}return startWorker();\n}${parts[2]}`, resolveDir: "." };
      });
      onResolve({ filter: /^encoder$/ }, () => ({ path: "encoder", namespace: "encoder" }));
      onLoad({ filter: /.*/, namespace: "encoder" }, () => ({
        contents: `export default function work(self, setInterval) {${text}\n}`,
      }));
    },
  };
}
