// @ts-check
/**
 * The times of encoded sound. The encoders' packages give packet after packet from the time of the first sample on.
 * But what decoders make of them may come late, and what fills the last ones up is no sound.
 */

/** @typedef {import("mediabunny").EncodedPacket} EncodedPacket */

/**
 * The encoder with packets whose times are those of the sound: the first begins before it, the last ends with it.
 * @param {any} Encoder  a class of encoders
 * @param {number} delay  samples by which the sound comes late
 * @param {number} channels  the highest number that it may be given
 * @returns {any} the class
 */
export function inTime(Encoder, delay, channels) {
  return class extends Encoder {
    /** @param {string} codec  @param {AudioEncoderConfig} config */
    static supports(codec, config) {
      return config.numberOfChannels <= channels && super.supports(codec, config);
    }

    /** The first sample's time in seconds. @type {number | undefined} */
    #begin;
    /** Samples that came, of each channel. */
    #encoded = 0;
    /** The sample with which the next packet begins. */
    #next = -delay;
    /** Takes the packets. @type {(packet: EncodedPacket, meta: unknown) => void} */
    #receive = () => {};
    /** Packets that end later than what came so far, and where they begin. @type {{packet: EncodedPacket, meta: unknown, from: number}[]} */
    #waiting = [];

    async init() {
      this.#receive = /** @type {any} */ (this).onPacket;
      this.onPacket = (/** @type {EncodedPacket} */ packet, /** @type {unknown} */ meta) => {
        this.#waiting.push({ packet, meta, from: this.#next });
        this.#next += Math.round(packet.duration * this.config.sampleRate);
      };
      await super.init();
    }

    /** @param {import("mediabunny").AudioSample} sample */
    async encode(sample) {
      this.#begin ??= sample.timestamp;
      this.#encoded += sample.numberOfFrames;
      await super.encode(sample);
      this.#deliver(false);
    }

    async flush() {
      await super.flush();
      this.#deliver(true);
      this.#begin = undefined;
      [this.#encoded, this.#next, this.#waiting] = [0, -delay, []];
    }

    /** @param {boolean} ended  whether no more sound will come */
    #deliver(ended) {
      const rate = this.config.sampleRate;
      while (this.#waiting.length > 0) {
        const { packet, meta, from } = this.#waiting[0];
        const until = Math.min(from + Math.round(packet.duration * rate), ended ? this.#encoded : Infinity);
        if (until > this.#encoded || until <= from) return; // not now, or nothing is heard of it
        this.#waiting.shift();
        const timestamp = (this.#begin ?? 0) + from / rate;
        this.#receive(packet.clone({ timestamp, duration: (until - from) / rate }), meta);
      }
    }
  };
}
