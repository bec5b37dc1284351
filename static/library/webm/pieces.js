// @ts-check
/**
 * The bytes of a Blob, read once, in pieces. A piece is valid until the next one is requested, because its memory is used
 * again.
 *
 * The Blob's own stream delivers them, into one buffer. Slices take longer in Chromium: each one has a pipe of its own,
 * and Chromium first copies the bytes of a slice that is a part of a chunk. Slices remain for browsers whose streams
 * cannot fill a buffer (WebKit), and for the rest of a stream that fails. (Chromium's stream does not say why it failed; a
 * slice does.)
 */

/** Bytes that are read at a time. */
export const PIECE = 2 ** 20;
/** Slices that are requested at a time. */
const AHEAD = 3;

/**
 * Readers under way. (Chromium's garbage collector takes a stream away from a read that waits for it, if nothing else
 * refers to it. The read then never ends.)
 * @type {Set<ReadableStreamBYOBReader>}
 */
const reading = new Set();

/** @param {Blob} blob  @returns {AsyncGenerator<Uint8Array<ArrayBuffer>>} */
export async function* pieces(blob) {
  let at = 0;
  const reader = readerOf(blob);
  if (reader) reading.add(reader);
  try {
    let buffer = new ArrayBuffer(PIECE);
    while (reader && at < blob.size) {
      const min = Math.min(PIECE, blob.size - at);
      const { value } = await reader.read(new Uint8Array(buffer, 0, min), { min });
      if (!value?.length) break;
      at += value.length;
      yield value;
      buffer = value.buffer;
    }
  } catch {
    // The slices say why.
  } finally {
    if (reader) reading.delete(reader);
    reader?.cancel().catch(() => {});
  }
  /** @type {Promise<ArrayBuffer>[]} */
  const coming = [];
  while (true) {
    for (; coming.length < AHEAD && at < blob.size; at += PIECE) {
      coming.push(blob.slice(at, at + PIECE).arrayBuffer());
      coming.at(-1)?.catch(() => {}); // it is awaited below, if anyone asks for it
    }
    const bytes = await coming.shift();
    if (!bytes) return;
    yield new Uint8Array(bytes);
  }
}

/** @param {Blob} blob */
function readerOf(blob) {
  try {
    return blob.stream().getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}
