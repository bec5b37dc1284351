// @ts-check
/**
 * Tracks that keep delivering data while their sources deliver nothing.
 *
 * A recorder writes sound and picture ordered by time. So a track that delivers nothing holds back the other one, and
 * with it every byte. Chromium drops everything if one of them has delivered nothing at all. The library relays
 * such a picture through a track of its own, which repeats the last picture and is black before the first one. It mixes
 * such a sound with silence. (quirk: chromium-drops-all-beside-an-empty-track)
 */

import { trusted } from "../trust.js";
import { Continuous } from "./sound.js";

/** After this many milliseconds, read a canvas that has delivered no picture, and show black for a muted track. */
const FIRST = 200;
/** After this many, show black for all other tracks. (The sound waits until then, to avoid needless black pictures.) */
const FIRST_AT_LAST = 1000;
/** Milliseconds between checks for changes that the user makes to the tracks. */
const LOOK = 200;
/** Firefox starts only after some pictures (quirk: firefox-needs-several-pictures). */
const FIRST_PICTURES = 8;

/** The target for the source's pictures: a generator in Chromium, else a canvas. @typedef {any} Target */

/** @param {MediaStreamTrack} source  @returns {Target} */
function makeTarget(source) {
  const { MediaStreamTrackGenerator, MediaStreamTrackProcessor } = /** @type {any} */ (globalThis);
  if (MediaStreamTrackGenerator) {
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    return { track, writable: track.writable, readable: new MediaStreamTrackProcessor({ track: source }).readable };
  }
  const canvas = document.createElement("canvas");
  canvas.getContext("2d", { alpha: false }); // a canvas without a context has no stream
  return canvas;
}

export class Steady {
  /** @type {(() => void)[]} */
  #ends = [];

  /**
   * @param {MediaStream} theirs  the user's stream
   * @param {MediaStreamTrack | undefined} picture  a picture that may stop changing
   * @param {MediaStreamTrack | undefined} sound  a sound that may deliver nothing
   * @param {number} every  milliseconds after which the last picture is repeated
   * @param {Target} [target]  the picture's target, if it was made before this module was loaded
   * @param {MediaStream} [stream]  the stream with the tracks that were made before
   */
  constructor(theirs, picture, sound, every, target = picture && makeTarget(picture), stream = undefined) {
    const known = theirs.getTracks();
    if (!stream) {
      const [drawn] = target?.captureStream?.().getTracks() ?? [target?.track];
      const heard = sound && new Continuous(sound);
      if (heard) this.#ends.push(() => heard.close());
      stream = new MediaStream(known.map((track) => (track === picture ? drawn : track === sound ? heard?.track ?? track : track)));
    }
    this.stream = stream;
    const own = stream.getTracks();
    const ours = new Map(known.map((track, index) => [track, own.includes(track) ? track : own[index]]));
    if (picture && "writable" in target) this.#relay(picture, target, every);
    else if (picture) this.#draw(picture, target, every);
    // Apply the user's changes to the library's tracks.
    const timer = setInterval(() => {
      const tracks = theirs.getTracks();
      for (const [track, its] of ours) {
        if (tracks.includes(track)) {
          if (track === picture) its.enabled = track.enabled;
        } else {
          stream.removeTrack(its);
          ours.delete(track);
        }
      }
      for (const track of tracks) {
        if (ours.has(track)) continue;
        stream.addTrack(track);
        ours.set(track, track);
      }
    }, LOOK);
    this.#ends.push(() => {
      clearInterval(timer);
      for (const track of own) if (!known.includes(track)) track.stop();
    });
  }

  /** @param {MediaStreamTrack} track  @param {Target} target  @param {number} every */
  #relay(track, { readable, writable }, every) {
    // Read in the page: a picture on its way would be lost while a worker takes over the stream.
    const reader = readable.getReader();
    /** @type {VideoFrame | null} */
    let held = null;
    /** @type {((frame: VideoFrame) => void) | undefined} */
    let show;
    let any = false;
    let ended = false;
    const pass = (/** @type {VideoFrame} */ frame) => {
      any = true;
      if (ended) return frame.close();
      if (show) return show(frame);
      held?.close();
      held = frame;
    };
    const begin = (/** @type {(frame: VideoFrame) => void} */ into) => {
      show = into;
      if (held) into(held);
      held = null;
    };
    const read = async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        pass(value);
      }
    };
    read().catch(() => {});
    const { canvas } = /** @type {any} */ (track);
    const timer = canvas && setTimeout(() => {
      try {
        if (!any) pass(new VideoFrame(canvas, { timestamp: 0 }));
      } catch {
        // the canvas has no size
      }
    }, FIRST);
    this.#ends.push(() => {
      ended = true;
      clearTimeout(timer);
      held?.close();
      held = null;
      reader.cancel().catch(() => {});
    });
    const facts = [writable, ...sizeOf(track), every, track.muted ? FIRST : FIRST_AT_LAST];
    const here = () => {
      if (ended) return;
      const relayed = relay(.../** @type {Parameters<typeof relay>} */ (facts));
      begin(relayed.show);
      this.#ends.push(() => void relayed.end());
    };
    // A worker keeps running while the page is busy or hidden.
    const text = `let to;onmessage=({data})=>{if(!data)Promise.resolve(to?.end()).then(()=>postMessage(0));else if(to)to.show(data);else to=(${relay})(...data)};postMessage(0)`;
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    try {
      const worker = new Worker(trusted("createScriptURL", address));
      worker.onmessage = () => {
        if (ended) return worker.terminate();
        worker.onerror = null;
        worker.postMessage(facts, [writable]);
        this.#ends.push(() => worker.postMessage(null));
        begin((frame) => worker.postMessage(frame, [frame]));
      };
      worker.onerror = here; // caused by a Content-Security-Policy
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
    timer = setTimeout(draw, track.muted ? FIRST : FIRST_AT_LAST);
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
 * Write pictures, and repeat the last one if none arrives. The source of this function runs in a worker, so it uses
 * nothing from outside.
 * @param {WritableStream} writable
 * @param {number} codedWidth  @param {number} codedHeight  @param {number} every  @param {number} first
 */
function relay(writable, codedWidth, codedHeight, every, first) {
  const writer = writable.getWriter();
  /** @type {VideoFrame | null} */
  let last = null;
  /** Data and properties of the last picture, once it has been repeated. @type {[Uint8Array, any] | null} */
  let pixels = null;
  /** @type {any} */
  let timer;
  /** @type {Set<VideoFrame>} */
  const waiting = new Set();
  const write = (/** @type {VideoFrame} */ frame) => {
    waiting.add(frame);
    writer.write(frame).catch(() => frame.close()).finally(() => waiting.delete(frame));
  };
  async function again() {
    timer = setTimeout(again, every);
    const frame = last;
    if (frame && !pixels) {
      const made = await copy(frame).catch(() => null);
      if (last !== frame) return; // another one has arrived in the meantime
      pixels = made;
    }
    if (frame && !pixels) return write(frame.clone()); // it cannot be read
    pixels ??= black();
    write(new VideoFrame(...pixels));
  }
  /**
   * Copy a frame. (A clone has its capture time, at which the recorder would place it.)
   * @param {VideoFrame} frame  @returns {Promise<[Uint8Array, any]>}
   */
  async function copy(frame) {
    const { format, colorSpace, visibleRect, rotation, flip } = /** @type {any} */ (frame);
    const data = new Uint8Array(frame.allocationSize());
    const layout = await frame.copyTo(data);
    const { width, height } = visibleRect;
    return [data, { format, layout, colorSpace, rotation, flip, codedWidth: width, codedHeight: height, timestamp: 0 }];
  }
  /** @returns {[Uint8Array, any]} */
  function black() {
    const count = codedWidth * codedHeight;
    const data = new Uint8Array(count + 2 * Math.ceil(codedWidth / 2) * Math.ceil(codedHeight / 2));
    data.fill(16).fill(128, count);
    return [data, { format: "I420", codedWidth, codedHeight, timestamp: 0 }];
  }
  timer = setTimeout(again, first);
  return {
    /** @param {VideoFrame} frame */
    show(frame) {
      last?.close();
      last = frame.clone();
      pixels = null;
      clearTimeout(timer);
      timer = setTimeout(again, every);
      write(frame);
    },
    async end() {
      clearTimeout(timer);
      last?.close();
      last = null;
      // If a track was stopped during a write, the write may never finish.
      await Promise.race([writer.close().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 500))]);
      for (const frame of waiting) frame.close();
    },
  };
}
