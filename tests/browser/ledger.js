// @ts-check
/** Counts the page's live tracks, and the listeners of tracks, streams and recorders. */

/** @type {Set<MediaStreamTrack>} */
const tracks = new Set();
/** Pending until the user has answered. @type {Promise<void> | null} */
let asking = null;
let asked = 0;
const { getUserMedia } = MediaDevices.prototype;
MediaDevices.prototype.getUserMedia = async function (constraints) {
  asked++;
  await asking;
  const stream = await getUserMedia.call(this, constraints);
  for (const track of stream.getTracks()) tracks.add(track);
  return stream;
};
const { clone } = MediaStreamTrack.prototype;
MediaStreamTrack.prototype.clone = function () {
  const track = clone.call(this);
  tracks.add(track);
  return track;
};

/** Listeners that were added and not yet removed: object, then type and listener. @type {Map<object, Set<string>>} */
const listened = new Map();
/** @type {WeakMap<object, number>} */
const numbers = new WeakMap();
let last = 0;
/** @param {any} listener */
function number(listener) {
  if (!numbers.has(listener)) numbers.set(listener, ++last);
  return numbers.get(listener);
}

const { addEventListener, removeEventListener } = EventTarget.prototype;
const KINDS = [MediaStream, MediaStreamTrack, MediaRecorder, MediaDevices];
EventTarget.prototype.addEventListener = function (type, listener, options) {
  if (listener && KINDS.some((kind) => this instanceof kind)) {
    const keys = listened.get(this) ?? new Set();
    listened.set(this, keys.add(`${type} ${number(listener)}`));
  }
  addEventListener.call(this, type, listener, options);
};
EventTarget.prototype.removeEventListener = function (type, listener, options) {
  if (listener) listened.get(this)?.delete(`${type} ${number(listener)}`);
  removeEventListener.call(this, type, listener, options);
};

/** Names of the channels that were opened here. @type {string[]} */
const channels = [];
window.BroadcastChannel = class extends BroadcastChannel {
  /** @param {string} name */
  constructor(name) {
    super(name);
    channels.push(name);
  }
};

/** @type {any} */ (window).ledger = {
  /** Counts only new tracks from now on. */
  begin() {
    tracks.clear();
    listened.clear();
  },
  /** How many tracks that were opened or cloned are live. */
  live: () => [...tracks].filter((track) => track.readyState === "live").length,
  listeners: () => [...listened.values()].reduce((sum, keys) => sum + keys.size, 0),
  /** The number of listeners to events of a type. @param {string} type */
  listeners_to: (type) => [...listened.values()].flatMap((keys) => [...keys]).filter((key) => key.startsWith(`${type} `)).length,
  /** Names of the Web Locks of this origin that are held or requested. */
  async locks() {
    const { held = [], pending = [] } = await navigator.locks.query();
    return [...held, ...pending].map((lock) => lock.name);
  },
  channels: () => channels,
  /** How often the user was asked. */
  asked: () => asked,
  /** From now on the user does not answer, until the returned function is called. */
  hesitate() {
    /** @type {() => void} */
    let answer = () => {};
    asking = new Promise((resolve) => (answer = resolve));
    return () => {
      asking = null;
      answer();
    };
  },
  /** Ends all tracks as a lost device does. */
  lose() {
    for (const track of tracks) {
      if (track.readyState === "ended") continue;
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
  },
  /** Fires an event of this type at every live track. @param {string} type */
  fire(type) {
    for (const track of tracks) if (track.readyState === "live") track.dispatchEvent(new Event(type));
  },
  /** The number of tracks so far. */
  opened: () => tracks.size,
};
