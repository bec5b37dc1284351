// @ts-check
/**
 * Makes an MP4 of each file in two ways: with the media in their place, and written again. `node in_place.mjs KNOWN FILE…`
 * writes FILE.in-place.mp4 and FILE.written.mp4; KNOWN is the duration according to a recorder, or NaN. It prints whether
 * the media of each file could stay.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { register } from "node:module";

const patched = new URL("../../build/mediabunny/dist/modules/src/index.js", import.meta.url).href;
const formats = new URL("../../build/formats.js", import.meta.url).href;
const places = JSON.stringify({ mediabunny: patched, formats });
const resolve = `export const resolve = (name, context, next) => next(${places}[name] ?? name, context)`;
register(`data:text/javascript,${encodeURIComponent(resolve)}`);
// Both files state when they were made.
const now = Date.now();
Date.now = () => now;

const media = "../../static/library/media";
const { outputFormat } = await import(`${media}/formats.js`);
const { reading } = await import(`${media}/input.js`);
const { inPlace, mayStay } = await import(`${media}/inplace.js`);
const { copying, write } = await import(`${media}/packets.js`);
const { Part } = await import(`${media}/part.js`);
const { writing } = await import(`${media}/result.js`);
const { Task } = await import(`${media}/task.js`);

/**
 * @param {Blob} blob  @param {number} known
 * @param {(tracks: import("mediabunny").InputTrack[], part: import("../../static/library/media/part.js").Part) => Promise<any>} work
 */
const withWhole = (blob, known, work) =>
  reading(blob, async (/** @type {import("mediabunny").Input} */ input) =>
    work(await input.getTracks(), await Part.whole(input, known)),
  );

const [said, ...files] = process.argv.slice(2);
const known = Number(said);
const stays = [];
for (const file of files) {
  const blob = new Blob([readFileSync(file)]);
  const task = new Task({ signal: new AbortController().signal });
  const made = await withWhole(blob, known, async (tracks, part) =>
    (await mayStay(tracks, [part])) ? inPlace(tracks, part, { tags: {} }, task) : undefined,
  );
  const written = await withWhole(blob, known, (tracks, part) =>
    writing(outputFormat("mp4"), async (/** @type {import("mediabunny").Output} */ output) => {
      const pieces = [];
      for (const track of tracks) pieces.push(await copying([track], [part], output));
      await output.start();
      await write(pieces, [part], task);
    }),
  );
  stays.push(Boolean(made));
  for (const [name, result] of Object.entries({ "in-place": made, written })) {
    if (result) writeFileSync(`${file}.${name}.mp4`, new Uint8Array(await result.blob.arrayBuffer()));
  }
}
console.log(JSON.stringify(stays));
