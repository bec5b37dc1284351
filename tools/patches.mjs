// @ts-check
/**
 * A patched copy of mediabunny in build/mediabunny; the bundle is made from it.
 *
 *     node tools/patches.mjs           make the copy; a patch that does not apply is an error
 *     node tools/patches.mjs save X    write the changes since the copy was made into tools/patches/X.patch
 *
 * To change mediabunny: make the copy, edit it, and save the difference under a name that states its purpose.
 * Patches apply in the order of their names. tools/patches/README.md gives the reason for each.
 */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { applyPatch, parsePatch } from "diff";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PATCHES = join(ROOT, "tools/patches");
const SOURCE = join(ROOT, "node_modules/mediabunny");
export const COPY = join(ROOT, "build/mediabunny");

/** The patches, in the order in which they apply. */
export const patchNames = () => readdirSync(PATCHES).filter((name) => name.endsWith(".patch")).sort();

/** Make the patched copy in a folder. @param {string} [folder]  @param {string[]} [names]  the patches to apply */
export function patched(folder = COPY, names = patchNames()) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(SOURCE, "package.json"), join(folder, "package.json"));
  cpSync(join(SOURCE, "dist/modules"), join(folder, "dist/modules"), {
    recursive: true,
    filter: (path) => !/\.(ts|map)$/.test(path),
  });
  for (const name of names) {
    for (const change of parsePatch(readFileSync(join(PATCHES, name), "utf8"))) {
      const file = join(folder, (change.newFileName ?? "").replace(/^b\//, ""));
      const changed = applyPatch(readFileSync(file, "utf8"), change);
      if (changed === false) {
        throw new Error(`tools/patches/${name} does not apply to ${file}: mediabunny has changed, so revise the patch`);
      }
      writeFileSync(file, changed);
    }
  }
}

/** Write the edits in the copy as a patch. @param {string} name */
function save(name) {
  const before = join(ROOT, "build/mediabunny-before");
  patched(before, patchNames().filter((known) => known !== `${name}.patch`));
  const folders = ["build/mediabunny-before", "build/mediabunny"];
  let difference = "";
  try {
    execFileSync("git", ["diff", "--no-index", "--no-prefix", ...folders], { cwd: ROOT, maxBuffer: 2 ** 26 });
  } catch (error) {
    difference = String(/** @type {any} */ (error).stdout); // git reports a difference by its exit code
  }
  rmSync(before, { recursive: true });
  if (!difference) throw new Error("nothing was edited in build/mediabunny");
  const text = difference
    .replace(/^(diff --git |--- )build\/mediabunny-before\//gm, "$1a/")
    .replace(/^(diff --git \S+ |\+\+\+ )build\/mediabunny\//gm, "$1b/")
    .replace(/^index .*\n/gm, "");
  writeFileSync(join(PATCHES, `${name}.patch`), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [verb, name] = process.argv.slice(2);
  if (verb === "save" && name) save(name);
  else patched();
}
