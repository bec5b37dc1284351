// @ts-check
/**
 * The page's services for Python: work on the document and on Web Audio. Python in the page calls them directly. For
 * Python in a worker, the session calls them (bridge/session.js) with the objects behind the worker's handles.
 */

import { mustBeReadable } from "../canvas.js";
import { gone, inTime, isGone } from "../fault.js";
import { PictureFeed, SoundFeed } from "../live/feed.js";
import { LivePictures } from "../live/pictures.js";
import { LiveSound } from "../live/sound.js";
import { ask } from "./ask.js";
import { display } from "./attach.js";
import { Panel } from "./panel.js";
import { Meter, Mix, Player } from "./sound.js";
import { Steady } from "./steady.js";
import { Transfer } from "../upload/transfer.js";
import { PictureWindow } from "./window.js";

/** Milliseconds to wait for a camera's first frame. */
const FIRST_FRAME = 10_000;
/** Milliseconds after which every browser has read the address of a download. */
const DOWNLOAD = 60_000;

/**
 * Take one frame of a stream, with a video element and a canvas (quirk: firefox-has-no-image-capture).
 * @param {MediaStream} stream  @param {string} type
 */
async function photograph(stream, type) {
  mustBeReadable();
  const video = document.createElement("video");
  video.muted = video.playsInline = true;
  video.srcObject = stream;
  try {
    // `play()` resolves when there is a frame.
    await inTime(video.play(), FIRST_FRAME, `the camera delivered no picture within ${FIRST_FRAME / 1000} s`);
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    const blob = await canvas.convertToBlob({ type });
    return { blob, width: canvas.width, height: canvas.height };
  } finally {
    video.srcObject = null;
  }
}

/**
 * Save a file for the user: as a download, or with `pick` in a place that the user chooses, if the browser has a
 * dialogue for that.
 * @param {Blob} blob  @param {string} name  @param {boolean} pick  @returns {Promise<string>} the file's name
 */
async function save(blob, name, pick) {
  const { showSaveFilePicker } = /** @type {any} */ (window);
  if (!pick || !showSaveFilePicker) {
    download(blob, name);
    return name;
  }
  const handle = await showSaveFilePicker.call(window, { suggestedName: name });
  const writable = await handle.createWritable();
  try {
    await writable.write(blob);
  } catch (error) {
    await writable.abort();
    throw isGone(error) ? gone() : error;
  }
  await writable.close();
  return handle.name;
}

/** @param {Blob} blob  @param {string} name */
function download(blob, name) {
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

export const services = {
  photograph,
  save,
  ask,
  show: display,
  /** @param {MediaStream} stream  @param {number} seconds  the time that one reading covers */
  meter: (stream, seconds) => new Meter(stream, seconds),
  /** @param {MediaStreamTrack[]} tracks */
  mix: (tracks) => new Mix(tracks),
  /** @param {MediaStreamTrack} track  @param {number} seconds  @param {number} [rate]  @param {number} [channels] */
  liveSound: (track, seconds, rate, channels) => new LiveSound(track, seconds, rate, channels),
  /** @param {MediaStreamTrack} track  @param {number | undefined} width  @param {string} format  @param {number} [rate] */
  livePictures: (track, width, format, rate) => new LivePictures(track, width, format, rate),
  /** @param {number} rate  @param {number} channels  @param {number} latency  @param {MediaStreamAudioDestinationNode} [target] */
  soundFeed: (rate, channels, latency, target) => new SoundFeed(rate, channels, latency, target),
  /** @param {Blob} blob */
  player: (blob) => new Player(blob),
  /** @param {import("../upload/transfer.js").Order} order */
  transfer: (order) => new Transfer(order),
  /** @param {MediaStream} [target] */
  pictureFeed: (target) => new PictureFeed(target),
  /** @param {string} name  the name of the elements that show the panel */
  panel: (name) => new Panel(name),
  /** @param {string} name  the name of the elements that show the window  @param {string} title
   * @param {boolean} inBody  whether the page has no such element yet */
  window: (name, title, inBody) => new PictureWindow(name, title, inBody),
  Steady,
};
