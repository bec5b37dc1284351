// @ts-check
/** The headers of Opus streams and packets. */

/** Frames per second in Opus, whatever the sample rate of its input (RFC 7845, 4). */
export const RATE = 48000;

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
