// @ts-check
/**
 * Streams of what Python sends while it is played. Python calls `begin`, then `put` for each piece and once with none,
 * and `close` in any case.
 */

import { mustBeReadable } from "../canvas.js";
import { floats } from "../media/floats.js";
import { inBytes, spread } from "../media/pixels.js";
import { Resampler } from "../media/resampler.js";
import { Live } from "./live.js";
import { ready } from "./sound.js";
import { PROCESSORS } from "./worklet.js";

/** Seconds that Python may be ahead of what is played. */
const AHEAD = 0.2;
/** Milliseconds of silence at the end: Chromium's recorder drops the sound that fills no packet
 * (quirk: chromium-drops-the-last-packet). */
const REST = 100;

class Feed extends Live {
  /** @param {MediaStream} stream */
  constructor(stream) {
    const [track] = stream.getTracks();
    super(track);
    this.stream = stream;
    this.atEnd(() => {
      if (track.readyState === "ended") return;
      track.stop(); // fires no event
      track.dispatchEvent(new Event("ended"));
    });
  }

  /** Resolves when nothing more can be sent. */
  gone() {
    return this.whenOver;
  }
}

/**
 * The target for sound (py/mediarecorder/feeding.py makes the same in the page, before this module is loaded). All
 * browsers have these rates; other sound is resampled.
 * @param {number} sampleRate  @param {number} channelCount
 */
function soundTarget(sampleRate, channelCount) {
  const context = new AudioContext(sampleRate >= 8000 && sampleRate <= 96000 ? { sampleRate } : {});
  return new MediaStreamAudioDestinationNode(context, { channelCount });
}

export class SoundFeed extends Feed {
  /** @type {AudioWorkletNode | undefined} */
  #node;
  /** @type {Resampler | undefined} */
  #resampler;
  /** Samples that were sent, and those that were played. */
  #sent = 0;
  #played = 0;
  /** The most samples that may wait. */
  #ahead = 0;

  /**
   * @param {number} rate  Hertz.  @param {number} channels
   * @param {number} latency  seconds that Python may be ahead of the loudspeaker; 0 if that does not play it
   * @param {MediaStreamAudioDestinationNode} [target]
   */
  constructor(rate, channels, latency, target = soundTarget(rate, channels)) {
    super(target.stream);
    this.channels = channels;
    this.latency = latency;
    this.target = target;
    this.context = /** @type {AudioContext} */ (target.context);
    this.atEnd(() => void this.context.close().catch(() => {}));
    const { sampleRate } = this.context;
    if (rate !== sampleRate) this.#resampler = new Resampler(rate, sampleRate, channels);
  }

  async begin() {
    const { context, channels } = this;
    this.watch();
    await Promise.race([ready(context), this.whenOver]);
    if (this.over) return;
    const node = new AudioWorkletNode(context, PROCESSORS[1], { numberOfInputs: 0, outputChannelCount: [channels] });
    this.#node = node;
    node.port.onmessage = ({ data }) => {
      this.#played = data;
      this.arrived();
    };
    node.connect(this.target);
    // Firefox plays nothing that only leads to a stream without a consumer.
    node.connect(new GainNode(context, { gain: Number(this.latency > 0) })).connect(context.destination);
    this.atEnd(() => {
      node.port.close();
      node.disconnect();
    });
  }

  take() {
    return this.#sent - this.#played <= this.#ahead;
  }

  /**
   * Play a block after those before it. Resolves to true when there is room for more, and otherwise after the end.
   * @param {Uint8Array} [bytes]  interleaved 32-bit floats; without them, this is the end
   */
  async put(bytes) {
    /** @type {Float32Array | undefined} */
    let block = bytes && floats(bytes);
    if (this.#resampler) block = block ? this.#resampler.add(block) : this.#resampler.end();
    this.#sent += block?.length ?? 0;
    const ahead = (this.#ahead = bytes ? (this.latency || AHEAD) * this.context.sampleRate * this.channels : 0);
    this.#node?.port.postMessage({ block, ahead }, block ? [block.buffer] : []);
    const more = await this.next();
    if (!bytes && more) {
      await new Promise((resolve) => setTimeout(resolve, REST));
      this.finish();
    }
    return more;
  }
}

/** The target for pictures: a stream that gets one when it is asked (py/mediarecorder/feeding.py makes the same). */
function pictureTarget() {
  const canvas = document.createElement("canvas");
  canvas.getContext("2d", { alpha: false }); // a canvas without a context has no stream
  return canvas.captureStream(0);
}

/** Python calls `put` when a picture is due. */
export class PictureFeed extends Feed {
  constructor(stream = pictureTarget()) {
    super(stream);
  }

  begin() {
    mustBeReadable();
    this.watch();
  }

  /**
   * Show a picture. Returns false after the end.
   * @param {Uint8Array} [bytes]  its numbers, of the type `kind` (as in Python's module struct); without them, this is
   * the end  @param {string} [kind]  @param {string} [layout]  @param {number} [width]  @param {number} [height]
   */
  put(bytes, kind = "", layout = "", width = 0, height = 0) {
    if (bytes && !this.over) {
      // Chromium has these methods on the track, and Firefox on the stream.
      const target = /** @type {any} */ ("requestFrame" in this.track ? this.track : this.stream);
      const { canvas } = target;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      canvas.getContext("2d").putImageData(new ImageData(spread(inBytes(bytes, kind), layout), width), 0, 0);
      target.requestFrame();
    }
    return !this.over;
  }
}
