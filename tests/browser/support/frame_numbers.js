// @ts-check
/**
 * Sound whose samples are their own numbers, in place of any microphone in this page's AudioContexts: `frame / 2 ** 24`,
 * which a 32-bit float holds exactly. So each frame that Python gets says which one it is.
 */

/** @type {any} */ (globalThis).frameNumbers ??= (() => {
  const Own = AudioContext;
  const { createMediaStreamSource } = Own.prototype;
  /** Seconds after which the numbers begin again. */
  const PERIOD = 40;

  /** @this {AudioContext} */
  function numbers() {
    const { sampleRate } = this;
    const buffer = new AudioBuffer({ length: PERIOD * sampleRate, sampleRate });
    const data = buffer.getChannelData(0);
    for (let frame = 0; frame < data.length; frame++) data[frame] = frame / 2 ** 24;
    const source = new AudioBufferSourceNode(this, { buffer, loop: true });
    source.start();
    return source;
  }

  /** @type {AudioContext[]} */
  const contexts = [];
  globalThis.AudioContext = class extends Own {
    /** @param {AudioContextOptions} [options] */
    constructor(options) {
      super(options);
      contexts.push(this);
    }
  };

  return {
    period: PERIOD,
    begin() {
      Own.prototype.createMediaStreamSource = /** @type {any} */ (numbers);
    },
    end() {
      Own.prototype.createMediaStreamSource = createMediaStreamSource;
    },
    /** Resolves when the newest context has played this many seconds more; a busy machine takes longer. @param {number} seconds */
    async played(seconds) {
      const context = contexts[contexts.length - 1];
      const end = context.currentTime + seconds;
      while (context.currentTime < end) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    /** The number of contexts that are not closed. */
    open: () => contexts.filter(({ state }) => state !== "closed").length,
    /** The number of contexts so far. */
    made: () => contexts.length,
  };
})();
