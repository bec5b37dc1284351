// @ts-check
/**
 * Chapters: the markers of a recording, in its file. Matroska and MP4 have elements for them, which the patched muxers
 * write. MP3 has frames for them (ID3v2 Chapter Frame Addendum 1.0), and Ogg and FLAC have comments, by convention.
 */

import { asBytes, chaptersOf, eight, joined } from "../webm/elements.js";
import { kindOf } from "./tags.js";

/** @typedef {import("../webm/elements.js").Chapter} Chapter */
/** @typedef {import("mediabunny").MetadataTags} MetadataTags */

/** The number of chapters is one byte in MP4 and ID3, and Ogg's names have three digits. */
const MOST = 255;
/**
 * Bytes of a title: MP4 states the size in one byte, and FFmpeg takes a chapter of ID3 for broken if the size of its
 * title needs more than 7 bits (findings/ffmpeg-loses-id3-chapters.sh).
 */
const TITLE = { mp4: 255, id3: 126 };
/** Chapters among the tags of a file, which are those of another length. */
const OLD = /^(CHAP|CTOC)(:\d+)?$|^CHAPTER\d/i;
/** ID3: the chapters are a list, in order, and no list contains this one. */
const TOP = 3;
const UTF_8 = 3;

/**
 * The chapters that begin within a part, in seconds.
 * @param {Chapter[]} [chapters]  @param {number} [from]  @param {number} [until]
 * @returns {Chapter[]}
 */
export const within = (chapters = [], from = 0, until = Infinity) =>
  chapters
    .filter(([start]) => start >= from && start < until)
    .map(([start, end, text]) => [start - from, Math.min(end, until) - from, text]);

/** Whether tags could hold chapters, and do not. @param {import("mediabunny").Input} input */
export async function lacksChapters(input) {
  const kind = kindOf((await input.getFormat()).mimeType);
  const { raw = {} } = await input.getMetadataTags();
  return (kind === "vorbis" || kind === "id3") && !Object.keys(raw).some((name) => OLD.test(name));
}

/**
 * Give an output its tags, and its chapters in place of those among the tags. Undefined: those stay.
 * @param {import("mediabunny").Output} output  @param {MetadataTags} tags  @param {Chapter[]} [chapters]
 */
export function describe(output, tags, chapters) {
  if (chapters) {
    const kind = kindOf(output.format.mimeType);
    /** @type {Record<string, any>} */
    const raw = (tags.raw ??= {});
    for (const name in raw) if (OLD.test(name)) delete raw[name];
    const some = chapters.slice(0, MOST);
    // The muxers write what is in `_chapters` (tools/patches/6-tags.patch).
    if (kind === "matroska") Object.assign(output, { _chapters: chaptersOf(chapters) });
    else if (some.length > 0) {
      if (kind === "mp4") Object.assign(output, { _chapters: [...listed(some)] });
      if (kind === "id3") Object.assign(raw, frames(some));
      if (kind === "vorbis") Object.assign(raw, comments(some));
    }
  }
  output.setMetadataTags(tags);
}

/** The content of the box `chpl`. @param {Chapter[]} chapters */
function listed(chapters) {
  const parts = chapters.flatMap(([start, , text]) => {
    const title = shortened(text, TITLE.mp4);
    return [eight(Math.round(start * 1e7)), [title.length], title];
  });
  return joined([[1, 0, 0, 0, 0, 0, 0, 0, chapters.length], ...parts]);
}

/** The frames of ID3, under names that the patched writer understands. @param {Chapter[]} chapters */
function frames(chapters) {
  const ids = chapters.map((_, n) => asBytes(`${n + 1}\0`)); // FFmpeg shows it if the title is empty
  const unknown = [255, 255, 255, 255]; // a position in the file
  const raw = { CTOC: joined([asBytes("toc\0"), [TOP, ids.length], ...ids]) };
  const all = chapters.map(([start, end, text], n) => {
    const title = shortened(text, TITLE.id3);
    const head = [...asBytes("TIT2"), 0, 0, 0, title.length + 1, 0, 0, UTF_8];
    return [`CHAP:${n}`, joined([ids[n], milliseconds(start), milliseconds(end), unknown, unknown, head, title])];
  });
  return Object.assign(raw, Object.fromEntries(all));
}

/** The whole characters of a text within so many bytes of UTF-8. @param {string} text  @param {number} most */
function shortened(text, most) {
  const bytes = new Uint8Array(most);
  return bytes.subarray(0, new TextEncoder().encodeInto(text, bytes).written);
}

/** @param {number} seconds */
const milliseconds = (seconds) => eight(Math.round(seconds * 1000)).subarray(4);

/** @param {Chapter[]} chapters */
function comments(chapters) {
  const pairs = chapters.flatMap(([start, , text], n) => {
    const name = `CHAPTER${String(n + 1).padStart(3, "0")}`;
    return [[name, new Date(Math.round(start * 1000)).toISOString().slice(11, 23)], [`${name}NAME`, text]];
  });
  return Object.fromEntries(pairs);
}
