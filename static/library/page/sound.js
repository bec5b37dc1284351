// @ts-check
/** Web Audio in the page: levels, mixes, and continuous sound. */

import { inTime } from "../fault.js";

/** Milliseconds to wait until the browser's audio runs. */
export const RUNNING = 3000;
const SILENT = "the browser's audio does not run, so sounds cannot be mixed. Call it from a click, and check that the " +
  "system has an audio output.";

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
