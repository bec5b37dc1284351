// @ts-check
/**
 * Runs the media engine on files in Node, for work that needs no codecs:
 *
 *     echo '[["withTags", "in.mp4", "out.mp4", [["title", "One"]]], ["tags", "out.mp4"]]' | node engine.mjs
 *
 * Runs one step after another and prints the result of each `tags` on a line. An object at the end of a step becomes part
 * of the request.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { register } from "node:module";

const patched = new URL("../../build/mediabunny/dist/modules/src/index.js", import.meta.url).href;
const formats = new URL("../../build/formats.js", import.meta.url).href;
const places = JSON.stringify({ mediabunny: patched, formats });
const resolve = `export const resolve = (name, context, next) => next(${places}[name] ?? name, context)`;
register(`data:text/javascript,${encodeURIComponent(resolve)}`);
// All files state the same time, so that equal ones have equal bytes.
const now = Date.now();
Date.now = () => now;
// Packets are copied, but the engine checks that it could decode them.
class Decoder {
  static isConfigSupported = async () => ({ supported: true });
}
Object.assign(globalThis, { AudioDecoder: Decoder, VideoDecoder: Decoder });

const { convert, seekable, trim, withTags } = await import("../../static/library/media/convert.js");
const { tags } = await import("../../static/library/media/tags.js");

/** @type {Record<string, (blob: Blob, ...rest: any[]) => Promise<any>>} */
const verbs = { convert, seekable, tags, trim, withTags };

for (const [verb, source, target, ...rest] of JSON.parse(readFileSync(0, "utf8"))) {
  const blob = new Blob([readFileSync(source)]);
  const known = verb === "tags" ? [] : [NaN]; // no recorder has counted its length
  if (verb === "seekable") known.push(true);
  const options = rest.at(-1)?.constructor === Object ? rest.pop() : {};
  const result = await verbs[verb](blob, ...rest, ...known, { signal: new AbortController().signal, ...options });
  if (verb === "tags") console.log(JSON.stringify(Object.fromEntries(result)));
  else writeFileSync(target, new Uint8Array(await (result?.blob ?? blob).arrayBuffer()));
}
