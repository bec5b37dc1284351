// @ts-check
/** Write the elements of a WebM or Matroska file (RFC 8794, 4 to 7; RFC 9559). */

import { SEGMENT } from "../ebml.js";
import { children } from "./walk.js";

/** @typedef {import("./walk.js").Walk} Walk */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** In seconds from the beginning of the recording. @typedef {[start: number, end: number, text: string]} Chapter */

export const INFO = 0x1549a966, TRACKS = 0x1654ae6b, CLUSTER = 0x1f43b675, CUES = 0x1c53bb6b, VOID = 0xec;
const SEEK_HEAD = 0x114d9b74, SEEK = 0x4dbb, SEEK_ID = 0x53ab, SEEK_POSITION = 0x53ac, DURATION = 0x4489, CRC = 0xbf;
const CHAPTERS = 0x1043a770, EDITION = 0x45b9, CHAPTER = 0xb6, UID = 0x73c4, START = 0x91, DISPLAY = 0x80, TITLE = 0x85, LANGUAGE = 0x437c;
const CUE_POINT = 0xbb, CUE_TIME = 0xb3, CUE_POSITIONS = 0xb7, CUE_TRACK = 0xf7, CUE_CLUSTER = 0xf1;

/** The header of a segment of this size, or of unknown size. @param {number} [size] */
export const segmentHead = (size) => joined([idOf(SEGMENT), sizeOf(size)]);

/** The header of a cluster of this size, or of unknown size. @param {number} [size] */
export const clusterHead = (size) => joined([idOf(CLUSTER), sizeOf(size)]);

/** The header of an element of `size` bytes that readers skip. @param {number} size */
export const voidHead = (size) => joined([idOf(VOID), sizeOf(size)]);

/** The size of that header. */
export const VOID_HEAD = 9;

/**
 * Where readers find elements. The result is equally long for the same number of elements.
 * @param {[id: number, position: number][]} places  positions from the start of the segment's content
 */
export const seekHead = (places) =>
  element(SEEK_HEAD, places.map(([id, at]) => element(SEEK, [element(SEEK_ID, [idOf(id)]), element(SEEK_POSITION, [eight(at)])])));

/** Info of the file, with this duration in milliseconds or none. @param {Walk} walk  @param {number} [duration] */
export function infoOf({ info }, duration) {
  const kept = children(info).filter(({ id }) => ![DURATION, VOID, CRC].includes(id));
  const parts = kept.map(({ at, to }) => info.slice(at, to));
  if (duration !== undefined) {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setFloat64(0, duration);
    parts.push(element(DURATION, [length]));
  }
  return element(INFO, parts);
}

/**
 * @param {Walk} walk
 * @param {(cluster: number) => number} positionOf  where a cluster, by its index, begins in the segment's content
 */
export function cuesOf({ cues: { times, tracks, clusters } }, positionOf) {
  const points = [];
  for (let n = 0; n < times.length; n++) {
    const place = [element(CUE_TRACK, [least(tracks.values[n])]), element(CUE_CLUSTER, [least(positionOf(clusters.values[n]))])];
    points.push(element(CUE_POINT, [element(CUE_TIME, [least(times.values[n])]), element(CUE_POSITIONS, place)]));
  }
  return element(CUES, points);
}

/**
 * The chapters, or nothing if there are none.
 * @param {Chapter[]} [chapters]  @param {number} [begin]  the time in the file, in seconds, at which playback begins
 */
export function chaptersOf(chapters = [], begin = 0) {
  const atoms = chapters.map(([start, , text], n) => {
    const title = element(DISPLAY, [element(TITLE, [asBytes(text)]), element(LANGUAGE, [asBytes("und")])]);
    return element(CHAPTER, [element(UID, [least(n + 1)]), element(START, [least(Math.round((begin + start) * 1e9))]), title]);
  });
  return atoms.length > 0 ? element(CHAPTERS, [element(EDITION, atoms)]) : new Uint8Array();
}

/** A text in UTF-8. @param {string} text */
export const asBytes = (text) => new TextEncoder().encode(text);

/** @param {number} id  @param {Bytes[]} parts */
function element(id, parts) {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  return joined([idOf(id), size < 127 ? new Uint8Array([0x80 | size]) : sizeOf(size), ...parts]);
}

/** @param {number} id */
const idOf = (id) => least(id);

/** A size in 8 bytes; without one, an unknown size as recorders write it. @param {number} [size] */
function sizeOf(size) {
  const bytes = size === undefined ? new Uint8Array(8).fill(255) : eight(size);
  bytes[0] = 0x01;
  return bytes;
}

/** A number in 8 bytes. @param {number} value */
export function eight(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** A number in as few bytes as possible. @param {number} value */
function least(value) {
  const bytes = eight(Math.max(0, value));
  const first = bytes.findIndex(Boolean);
  return bytes.slice(first < 0 ? 7 : first);
}

/** @param {ArrayLike<number>[]} parts  @returns {Bytes} */
export function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
