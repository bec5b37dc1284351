// @ts-check
/**
 * The index of a WebM that is written while it is recorded. A recorder cannot go back, so it writes neither the duration
 * nor the positions for seeking. Afterwards, data before and after the unchanged file adds both (RFC 9559):
 *
 *     front   EBML and Segment again, SeekHead, Info with a duration, Tracks, and the header of a Void element
 *     file    its own header, which is the content of that Void element, then Cluster …
 *     cues    the positions and times of clusters
 *
 * If the file ends within an element, as after a crash, that element is left out.
 *
 * (compose.js makes a better file, which also states its sizes, but needs changes within the file.)
 */

import { clusterHead, CUES, cuesOf, INFO, infoOf, joined, seekHead, segmentHead, TRACKS, voidHead } from "./elements.js";
import { spanOf } from "./ends.js";
import { pass, Walk } from "./walk.js";

export class WebmIndex {
  #chapters = new Uint8Array();

  /** @param {Walk} [walk] */
  constructor(walk = new Walk()) {
    this.walk = walk;
  }

  /** Whether it is a WebM that has reached its first cluster, and an element can be inserted here. */
  get isAtElement() {
    return this.walk.isAtElement;
  }

  /** A playable file from a part of the file, starting at the part's first cluster. @param {Blob} part */
  async entered(part) {
    const bytes = new Uint8Array(await part.arrayBuffer());
    const cluster = clusterHead();
    const at = bytes.findIndex((_, place) => cluster.every((byte, offset) => bytes[place + offset] === byte));
    if (at < 0 || !this.#begun) return undefined;
    const { ebml, trackList } = this.walk;
    return new Blob([ebml, segmentHead(), infoOf(this.walk), trackList, part.slice(at)]);
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes  the next bytes */
  add(bytes) {
    this.walk.add(bytes);
  }

  /** Skip an element whose bytes are not passed. @param {number} size */
  skip(size) {
    this.walk.skip(size);
  }

  /**
   * Read more of the file.
   * @param {Blob} blob
   * @returns when the last picture so far begins, in milliseconds (without a picture, the last sound)
   */
  async read(blob) {
    await pass(blob, this.walk, () => {});
    return this.walk.latest;
  }

  /**
   * The whole file with its length and its cues.
   * @param {Blob} blob
   * @param {number} milliseconds  as for `front`
   */
  around(blob, milliseconds) {
    const cues = this.cues();
    const front = this.front(milliseconds, Boolean(cues));
    return front ? new Blob([front, cues ? blob.slice(0, this.walk.whole) : blob, cues ?? ""], { type: blob.type }) : blob;
  }

  /**
   * The whole file, whose last element is a cluster, with this duration in milliseconds and cues.
   * @param {BlobPart[]} parts  of the file  @param {number} duration  @param {string} type  its MIME type
   * @param {Uint8Array<ArrayBuffer>} chapters  the element, or nothing
   */
  covered(parts, duration, type, chapters) {
    this.#chapters = chapters;
    return new Blob([this.#frontOf(duration, this.walk.whole), ...parts, this.cues() ?? ""], { type });
  }

  /** Whether `front` and `cues` are known. */
  get isKnown() {
    return this.#begun && this.walk.cues.times.length > 0;
  }

  /**
   * The bytes of the file that differ if the cues follow it: pictures with the same time are set apart, and an
   * incomplete element at the end is left out.
   */
  changes() {
    const { apart, position, whole } = this.walk;
    /** @type {import("../store/journal.js").Change[]} */
    const changes = [];
    for (let n = 0; n < apart.places.length; n++) {
      const value = apart.values.values[n];
      changes.push([apart.places.values[n], 2, [(value >> 8) & 255, value & 255]]);
    }
    if (position > whole) changes.push([whole, position - whole, []]);
    return changes;
  }

  /** The cues, unless the file is not understood. */
  cues() {
    if (!this.isKnown) return undefined;
    const offset = this.#frontOf(0, 0).length - this.#segmentAt;
    return cuesOf(this.walk, (cluster) => offset + this.walk.clusters.starts.values[cluster]);
  }

  /**
   * The duration of the file.
   * @param {number} milliseconds  the recorded time, until which a picture without sound is shown. If there is sound,
   *   the file ends with the sound, which has no gaps: the recorder's clock starts before the first packet, on a busy
   *   machine by some tenths of a second.
   */
  duration(milliseconds) {
    return Math.max(0, spanOf(this.walk, milliseconds, Infinity).end);
  }

  /**
   * The front, which is put before the file; undefined if the file is not understood.
   * @param {number} milliseconds  as for `duration`
   * @param {boolean} hasCues  whether `cues()` follow the file
   */
  front(milliseconds, hasCues) {
    return this.#begun ? this.#frontOf(this.duration(milliseconds), hasCues ? this.walk.whole : 0) : undefined;
  }

  get #begun() {
    return !this.walk.strange && this.walk.clusters.starts.length > 0;
  }

  /** The start of the segment's content. */
  get #segmentAt() {
    return this.walk.ebml.length + segmentHead().length;
  }

  /** @param {number} duration  in milliseconds  @param {number} end  the position of the cues in the file, or 0 */
  #frontOf(duration, end) {
    const { ebml, trackList, clusters } = this.walk;
    const info = infoOf(this.walk, duration);
    const covered = voidHead(clusters.starts.values[0]);
    const { length } = seekHead([[INFO, 0], [TRACKS, 0], [CUES, 0]]);
    const all = length + info.length + trackList.length + this.#chapters.length + covered.length;
    // Without cues, the first entry is repeated, so that the front always has the same length.
    const last = /** @type {[number, number]} */ (end ? [CUES, all + end] : [INFO, length]);
    const head = seekHead([[INFO, length], [TRACKS, length + info.length], last]);
    return joined([ebml, segmentHead(), head, info, trackList, this.#chapters, covered]);
  }
}
