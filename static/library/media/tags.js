// @ts-check
/**
 * The tags of a file.
 *
 * mediabunny reads the tags of each container under names of its own, and all of them unchanged in `raw`. `PLACES`
 * lists the container's names under which programs store a tag. A copy into the same container keeps unchanged tags as
 * they were; a copy into another container gets the tags of `NAMES` and the images.
 */

import { reading } from "./input.js";
import { perform } from "./task.js";

/** @typedef {import("mediabunny").Input} Input */
/** @typedef {import("mediabunny").MetadataTags} MetadataTags */
/** @typedef {import("mediabunny").OutputFormat} OutputFormat */
/** @typedef {"matroska" | "mp4" | "vorbis" | "id3" | "wav"} Kind */
/** @typedef {typeof NAMES[number][number]} Name */
/** Names and values; an empty value removes the tag. @typedef {[string, string | number | null | undefined][]} Pairs */

/** The tags. Tags that share one place are in one group. */
const NAMES = /** @type {const} */ ([
  ["title"], ["description"], ["artist"], ["album"], ["albumArtist"], ["genre"], ["comment"], ["lyrics"], ["date"],
  ["trackNumber", "tracksTotal"], ["discNumber", "discsTotal"], ["beatsPerMinute"],
]);

/** @type {Record<string, string[]>} */
const ID3 = {
  title: ["TIT2"],
  // FFmpeg writes the description as a user-defined text; TIT3 is a subtitle.
  description: ["TXXX:description", "TIT3"],
  artist: ["TPE1"],
  album: ["TALB"],
  albumArtist: ["TPE2"],
  genre: ["TCON"],
  comment: ["COMM", "TXXX:comment"],
  lyrics: ["USLT", "TXXX:USLT", "TXXX:lyrics"],
  date: ["TDRC", "TYER", "TDAT", "TIME"],
  trackNumber: ["TRCK"],
  discNumber: ["TPOS"],
  beatsPerMinute: ["TBPM", "TXXX:BPM"],
};

/** @type {Record<string, string[]>} */
const INFO = {
  title: ["INAM"],
  description: ["ISBJ"],
  artist: ["IART"],
  album: ["IPRD"],
  genre: ["IGNR"],
  comment: ["ICMT"],
  date: ["ICRD"],
  trackNumber: ["ITRK", "IPRT"],
};

/**
 * The names under which a container stores each tag; we write the first one.
 * @type {Record<Kind, Record<string, string[]>>}
 */
const PLACES = {
  matroska: {
    title: ["TITLE"], // and in the header of the segment, which mediabunny reads and writes
    description: ["DESCRIPTION", "SUMMARY", "SYNOPSIS"],
    artist: ["ARTIST"],
    album: ["ALBUM"],
    albumArtist: ["ALBUM_ARTIST", "ALBUMARTIST"],
    genre: ["GENRE"],
    comment: ["COMMENT"],
    lyrics: ["LYRICS"],
    date: ["DATE", "DATE_RELEASED", "DATE_RECORDED", "YEAR"],
    trackNumber: ["PART_NUMBER", "TRACK_NUMBER", "TRACK"],
    tracksTotal: ["TOTAL_PARTS"],
    discNumber: ["DISC", "DISC_NUMBER"],
    beatsPerMinute: ["BPM", "TBPM"],
  },
  mp4: {
    title: ["©nam", "titl", "title", "com.apple.quicktime.title"],
    description: ["desc", "©des", "dscp", "description", "com.apple.quicktime.description"],
    artist: ["©ART", "artist", "com.apple.quicktime.artist"],
    album: ["©alb", "albm", "album", "com.apple.quicktime.album"],
    albumArtist: ["aART", "albr", "album_artist"],
    genre: ["©gen", "gnre", "genre", "com.apple.quicktime.genre"],
    comment: ["©cmt", "comment", "com.apple.quicktime.comment"],
    lyrics: ["©lyr", "lyrics"],
    date: ["©day", "rldt", "date", "com.apple.quicktime.creationdate"],
    trackNumber: ["trkn", "track"],
    discNumber: ["disk", "disc"], // only mediabunny writes "disc"
    beatsPerMinute: ["tmpo"],
  },
  vorbis: {
    title: ["TITLE"],
    description: ["DESCRIPTION"],
    artist: ["ARTIST"],
    album: ["ALBUM"],
    albumArtist: ["ALBUMARTIST", "ALBUM ARTIST", "ALBUM_ARTIST"],
    genre: ["GENRE"],
    comment: ["COMMENT", "COMMENTS"],
    lyrics: ["LYRICS", "UNSYNCEDLYRICS"],
    date: ["DATE", "YEAR"],
    trackNumber: ["TRACKNUMBER"],
    tracksTotal: ["TRACKTOTAL", "TOTALTRACKS"],
    discNumber: ["DISCNUMBER"],
    discsTotal: ["DISCTOTAL", "TOTALDISCS"],
    beatsPerMinute: ["BPM", "TBPM"],
  },
  id3: ID3,
  wav: {
    ...Object.fromEntries(Object.entries(ID3).map(([name, places]) => [name, [...places, ...(INFO[name] ?? [])]])),
    // FFmpeg reads the description of a WAV file as its comment.
    description: ["TIT3", "TXXX:description", "ISBJ"],
  },
};

/** The prefix of Matroska tags that describe only a part (RFC 9559: TargetTypeValue 30 is a track or scene). */
const PART = "30/";

/** Images, which mediabunny also returns separately. */
const IMAGES = ["APIC", "PIC", "METADATA_BLOCK_PICTURE", "covr", "com.apple.quicktime.artwork"];

/** Tags that do not apply to another file: its length, positions in it, and the program that made it. */
const OUTDATED = ["TLEN", "ASPI", "MLLT", "SEEK", "ISFT"];
/** Such data from iTunes, in a comment or an item of its own. */
const GAPLESS = "iTunSMPB";

/**
 * The tags of a recording, as names and values; a date is the file's own text.
 * @param {Blob} blob  @param {import("./task.js").Request} request
 */
export const tags = (blob, request) => perform(request, () => reading(blob, async (input) => [...(await found(input)).values]));

/**
 * The tags of a recording for another file: all of them if the container is the same, else those that it can hold.
 * @param {Input} input  @param {OutputFormat} format  @param {Pairs} [changes]
 * @returns {Promise<MetadataTags>}
 */
export async function tagsFor(input, format, changes = []) {
  const to = kindOf(format.mimeType);
  const { from, values, raw, images } = await found(input);
  const changed = new Map([...values, ...changes]);
  const same = from === to || (isId3(from) && isId3(to));
  /** @type {any} */
  const result = { raw: same ? unknown(raw, to) : {} };
  if (images?.length) result.images = images;
  for (const names of NAMES) {
    const unchanged = names.every((name) => changed.get(name) === values.get(name));
    if (to === "wav") for (const place of INFO[names[0]] ?? []) take(result.raw, place, to); // added at the end
    if (same && unchanged && staysRaw(to, names[0], result.raw)) continue;
    for (const name of names) {
      for (const place of PLACES[to][name] ?? []) {
        take(result.raw, place, to);
        if (!unchanged) take(result.raw, PART + place, to);
      }
    }
    put(result, to, names, changed);
  }
  if (to === "wav") addInfo(result.raw, changed);
  return result;
}

/** @param {Input} input */
async function found(input) {
  const from = kindOf((await input.getFormat()).mimeType);
  const { raw = {}, images, ...named } = await input.getMetadataTags();
  /** @type {Map<string, string | number>} */
  const values = new Map();
  for (const name of NAMES.flat()) {
    const value = valueOf(from, name, named, raw);
    if (value !== undefined && (typeof value === "string" || value > 0)) values.set(name, value);
  }
  return { from, values, raw, images };
}

/** @param {string} mimeType @returns {Kind} */
export function kindOf(mimeType) {
  if (/webm|matroska/.test(mimeType)) return "matroska";
  if (/ogg|flac/.test(mimeType)) return "vorbis";
  if (/wav/.test(mimeType)) return "wav";
  return /mpeg|aac/.test(mimeType) ? "id3" : "mp4";
}

/** @param {Kind} kind */
const isId3 = (kind) => kind === "id3" || kind === "wav";

/**
 * @param {Kind} kind  @param {Name} name  @param {any} named  @param {any} raw
 * @returns {string | number | undefined}
 */
function valueOf(kind, name, named, raw) {
  if (name === "date" && isId3(kind) && raw.TYER && !raw.TDRC) return dateOfParts(raw);
  const parsed = name === "date" ? undefined : named[name];
  // mediabunny also parses "1/12", and a genre that is a number.
  if (typeof parsed === "number" || (name === "genre" && isId3(kind) && !Array.isArray(raw.TCON) && parsed)) return parsed;
  for (const place of PLACES[kind][name] ?? []) {
    const text = textAt(raw, place, kind);
    if (text !== undefined && !isNumber(name)) return text;
    if (text !== undefined && Number.parseInt(text) > 0) return Number.parseInt(text);
    if (text === undefined && place in raw && parsed !== undefined) return parsed;
  }
  if (name === "tracksTotal" || name === "discsTotal") {
    // "0/12": mediabunny ignores a total without a number.
    for (const place of PLACES[kind][name === "tracksTotal" ? "trackNumber" : "discNumber"]) {
      const total = /\/\s*(\d+)/.exec(textAt(raw, place, kind) ?? "");
      if (total && Number(total[1]) > 0) return Number(total[1]);
    }
  }
  const parts = kind === "matroska" ? ofParts(raw) : [];
  return parsed ?? (parts.length ? valueOf(kind, name, {}, Object.fromEntries(parts)) : undefined);
}

/** The tags of a part, for a file that has no tags for the whole. @param {any} raw @returns {[string, any][]} */
const ofParts = (raw) =>
  Object.keys(raw).flatMap((key) => (key.startsWith(PART) ? [[key.slice(PART.length), raw[key]]] : []));

/** @param {Name} name */
const isNumber = (name) => /Number$|Total$|^beats/.test(name);

/**
 * The date of ID3v2.3, whose parts are frames of four digits: year, day and month, hour and minute.
 * @param {any} raw
 */
function dateOfParts({ TYER, TDAT, TIME }) {
  const [, day, month] = /^(\d\d)(\d\d)$/.exec(TDAT ?? "") ?? [];
  const [, hour, minute] = /^(\d\d)(\d\d)$/.exec(TIME ?? "") ?? [];
  if (!day) return TYER;
  return `${TYER}-${month}-${day}${hour ? `T${hour}:${minute}` : ""}`;
}

/**
 * The text at a place. Several texts are joined as FFmpeg does.
 * @param {any} raw  @param {string} place  @param {Kind} kind @returns {string | undefined}
 */
function textAt(raw, place, kind) {
  for (const key of keysOf(raw, place, kind)) {
    const value = place.startsWith("TXXX:") ? raw.TXXX[key] : raw[key];
    if (typeof value === "string") return value;
    if (Array.isArray(value)) return value.filter((one) => typeof one === "string").join("; ");
  }
}

/**
 * The names in `raw` of the tags at a place. In Matroska, and for texts of ID3, names are case-insensitive. A file can
 * have several comments; iTunes stores numbers in some of them.
 * @param {any} raw  @param {string} place  @param {Kind} kind */
function keysOf(raw, place, kind) {
  const wanted = place.replace("TXXX:", "").toUpperCase();
  if (place.startsWith("TXXX:")) return Object.keys(raw.TXXX ?? {}).filter((key) => key.toUpperCase() === wanted);
  if (isId3(kind) && /^(COMM|USLT)$/.test(place)) {
    return Object.keys(raw).filter((key) => key.split(":")[0] === place && !has(raw[key], "iTun"));
  }
  if (kind !== "matroska") return place in raw ? [place] : [];
  return Object.keys(raw).filter((key) => key.toUpperCase() === wanted);
}

/** @param {any} raw  @param {string} place  @param {Kind} kind */
function take(raw, place, kind) {
  for (const key of keysOf(raw, place, kind)) delete (place.startsWith("TXXX:") ? raw.TXXX : raw)[key];
  if (raw.TXXX && Object.keys(raw.TXXX).length === 0) delete raw.TXXX;
}

/** Whether the first bytes contain this text, in any encoding. @param {any} value  @param {string} text */
const has = (value, text) =>
  value instanceof Uint8Array && new TextDecoder("latin1").decode(value.subarray(0, 200)).replaceAll("\0", "").includes(text);

/** The tags of a file that `NAMES` lacks, without INFO and names of ID3v2.3. @param {any} raw  @param {Kind} to */
function unknown(raw, to) {
  const left = (/** @type {string} */ key) =>
    IMAGES.includes(key.split(":")[0]) || OUTDATED.includes(key) || (to === "id3" && isInfo(key));
  const kept = Object.entries(raw).filter(([key, value]) => !left(key) && !has(value, GAPLESS));
  const copy = Object.fromEntries(kept);
  if (copy.TXXX) copy.TXXX = { .../** @type {any} */ (copy.TXXX) };
  return copy;
}

/** Whether an unchanged tag can stay in `raw`. @param {Kind} kind  @param {Name} name  @param {any} raw */
function staysRaw(kind, name, raw) {
  if (kind === "matroska") return name !== "title"; // the title is in the header of the segment
  // QuickTime names are written as MP4 names, frames of ID3v2.3 as those of 2.4, and INFO as both.
  const own = (/** @type {string} */ place) => place.length === 4 && place in raw && !/^(TYER|TDAT|TIME|©des)$/.test(place);
  return kind === "vorbis" || PLACES[kind][name].some(own);
}

/** @param {any} result  @param {Kind} kind  @param {readonly Name[]} names  @param {Map<string, any>} values */
function put(result, kind, names, values) {
  const [name, totalName] = names;
  const [value, total] = [values.get(name) ?? undefined, totalName && (values.get(totalName) ?? undefined)];
  if (value === undefined && total === undefined) return;
  const { raw } = result;
  const [place] = PLACES[kind][name];
  if (kind === "mp4" && isNumber(name) && Math.max(value ?? 0, total ?? 0) > 0xffff) return; // it must fit in two bytes
  if (kind === "mp4" && totalName) {
    raw[place] = Uint8Array.of(0, 0, ...two(value ?? 0), ...two(total ?? 0), ...(place === "trkn" ? [0, 0] : []));
  } else if (totalName && kind !== "vorbis") {
    const text = total ? `${value ?? 0}/${total}` : `${value}`;
    raw[place] = text;
  } else if (name === "date" || (name === "description" && (kind === "mp4" || kind === "wav"))) {
    raw[place] = value;
  } else if (name === "description" && kind === "id3") {
    raw.TXXX = { ...raw.TXXX, description: value };
  } else {
    if (value !== undefined) result[name] = value;
    if (total !== undefined) result[totalName] = total;
  }
}

/**
 * Programs that do not read ID3 in WAV look for INFO. If a file has INFO, FFmpeg 5 ignores the rest, and INFO has few
 * names. So INFO is written only if it can hold all tags, or if it already holds tags that `NAMES` lacks.
 * @param {any} raw  @param {Map<string, any>} values
 */
function addInfo(raw, values) {
  const total = values.get("tracksTotal");
  const said = [...values].filter(([name, value]) => value != null && name !== "tracksTotal");
  const fits = (/** @type {[string, any]} */ [name, value]) => name !== "description" && INFO[name] && /^[\x01-\x7f]*$/.test(value);
  if (!said.every(fits) && !Object.keys(raw).some(isInfo)) return;
  for (const [name, value] of said) {
    if (INFO[name]) raw[INFO[name][0]] = name === "trackNumber" && total ? `${value}/${total}` : `${value}`;
  }
}

/** Whether a name in WAV belongs to INFO; ID3v2.4 has no names of this form. @param {string} key */
const isInfo = (key) => /^I[A-Z0-9]{3}$/.test(key);

/** Two bytes. @param {number} number */
const two = (number) => [number >> 8, number & 255];
