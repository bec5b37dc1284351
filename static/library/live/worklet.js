// @ts-check
/** The part of live sound that runs in the AudioWorklet, where no other code delays it. */

export const PROCESSOR = "mediarecorder-blocks";

/**
 * Register the processor. The source of this function is a module of its own, so it uses nothing from outside.
 *
 * The processor numbers the frames and posts blocks, `{start, block}`, with interleaved samples. When the page posts
 * anything, it posts the rest, and then null.
 *
 * (It counts the frames itself: no frame is left out between two calls of `process`, but Chromium's `currentFrame` is
 * that of an earlier call while the page's thread changes the graph.)
 * @param {string} name
 */
export function registerBlocks(name) {
  const scope = /** @type {any} */ (globalThis);
  scope.registerProcessor(name, class extends scope.AudioWorkletProcessor {
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
}
