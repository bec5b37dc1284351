// @ts-check
/** What Python does in the page with its document and its audio, done for Python in a worker. */

import { mustBeReadable } from "../canvas.js";
import { Fault } from "../fault.js";
import { Meter, Mix } from "./sound.js";
import { Panel } from "./panel.js";
import { display } from "./attach.js";

/** Milliseconds a camera gets for its first frame. */
const FIRST_FRAME = 10_000;
/** Milliseconds after which the browser has surely read the address of a download. */
const DOWNLOAD = 60_000;

export class PageServices {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
  }

  /** One frame of a stream, by way of a video element and a canvas (quirk: firefox-has-no-image-capture).
   * @param {string} stream  @param {string} type */
  async photograph(stream, type) {
    mustBeReadable();
    const video = document.createElement("video");
    video.muted = video.playsInline = true;
    video.srcObject = this.session.object(stream);
    try {
      // `play()` is done when there is a frame.
      await inTime(video.play(), FIRST_FRAME, `the camera delivered no picture within ${FIRST_FRAME / 1000} s`);
      const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
      canvas.getContext("2d")?.drawImage(video, 0, 0);
      const blob = await canvas.convertToBlob({ type });
      return { blob, width: canvas.width, height: canvas.height };
    } finally {
      video.srcObject = null;
    }
  }

  /** @param {string} stream  @param {number} seconds  that one reading covers */
  meter(stream, seconds) {
    return this.session.enter("Meter", new Meter(this.session.object(stream), seconds));
  }

  /** All these sounds in one track. @param {string[]} tracks */
  async mix(tracks) {
    const mix = new Mix(tracks.map((track) => this.session.object(track)));
    try {
      await mix.begin();
      return { mix: this.session.enter("Mix", mix), stream: this.session.describeStream(mix.stream) };
    } catch (error) {
      mix.close();
      throw error;
    }
  }

  /** @param {Blob} blob  @param {string} name */
  download(blob, name) {
    const url = URL.createObjectURL(blob);
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.hidden = true;
    document.body.append(link); // Firefox wants the link in the document
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD);
  }

  /** Let the user choose where to write; null where the browser has no dialogue for it.
   * @param {Blob} blob  @param {string} name  @returns {Promise<string | null>} the name that was chosen */
  async pick(blob, name) {
    const { showSaveFilePicker } = /** @type {any} */ (window);
    if (!showSaveFilePicker) return null;
    const handle = await showSaveFilePicker.call(window, { suggestedName: name });
    const writable = await handle.createWritable();
    await writable.write(blob);
    await writable.close();
    return handle.name;
  }

  /** Bring to an element of HTML what that cannot carry.
   * @param {string} name  @param {{stream?: string, poster?: string, src?: string, svg?: string}} what */
  show(name, { stream, ...what }) {
    display(name, { ...what, ...(stream ? { stream: this.session.object(stream) } : {}) });
  }

  /** The page's clock (clock.js). */
  now() {
    return performance.now();
  }

  /** Ask that the browser never deletes this origin's files by itself: workers cannot. */
  persist() {
    return navigator.storage.persist();
  }

  /** A recorder panel for the elements of this name. @param {string} name */
  panel(name) {
    return this.session.enter("Panel", new Panel(name));
  }
}

/** @template T  @param {Promise<T>} promise  @param {number} milliseconds  @param {string} otherwise */
async function inTime(promise, milliseconds, otherwise) {
  /** @type {any} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Fault("NotReadableError", otherwise)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
