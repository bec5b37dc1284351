// @ts-check
/** The headers of Opus streams and packets. */

/** Frames per second in Opus, whatever the sample rate of its input (RFC 7845, 4). */
export const RATE = 48000;
/** Frames in the longest packet, and bytes in the largest part of one (RFC 6716, 3.2). */
const LONGEST = 5760, LARGEST = 1275;

/**
 * The header of a stream (RFC 7845, 5.1) with another pre-skip.
 * @template {AllowSharedBufferSource | undefined} T
 * @param {T} head  @param {number} frames
 */
export function withPreSkip(head, frames) {
  if (!head) return head;
  const bytes = asBytes(head).slice();
  new DataView(bytes.buffer).setUint16(10, frames, true);
  return bytes;
}

/** The number of frames that players skip at the start. @param {AllowSharedBufferSource} head */
export function preSkipOf(head) {
  const bytes = asBytes(head);
  return bytes[10] | (bytes[11] << 8);
}

/** Whether a packet has one stream of sound (RFC 7845, 5.1.1), so that `Joining` understands it. @param {Uint8Array} [head] */
export const isOneStream = (head) => head?.[18] === 0;

/** @param {AllowSharedBufferSource} data */
export const asBytes = (data) =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);

/** The number of frames in a packet (RFC 6716, 3.1 and 3.2). @param {Uint8Array} packet */
export function framesOf(packet) {
  const toc = packet[0];
  const config = toc >> 3;
  // SILK has frames of 10 to 60 ms, hybrid mode of 10 and 20 ms, CELT of 2.5 to 20 ms.
  const size = config < 12 ? [480, 960, 1920, 2880][config % 4] : config < 16 ? [480, 960][config % 2] : 120 << config % 4;
  const count = [1, 2, 2, (packet[1] ?? 1) & 63][toc & 3];
  return size * count;
}

/**
 * Joins the packets of a stream to longer ones, of at most 120 ms, which decode to the same frames: a decoder decodes
 * the parts of a packet one after the other (RFC 6716, 3.2).
 */
export class Joining {
  /** The first byte of the packets that are to be joined, without its lowest two bits. */
  #toc = 0;
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #parts = [];
  #frames = 0;

  /** @param {Uint8Array<ArrayBuffer>} packet  @returns the packets that are complete */
  add(packet) {
    const [toc, frames, parts] = [packet[0] & ~3, framesOf(packet), partsOf(packet)];
    const complete = parts && toc === this.#toc && this.#frames + frames <= LONGEST ? [] : this.end();
    if (!parts) return [...complete, packet];
    this.#toc = toc;
    this.#frames += frames;
    this.#parts.push(...parts);
    return complete;
  }

  /** No more packets follow for now. */
  end() {
    const parts = this.#parts;
    this.#parts = [];
    this.#frames = 0;
    return parts.length ? [packetOf(this.#toc, parts)] : [];
  }
}

/**
 * The parts of a packet. Undefined if there are other bytes beside them, or if the packet is broken.
 * @param {Uint8Array<ArrayBuffer>} packet
 */
function partsOf(packet) {
  const [toc, second] = packet;
  const code = toc & 3;
  const count = [1, 2, 2, second & 63][code];
  if (code === 3 && second & 0x40) return undefined;
  let at = code === 3 ? 2 : 1;
  let left = packet.length - at;
  const sizes = [];
  if (code === 2 || (code === 3 && second & 0x80)) {
    while (sizes.length < count - 1) {
      const [size, width] = packet[at] < 252 ? [packet[at], 1] : [packet[at] + 4 * packet[at + 1], 2];
      sizes.push(size);
      at += width;
      left -= size + width;
    }
  }
  for (const shared = count - sizes.length; sizes.length < count; ) sizes.push(left / shared);
  const isBroken = (/** @type {number} */ size) => !(Number.isInteger(size) && size >= 0 && size <= LARGEST);
  return !sizes.length || sizes.some(isBroken) ? undefined : sizes.map((size) => packet.subarray(at, (at += size)));
}

/** @param {number} toc  @param {Uint8Array<ArrayBuffer>[]} parts */
function packetOf(toc, parts) {
  const head = [toc | 3, 0x80 | parts.length];
  for (const { length } of parts.slice(0, -1)) {
    const first = length < 252 ? length : 252 + (length & 3);
    head.push(first);
    if (first >= 252) head.push((length - first) / 4);
  }
  const packet = new Uint8Array(parts.reduce((sum, { length }) => sum + length, head.length));
  packet.set(head);
  let at = head.length;
  for (const part of parts) {
    packet.set(part, at);
    at += part.length;
  }
  return packet;
}
