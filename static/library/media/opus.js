// @ts-check
/** What an Opus stream says of itself. */

/** Frames a second that Opus counts in, whatever rate its input had (RFC 7845, 4). */
export const RATE = 48000;

/**
 * The head of a stream (RFC 7845, 5.1) with another pre-skip.
 * @template {AllowSharedBufferSource | undefined} T
 * @param {T} head  @param {number} frames
 */
export function withPreSkip(head, frames) {
  if (!head) return head;
  const bytes = asBytes(head).slice();
  new DataView(bytes.buffer).setUint16(10, frames, true);
  return bytes;
}

/** How many frames at its start nobody is to hear. @param {AllowSharedBufferSource} head */
export function preSkipOf(head) {
  const bytes = asBytes(head);
  return bytes[10] | (bytes[11] << 8);
}

/** @param {AllowSharedBufferSource} data */
export const asBytes = (data) =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);

/** How many frames a packet decodes to (RFC 6716, 3.1 and 3.2). @param {Uint8Array} packet */
export function framesOf(packet) {
  const toc = packet[0];
  const config = toc >> 3;
  // SILK has frames of 10 to 60 ms, hybrid ones of 10 and 20, CELT ones of 2.5 to 20.
  const size = config < 12 ? [480, 960, 1920, 2880][config % 4] : config < 16 ? [480, 960][config % 2] : 120 << config % 4;
  const count = [1, 2, 2, (packet[1] ?? 1) & 63][toc & 3];
  return size * count;
}
