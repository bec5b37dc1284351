// @ts-check
/**
 * The index of a WebM that a recorder delivers in chunks, gathered as they pass. A recorder cannot go back, so it
 * writes neither the duration nor the positions for seeking. Afterwards, data before and after the unchanged file adds
 * both, without a copy (RFC 9559; RFC 8794 for the encoding):
 *
 *     front   EBML and Segment again, SeekHead, Info with a duration, Tracks, and the header of a Void element
 *     file    its own header, which is the content of that Void element, then Cluster …
 *     cues    the positions and times of clusters
 *
 * If the file ends within an element, as after a crash, that element is left out.
 */

import { EBML, elementAt, numberOf, SEGMENT } from "../ebml.js";

const SEEK_HEAD = 0x114d9b74, INFO = 0x1549a966, TRACKS = 0x1654ae6b;
const CLUSTER = 0x1f43b675, TIMESTAMP = 0xe7, SIMPLE_BLOCK = 0xa3, BLOCK_GROUP = 0xa0, BLOCK = 0xa1, REFERENCE = 0xfb;
const CUES = 0x1c53bb6b, VOID = 0xec, SCALE = 0x2ad7b1, DURATION = 0x4489, TRACK = 0xae, NUMBER = 0xd7, TYPE = 0x83;
const SEEK = 0x4dbb, SEEK_ID = 0x53ab, SEEK_POSITION = 0x53ac;
const CUE_POINT = 0xbb, CUE_TIME = 0xb3, CUE_POSITIONS = 0xb7, CUE_TRACK = 0xf7, CUE_CLUSTER = 0xf1;

/** The first cluster begins within this many bytes. */
const START = 2 ** 16;
/** Bytes needed to read a block: the element's header, and track, time and flags. */
const LOOK = 16;
/** Bytes read at a time. */
const PIECE = 2 ** 20;
/** Milliseconds between cues, which is enough for a long recording. */
const APART = 1000;
/** The encoding of an unknown size, as recorders write it. */
const UNKNOWN = new Uint8Array([0x01, 255, 255, 255, 255, 255, 255, 255]);
/** The size of the header of a Void element. */
export const VOID_HEAD = 9;

/** @typedef {{time: number, track: number, position: number}} Cue */
/** @typedef {{time: number, track: number, isEntry: boolean}} Block */
/** @typedef {import("../ebml.js").Element} Element */

export class WebmIndex {
  /** The file up to the first cluster. */
  #start = new Uint8Array();
  /** Whether the first cluster has arrived. */
  #begun = false;
  /** Whether this is not a WebM, or differs from those that recorders write. */
  #strange = false;
  /** Bytes so far. */
  #position = 0;
  /** Remaining bytes of the current element. */
  #skip = 0;
  /** The beginning of an incomplete element. */
  #rest = new Uint8Array();
  /** The end of the last complete element of a cluster. */
  #whole = 0;
  /** The end of the current group of blocks. */
  #group = 0;
  /** The block whose data is incomplete. @type {Block | undefined} */
  #late;
  /** @type {Cue[]} */
  #cues = [];
  /** The cue of the current block, if it has one. @type {Cue | undefined} */
  #entry;
  /**
   * The time of the last block, and its distance from the one before, by track.
   * @type {Map<number, {last: number, step: number}>}
   */
  #times = new Map();
  #picture = 0;
  #tracks = new Uint8Array();
  #info = new Uint8Array();
  #ebml = new Uint8Array();
  #cluster = { position: 0, time: 0 };

  /** Whether it is a WebM that has reached its first cluster, and no element is incomplete. */
  get isAtElement() {
    return this.#begun && !this.#strange && this.#skip === 0 && this.#rest.length === 0;
  }

  /** A playable file from a part of the file, starting at the part's first cluster. @param {Blob} part */
  async entered(part) {
    const bytes = new Uint8Array(await part.arrayBuffer());
    const cluster = joined([idOf(CLUSTER), UNKNOWN]);
    const at = bytes.findIndex((_, place) => cluster.every((byte, offset) => bytes[place + offset] === byte));
    return at < 0 ? undefined : new Blob([this.#start, part.slice(at)]);
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes  the next bytes */
  add(bytes) {
    if (this.#strange) return;
    try {
      this.#pass(this.#begun ? bytes : this.#begin(bytes));
    } catch {
      this.#strange = true;
    }
  }

  /** Skip `size` bytes that are in an element of their own. @param {number} size */
  skip(size) {
    this.#position += size;
  }

  /** Collect all data up to the first cluster. @param {Uint8Array<ArrayBuffer>} bytes  @returns the remaining bytes */
  #begin(bytes) {
    const start = joined([this.#start, bytes]);
    const ebml = elementAt(start, 0);
    const segment = ebml && elementAt(start, ebml.to);
    let at = segment?.from ?? 0;
    /** @type {Element | undefined} */
    let child;
    while (segment && (child = elementAt(start, at)) && child.id !== CLUSTER && child.to <= start.length) {
      if (child.id === INFO) this.#info = start.slice(child.from, child.to);
      if (child.id === TRACKS) this.#tracks = start.slice(at, child.to);
      at = child.to;
    }
    this.#start = start;
    if (ebml?.id === EBML && segment?.id === SEGMENT && child?.id === CLUSTER) {
      this.#ebml = start.slice(0, ebml.to);
      this.#start = start.slice(0, at);
      this.#position = this.#whole = at;
      this.#begun = true;
      this.#strange = !this.#learnTracks();
      return start.subarray(at);
    }
    this.#strange = start.length > START || Boolean(ebml && ebml.id !== EBML);
    return new Uint8Array();
  }

  /**
   * Read more of the file.
   * @param {Blob} blob
   * @returns when the last picture so far begins, in milliseconds (without a picture, the last sound)
   */
  async read(blob) {
    for (let at = 0; at < blob.size; at += PIECE) this.add(new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer()));
    const [number] = this.#picture ? [this.#picture] : this.#times.keys();
    return this.#times.get(number)?.last ?? 0;
  }

  /**
   * The whole file with its length and its cues.
   * @param {Blob} blob
   * @param {number} milliseconds  as for `front`
   */
  around(blob, milliseconds) {
    const cues = this.cues();
    const front = this.front(milliseconds, Boolean(cues));
    return front ? new Blob([front, cues ? blob.slice(0, this.#whole) : blob, cues ?? ""], { type: blob.type }) : blob;
  }

  /** Find the picture's track. @returns whether the file is understood */
  #learnTracks() {
    for (const { from, to } of within(this.#tracks, TRACK)) {
      const track = this.#tracks.subarray(from, to);
      const [number] = within(track, NUMBER, 0), [type] = within(track, TYPE, 0);
      if (number && type && track[type.from] === 1) this.#picture ||= track[number.from];
    }
    const [scale] = within(this.#info, SCALE, 0);
    return !scale || numberOf(this.#info.subarray(scale.from, scale.to)) === 1_000_000;
  }

  /** @param {Uint8Array<ArrayBuffer>} given */
  #pass(given) {
    const bytes = this.#rest.length ? joined([this.#rest, given]) : given;
    const origin = this.#position - this.#rest.length;
    let at = Math.min(this.#skip, bytes.length);
    this.#skip -= at;
    if (at && this.#skip === 0) this.#complete(origin + at, this.#late);
    while (at < bytes.length) {
      const element = elementAt(bytes, at);
      const opens = element && (element.id === CLUSTER || element.id === BLOCK_GROUP);
      if (!element || (!opens && Math.min(element.to, element.from + LOOK) > bytes.length)) break;
      if (!element.known && element.id !== CLUSTER) throw new Error("an element of unknown size");
      /** @type {Block | undefined} */
      let block;
      if (element.id === CLUSTER) this.#cluster = { position: origin + at, time: 0 };
      else if (element.id === TIMESTAMP) this.#cluster.time = numberOf(bytes.subarray(element.from, element.to));
      else if (element.id === BLOCK_GROUP) this.#group = origin + element.to;
      else if (element.id === SIMPLE_BLOCK || element.id === BLOCK) block = this.#blockOf(bytes, element);
      // The block of a transparent picture is in a group. A reference follows it there, except after a key frame.
      else if (element.id === REFERENCE && this.#entry && this.#entry === this.#cues.at(-1)) this.#cues.pop();
      at = opens ? element.from : element.to;
      if (at <= bytes.length && !opens) this.#complete(origin + at, block);
      else this.#late = block;
    }
    this.#skip += Math.max(0, at - bytes.length);
    this.#rest = bytes.slice(at);
    this.#position += given.length;
  }

  /** An element of a cluster, or of a group in it, is complete. @param {number} end  @param {Block} [block] */
  #complete(end, block) {
    if (block) this.#note(block);
    this.#late = undefined;
    if (end >= this.#group) this.#whole = end;
  }

  /** @param {Uint8Array} bytes  @param {Element} element  @returns {Block} */
  #blockOf(bytes, { id, from }) {
    const track = bytes[from] & 0x7f;
    const time = this.#cluster.time + (((bytes[from + 1] << 8) | bytes[from + 2]) << 16 >> 16);
    const isEntry = this.#picture ? track === this.#picture && (id === BLOCK || (bytes[from + 3] & 0x80) > 0) : true;
    return { time, track, isEntry };
  }

  /** @param {Block} block */
  #note({ time, track, isEntry }) {
    const known = this.#times.get(track);
    const step = known && time > known.last ? time - known.last : (known?.step ?? 0);
    this.#times.set(track, { last: Math.max(time, known?.last ?? 0), step });
    this.#entry = undefined;
    const last = this.#cues.at(-1);
    if (!isEntry || (last && (time < last.time + APART || this.#cluster.position === last.position))) return;
    this.#cues.push((this.#entry = { time, track, position: this.#cluster.position }));
  }

  /** Whether `front` and `cues` are known. */
  get isKnown() {
    return this.#begun && !this.#strange && this.#cues.length > 0;
  }

  /** The bytes of the file that differ if the cues follow it: an incomplete element at its end is left out. */
  changes() {
    const length = this.#position - this.#whole;
    return /** @type {import("./journal.js").Change[]} */ (length ? [[this.#whole, length, []]] : []);
  }

  /** The cues, unless the file is not understood. */
  cues() {
    if (!this.isKnown) return undefined;
    const offset = this.#frontOf(0, 0).length - this.#segmentAt;
    const point = (/** @type {Cue} */ { time, track, position }) =>
      element(CUE_POINT, [
        element(CUE_TIME, [number(time)]),
        element(CUE_POSITIONS, [element(CUE_TRACK, [number(track)]), element(CUE_CLUSTER, [number(offset + position)])]),
      ]);
    return element(CUES, this.#cues.map(point));
  }

  /**
   * The duration of the file.
   * @param {number} milliseconds  the recorded time, until which a picture without sound is shown. If there is sound,
   *   the file ends with the sound, which has no gaps: the recorder's clock starts before the first packet, on a busy
   *   machine by some tenths of a second.
   */
  duration(milliseconds) {
    const ends = [...this.#times.values()].map(({ last, step }) => last + step);
    const isSilent = this.#times.size === 1 && this.#times.has(this.#picture);
    return Math.max(0, ...ends, isSilent ? milliseconds : 0);
  }

  /**
   * The front, which is put before the file; undefined if the file is not understood.
   * @param {number} milliseconds  as for `duration`
   * @param {boolean} hasCues  whether `cues()` follow the file
   */
  front(milliseconds, hasCues) {
    if (!this.#begun || this.#strange) return undefined;
    return this.#frontOf(this.duration(milliseconds), hasCues ? this.#whole : 0);
  }

  /** The start of the segment's content. */
  get #segmentAt() {
    return this.#ebml.length + 12;
  }

  /** @param {number} duration  in milliseconds  @param {number} end  the position of the cues in the file, or 0 */
  #frontOf(duration, end) {
    const about = children(this.#info).filter(({ id }) => id !== DURATION && id !== VOID);
    const kept = about.map(({ at, to }) => this.#info.subarray(at, to));
    const info = element(INFO, [...kept, element(DURATION, [float(duration)])]);
    const covered = joined([idOf(VOID), sizeOf(this.#start.length)]);
    const places = (/** @type {[number, number][]} */ entries) =>
      element(SEEK_HEAD, entries.map(([id, at]) => element(SEEK, [element(SEEK_ID, [idOf(id)]), element(SEEK_POSITION, [number(at)])])));
    const { length } = places([[INFO, 0], [TRACKS, 0], [CUES, 0]]);
    const all = length + info.length + this.#tracks.length + covered.length;
    // Without cues, the first entry is repeated, so that the front always has the same length.
    const last = /** @type {[number, number]} */ (end ? [CUES, all + end] : [INFO, length]);
    const head = places([[INFO, length], [TRACKS, length + info.length], last]);
    const segment = joined([idOf(SEGMENT), UNKNOWN]);
    return joined([this.#ebml, segment, head, info, this.#tracks, covered]);
  }
}

/** The header of an element of `size` bytes that readers skip. @param {number} size */
export const voidHead = (size) => joined([idOf(VOID), sizeOf(size)]);

/** @param {Uint8Array} bytes  @returns {(Element & {at: number})[]} */
function children(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const child = elementAt(bytes, at);
    if (!child || child.to > bytes.length) break;
    found.push({ ...child, at });
    at = child.to;
  }
  return found;
}

/**
 * The children with this id.
 * @param {Uint8Array} bytes  @param {number} id  @param {number} [depth]  the depth of their parent
 */
function within(bytes, id, depth = 1) {
  const offset = depth ? (elementAt(bytes, 0)?.from ?? 0) : 0;
  return children(bytes.subarray(offset))
    .filter((child) => child.id === id)
    .map(({ from, to }) => ({ from: from + offset, to: to + offset }));
}

/** @param {number} id */
const idOf = (id) => new Uint8Array([id >>> 24, id >>> 16, id >>> 8, id].map((byte) => byte & 255)).slice(Math.clz32(id) >> 3);

/** A size, encoded in 8 bytes. @param {number} size */
function sizeOf(size) {
  const bytes = number(size);
  bytes[0] = 0x01;
  return bytes;
}

/** @param {number} value */
function number(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** @param {number} value */
function float(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

/** @param {number} id  @param {Uint8Array[]} parts */
function element(id, parts) {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  return joined([idOf(id), size < 127 ? new Uint8Array([0x80 | size]) : sizeOf(size), ...parts]);
}

/** @param {Uint8Array[]} parts  @returns {Uint8Array<ArrayBuffer>} */
function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
