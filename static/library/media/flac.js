// @ts-check
/**
 * FLAC frames that were cut or joined. Each frame contains its number. Decoders treat a frame as a false sync if its
 * number does not follow the previous one: players lose their place, and a reader may lose the rest of the file.
 */

/** The flag of streams with blocks of varying length, in which frames count samples (RFC 9639, 9.1). */
const VARIABLE = 1;

/**
 * The same frame at another position. It counts samples, so that blocks of any length may follow each other.
 * @param {Uint8Array} frame  a whole frame
 * @param {number} sample  the number of its first sample in the new file
 */
export function renumbered(frame, sample) {
  if (frame.length < 8 || frame[0] !== 0xff || (frame[1] & 0xfe) !== 0xf8) throw new TypeError("not a FLAC frame");
  const old = Math.max(1, Math.clz32(~(frame[4] << 24))); // the first byte has one leading 1 bit per byte
  const more = extraBytes(frame[2]);
  const number = coded(sample);
  const rest = frame.subarray(4 + old + more + 1); // after the header's checksum
  const header = 4 + number.length + more;
  const made = new Uint8Array(header + 1 + rest.length);
  made.set(frame.subarray(0, 4));
  made[1] |= VARIABLE;
  made.set(number, 4);
  made.set(frame.subarray(4 + old, 4 + old + more), 4 + number.length);
  made[header] = checksum(CRC_8, 8, made.subarray(0, header));
  made.set(rest, header + 1);
  const end = made.length - 2;
  new DataView(made.buffer).setUint16(end, checksum(CRC_16, 16, made.subarray(0, end)));
  return made;
}

/**
 * Bytes after the number that hold an uncommon block size or rate (RFC 9639, 9.1.1 and 9.1.2).
 * @param {number} codes
 */
function extraBytes(codes) {
  const [block, rate] = [codes >> 4, codes & 15];
  return (block === 6 ? 1 : block === 7 ? 2 : 0) + (rate === 12 ? 1 : rate === 13 || rate === 14 ? 2 : 0);
}

/** A number of up to 36 bits, encoded as in UTF-8 (RFC 9639, 9.1.5). @param {number} number */
function coded(number) {
  if (number < 0x80) return Uint8Array.of(number);
  const bytes = [];
  let first = 0x80; // one leading 1 bit per byte
  let room = 0x40; // the values that the first byte can hold
  while (number >= room) {
    bytes.unshift(0x80 | number % 64);
    number = Math.floor(number / 64);
    first |= room;
    room /= 2;
  }
  return Uint8Array.of(first & 0xff | number, ...bytes);
}

/** @param {number} polynomial  @param {number} bits */
function table(polynomial, bits) {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let value = byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value >> (bits - 1) & 1 ? polynomial : 0);
    return value & (2 ** bits - 1);
  });
}

const CRC_8 = table(0x07, 8);
const CRC_16 = table(0x8005, 16);

/** @param {Uint16Array} table  @param {number} bits  @param {Uint8Array} bytes */
function checksum(table, bits, bytes) {
  let value = 0;
  for (const byte of bytes) value = (value << 8 & (2 ** bits - 1)) ^ table[value >> (bits - 8) ^ byte];
  return value;
}
