// @ts-check
/**
 * A seekable file composed of a WebM or Matroska file: slices of it, and new small pieces. Nothing is copied.
 *
 *     EBML, Segment with its size, SeekHead, Info with a duration, Tracks    new, or from the file
 *     tags, chapters, attachments                                            slices; or new chapters
 *     Cluster with its size …                                                new heads, and slices
 *     Cues                                                                   new
 */

import { chaptersOf, clusterHead, CUES, cuesOf, INFO, infoOf, joined, seekHead, segmentHead, TRACKS } from "./elements.js";
import { Column, KNOWN, UNKNOWN, Walk, walkOf } from "./walk.js";
import { spanOf } from "./ends.js";
import { WebmIndex } from "./front.js";

/** @typedef {(from: number, to: number) => BlobPart[]} Slices  the parts that hold a range of the file */
/** @typedef {{blob: Blob, mimeType: string, duration: number}} Made */
/** @typedef {import("./elements.js").Chapter} Chapter */

/**
 * So many heads of clusters are replaced. Chromium copies the bytes of a slice, unless it consists of whole chunks, so new
 * heads for all clusters of a long recording would hold it in memory twice. If there are more, the segment and its clusters
 * keep their unknown sizes, which all readers accept, and if possible the file is not sliced at all (front.js).
 */
const HEADS = 256;

class Composition {
  /** Where each cluster begins in the result, from the first one on. */
  #offsets = new Column();
  /** Bytes of all clusters so far. */
  #size = 0;
  /** @type {BlobPart[]} */
  #parts = [];
  /** The range of the file that comes next. */
  #from = NaN;
  #to = NaN;
  /** Changes made so far (`Walk.apart`). */
  #apart = 0;

  /** @param {Walk} walk  @param {Slices} slices  @param {boolean} isOpen  whether unknown sizes stay */
  constructor(walk, slices, isOpen) {
    this.walk = walk;
    this.slices = slices;
    this.isOpen = isOpen;
    const { starts, contents, ends, sizes } = walk.clusters;
    for (let n = 0; n < ends.length; n++) {
      const [start, content, end] = [starts.values[n], contents.values[n], ends.values[n]];
      this.#offsets.push(this.#size);
      const size = sizes.values[n];
      if (size === KNOWN || (isOpen && size === UNKNOWN)) {
        this.#size += end - start;
        this.#copy(start, end);
      } else {
        const head = clusterHead(end - content);
        this.#size += head.length + end - content;
        this.#put(head);
        this.#copy(content, end);
      }
    }
    this.#flush();
  }

  /**
   * The file.
   * @param {string} type  its MIME type  @param {number} duration  in milliseconds
   * @param {Uint8Array<ArrayBuffer>} chapters  the element, or nothing
   */
  file(type, duration, chapters) {
    const { walk } = this;
    /** @type {BlobPart[]} */
    const kept = [chapters];
    let size = chapters.length;
    for (let n = 0; n < walk.kept.length; n += 2) {
      kept.push(...this.slices(walk.kept.values[n], walk.kept.values[n + 1]));
      size += walk.kept.values[n + 1] - walk.kept.values[n];
    }
    const info = infoOf(walk, duration);
    const { length } = seekHead([[INFO, 0], [TRACKS, 0], [CUES, 0]]);
    const first = length + info.length + walk.trackList.length + size;
    const cues = cuesOf(walk, (cluster) => first + this.#offsets.values[cluster]);
    const places = seekHead([[INFO, length], [TRACKS, length + info.length], [CUES, first + this.#size]]);
    const segment = segmentHead(this.isOpen ? undefined : first + this.#size + cues.length);
    const front = joined([walk.ebml, segment, places, info, walk.trackList]);
    return new Blob([front, ...kept, ...this.#parts, cues], { type });
  }

  /** @param {number} from  @param {number} to */
  #copy(from, to) {
    const { places, values } = this.walk.apart;
    for (; this.#apart < places.length && places.values[this.#apart] < to; this.#apart++) {
      const place = places.values[this.#apart], value = values.values[this.#apart];
      this.#extend(from, place);
      this.#put(new Uint8Array([value >> 8, value]));
      from = place + 2;
    }
    this.#extend(from, to);
  }

  /** @param {number} from  @param {number} to */
  #extend(from, to) {
    if (from !== this.#to) {
      this.#flush();
      this.#from = from;
    }
    this.#to = to;
  }

  /** @param {BlobPart} bytes */
  #put(bytes) {
    this.#flush();
    this.#parts.push(bytes);
  }

  #flush() {
    if (this.#to > this.#from) this.#parts.push(...this.slices(this.#from, this.#to));
    this.#from = this.#to = NaN;
  }
}

/**
 * The seekable file, if the walk understands the file.
 * @param {Blob} blob  @param {number} known  its duration in seconds according to the recorder, or NaN
 * @param {AbortSignal} [signal]  @param {(fraction: number) => void} [report]  @param {Chapter[]} [chapters]
 * @returns {Promise<Made | undefined>}
 */
export async function composed(blob, known, signal, report, chapters) {
  const walk = await walkOf(blob, signal, report);
  const slices = (/** @type {number} */ from, /** @type {number} */ to) =>
    [from === 0 && to === blob.size ? blob : blob.slice(from, to)];
  return made(walk, slices, blob.size, known, blob.type, chapters);
}

/**
 * @param {Walk} walk  after its end  @param {Slices} slices  @param {number} size  of the file
 * @param {number} known  in seconds, or NaN  @param {string} type  the MIME type of the file
 * @param {Chapter[]} [chapters]
 */
export function made(walk, slices, size, known, type, chapters) {
  if (walk.strange || walk.cues.times.length === 0) return undefined;
  const { begin, end } = spanOf(walk, known * 1000);
  const mimeType = typeOf(walk, type);
  const element = chaptersOf(chapters, begin / 1000);
  const { sizes, ends } = walk.clusters;
  const heads = sizes.values.subarray(0, sizes.length).reduce((count, each) => count + Number(each === UNKNOWN), 0);
  const isOpen = heads > HEADS;
  const isWhole = !walk.isCut && walk.kept.length === 0 && walk.apart.places.length === 0 && ends.last === size;
  const blob = isOpen && isWhole
    ? new WebmIndex(walk).covered(slices(0, size), end, mimeType, element)
    : new Composition(walk, slices, isOpen).file(mimeType, end, element);
  return { blob, mimeType, duration: (end - begin) / 1000 };
}

/** The MIME type: that of the file, if it has the right container. @param {Walk} walk  @param {string} type */
function typeOf({ docType, tracks }, type) {
  const container = docType === "webm" ? "webm" : "x-matroska";
  if (new RegExp(`^(video|audio)/${container}\\b`).test(type)) return type;
  const kind = [...tracks.values()].some((track) => track.type === "video") ? "video" : "audio";
  return `${kind}/${container}`;
}
