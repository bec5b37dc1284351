// @ts-check
/**
 * The times of encoded sound. The encoders' packages time their packets from the first sample on. But the
 * decoded sound may be late, and the padding of the last packets is not sound.
 */

/** @typedef {import("mediabunny").EncodedPacket} EncodedPacket */

/**
 * The encoder, with the times of the sound for its packets: the first begins before the sound, the last ends with it.
 * @param {any} Encoder  a class of encoders
 * @param {number} delay  samples by which the sound is late
 * @param {number} channels  the highest number of channels
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
    /** Input samples so far, per channel. */
    #encoded = 0;
    /** The first sample of the next packet. */
    #next = -delay;
    /** Receives the packets. @type {(packet: EncodedPacket, meta: unknown) => void} */
    #receive = () => {};
    /**
     * Packets that end after the input so far, and their first samples.
     * @type {{packet: EncodedPacket, meta: unknown, from: number}[]}
     */
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
        if (until > this.#encoded || until <= from) return; // too early, or no part of the packet is heard
        this.#waiting.shift();
        const timestamp = (this.#begin ?? 0) + from / rate;
        this.#receive(packet.clone({ timestamp, duration: (until - from) / rate }), meta);
      }
    }
  };
}
