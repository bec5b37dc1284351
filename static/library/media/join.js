// @ts-check
/** Join several recordings in one file, one after the other. */

import { assembled } from "./assemble.js";
import { within } from "./chapters.js";
import { filledTracks, formatLike } from "./convert.js";
import { Fault } from "../fault.js";
import { open } from "./input.js";
import { Part } from "./part.js";
import { tagsFor } from "./tags.js";
import { perform } from "./task.js";

/** @typedef {import("mediabunny").Input} Input */
/** @typedef {import("mediabunny").InputTrack} InputTrack */
/** @typedef {import("./task.js").Request} Request */

/**
 * @param {Blob[]} blobs  @param {number[]} known  their durations according to their recorders, or NaN
 * @param {Request} request
 */
export const concat = (blobs, known, request) =>
  perform(request, async (task) => {
    /** @type {Input[]} */
    const inputs = [];
    try {
      for (const blob of blobs) inputs.push(await open(blob));
      const tracks = await matched(inputs);
      const parts = [];
      for (const [index, input] of inputs.entries()) parts.push(await Part.whole(input, known[index]));
      const format = await formatLike(inputs[0]);
      const wishes = { tags: await tagsFor(inputs[0], format), chapters: within(task.chapters) };
      return await assembled(parts, tracks, format, wishes, task);
    } finally {
      for (const input of inputs) input.dispose();
    }
  });

/** For each track of the first recording, the matching track of each recording. @param {Input[]} inputs */
async function matched(inputs) {
  const all = await Promise.all(inputs.map(filledTracks));
  const pictures = all.map((tracks) => tracks.filter((track) => track.isVideoTrack()));
  const sounds = all.map((tracks) => tracks.filter((track) => track.isAudioTrack()));
  refuseMixture(pictures, "a picture");
  refuseMixture(sounds, "sound");
  const together = [];
  for (const kind of [pictures, sounds]) {
    for (let place = 0; place < kind[0].length; place++) together.push(kind.map((tracks) => tracks[place]));
  }
  for (const several of together) await refuseSizes(several);
  return /** @type {InputTrack[][]} */ (together);
}

/** @param {unknown[][]} tracks  the tracks of each recording  @param {string} what */
function refuseMixture(tracks, what) {
  const counts = tracks.map((each) => each.length);
  const without = counts.flatMap((count, index) => (count ? [] : [index + 1]));
  if (without.length > 0 && without.length < counts.length) {
    throw new Fault(
      "NotSupportedError",
      `some recordings have ${what}, but recording ${without.join(", ")} has none. Join recordings of the same kind`,
    );
  }
  const other = counts.findIndex((count) => count !== counts[0]);
  if (other > 0) {
    throw new Fault(
      "NotSupportedError",
      `recording 1 has ${counts[0]} tracks with ${what}, but recording ${other + 1} has ${counts[other]}. ` +
        "Join recordings of the same kind",
    );
  }
}

/** @param {InputTrack[]} pictures */
async function refuseSizes(pictures) {
  const size = async (/** @type {InputTrack} */ track) => {
    if (!track.isVideoTrack()) return "";
    const turned = [await track.getRotation(), await track.getFlip()];
    const how = turned.some(Boolean) ? ` turned by ${turned[0]} degrees${turned[1] ? " and flipped" : ""}` : "";
    return `${await track.getDisplayWidth()} x ${await track.getDisplayHeight()}${how}`;
  };
  const sizes = new Set(await Promise.all(pictures.map(size)));
  if (sizes.size > 1) {
    throw new Fault(
      "NotSupportedError",
      `the pictures differ in size: ${[...sizes].join(", ")}. Join recordings of the same size`,
    );
  }
}
