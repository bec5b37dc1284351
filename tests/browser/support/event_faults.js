// @ts-check
/**
 * Provokes rare orders of events. It stands between *real* recorders and tracks and their listeners, and forwards,
 * delays or reorders the browser's events. It also logs every new recorder, through listeners that are registered
 * before all others. In a worker it stands between the bridge's mirrors and their listeners.
 */

/** The object that supplies this realm's recorders. @type {any} */
const realm = /** @type {any} */ (globalThis)[Symbol.for("mediarecorder.worker")]?.page ?? globalThis;
const { BlobEvent, MediaRecorder, MediaStreamTrack } = realm;

/** @typedef {{recorder: MediaRecorder, events: string[], times: number[], blobs: Blob[]}} Log */

/** @type {Log[]} */
const logs = [];
/** @type {string} */
let rule = "";
/** Recorders whose first chunk after the end has been passed on. @type {WeakSet<EventTarget>} */
const delivered = new WeakSet();

const add = EventTarget.prototype.addEventListener;
const remove = EventTarget.prototype.removeEventListener;
/** For the logs, which are no listeners of the library. @type {typeof add} */
const addUncounted = /** @type {any} */ (globalThis).pageProbe?.uncounted ?? add;

/** @type {WeakMap<object, Map<string, (event: Event) => void>>} */
const stand_ins = new WeakMap();

/** Applies the rule to one event for one listener.
 * @param {EventTarget} target @param {Event} event @param {(event: Event) => void} deliver */
function pass(target, event, deliver) {
  const inactive = target instanceof MediaRecorder && /** @type {any} */ (target).state === "inactive";
  switch (rule) {
    case "no stop":
      if (event.type !== "stop") deliver(event);
      break;
    case "no pause":
      if (event.type !== "pause") deliver(event);
      break;
    case "nothing after stop()":
      if (!inactive) deliver(event);
      break;
    case "nothing after the end of the tracks": // as Chromium does when the device is lost
      if (event.type !== "ended") deliver(event);
      break;
    case "data after stop": // as Firefox does once in a hundred takes
      if (event.type === "dataavailable" && inactive) {
        deliver(new BlobEvent("dataavailable", { data: new Blob([]) }));
        setTimeout(deliver, 2, event);
        setTimeout(deliver, 3, new BlobEvent("dataavailable", { data: new Blob([]) }));
      } else {
        deliver(event);
      }
      break;
    case "stop before data":
      if (event.type === "dataavailable" && inactive) setTimeout(deliver, 2, event);
      else deliver(event);
      break;
    case "stop without data":
      if (event.type !== "dataavailable") deliver(event);
      break;
    case "data long after stop":
      if (event.type === "dataavailable" && inactive) setTimeout(deliver, 150, event);
      else deliver(event);
      break;
    case "second last chunk long after stop":
      if (event.type === "dataavailable" && inactive && delivered.has(target)) setTimeout(deliver, 150, event);
      else deliver(event);
      if (event.type === "dataavailable" && inactive) setTimeout(() => delivered.add(target));
      break;
    default:
      deliver(event);
  }
}

/** Firefox has a fourth argument. @this {EventTarget} @param {string} type @param {any} listener @param {any[]} rest */
EventTarget.prototype.addEventListener = function (type, listener, ...rest) {
  const mine = this instanceof MediaRecorder || this instanceof MediaStreamTrack;
  if (!mine || typeof listener !== "function") return add.call(this, type, listener, ...rest);
  let removed = false;
  const stand_in = (/** @type {Event} */ event) =>
    pass(this, event, (passed) => void (removed || listener.call(this, passed)));
  const key = stand_ins.get(listener) ?? new Map();
  stand_ins.set(listener, key);
  key.set(`${type} ${identity(this)}`, Object.assign(stand_in, { drop: () => (removed = true) }));
  return add.call(this, type, stand_in, ...rest);
};

/** @this {EventTarget} @param {string} type @param {any} listener @param {any} [options] */
EventTarget.prototype.removeEventListener = function (type, listener, options) {
  const mine = stand_ins.get(listener);
  const name = mine && `${type} ${identity(this)}`; // (A bare call, on the realm itself, has no `this`.)
  const stand_in = name && mine.get(name);
  if (!stand_in) return remove.call(this, type, listener, options);
  /** @type {any} */ (stand_in).drop();
  mine.delete(name);
  return remove.call(this, type, stand_in, options);
};

/** @type {WeakMap<object, number>} */
const identities = new WeakMap();
let last = 0;
/** @param {object} target */
function identity(target) {
  if (!identities.has(target)) identities.set(target, ++last);
  return identities.get(target);
}

realm.MediaRecorder = new Proxy(MediaRecorder, {
  construct(/** @type {any} */ target, /** @type {any[]} */ parameters, /** @type {any} */ new_target) {
    const recorder = Reflect.construct(target, parameters, new_target);
    /** @type {Log} */
    const log = { recorder, events: [], times: [], blobs: [] };
    for (const type of ["start", "pause", "resume", "dataavailable", "error", "stop"]) {
      addUncounted.call(recorder, type, (/** @type {Event} */ event) => {
        log.events.push(type);
        log.times.push(performance.now());
        if (type === "dataavailable") log.blobs.push(/** @type {BlobEvent} */ (event).data);
      });
    }
    logs.push(log);
    return recorder;
  },
});

/** Fires an `error` without a following `stop`. @param {MediaRecorder} recorder */
function fail(recorder) {
  rule = "no stop";
  recorder.dispatchEvent(
    new ErrorEvent("error", { error: new DOMException("made to fail by a test", "InvalidModificationError") }),
  );
}

// In a hidden page, timers run at most once a second. (No browser can be made to hide its page here.)
let hidden = false;
const { setInterval } = globalThis;
globalThis.setInterval = /** @type {typeof globalThis.setInterval} */ (
  (/** @type {TimerHandler} */ handler, /** @type {number} */ milliseconds = 0) =>
    setInterval(handler, hidden ? Math.max(1000, milliseconds) : milliseconds)
);

/** @type {any} */ (globalThis).eventFaults = {
  logs,
  fail,
  /** Keep this thread busy. @param {number} milliseconds */
  keep_busy(milliseconds) {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  },
  set rule(/** @type {string} */ name) {
    rule = name;
  },
  set hidden(/** @type {boolean} */ yes) {
    hidden = yes;
  },
  clear() {
    rule = "";
    hidden = false;
    logs.length = 0;
  },
};
