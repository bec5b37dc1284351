// @ts-check
/** Make another file from one recording: seekable, in another format, shorter, or with tags. */

import { EncodedPacketSink } from "mediabunny";
import { assembled } from "./assemble.js";
import { lacksChapters, within } from "./chapters.js";
import { Fault } from "../fault.js";
import { FORMATS, named, nameOf, outputFormat } from "./formats.js";
import { duration, origin, reading, soundOf } from "./input.js";
import { canHide, SLACK } from "./packets.js";
import { Part } from "./part.js";
import { inOnePart } from "./result.js";
import { hasChapters, headOf, isMatroska, isSeekable, pointsToCues } from "./seeking.js";
import { tagsFor } from "./tags.js";
import { perform } from "./task.js";
import { composed } from "../webm/compose.js";
import { directWav, emptyWav, isEmpty, sampleSize } from "./wav.js";

/** @typedef {import("mediabunny").Input} Input */
/** @typedef {import("mediabunny").InputTrack} InputTrack */
/** @typedef {import("./task.js").Request} Request */
/** @typedef {import("./task.js").Task} Task */

// `known` is the duration of the recording according to the recorder, or NaN.

/**
 * The same packets in a file with a duration and an index; null if the file already has both. WebM and Matroska are
 * composed of slices of the file. All other files, and those that the walk does not understand, are written again.
 * @param {Blob} blob  @param {number} known  @param {boolean} inParts  whether the result may consist of slices
 * @param {Request} request
 */
export const seekable = (blob, known, inParts, request) =>
  perform(request, async (task) => {
    const head = await headOf(blob);
    const isDone = () => reading(blob, (input) => isSeekable(input, blob, known));
    if (isMatroska(head)) {
      if (pointsToCues(head) && (!task.chapters || hasChapters(head)) && (await isDone())) return null;
      const made = await composed(blob, known, task.signal, (fraction) => task.report(fraction), task.chapters);
      if (made) return inParts ? made : inOnePart(made);
    } else if (!(task.chapters && (await reading(blob, lacksChapters))) && (await isDone())) return null;
    return reading(blob, (input) => copied(input, known, task));
  });

/**
 * The same packets with changed tags; other tags stay.
 * @param {Blob} blob  @param {import("./tags.js").Pairs} changes  @param {number} known  @param {Request} request
 */
export const withTags = (blob, changes, known, request) =>
  perform(request, (task) => reading(blob, (input) => copied(input, known, task, changes)));

/** The duration in seconds. @param {Blob} blob  @param {Request} request */
export const measure = (blob, request) => perform(request, () => reading(blob, (input) => duration(input)));

/** @param {Input} input  @param {number} known  @param {Task} task  @param {import("./tags.js").Pairs} [changes] */
async function copied(input, known, task, changes) {
  const format = await formatLike(input);
  const tracks = await filledTracks(input);
  for (const track of tracks) {
    const codec = await track.getCodec();
    if (!codec || !format.getSupportedCodecs().includes(codec)) {
      throw new Fault("NotSupportedError", `${named([codec ?? "an unknown codec"])} cannot be put into ${nameOf(format)}`);
    }
  }
  const tags = await tagsFor(input, format, changes);
  const part = await Part.whole(input, known);
  return assembled([part], tracks.map((track) => [track]), format, { tags, chapters: task.chapters, mode: "copy" }, task);
}

/** The tracks that have packets. @param {Input} input */
export async function filledTracks(input) {
  const tracks = await input.getTracks();
  const first = await Promise.all(tracks.map((track) => new EncodedPacketSink(track).getFirstPacket({ metadataOnly: true })));
  return tracks.filter((_, index) => first[index]);
}

/**
 * @param {Blob} blob  @param {string} name  a format
 * @param {number} known  @param {Request} request
 */
export const convert = (blob, name, known, request) => perform(request, (task) => converted(blob, name, known, task));

/** @param {Blob} blob  @param {string} name  @param {number} known  @param {Task} task */
async function converted(blob, name, known, task) {
  const made = name === "wav" && (await directWav(blob, task));
  if (made) return made;
  return reading(blob, async (input) => {
    const { video, audio } = FORMATS[name];
    const tracks = video.length === 0 ? [await soundOf(input)] : await filledTracks(input);
    const part = await Part.whole(input, known);
    const format = outputFormat(name, name === "wav" ? await bytesOfSound(input, task) : 0);
    const codecs = { video, audio: task.audio ? [task.audio] : audio };
    const wishes = { tags: await tagsFor(input, format), chapters: task.chapters, ...codecs };
    return assembled([part], tracks.map((track) => [track]), format, wishes, task);
  });
}

/**
 * The WAV of a take, which may be empty.
 * @param {Blob} blob  @param {number} known  @param {Request} request
 */
export const takenAsWav = (blob, known, request) =>
  perform(request, async (task) => ((await isEmpty(blob)) ? emptyWav() : converted(blob, "wav", known, task)));

/** The approximate size of the sound as PCM, in bytes. @param {Input} input  @param {Task} task */
async function bytesOfSound(input, task) {
  const track = await soundOf(input);
  return (await duration(input)) * (await track.getSampleRate()) * (await track.getNumberOfChannels()) * sampleSize(task);
}

/**
 * The part from `start` to `end`, in seconds from the beginning of playback.
 * @param {Blob} blob  @param {number} start  @param {number | undefined} end  @param {boolean} exact
 * @param {number} known  @param {Request} request
 */
export const trim = (blob, start, end, exact, known, request) =>
  perform(request, (task) =>
    reading(blob, async (input) => {
      const [begin, length] = [await origin(input), await duration(input, known)];
      // The duration by the recorder's clock: the last picture is shown until then.
      const longest = Math.max(length, known || 0);
      const last = (await input.getPrimaryVideoTrack()) ? longest : length;
      if (start >= last || (end !== undefined && end > longest + 0.05)) {
        throw new Fault(
          "RangeError",
          `the recording is ${longest.toFixed(3)} s long; ${start} to ${end ?? "its end"} is not within it`,
        );
      }
      const format = await formatLike(input);
      const from = exact ? begin + start : await entry(input, begin + start, nameOf(format));
      const isToTheEnd = start < length && (end === undefined || end >= length);
      const part = new Part(input, from, isToTheEnd ? undefined : begin + Math.min(end ?? last, last), known);
      /** @type {import("./assemble.js").Wishes} */
      const wishes = {
        tags: await tagsFor(input, format),
        chapters: within(task.chapters, from - begin, end),
        mode: exact ? "exact" : "copy",
      };
      const tracks = (await filledTracks(input)).map((track) => [track]);
      return { ...(await assembled([part], tracks, format, wishes, task)), start: from - begin };
    }),
  );

/**
 * The last time before `time` at which a copy of a recording can start without encoding.
 * @param {Input} input  @param {number} time  @param {string} name  the format's name
 */
async function entry(input, time, name) {
  const begin = await origin(input);
  const picture = await input.getPrimaryVideoTrack();
  if (picture) {
    const key = await new EncodedPacketSink(picture).getKeyPacket(time + SLACK, { metadataOnly: true });
    return key ? Math.max(key.timestamp, begin) : begin;
  }
  const sound = await soundOf(input);
  if (canHide(name, (await sound.getCodec()) ?? "")) return time;
  const packet = await new EncodedPacketSink(sound).getPacket(time, { metadataOnly: true });
  return packet ? Math.max(packet.timestamp, begin) : begin;
}

/** The formats that may hold the content of a file in another format, in order of preference. */
const LIKE = { webm: ["webm", "mkv"], mkv: ["webm", "mkv"], ogg: ["flac", "ogg"] }; // (FLAC in Ogg cannot be written)

/**
 * A format that holds the content of this file: its own, if it can be written.
 * @param {Input} input
 */
export async function formatLike(input) {
  const mimeType = (await input.getFormat()).mimeType;
  const codecs = await Promise.all((await input.getTracks()).map((track) => track.getCodec()));
  const own = Object.keys(FORMATS).find((name) => mimeType in FORMATS[name].types) ?? "mp4";
  const formats = (/** @type {Record<string, string[]>} */ (LIKE)[own] ?? [own]).map((name) => outputFormat(name));
  const holdsAll = (/** @type {import("mediabunny").OutputFormat} */ format) =>
    codecs.every((codec) => codec && format.getSupportedCodecs().includes(codec));
  return formats.find(holdsAll) ?? formats[formats.length - 1];
}
