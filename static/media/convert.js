// @ts-check
/** One recording into another file: seekable, in another format, shorter, with tags. */

import { Conversion, EncodedPacketSink } from "mediabunny";
import { Fault } from "../fault.js";
import { encodablePicture, encodableSound, FORMATS, named, soundFacts, unsupported, wav } from "./formats.js";
import { duration, origin, reading, soundOf } from "./input.js";
import { copying, InOrder, write } from "./packets.js";
import { writing } from "./result.js";
import { isSeekable } from "./seeking.js";
import { encoded, sound } from "./sound.js";
import { tagsFor } from "./tags.js";
import { perform } from "./task.js";

/** @typedef {import("mediabunny").Input} Input */
/** @typedef {import("mediabunny").ConversionOptions} ConversionOptions */
/** @typedef {import("mediabunny").MetadataTags} MetadataTags */
/** @typedef {import("./task.js").Request} Request */
/** @typedef {import("./task.js").Task} Task */

/** Seconds of a recording that are encoded before the packets beside them are copied. */
const STEP = 0.5;

/**
 * The same packets in a file with its length and an index; null when the file is so already.
 * @param {Blob} blob  @param {Request} request
 */
export const seekable = (blob, request) =>
  perform(request, (task) =>
    reading(blob, async (input) => ((await isSeekable(input, blob)) ? null : copied(input, task))),
  );

/**
 * The same packets and other tags; what is not changed stays.
 * @param {Blob} blob  @param {import("./tags.js").Pairs} changes  @param {Request} request
 */
export const withTags = (blob, changes, request) =>
  perform(request, (task) => reading(blob, (input) => copied(input, task, changes)));

/** How long it plays, in seconds. @param {Blob} blob  @param {Request} request */
export const measure = (blob, request) => perform(request, () => reading(blob, duration));

/** @param {Input} input  @param {Task} task  @param {import("./tags.js").Pairs} [changes] */
async function copied(input, task, changes) {
  const format = await formatLike(input);
  const tracks = await input.getTracks();
  for (const track of tracks) {
    const codec = await track.getCodec();
    if (!codec || !format.getSupportedCodecs().includes(codec)) {
      throw new Fault("NotSupportedError", `${named([codec ?? "an unknown codec"])} cannot be put into ${format.fileExtension.slice(1)}`);
    }
  }
  return written(input, format, tracks, await tagsFor(input, format, changes), task);
}

/**
 * @param {Blob} blob  @param {string} name  a format  @param {Request} request
 */
export const convert = (blob, name, request) =>
  perform(request, (task) =>
    reading(blob, async (input) => {
      const format = FORMATS[name];
      const tags = await tagsFor(input, format.make());
      const onlySound = format.video.length === 0;
      const tracks = onlySound ? [await soundOf(input)] : await input.getTracks();
      const stays = async (/** @type {import("mediabunny").InputTrack} */ track) =>
        /** @type {any[]} */ ([...format.video, ...format.audio]).includes(await track.getCodec());
      const stay = await Promise.all(tracks.map(stays));
      const kept = tracks.filter((_, index) => stay[index]);
      const changed = tracks.filter((_, index) => !stay[index]);
      if (changed.length === 0) return written(input, format.make(), kept, tags, task);
      if (onlySound) return encoded(name, await sound(input), task, tags);
      return written(input, format.make(), kept, tags, task, {
        video: async (track) => {
          if (!changed.includes(track)) return { discard: true };
          return { codec: (await encodablePicture(track, format)) ?? (await refuse(input, name, format.video)) };
        },
        audio: async (track) => {
          if (!changed.includes(track)) return { discard: true };
          return (await encodableSound(await soundFacts(track), format.audio)) ?? refuse(input, name, format.audio);
        },
      });
    }),
  );

/**
 * Write some tracks of a recording as they are, and others as a conversion makes them.
 * @param {Input} input  @param {import("mediabunny").OutputFormat} format
 * @param {import("mediabunny").InputTrack[]} kept  @param {MetadataTags} tags  @param {Task} task
 * @param {Partial<ConversionOptions>} [others]  discards those that are kept
 */
async function written(input, format, kept, tags, task, others) {
  const begin = await origin(input);
  // Without an index the length is found only by reading the whole file: not where nobody asks for it.
  const length = task.tell || others ? await duration(input) : 0;
  return writing(format, async (output) => {
    const conversion = others && (await prepared({ input, output, composable: true, trim: { start: begin }, ...others }));
    const copies = [];
    for (const track of kept) copies.push(await copying([track], [begin], output));
    output.setMetadataTags(tags);
    await output.start();
    if (!conversion) return write(copies, [length], task);
    // In step, so that no track has to wait in memory for the others.
    const pieces = new InOrder(copies.map((of) => of(0)));
    const copy = async (/** @type {number} */ until) => {
      for (let piece = pieces.head; piece && piece.at < until; piece = pieces.head) {
        await piece.add(0);
        await pieces.advance();
      }
    };
    await cancellable(conversion, task, async () => {
      await pieces.begin();
      const step = Math.max(STEP, length / 10000); // a broken file may claim to last for ages
      for (let until = step; until < length + step; until += step) {
        await conversion.execute({ until });
        await copy(until);
        task.report(until / length);
      }
      await conversion.execute();
      await copy(Infinity);
    }).finally(() => pieces.end());
  });
}

/** @param {Input} input  @param {string} name  @param {string[]} codecs @returns {Promise<never>} */
async function refuse(input, name, codecs) {
  throw await unsupported(input, name, codecs);
}

/**
 * The part from `start` to `end`, in seconds from where it begins to play.
 * @param {Blob} blob  @param {number} start  @param {number | undefined} end  @param {boolean} exact
 * @param {number} known  how long the recorder says it is, or NaN  @param {Request} request
 */
export const trim = (blob, start, end, exact, known, request) =>
  perform(request, (task) =>
    reading(blob, async (input) => {
      const [begin, length] = [await origin(input), await duration(input)];
      const longest = Math.max(length, known || 0);
      if (start >= length || (end !== undefined && end > longest + 0.05)) {
        throw new Fault(
          "RangeError",
          `the recording is ${longest.toFixed(3)} s long; ${start} to ${end ?? "its end"} is not within it`,
        );
      }
      const from = exact ? begin + start : await keyTime(input, begin + start);
      const wholeTail = end === undefined || end >= length;
      /** @type {Partial<ConversionOptions>} */
      const options = { trim: { start: from, ...(wholeTail ? {} : { end: begin + end }) } };
      if (exact) Object.assign(options, await exactly(input, start === 0, wholeTail));
      // Times move together so that the key frame before the start comes to stand at 0.
      else options.copy = { mode: "forced", shiftTolerance: Infinity };
      const format = await formatLike(input);
      options.tags = await tagsFor(input, format);
      const result = await writing(format, async (output) => {
        const conversion = await prepared({ input, output, ...options });
        if (task.tell) conversion.onProgress = (fraction) => task.report(fraction);
        await cancellable(conversion, task, () => conversion.execute());
      });
      return { ...result, start: from - begin };
    }),
  );

/** Where a picture can be entered at the latest before a time; without a picture that time. @param {Input} input  @param {number} time */
async function keyTime(input, time) {
  const track = await input.getPrimaryVideoTrack();
  const key = track && (await new EncodedPacketSink(track).getKeyPacket(time, { metadataOnly: true }));
  return key ? Math.max(key.timestamp, await origin(input)) : time;
}

/**
 * Encode again what cannot be cut between two packets, in the codec it has, if this browser can.
 * @param {Input} input  @param {boolean} fromStart  @param {boolean} toEnd
 * @returns {Promise<Partial<ConversionOptions>>}
 */
async function exactly(input, fromStart, toEnd) {
  const format = await formatLike(input);
  const name = format.fileExtension.slice(1);
  return {
    // A frame lasts until the next: the end of a picture needs no encoder, and a key frame at the start neither.
    copy: { boundaryTolerance: 1e-4, shiftTolerance: 1e-4 },
    video: async (track) => {
      if (fromStart) return {};
      const wishes = { ...FORMATS[name], video: format.getSupportedVideoCodecs() };
      const codec = await encodablePicture(track, wishes, (await track.getCodec()) ?? undefined);
      return { codec: codec ?? (await refuse(input, name, wishes.video)) };
    },
    audio: async (track) => {
      if (fromStart && toEnd) return {};
      const own = (await track.getCodec()) ?? "opus";
      const codecs = [own, .../** @type {const} */ (["opus", "aac", "pcm-s16"])];
      const allowed = codecs.filter((codec) => format.getSupportedAudioCodecs().includes(codec));
      const parameters = await encodableSound(await soundFacts(track), allowed);
      return { ...(parameters ?? (await refuse(input, name, allowed))), forceTranscode: true };
    },
  };
}

/**
 * A format that holds what this file holds: its own, if it can be written.
 * @param {Input} input
 */
export async function formatLike(input) {
  const mimeType = (await input.getFormat()).mimeType;
  const kind = mimeType.slice(mimeType.indexOf("/") + 1);
  if (kind === "webm" || kind === "x-matroska") {
    const webm = FORMATS.webm.make();
    const codecs = await Promise.all((await input.getTracks()).map((track) => track.getCodec()));
    const fit = codecs.every((codec) => codec && webm.getSupportedCodecs().includes(codec));
    return fit ? webm : FORMATS.mkv.make();
  }
  if (kind.includes("wav")) return wav();
  if (kind === "ogg" || kind === "flac") return FORMATS.ogg.make();
  if (kind === "mpeg") return FORMATS.mp3.make();
  return FORMATS.mp4.make();
}

/** A conversion that will lose no track. @param {ConversionOptions} options */
async function prepared(options) {
  const conversion = await Conversion.init({ ...options, showWarnings: false });
  const lost = conversion.discardedTracks.find(({ reason }) => reason !== "discarded_by_user");
  if (lost) throw await explained(lost, options.output.format.fileExtension.slice(1));
  return conversion;
}

/**
 * Run a conversion so that it ends at once when the task is cancelled.
 * @param {Conversion} conversion  @param {Task} task  @param {() => Promise<void>} run
 */
async function cancellable(conversion, task, run) {
  task.signal.throwIfAborted();
  const cancel = () => void conversion.cancel().catch(() => {});
  task.signal.addEventListener("abort", cancel);
  try {
    await run();
  } finally {
    task.signal.removeEventListener("abort", cancel);
  }
}

/** @param {import("mediabunny").DiscardedTrack} lost  @param {string} name */
async function explained({ track, reason }, name) {
  const what = track.isVideoTrack() ? "picture" : "sound";
  const codec = await track.getCodec();
  const said = codec ? named([codec]) : "an unknown codec";
  /** @type {Record<string, string>} */
  const texts = {
    unknown_source_codec: `the ${what} has a codec that is not known`,
    undecodable_source_codec: `this browser cannot decode the ${what} (${said})`,
    no_encodable_target_codec: `this browser cannot encode the ${what} for ${name}`,
    cannot_copy: `the ${what} (${said}) cannot be put into ${name} as it is`,
  };
  return new Fault("NotSupportedError", texts[reason] ?? `${name} has no place for a second ${what}`);
}
