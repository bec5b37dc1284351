// @ts-check
/** The parts of live sound that run in the AudioWorklet, where no other code delays them. */

/** Their names: the sound in, and out. */
export const PROCESSORS = ["mediarecorder-blocks", "mediarecorder-queue"];

/**
 * Register both processors. The source of this function is a module of its own, so it uses nothing from outside.
 *
 * The first one numbers the frames and posts blocks, `{start, block}`, with interleaved samples. When the page posts
 * anything, it posts the rest, and then null.
 *
 * (It counts the frames itself: no frame is left out between two calls of `process`, but Chromium's `currentFrame` is
 * that of an earlier call while the page's thread changes the graph.)
 *
 * The second one plays the blocks that the page posts, `{block, ahead}`. Without a block it plays silence. When at most
 * `ahead` samples are left to play, it posts how many were played.
 * @param {string[]} names
 */
export function register([blocks, queue]) {
  const scope = /** @type {any} */ (globalThis);
  scope.registerProcessor(blocks, class extends scope.AudioWorkletProcessor {
    /** The number of the first frame in the block. */
    start = 0;
    filled = 0;
    over = false;

    /** @param {{processorOptions: {size: number, channels: number}}} options */
    constructor({ processorOptions: { size, channels } }) {
      super();
      this.size = size;
      this.channels = channels;
      this.block = new Float32Array(size * channels);
      this.port.onmessage = () => {
        if (!this.over) this.port.postMessage(this.post());
        this.over = true;
      };
    }

    /** @param {Float32Array[][]} inputs  @param {Float32Array[][]} outputs */
    process([input], [[output]]) {
      if (this.over) return false;
      for (let at = 0; at < output.length; at++) {
        // A source that is disabled or has ended may have no channels: that is silence.
        for (let channel = 0; channel < this.channels; channel++) {
          let value = 0;
          if (this.channels > 1) value = input[channel]?.[at] ?? 0;
          else for (const { [at]: one } of input) value += one / input.length;
          this.block[this.filled * this.channels + channel] = value;
        }
        if (++this.filled === this.size) this.post();
      }
      return true;
    }

    /** Post what there is. */
    post() {
      if (this.filled) {
        const block = this.block.slice(0, this.filled * this.channels);
        this.port.postMessage({ start: this.start, block }, [block.buffer]);
        this.start += this.filled;
        this.filled = 0;
      }
      return null;
    }
  });
  scope.registerProcessor(queue, class extends scope.AudioWorkletProcessor {
    /** @type {Float32Array[]} */
    waiting = [];
    /** The place of the next sample in the first block. */
    place = 0;
    /** The samples in `waiting` that were not played yet, and those that were. */
    left = 0;
    played = 0;
    /** The page waits until fewer samples are left than this. */
    limit = 0;

    constructor() {
      super();
      this.port.onmessage = (/** @type {{data: {block?: Float32Array, ahead: number}}} */ { data: { block, ahead } }) => {
        if (block?.length) this.waiting.push(block);
        this.left += block?.length ?? 0;
        this.limit = ahead + 1;
      };
    }

    /** @param {unknown} _  @param {Float32Array[][]} outputs */
    process(_, [output]) {
      for (let at = 0; at < output[0].length && this.left; at++) {
        const block = this.waiting[0];
        for (const channel of output) channel[at] = block[this.place++];
        this.left -= output.length;
        this.played += output.length;
        if (this.place === block.length) {
          this.waiting.shift();
          this.place = 0;
        }
      }
      if (this.left < this.limit) {
        this.limit = 0;
        this.port.postMessage(this.played);
      }
      return true;
    }
  });
}
