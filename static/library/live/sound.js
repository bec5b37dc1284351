// @ts-check
/** The sound of a track in blocks, while it happens. */

import { Fault, inTime } from "../fault.js";
import { Resampler } from "../media/resampler.js";
import { trusted } from "../trust.js";
import { Live } from "./live.js";
import { playing, RUNNING } from "../page/sound.js";
import { PROCESSORS, register } from "./worklet.js";

/** Seconds that may wait for Python. Then the oldest block is lost. */
const WAIT = 5;
/** Checks after which an AudioWorklet that should post its rest counts as dead. */
const LAST = 50;
const SILENT = "the browser's audio does not run, so it delivers no sound. Call it from a click, and check that the " +
  "system has an audio output.";
const BLOCKED = "the browser did not load the library's AudioWorklet. If a Content-Security-Policy forbids it, allow " +
  "script-src blob:, or let the page load page.js by a script tag.";

export class LiveSound extends Live {
  /** @type {{start: number, bytes: Uint8Array}[]} */
  #waiting = [];
  /** Frames in `#waiting`. */
  #frames = 0;
  /** @type {AudioWorkletNode | undefined} */
  #node;
  #looks = 0;
  /** @type {Resampler | undefined} */
  #resampler;
  /** Resampled frames that fill no block yet. */
  #rest = new Float32Array(0);
  /** The number of the first of them. */
  #start = 0;
  sampleRate = 0;

  /**
   * @param {MediaStreamTrack} track  @param {number} seconds  the length of a block
   * @param {number | undefined} wanted  Hertz.  @param {number | undefined} channels
   */
  constructor(track, seconds, wanted, channels) {
    super(track);
    this.seconds = seconds;
    this.wanted = wanted;
    this.channels = channels ?? track.getSettings().channelCount ?? 2;
  }

  /** Resolves to the facts about the blocks. */
  async begin() {
    const { track, channels, wanted } = this;
    const { sampleRate } = track.getSettings();
    const context = (this.context = new AudioContext(sampleRate ? { sampleRate } : {}));
    this.atEnd(() => void context.close().catch(() => {}));
    this.atEnd(playing([track]));
    this.watch();
    const facts = { channels, sampleRate: (this.sampleRate = wanted ?? context.sampleRate) };
    await Promise.race([ready(context), this.whenOver]);
    if (this.over) return facts;
    const node = (this.#node = new AudioWorkletNode(context, PROCESSORS[0], {
      // The browser mixes as Web Audio says, but one channel is to be the mean of all.
      ...(channels > 1 ? { channelCount: channels, channelCountMode: "explicit" } : {}),
      processorOptions: { size: this.#size(context.sampleRate), channels },
    }));
    node.port.onmessage = ({ data }) => this.#receive(data);
    const source = context.createMediaStreamSource(new MediaStream([track]));
    source.connect(node).connect(context.destination); // (the node is silent)
    this.atEnd(() => {
      node.port.close();
      source.disconnect();
      node.disconnect();
    });
    return facts;
  }

  /** @param {number} rate  @returns {number} frames in a block */
  #size(rate) {
    return Math.max(1, Math.round(this.seconds * rate));
  }

  /** @param {{start: number, block: Float32Array} | null} posted */
  #receive(posted) {
    if (!posted) return this.#end();
    const { start, block } = posted;
    const { context, channels, sampleRate } = this;
    const own = /** @type {AudioContext} */ (context).sampleRate;
    if (own === sampleRate) {
      this.#put(start, block);
    } else {
      this.#resampler ??= new Resampler(own, sampleRate, channels);
      this.#cut(this.#resampler.add(block));
    }
    if (this.track.readyState === "ended") this.#node?.port.postMessage(null);
  }

  /** Put resampled frames into blocks. @param {Float32Array} frames  @param {boolean} [all] */
  #cut(frames, all) {
    const size = this.#size(this.sampleRate) * this.channels;
    const joined = new Float32Array(this.#rest.length + frames.length);
    joined.set(this.#rest);
    joined.set(frames, this.#rest.length);
    let at = 0;
    while (joined.length - at >= (all ? 1 : size)) {
      const block = joined.slice(at, at + size);
      this.#put(this.#start, block);
      this.#start += block.length / this.channels;
      at += block.length;
    }
    this.#rest = joined.slice(at);
  }

  /** @param {number} start  @param {Float32Array} block */
  #put(start, block) {
    this.#waiting.push({ start, bytes: new Uint8Array(block.buffer) });
    this.#frames += block.length / this.channels;
    while (this.#frames > WAIT * this.sampleRate && this.#waiting.length > 1) this.take();
    this.arrived();
  }

  take() {
    const found = this.#waiting.shift();
    if (found) this.#frames -= found.bytes.length / 4 / this.channels;
    return found;
  }

  /** Fetch the rest from the AudioWorklet, if that runs. Blocks before it may still be on their way. */
  ended() {
    if (this.context?.state !== "running" || !this.#node || ++this.#looks > LAST) this.#end();
    else this.#node.port.postMessage(null);
  }

  #end() {
    if (this.#resampler) this.#cut(this.#resampler.end(), true);
    this.#resampler = undefined;
    this.finish();
  }

  close() {
    super.close();
    this.#waiting = [];
  }
}

/**
 * Resolves when the context runs and has the processors. Before the user has clicked the page, or without a loudspeaker,
 * it may not be running (quirk: firefox-plays-nothing-without-a-loudspeaker).
 * @param {AudioContext} context
 */
export const ready = (context) => Promise.all([load(context), inTime(context.resume(), RUNNING, SILENT)]);

/**
 * Load the processors into a context: from this module's own address, so that the page's policy need not allow others, or
 * from a `blob:`.
 * @param {AudioContext} context
 */
async function load({ audioWorklet }) {
  const { url } = import.meta;
  if (!url.startsWith("blob:")) {
    try {
      return await audioWorklet.addModule(trusted("createScriptURL", url));
    } catch {
      // the page's author has bundled this module into another
    }
  }
  const text = `(${register})(${JSON.stringify(PROCESSORS)})`;
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    await audioWorklet.addModule(trusted("createScriptURL", address));
  } catch {
    throw new Fault("NotSupportedError", BLOCKED);
  } finally {
    URL.revokeObjectURL(address);
  }
}
