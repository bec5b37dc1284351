// @ts-check
/**
 * A walk over a WebM or Matroska file (RFC 9559), as browsers' recorders, FFmpeg, mkvmerge and mediabunny write it. The
 * bytes arrive in pieces of any size. The walk is synchronous, keeps no payloads, and makes no object per block unless
 * `onBlock` is set:
 *
 *     const walk = new Walk();
 *     walk.onBlock = ({ track, time, isKey, from, size }) => …;   // optional; set it before the first bytes
 *     walk.add(bytes);                                             // the next bytes of the file, any number of times
 *     walk.skip(size);                                             // a whole element whose bytes are not passed
 *     walk.end();                                                  // no more bytes follow
 *
 * `strange` is "" as long as the walk understands the file. Otherwise it says why only a general reader can handle the
 * file: lacing, encryption, other units of time, elements that do not fit into each other, … After that, the walk
 * ignores all bytes, and what it has found so far must not be used.
 *
 * A file that was cut off is not strange: `end` leaves out the incomplete element at its end.
 *
 * `walkOf(blob, signal, report)` passes a Blob in pieces.
 */

import { elementAt, EBML, numberOf, SEGMENT } from "../ebml.js";
import { pieces } from "./pieces.js";

const INFO = 0x1549a966, TRACKS = 0x1654ae6b, CLUSTER = 0x1f43b675, CUES = 0x1c53bb6b, SEEK_HEAD = 0x114d9b74;
const TAGS = 0x1254c367, CHAPTERS = 0x1043a770, ATTACHMENTS = 0x1941a469, VOID = 0xec, CRC = 0xbf;
const TIMESTAMP = 0xe7, POSITION = 0xa7, PREVIOUS_SIZE = 0xab, SIMPLE_BLOCK = 0xa3, BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1, DURATION_OF_BLOCK = 0x9b, REFERENCE = 0xfb, PRIORITY = 0xfa, PADDING = 0x75a2, ADDITIONS = 0x75a1;
const DOC_TYPE = 0x4282, SCALE = 0x2ad7b1, DURATION = 0x4489, TRACK = 0xae;

/** Types of tracks, by their number. @type {("video" | "audio" | undefined)[]} */
const TYPES = [undefined, "video", "audio"];
/** Levels: outside of the segment, in it, in a cluster, in a group. */
const TOP = 0, IN_SEGMENT = 1, IN_CLUSTER = 2, IN_GROUP = 3;
/** Elements directly in the segment. Such an element ends a cluster of unknown size. */
const OF_SEGMENT = new Set([INFO, TRACKS, CLUSTER, CUES, SEEK_HEAD, TAGS, CHAPTERS, ATTACHMENTS]);
/** Bytes in which the header of any element ends, with the beginning of its content that is read. */
const LOOK = 64;
/** Bytes of a block that are read: track, time and flags, and the first two bytes of the packet. */
const BLOCK_HEAD = 7;
/** The header and each of its elements end within this many bytes. */
const HEADER = 2 ** 18;
/** Milliseconds between cues, which is enough for a long recording. */
const CUES_APART = 1000;
/** Milliseconds by which a time may go back within a track. Pictures may be stored in another order than shown. */
const BACK = 2000;
/** What a cluster says of its size. */
export const UNKNOWN = 0, KNOWN = 1, WRONG = 2;

/**
 * @typedef {object} Track
 * @property {number} number
 * @property {"video" | "audio" | "other"} type
 * @property {string} codecId
 * @property {Uint8Array<ArrayBuffer> | undefined} codecPrivate
 * @property {number} codecDelay       nanoseconds, like the next two
 * @property {number} seekPreRoll
 * @property {number} defaultDuration  0 if the file states none
 * @property {number} sampleRate
 * @property {number} channels
 * @property {number} bitDepth  0 if the file states none
 * @property {number} width
 * @property {number} height
 * @property {number} count     blocks so far
 * @property {number} first     the earliest time in milliseconds, like all times here
 * @property {number} last      the latest time
 * @property {number} step      the latest time less the time before it
 * @property {number} lasts     the duration that the file states for the block at the latest time, or -1
 * @property {number} padding   nanoseconds of that block that are not heard
 * @property {number} size      bytes of its packet
 * @property {number} begins    the first two bytes of its packet
 * @property {number} previous  the time of the previous block
 * @property {number} given     the time that the previous block has in a copy (see `Walk.apart`)
 */

/**
 * @typedef {object} Block
 * @property {number} track  its number
 * @property {number} time   milliseconds, as in the file
 * @property {boolean} isKey
 * @property {number} from   where its packet begins in the file
 * @property {number} size   bytes of its packet
 * @property {number | undefined} duration  milliseconds, if the file states them for this block
 */

/** Numbers, of which there can be many: an hour has 25,000 clusters. */
export class Column {
  values = new Float64Array(64);
  length = 0;

  /** @param {number} value */
  push(value) {
    if (this.length === this.values.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  /** The last number. */
  get last() {
    return this.values[this.length - 1];
  }
}

export class Walk {
  /** Why only a general reader can handle the file; "" so far. */
  strange = "";
  /** By number. @type {Map<number, Track>} */
  tracks = new Map();
  /** Called with each block that has arrived completely. @type {((block: Block) => void) | undefined} */
  onBlock;
  /** "webm" or "matroska". */
  docType = "";
  /** The EBML header. @type {Uint8Array<ArrayBuffer>} */
  ebml = new Uint8Array();
  /** The content of Info. @type {Uint8Array<ArrayBuffer>} */
  info = new Uint8Array();
  /** The element Tracks. @type {Uint8Array<ArrayBuffer>} */
  trackList = new Uint8Array();
  /** The duration that the file states, in milliseconds, or NaN. */
  stated = NaN;
  /** The positions of elements that a copy keeps: starts and ends in turn. */
  kept = new Column();
  /**
   * Positions in the file: the start of each cluster, of its content, and its end, which is known when the next one
   * begins, or after `end`. `sizes` says whether the cluster states its size: `KNOWN`, `UNKNOWN`, or `WRONG` because the
   * file was cut off.
   */
  clusters = { starts: new Column(), contents: new Column(), ends: new Column(), sizes: new Column() };
  /** The entries of an index: the time and the track of a block, and the index of its cluster. */
  cues = { times: new Column(), tracks: new Column(), clusters: new Column() };
  /**
   * Changes that a copy needs: the positions of two bytes, the time of a block within its cluster, and their new value.
   * Chromium writes pictures with the same time on a busy machine; if a key frame is among them, its player cannot seek
   * there. They are set apart by a millisecond. (quirk: chromium-repeats-times)
   */
  apart = { places: new Column(), values: new Column() };
  /** Whether the end of the file is missing. Known after `end`. */
  isCut = false;

  #level = TOP;
  #segmentEnd = Infinity;
  #clusterEnd = Infinity;
  #groupEnd = 0;
  #hasEnded = false;
  /** Where the bytes end that have been passed. */
  #position = 0;
  /** Bytes of the current element that are still to come. */
  #ahead = 0;
  /** The beginning of an element that is incomplete. @type {Uint8Array} */
  #rest = new Uint8Array();
  /** Bytes of that element that are needed. */
  #need = LOOK;
  /** The position of the byte with index 0 in the bytes that are read. */
  #origin = 0;
  #whole = 0;
  #clusterTime = -1;
  /** Blocks of the current cluster. */
  #count = 0;
  /** Whether a checksum protects the current cluster. */
  #sealed = false;
  /** The track that the cues refer to. @type {Track | undefined} */
  #entered;
  // The block that has begun and may be incomplete.
  /** @type {Track | undefined} */
  #track;
  #time = 0;
  #relative = 0;
  #place = 0;
  #from = 0;
  #to = 0;
  #isKey = false;
  #lasts = -1;
  #padding = 0;
  #begins = 0;

  /** Where the bytes end that have been passed. */
  get position() {
    return this.#position;
  }

  /** Where the last complete element ends. */
  get whole() {
    return this.#whole;
  }

  /** Whether the file has reached its first cluster, and an element of one's own could be inserted here. */
  get isAtElement() {
    return (
      this.clusters.starts.length > 0 && !this.strange && this.#ahead === 0 && this.#rest.length === 0 &&
      (this.#level === IN_SEGMENT || (this.#level === IN_CLUSTER && this.#clusterEnd === Infinity))
    );
  }

  /** The number of clusters that are complete. */
  get complete() {
    return this.clusters.ends.length;
  }

  /** The time of the latest block of the picture, or without a picture of the sound, in milliseconds. */
  get latest() {
    return this.#entered?.last ?? 0;
  }

  /** @param {Uint8Array} bytes  the next bytes of the file */
  add(bytes) {
    if (this.strange) return;
    try {
      this.#pass(bytes);
    } catch (error) {
      this.strange = error instanceof Error ? error.message : String(error);
    }
  }

  /** Skip an element whose bytes are not passed. It lies where `isAtElement` is true. @param {number} size */
  skip(size) {
    if (!this.isAtElement) this.strange ||= "bytes are missing";
    this.#position += size;
    this.#whole = this.#position;
  }

  /** No more bytes follow. */
  end() {
    if (this.strange || this.#hasEnded) return;
    this.#hasEnded = true;
    this.isCut = this.#ahead > 0 || this.#rest.length > 0 || (this.#level !== TOP && this.#segmentEnd !== Infinity);
    this.#track = undefined; // its packet is incomplete
    if (this.#level >= IN_CLUSTER) this.#closeCluster(this.#whole);
    if (this.kept.length && this.kept.last > this.#position) this.kept.length -= 2;
    if (![...this.tracks.values()].some(({ count }) => count > 0)) this.strange = "it has no packets";
  }

  /** @param {Uint8Array} bytes */
  #pass(bytes) {
    let at = Math.min(this.#ahead, bytes.length);
    this.#ahead -= at;
    if (this.#rest.length) {
      const more = bytes.subarray(0, Math.max(LOOK, this.#need - this.#rest.length));
      const joined = new Uint8Array(this.#rest.length + more.length);
      joined.set(this.#rest);
      joined.set(more, this.#rest.length);
      this.#origin = this.#position - this.#rest.length;
      at = this.#read(joined, 0, this.#rest.length) - this.#rest.length;
      if (at < 0) {
        this.#rest = joined;
        this.#position += bytes.length;
        return;
      }
      this.#rest = new Uint8Array();
    }
    this.#origin = this.#position;
    if (at <= bytes.length) at = this.#read(bytes, at, bytes.length);
    this.#position += bytes.length;
    if (at > bytes.length) this.#ahead = at - bytes.length;
    else if (at < bytes.length) this.#rest = bytes.slice(at);
    else if (this.#ahead === 0) this.#reach(this.#position);
  }

  /**
   * Read the elements that begin before `limit`.
   * @param {Uint8Array} bytes  @param {number} at  @param {number} limit
   * @returns where the next element begins, maybe after the bytes; before `limit` if more bytes are needed
   */
  #read(bytes, at, limit) {
    while (at < limit) {
      this.#reach(this.#origin + at);
      const first = bytes[at];
      const content = at + (first >= 0x80 ? 1 : first >= 0x40 ? 2 : first >= 0x20 ? 3 : 4);
      if (first < 0x10) throw new Error("bytes that are not an element");
      if (content >= bytes.length) break;
      const length = Math.clz32(bytes[content]) - 23;
      if (length > 8) throw new Error("a size of more than 8 bytes");
      const from = content + length;
      if (from > bytes.length) break;
      let id = first;
      for (let place = at + 1; place < content; place++) id = id * 256 + bytes[place];
      let size = bytes[content] & (0xff >> length);
      let known = size !== 0xff >> length;
      for (let place = content + 1; place < from; place++) {
        known ||= bytes[place] !== 255;
        size = size * 256 + bytes[place];
      }
      const next = this.#element(bytes, id, at, from, known ? size : -1);
      if (next < 0) break;
      at = next;
    }
    return at;
  }

  /** Everything before this position has arrived. @param {number} position */
  #reach(position) {
    if (this.#level === IN_GROUP) {
      if (position > this.#groupEnd) throw new Error("an element that ends after its group");
      if (position < this.#groupEnd) return;
      if (!this.#track) throw new Error("a group without a block");
      this.#finishBlock();
      this.#level = IN_CLUSTER;
    } else if (this.#track) this.#finishBlock();
    if (this.#level === IN_CLUSTER && position >= this.#clusterEnd) {
      if (position > this.#clusterEnd) throw new Error("an element that ends after its cluster");
      this.#whole = position;
      this.#closeCluster(position);
    }
    if (this.#level === IN_SEGMENT && position >= this.#segmentEnd) {
      if (position > this.#segmentEnd) throw new Error("an element that ends after the segment");
      this.#level = TOP;
    }
    this.#whole = position;
  }

  /**
   * @param {Uint8Array} bytes  @param {number} id  @param {number} at  where the element begins
   * @param {number} from  where its content begins  @param {number} size  its size, or -1 if unknown
   * @returns where the next element begins, or -1 if more bytes are needed
   */
  #element(bytes, id, at, from, size) {
    if (id > VOID && this.#level === IN_CLUSTER && this.#clusterEnd === Infinity && OF_SEGMENT.has(id)) {
      this.#closeCluster(this.#origin + at);
    }
    if (size < 0 && id !== SEGMENT && id !== CLUSTER) throw new Error("an element of unknown size");
    if (this.#level >= IN_CLUSTER) return this.#inCluster(bytes, id, from, size);
    return this.#outside(bytes, id, at, from, size);
  }

  /** @param {Uint8Array} bytes  @param {number} id  @param {number} from  @param {number} size */
  #inCluster(bytes, id, from, size) {
    const to = from + size;
    const inGroup = this.#level === IN_GROUP;
    if (id === (inGroup ? BLOCK : SIMPLE_BLOCK)) {
      if (from + Math.min(size, BLOCK_HEAD) > bytes.length) return -1;
      this.#beginBlock(bytes, from, size);
      if (!inGroup) this.#isKey = (bytes[this.#place - this.#origin + 2] & 0x80) !== 0;
      return to;
    }
    if (!inGroup && id === BLOCK_GROUP) {
      this.#level = IN_GROUP;
      this.#groupEnd = this.#origin + to;
      this.#isKey = true;
      this.#lasts = -1;
      this.#padding = 0;
      return from;
    }
    const isNumber = inGroup
      ? id === DURATION_OF_BLOCK || id === REFERENCE || id === PADDING
      : id === TIMESTAMP || id === POSITION;
    if (isNumber) {
      if (size > 8) throw new Error("a number of more than 8 bytes");
      if (to > bytes.length) return -1;
      let value = 0;
      for (let place = from; place < to; place++) value = value * 256 + bytes[place];
      if (id === TIMESTAMP) this.#clusterTime = value;
      else if (id === POSITION && value) throw new Error("clusters that state their position");
      else if (id === DURATION_OF_BLOCK) this.#lasts = value;
      else if (id === REFERENCE) this.#isKey = false;
      // (A negative number: nothing is cut off.)
      else if (id === PADDING) this.#padding = bytes[from] & 0x80 ? 0 : value;
    } else if (id === CRC && !inGroup) this.#sealed = true;
    else if (id !== VOID && id !== (inGroup ? ADDITIONS : PREVIOUS_SIZE) && !(inGroup && id === PRIORITY)) {
      throw new Error(`an element ${id.toString(16)} in a cluster`);
    }
    return to;
  }

  /** @param {Uint8Array} bytes  @param {number} id  @param {number} at  @param {number} from  @param {number} size */
  #outside(bytes, id, at, from, size) {
    const to = from + size;
    if (id === VOID) return to;
    if (this.#level === TOP) {
      if (id !== (this.ebml.length ? SEGMENT : EBML) || this.trackList.length) throw new Error("not one segment");
      if (id === SEGMENT) {
        this.#level = IN_SEGMENT;
        if (size >= 0) this.#segmentEnd = this.#origin + to;
        return from;
      }
      if (!this.#has(bytes, at, to)) return -1;
      this.ebml = bytes.slice(at, to);
      this.docType = text(valueIn(this.ebml.subarray(from - at), DOC_TYPE));
      if (this.docType !== "webm" && this.docType !== "matroska") throw new Error("not a WebM or Matroska file");
      return to;
    }
    if (id === CLUSTER) {
      if (!this.trackList.length || !this.info.length) throw new Error("a cluster before the header");
      this.#openCluster(this.#origin + at, this.#origin + from, size);
      return from;
    }
    if (id === INFO || id === TRACKS) {
      if (!this.#has(bytes, at, to)) return -1;
      if ((id === INFO ? this.info : this.trackList).length) throw new Error("two headers");
      if (id === INFO) this.#learnInfo(bytes.slice(from, to));
      else this.#learnTracks(bytes.slice(at, to), from - at);
    } else if (id === TAGS || id === CHAPTERS || id === ATTACHMENTS) {
      this.kept.push(this.#origin + at);
      this.kept.push(this.#origin + to);
    } else if (id !== SEEK_HEAD && id !== CUES && id !== CRC) {
      throw new Error(`an element ${id.toString(16)} in the segment`);
    }
    return to;
  }

  /** Whether an element has arrived completely. @param {Uint8Array} bytes  @param {number} at  @param {number} to */
  #has(bytes, at, to) {
    if (to - at > HEADER) throw new Error("a long header");
    const isThere = to <= bytes.length;
    this.#need = isThere ? LOOK : to - at;
    return isThere;
  }

  /** @param {Uint8Array<ArrayBuffer>} info */
  #learnInfo(info) {
    this.info = info;
    const scale = valueIn(info, SCALE), duration = valueIn(info, DURATION);
    if (scale && numberOf(scale) !== 1_000_000) throw new Error("times that are not in milliseconds");
    if (duration) this.stated = real(duration);
  }

  /** @param {Uint8Array<ArrayBuffer>} list  the element  @param {number} from  the start of its content */
  #learnTracks(list, from) {
    this.trackList = list;
    for (const entry of children(list.subarray(from))) {
      if (entry.id !== TRACK) continue;
      const track = trackOf(list.subarray(from + entry.from, from + entry.to));
      this.tracks.set(track.number, track);
    }
    const tracks = [...this.tracks.values()];
    this.#entered = tracks.find(({ type }) => type === "video") ?? tracks.find(({ type }) => type === "audio");
  }

  /** @param {number} start  @param {number} content  @param {number} size */
  #openCluster(start, content, size) {
    const { starts, contents, sizes } = this.clusters;
    starts.push(start);
    contents.push(content);
    sizes.push(size < 0 ? UNKNOWN : KNOWN);
    this.#clusterEnd = size < 0 ? Infinity : content + size;
    this.#clusterTime = -1;
    this.#count = 0;
    this.#sealed = false;
    this.#level = IN_CLUSTER;
  }

  /** @param {number} end */
  #closeCluster(end) {
    const { starts, contents, ends, sizes } = this.clusters;
    this.#level = IN_SEGMENT;
    if (this.#hasEnded && this.#count === 0) {
      // The file was cut off in the head of this cluster.
      starts.length = contents.length = sizes.length = starts.length - 1;
      return;
    }
    ends.push(end);
    if (this.#clusterEnd !== Infinity && end !== this.#clusterEnd) sizes.values[sizes.length - 1] = WRONG;
  }

  /** @param {Uint8Array} bytes  @param {number} from  @param {number} size */
  #beginBlock(bytes, from, size) {
    const first = bytes[from];
    const width = first & 0x80 ? 1 : 2;
    const number = width === 1 ? first & 0x7f : ((first & 0x3f) << 8) | bytes[from + 1];
    const place = from + width;
    if (size < width + 3 || !(first & 0xc0)) throw new Error("a broken block");
    if (bytes[place + 2] & 0x06) throw new Error("lacing");
    if (this.#track) throw new Error("two blocks in a group");
    if (this.#clusterTime < 0) throw new Error("a cluster without a time");
    this.#track = this.tracks.get(number);
    if (!this.#track) throw new Error("a block of an unknown track");
    this.#relative = ((bytes[place] << 8) | bytes[place + 1]) << 16 >> 16;
    this.#time = this.#clusterTime + this.#relative;
    this.#place = this.#origin + place;
    this.#from = this.#place + 3;
    this.#to = this.#origin + from + size;
    this.#begins = (bytes[place + 3] << 8) | bytes[place + 4];
    if (this.#level === IN_CLUSTER) {
      this.#lasts = -1;
      this.#padding = 0;
    }
  }

  /** The block has arrived completely. */
  #finishBlock() {
    const track = /** @type {Track} */ (this.#track);
    const time = this.#time;
    this.#track = undefined;
    this.#count += 1;
    let given = time;
    if (track.count > 0) {
      if (time < track.last - BACK) throw new Error("times that go back");
      // The same time again, or one that was given to the block before it.
      if (time === track.previous || (time > track.previous && time <= track.given)) {
        const relative = this.#relative + track.given + 1 - time;
        if (relative < 2 ** 15 && !this.#sealed) {
          given = track.given + 1;
          this.apart.places.push(this.#place);
          this.apart.values.push(relative);
        }
      }
    }
    const size = this.#to - this.#from;
    if (track.count === 0 || given >= track.last) {
      if (track.count > 0 && given > track.last) track.step = given - track.last;
      track.last = given;
      track.lasts = this.#lasts;
      track.padding = this.#padding;
      track.size = size;
      track.begins = this.#begins;
    }
    track.first = track.count === 0 ? time : Math.min(track.first, time);
    track.previous = time;
    track.given = given;
    track.count += 1;
    this.#addCue(track, given);
    this.onBlock?.({
      track: track.number,
      time,
      isKey: this.#isKey || track.type !== "video",
      from: this.#from,
      size,
      duration: this.#lasts < 0 ? undefined : this.#lasts,
    });
  }

  /** @param {Track} track  @param {number} time */
  #addCue(track, time) {
    if (track !== this.#entered || (track.type === "video" && !this.#isKey)) return;
    const { times, tracks, clusters } = this.cues;
    const cluster = this.clusters.starts.length - 1;
    if (times.length > 0 && (time < times.last + CUES_APART || cluster === clusters.last)) return;
    times.push(time);
    tracks.push(track.number);
    clusters.push(cluster);
  }
}

/**
 * Walk over a Blob: read it once, in pieces.
 * @param {Blob} blob  @param {AbortSignal} [signal]  @param {(fraction: number) => void} [report]
 */
export async function walkOf(blob, signal, report) {
  const walk = new Walk();
  await pass(blob, walk, () => {}, signal, report);
  walk.end();
  return walk;
}

/**
 * Pass a Blob to a walk, in pieces.
 * @param {Blob} blob  @param {Walk} walk  @param {() => unknown} step  called after each piece, and awaited
 * @param {AbortSignal} [signal]  @param {(fraction: number) => void} [report]
 */
export async function pass(blob, walk, step, signal, report) {
  if (walk.strange) return;
  let passed = 0;
  for await (const bytes of pieces(blob)) {
    signal?.throwIfAborted();
    walk.add(bytes);
    if (walk.strange) return;
    await step();
    passed += bytes.length;
    report?.(passed / blob.size);
  }
}

/** @param {Uint8Array<ArrayBuffer>} entry  the content of a TrackEntry  @returns {Track} */
function trackOf(entry) {
  const [video, audio] = [valueIn(entry, 0xe0) ?? new Uint8Array(), valueIn(entry, 0xe1) ?? new Uint8Array()];
  const number = (/** @type {Uint8Array<ArrayBuffer>} */ within, /** @type {number} */ id, otherwise = 0) => {
    const value = valueIn(within, id);
    return value ? numberOf(value) : otherwise;
  };
  const rate = valueIn(audio, 0xb5), scale = valueIn(entry, 0x23314f);
  if (valueIn(entry, 0x6d80)) throw new Error("encrypted or compressed packets");
  if (scale && real(scale) !== 1) throw new Error("a track with times of its own");
  return {
    number: number(entry, 0xd7),
    type: TYPES[number(entry, 0x83)] ?? "other",
    codecId: text(valueIn(entry, 0x86)),
    codecPrivate: valueIn(entry, 0x63a2)?.slice(),
    codecDelay: number(entry, 0x56aa),
    seekPreRoll: number(entry, 0x56bb),
    defaultDuration: number(entry, 0x23e383),
    sampleRate: rate ? real(rate) : 8000,
    channels: number(audio, 0x9f, 1),
    bitDepth: number(audio, 0x6264),
    width: number(video, 0xb0),
    height: number(video, 0xba),
    count: 0,
    first: 0,
    last: 0,
    step: 0,
    lasts: -1,
    padding: 0,
    size: 0,
    begins: 0,
    previous: 0,
    given: 0,
  };
}

/** The elements in the content of another one. @param {Uint8Array<ArrayBuffer>} bytes */
export function children(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const child = elementAt(bytes, at);
    if (!child || !child.known || child.to > bytes.length) throw new Error("a broken header");
    found.push({ ...child, at });
    at = child.to;
  }
  return found;
}

/**
 * The content of the first child with this id.
 * @param {Uint8Array<ArrayBuffer>} bytes  @param {number} id
 */
function valueIn(bytes, id) {
  const child = children(bytes).find((each) => each.id === id);
  return child && bytes.subarray(child.from, child.to);
}

/** @param {Uint8Array} [bytes] */
const text = (bytes) => new TextDecoder().decode(bytes).replace(/\0.*/, "");

/** A floating-point number of 0, 4 or 8 bytes. @param {Uint8Array} bytes */
function real(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.length === 8 ? view.getFloat64(0) : bytes.length === 4 ? view.getFloat32(0) : 0;
}
