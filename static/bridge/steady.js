// @ts-check
/**
 * A picture that goes on where its source stands still.
 *
 * A recorder writes sound and picture in the order of time, so while a canvas is not drawn on it holds back the sound,
 * and with it every byte. Chromium drops all of it when the picture has given nothing at all. Such a picture is
 * recorded by way of one of ours, in which the last one is repeated. Before the first it is black.
 */

import { trusted } from "../trust.js";

/** Milliseconds that a source gets for its first picture. */
const FIRST = 200;
/** Milliseconds between two looks at what the user does to the tracks. */
const LOOK = 200;
/** Firefox begins when it has seen some pictures. */
const FIRST_PICTURES = 8;

/** What records the source's pictures: in Chromium a generator, else a canvas. @typedef {any} Target */

/** @param {MediaStreamTrack} source  @returns {Target} */
function makeTarget(source) {
  const { MediaStreamTrackGenerator, MediaStreamTrackProcessor } = /** @type {any} */ (globalThis);
  if (MediaStreamTrackGenerator) {
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    return { track, writable: track.writable, readable: new MediaStreamTrackProcessor({ track: source }).readable };
  }
  const canvas = document.createElement("canvas");
  canvas.getContext("2d", { alpha: false }); // without one there is no stream
  return canvas;
}

/** @param {MediaStream} stream  @param {MediaStreamTrack} source  @param {Target} target */
function streamWith(stream, source, target) {
  const [ours] = target.captureStream?.().getTracks() ?? [target.track];
  return new MediaStream(stream.getTracks().map((track) => (track === source ? ours : track)));
}

export class Steady {
  /** @type {(() => void)[]} */
  #ends = [];

  /**
   * @param {MediaStream} theirs  the user's
   * @param {MediaStreamTrack} source  its picture
   * @param {number} every  milliseconds after which the last one is repeated
   * @param {Target} [target]  what was made for it before this was loaded
   * @param {MediaStream} [stream]  of that, and of the other tracks
   */
  constructor(theirs, source, every, target = makeTarget(source), stream = streamWith(theirs, source, target)) {
    this.stream = stream;
    const [ours] = stream.getVideoTracks();
    if ("writable" in target) this.#relay(source, target, every);
    else this.#draw(source, target, every);
    const known = theirs.getTracks();
    // Do to our tracks what the user does to theirs.
    const timer = setInterval(() => {
      ours.enabled = source.enabled;
      if (source.readyState === "ended") ours.stop();
      const tracks = theirs.getTracks();
      for (const track of known) if (!tracks.includes(track)) stream.removeTrack(track === source ? ours : track);
      for (const track of tracks) if (!known.includes(track)) stream.addTrack(track);
      known.splice(0, known.length, ...tracks);
    }, LOOK);
    this.#ends.push(() => clearInterval(timer), () => ours.stop());
  }

  /** @param {MediaStreamTrack} track  @param {Target} target  @param {number} every */
  #relay(track, { readable, writable }, every) {
    const [width, height] = sizeOf(track);
    const here = () => {
      const end = relay(readable, writable, width, height, every, FIRST);
      this.#ends.push(() => void end());
    };
    // In a worker neither a busy nor a hidden page stops it.
    const text = `let end;onmessage=({data})=>{if(data)end=(${relay})(...data);else Promise.resolve(end?.()).then(close)};postMessage(0)`;
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    let ended = false;
    try {
      const worker = new Worker(trusted("createScriptURL", address));
      worker.onmessage = () => {
        if (ended) worker.terminate();
        else worker.postMessage([readable, writable, width, height, every, FIRST], [readable, writable]);
      };
      worker.onerror = () => ended || here(); // a Content-Security-Policy
      this.#ends.push(() => {
        ended = true;
        worker.postMessage(null);
      });
    } catch {
      here();
    } finally {
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    }
  }

  /** @param {MediaStreamTrack} track  @param {HTMLCanvasElement} canvas  @param {number} every */
  #draw(track, canvas, every) {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const video = document.createElement("video");
    video.muted = video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    video.play().catch(() => {});
    let drawn = 0;
    /** @type {any} */
    let timer;
    const draw = () => {
      const { videoWidth, videoHeight } = video;
      const [width, height] = videoWidth ? [videoWidth, videoHeight] : sizeOf(track);
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      if (videoWidth) context.drawImage(video, 0, 0);
      else context.fillRect(0, 0, width, height);
      clearTimeout(timer);
      timer = setTimeout(draw, ++drawn < FIRST_PICTURES ? 33 : every);
    };
    timer = setTimeout(draw, FIRST);
    const next = () => void video.requestVideoFrameCallback(() => (draw(), next()));
    next();
    this.#ends.push(() => {
      clearTimeout(timer);
      video.srcObject = null;
    });
  }

  close() {
    for (const end of this.#ends) end();
  }
}

/** @param {MediaStreamTrack} track */
function sizeOf(track) {
  const { width, height } = track.getSettings();
  return width && height ? [width, height] : [640, 480];
}

/**
 * Pass on pictures; where none comes, the last one again. The text of this function runs in a worker, so it uses
 * nothing from outside.
 * @param {ReadableStream} readable  @param {WritableStream} writable
 * @param {number} codedWidth  @param {number} codedHeight  @param {number} every  @param {number} first
 * @returns {() => Promise<void>}  ends it
 */
function relay(readable, writable, codedWidth, codedHeight, every, first) {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  /** @type {VideoFrame | null} */
  let last = null;
  /** @type {any} */
  let timer;
  const write = (/** @type {VideoFrame} */ frame) => void writer.write(frame).catch(() => frame.close());
  function again() {
    timer = setTimeout(again, every);
    last ??= black();
    write(last.clone());
  }
  function black() {
    const pixels = codedWidth * codedHeight;
    const data = new Uint8Array(pixels + 2 * Math.ceil(codedWidth / 2) * Math.ceil(codedHeight / 2));
    data.fill(16).fill(128, pixels);
    return new VideoFrame(data, { format: "I420", codedWidth, codedHeight, timestamp: 0 });
  }
  async function run() {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      last?.close();
      last = value.clone();
      clearTimeout(timer);
      timer = setTimeout(again, every);
      write(value);
    }
  }
  timer = setTimeout(again, first);
  const running = run().catch(() => {}).then(() => {
    clearTimeout(timer);
    last?.close();
    return writer.close();
  }).catch(() => {});
  return () => reader.cancel().then(() => running);
}
