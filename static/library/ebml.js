// @ts-check
/** Read the elements of a WebM or Matroska file (RFC 8794, 4 to 6). */

export const EBML = 0x1a45dfa3, SEGMENT = 0x18538067;

/**
 * The range of the content, and whether its size is known.
 * @typedef {{id: number, from: number, to: number, known: boolean}} Element
 */

/**
 * The element that begins at an offset, if its header is complete. An element of unknown size has `to` equal to `from`.
 * @param {Uint8Array} bytes  @param {number} at  @returns {Element | undefined}
 */
export function elementAt(bytes, at) {
  const idLength = Math.clz32(bytes[at] << 24) + 1;
  const place = at + idLength;
  const length = Math.clz32(bytes[place] << 24) + 1;
  const from = place + length;
  if (!(from <= bytes.length)) return undefined;
  if (idLength > 4 || length > 8) throw new Error("not an element");
  const id = numberOf(bytes.subarray(at, place));
  const digits = bytes.subarray(place + 1, from);
  const first = bytes[place] & (0xff >> length);
  const known = first !== 0xff >> length || digits.some((byte) => byte !== 255);
  const size = digits.reduce((sum, byte) => sum * 256 + byte, first);
  return { id, from, to: known ? from + size : from, known };
}

/** @param {Uint8Array} bytes */
export const numberOf = (bytes) => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
