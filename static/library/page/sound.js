// @ts-check
/** Sound in the page: levels, mixes, continuous sound, and playing. */

import { Fault, inTime } from "../fault.js";
import { Live } from "../live/live.js";

/** Milliseconds to wait until the browser's audio runs. */
export const RUNNING = 3000;
const SILENT = "the browser's audio does not run, so sounds cannot be mixed. Call it from a click, and check that the " +
  "system has an audio output.";
const UNHEARD = "the browser did not begin to play. Check that the system has an audio output.";
const UNTOUCHED = "the browser plays no sound before the user has clicked the page or pressed a key. Call it after that.";

/** Measures how loud a stream is. */
export class Meter {
  /** @type {AudioContext | undefined} */
  #context;
  /** @type {any} */
  #analyser;
  /** @type {any} */
  #samples;
  #release = () => {};

  /** @param {MediaStream} stream  @param {number} seconds  the time that one reading covers */
  constructor(stream, seconds) {
    this.stream = stream;
    this.seconds = seconds;
  }

  begin() {
    this.#release = playing(this.stream.getAudioTracks());
    const context = (this.#context = new AudioContext());
    this.#analyser = context.createAnalyser();
    const wanted = this.seconds * context.sampleRate;
    this.#analyser.fftSize = Math.min(32768, Math.max(256, 2 ** Math.ceil(Math.log2(wanted))));
    context.createMediaStreamSource(this.stream).connect(this.#analyser);
    this.#samples = new Float32Array(this.#analyser.fftSize);
  }

  read() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let peak = 0;
    let sum = 0;
    for (const sample of this.#samples) {
      peak = Math.max(peak, Math.abs(sample));
      sum += sample * sample;
    }
    peak = Math.min(1, peak);
    return { peak, rms: Math.min(peak, Math.sqrt(sum / this.#samples.length)) };
  }

  close() {
    this.#context?.close().catch(() => {});
    this.#release();
  }
}

/** Adds sounds into one track. */
export class Mix {
  /** @type {AudioContext | undefined} */
  #context;
  #release = () => {};

  /** @param {MediaStreamTrack[]} tracks */
  constructor(tracks) {
    this.tracks = tracks;
  }

  /** Resolves to the stream with the sum. */
  async begin() {
    this.#release = playing(this.tracks);
    const context = (this.#context = new AudioContext());
    const destination = context.createMediaStreamDestination();
    for (const track of this.tracks) context.createMediaStreamSource(new MediaStream([track])).connect(destination);
    // Before the user has clicked the page, or without a loudspeaker, a context may not be running.
    // (quirk: firefox-plays-nothing-without-a-loudspeaker)
    await inTime(context.resume(), RUNNING, SILENT);
    return destination.stream;
  }

  close() {
    this.#context?.close().catch(() => {});
    this.#release();
  }
}

/** Sound that continues while its source delivers nothing (py/mediarecorder/_recorder/steady.py does the same). */
export class Continuous {
  #context;
  #release;
  /** Undefined if the browser's audio does not run, as before a click. @type {MediaStreamTrack | undefined} */
  track;

  /** @param {MediaStreamTrack} source */
  constructor(source) {
    const { sampleRate = 48000, channelCount } = source.getSettings();
    this.#release = playing([source]);
    this.#context = new AudioContext({ sampleRate });
    if (this.#context.state !== "running") return;
    const destination = this.#context.createMediaStreamDestination();
    if (channelCount) destination.channelCount = channelCount;
    const silence = new ConstantSourceNode(this.#context, { offset: 0 });
    silence.connect(destination);
    silence.start();
    this.#context.createMediaStreamSource(new MediaStream([source])).connect(destination);
    [this.track] = destination.stream.getTracks();
  }

  close() {
    this.#context.close().catch(() => {});
    this.#release();
  }
}

/** Plays a file. `next` resolves to the seconds that were heard, a few times a second. */
export class Player extends Live {
  #audio = new Audio();
  #heard = 0;
  /** @type {Fault | undefined} */
  #fault;

  /** @param {Blob} blob */
  constructor(blob) {
    super();
    this.blob = blob;
  }

  /** Resolves when the sound has begun. */
  async begin() {
    const audio = this.#audio;
    const url = URL.createObjectURL(this.blob);
    audio.ontimeupdate = () => {
      this.#heard = audio.currentTime;
      this.arrived();
    };
    // At the end of the sound, too. (Keys and headphones can pause every player.)
    audio.onpause = () => this.finish();
    audio.onerror = () => {
      this.#fault = unplayable(audio.error);
      this.finish();
    };
    this.atEnd(() => {
      audio.ontimeupdate = audio.onpause = audio.onerror = null;
      audio.pause();
      audio.removeAttribute("src");
      audio.load(); // releases the decoder
      URL.revokeObjectURL(url);
    });
    audio.src = url;
    try {
      await inTime(audio.play(), RUNNING, UNHEARD);
    } catch (error) {
      const { name } = /** @type {Error} */ (error);
      if (error instanceof Fault) throw error;
      throw name === "NotAllowedError" ? new Fault(name, UNTOUCHED) : this.#fault ?? unplayable(audio.error);
    }
  }

  take() {
    const heard = this.#heard;
    this.#heard = 0;
    return heard;
  }

  async next() {
    const heard = await super.next();
    if (this.#fault) throw this.#fault;
    return heard || undefined;
  }
}

/** @param {MediaError | null} error */
function unplayable(error) {
  // (quirk: firefox-plays-nothing-without-a-loudspeaker)
  if (error?.message.includes("SinkAudioError")) return new Fault("NotReadableError", UNHEARD);
  return new Fault("EncodingError", "this browser does not play this file. Try convert().");
}

/**
 * Play the tracks of connections, muted: Chromium delivers their sound only while an element plays it
 * (quirk: chromium-silences-connections-nobody-plays). The returned function stops them.
 * @param {MediaStreamTrack[]} tracks
 */
export function playing(tracks) {
  const players = tracks.filter(({ label }) => label === "remote audio").map((track) => {
    const player = new Audio();
    player.muted = true;
    player.srcObject = new MediaStream([track]);
    player.play().catch(() => {});
    return player;
  });
  return () => {
    for (const player of players) player.srcObject = null;
  };
}
