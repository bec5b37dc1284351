// @ts-check
/**
 * A Blob read in large blocks, with the next block always prefetched. (The Blob's own stream is as fast, but it loads
 * the whole file into memory while no code waits for it; mediabunny's other source reads one small piece after
 * another.)
 */

/** The size of a block in bytes. Larger blocks are faster, but three of them are in memory. */
const SIZE = 7 * 2 ** 17;
/** The number of blocks to keep. */
const KEPT = 2;

export class Blocks {
  /** The most recently used block is the last. @type {Map<number, Uint8Array | Promise<Uint8Array>>} */
  #blocks = new Map();

  /** @param {Blob} blob */
  constructor(blob) {
    this.blob = blob;
  }

  /** The bytes from `start` to `end`. @param {number} start  @param {number} end */
  read(start, end) {
    const first = Math.floor(start / SIZE);
    const block = this.#block(first);
    if (end <= (first + 1) * SIZE) {
      const part = (/** @type {Uint8Array} */ bytes) => bytes.subarray(start - first * SIZE, end - first * SIZE);
      return block instanceof Promise ? block.then(part) : part(block);
    }
    return this.#slice(start, end);
  }

  /** @param {number} index */
  #block(index) {
    const block = this.#blocks.get(index) ?? this.#fetch(index);
    this.#blocks.delete(index);
    this.#blocks.set(index, block);
    const next = index + 1;
    if (next * SIZE < this.blob.size && !this.#blocks.has(next)) this.#fetch(next).catch(() => {});
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT) break;
      this.#blocks.delete(oldest);
    }
    return block;
  }

  /** @param {number} index */
  #fetch(index) {
    const coming = this.#slice(index * SIZE, Math.min((index + 1) * SIZE, this.blob.size));
    this.#blocks.set(index, coming);
    coming.then((bytes) => {
      if (this.#blocks.get(index) === coming) this.#blocks.set(index, bytes);
    }, () => this.#blocks.delete(index));
    return coming;
  }

  /** @param {number} start  @param {number} end */
  async #slice(start, end) {
    return new Uint8Array(await this.blob.slice(start, end).arrayBuffer());
  }
}
